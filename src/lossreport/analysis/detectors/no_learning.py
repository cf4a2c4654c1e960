"""A loss that ends where it began: neither the level nor the blocks in between moved."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from lossreport.analysis.beginning import begins_late
from lossreport.analysis.beside import accuracy_rose
from lossreport.analysis.context import Context, clean, same_metric
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import Standstill
from lossreport.analysis.printed import step
from lossreport.analysis.uniform import TOLERANCE, one_of, size_at
from lossreport.curves.stats import block_medians, noise_of_differences
from lossreport.model.analysis import NotApplicable, Severity
from lossreport.model.run import Axis, Floats, Series, Statistic, shown_x
from lossreport.text import Phrase, Text, Value, change, number, percent
from lossreport.words import AXES

MIN_ROWS: Final = 12
MIN_GAIN: Final = 0.02
SPREAD: Final = 0.04
"""No learning: less than 2 % gained between the first and last level, blocks within 4 % (SCIENCE.md
3.1).
"""

TEXT = Text(
    zh="`{metric}`（{path}）从头到尾几乎没有变化：{first} → {last}（{gain}），"
    "各段中位数相差不超过 {spread}。{chance}",
    en="`{metric}` ({path}) hardly changed from start to end: {first} → {last} ({gain}), "
    "block medians within {spread}. {chance}",
)
AT_CHANCE = Text(
    zh="它停在随机猜测水平 {chance} 附近，与没有学到东西一致。",
    en="It stays at the chance level of {chance}, consistent with learning nothing.",
)
AT_UNIFORM = Text(
    zh="它停在 ln {size} = {chance}，正是在 {size} 个类别中均匀猜测的水平（按数值推断）："
    "与没有学到东西一致。",
    en="It stays at ln {size} = {chance}, the level of guessing among {size} classes (an "
    "inference from the value): consistent with learning nothing.",
)
FELL_TO = Text(
    zh="`{metric}`（{path}）从 {axis} {x} 起停在 {level}，即 ln {size} = {chance}，正是在 "
    "{size} 个类别中均匀猜测的水平（按数值推断）：输出不带任何信息，没有在学。",
    en=(
        "`{metric}` ({path}) stands at {level} from {axis} {x} on, which is ln {size} = "
        "{chance}, the level of guessing among {size} classes (an inference from the value): its "
        "output carries no signal and nothing is learned."
    ),
)
FROM_START = Text(
    zh="日志从训练开头写起，却没有下降：学习率可能过小或为 0、参数被冻结，或标签与输入对不上。",
    en="The log begins where the training does and shows no descent: the learning rate may be "
    "too small or 0, parameters frozen, or labels and inputs do not match.",
)
NOT_CHANCE = Text(
    zh="这段日志不含下降过程：可能是续训后的尾段、学习率过小，或没有在学。",
    en="The log shows no descent: it may be the tail of a resumed run, the learning rate may "
    "be too small, or nothing is learned.",
)
NO_START = Text(
    zh="`{metric}`（{path}）的日志从训练中途开始，看不出开头以来降了多少。",
    en="The log of `{metric}` ({path}) begins in the middle of a training and cannot tell how "
    "much was gained since its start.",
)
NEAR_CHANCE: Final = 0.02


BEGINS: Final = 1
"""An axis that counts from 0 or 1 and whose first row says so begins with the training."""
COUNTED: Final = (Axis.EPOCH, Axis.STEP, Axis.ITERATION, Axis.ROUND, Axis.EPISODE)
UNIFORM_ROWS: Final = 10
UNIFORM_SHARE: Final = 0.5
"""Ten rows, and half of the run to its end, at ln K: a loss that passes through a level on its way
down leaves it sooner.
"""
UNIFORM_WITHIN: Final = 0.002
"""A loss that came down to ln K stays within 0.2 % of it in the median; there no second sign says
that nothing is learned.
"""
WELL_KNOWN: Final = (2, 3, 4, 5, 10, 100, 1000, 1024, 4096, 8192, 65536)
"""Sizes that a level without any other sign is taken for: their windows of 0.2 % cover 1 % of the
levels between ln 2 and ln 65 536.
"""


FEW_ROWS: Final = 3
"""So many rows, all of them within half a percent of ln K, are told; of a slow fall they would lie
apart.
"""
FEW_SIZES: Final = (2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 100, 200, 300, 1000)
"""Sizes that a few rows are taken for where no accuracy says one."""
TRAINED_STEPS: Final = 1000
"""Within the first thousand steps a large model stands at ln K, and its accuracy at 1 / K, and may
be healthy.
"""
GUESSED: Final = 2.0
"""An accuracy within a factor of two of 1 / K: one of few batches scatters."""
FEW = Text(
    zh="`{metric}`（{path}）的全部 {count} 行（{first} → {last}）都在 ln {size} = {chance} 的 "
    "0.5% 以内，正是在 {size} 个类别中均匀猜测的水平（按数值推断）{beside}："
    "到这里没有学到任何东西。",
    en="All {count} rows of `{metric}` ({path}), {first} → {last}, lie within 0.5% of ln "
    "{size} = {chance}, the level of guessing among {size} classes (an inference from the "
    "value){beside}: nothing is learned up to there.",
)
BESIDE = Text(
    zh="，`{score}` 是 {value}，也不高于猜测的 {guessed_level}",
    en=", and `{score}` is {value}, no more than the {guessed_level} of a guess",
)
NOTHING_BESIDE: Final = ""


TOLD: Final = ("mixture", "no_learning", "broken_metric")
"""What says more: rows of several regimes, an accuracy of 0 beside the loss, a clamp or an
explosion.
"""


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a training loss that did not move; one of a game or a policy need not move
    while the model learns.
    """
    for series in context.progress:
        # a validation is all there is to look at
        alone = series.split == "train" or not context.training
        judged = alone and context.is_measure(series) and np.isfinite(series.y).all()
        if (
            not judged
            or any(context.has(kind, series) for kind in TOLD)
            or accuracy_rose(context, series)
        ):
            continue
        if len(series) < UNIFORM_ROWS:
            yield from _few(context, _as_printed(context, series))
            continue
        y = clean(series, context.spike_spans(series))
        still = hardly_moved(y) if len(series) >= MIN_ROWS else None
        if still is not None and 2 * step(series, still.last) <= SPREAD * abs(still.last):
            yield _still(context, series, still)
        elif still is None and (at := _came_to(context, series, y)) is not None:
            yield _at_uniform(series, *at)


