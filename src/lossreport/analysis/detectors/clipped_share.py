"""Shares that should be small and are nearly 1: answers cut at the length limit, probability ratios
that are clipped, groups of equal rewards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.beside import finite, start_and_end
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Text, number, percent
from lossreport.values import dataclass

MIN_ROWS: Final = 4
NEARLY_ALL: Final = 0.9
"""TRL documents a healthy share of cut answers as small; from 0.9 on the gradient comes from a
tenth of them (ms-swift #4950, autocontext #1067).
"""
UPDATES: Final = 0.5
"""PPO's clip fraction: 0.1 to 0.2 in healthy runs, 0.3 to 0.5 in those that fail (SB3 #324,
baselines #456).
"""
CUT: Final = re.compile(
    r"(?:.*/)?(?:completions?/)?(?:clipped_ratio|truncat\w{0,40}_(?:ratio|rate|frac\w{0,40}))",
    re.IGNORECASE,
)
EQUAL: Final = re.compile(r"(?:.*/)?frac_reward_zero_std", re.IGNORECASE)

CUT_TEXT = Text(
    zh="`{metric}`（{path}）末段为 {last}（开始时 {first}）：几乎所有回答都在长度上限被截断，"
    "没有自己结束。",
    en="`{metric}` ({path}) ends at {last} ({first} at the start): nearly all answers are cut "
    "at the length limit before they end by themselves.",
)
EQUAL_TEXT = Text(
    zh="`{metric}`（{path}）末段为 {last}（开始时 {first}）：几乎每组的奖励都相同，优势为 0，"
    "这些组不产生梯度。",
    en="`{metric}` ({path}) ends at {last} ({first} at the start): nearly every group has "
    "equal rewards, its advantages are 0 and give no gradient.",
)
UPDATE_TEXT = Text(
    zh="`{metric}`（{path}）的中位数为 {last}：多数样本的概率比被裁剪，更新步长过大。",
    en="`{metric}` ({path}) has a median of {last}: the probability ratio of most samples is "
    "clipped, so that updates are too large.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HighShare:
    """The first and the last level of a share, which is high: of answers that are cut (`answers`),
    of probability ratios that are clipped (`ratios`), or of groups whose rewards are equal.
    """

    first: float
    last: float
    share: float
    answers: bool = False
    ratios: bool = False


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a share that is nearly 1 at the end, or most of the time."""
    for series in context.judged:
        y = finite(series)
        if series.split != "train" or len(y) < MIN_ROWS or y.min() < 0 or y.max() > 1:
            continue
        first, last = start_and_end(y)
        rows = [0, len(series) - 1]
        held = HighShare(first=first, last=last, share=last)
        values = {"metric": series.label, "path": series.path}
        if CUT.fullmatch(series.name) and last >= NEARLY_ALL:
            text = CUT_TEXT(**values, first=percent(first), last=percent(last))
            yield make_finding(
                "clip_saturation",
                series,
                rows,
                Severity.MEDIUM,
                text,
                payload=replace(held, answers=True),
            )
        elif EQUAL.fullmatch(series.name) and last >= NEARLY_ALL:
            text = EQUAL_TEXT(**values, first=percent(first), last=percent(last))
            severity = Severity.HIGH if np.all(y == 1) else Severity.MEDIUM
            yield make_finding("no_learning", series, rows, severity, text, payload=held)
        elif _is_of_updates(series) and float(np.median(y)) >= UPDATES:
            text = UPDATE_TEXT(**values, last=number(float(np.median(y))))
            yield make_finding(
                "clip_saturation",
                series,
                rows,
                Severity.MEDIUM,
                text,
                payload=replace(held, ratios=True),
            )


def _is_of_updates(series: Series) -> bool:
    return series.metric_type == "clip_fraction" and "clip_ratio" not in series.name


DETECTOR = Detector(
    id="clipped_share",
    kinds=(
        Kind(
            id="clip_saturation",
            mark="answers",
            title=Text(zh="多数回答被截断", en="most answers cut"),
        ),
        Kind(
            id="clip_saturation",
            mark="ratios",
            title=Text(zh="多数概率比被裁剪", en="most ratios clipped"),
        ),
        "no_learning",
    ),
    detect=detect,
    order=71,
)
