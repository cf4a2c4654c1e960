"""An AUC below one half that gets lower while the model is trained: the score points the other way,
or is minimised.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.beside import finite, start_and_end
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import TurnedRound
from lossreport.model.analysis import Severity
from lossreport.text import Text, number

MIN_ROWS: Final = 5
HALF: Final = 0.5
CLEAR: Final = 0.03
"""Below 0.47: an AUC of n samples scatters by 0.29 / sqrt(n / 2) around one half, 0.03 at 200 of
them.
"""
NAME: Final = re.compile(
    re.OF_A_NAME + r"(?:.*[_/ -])?(?:roc_?)?auc(?:_?roc)?(?:[_/ -].*)?", re.IGNORECASE
)

TEXT = Text(
    zh="`{metric}`（{path}）低于 0.5 并继续下降：{first} → {last}。比随机还差的排序含有信息，"
    "只是方向反了（1 - AUC 为 {turned}）：正负类、分数符号或优化方向搞反。",
    en="`{metric}` ({path}) lies below 0.5 and falls further: {first} → {last}. A ranking "
    "worse than chance holds information with the wrong sign (1 - AUC is {turned}): "
    "positive class, sign of the score, or direction of the optimisation.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding an AUC that ends below one half, lower than it began, and never was above
    it.
    """
    for series in context.judged:
        y = finite(series)
        if not NAME.fullmatch(series.name) or len(y) < MIN_ROWS or y.min() < 0:
            continue
        first, last = start_and_end(y)
        if last < HALF - CLEAR and last < first - CLEAR and float(np.max(y)) < HALF + CLEAR:
            text = TEXT(
                metric=series.label,
                path=series.path,
                first=number(first),
                last=number(last),
                turned=number(1 - last),
            )
            rows = [0, len(series) - 1]
            yield make_finding(
                "broken_metric",
                series,
                rows,
                Severity.MEDIUM,
                text,
                payload=TurnedRound(first=first, last=last, inverted=True),
            )


DETECTOR = Detector(id="inverted_metric", kinds=("broken_metric",), detect=detect, order=61)
