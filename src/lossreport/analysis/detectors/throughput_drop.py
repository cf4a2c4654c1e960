"""Training that became slower and stayed so: median of the end against the first third, and a
trend; of a throughput, or of the time of a step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import Drift
from lossreport.curves.stats import block_medians, fill, theil_sen
from lossreport.model.analysis import Severity
from lossreport.model.guidance import Threshold
from lossreport.model.run import Series, is_epoch_level
from lossreport.text import Text, change, number

MIN_ROWS: Final = 24
WARM_UP: Final = 0.05
BLOCKS: Final = 24
DROP: Final = 0.13
"""The last fifth does less than 87 % of the first third (SCIENCE.md 3.1 "throughput")."""
DROPPED: Final = Threshold(
    name="throughput_drop",
    default=DROP,
    low=0.02,
    high=0.95,
    meaning=Text(zh="吞吐的降幅", en="drop of the throughput"),
)

STRETCH: Final = 1.5
"""A step of the last fifth takes half as long again: times of steps hold evaluations and
checkpoints, and vary more than a throughput of many steps. In 16 such columns of public logs, of 86
to 4,500 rows, the ratio is 0.88 to 1.02; the parts of a step (fetching a batch) double without
harm.
"""
STEP: Final = re.compile(
    r"(?:(?:steps?|iter(?:ation)?s?|batch)[_ /.-]?)?time(?:[_ ](?:s|ms|sec))?"
    r"|time(?:[_ ]per[_ ]|/)(?:step|iter(?:ation)?|batch)"
    r"|(?:ms|s|sec)(?:/|[_ ]per[_ ])(?:it|iter|iteration|step|batch)"
    r"|(?:avg[_ ])?(?:step|iter|batch)[_ ]cost",
    re.IGNORECASE,
)
"""Times of a whole step; those of a part of it, of an evaluation or since the start tell nothing of
the speed.
"""

TEXT = Text(
    zh="`{metric}`（{path}）变慢了：前三分之一的中位数 {before}，最后五分之一 "
    "{after}（{size}）。常见原因：数据读取、同机任务、降频、显存碎片、序列变长。",
    en="`{metric}` ({path}) got slower: a median of {before} in the first third, {after} in "
    "the last fifth ({size}). Usual causes: data loading, other jobs on the machine, "
    "throttling, fragmented memory, longer sequences.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a throughput that fell, and a time of steps that grew."""
    for series in context.judged:
        sign = _sign(series)
        if not sign or len(series) < MIN_ROWS or not np.isfinite(series.y).any():
            continue
        start = max(1, int(WARM_UP * len(series)))
        medians, centres = block_medians(fill(series.y)[start:], BLOCKS)
        before, after = (
            float(np.median(medians[: len(medians) // 3])),
            float(np.median(medians[-(len(medians) // 5 + 1) :])),
        )
        if (
            before > 0
            and _is_slower(context, before, after, sign)
            and theil_sen(centres, -sign * medians).high < 0
        ):
            text = TEXT(
                metric=series.label,
                path=series.path,
                before=number(before),
                after=number(after),
                size=change(after / before - 1),
            )
            rows = [start, len(series) - 1]
            yield make_finding(
                "throughput_drop",
                series,
                rows,
                Severity.MEDIUM,
                text,
                payload=Drift(before=before, after=after),
            )


def _sign(series: Series) -> int:
    """Return -1 for what falls where training gets slower, 1 for what rises, 0 for what tells
    nothing of it; a clock runs on by itself.
    """
    if series.metric_type == "throughput":
        return -1
    steps = series.metric_type == "time" and series.split == "train" and not is_epoch_level(series)
    return (
        1
        if steps
        and STEP.fullmatch(series.name)
        and bool(np.any(np.diff(series.y[np.isfinite(series.y)]) < 0))
        else 0
    )


def _is_slower(context: Context, before: float, after: float, sign: int) -> bool:
    if sign < 0:
        return after < (1 - context.threshold(DROPPED)) * before
    return after > STRETCH * before


DETECTOR = Detector(
    id="throughput_drop",
    kinds=(Kind(id="throughput_drop", title=Text(zh="吞吐下降", en="throughput drop")),),
    detect=detect,
    thresholds=(DROPPED,),
    order=70,
)
