"""Recognises lines that say nothing but what follows: `Validation:`, `Eval begin...`,
`---[Evaluate]---`, `===== 验证 =====`, `Epoch 3/10`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from lossreport.reading.lines.place_words import PLURAL
from lossreport.reading.lines.splits import CHINESE, split_of_word
from lossreport.reading.lines.tokens import Token

LONGEST: Final = 160
MOST_WORDS: Final = 8
FILLING: Final = frozenset(
    [
        "start",
        "starts",
        "started",
        "starting",
        "begin",
        "begins",
        "beginning",
        "began",
        "run",
        "runs",
        "running",
        "phase",
        "stage",
        "set",
        "data",
        "dataset",
        "result",
        "results",
        "performance",
        "error",
        "errors",
        "metric",
        "metrics",
        "score",
        "scores",
        "summary",
        "statistics",
        "stats",
        "stat",
        "report",
        "on",
        "the",
        "of",
        "for",
        "in",
        "at",
        "to",
        "now",
        "computing",
        "compute",
        "calculating",
        "calculate",
        "mode",
        "loop",
        "pass",
        "model",
        "cross",
        "final",
        "current",
        "epoch",
        "step",
        "all",
        "full",
        "using",
        "with",
        "doing",
        "perform",
        "performing",
        "time",
        "subset",
        "your",
        "our",
        "network",
        "net",
        "and",
    ]
)
"""Words that stand beside the split in a heading of a section."""
ENDING: Final = frozenset(
    [
        "finished",
        "finish",
        "done",
        "complete",
        "completed",
        "end",
        "ends",
        "ended",
        "over",
        "took",
        "结束",
        "完成",
    ]
)
LOADED: Final = frozenset(
    ["load", "loading", "loaded", "restore", "restoring", "restored", "reload", "reloading"]
)
NETWORK: Final = frozenset(
    ["model", "checkpoint", "weights", "ckpt", "params", "parameters", "net", "network", "state"]
)
BEFORE_PLACE: Final = frozenset(
    [
        "start",
        "starting",
        "started",
        "begin",
        "beginning",
        "begins",
        "running",
        "run",
        "now",
        "current",
        "processing",
        "process",
        "server",
        "global",
        "communication",
        "federated",
        "meta",
        "the",
        "at",
        "in",
        "for",
        "on",
        "to",
        "of",
        "new",
        "enter",
        "entering",
        "local",
        "avg",
        "average",
        "results",
        "stats",
        "after",
        "-",
        "=",
        "#",
        "next",
        "going",
        "into",
        "finished",
        "finishing",
        "completed",
        "ending",
        "end",
    ]
)
"""Words before the place of a heading: `Starting epoch 3`, `Server round 5`."""
NO_HEADING: Final = frozenset(
    [
        "save",
        "saved",
        "saving",
        "checkpoint",
        "resume",
        "resumed",
        "resuming",
        "best",
        "patience",
        "stopping",
        "stopped",
        "stop",
        "improve",
        "improved",
        "early",
        "reduce",
        "reducing",
        "warning",
        "error",
    ]
)
SUMS: Final = frozenset(
    [
        "result",
        "results",
        "summary",
        "cv",
        "oof",
        "overall",
        "cross-validation",
        "crossvalidation",
        "done",
        "finished",
    ]
)
"""A heading of nothing else sums up what was done."""
CLAUSE: Final = frozenset(",;，；。(|")
PURE_CHINESE: Final = 40


class Section(NamedTuple):
    """What a heading says of the lines below it: their split ("" where it says none), whether a
    part ends, or a saved model is loaded.

    `sums` says that what follows sums up runs that are done: `fold: 0 result`, `CV`.
    """

    split: str = ""
    ends: bool = False
    loads: bool = False
    sums: bool = False


def heading_of(found: Sequence[Token], spans: Mapping[int, int]) -> Section | None:
    """Return what a heading says, None for a line that is none; `spans` are the tokens of its
    places and owners.
    """
    if not found or found[-1].end > LONGEST:
        return None
    words = [token.low for at, token in enumerate(found) if token.is_word and at not in spans]
    if _loads(words):
        return Section(split="test", loads=True) if spans else None
    if (
        words
        and all(word in SUMS for word in words)
        and not any(token.is_number for at, token in enumerate(found) if at not in spans)
    ):
        return Section(sums=True)
    if spans:
        return _with_place(found, spans, words)
    split = _section(found) or _chinese(found)
    return None if not split else Section(split, ends=any(word in ENDING for word in words))


def _loads(words: Sequence[str]) -> bool:
    return any(word in LOADED for word in words[:3]) and any(word in NETWORK for word in words)


def _with_place(
    found: Sequence[Token], spans: Mapping[int, int], words: Sequence[str]
) -> Section | None:
    """Return what a line with a place says where it begins with it, or with the words of a heading
    before it.
    """
    if any(word in NO_HEADING for word in words) or _is_plan(found, spans):
        return None
    if any(found[at].low == "after" for at in spans) and any(word in SUMS for word in words):
        return Section(sums=True)  # `Results after 5 global rounds of training:`
    first = min(spans)
    before = [token.low for token in found[:first] if token.is_word]
    if any(
        not (word in BEFORE_PLACE or word in FILLING or split_of_word(word) or _begins(word))
        for word in before
    ):
        return None
    inside = [token.low for at, token in enumerate(found) if at in spans and token.is_word]
    splits = [
        split
        for word in (*before, *inside, *words[len(before) : len(before) + 2])
        if (split := split_of_word(word))
    ]
    return Section(splits[-1] if splits else "", ends=any(word in ENDING for word in words))


def _begins(word: str) -> bool:
    """Return whether a Chinese word says that something begins: `正在训练第` before the number of
    an epoch.
    """
    return (
        not word.isascii()
        and len(word) <= 8
        and any(
            part in word for part in ("开始", "正在", "当前", "进行", "训练", "验证", "测试", "第")
        )
    )


def _is_plan(found: Sequence[Token], spans: Mapping[int, int]) -> bool:
    """Return whether the place of a line is a plural without a total: `epochs: 30`, `STEPS: 60000`
    are settings.
    """
    inside = [found[at] for at in sorted(spans)]
    if any(token.low == "after" for token in inside):
        return False
    return (
        any(token.low in PLURAL for token in inside)
        and sum(token.is_number for token in inside) < 2
    )


def _section(found: Sequence[Token]) -> str:
    """Return the split that a line names whose first clause holds nothing but the words of a
    heading.
    """
    split, words = "", 0
    for token in found:
        if token.text in CLAUSE and words:
            break
        if token.is_number or token.kind in ("clock", "date", "other"):
            return ""
        if not token.is_word:
            continue
        words += 1
        named = split_of_word(token.low)
        if (
            not named and token.low not in FILLING and token.low not in ENDING
        ) or words > MOST_WORDS:
            return ""
        if named and split and (named == "train") != (split == "train"):
            return ""  # `Training and evaluating...` heads both
        split = named or split
    return split


def _chinese(found: Sequence[Token]) -> str:
    """Return the split that a short Chinese line without a number names: `模型已切换为评估模式`."""
    if found[-1].end > PURE_CHINESE or any(
        token.is_number or (token.is_word and token.text.isascii()) for token in found
    ):
        return ""
    text = "".join(token.text for token in found)
    named = [split for start, split in CHINESE if start in text]
    return named[0] if len(set(named)) == 1 else ""
