"""Whether to go on: resume what stopped early, continue what improves, decay where it is flat, stop where it diverges or over-fits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analyze.adviser import Advice, Case
from lossreport.analyze.detector import shown_x
from lossreport.analyze.schedule import constant_lr
from lossreport.model.analysis import Recommendation, State, Verdict
from lossreport.model.run import Series, Status
from lossreport.text import Join, Text, number
from lossreport.words import AXES

RESUME = Text(
    zh="训练停在第 {done} 个 epoch（计划 {planned} 个）：确认是被中断还是仍在运行；若要继续，从最近的 checkpoint 续训。代价：最近一个 checkpoint 之后的重算。",
    en="Training stands at epoch {done} of {planned} planned: check whether it was interrupted or is still running; to go on, resume from the last checkpoint. It costs what came after that checkpoint.",
)
GO_ON = Text(
    zh="{names} 仍在改善：按计划继续训练，再用最后 25 % 的行复查趋势。代价：计划内的算力。",
    en="Still improving: {names}. Go on as planned and look at the trend of the last 25 % of the rows again. It costs what was planned anyway.",
)
FINISHED = Text(
    zh="训练按计划结束时 {names} 仍在下降：若指标还没达到要求，可以从最后的 checkpoint 续训（收益估计见“收敛判断”）。代价：相应的算力。",
    en="{names}: still falling when the run ended as planned. If the metric is not yet good enough, train on from the last checkpoint (Convergence estimates the gain). It costs that compute.",
)
ONLY_TRAINING = Text(
    zh="训练 loss（{names}）仍在下降，但验证 loss（{validation}）已走平：继续训练多半只是在拟合训练集；先用验证最好的 checkpoint 做评测。代价：一次评测。",
    en="The training loss ({names}) still falls but the validation loss ({validation}) is flat: going on mostly fits the training set. Evaluate the checkpoint with the best validation first. It costs one evaluation.",
)
UNDECIDED = Text(
    zh="{names} 的末段分不清是走平还是缓慢改善：需要定论时，再训练一段、把打印或验证的间隔缩短，或用固定的更大批次评估 loss。代价：多一些评测时间。",
    en="The end of {names} does not tell flat from slowly improving: to decide, train a little further, print or validate more often, or evaluate the loss on a fixed larger batch. It costs some evaluation time.",
)
DECAY = Text(
    zh="{names} 在常数学习率（{lr}）下已走平：若还没达到目标，先把学习率降到十分之一再训练一小段，这比改模型便宜；代价：一小段续训。",
    en="Flat at a constant learning rate ({lr}): {names}. If the target is not met, first decay it to a tenth for a short stretch, which is cheaper than changing the model: a short resumed run.",
)
STOP = Text(
    zh="{names} 正在发散：停下，从 {axis} {x} 之前的 checkpoint 重启，学习率{lr}降低 10 %-33 %。代价：丢掉 {axis} {x} 之后的训练；继续跑下去不会自己恢复。",
    en="Diverging: {names}. Stop, restart from a checkpoint before {axis} {x}, and lower the learning rate{lr} by 10-33 %. It costs the training after {axis} {x}; a divergence does not heal by going on.",
)
BEST = Text(
    zh="使用验证集 loss 最低处的 checkpoint：{where}；之后的训练没有让验证集变好。要再训练，先加正则化或数据，或早停。代价：无需重训，直接换 checkpoint。",
    en="Use the checkpoint at the lowest validation loss: {where}; training beyond it did not help the validation. To train on, first add regularisation or data, or stop early. It costs nothing: only another checkpoint.",
)
AT = Text(zh="`{metric}` {value}，{axis} {x}", en="`{metric}` {value} at {axis} {x}")
NOW = Text(zh="（现在 {lr}）", en=" (now {lr})")
NONE = ""
STUCK = Text(
    zh="{names} 停在高位：核对学习率是否大于 0、参数是否被冻结、标签与掩码是否对齐，并用一个批次做过拟合测试。代价：几分钟，远少于再跑一轮。",
    en="Stuck at a high level: {names}. Check that the learning rate is above 0, nothing is frozen, labels and masks line up, and overfit a single batch. It costs minutes, far less than another run.",
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
    yield from _stop(case, series, named[State.DIVERGING])
    yield from _best(case, series)
    if named[State.PLATEAU_HIGH]:
        yield Recommendation(
            id="",
            when="now",
            because=case.ids("no_learning"),
            text=STUCK(names=Join(items=named[State.PLATEAU_HIGH])),
            source="Karpathy, A Recipe for Training Neural Networks",
        )
    yield from _further(case, series, named)
    if named[State.CONVERGED] and constant_lr(case.context) and case.lr is not None:
        yield Recommendation(
            id="",
            when="next",
            text=DECAY(names=Join(items=named[State.CONVERGED]), lr=case.lr),
            source="OpenVLA-OFT (10x decay lowers the L1)",
        )


def _further(case: Case, series: dict[str, Series], named: dict[State, tuple[str, ...]]) -> Iterator[Recommendation]:
    """Yield whether to train on: never where it over-fits, not where only the training loss falls, not "as planned" where the plan is done."""
    improving, flat = ([series[v.series[0]] for v in case.in_state(state)] for state in (State.IMPROVING, State.CONVERGED))
    validation = tuple(dict.fromkeys(s.label for s in flat if s.split != "train"))
    if case.in_state(State.OVERFITTING):
        return
    if improving:
        names = Join(items=named[State.IMPROVING])
        if validation and all(s.split == "train" for s in improving):
            text = ONLY_TRAINING(names=names, validation=Join(items=validation))
        else:
            text = (FINISHED if case.context.run.status is Status.FINISHED else GO_ON)(names=names)
        yield Recommendation(id="", when="next", text=text)
    elif case.run_state is State.INCONCLUSIVE and any(v.trend for v in case.in_state(State.INCONCLUSIVE)):
        yield Recommendation(id="", when="next", text=UNDECIDED(names=Join(items=named[State.INCONCLUSIVE])))


def _stop(case: Case, series: dict[str, Series], names: tuple[str, ...]) -> Iterator[Recommendation]:
    found = [f for f in case.context.found if f.kind == "divergence"]
    if names and found:
        first = min(found, key=lambda f: f.start.row)
        text = STOP(
            names=Join(items=names),
            axis=AXES[series[first.series[0]].axis.value],
            x=shown_x(first.start.x),
            lr=NOW(lr=case.lr) if case.lr is not None else NONE,
        )
        yield Recommendation(
            id="", when="now", because=tuple(f.id for f in found), text=text, source="IDEFICS chronicles; OPT-175B logbook"
        )


def _best(case: Case, series: dict[str, Series]) -> Iterator[Recommendation]:
    over = [series[verdict.series[0]] for verdict in case.in_state(State.OVERFITTING)]
    where = []
    for one in over[:3]:
        row = int(np.nanargmin(one.y))
        where.append(AT(metric=one.label, value=number(float(one.y[row])), axis=AXES[one.axis.value], x=shown_x(one.x[row])))
    if where:
        text = BEST(where=Join(items=tuple(where)))
        yield Recommendation(id="", when="now", because=case.ids("overfitting"), text=text, source="Deep Learning Tuning Playbook")


def _names(verdicts: list[Verdict], series: dict[str, Series]) -> tuple[str, ...]:
    named = (series[verdict.series[0]] for verdict in verdicts)
    return tuple(dict.fromkeys(s.name if s.split == "train" else f"{s.split}/{s.name}" for s in named))[:6]


ADVICE = Advice(id="progress", advise=advise, order=40)
