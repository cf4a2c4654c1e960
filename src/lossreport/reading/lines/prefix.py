"""What loggers put before a message: time stamp, level, logger, process, place in the code, and the
brackets and rules between them.

It is taken off piece by piece from the left, whatever the order: a configuration of `logging` that
nobody has seen is made of the same pieces.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from lossreport import regex as re

_DAY: Final = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}"
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_CLOCK: Final = (
    r"\d\d?:\d\d(?::\d\d(?:[.,:]\d{1,9})?)?(?: ?[AP]M)?(?: ?(?:Z|UTC|GMT|CST|EST|PST|"
    r"[+-]\d\d:?\d\d))?"
)
_DATE: Final = (
    r"(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?(?:[-/.]\d\d(?:\d\d)?)?|\d{8}|"
    r"\d{4}年\d\d?月\d\d?日)"
)
STAMP: Final = re.compile(
    r"^\W{0,2}(?:\d{4}[-/]\d\d?[-/]\d\d?|\d\d?[-/]\d\d?(?:[-/]\d\d(?:\d\d)?)?|"
    r"[A-Z][a-z]{2}\s{1,9}\d{1,4})?[ T,_-]{0,9}"
    r"\d\d?:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?\W{0,2}"
)
"""A time stamp at the beginning of a line, with what encloses it."""
DATE: Final = re.compile(r"\d{4}[-/]\d\d?[-/]\d\d?[ T,_-]{0,9}\d\d?:\d\d:\d\d(?:[.,]\d{1,9})?")
"""A date with its time, to be kept as the time of a row."""
WHEN: Final = re.compile(
    rf"(?:{_DAY},? )?(?:{_DATE}[ T,_-]{{1,4}}{_CLOCK}|\d{{1,2}} {_MONTH}(?: \d{{4}})?,? {_CLOCK}|"
    rf"{_MONTH} {{1,2}}\d{{1,2}},?(?: \d{{4}})?,? {_CLOCK}(?: [A-Z]{{3,4}})?(?: \d{{4}})?"
    rf"|{_CLOCK}(?=[\s|\]),-]|$)|\d{{4}}-\d\d-\d\d(?=[\s|\]),]|$))"
)
"""`2024-01-31 10:00:00,123`, `11/22 07:35:22`, `17 Jul 14:49`, `Fri Oct 18 02:05:31 2024`,
`10:00:00.123`.
"""
SINCE_START: Final = re.compile(r"\d{1,9}(?:\.\d{1,6})? ?s(?:ec)?")
"""`[  2.51s] step 0`, as JAX scripts print."""
LEVEL: Final = re.compile(
    r"(?:INFO|DEBUG|WARN(?:ING)?|ERROR|CRITICAL|FATAL|NOTICE|TRACE|SUCCESS|Info|Debug|Warning|"
    r"info|debug|warning|信息|訊息|警告|调试|错误)(?![\w.=])"
)
GLOG: Final = re.compile(
    r"[IWEF]\d{4} \d\d:\d\d:\d\d(?:\.\d{1,9})? {1,9}\d{1,9} [\w./\-]{1,200}:\d{1,9}\] ?"
)
CODE_PLACE: Final = re.compile(
    r"(?:<ipython-input[^>]{0,80}>|(?:[A-Za-z]:)?[\w/\\.\-]{1,300}\.(?:py|cc|cpp|cu|lua|java|"
    r"scala|go|js|h|ipynb))(?:[:(](?:[\w<>]{1,80}[:@])?(?:line )?\d{1,6}\)?)(?![\d.]\d)"
)
"""`train.py:12`, `trainer.py(45)`, `main.py:train:12`."""
MODULE_PLACE: Final = re.compile(
    r"(?!(?:epochs?|ep|iter(?:ation)?s?|steps?|batch|rounds?|folds?|"
    r"episodes?):\d)[A-Za-z_][\w.]{0,200}:(?:[\w.<>]{1,200}:)?\d{1,6}(?=[\s\])|]|$)"
)
"""`__main__:train:45`, `engine.SupervisedTrainer:272`."""
NAME: Final = re.compile(r"[A-Za-z_][\w.\-/]{0,300}")
RANK: Final = re.compile(
    r"(?:local[_ ])?(?:rank|gpu|pid|proc(?:ess)?|thread|tid|device|node)[ :=#_-]{0,3}\d{1,9}(?!\d)",
    re.IGNORECASE,
)
WRITER: Final = re.compile(
    r"(?<![A-Za-z])(?:local[_ ])?(?:rank|gpu|device)[ :=#_-]{0,3}(\d{1,6})", re.IGNORECASE
)
"""Which of several processes wrote the line."""
GAP: Final = re.compile(r"[\s:|\-–—>•·│┃]{1,80}")
"""What stands between the pieces; a minus before a number is its sign."""
BULLET: Final = re.compile(r"->|=>|[*•·>] |(?:^|\s{2})- ")
"""What begins the item of a list."""
OPENING: Final = re.compile(r"[\s>*|•·│┃]{0,40}(?:-(?![\d.]))?[\s]{0,40}")
BRACKET: Final = re.compile(
    r"\[(?P<a>[^\[\]]{0,200})\]|\((?P<b>[^()]{0,200})\)|<(?P<c>[^<>]{0,80})>"
)
MOST: Final = 14
"""Pieces of a prefix: name, host, process, thread, rank, level, module, function, line, two stamps,
and some more.
"""
REACH: Final = 400
"""Characters before a level: a logger name of 200, a module, a thread."""
KEPT_WORDS: Final = re.compile(
    r"(?<![A-Za-z])(?:train(?:ing)?|val(?:id(?:ation|ating)?)?|test(?:ing)?|eval(?:uat(?:e|ion|"
    r"ing))?|dev|infer(?:ence)?|epochs?|ep|iter(?:ation)?s?|steps?|batch|round|folds?|client|"
    r"worker|agent|env"
    r"|episode|loss|acc(?:uracy)?|seed|trial|run|global|local|server|best|rank)(?![A-Za-z])",
    re.IGNORECASE,
)
"""What says where a row stands or whose it is belongs to the message, in brackets too: `[Train]`,
`[Fold 1 Ep 003]`.
"""


class Message(NamedTuple):
    """A line without its prefix: whether a stamp, a level or a place in the code stood before it,
    the rank it names, a bullet before it.
    """

    text: str
    logged: bool
    rank: str = ""
    bulleted: bool = False


def message_of(text: str) -> Message:
    """Return the message behind what a logger puts before it."""
    glog = GLOG.match(text)
    at, logged = (glog.end(), True) if glog else (0, False)
    ahead = _level_ahead(text, at)
    if ahead is not None:
        at, logged = ahead, True
    for _ in range(MOST):
        start = _skip(text, at, first=not logged)
        end, sure = _piece(text, start, logged=logged)
        if end <= start:
            break
        at, logged = end, logged or sure
    start = _skip(text, at, first=not logged)
    bulleted = BULLET.search(text, at, start) is not None
    if not at:
        return Message(text, logged, bulleted=bulleted)
    rank = WRITER.search(text, 0, at)
    return Message(text[start:], logged, rank[1] if rank else "", bulleted)


def _skip(text: str, at: int, *, first: bool) -> int:
    """Return where the next piece begins: behind blanks and separators, before the sign of a
    number.
    """
    match = (OPENING if first else GAP).match(text, at)
    if match is None:
        return at
    end = match.end()
    if (
        end < len(text)
        and end > at
        and text[end - 1] == "-"
        and (text[end].isdigit() or text[end] == ".")
    ):
        end -= 1
    return end


def _piece(text: str, at: int, *, logged: bool) -> tuple[int, bool]:
    """Return (end, whether it is something only a logger writes) of the piece of a prefix at a
    place; (at, False) where none is.
    """
    for pattern in (WHEN, CODE_PLACE, LEVEL):
        if match := pattern.match(text, at):
            return _closed(text, match.end()), True
    if logged and (match := MODULE_PLACE.match(text, at) or RANK.match(text, at)):
        return match.end(), True
    if match := BRACKET.match(text, at):
        inside = (match["a"] or match["b"] or match["c"] or "").strip()
        return (
            (match.end(), _is_logged(inside)) if _is_prefix(inside, logged=logged) else (at, False)
        )
    return _logger(text, at) if logged else (at, False)


def _closed(text: str, end: int) -> int:
    return end + 1 if text[end : end + 1] in ("]", ")") else end


def _is_logged(inside: str) -> bool:
    return (
        WHEN.match(inside) is not None
        or LEVEL.search(inside) is not None
        or CODE_PLACE.search(inside) is not None
    )


def _is_prefix(inside: str, *, logged: bool) -> bool:
    """Return whether what stands in brackets is of the logger: a stamp, a level, a rank, a thread,
    a module; no place, no split.
    """
    if not inside or len(inside) > 160:
        return False
    if _is_logged(inside) or any(
        pattern.fullmatch(inside) for pattern in (RANK, MODULE_PLACE, SINCE_START)
    ):
        return True
    if KEPT_WORDS.search(inside):
        return False
    return (logged and inside.isdigit()) or NAME.fullmatch(inside) is not None


def _logger(text: str, at: int) -> tuple[int, bool]:
    """Return the end of a logger's name behind a level or a stamp: one word that a separator ends
    and that is no word of training.
    """
    match = NAME.match(text, at)
    if match is None:
        return at, False
    end, name = match.end(), match[0]
    behind = text[end : end + 3]
    dotted = "." in name.strip(".") or name.startswith("__") or "/" in name
    if text[at - 1 : at] == ":" and behind[:1] == ":" and behind[1:2] not in ("", " "):
        return end, True  # `INFO:trainer:Epoch 3`
    if name.endswith("-") or (KEPT_WORDS.search(name) and not dotted):
        return at, False
    if behind[:1] == ":" and behind[1:2] not in ("", " "):
        return (end, True) if text[at - 1 : at] == ":" or dotted else (at, False)
    if WHEN.match(text, end + 1) or CODE_PLACE.match(text, end + 3):
        # Flower: `INFO flwr 2023-05-01 10:00:00,123 | server.py:105 | `
        return end, True
    if (
        behind.startswith((" - ", " | ", " : "))
        or (behind.startswith(": ") and dotted)
        or (dotted and behind[:1] in (" ", "\t") and name.startswith("__"))
    ):
        return end, True
    return at, False


def _level_ahead(text: str, at: int) -> int | None:
    """Return the end of a level that only names, numbers, stamps and separators precede: `name -
    module - INFO`, `host trainer INFO:`.
    """
    level = LEVEL.search(text, at, at + REACH)
    if level is None or level.start() == at:
        return None
    before = text[at : level.start()]
    if not _only_names(before):
        return None
    end = level.end()
    if before.count("[") > before.count("]"):
        # `[10:00:00 INFO trainer] `: to the bracket that closes the prefix
        closing = text.find("]", end, end + REACH)
        end = closing if closing > 0 and _only_names(text[end:closing]) else end
    return _closed(text, end)


def _only_names(before: str) -> bool:
    """Return whether a text holds at most six names and numbers, none of them a word of training
    with blanks around it, and no sentence.
    """
    words = WORDS.split(before)
    named = [word for word in words if word and not word[0].isdigit()]
    if len(named) > 6 or ODD.search(before) or any(len(word) > 300 for word in named):
        return False
    return not any(PLACE.fullmatch(word) for word in named)


WORDS: Final = re.compile(r"[\s|:\[\](),<>]+")
ODD: Final = re.compile(r"[={}%\"';!?]")
PLACE: Final = re.compile(
    r"(?:epochs?|ep|step|iter(?:ation)?|batch|round|fold|loss|acc(?:uracy)?|train(?:ing)?|val"
    r"(?:idation)?|test(?:ing)?|eval(?:uation)?)",
    re.IGNORECASE,
)
