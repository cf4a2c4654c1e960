"""What to look at when the first losses are worse than chance."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.adviser import Advice, Case
from lossreport.analysis.payloads import AboveChance
from lossreport.model.analysis import Recommendation
from lossreport.text import Text

ACT = Text(
    zh="起始 loss 高于随机猜测水平：在 step 0 打印 logits 的均值、方差和被屏蔽的位置，"
    "核对标签是否错位一格，再用一个 batch 做过拟合测试。代价：几分钟。",
    en="The first loss is above chance: print the mean, variance and masked positions of the "
    "logits at step 0, check that labels are not shifted by one, and overfit a single "
    "batch. Cost: minutes.",
)


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step where a loss starts above chance."""
    because = tuple(f.id for f, _ in case.context.seen(AboveChance) if f.start.row == 0)
    if because:
        yield Recommendation(
            id="",
            when="next",
            because=because,
            text=ACT(),
            source="Karpathy, A Recipe for Training Neural Networks (verify loss @ init)",
        )


ADVICE = Advice(id="start", advise=advise, order=45)
