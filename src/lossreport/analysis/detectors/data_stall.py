"""Steps that wait for data: the share of the step time that loading took, epoch starts and
checkpoints left aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.model.analysis import Severity
from lossreport.model.guidance import Threshold
from lossreport.model.run import Series
from lossreport.text import Text, percent
from lossreport.values import dataclass

MIN_ROWS: Final = 20
WAITING: Final = 0.30
"""A step waits where loading takes more than 30 % of it ..."""
WAIT: Final = Threshold(
    name="data_wait",
    default=WAITING,
    low=0.05,
    high=0.95,
    meaning=Text(zh="一步中等待数据的时间占比", en="share of a step spent waiting for data"),
)
SHARE: Final = 0.05
"""... and training stalls where more than 5 % of the steps do (SCIENCE.md 3.1 "data stall")."""
EVEN: Final = 0.05
"""Waits at equal distances are epoch starts or checkpoints; in one row after the other they are
not.
"""
DATA: Final = re.compile(r"(?:.*[/_])?data(?:_?time|load(?:er|ing)?(?:_time)?)?", re.IGNORECASE)
STEP: Final = re.compile(
    r"(?:.*[/_])?(?:(?:step|iter|batch)_?time|time|sec_per_(?:step|iter))", re.IGNORECASE
)

TEXT = Text(
    zh="{path} 中 {share} 的行里，读数据（`{data}`）占单步时间（`{step}`）的 {least} 以上："
    "训练在等数据。可以增加 worker 和预取，或把数据放到本地盘。",
    en="In {share} of the rows of {path}, loading data (`{data}`) takes more than {least} of "
    "the step time (`{step}`): training waits for data. More workers, prefetching or a "
    "local disk may help.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The share of the steps that wait for data."""

    share: float


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a source whose steps wait for data."""
    for data in context.judged:
        if not DATA.fullmatch(data.name) or len(data) < MIN_ROWS:
            continue
        step = next((s for s in context.judged if _is_step_time(s, data)), None)
        if step is not None:
            least = context.threshold(WAIT)
            rows = waiting_rows(data, step, least)
            if len(rows) > SHARE * len(data) and not _is_regular(rows):
                share = len(rows) / len(data)
                text = TEXT(
                    share=percent(share),
                    least=percent(least),
                    data=data.name,
                    step=step.name,
                    path=data.path,
                )
                yield make_finding(
                    "data_stall",
                    data,
                    rows,
                    Severity.MEDIUM,
                    text,
                    payload=Waiting(share=share),
                    others=(step,),
                )


def waiting_rows(data: Series, step: Series, waiting: float = WAITING) -> list[int]:
    """Return the rows, the first aside, that waited for data for more than this share of the
    step.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = data.y / step.y
    return [row for row in np.flatnonzero(share > waiting).tolist() if row > 0]


def _is_step_time(series: Series, data: Series) -> bool:
    same = (
        series.source == data.source
        and series.split == data.split
        and series.statistic is data.statistic
    )
    return (
        same
        and series is not data
        and bool(STEP.fullmatch(series.name))
        and np.array_equal(series.x, data.x)
    )


def _is_regular(rows: list[int]) -> bool:
    distance = np.diff(rows)
    return len(rows) >= 3 and bool(
        np.median(distance) > 1 and np.std(distance) <= EVEN * np.mean(distance)
    )


DETECTOR = Detector(
    id="data_stall",
    kinds=(Kind(id="data_stall", title=Text(zh="等待数据", en="waiting for data")),),
    detect=detect,
    thresholds=(WAIT,),
    order=70,
)
