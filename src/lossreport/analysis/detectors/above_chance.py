"""Rows of a cross-entropy that are worse than a uniform guess: being ignorant would have cost less.

Only losses in log space have a chance level that holds for every data set; the range/4 of an L1 is
one for uniform targets only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import AboveChance
from lossreport.analysis.signs import was_loaded
from lossreport.analysis.views import EPOCH_LAST
from lossreport.knowledge.loss_type import Chance
from lossreport.model.analysis import Finding, NotApplicable, Severity
from lossreport.model.guidance import Threshold
from lossreport.model.run import Series, is_epoch_level, shown_x
from lossreport.text import Join, Phrase, Text, factor, number
from lossreport.words import AXES

MARGIN: Final = 0.02
"""A value counts from 2 % above chance on: first losses scatter around ln V (SCIENCE.md 3.1)."""
ABOVE: Final = Threshold(
    name="above_chance",
    default=MARGIN,
    low=0.0,
    high=1.0,
    meaning=Text(
        zh="交叉熵高出随机猜测水平的幅度", en="excess of a cross-entropy over the chance level"
    ),
)
WARM_UP: Final = 0.10
"""Rows before a tenth of the run are the start: untrained models are often above chance."""

LATER = Text(
    zh="`{metric}`（{path}）在 {axis} {rows} 高于随机猜测水平 {chance} "
    "{unit}（{assumption}）：{values}，分别是它的 {ratios}。不看输入的猜测，loss 也比这低。",
    en=(
        "`{metric}` ({path}) lies above the chance level of {chance} {unit} ({assumption}) at "
        "{axis} {rows}: {values}, that is {ratios} the chance level. A guess that ignores the "
        "input would score lower."
    ),
)
START = Text(
    zh=(
        "`{metric}`（{path}）在开始时（{axis} {rows}）高于随机猜测水平：{value} 对 {chance} "
        "{unit}（{assumption}）。比不看输入的猜测高 {excess} {unit}{perplexity}。常见原因："
        "logits 初始尺度过大、部分 logits 被屏蔽或置零、标签错位。"
    ),
    en=(
        "`{metric}` ({path}) starts worse than chance ({axis} {rows}): {value} against {chance} "
        "{unit} ({assumption}). That is {excess} {unit} above a guess that ignores the "
        "input{perplexity}. Usual causes: the scale of the initial logits, masked or zeroed "
        "logits, shifted labels."
    ),
)
PERPLEXITY = Text(zh="，困惑度是后者的 {ratio}", en=", {ratio} its perplexity")
NEEDS = Text(
    zh="`{metric}` 的随机猜测水平未知：缺少 {needs}，因此没有检查它是否高于随机猜测水平。可用 "
    "`--set {example}=...` 给出。",
    en="The chance level of `{metric}` is unknown: {needs} is missing, so it was not compared "
    "with chance. Give it with `--set {example}=...`.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield, for every loss with a chance level, one finding for the start and one for all later
    rows above it.
    """
    missing: set[str] = set()
    for series in context.losses:
        if not context.kind(series).log_space:
            continue
        chance = context.chance(series)
        if chance is None:
            needs = context.kind(series).needs
            if needs and series.name not in missing:
                missing.add(series.name)
                yield _not_applicable(series, needs)
            continue
        seen = series if is_epoch_level(series) else context.view(series, EPOCH_LAST) or series
        yield from _findings(context, seen, chance)


def _findings(context: Context, series: Series, chance: Chance) -> Iterator[Finding]:
    with np.errstate(invalid="ignore"):
        above = np.flatnonzero(series.y > chance.value * (1 + context.threshold(ABOVE)))
    start = _leading(above.tolist(), len(series))
    later = [row for row in above.tolist() if row not in set(start)]
    if start:
        yield _start(context, series, start, chance)
    if later:
        yield _later(context, series, later, chance)


def _leading(above: list[int], n: int) -> list[int]:
    """Return the rows above chance from the first row on without a break, as far as the start
    reaches.
    """
    rows = [row for index, row in enumerate(above) if row == index]
    return rows if rows and rows[-1] <= max(0, WARM_UP * n) else []


def _later(context: Context, series: Series, rows: list[int], chance: Chance) -> Finding:
    shown = rows[:6]
    text = LATER(
        metric=series.label,
        path=series.path,
        axis=AXES[series.axis.value],
        rows=Join(items=tuple(shown_x(series.x[row]) for row in shown)),
        chance=number(chance.value),
        unit=series.unit,
        assumption=chance.assumption,
        values=Join(items=tuple(number(float(series.y[row])) for row in shown)),
        ratios=Join(items=tuple(factor(float(series.y[row]) / chance.value) for row in shown)),
    )
    worst = float(np.nanmax(series.y[rows]))
    severity = Severity.CRITICAL if is_epoch_level(series) else Severity.MEDIUM
    return make_finding(
        "above_chance",
        series,
        rows,
        severity,
        text,
        payload=AboveChance(value=worst, chance=chance.value, ratio=worst / chance.value),
    )


def _start(context: Context, series: Series, rows: list[int], chance: Chance) -> Finding:
    value = float(series.y[rows[0]])
    excess = value - chance.value
    log_space = context.kind(series).log_space
    text = START(
        metric=series.label,
        path=series.path,
        axis=AXES[series.axis.value],
        rows=shown_x(series.x[rows[0]]) if len(rows) == 1 else _range(series, rows),
        value=number(value),
        chance=number(chance.value),
        unit=series.unit,
        assumption=chance.assumption,
        excess=number(excess, digits=3),
        perplexity=PERPLEXITY(ratio=factor(math.exp(excess))) if log_space and excess < 20 else "",
    )
    recovered = was_loaded(context) and bool(
        series.y[-1] < chance.value
    )  # loaded weights whose first logits lie far from 0: mT5 begins at 20 to 30
    severity = Severity.LOW if recovered else Severity.MEDIUM
    return make_finding(
        "above_chance",
        series,
        rows,
        severity,
        text,
        payload=AboveChance(value=value, chance=chance.value, excess=excess),
    )


def _range(series: Series, rows: list[int]) -> str:
    return f"{series.x[rows[0]]:g}-{series.x[rows[-1]]:g}"


def _not_applicable(series: Series, needs: tuple[str, ...]) -> NotApplicable:
    example = needs[0].replace("<metric>", series.name)
    reason: Phrase = NEEDS(
        metric=series.label,
        needs=Join(items=tuple(need.replace("<metric>", series.name) for need in needs)),
        example=example,
    )
    return NotApplicable(check="above_chance", series=(series.id,), reason=reason)


DETECTOR = Detector(
    id="above_chance",
    kinds=(Kind(id="above_chance", title=Text(zh="高于随机猜测水平", en="above chance")),),
    detect=detect,
    thresholds=(ABOVE,),
    order=30,
)
