"""Tells lines that are no rows whatever numbers they hold: source code, stack traces, warnings,
commands, installed packages, layers of a model.
"""

from __future__ import annotations

from typing import Final

from lossreport import regex as re
from lossreport.reading.kit.settings import is_settings

FRAME: Final = re.compile(r'\s{0,80}File "[^"]{0,400}", line \d')
TRACEBACK: Final = re.compile(
    r"(?:\[[^\]]{0,60}\]:?\s{0,9}){0,4}Traceback \(most recent call last\)"
)
RAISED: Final = re.compile(
    r"(?:[A-Za-z_]\w{0,80}\.){0,9}\w{0,80}(?:Error|Exception|Interrupt|Exit|Warning|Failure|"
    r"Aborted): (?![-+]?\d|nan|inf)",
    re.IGNORECASE,
)
WARNED: Final = re.compile(r"[\w/\\.:\- ]{1,300}\.py:\d{1,6}: \w{0,60}(?:Warning|Error):")
CALL: Final = re.compile(r"\s{0,80}+[\w.\[\], ]{1,80} [-+*/]?= [\w.]{1,80}+\((?!\[?[-+.\d])")
"""`loss = criterion(output, target)`; `acc = tensor(0.5)` is a row."""
CODE: Final = re.compile(
    r"\s{0,80}(?:(?:from [\w.]{1,100} )?import \w|def \w{1,80}\(|class \w{1,80}[(:]|return\b"
    r"(?! [\d.])|@\w|print\(|self\.|(?:if|elif|while|for|with|try|except|"
    r"else)\b[^\n]{0,300}:\s{0,9}(?:#|$)|#include|//|[{}][,;)\s]{0,9}$|assert |raise |"
    r"warnings\.warn\()"
)
FORMAT: Final = re.compile(
    r"""[fF]["'][^"']{0,200}\{|%\.?\d?[dfs]["' ,)]|\{:[.\d]{0,4}[dfeg]\}|\.format\(|\bself\.\w"""
)
"""The template of a message in the source of a program."""
PACKAGES: Final = re.compile(
    r"\s{0,40}(?:Collecting|Requirement already|Successfully|Downloading|Installing|Using cached|"
    r"Found existing|Uninstalling|Building wheel|Looking in indexes|Attempting uninstall"
    r"|Preparing metadata|Get:\d|Unpacking|Setting up|Selecting previously)\b|"
    r"[\w.\-]{1,80}==\d[\w.]{0,30}\s{0,9}$"
)
LAYER: Final = re.compile(
    r"\s{0,80}\([\w.]{1,80}\): \w{1,80}\(|\s{0,80}\w{0,60}(?:Conv[123]d|BatchNorm|Linear|"
    r"LayerNorm|Dropout|Embedding)\w{0,10}\("
)
TENSORFLOW: Final = re.compile(
    r"(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{6}: [IWEF] [\w/.\-]{1,200}:\d{1,6}\]"
)
PROMPT: Final = re.compile(
    r"(?:\([\w.\-]{1,60}\) )?(?:PS [A-Z]:[^>]{0,200}>|"
    r"[\w.\-]{1,60}@[\w.\-]{1,60}:[^$#]{0,200}[$#]|\$|>>>|%) ?\S"
)
SMI: Final = re.compile(r"[|+][-=+|]{10,}|\|[^|]{0,60}\b\d{1,6}MiB\b")
REQUEST: Final = re.compile(r"[^\"]{0,120}\"(?:GET|POST|PUT|HEAD|DELETE|PATCH|OPTIONS) /")
LINK: Final = re.compile(
    r"\s{0,20}(?:\d{1,4}: [\w@.\-]{1,40}: <[A-Z_,\-]{1,200}>|link/\w{1,20} |"
    r"inet6? [\da-f.:]{2,60}/\d|valid_lft |(?:RX|TX) (?:packets|errors|bytes))"
)
"""What `ip addr` and `ifconfig` print of a network."""
WANDB: Final = re.compile(r"wandb: ")
"""What the client of W&B says, the last values of a run among it: its own files hold them with
their steps.
"""
LOOKED_UP: Final = re.compile(
    r"[\w.\-]{1,40}\s{1,20}(?:FLOP=\s{0,9}[\d.]{1,12} M, Params=|(?:train|x-valid|valid|"
    r"test)\s{0,4}: \[loss = [\d.]{1,12}, top1 = )"
)
"""What the API of NAS-Bench-201 has on file for an architecture, trained long ago: looked up, not
measured by this run.
"""
DIFF: Final = re.compile(
    r"[-+]{1,6} {2,80}+[A-Za-z_][\w.\[\]']{0,80} {0,4}[-+*/]?= {0,4}+(?![-+]?\d{1,9}\.\d\d)[^="
    r"(\n]{1,200}+(?:\(|$)|[-+]{0,6}@@ -\d|(?:[-+]{1,6})?diff --git "
)
"""A line of source that a difference of two versions quotes, as trainings print that log their
state of git; several pairs, or a value with two decimals, may be a row.
"""
PATTERNS: Final = (
    DIFF,
    WARNED,
    CALL,
    CODE,
    PACKAGES,
    LAYER,
    TENSORFLOW,
    PROMPT,
    SMI,
    FRAME,
    TRACEBACK,
    WANDB,
    REQUEST,
    LINK,
    LOOKED_UP,
)
DEEP: Final = 80
"""Characters before which a template of a message can begin; a search from every place is bounded
by the length of the line.
"""


def is_chatter(text: str) -> bool:
    """Return whether a line cannot be a row; `text` is the whole line."""
    if is_settings(text) or RAISED.match(text):
        return True
    return any(pattern.match(text) for pattern in PATTERNS) or FORMAT.search(text[:400]) is not None


class Traces:
    """Follows stack traces: the lines of their frames quote the source of the program."""

    def __init__(self) -> None:
        self._inside = 0

    @property
    def is_inside(self) -> bool:
        """Whether lines of a trace are still to come."""
        return self._inside > 0

    def hold(self, text: str) -> bool:
        """Return whether a line belongs to a trace; the line of its exception ends it."""
        if TRACEBACK.match(text):
            self._inside = MOST_FRAMES
            return True
        if not self._inside:
            return False
        self._inside -= 1
        if text[:1] not in (" ", "\t", "") and not FRAME.match(text):
            self._inside = 0
            return RAISED.match(text) is not None
        return True


MOST_FRAMES: Final = 400
