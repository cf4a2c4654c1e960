"""What to do when the ranks seem to have summed different meters."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.adviser import Advice, Case
from lossreport.model.analysis import Recommendation
from lossreport.text import Text

CHECK = Text(
    zh="先别为 {path} 里的异常值调学习率或裁剪：打开各 rank 的 `rank-*.log`，看这些 epoch "
    "里每个 rank 自己的均值；在查清之前以 {local} 为准。代价：读几个文件。",
    en="Do not tune learning rate or clipping for the outliers in {path} yet: compare every "
    "rank's own means of these epochs (`rank-*.log`); until then rely on {local}. Cost: "
    "reading a few files.",
)
MEND = Text(
    zh="修正归约：在 `synchronize_between_processes` 之前让所有 rank 拥有同一组、"
    "同一顺序的指标（例如先注册全部指标，按名字排序，或合成一个张量做一次 all-reduce）。"
    "代价：几行代码，无需重训。",
    en="Fix the reduction: give every rank the same meters in the same order before "
    "`synchronize_between_processes` (register all meters first, sort by name, or reduce "
    "one stacked tensor). Cost: a few lines of code, no retraining.",
)


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield the check that decides, then the mend."""
    for finding in case.context.found:
        if finding.kind == "mixed_reduction":
            path, local = (
                next(s.path for s in case.context.run.series if s.id == series)
                for series in finding.series[:2]
            )
            yield Recommendation(
                id="", when="now", because=(finding.id,), text=CHECK(path=path, local=local)
            )
            yield Recommendation(
                id="",
                when="next",
                because=(finding.id,),
                text=MEND(),
                source="PyTorch distributed: all_reduce pairs calls by order",
            )


ADVICE = Advice(id="mixed_reduction", advise=advise, order=10)
