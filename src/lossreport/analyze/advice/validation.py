"""What to add where generalisation cannot be judged."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analyze.adviser import Advice, Case
from lossreport.model.analysis import Recommendation
from lossreport.text import Text

ACT = Text(
    zh="加一个验证集：每个 epoch 记录一次 `val_*`。没有它，既不能判断过拟合，也选不出 checkpoint；模型好坏最终看任务指标（如成功率），不看训练 loss。代价：每个 epoch 多一次前向评测。",
    en="Add a validation set and log `val_*` once per epoch. Without it overfitting cannot be judged and no checkpoint chosen; in the end the task metric (a success rate, for example) decides, not the training loss. Cost: one forward pass over that set per epoch.",
)


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step where nothing of a validation is logged; a policy is validated by its reward, and a run without losses is not asked."""
    context = case.context
    measured = [series for series in context.judged if context.kind(series).role not in ("health", "schedule", "counter")]
    if context.losses and not context.is_rewarded and all(series.split == "train" for series in measured):
        yield Recommendation(id="", when="next", text=ACT())


ADVICE = Advice(id="validation", advise=advise, order=60)
