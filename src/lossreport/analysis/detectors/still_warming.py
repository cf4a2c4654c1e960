"""A learning rate that rises to the last row of a run that is through: its warm-up was as long as
the run, and the rate that was set never came.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.schedule import rises_to_the_end
from lossreport.analysis.signs import number_fact
from lossreport.model.analysis import Severity
from lossreport.model.run import Axis, Series, Status
from lossreport.text import Text, Value, number
from lossreport.values import dataclass

THROUGH: Final = 0.9
"""Nine tenths of the plan: whatever follows the warm-up has next to no steps left."""
WARMUPS: Final = (
    "warmup_steps",
    "num_warmup_steps",
    "warmup_iters",
    "warmup_updates",
    "WARMUP_ITERS",
    "SOLVER.WARMUP_ITERS",
)
STEPS: Final = (Axis.STEP, Axis.ITERATION)
PLANS: Final = (
    "max_steps",
    "max_iter",
    "max_iters",
    "MAX_ITER",
    "SOLVER.MAX_ITER",
    "total_steps",
    "max_update",
)

ROSE = Text(
    zh="`{metric}`（{path}）在 {count} 行里一直上升到最后（{first} → {last}），"
    "而训练已到计划的末尾：warm-up 与整个训练一样长，设定的学习率从未达到，"
    "后面的衰减也没有发生。",
    en="`{metric}` ({path}) rises to the last of its {count} rows, {first} to {last}, and the "
    "run is at the end of its plan: the warm-up is as long as the whole run, so the rate "
    "that was set never came and no decay followed.",
)
SET = Text(
    zh="设置里 warm-up 是 {warmup} 步，而总共只训练 {planned} 步：`{metric}`（{path}，{first} "
    "→ {last}）不会走出 warm-up。",
    en="The settings give the warm-up {warmup} steps of {planned} in all: `{metric}` ({path}, "
    "{first} to {last}) never leaves its warm-up.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StillWarming:
    """The learning rate is `warming` up to the last row."""

    warming: bool


def detect(context: Context) -> Iterator[Found]:
    """Yield one finding on the learning rate of the training."""
    for series in context.judged:
        if (
            series.metric_type != "learning_rate"
            or series.split != "train"
            or not rises_to_the_end(series.y)
        ):
            continue
        values: dict[str, Value] = {
            "metric": series.label,
            "path": series.path,
            "first": number(float(series.y[0])),
            "last": number(float(series.y[-1])),
        }
        warmup, planned = number_fact(context, *WARMUPS), number_fact(context, *PLANS)
        if (
            warmup is not None
            and planned is not None
            and 0 < planned <= warmup
            and series.axis in STEPS
            and series.x[-1] <= planned
        ):
            text = SET(warmup=number(warmup), planned=number(planned), **values)
        elif _is_through(context, series):
            text = ROSE(count=len(series), **values)
        else:
            continue
        yield make_finding(
            "schedule",
            series,
            [0, len(series) - 1],
            Severity.MEDIUM,
            text,
            payload=StillWarming(warming=True),
        )
        return


def _is_through(context: Context, series: Series) -> bool:
    """Return whether the run ended as planned, or its last row stands at the end of the plan."""
    if context.run.status is Status.FINISHED:
        return True
    done, planned = (
        context.run.progress.epochs if series.axis is Axis.EPOCH else context.run.progress.steps
    )
    return done is not None and planned is not None and planned > 0 and done >= THROUGH * planned


DETECTOR = Detector(
    id="still_warming",
    kinds=(Kind(id="schedule", title=Text(zh="学习率计划", en="learning-rate schedule")),),
    detect=detect,
    order=57,
)
