"""A boosting that says that it finds no split, beside rows that are one value: the model is a
constant, however few rows there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.causes.boosting_no_split import WORDS
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import OneValue
from lossreport.analysis.signature import said
from lossreport.model.analysis import Severity
from lossreport.text import Text, number

TEXT = Text(
    zh="`{metric}`（{path}）一直是 {value}（{count} 行），而日志写道“{quote}”（{place}）："
    "一棵树也没有分裂，模型只是一个常数。",
    en="`{metric}` ({path}) never moves from {value} (rows: {count}), and the log says at "
    "{place}: “{quote}”. No tree was split, and the model is a constant.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding the first metric that never moved where that warning stands before or between
    its rows.
    """
    event = said(context, WORDS)
    if event is None:
        return
    for series in context.judged:
        if series.source != event.source or not len(series) or not np.all(series.y == series.y[0]):
            continue
        if (
            event.line > int(series.line[-1])
            or context.has("constant_metric", series)
            or series.metric_type in MACHINE
        ):
            continue
        text = TEXT(
            metric=series.label,
            path=series.path,
            count=len(series),
            value=number(float(series.y[0])),
            place=f"{series.path}:{event.line}",
            quote=event.quote,
        )
        held = OneValue(value=float(series.y[0]), count=float(len(series)))
        yield make_finding(
            "constant_metric", series, [0, len(series) - 1], Severity.HIGH, text, payload=held
        )
        return


MACHINE: Final = ("learning_rate", "time", "memory", "throughput", "counter")
DETECTOR = Detector(id="no_split", kinds=("constant_metric",), detect=detect, order=16)
