"""What to do about single batches that stand out: behind what the run as a whole asks for."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.advice.spikes import steers
from lossreport.analysis.adviser import Advice, Case
from lossreport.model.analysis import Recommendation
from lossreport.text import Text

BATCH = Text(
    zh="查看离群行对应的 batch（坏样本、超长序列、标签错误）；下一行即回到原来的水平，"
    "单凭这一行没有理由改优化器。代价：读几个 batch 的样本。",
    en="Look at the batches of the outlying rows (bad samples, overlong sequences, wrong "
    "labels); the next row is back at the old level, which by itself is no reason to "
    "change the optimiser. Cost: reading a few batches.",
)


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step for all single batches of the training losses."""
    series = case.context.by_id
    outliers = [
        f
        for f in case.context.of_kind("batch_outlier")
        if f.series[0] in series and steers(case, series[f.series[0]])
    ]
    if outliers:
        yield Recommendation(
            id="", when="next", because=tuple(finding.id for finding in outliers), text=BATCH()
        )


ADVICE = Advice(id="outliers", advise=advise, order=45)
