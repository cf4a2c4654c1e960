"""What to add where generalisation cannot be judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analyze.adviser import Advice, Case
from lossreport.model.analysis import Recommendation
from lossreport.text import Join, Text

ACT = Text(
    zh="加一个验证集：每个 epoch 记录一次 `val_*`。没有它，既不能判断过拟合，也选不出 checkpoint；模型好坏最终看任务指标（如成功率），不看训练 loss。代价：每个 epoch 多一次前向评测。",
    en="Add a validation set and log `val_*` once per epoch. Without it overfitting cannot be judged and no checkpoint chosen; in the end the task metric (a success rate, for example) decides, not the training loss. Cost: one forward pass over that set per epoch.",
)
NAME = Text(zh="`{name}`", en="`{name}`")
SCORED = Text(
    zh="验证集只记录了{names}，没有记录 loss：请同时记录 `val_loss`，否则要等这些指标变差才能看出过拟合。代价：每次评测多算一个 loss。",
    en="The validation logs {names} but no loss: log `val_loss` too, or overfitting shows only when these turn. Cost: one more term in each evaluation.",
)
MAX_NAMES: Final = 3


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step where no validation loss is logged; where scores of a validation are, it does not ask for what is there."""
    context = case.context
    plays = any(not context.is_measure(series) for series in context.losses)  # what decides there is asked for elsewhere
    if not context.losses or plays or any(series.split != "train" for series in context.losses):
        return
    scores = dict.fromkeys(series.label for series in context.judged if series.split != "train" and context.kind(series).role == "metric")
    names = Join(items=tuple(NAME(name=name) for name in list(scores)[:MAX_NAMES]))
    yield Recommendation(id="", when="next", text=SCORED(names=names) if scores else ACT())


ADVICE = Advice(id="validation", advise=advise, order=60)
