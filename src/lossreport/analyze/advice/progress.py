"""Whether to go on: resume what stopped early, continue what improves, decay where it is flat, stop where it diverges or over-fits."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analyze.adviser import Advice, Case
from lossreport.analyze.schedule import constant_lr
from lossreport.model.analysis import Recommendation, State, Verdict
from lossreport.model.run import Series, Status
from lossreport.text import Join, Text

RESUME = Text(
    zh="训练停在第 {done} 个 epoch（计划 {planned} 个）：确认是被中断还是仍在运行；若要继续，从最近的 checkpoint 续训。",
    en="Training stands at epoch {done} of {planned} planned: check whether it was interrupted or is still running; to go on, resume from the last checkpoint.",
)
GO_ON = Text(
    zh="{names} 仍在改善：按计划继续训练，再用最后 25 % 的行复查趋势。",
    en="Still improving: {names}. Go on as planned and look at the trend of the last 25 % of the rows again.",
)
DECAY = Text(
    zh="{names} 在常数学习率（{lr}）下已走平：若还没达到目标，先把学习率降到十分之一再训练一小段，这比改模型便宜。",
    en="Flat at a constant learning rate ({lr}): {names}. If the target is not met, first decay it to a tenth for a short stretch, which is cheaper than changing the model.",
)
STOP = Text(
    zh="{names} 正在发散：停下，从最好水平之前的 checkpoint 重启并降低学习率。",
    en="Diverging: {names}. Stop, restart from a checkpoint before the best level, and lower the learning rate.",
)
BEST = Text(
    zh="使用验证集 loss 最低处的 checkpoint（见 {names}），后面的 epoch 只在拟合训练集。",
    en="Use the checkpoint at the lowest validation loss (see {names}); later epochs only fit the training set.",
)
STUCK = Text(
    zh="{names} 停在高位：核对学习率是否大于 0、参数是否被冻结、标签与掩码是否对齐，并用一个批次做过拟合测试。",
    en="Stuck at a high level: {names}. Check that the learning rate is above 0, nothing is frozen, labels and masks line up, and overfit a single batch.",
)


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield what the verdicts and the progress ask for."""
    yield from _states(case)
    done, planned = case.context.run.progress.epochs
    if case.context.run.status is Status.INTERRUPTED and done is not None and planned is not None and done < planned:
        yield Recommendation(id="", when="next", because=case.ids("truncated_log"), text=RESUME(done=done, planned=planned))


def _states(case: Case) -> Iterator[Recommendation]:
    series = {s.id: s for s in case.context.run.series}
    named = {state: _names(case.in_state(state), series) for state in State}
    if named[State.DIVERGING]:
        yield Recommendation(
            id="",
            when="now",
            because=case.ids("divergence"),
            text=STOP(names=Join(items=named[State.DIVERGING])),
            source="IDEFICS chronicles",
        )
    if named[State.OVERFITTING]:
        yield Recommendation(
            id="",
            when="now",
            because=case.ids("overfitting"),
            text=BEST(names=Join(items=named[State.OVERFITTING])),
            source="Deep Learning Tuning Playbook",
        )
    if named[State.PLATEAU_HIGH]:
        yield Recommendation(
            id="",
            when="now",
            because=case.ids("no_learning"),
            text=STUCK(names=Join(items=named[State.PLATEAU_HIGH])),
            source="Karpathy, A Recipe for Training Neural Networks",
        )
    if named[State.IMPROVING]:
        yield Recommendation(id="", when="next", text=GO_ON(names=Join(items=named[State.IMPROVING])))
    lr = case.context.facts.get("lr")
    if named[State.CONVERGED] and constant_lr(case.context) and isinstance(lr, int | float):
        yield Recommendation(
            id="", when="next", text=DECAY(names=Join(items=named[State.CONVERGED]), lr=lr), source="OpenVLA-OFT (10x decay lowers the L1)"
        )


def _names(verdicts: list[Verdict], series: dict[str, Series]) -> tuple[str, ...]:
    named = (series[verdict.series[0]] for verdict in verdicts)
    return tuple(dict.fromkeys(s.name if s.split == "train" else f"{s.split}/{s.name}" for s in named))[:6]


ADVICE = Advice(id="progress", advise=advise, order=40)
