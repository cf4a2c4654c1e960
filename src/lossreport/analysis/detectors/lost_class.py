"""Classes whose score stays near 0 while another is found well: the mean over the classes hides
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import evidence, make_finding
from lossreport.model.analysis import Severity
from lossreport.model.run import EntityKind, Series
from lossreport.text import Join, Text, number
from lossreport.values import dataclass

LEAST_CLASSES: Final = 3
LAST: Final = 3
LEAST_EVALUATIONS: Final = 3
"""A class may be found late: three evaluations in a row without it are no chance of one small
validation.
"""
NEAR_NOTHING: Final = 0.01
"""A class of which one part in a hundred is found three times in a row is not found: a rare class
that is learnt at all passes it.
"""
FOUND: Final = 0.5
"""The training works at all: another class is at half of the full score."""
MOST_NAMED: Final = 6

TEXT = Text(
    zh="{path} 的各类得分里，{count} 类中有 {lost} 类几乎没有被找到：{names} 在最后 {rows} "
    "次评测中都不超过 {highest}，而 `{best}` 达到 {value}。平均值看不出这一点。",
    en=(
        "Of {count} classes in {path}, {lost} are hardly found at all: {names} stay at or below "
        "{highest} in the last {rows} evaluations, while `{best}` reaches {value}. The mean does "
        "not show it."
    ),
)
NAME = Text(zh="`{name}`", en="`{name}`")

SCORE: Final = r"m?iou|dice|dsc|acc|accuracy|ap|ap50|f1|recall|precision"
OF_CLASS: Final = r"iou|dice|dsc|ap|ap50"
"""Measures that are taken class by class; `word_acc` beside `sentence_acc`, or the accuracies of
three heads, are of no classes.
"""
NAME_OF_CLASS: Final = r"(?P<name>[\w -]{1,64})"
PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<stem>{SCORE})[_ ](?:class|cls|label)[_./ ]?{NAME_OF_CLASS}",
        rf"(?P<stem>{OF_CLASS})[_./ ]{NAME_OF_CLASS}",
        rf"{NAME_OF_CLASS}[_./ ](?P<stem>{OF_CLASS})",
    )
)
WHOLE: Final = re.compile(rf"(?:{SCORE})", re.IGNORECASE)
NO_CLASS: Final = re.compile(
    r"(?:loss|m|mean|avg|average|macro|micro|weighted|all|total|overall|best|ema|top_?\d|small|"
    r"medium|large|[sml]|\d\d|50_95|50-95"
    r"|box|bbox|mask|segm|seg|keypoints?|pose|3d|bev|train|val|test|eval)(?:[_ -].*)?",
    re.IGNORECASE,
)
"""Losses, means, and scores at a threshold, of a size of object, or of boxes and masks are the
score of no single class.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostClasses:
    """How many of the classes are not found, the highest score of those, and the best of all."""

    lost: float
    classes: float
    highest: float
    best: float


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding for each group of scores by class of which some stay near 0 while one is
    good.
    """
    groups: dict[tuple[str, ...], list[Series]] = {}
    for series in context.judged:
        key = _group(series)
        if key is not None and np.isfinite(series.y).sum() >= LEAST_EVALUATIONS:
            groups.setdefault(key, []).append(series)
    for members in groups.values():
        if len(members) >= LEAST_CLASSES:
            yield from _of_group(members)


def _group(series: Series) -> tuple[str, ...] | None:
    """Return what scores of the classes of one evaluation share, None for what is no score of one
    class.
    """
    if series.split == "train":
        return None
    shared = (series.source, series.split, series.statistic.value)
    if series.entity is not None:
        return (
            (*shared, series.name)
            if series.entity.kind is EntityKind.LABEL and WHOLE.fullmatch(series.name)
            else None
        )
    for pattern in PATTERNS:
        match = pattern.fullmatch(series.name)
        if match is not None and not NO_CLASS.fullmatch(match["name"]):
            return (*shared, pattern.pattern, match["stem"].lower())
    return None


def _of_group(members: list[Series]) -> Iterator[Found]:
    full = 100.0 if max(float(np.nanmax(one.y)) for one in members) > 1 else 1.0
    last = {one.id: one.y[np.isfinite(one.y)][-LAST:] for one in members}
    lost = [one for one in members if last[one.id].max() <= NEAR_NOTHING * full]
    best = max(members, key=lambda one: float(last[one.id][-1]))
    value = float(last[best.id][-1])
    if (
        not lost
        or not FOUND * full <= value <= full
        or min(float(last[one.id].min()) for one in members) < 0
    ):
        return
    first = lost[0]
    rows = np.flatnonzero(np.isfinite(first.y))[-LAST:]
    highest = max(float(last[one.id].max()) for one in lost)
    text = TEXT(
        path=first.path,
        count=len(members),
        lost=len(lost),
        names=Join(items=tuple(NAME(name=one.label) for one in lost[:MOST_NAMED])),
        rows=len(rows),
        highest=number(highest),
        best=best.label,
        value=number(value),
    )
    held = LostClasses(
        lost=float(len(lost)), classes=float(len(members)), highest=highest, best=value
    )
    seen = evidence(best, [int(np.flatnonzero(np.isfinite(best.y))[-1])])
    yield make_finding(
        "lost_class",
        first,
        rows.tolist(),
        Severity.MEDIUM,
        text,
        payload=held,
        others=(*lost[1:], best),
        more_evidence=seen,
    )


DETECTOR = Detector(
    id="lost_class",
    kinds=(
        Kind(id="lost_class", title=Text(zh="有的类没有学到", en="classes that are not found")),
    ),
    detect=detect,
    order=48,
)
