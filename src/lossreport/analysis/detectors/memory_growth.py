"""Memory that grows until the end of the run: the lower envelope rises, which a sawtooth or a
single step does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import Drift
from lossreport.curves.stats import fill, theil_sen
from lossreport.model.analysis import Severity
from lossreport.model.guidance import Threshold
from lossreport.text import Text, change, number

MIN_ROWS: Final = 24
WARM_UP: Final = 0.15
BLOCKS: Final = 12
GROWTH: Final = 0.05
GROWN: Final = Threshold(
    name="memory_growth",
    default=GROWTH,
    low=0.005,
    high=10.0,
    meaning=Text(zh="显存下包络的增幅", en="growth of the lower envelope of memory"),
)
STILL: Final = 1.005
"""+5 % from the first block on, and still +0.5 % over the last three (SCIENCE.md 3.1 "memory
growth").
"""

TEXT = Text(
    zh="`{metric}`（{path}）一直在涨：下包络从 {before} 到 {after}（{size}），末段仍在上升。"
    "可能是显存泄漏（保存了带计算图的 loss、缓存、日志列表）；若继续增长，更长的训练会 "
    "OOM。",
    en="`{metric}` ({path}) keeps growing: its lower envelope goes from {before} to {after} "
    "({size}) and still rises at the end. This may be a leak (losses kept with their "
    "graph, caches, lists); if it goes on, a longer run will go out of memory.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a memory that never stops growing; a running maximum that the logger keeps is
    named in the text.
    """
    for series in context.judged:
        if (
            series.metric_type != "memory"
            or len(series) < MIN_ROWS
            or not np.isfinite(series.y).any()
        ):
            continue
        start = max(1, int(WARM_UP * len(series)))
        y = fill(series.y)[start:]
        edges = np.linspace(0, len(y), BLOCKS + 1).astype(int).tolist()
        envelope = np.array([np.percentile(y[a:b], 10) for a, b in pairwise(edges)])
        grown = (
            envelope[-1] > (1 + context.threshold(GROWN)) * envelope[0]
            and envelope[-1] > STILL * envelope[-4]
        )
        if (
            grown
            and envelope[0] > 0
            and theil_sen(np.arange(BLOCKS, dtype=np.float64), envelope).low > 0
        ):
            before, after = float(envelope[0]), float(envelope[-1])
            text = TEXT(
                metric=series.label,
                path=series.path,
                before=number(before),
                after=number(after),
                size=change(after / before - 1),
            )
            rows = [start, len(series) - 1]
            yield make_finding(
                "memory_growth",
                series,
                rows,
                Severity.MEDIUM,
                text,
                payload=Drift(before=before, after=after),
            )


DETECTOR = Detector(
    id="memory_growth",
    kinds=(Kind(id="memory_growth", title=Text(zh="显存持续增长", en="memory keeps growing")),),
    detect=detect,
    thresholds=(GROWN,),
    order=70,
)
