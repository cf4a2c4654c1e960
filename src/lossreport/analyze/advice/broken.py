"""What to do after a non-finite loss."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analyze.adviser import Advice, Case
from lossreport.model.analysis import Recommendation
from lossreport.text import Text

ACT = Text(
    zh="不要在此之后的权重上继续：从最后一个有限值之前的 checkpoint 重启，先检查紧邻的几个批次（标签、长度、全被屏蔽的样本）和 fp16 溢出；能用 bf16 时改用 bf16。代价：丢掉那个 checkpoint 之后的训练。",
    en="Do not go on from weights written after it: restart from the last checkpoint before the last finite value, and look at the batches just before it (labels, lengths, fully masked samples) and at fp16 overflow; use bf16 where you can. It costs the training after that checkpoint.",
)


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step where any non-finite value was found."""
    because = case.ids("nonfinite")
    if because:
        yield Recommendation(id="", when="now", because=because, text=ACT(), source="OPT-175B logbook; IDEFICS knowledge base")


ADVICE = Advice(id="broken", advise=advise, order=5)