def _few(context: Context, series: Series) -> Iterator[Found]:
    """Yield a finding of three to nine rows that all stand at ln K: guessing, by the numbers alone
    or by an accuracy that says so too.
    """
    if len(series) < FEW_ROWS:
        return
    level = float(np.median(series.y))
    said = context.chance(series)
    scores = [
        one
        for one in context.run.series
        if one.metric_type == "accuracy" and one.source == series.source and _is_share(one)
    ]
    known = [round(math.exp(said.value))] if said is not None and 0 < said.value < LARGEST else []
    shares = [1 / size for size in known] or [share for one in scores for share in _shares(one)]
    guess = one_of(context, series) and (
        known or [*(round(1 / share) for share in shares if share < 1), *FEW_SIZES]
    )
    near = [
        size
        for size in guess or ()
        if size > 1 and np.all(np.abs(series.y / math.log(size) - 1) <= TOLERANCE)
    ]
    size = min(near, key=lambda size: abs(level - math.log(size)), default=None)
    if size is None:
        return
    score = next(
        (
            one
            for one in scores
            if any(1 / GUESSED <= share * size <= GUESSED for share in _shares(one))
        ),
        None,
    )
    first, last, _, gain = _levels(series.y)
    if not (_has_trained(series) or (series.axis not in COUNTED and (score is not None or known))):
        if (
            len(series) >= EARLY_ROWS
            and size <= EARLY_LARGEST
            and series.axis in COUNTED
            and float(series.x[0]) <= BEGINS
        ):
            values: dict[str, Value] = {
                "first": number(first),
                "last": number(last),
                "size": str(size),
                "chance": number(math.log(size)),
            }
            text = EARLY(metric=series.label, path=series.path, count=len(series), **values)
            held = Standstill(first=first, last=last, gain=gain, early=float(size))
            yield make_finding(
                "no_learning", series, [0, len(series) - 1], Severity.LOW, text, payload=held
            )
        return
    text = FEW(
        metric=series.label,
        path=series.path,
        count=len(series),
        first=number(first),
        last=number(last),
        size=str(size),
        chance=number(math.log(size)),
        beside=_beside(score, size) if score is not None else NOTHING_BESIDE,
    )
    severity = Severity.HIGH if score is not None or known else Severity.MEDIUM
    held = Standstill(first=first, last=last, gain=gain, uniform=float(size))
    yield make_finding(
        "no_learning",
        series,
        [0, len(series) - 1],
        severity,
        text,
        payload=held,
        others=(score,) if score else (),
    )


