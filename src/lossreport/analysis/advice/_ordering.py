"""Which of learning rate, data and precision to look at first behind a loss that is not finite: the
order that the log itself gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from lossreport.analysis.adviser import Case
from lossreport.analysis.cause import causes
from lossreport.analysis.context import Context
from lossreport.analysis.signs import (
    climbed,
    gradient,
    half_said,
    lead_up,
    place_of,
    terms_beside,
    wild_without_updates,
)
from lossreport.model.analysis import Finding
from lossreport.model.run import Series
from lossreport.text import Join, Phrase, Text, number
from lossreport.values import dataclass

RATE = Text(
    zh="降低学习率{lr}，加 warm-up 和梯度裁剪（max_norm 1）",
    en="try a lower learning rate{lr}, with a warm-up and gradient clipping (max_norm 1)",
)
DATA = Text(
    zh="检查此前紧邻的几个 batch（标签、长度、全被屏蔽的样本、超出范围的框）",
    en="check the batches just before it (labels, lengths, fully masked samples, boxes "
    "outside the image)",
)
PRECISION = Text(
    zh="排除 fp16 溢出（改用 bf16 或 fp32 跑这几步）",
    en="rule out an overflow of fp16 (run these steps in bf16 or fp32)",
)
STEPS = Text(
    zh="{why}按这个顺序：先{first}；再{second}；最后{third}。",
    en="{why} In this order: {first}; then {second}; then {third}.",
)

ROSE = Text(
    zh="学习率在先：`{metric}` 此前已升到 {value}（第 {line} 行）。",
    en="The learning rate comes first: `{metric}` had risen to {value} before it (line {line}).",
)
LARGE = Text(
    zh="学习率在先：{lr} 对多数优化器都过高，而此前的行太少，看不出有没有上升。",
    en="The learning rate comes first: {lr} is too high for most optimisers, and too few rows "
    "stand before it to see a rise.",
)
RESTLESS = Text(
    zh="学习率在先：`{metric}` 此前在 {low} 和 {high} 之间跳动，没有下降。",
    en="The learning rate comes first: `{metric}` jumped between {low} and {high} before it "
    "and did not fall.",
)
ALONE = Text(
    zh="数据在先：第 {line} 行只有 `{metric}` 不是有限值，{others} 还是有限的，权重那时没有坏。",
    en="The data come first: at line {line} only `{metric}` is not finite while {others} "
    "still are, so the weights were sound then.",
)
SMALL = Text(
    zh="数据在先：学习率只有 {lr}，此前也没有上升，不像发散。",
    en="The data come first: the learning rate is only {lr} and no rise stands before it, "
    "which is no divergence.",
)
HALF = Text(
    zh="精度在先：设置写明 {said}，而 `{metric}` 此前没有上升。",
    en="The precision comes first: the settings say {said}, and `{metric}` had not risen before.",
)
UNMOVED = Text(
    zh="精度和设备在先：`{metric}` 在第 {line} 行是 {value}，那里的学习率正好是 0，"
    "权重还没有更新过，所以不是学习率。",
    en="Precision and device come first: `{metric}` is {value} at line {line}, where the "
    "learning rate is exactly 0 and no weight was ever updated, so it is not the rate.",
)
LED = Text(
    zh="顺序按最可能的原因（{title}）。", en="The order follows the likeliest cause ({title})."
)
EARLY = Text(
    zh="它之前的有限行只有 {count} 行，分不出先后：先用百分之一的学习率重跑前几步，仍是 NaN "
    "就不是学习率。",
    en="Finite rows before it: {count}, which orders nothing. Rerun the first steps at a "
    "hundredth of the rate; if it is NaN again, it is not the rate.",
)
UNTOLD = Text(zh="日志没有显示哪一项在先。", en="Nothing in the log says which comes first.")
NAME = Text(zh="`{name}`", en="`{name}`")

SMALL_RATE: Final = 1e-4
"""Of Adam and of SGD alike a rate with which fine-tuning does not diverge (faster-rcnn.pytorch
#797: no rate helps, a label was wrong).
"""
LARGE_RATE: Final = 0.1
"""The default of SGD with batch norm and large batches: without them it destroys the weights
(vision pull 1998: AlexNet and VGG).
"""
FEW: Final = 2
"""So few finite rows show no course."""
RESTLESS_ROWS: Final = 4
SWING: Final = 1.5
"""The highest of the rows is one and a half times the lowest ..."""
KEPT: Final = 0.9
"""... and the later half has kept nine tenths of the level of the first: it jumps and does not
fall.
"""
JUMPED: Final = 2.0
"""A last finite row at twice the level before is a rise within one row."""
MOST_NAMES: Final = 3

Order = tuple[str, str, str]
BY_RATE: Final[Order] = ("rate", "data", "precision")
BY_DATA: Final[Order] = ("data", "precision", "rate")
BY_PRECISION: Final[Order] = ("precision", "data", "rate")
OF_FAMILY: Final = {"learning_rate": BY_RATE, "data": BY_DATA, "precision": BY_PRECISION}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a training breaks: the finding, the loss or norm, the first row that is not finite and
    the finite rows before it.

    The row is the length of the series where the log ends before it.
    """

    case: Case
    finding: Finding
    series: Series
    row: int

    @property
    def context(self) -> Context:
        """The run with its findings."""
        return self.case.context

    @property
    def before(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The finite values before the row."""
        y = self.series.y[: self.row]
        return np.asarray(y[np.isfinite(y)])


def ordered(case: Case, finding: Finding, series: Series, row: int, lower: Phrase | str) -> Phrase:
    """Return the three steps in the order that the log gives, and the evidence for it."""
    place = Place(case=case, finding=finding, series=series, row=row)
    why, order = next(_grounds(place))
    steps = {"rate": RATE(lr=lower), "data": DATA(), "precision": PRECISION()}
    first, second, third = (steps[one] for one in order)
    return STEPS(why=why, first=first, second=second, third=third)


def _grounds(place: Place) -> Iterator[tuple[Phrase, Order]]:
    """Yield what orders the steps, the most telling first; the last always holds."""
    for ground, order in CERTAIN:
        said = ground(place)
        if said is not None:
            yield said, order
    led = _led(place)
    if led is not None:
        yield led
    for ground, order in LIKELY:
        said = ground(place)
        if said is not None:
            yield said, order
    if len(place.before) <= FEW:
        yield EARLY(count=len(place.before)), BY_DATA
    yield UNTOLD(), BY_RATE


def _alone(place: Place) -> Phrase | None:
    """Return that one term is not finite in a row in which the other terms are."""
    if place.row >= len(place.series):
        return None  # its row was not logged
    terms = terms_beside(place.context, place.series, place.row)
    if len(terms.bad) != 1 or not terms.sound:
        return None
    (bad, row), sound = terms.bad[0], terms.sound
    names = Join(items=tuple(NAME(name=one.label) for one, _ in sound[:MOST_NAMES]))
    return ALONE(metric=bad.label, line=int(bad.line[row]), others=names)


def _unmoved(place: Place) -> Phrase | None:
    """Return the first row with a learning rate of 0 of a run whose loss was wild while no weight
    was updated.
    """
    rows = wild_without_updates(place.context, place.series, place.row)
    if not rows:
        return None
    highest = max(rows, key=lambda row: float(place.series.y[row]))
    return UNMOVED(
        metric=place.series.label,
        value=number(float(place.series.y[highest])),
        line=int(place.series.line[highest]),
    )


def _rose(place: Place) -> Phrase | None:
    """Return the rise before the break: of the loss, row by row or in its last row, or of the norm
    of the gradient.
    """
    rows = np.flatnonzero(np.isfinite(place.series.y[: place.row]))
    before = place.before
    jumped = len(before) > FEW and before[-1] > JUMPED * abs(float(np.median(before[:-1])))
    if len(before) and (climbed(before) or jumped):
        return ROSE(
            metric=place.series.label,
            value=number(float(before[-1])),
            line=int(place.series.line[rows[-1]]),
        )
    norm = gradient(place.context, place.series)
    at = (
        place_of(norm, place.series, min(place.row, len(place.series) - 1))
        if norm is not None
        else None
    )
    lead = lead_up(norm, at) if norm is not None and at is not None else None
    if lead is not None and lead.rose:
        return ROSE(
            metric=lead.series.label, value=number(lead.value), line=int(lead.series.line[lead.row])
        )
    return None


def _half(place: Place) -> Phrase | None:
    said = half_said(place.context)
    return (
        HALF(said=said, metric=place.series.label)
        if said is not None and len(place.before)
        else None
    )


def _large(place: Place) -> Phrase | None:
    lr = place.case.lr
    return (
        LARGE(lr=number(lr, digits=3))
        if lr is not None and lr >= LARGE_RATE and len(place.before) <= FEW
        else None
    )


def _small(place: Place) -> Phrase | None:
    lr = place.case.lr
    return (
        SMALL(lr=number(lr, digits=3))
        if lr is not None and 0 < lr <= SMALL_RATE and len(place.before)
        else None
    )


def _restless(place: Place) -> Phrase | None:
    y = place.before
    if len(y) < RESTLESS_ROWS or float(y.min()) <= 0 or float(y.max()) < SWING * float(y.min()):
        return None
    half = len(y) // 2
    if float(np.median(y[half:])) < KEPT * float(np.median(y[:half])):
        return None
    return RESTLESS(
        metric=place.series.label, low=number(float(y.min())), high=number(float(y.max()))
    )


def _led(place: Place) -> tuple[Phrase, Order] | None:
    """Return the order by the family of the likeliest cause."""
    first = next((one for one in place.finding.hypotheses if one.rank == 1), None)
    family = next((one.family for one in causes() if first is not None and one.id == first.id), "")
    order = OF_FAMILY.get(family)
    return (LED(title=first.title), order) if first is not None and order is not None else None


Ground = Callable[[Place], Phrase | None]
CERTAIN: Final[tuple[tuple[Ground, Order], ...]] = (
    (_alone, BY_DATA),
    (_unmoved, BY_PRECISION),
    (_rose, BY_RATE),
    (_half, BY_PRECISION),
)
LIKELY: Final[tuple[tuple[Ground, Order], ...]] = (
    (_large, BY_RATE),
    (_small, BY_DATA),
    (_restless, BY_RATE),
)
"""What orders the steps before, and behind, the likeliest cause."""
