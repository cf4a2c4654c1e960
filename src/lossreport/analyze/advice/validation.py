"""What to add where generalisation cannot be judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analyze.adviser import Advice, Case
from lossreport.model.analysis import Recommendation
from lossreport.text import Join, Text

MAX_NAMES: Final = 4

ACT = Text(
    zh="加一个验证集：每个 epoch 记录一次 `val_*`。没有它，既不能判断过拟合，也选不出 checkpoint；模型好坏最终看任务指标（如成功率），不看训练 loss。代价：每个 epoch 多一次前向评测。",
    en="Add a validation set and log `val_*` once per epoch. Without it overfitting cannot be judged and no checkpoint chosen; in the end the task metric (a success rate, for example) decides, not the training loss. Cost: one forward pass over that set per epoch.",
)

ONLY_SCORES = Text(
    zh="验证集上只记录了分数（{names}），没有验证 loss：把它也记录下来，就能更早、也更有把握地看出过拟合；选 checkpoint 可以先按这些分数。代价：几乎没有，评测时 loss 已经算出。",
    en="The validation logs only scores ({names}) and no loss: log it as well, and overfitting shows earlier and more surely; until then these scores can choose the checkpoint. Cost: next to nothing, an evaluation computes it anyway.",
)


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step where no validation loss is logged."""
    measures = [series for series in case.context.losses if case.context.is_measure(series)]  # a policy is judged by its reward
    if measures and all(series.split == "train" for series in case.context.losses):
        scores = dict.fromkeys(s.label for s in case.context.judged if s.split != "train" and case.context.kind(s).role == "metric")
        text = ONLY_SCORES(names=Join(items=tuple(scores)[:MAX_NAMES])) if scores else ACT()
        yield Recommendation(id="", when="next", text=text)


ADVICE = Advice(id="validation", advise=advise, order=60)