EARLY_ROWS: Final = 5
EARLY_LARGEST: Final = 200
"""Over more classes a large model stands there for hundreds of steps; of a few rows it is not even
worth a remark.
"""
EARLY = Text(
    zh="`{metric}`（{path}）开头的 {count} 行（{first} → {last}）都在 ln {size} = {chance} 的 "
    "0.5% 以内，即在 {size} 个类别中均匀猜测的水平（按数值推断）。训练本来就从这里开始，"
    "这么几步说明不了什么；几百步之后还在这里，就是没有在学。",
    en="The first {count} rows of `{metric}` ({path}), {first} → {last}, lie within 0.5% of "
    "ln {size} = {chance}, the level of guessing among {size} classes (an inference from "
    "the value). A training rightly begins there and so few steps show nothing; if it "
    "still stands there after some hundred, nothing is learned.",
)
LARGEST: Final = 20.0
"""The logarithm of any number of classes or tokens is below."""


def _as_printed(context: Context, series: Series) -> Series:
    """Return the values beside a running mean that few rows were worked out from: taking it apart
    costs a row.
    """
    if series.derived is None:
        return series
    printed = [
        one
        for one in context.run.series
        if one.derived is None and one.statistic is not Statistic.RUNNING_MEAN
    ]
    return next(
        (
            one
            for one in printed
            if same_metric(one, series) and len(one) >= len(series) and np.isfinite(one.y).all()
        ),
        series,
    )


def _level_of(score: Series) -> float:
    """Return the level of a score: of a running mean the last value, which is over all rows."""
    return float(score.y[-1] if score.statistic is Statistic.RUNNING_MEAN else np.median(score.y))


def _is_share(score: Series) -> bool:
    return len(score) > 0 and bool(np.isfinite(score.y).all()) and _level_of(score) > 0


def _shares(score: Series) -> tuple[float, float]:
    """Return what an accuracy may be as a share of 1: itself, or a hundredth of it where it is in
    percent.
    """
    value = _level_of(score)
    return value, value / 100


def _beside(score: Series, size: int) -> Phrase:
    value = _level_of(score)
    full = 100.0 if abs(math.log(value / 100 * size)) < abs(math.log(value * size)) else 1.0
    return BESIDE(score=score.label, value=number(value), guessed_level=number(full / size))


def _has_trained(series: Series) -> bool:
    """Return whether a few rows lie beyond the beginning of a training: of whole epochs, or a
    thousand steps on.
    """
    if series.axis in (Axis.EPOCH, Axis.ROUND):
        return True
    if len(series.epoch) and series.epoch[-1] >= LATER_EPOCH:
        return True
    return series.axis in COUNTED and float(series.x[-1]) >= TRAINED_STEPS


LATER_EPOCH: Final = 2


