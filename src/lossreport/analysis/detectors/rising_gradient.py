"""A gradient norm that runs away while the printed loss still falls: the first alarm of a
divergence, rows before the loss shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import evidence, make_finding
from lossreport.analysis.signs import gradient
from lossreport.model.analysis import Severity
from lossreport.model.run import Series, Statistic, shown_x
from lossreport.text import Phrase, Text, factor, number
from lossreport.values import dataclass
from lossreport.words import AXES

MIN_ROWS: Final = 4
CLIMB: Final = 3
"""Steps from row to row, each larger than the one before: a mean that drifts has steps of one
size.
"""
MEAN_RISES: Final = 1.2
"""A running mean moves by the share of its newest rows only: a fifth within three rows is many
times their level (fairseq #118).
"""
ROWS_RISE: Final = 10.0
AT_ONCE: Final = 100.0
"""One row at a hundred times the level is no outlier of a batch (fairseq #41: 2.75, then 100,616,
then a loss of 10,405).
"""
TROUBLES: Final = ("nonfinite", "masked_nonfinite", "divergence", "broken_metric")
RISEN: Final = 0.15
"""A loss that stands so far above its lowest does not "still fall" (the least rise of a divergence,
which tells of it then).
"""
CLIPPED: Final = ("clip", "clip_rate", "clip_frac")
ALL: Final = (1.0, 100.0)

TEXT = Text(
    zh="`{metric}`（{path}）到 {axis} {x}（第 {line} 行）已升到 {value}，是此前水平 {level} "
    "的 {ratio}，而打印的 `{loss}`{mean}还在下降（{first} → {last}）{clip}："
    "这是发散的前兆，loss 过一会儿才会显出来。",
    en=(
        "`{metric}` ({path}) has risen to {value} by {axis} {x} (line {line}), {ratio} its level "
        "of {level} before, while the printed `{loss}`{mean} still falls ({first} → "
        "{last}){clip}: the forerunner of a divergence, which the loss shows some rows later."
    ),
)
MEAN = Text(zh="（是整个 epoch 的累计平均）", en=", a mean over the whole epoch,")
CLIP = Text(
    zh="；`{name}` 一直是 {share}，每一步都被裁剪",
    en="; `{name}` is {share} throughout, so every step is clipped",
)
NOTHING: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RisingGradient:
    """A `gradient` norm at its last row, and its level before it rose."""

    value: float
    level: float
    gradient: bool


def detect(context: Context) -> Iterator[Found]:
    """Yield one finding: the norm of a training whose loss is finite, falls and has no trouble
    yet.
    """
    for loss in context.progress:
        if (
            loss.split != "train"
            or len(loss) < MIN_ROWS
            or not np.isfinite(loss.y).all()
            or loss.y[-1] >= loss.y[0]
        ):
            continue
        if float(loss.y[-1] - loss.y.min()) > RISEN * abs(float(loss.y.min())):
            continue
        if not context.is_measure(loss) or any(context.has(kind, loss) for kind in TROUBLES):
            continue
        norm = gradient(context, loss)
        if (
            norm is None
            or norm.source != loss.source
            or not np.isfinite(norm.y).all()
            or float(norm.y.min()) <= 0
        ):
            continue
        start = _from(context, norm)
        if start is not None:
            yield _finding(context, norm, loss, start)
            return


def _from(context: Context, norm: Series) -> int | None:
    """Return the first row of the rise that a norm ends with; None where it does not run away."""
    y = norm.y
    if len(y) < MIN_ROWS:
        return None
    level = float(np.median(y[:-1]))
    if y[-1] >= AT_ONCE * level and _clip(context, norm) is not None:
        return len(y) - 1
    steps = np.diff(y[-CLIMB - 1 :])
    rises = bool(np.all(steps > 0) and np.all(np.diff(steps) > 0))
    before = float(np.median(y[:-CLIMB]))
    least = MEAN_RISES if norm.statistic is Statistic.RUNNING_MEAN else ROWS_RISE
    return len(y) - CLIMB if rises and y[-1] >= least * before else None


def _clip(context: Context, norm: Series) -> tuple[str, float] | None:
    """Return the name and value of a logged share of clipped steps that is all of them
    throughout.
    """
    for one in context.judged:
        same = one.source == norm.source and one.name.lower() in CLIPPED and len(one) > 0
        if same and bool(np.all(one.y == one.y[0])) and float(one.y[0]) in ALL:
            return one.label, float(one.y[0])
    return None


def _finding(context: Context, norm: Series, loss: Series, start: int) -> Found:
    last = len(norm) - 1
    level = float(np.median(norm.y[:start]))
    value = float(norm.y[last])
    clip = _clip(context, norm)
    said: Phrase | str = NOTHING if clip is None else CLIP(name=clip[0], share=number(clip[1]))
    text = TEXT(
        metric=norm.label,
        path=norm.path,
        axis=AXES[norm.axis.value],
        x=shown_x(norm.x[last]),
        line=int(norm.line[last]),
        value=number(value),
        level=number(level),
        ratio=factor(value / level),
        loss=loss.label,
        mean=MEAN() if loss.statistic is Statistic.RUNNING_MEAN else NOTHING,
        first=number(float(loss.y[0])),
        last=number(float(loss.y[-1])),
        clip=said,
    )
    held = RisingGradient(value=value, level=level, gradient=True)
    rows = list(range(start, last + 1))
    shown = evidence(loss, [0, len(loss) - 1])  # the loss itself does not diverge yet
    return make_finding(
        "divergence", norm, rows, Severity.HIGH, text, payload=held, more_evidence=shown
    )


DETECTOR = Detector(id="rising_gradient", kinds=("divergence",), detect=detect, order=45)
