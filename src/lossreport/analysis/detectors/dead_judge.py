"""A reward, a judge or a rate of success that has one value in every row, while others of its file
vary.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import OneValue
from lossreport.model.analysis import Severity
from lossreport.model.run import Axis, Series
from lossreport.text import Text, number

MIN_ROWS: Final = 20
"""A rule that is met or missed in one batch of ten is constant over 20 rows with a probability of
0.9 to the 20th, 12 %, and over 50 with 0.5 %: below 50 rows only a constant 0 or 1 of what is
called a reward or a judge is told, at low severity.
"""
MANY_ROWS: Final = 50
JUDGES: Final = re.compile(
    r"reward|judge|success|score|correct|accura|(?:^|[_/])acc(?:$|[_/])|(?:^|[_/])(?:asr|win|pass"
    r"|match|valid|solved|full|hit|format|answer|completion_rate)",
    re.IGNORECASE,
)
"""What a program asks of an answer or an episode, by its name."""
SETTINGS: Final = re.compile(
    r"coef|weight|beta|gamma|alpha|lr|rate$|clip|std|var|frac|min|max|len|count|num|total|time|"
    r"step|token|mem|scale|version|epoch|temperature|loss|target|best",
    re.IGNORECASE,
)
"""Names of settings, spreads, limits and counters: constant by nature."""
FAULTS: Final = re.compile(
    r"(?:^|[_/ -])(?:err(?:or)?s?|fail(?:ed|ure)?s?|timeouts?|invalid|exceptions?|crash(?:es)?|"
    r"penalty|violations?)(?:$|[_/ -])",
    re.IGNORECASE,
)
"""What counts that something went wrong: 0 in every row is what it should be, `judge_err` beside
`judge_asr`.
"""

TEXT = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都是 {value}，而同一文件的 `{other}` 在变化："
    "这个评判从未区分出任何东西（从不满足、总是满足，或没有真正执行）。",
    en="`{metric}` ({path}) is {value} in all {count} rows while `{other}` of the same file "
    "varies: this judge has never told anything apart (never met, always met, or not run).",
)


PLAYED = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都是 {value}，而同一文件的 `{other}` 在变化："
    "还没有哪一局让它改变过（任务尚未学会，或没有计分）。",
    en="`{metric}` ({path}) is {value} in all {count} rows while `{other}` of the same file "
    "varies: no episode has moved it yet (the task is not learned so far, or it is not "
    "counted).",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a judge without a verdict; a score of a validation is told by
    `constant_metric`.
    """
    if not context.is_rewarded:
        return
    for series in context.judged:
        if not _is_judge(series) or context.has("constant_metric", series):
            continue
        other = _varying(context, series)
        if other is not None:
            value = float(series.y[0])
            played = series.axis is Axis.EPISODE  # of a game: nothing judges answers there
            text = (PLAYED if played else TEXT)(
                metric=series.label,
                path=series.path,
                count=len(series),
                value=number(value),
                other=other.label,
            )
            severity = Severity.MEDIUM if len(series) >= MANY_ROWS else Severity.LOW
            yield make_finding(
                "constant_metric",
                series,
                [0, len(series) - 1],
                severity,
                text,
                payload=OneValue(value=value, judge=not played),
            )


def _is_judge(series: Series) -> bool:
    known = series.metric_type in ("reward", "accuracy", "generic") and series.split == "train"
    if (
        not known
        or len(series) < MIN_ROWS
        or not np.isfinite(series.y).all()
        or not np.all(series.y == series.y[0])
    ):
        return False
    if FAULTS.search(series.name) and not np.any(series.y):
        return False
    return bool(JUDGES.search(series.name)) and not SETTINGS.search(series.name)


def _varying(context: Context, series: Series) -> Series | None:
    rewards = [
        one
        for one in context.judged
        if one.metric_type == "reward" and one.source == series.source and len(one) >= MIN_ROWS
    ]
    return next((one for one in rewards if len(np.unique(one.y[np.isfinite(one.y)])) > 1), None)


DETECTOR = Detector(id="dead_judge", kinds=("constant_metric",), detect=detect, order=17)
