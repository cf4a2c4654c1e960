"""What to add where generalisation cannot be judged."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analyze.adviser import Advice, Case
from lossreport.model.analysis import Recommendation
from lossreport.text import Text

ACT = Text(
    zh="加一个验证集：每个 epoch 记录一次 `val_*`。没有它，既不能判断过拟合，也选不出 checkpoint；模型好坏最终看任务指标（如成功率），不看训练 loss。代价：每个 epoch 多一次前向评测。",
    en="Add a validation set and log `val_*` once an epoch. Without it neither over-fitting can be judged nor a checkpoint chosen; what decides in the end is the task's own metric (a success rate, say), not the training loss. It costs one forward pass over that set an epoch.",
)


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step where no validation loss is logged."""
    if case.context.losses and all(series.split == "train" for series in case.context.losses):
        yield Recommendation(id="", when="next", text=ACT())


ADVICE = Advice(id="validation", advise=advise, order=60)
