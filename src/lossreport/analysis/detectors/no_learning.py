"""A loss that ends where it began: neither the level nor the blocks in between moved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from lossreport.analysis.beginning import begins_late
from lossreport.analysis.context import Context, clean
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.curves.stats import block_medians, noise_of_differences
from lossreport.model.analysis import NotApplicable, Severity
from lossreport.model.run import Floats
from lossreport.text import Text, change, number, percent

MIN_ROWS: Final = 12
MIN_GAIN: Final = 0.02
SPREAD: Final = 0.04
"""No learning: less than 2 % gained between the first and last level, blocks within 4 % (SCIENCE.md 3.1)."""

TEXT = Text(
    zh="`{metric}`（{path}）从头到尾几乎没有变化：{first} → {last}（{gain}），各段中位数相差不超过 {spread}。{chance}",
    en="`{metric}` ({path}) hardly changed from start to end: {first} → {last} ({gain}), block medians within {spread}. {chance}",
)
AT_CHANCE = Text(
    zh="它停在机会水平 {chance} 附近，与没有学到东西一致。",
    en="It stays at the chance level of {chance}, consistent with learning nothing.",
)
NOT_CHANCE = Text(
    zh="这段日志不含下降过程：可能是续训后的尾段、学习率过小，或没有在学。",
    en="The log shows no descent: it may be the tail of a resumed run, the learning rate may be too small, or nothing is learned.",
)
NO_START = Text(
    zh="`{metric}`（{path}）的日志从训练中途开始，看不出开头以来降了多少。",
    en="The log of `{metric}` ({path}) begins in the middle of a training and cannot tell how much was gained since its start.",
)
NEAR_CHANCE: Final = 0.02


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a training loss that did not move; one of a game or a policy need not move while the model learns."""
    for series in context.progress:
        judged = series.split == "train" and context.is_measure(series) and np.isfinite(series.y).all()
        if len(series) < MIN_ROWS or not judged or context.has("mixture", series):
            continue
        still = hardly_moved(clean(series, context.spike_spans(series)))
        if still is not None:
            first, last, spread, gain = still
            chance = context.chance(series)
            at_chance = chance is not None and abs(last / chance.value - 1) < NEAR_CHANCE
            if begins_late(series) and not at_chance:
                yield NotApplicable(check="no_learning", series=(series.id,), reason=NO_START(metric=series.label, path=series.path))
                continue
            text = TEXT(
                metric=series.label,
                path=series.path,
                first=number(first),
                last=number(last),
                gain=change(-gain),
                spread=percent(spread),
                chance=AT_CHANCE(chance=number(chance.value)) if at_chance and chance else NOT_CHANCE(),
            )
            severity = Severity.HIGH if at_chance else Severity.MEDIUM
            yield make_finding(
                "no_learning", series, [0, len(series) - 1], severity, text, numbers={"first": first, "last": last, "gain": gain}
            )


class Still(NamedTuple):
    """A curve that hardly moved: its first and last level, how far its blocks lie apart and what it gained, both relative."""

    first: float
    last: float
    spread: float
    gain: float


def hardly_moved(y: Floats) -> Still | None:
    """Return the levels of a curve that ends where it began and was nowhere else in between, else None."""
    first, last = _ends(y)
    medians, _ = block_medians(y, min(12, len(y)))
    spread = float(np.ptp(medians)) / (abs(float(np.median(medians))) + 1e-12)
    gain = (first - last) / (abs(first) + 1e-12)
    near = abs(first - last) < max(6 * noise_of_differences(y), MIN_GAIN * abs(first))
    return Still(first, last, spread, gain) if gain < MIN_GAIN and spread < SPREAD and near else None


def _ends(y: Floats) -> tuple[float, float]:
    n = len(y)
    q = max(1, int(0.05 * n)) if n >= 40 else 1
    start, early = float(np.median(y[:q])), float(np.median(y[: min(3, n)]))
    return (early if early > 1.05 * start else start), float(np.median(y[-max(q, min(3, n // 4)) :]))


DETECTOR = Detector(id="no_learning", kinds=("no_learning",), detect=detect, order=50)
