"""A codebook of which fewer and fewer codes are used, while the loss falls: the quantiser
collapses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.analysis.beside import finite, start_and_end
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import Vanished
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Text, number

MIN_ROWS: Final = 8
USED: Final = re.compile(
    r"(?:.*[_/ ])?(?:(?:codebook|vq|quantiz\w{1,20}|code)[_/ ]?(?:perplexity|usage|utili[sz]ation"
    r"|ppl)|(?:active|used|unique)_codes?(?:_\w{1,80})?)|perplexity",
    re.IGNORECASE,
)
QUANTISES: Final = re.compile(
    re.OF_A_NAME + r"(?:.*[_/ ])?(?:vq|commit\w*|codebook|quantiz\w+)(?:[_/ ].*)?", re.IGNORECASE
)
"""A plain perplexity is that of a codebook where a loss of a quantiser stands beside it."""
LEFT: Final = 0.25
"""A quarter of the codes that were in use at the best row: healthy runs end above half of it
(VectorQuantizedVAE #3, RQ-VAE-Recommender #65).
"""
FEW: Final = 2.0
"""A perplexity below 2 uses one code, whatever it was before."""

TEXT = Text(
    zh="`{metric}`（{path}）从 {best} 降到 {last}：使用中的编码越来越少，codebook 正在坍缩；"
    "loss 下降不说明量化变好。",
    en="`{metric}` ({path}) fell from {best} to {last}: fewer and fewer codes are in use, the "
    "codebook collapses; a falling loss says nothing of the quantiser.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a codebook whose usage collapses."""
    for series in context.judged:
        if (
            series.split != "train"
            or not USED.fullmatch(series.name)
            or not _is_of_codes(context, series)
        ):
            continue
        y = finite(series)
        if len(y) < MIN_ROWS:
            continue
        best, last = float(y.max()), start_and_end(y)[1]
        if last < LEFT * best:
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


def _is_of_codes(context: Context, series: Series) -> bool:
    if not re.fullmatch(r"perplexity", series.name, re.IGNORECASE):
        return True
    return any(
        QUANTISES.fullmatch(one.name)
        for one in context.judged
        if one.source == series.source and one.id != series.id
    )


DETECTOR = Detector(id="codebook", kinds=("worsening",), detect=detect, order=73)