def _still(context: Context, series: Series, still: Still) -> Found:
    first, last, spread, gain = still
    chance = context.chance(series)
    at_chance = chance is not None and abs(last / chance.value - 1) < NEAR_CHANCE
    size = size_at(context, series, last) if chance is None else None
    if begins_late(series) and not at_chance and size is None:
        return NotApplicable(
            check="no_learning",
            series=(series.id,),
            reason=NO_START(metric=series.label, path=series.path),
        )
    uniform = None
    told: Phrase = (
        FROM_START() if series.axis in COUNTED and series.x[0] <= BEGINS else NOT_CHANCE()
    )
    if at_chance and chance:
        told = AT_CHANCE(chance=number(chance.value))
    elif size is not None:
        told = AT_UNIFORM(size=str(size), chance=number(math.log(size)))
        uniform = float(size)
    text = TEXT(
        metric=series.label,
        path=series.path,
        first=number(first),
        last=number(last),
        gain=change(-gain),
        spread=percent(spread),
        chance=told,
    )
    # a level that is only inferred makes no finding grave
    severity = Severity.HIGH if at_chance else Severity.MEDIUM
    held = Standstill(first=first, last=last, gain=gain, uniform=uniform)
    return make_finding("no_learning", series, [0, len(series) - 1], severity, text, payload=held)


def _came_to(context: Context, series: Series, y: Floats) -> tuple[int, int] | None:
    """Return the first row and the K of a loss that stands at ln K for the second half of its rows
    at least; None without.
    """
    last = float(np.median(y[-UNIFORM_ROWS:]))
    size = size_at(context, series, last) if context.chance(series) is None else None
    if size not in WELL_KNOWN or size is None or abs(last / math.log(size) - 1) > UNIFORM_WITHIN:
        return None
    apart = np.flatnonzero(np.abs(y / math.log(size) - 1) > SPREAD / 2)
    start = int(apart[-1]) + 1 if len(apart) else 0
    rows = len(y) - start
    if (
        rows < max(UNIFORM_ROWS, UNIFORM_SHARE * len(y))
        or abs(float(np.median(y[start:])) / math.log(size) - 1) > UNIFORM_WITHIN
    ):
        return None
    half = start + rows // 2
    level, late = float(np.median(y[start:half])), float(np.median(y[half:]))
    return (start, size) if abs(level - late) <= UNIFORM_WITHIN * level else None


def _at_uniform(series: Series, start: int, size: int) -> Found:
    level = float(np.median(series.y[start:]))
    text = FELL_TO(
        metric=series.label,
        path=series.path,
        axis=AXES[series.axis.value],
        x=shown_x(series.x[start]),
        level=number(level),
        size=str(size),
        chance=number(math.log(size)),
    )
    held = Standstill(first=float(series.y[0]), last=level, gain=0.0, uniform=float(size))
    return make_finding(
        "no_learning", series, [start, len(series) - 1], Severity.MEDIUM, text, payload=held
    )


class Still(NamedTuple):
    """A curve that hardly moved: its first and last level, how far its blocks lie apart and what it
    gained, both relative.
    """

    first: float
    last: float
    spread: float
    gain: float


def hardly_moved(y: Floats) -> Still | None:
    """Return the levels of a curve that ends where it began and was nowhere else in between, else
    None.
    """
    still = _levels(y)
    near = abs(still.first - still.last) < max(
        6 * noise_of_differences(y), MIN_GAIN * abs(still.first)
    )
    return still if still.gain < MIN_GAIN and still.spread < SPREAD and near else None


def _levels(y: Floats) -> Still:
    first, last = _ends(y)
    medians, _ = block_medians(y, min(12, len(y)))
    spread = float(np.ptp(medians)) / (abs(float(np.median(medians))) + 1e-12)
    return Still(first, last, spread, (first - last) / (abs(first) + 1e-12))


def _ends(y: Floats) -> tuple[float, float]:
    n = len(y)
    q = max(1, int(0.05 * n)) if n >= 40 else 1
    start, early = float(np.median(y[:q])), float(np.median(y[: min(3, n)]))
    return (early if early > 1.05 * start else start), float(
        np.median(y[-max(q, min(3, n // 4)) :])
    )


DETECTOR = Detector(
    id="no_learning",
    kinds=(
        Kind(
            id="no_learning",
            title=Text(zh="没有变化（可能没有在学）", en="no change (may not be learning)"),
        ),
    ),
    detect=detect,
    order=50,
)
