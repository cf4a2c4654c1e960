"""What to add where generalisation cannot be judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.adviser import Advice, Case
from lossreport.analysis.breakage import is_dead
from lossreport.model.analysis import Recommendation
from lossreport.text import Join, Text

ACT = Text(
    zh="加一个验证集：每个 epoch 记录一次 `val_*`。没有它，既不能判断过拟合，也选不出 "
    "checkpoint；模型好坏最终看任务指标（如成功率），不看训练 loss。代价：每个 epoch "
    "多一次前向评测。",
    en="Add a validation set and log `val_*` once per epoch. Without it overfitting cannot be "
    "judged and no checkpoint chosen; in the end the task metric (a success rate, for "
    "example) decides, not the training loss. Cost: one forward pass over that set per "
    "epoch.",
)
SCORED = Text(
    zh="日志里有验证指标（{names}），没有验证 loss：checkpoint 可以按这些指标选；再记录验证 "
    "loss，才能更早看出过拟合。代价：几乎没有，验证时一并计算。",
    en="The log has validation metrics ({names}) but no validation loss: choose the "
    "checkpoint by them, and log the validation loss as well, which shows overfitting "
    "earlier. Cost: next to none, it is computed in the same pass.",
)
MOST: Final = 4
NO_SCORE: Final = ("health", "schedule", "counter")
"""Roles of metrics that measure no model: what else a validation logs does."""


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step where no validation loss is logged; the losses of a GAN or of reinforcement
    learning have none.
    """
    measures = [series for series in case.context.losses if case.context.is_measure(series)]
    if not measures or any(series.split != "train" for series in measures):
        return
    if is_dead(case.context):
        return  # nothing is trained: there is nothing to validate
    goal = case.context.by_id[case.context.goal.series] if case.context.goal is not None else None
    if goal is not None and goal.split == "train" and not case.context.is_loss(goal):
        return  # a score is measured, under a name without its split
    scores = dict.fromkeys(
        s.label
        for s in case.context.judged
        if s.split != "train" and case.context.kind(s).role not in NO_SCORE
    )
    text = SCORED(names=Join(items=tuple(scores)[:MOST])) if scores else ACT()
    yield Recommendation(id="", when="next", text=text)


ADVICE = Advice(id="validation", advise=advise, order=60)
