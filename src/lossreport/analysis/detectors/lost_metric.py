"""A loss or gradient norm whose key is missing from some row on, while the other metrics of the
same file go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import evidence, make_finding
from lossreport.model.analysis import Severity
from lossreport.model.run import Axis, Series, shown_x
from lossreport.text import Text
from lossreport.values import dataclass
from lossreport.words import AXES

MIN_ROWS: Final = 8
MISSED: Final = 8
"""So many rows of its own usual distance are missing at the end; fewer may be a last interval
without a validation.
"""
REGULAR: Final = 1.5
"""A key that comes and goes has distances that differ by more than this: nothing is missing
then.
"""
AXES_COUNTED: Final = (Axis.STEP, Axis.ITERATION, Axis.EPOCH, Axis.ROUND, Axis.EPISODE)

TEXT = Text(
    zh="`{metric}`（{path}）在 {axis} {x}（第 {line} 行）之后不再出现，而同一文件的 `{other}` "
    "一直记录到 {axis} {end}：此后这一项未知，不等于正常。",
    en=(
        "`{metric}` ({path}) is not logged any more after {axis} {x} (line {line}), while "
        "`{other}` of the same file goes on to {axis} {end}: from there on it is unknown, which "
        "is not the same as fine."
    ),
)


MEGATRON: Final = "megatron_text"
"""Megatron prints the mean of a loss only where it is above 0: a row without it is a row in which
it is NaN. The counter of NaN iterations beside it counts only with a loss scaler
(Megatron-DeepSpeed #434, Megatron-LLM #33).
"""
SURE: Final = 3
"""Rows without a loss at the end that leave no doubt, whatever else the rows say; fewer may be a
row that was cut.
"""
SKIPPED: Final = "number of skipped iterations"

UNPRINTED = Text(
    zh=(
        "`{metric}`（{path}）从 {axis} {x}（第 {line} 行）起的最后{count}没有打印，"
        "而其他字段都在{gradient}。Megatron 只打印大于 0 的 loss 均值，没有这一项的行就是 loss "
        "为 NaN 的行；NaN 计数器只在启用 loss scaler 时计数，为 0 不说明问题。最后一次有值在 "
        "{axis} {last}。"
    ),
    en=(
        "`{metric}` is not printed in the last {count} of {path}, from {axis} {x} (line {line}) "
        "on, while the other fields are{gradient}. Megatron prints the mean of a loss only where "
        "it is above 0: a row without it is most likely one whose loss is NaN. The counter of "
        "NaN iterations counts only with a loss scaler, so its 0 proves nothing. The last value "
        "stands at {axis} {last}."
    ),
)
NAN_GRADIENT = Text(zh="，梯度范数同时是 NaN", en=", and the gradient norm is NaN there")
ROWS = Text(zh=" {count} 行", en="{count} rows")
ROW = Text(zh="一行", en="row")
NOTHING: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unprinted:
    """How many rows lack a loss and from which place on; `dead` where it is no longer finite."""

    missing: float
    from_: float
    dead: bool = False


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a loss or gradient norm that a source stops to log."""
    parsers = {source.id: source.parser for source in context.run.sources}
    for series in context.judged:
        if (
            parsers.get(series.source) == MEGATRON
            and context.is_loss(series)
            and series.split == "train"
            and not series.derived
        ):
            yield from _unprinted(context, series)
            continue
        wanted = context.is_loss(series) or context.kind(series).id == "grad_norm"
        if (
            not wanted
            or series.axis not in AXES_COUNTED
            or len(series) < MIN_ROWS
            or series.derived
        ):
            continue
        longest = _longest(context, series)
        if longest is not None and is_lost(series, longest):
            last = len(series) - 1
            text = TEXT(
                metric=series.label,
                path=series.path,
                axis=AXES[series.axis.value],
                x=shown_x(series.x[last]),
                line=int(series.line[last]),
                other=longest.label,
                end=shown_x(longest.x[-1]),
            )
            yield make_finding("lost_metric", series, [last], Severity.MEDIUM, text)


def _unprinted(context: Context, series: Series) -> Iterator[Found]:
    """Yield a finding a loss that the last rows of Megatron lack, where these did not skip the
    step.
    """
    rows = [
        one
        for one in context.run.series
        if one.source == series.source and one.axis is series.axis and not one.derived and len(one)
    ]
    longest = max(rows, key=len, default=None)
    if longest is None or not len(series):
        return
    skipped = next((one for one in rows if one.name == SKIPPED), None)
    dropped = set() if skipped is None else set(skipped.x[skipped.y > 0].tolist())
    behind = [
        row
        for row in np.flatnonzero(longest.x > series.x[-1]).tolist()
        if float(longest.x[row]) not in dropped
    ]
    if not behind:
        return
    gradient = next((one for one in rows if one.metric_type == "grad_norm"), None)
    nan = (
        gradient is not None
        and bool(len(gradient))
        and not np.isfinite(gradient.y[-1])
        and gradient.x[-1] > series.x[-1]
    )
    last = len(series) - 1
    text = UNPRINTED(
        metric=series.label,
        path=series.path,
        axis=AXES[series.axis.value],
        x=shown_x(longest.x[behind[0]]),
        line=int(longest.line[behind[0]]),
        count=ROWS(count=len(behind)) if len(behind) > 1 else ROW(),
        gradient=NAN_GRADIENT() if nan else NOTHING,
        last=shown_x(series.x[last]),
    )
    sure = nan or len(behind) >= SURE
    held = Unprinted(missing=float(len(behind)), from_=float(longest.x[behind[0]]), dead=sure)
    severity = Severity.CRITICAL if sure else Severity.HIGH
    yield make_finding(
        "lost_metric",
        series,
        [last],
        severity,
        text,
        payload=held,
        more_evidence=evidence(longest, behind[:MOST_SHOWN]),
    )


MOST_SHOWN: Final = 3


def is_lost(series: Series, longest: Series) -> bool:
    """Return whether a series of regular rows ends at least 8 of its own distances before another
    of its file.
    """
    distance = np.diff(series.x)
    if np.any(distance <= 0) or np.any(np.diff(longest.x) < 0):
        return False
    usual = float(np.median(distance))
    return bool(
        np.percentile(distance, 90) <= REGULAR * usual
        and longest.x[-1] - series.x[-1] >= MISSED * usual
    )


def _longest(context: Context, series: Series) -> Series | None:
    mates = [
        s
        for s in context.run.series
        if s.source == series.source and s.axis is series.axis and not s.derived and len(s)
    ]
    return max(
        (one for one in mates if one.id != series.id),
        key=lambda one: float(one.x[-1]),
        default=None,
    )


DETECTOR = Detector(
    id="lost_metric",
    kinds=(Kind(id="lost_metric", title=Text(zh="指标中途消失", en="metric that disappears")),),
    detect=detect,
    order=14,
)
