"""An error rate of a validation that stays at its maximum: not one word, character or sample is
right, whatever the loss does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beside import finite
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import OneValue
from lossreport.model.analysis import Severity
from lossreport.text import Text, number

MIN_ROWS: Final = 3
MAXIMA: Final = (1.0, 100.0)
SLACK: Final = 0.005
"""Half a percent: one word in two hundred may be right by chance."""

TEXT = Text(
    zh="`{metric}`（{path}）的 {count} 次验证全部在 {value}：没有一个输出是对的（输出为空、"
    "解码有误，或模型只输出空白符）。",
    en="`{metric}` ({path}) is at {value} in all {count} validations: no output is right "
    "(empty outputs, a wrong decoding, or a model that answers with blanks only).",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding an error rate of a validation that never leaves its maximum."""
    for series in context.judged:
        y = finite(series)
        if series.metric_type != "error_rate" or series.split == "train" or len(y) < MIN_ROWS:
            continue
        if any(np.all(np.abs(y / limit - 1) <= SLACK) for limit in MAXIMA):
            text = TEXT(
                metric=series.label, path=series.path, count=len(y), value=number(float(y[-1]))
            )
            rows = [0, len(series) - 1]
            yield make_finding(
                "constant_metric",
                series,
                rows,
                Severity.HIGH,
                text,
                payload=OneValue(value=float(y[-1])),
            )


DETECTOR = Detector(id="errors_at_maximum", kinds=("constant_metric",), detect=detect, order=14)
