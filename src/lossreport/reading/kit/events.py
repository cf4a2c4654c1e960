"""Recognises what text logs say in words: how a training ended, exits for a loss that is not
finite, resumes, overflows, saved checkpoints.

One place for all formats: a parser hands every line that is no row to `said`. The phrases stand in
`endings.py` (it is through) and `failures.py` (it broke, or was stopped); whether one ended the run
is told by where it stands among the rows (`runs/ends.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from lossreport import regex as re
from lossreport.model.run import EventKind, Status
from lossreport.reading.kit.endings import COMPLETE, EARLY_STOPS, PROGRAMS, TRAINERS
from lossreport.reading.kit.failures import (
    CRASHES,
    EXIT_NEAR,
    GAVE_UP,
    LONE_EXCEPTION,
    MEMORY,
    NONFINITE,
    STOPS,
    exit_of,
)
from lossreport.reading.kit.phrases import LONGEST, Phrase, bare, phrase, word_of
from lossreport.reading.kit.remarks import REMARKS
from lossreport.reading.parser import RawEvent, RawStatus

TRACEBACK: Final = phrase(
    "traceback",
    Status.CRASHED,
    "traceback",
    r"(?:^|[\]:>|] {0,3})Traceback \(most recent call last\)",
)
OVERFLOW: Final = phrase(
    "overflow",
    None,
    "overflow",
    r"\b(?:gradient )?overflow detected\b|\bOVERFLOW! |\bgradient overflow\.|\bgradient overflow$",
)
WEIGHTS_ALONE: Final = (
    r"^(?!.{0,400}\bresum).{0,400}(?:(?<![a-z])pre-?train|\bbackbone\b|\bimagenet\b|\binference\b"
    r"|\bfor (?:eval\w*|test\w*|generation|prediction)\b"
    r"|\btokenizer\b|\bteacher\b|\breward model\b|预训练)"
    r"|\bno checkpoint\b|\bnot? (?:found|resum)|\bignoring\b|\bcannot\b|\bresum\w* (?:from|"
    r"training|checkpoint)\W{1,4}(?:none|false|null)\b|\bwithout resum"
    r"|\bif you\b|\bfrom (?:epoch|step|iter\w*)\W{1,3}0{1,8}(?!\d)|恢复训练\s{0,3}[:：=]|"
    r"\bto resume\b"
)
"""Weights that are loaded to begin with, or to evaluate, and settings: no training is continued."""
RESUME: Final = phrase(
    "resume",
    None,
    "resum|loaded checkpoint|loading checkpoint|loaded "
    "state|continu|restor|start|skip|恢复|续训|继续|加载",
    r"\bauto[- ]?resum(?:e|ed|ing) from\b|\bresum(?:e|ed|ing) (?:from|to|training|checkpoint|"
    r"epoch|at (?:epoch|step|iter\w*)|the (?:training|run))\b|^resuming\b"
    r"|\bresume_from\s{0,3}=\s{0,3}['\"][^'\"]|\b(?:loaded|loading) checkpoint .{0,200}\((?:epoch"
    r"|iteration|step)|\bcontinu(?:e|ed|ing) (?:the )?training from\b"
    r"|\bloading checkpoint from .{0,200} at iteration \d|"
    r"\bsuccessfully loaded checkpoint from .{0,200}\bat iteration \d"
    r"|^Restored (?:all states |checkpoint |training state |model )?from\b|\bRestor(?:ed|ing) "
    r"(?:all )?(?:the )?(?:previous )?(?:states|checkpoint|training state|"
    r"solver status)\b.{0,20} from\b"
    r"|\bstart(?:s|ed|ing)? (?:training )?(?:again )?(?:from|at) (?:epoch|step|iteration|"
    r"iter) 0{0,8}[1-9]"
    r"|^(?:will )?skip(?:ping)? the first \d+ (?:batches|epochs|steps)"
    r"|从.{0,80}(?:检查点|断点|checkpoint|ckpt|\.pth?\b|\.pdparams\b|权重|第\s{0,2}\d+).{0,20}"
    r"(?:恢复|继续|续训)|(?:断点|继续|恢复)续?训练[^:：=]{0,4}(?:从|自|，|,|$)"
    r"|加载检查点 .{0,200}\((?:迭代次数|轮次|步数|epoch|iteration)",
    unless=WEIGHTS_ALONE,
)
CHECKPOINT: Final = phrase(
    "checkpoint",
    None,
    "checkpoint",
    r"\bSaving model checkpoint to\b|\bSaved checkpoint \S|"
    r"\bsuccessfully saved checkpoint at iteration\b|^saving checkpoint to \S",
)
PHRASES: Final = (
    *NONFINITE, *GAVE_UP, *MEMORY, TRACEBACK, OVERFLOW, RESUME, *(stop for stop in STOPS if stop.kind == "timeout"), *EARLY_STOPS, CHECKPOINT, *CRASHES,  # noqa: E501
    *(stop for stop in STOPS if stop.kind != "timeout"), LONE_EXCEPTION, *COMPLETE, *TRAINERS, *PROGRAMS, *REMARKS,  # noqa: E501
)  # fmt: skip
"""What is said first counts: a line of a scheduler that names a limit and a signal tells of the
limit.
"""
NEAR: Final = tuple(dict.fromkeys((*(word for one in PHRASES for word in one.near), *EXIT_NEAR)))
STEMS: Final = tuple(
    word for word in NEAR if not any(other != word and other in word for other in NEAR)
)
"""Lines without any of these hold none of the others either: nearly all rows."""
NUMBERED: Final = tuple(stem for stem in STEMS if any(char.isdigit() for char in stem))
"""Stems with digits; none of them has a letter, which might stand in another case."""
ALIKE: Final = bytes.maketrans(b"123456789", b"000000000")
"""Makes the rows of a log alike, so that each kind of them is looked through once."""
PREFIX: Final = re.compile(r"^\s*(?:\[?rank ?\d+\]?:? ?|\[[^\]]*\]:?\s*|\d+: )+")
"""What launchers write before a line of a traceback: `[rank0]: `, `0: `."""
RAISED: Final = re.compile(
    r"^(?:[A-Za-z_]\w*\.)*\w*(?:Error|Exception|Interrupt|Exit|Timeout|Expired|Failure|Aborted)"
    r"(?:: .*|:?$)"
)
"""The line under the frames of a traceback: the class of the exception, and its message unless it
has none.
"""
REACH: Final = 400
"""Lines of one traceback at most: deeper ones are cut by Python itself, but progress bars write
between them.
"""
QUOTE_LENGTH: Final = 200


@lru_cache(maxsize=4096)
def _may_speak(text: bytes) -> bool:
    """Return whether a text, whatever its digits, holds a stem without any."""
    lower = text.decode("utf-8", "surrogatepass").lower()
    return any(stem in lower for stem in STEMS if stem not in NUMBERED)


def phrase_in(text: str) -> Phrase | None:
    """Return what a line says, or None where it says nothing of the run; a microsecond for a line
    of a known kind.
    """
    beginning = text[:LONGEST]
    if not _may_speak(beginning.encode("utf-8", "surrogatepass").translate(ALIKE)) and not any(
        stem in beginning for stem in NUMBERED
    ):
        return None
    lower = beginning.lower()
    near = [word for word in NEAR if word in lower]
    message = bare(text)
    exited = exit_of(message) if not set(EXIT_NEAR).isdisjoint(near) else None
    return exited or next(
        (one for one in PHRASES if not set(near).isdisjoint(one.near) and one.fits(message)), None
    )


def find_event(text: str) -> EventKind | None:
    """Return the kind of event a line reports, or None."""
    found = phrase_in(text)
    return None if found is None else found.kind


def raised_kind(text: str) -> EventKind:
    """Return the kind of the event that an exception is: out of memory, an interrupt, or just a
    traceback.
    """
    kind = find_event(text)
    return "traceback" if kind is None or kind == "other" else kind


def said(text: str, line: int) -> Iterator[RawEvent | RawStatus]:
    """Yield what a line says of the run: an event, or that it is through."""
    found = phrase_in(text)
    if found is None:
        return
    if found.kind is not None:
        yield RawEvent(found.kind, line, quote(text), found.ends)
    elif found.ends is not None:
        yield RawStatus(found.ends, line, word_of(text), found.sure)


def raised(lines: Iterable[tuple[int, str]]) -> tuple[int, str] | None:
    """Return (line, text) of the exception that a traceback ends with, from the lines below its
    first; None where it breaks off.
    """
    for count, (line, text) in enumerate(lines):
        bare_text = PREFIX.sub("", text, count=1)
        if count >= REACH or bare_text.startswith("Traceback "):
            return None
        if bare_text[:1] not in ("", " ", "\t") and RAISED.match(bare_text.rstrip()):
            return line, bare_text
    return None


def is_exception(text: str) -> bool:
    """Return whether a line is the class of an exception and its message."""
    return RAISED.match(PREFIX.sub("", text, count=1).rstrip()) is not None


def quote(text: str) -> str:
    """Return what to quote of a line: stripped, at most 200 characters."""
    text = text.strip()
    return text if len(text) <= QUOTE_LENGTH else text[: QUOTE_LENGTH - 1] + "…"
