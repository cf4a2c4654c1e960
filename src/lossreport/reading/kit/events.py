"""Recognises what text logs say in words: non-finite exits, out of memory, tracebacks, resumes, saved checkpoints, the end of training."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from lossreport.model.run import EventKind

EVENTS: Final[tuple[tuple[EventKind, re.Pattern[str]], ...]] = (
    (
        "nonfinite_exit",
        re.compile(
            r"\bLoss is (?:nan|-?inf)\b|\bloss (?:became|went|is now) (?:infinite or )?nan\b|\bLossTensor is inf or nan\b|\bModel diverged with loss = NaN\b|\bInvalid loss, terminating training\b|\bNaN or Inf found in (?:loss|input)|\bnon-?finite loss\b.*(?:stop|exit|abort)",
            re.IGNORECASE,
        ),
    ),
    ("oom", re.compile(r"CUDA out of memory|OutOfMemoryError|\bOOM[- ]kill", re.IGNORECASE)),
    ("traceback", re.compile(r"^\s*(?:\[[^\]]*\]:?\s*)*Traceback \(most recent call last\)")),
    ("overflow", re.compile(r"\b(?:gradient )?overflow detected\b|\bOVERFLOW! |\bgradient overflow\.", re.IGNORECASE)),
    (
        "resume",
        re.compile(
            r"\bauto resume from\b|\bresum(?:e|ed|ing) (?:from|to|training|checkpoint|epoch)\b|\bresume_from\s*=\s*['\"][^'\"]|\bLoaded checkpoint .{0,200}\((?:epoch|iteration)"
            r"|Continuing training from (?:checkpoint|global step|epoch)|\bloading checkpoint from .{0,200} at iteration \d",
            re.IGNORECASE,
        ),
    ),
    ("timeout", re.compile(r"\bNCCL\b.*\btime(?:d )?out\b|DUE TO TIME LIMIT", re.IGNORECASE)),
    (
        "killed",
        re.compile(
            r"^\s*Killed\s*$|\bSIG(?:TERM|KILL)\b|\breceived signal (?:9|15)\b|^KeyboardInterrupt\b|\bslurmstepd: error: .*CANCELLED"
        ),
    ),
    (
        "early_stop",
        re.compile(
            r"\bEarly stopping(?:!|\.|:|, best iteration| triggered| at epoch| after)|^Stopped by overfitting detector\b|^Stopping since \w+ has not improved\b|\bearly stopped\b|\bEarlyStopping: ",
            re.IGNORECASE,
        ),
    ),
    (
        "checkpoint",
        re.compile(
            r"\bSaving model checkpoint to\b|\bSaved checkpoint \S|\bsuccessfully saved checkpoint at iteration\b|^\s*(?:\[[^\]]*\]\s*)*saving checkpoint to \S",
            re.IGNORECASE,
        ),
    ),
)
PREFIX: Final = re.compile(r"^\s*(?:\[?rank ?\d+\]?:? ?|\[[^\]]*\]:?\s*|\d+: )+")
"""What launchers write before a line of a traceback: `[rank0]: `, `0: `."""
RAISED: Final = re.compile(r"^(?:[A-Za-z_]\w*\.)*\w*(?:Error|Exception|Interrupt|Exit|Timeout|Expired|Failure|Aborted)(?:: .*|:?$)")
"""The line under the frames of a traceback: the class of the exception, and its message unless it has none."""
REACH: Final = 400
"""Lines of one traceback at most: deeper ones are cut by Python itself, but progress bars write between them."""
FINISHED: Final = re.compile(r"\bTraining time \d")
QUOTE_LENGTH: Final = 200


def find_event(text: str) -> EventKind | None:
    """Return the kind of event a line reports, or None."""
    return next((kind for kind, pattern in EVENTS if pattern.search(text)), None)


def raised(lines: Iterable[tuple[int, str]]) -> tuple[int, str] | None:
    """Return (line, text) of the exception that a traceback ends with, from the lines below its first; None where it breaks off."""
    for count, (line, text) in enumerate(lines):
        bare = PREFIX.sub("", text, count=1)
        if count >= REACH or bare.startswith("Traceback "):
            return None
        if bare[:1] not in ("", " ", "\t") and RAISED.match(bare.rstrip()):
            return line, bare
    return None


def quote(text: str) -> str:
    """Return what to quote of a line: stripped, at most 200 characters."""
    text = text.strip()
    return text if len(text) <= QUOTE_LENGTH else text[: QUOTE_LENGTH - 1] + "…"
