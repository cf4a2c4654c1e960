"""A VAE whose KL term vanishes: the code says nothing of the input, and the decoder reconstructs a
mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.beside import finite, start_and_end
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import Vanished
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Text, number

MIN_ROWS: Final = 8
VANISHED: Final = 1e-2
LEFT: Final = 0.01
"""A hundredth of its highest value and below 0.01 nats: Bowman et al. (2016) call a KL term that
goes to 0 a decoder that ignores its code.
"""

TEXT = Text(
    zh="`{metric}`（{path}）从最高 {best} 降到 {last}，几乎为 0：编码不再携带输入的信息，"
    "解码器只重建平均值。",
    en="`{metric}` ({path}) fell from {best} to {last}, nearly 0: the code holds nothing of "
    "the input any more, and the decoder reconstructs a mean.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a KL term beside a reconstruction that ends at nothing."""
    for series in context.judged:
        y = finite(series)
        if (
            series.metric_type != "kl"
            or series.split != "train"
            or len(y) < MIN_ROWS
            or not _reconstructs(context, series)
        ):
            continue
        best, last = float(y.max()), start_and_end(y)[1]
        if 0 <= last < VANISHED and last < LEFT * best:
            text = TEXT(metric=series.label, path=series.path, best=number(best), last=number(last))
            rows = [int(series.y.argmax()), len(series) - 1]
            yield make_finding(
                "worsening",
                series,
                rows,
                Severity.MEDIUM,
                text,
                payload=Vanished(best=best, last=last),
            )


def _reconstructs(context: Context, series: Series) -> bool:
    return any(
        one.metric_type in ("reconstruction", "elbo") and one.source == series.source
        for one in context.judged
    )


DETECTOR = Detector(id="posterior_collapse", kinds=("worsening",), detect=detect, order=73)
