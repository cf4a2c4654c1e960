"""Whether to go on: resume what stopped early, continue what improves, decay where it is flat, stop where it diverges or overfits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analyze.adviser import Advice, Case
from lossreport.analyze.best import scores
from lossreport.analyze.detector import shown_x
from lossreport.analyze.schedule import constant_lr, spent_lr
from lossreport.model.analysis import Recommendation, State, Verdict
from lossreport.model.run import Series, Status
from lossreport.text import Join, Text, number
from lossreport.words import AXES

RESUME = Text(
    zh="计划 {planned} 个 epoch，已完成 {done} 个：确认训练是被中断还是仍在运行；若要继续，从最近的 checkpoint 续训。代价：重算最近一个 checkpoint 之后的部分。",
    en="{done} of {planned} planned epochs are complete: check whether the run was interrupted or is still running; to continue, resume from the last checkpoint. Cost: redoing what came after that checkpoint.",
)
GO_ON = Text(
    zh="{names} 仍在改善：可以继续训练，再用最后 25 % 的行复查趋势。代价：继续训练的算力。",
    en="Still improving: {names}. Training can continue; check the trend of the last 25 % of the rows again then. Cost: the compute of going on.",
)
FINISHED = Text(
    zh="训练按计划结束时 {names} 仍在改善：若任务指标还没达到要求，可以从最后的 checkpoint 续训。代价：续训的算力。",
    en="Still improving when the run ended as planned: {names}. If the task metric has not reached its target, training can continue from the last checkpoint. Cost: the extra compute.",
)
SPENT = Text(
    zh="学习率已从 {top} 降到 {last}，{names} 虽仍在改善，照这个调度继续训练预计变化很小：若任务指标还没达到要求，用新的学习率调度续训。代价：续训的算力。",
    en="Still improving: {names}, but the learning rate has decayed from {top} to {last}, so little further change is to be expected under this schedule. If the task metric has not reached its target, resume with a new schedule. Cost: the extra compute.",
)
ONLY_TRAINING = Text(
    zh="训练 loss（{names}）仍在下降，但验证 loss（{validation}）已走平：继续训练多半只是在拟合训练集；先评测验证 loss 最低的 checkpoint。代价：一次评测。",
    en="The training loss ({names}) still falls but the validation loss ({validation}) is flat: training on probably only fits the training set. Evaluate the checkpoint with the best validation loss first. Cost: one evaluation.",
)
UNDECIDED = Text(
    zh="从 {names} 的末段看不出是走平还是缓慢改善：需要定论时，再训练一段、缩短打印或验证的间隔，或用固定的更大 batch 评估 loss。代价：多一些训练或评测时间。",
    en="The tail cannot separate flat from slowly improving: {names}. To decide, train a little longer, log or validate more often, or evaluate the loss on a fixed larger batch. Cost: some training or evaluation time.",
)
DECAY = Text(
    zh="{names} 在常数学习率（{lr}）下已走平：若还没达到目标，先把学习率降到十分之一再训练一小段，这比改模型便宜。代价：一小段续训。",
    en="Flat at a constant learning rate ({lr}): {names}. If the target is not met, first train a short while at a tenth of it, which is cheaper than changing the model. Cost: a short resumed run.",
)
STOP = Text(
    zh="{names} 正在发散：停下，从 {axis} {x} 之前的 checkpoint 重启，学习率{lr}降低 10 %-33 %。代价：丢掉 {axis} {x} 之后的训练。",
    en="Diverging: {names}. Stop, restart from a checkpoint before {axis} {x}, and lower the learning rate{lr} by 10-33 %. Cost: the training after {axis} {x}.",
)
BEST = Text(
    zh="使用验证集 loss 最低处的 checkpoint：{where}；此后的训练没有再降低它。若要重新训练，先加正则化或数据，或早停。代价：换一个 checkpoint，无需重训。",
    en="Use the checkpoint at the lowest validation loss: {where}; training beyond it did not lower that loss again. Before training again, add regularisation or data, or stop early. Cost: another checkpoint, no retraining.",
)
BY_SCORE = Text(
    zh="按验证 loss，最佳 checkpoint 在 {where}；按 {score} 则在 {axis} {x}（{value}）：用任务真正看重的指标来选。若要重新训练，先加正则化或数据，或早停。代价：换一个 checkpoint，无需重训。",
    en="By the validation loss the best checkpoint is that of {where}, by {score} that at {axis} {x} ({value}): choose by the metric that your task is judged by. Before training again, add regularisation or data, or stop early. Cost: another checkpoint, no retraining.",
)
SCORE = Text(zh="`{name}`", en="`{name}`")
AT = Text(zh="`{metric}` {value}，{axis} {x}", en="`{metric}` {value} at {axis} {x}")
NOW = Text(zh="（现在 {lr}）", en=" (now {lr})")
NONE = ""
STUCK = Text(
    zh="{names} 停在高位：核对学习率是否大于 0、参数是否被冻结、标签与掩码是否对齐，并用一个 batch 做过拟合测试。代价：几分钟。",
    en="Stuck at a high level: {names}. Check that the learning rate is above 0, no parameters are frozen, and labels and masks line up; then overfit a single batch. Cost: minutes.",
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
    """Yield whether to train on: never where it over-fits, only trains further what validates flat, or the schedule has run out."""
    improving, flat = ([series[v.series[0]] for v in case.in_state(state)] for state in (State.IMPROVING, State.CONVERGED))
    validation = tuple(dict.fromkeys(s.label for s in flat if s.split != "train"))
    if case.in_state(State.OVERFITTING):
        return
    if improving:
        names = Join(items=named[State.IMPROVING])
        if validation and all(s.split == "train" for s in improving):
            text = ONLY_TRAINING(names=names, validation=Join(items=validation))
        elif (spent := spent_lr(case.context)) is not None:
            text = SPENT(names=names, top=number(spent[0]), last=number(spent[1]))
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
        shown = Join(items=tuple(where))
        better = next((score for score in scores(case.context) if all(_peaks_later(score, one) for one in over)), None)
        if better is None:
            text = BEST(where=shown)
        else:
            top = int(np.nanargmax(better.y))
            value, axis, name = number(float(better.y[top])), AXES[better.axis.value], SCORE(name=better.label)
            text = BY_SCORE(where=shown, score=name, axis=axis, x=shown_x(better.x[top]), value=value)
        yield Recommendation(id="", when="now", because=case.ids("overfitting"), text=text, source="Deep Learning Tuning Playbook")


def _peaks_later(score: Series, loss: Series) -> bool:
    """Return whether a score of the validation is best after the lowest row of a loss, and better than it was there."""
    if score.axis is not loss.axis or not np.isfinite(score.y).any():
        return False
    lowest, top = float(loss.x[int(np.nanargmin(loss.y))]), int(np.nanargmax(score.y))
    before = score.y[score.x <= lowest]
    return bool(score.x[top] > lowest and len(before) and np.isfinite(before).any() and score.y[top] > np.nanmax(before))


def _names(verdicts: list[Verdict], series: dict[str, Series]) -> tuple[str, ...]:
    named = (series[verdict.series[0]] for verdict in verdicts)
    return tuple(dict.fromkeys(s.name if s.split == "train" else f"{s.split}/{s.name}" for s in named))[:6]


ADVICE = Advice(id="progress", advise=advise, order=40)
