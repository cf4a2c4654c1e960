"""Training that became slower and stayed so: median of the end against the first third, and a falling trend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.curves.stats import block_medians, fill, theil_sen
from lossreport.model.analysis import Severity
from lossreport.text import Text, change, number

MIN_ROWS: Final = 24
WARM_UP: Final = 0.05
BLOCKS: Final = 24
DROP: Final = 0.13
"""The last fifth does less than 87 % of the first third (SCIENCE.md 3.1 "throughput")."""

TEXT = Text(
    zh="`{metric}`（{path}）变慢了：前三分之一的中位数 {before}，最后五分之一 {after}（{size}）。常见原因：数据读取、同机任务、降频、显存碎片、序列变长。",
    en="`{metric}` ({path}) got slower: a median of {before} in the first third, {after} in the last fifth ({size}). Usual causes: data loading, other jobs on the machine, throttling, fragmented memory, longer sequences.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a throughput that fell."""
    for series in context.judged:
        if series.metric_type != "throughput" or len(series) < MIN_ROWS or not np.isfinite(series.y).any():
            continue
        start = max(1, int(WARM_UP * len(series)))
        medians, centres = block_medians(fill(series.y)[start:], BLOCKS)
        drop = context.threshold("throughput_drop", DROP)
        before, after = float(np.median(medians[: len(medians) // 3])), float(np.median(medians[-(len(medians) // 5 + 1) :]))
        if before > 0 and after < (1 - drop) * before and theil_sen(centres, medians).high < 0:
            text = TEXT(metric=series.label, path=series.path, before=number(before), after=number(after), size=change(after / before - 1))
            rows = [start, len(series) - 1]
            yield make_finding("throughput_drop", series, rows, Severity.MEDIUM, text, numbers={"before": before, "after": after})


DETECTOR = Detector(id="throughput_drop", kinds=("throughput_drop",), detect=detect, order=70)
