"""An accuracy near 0 beside a loss that no classification of that accuracy has: it is logged for a
regression and means nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import WrongAccuracy
from lossreport.analysis.regression import KINDS, loss_against
from lossreport.model.analysis import Severity
from lossreport.text import Text, number

TEXT = Text(
    zh="`{metric}`（{path}）在 {count} 行里最高只有 {highest}，而 `{loss}` 末值为 "
    "{last}{bound}：多半是回归任务，准确率只统计与实数标签恰好相等的预测，在这里没有意义，"
    "应看 loss；若确是分类，就是准确率算错了。",
    en=(
        "`{metric}` ({path}) is {highest} at most in its {count} rows while `{loss}` ends at "
        "{last}{bound}: most likely a regression, whose accuracy counts predictions that equal a "
        "real number exactly and means nothing, so look at the loss; if it is a classification, "
        "the accuracy is computed wrongly."
    ),
)
BOUND = Text(
    zh="（若是分类的交叉熵，这样的 loss 至少对应一半以上的正确率）",
    en=" (as the cross-entropy of a classification it would leave more than half of the "
    "answers right)",
)
NOTHING: Final = ""


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding an accuracy that means nothing."""
    for series in context.judged:
        loss = loss_against(context, series)
        if loss is None:
            continue
        highest = float(np.nanmax(series.y))
        text = TEXT(
            metric=series.label,
            path=series.path,
            count=len(series),
            highest=number(highest),
            loss=loss.label,
            last=number(float(loss.y[-1])),
            bound=NOTHING if loss.metric_type in KINDS else BOUND(),
        )
        held = WrongAccuracy(highest=highest, last=float(loss.y[-1]), regression=True)
        rows = [0, len(series) - 1]
        yield make_finding(
            "broken_metric", series, rows, Severity.MEDIUM, text, payload=held, others=(loss,)
        )


DETECTOR = Detector(id="regression_accuracy", kinds=("broken_metric",), detect=detect, order=14)
