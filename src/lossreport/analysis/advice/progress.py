"""Whether to go on: resume what stopped early, continue what improves, decay where it is flat, stop
where it diverges or overfits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from lossreport.analysis.adviser import Advice, Case, has_step
from lossreport.analysis.best import still_rising
from lossreport.analysis.breakage import is_dead
from lossreport.analysis.causes.lr_too_high import rising_training
from lossreport.analysis.course import best_row, is_up
from lossreport.analysis.detectors.overfitting import training_partner
from lossreport.analysis.detectors.train_val_gap import MIN_ROWS
from lossreport.analysis.goal import measured, scores_of_the_whole
from lossreport.analysis.level import is_boosted
from lossreport.analysis.patience import common_wait
from lossreport.analysis.payloads import LostGround, TrainValGap
from lossreport.analysis.reweighted import is_reweighted
from lossreport.analysis.schedule import constant_lr, idle_lr, spent_lr
from lossreport.analysis.trend import TAIL, is_flat
from lossreport.curves.stats import fill
from lossreport.curves.worse import ends_behind, stays_behind
from lossreport.model.analysis import Recommendation, Severity, State, Trend, Verdict
from lossreport.model.run import Series, Status, shown_x
from lossreport.text import Join, Phrase, Text, Value, number
from lossreport.words import AXES, UNITS

RESUME = Text(
    zh="计划 {planned} 个 {unit}，已完成 {done} 个：确认训练是被中断还是仍在运行；若要继续，"
    "从最近的 checkpoint 续训。代价：重算最近一个 checkpoint 之后的部分。",
    en="{done} of {planned} planned {unit} are complete: check whether the run was "
    "interrupted or is still running; to continue, resume from the last checkpoint. Cost: "
    "redoing what came after that checkpoint.",
)
RESUME_OR_DONE = Text(
    zh="计划 {planned} 个 {unit}，已完成 {done} 个，最后一行正好在 `{metric}` 最好值之后 {rows} "
    "行：若设了这样的早停，训练已经完成，无须续训；否则确认它是被中断还是仍在运行。代价：几分钟。",
    en="{done} of {planned} planned {unit} are complete, and the last row stands {rows} rows "
    "behind the best `{metric}`: with early stopping set so, the run is complete and there is "
    "nothing to resume; else check whether it was interrupted or is still running. Cost: "
    "minutes.",
)
GO_ON = Text(
    zh="{names} 仍在改善：可以继续训练，再用最后 25% 的行复查趋势。代价：继续训练的算力。",
    en="Still improving: {names}. Training can continue; check the trend of the last 25% of "
    "the rows again then. Cost: the compute of going on.",
)
FINISHED = Text(
    zh="训练按计划结束时 {names} 仍在改善：若任务指标还没达到要求，可以从最后的 checkpoint "
    "续训。代价：续训的算力。",
    en="Still improving when the run ended as planned: {names}. If the task metric has not "
    "reached its target, training can continue from the last checkpoint. Cost: the extra "
    "compute.",
)
BOOSTED = Text(
    zh="先给一个不参与训练的验证集（eval_set）并按它早停，再谈加轮数：只看训练集，"
    "每一轮都像是进步。代价：再训一次。",
    en="Give the training a set that it does not learn from (eval_set) and stop early by it "
    "before adding rounds: on the training set alone every round looks like a gain. Cost: "
    "another training.",
)
SPENT = Text(
    zh="若任务指标还没达到要求，用新的学习率调度续训；{names} 改善到了训练结束，"
    "但原来的调度已走完（{top} → {last}），照它继续变化很小。代价：续训的算力。",
    en="If the task metric has not reached its target, resume with a new schedule: {names} "
    "improved to the end, but the old one has run out ({top} → {last}). Cost: the extra "
    "compute.",
)
IDLE = Text(
    zh="学习率远在结束之前就从 {top} 降到了 {last}，此后的训练几乎没有作用：用{checkpoint}；"
    "要继续，就从那里用新的学习率续训，并加大调度器的 patience、设下限，或让调度与训练一样长。"
    "代价：一段续训。",
    en="The learning rate fell from {top} to {last} long before the end, and what was trained "
    "after that changed hardly anything. Use {checkpoint}; to train on, start the rate again "
    "from there, with a larger patience of the scheduler, a floor, or a schedule as long as the "
    "run. Cost: another stretch of training.",
)
ONLY_TRAINING = Text(
    zh="训练 loss（{names}）仍在下降，但验证指标（{validation}）已走平："
    "继续训练多半只是在拟合训练集；先评测验证最好处的 checkpoint。代价：一次评测。",
    en="The training loss ({names}) still falls but the validation ({validation}) is flat: "
    "training on probably only fits the training set. Evaluate the checkpoint with the "
    "best validation first. Cost: one evaluation.",
)
NO_GAP = Text(
    zh="验证指标（{validation}）已走平，而训练 loss（{names}）与验证 loss 相差很小："
    "没有过拟合的迹象，照原样再训收益不大。若任务指标还不够好，先改学习率、模型容量或数据。"
    "代价：再训一次。",
    en="The validation ({validation}) is flat, and the training loss ({names}) stands close to "
    "the validation loss: nothing points at overfitting, and more of the same brings little. "
    "If the task metric falls short, change the learning rate, the size of the model or the "
    "data. Cost: another run.",
)
UNDECIDED = Text(
    zh="从 {names} 的末段看不出是否还在改善：需要定论时，再训练一段、缩短打印或验证的间隔，"
    "或用固定的更大 batch 评估 loss。代价：多一些训练或评测时间。",
    en="The tail cannot tell whether it still improves: {names}. To decide, train a little "
    "longer, log or validate more often, or evaluate the loss on a fixed larger batch. "
    "Cost: some training or evaluation time.",
)
LASTING = Text(
    zh="{names} 的末段改善超过此前各行所支持的：再训练一段，看它是否持续。代价：一段训练。",
    en="The last rows of {names} gained more than those before them bear out: train a little "
    "longer to see whether it lasts. Cost: some training.",
)
COMPLETE = Text(
    zh="训练已结束，而 {names} 的末段没有明显的改善：先按任务指标评测{checkpoint}，"
    "不够好再续训。代价：一次评测。",
    en="The run is over and the tail shows no clear gain: {names}. Evaluate {checkpoint} by "
    "the task metric first, and train on only if it falls short. Cost: one evaluation.",
)
BEST_ONE = Text(zh="验证最好处的 checkpoint", en="the checkpoint with the best validation")
LAST_ONE = Text(zh="最后的 checkpoint", en="the last checkpoint")
DECAY = Text(
    zh="{names} 在常数学习率（{lr}）下已走平：若还没达到目标，"
    "先把学习率降到十分之一再训练一小段，这比改模型便宜。代价：一小段续训。",
    en="Flat at a constant learning rate ({lr}): {names}. If the target is not met, first "
    "train a short while at a tenth of it, which is cheaper than changing the model. Cost: "
    "a short further run.",
)
RISING_RATE = Text(
    zh="{names} 自 {axis} {x} 起变差，同时 `{metric}` 从那里的 {before} 升到 {after}："
    "调度越过终点后会回升（余弦），或被重新开始。用那里之前的 checkpoint；要继续训练，"
    "就把学习率固定在 {before}。代价：丢掉其后的训练。",
    en="Worse since {axis} {x}: {names}, while `{metric}` rose from {before} there to "
    "{after}. A schedule that runs past its end turns up again (cosine), or it was "
    "restarted. Use the checkpoint from before; to train on, hold the rate at {before}. "
    "Cost: the training after it.",
)
TERM = Text(
    zh="{names} 在上升，但这不等于模型在发散：先弄清这一项代表什么、"
    "权重多大（正则项和对抗项可能随其他项下降而上升），再决定是否调整。代价：几分钟。",
    en="Rising: {names}, which by itself is no divergence of the model. Find out what it "
    "stands for and how it is weighted (a regulariser, an adversarial term or a curriculum "
    "may rise as the model gets better) before changing anything. Cost: minutes.",
)
STOP = Text(
    zh="{names} 正在发散：停下，从 {axis} {x} 之前的 checkpoint 重启，学习率{lr}降低 10%-33 "
    "%。代价：丢掉 {axis} {x} 之后的训练。",
    en="Diverging: {names}. Stop, restart from a checkpoint before {axis} {x}, and lower the "
    "learning rate{lr} by 10-33%. Cost: the training after {axis} {x}.",
)
BEST = Text(
    zh="使用验证最好处的 checkpoint：{where}；此后的训练没有再改善它。若要重新训练，"
    "先加正则化或数据，或早停。代价：换一个 checkpoint，无需重训。",
    en="Use the checkpoint where the validation was best: {where}; training beyond it did not "
    "improve it again. Before training again, add regularisation or data, or stop early. "
    "Cost: another checkpoint, no retraining.",
)
AT_ONCE = Text(
    zh="使用验证最好处的 checkpoint：{where}；查清 {axis} {x} 处变了什么（评测代码、数据、"
    "恢复的 checkpoint、BatchNorm 或 EMA 的统计量、学习率）："
    "先用同一个评测脚本重评它前后的两个 checkpoint。代价：两次评测。",
    en="Use the checkpoint where the validation was best: {where}. Find out what changed at "
    "{axis} {x} (evaluation code, data, a restored checkpoint, statistics of BatchNorm or "
    "EMA, the learning rate): first evaluate the checkpoints before and after it anew with "
    "one script. Cost: two evaluations.",
)
BEST_OF_RISING = Text(
    zh="使用验证最好处的 checkpoint：{where}；此后训练 loss 自己也在上升，所以不是过拟合，"
    "正则化和数据帮不上：重新训练时先降低学习率。代价：换一个 checkpoint；"
    "降低学习率要再训一次。",
    en="Use the checkpoint where the validation was best: {where}. The training loss rises "
    "after it as well, so this is no overfitting and neither regularisation nor data would "
    "help: train again at a lower learning rate. Cost: another checkpoint, and another run "
    "for the rate.",
)
WEIGH = Text(
    zh="先定下按哪个量选 checkpoint：验证 loss 在 {where} 最低，此后回升，"
    "但验证指标之后仍在变好（最高 {best}）。按任务真正看重的指标选；两个 checkpoint "
    "都评测一次。代价：两次评测。",
    en="Decide by which measure to choose the checkpoint: the validation loss is lowest at "
    "{where} and rises from there, but the validation score still got better (best "
    "{best}). Choose by what the task is judged by; evaluate both checkpoints. Cost: two "
    "evaluations.",
)
REWARD = Text(
    zh="`{metric}` 在 {axis} {x} 达到 {value} 后跌落：回到那里附近的 checkpoint；"
    "继续训练前缩小每次更新（学习率、clip range、每批的 epoch 数），并看 KL "
    "与熵在跌落前后的变化。代价：丢掉其后的训练。",
    en="`{metric}` fell after {value} at {axis} {x}: go back to the checkpoint near it; "
    "before training on, make each update smaller (learning rate, clip range, epochs per "
    "batch) and look at KL and entropy around the fall. Cost: the training after it.",
)
AT = Text(zh="`{metric}` {value}，{axis} {x}", en="`{metric}` {value} at {axis} {x}")
NOW = Text(zh="（现在 {lr}）", en=" (now {lr})")
NONE = ""
STUCK = Text(
    zh="{names} 没有下降：若不是续训的尾段，核对学习率是否大于 0、参数是否被冻结、"
    "标签与掩码是否对齐，并用一个 batch 做过拟合测试。代价：几分钟。",
    en="Not falling: {names}. Unless the log begins late in training, check that the learning "
    "rate is above 0, no parameters are frozen, and labels and masks line up; then overfit "
    "a single batch. Cost: minutes.",
)

STUCK_REWARD = Text(
    zh="{names} 没有提高：再训练之前，先与随机策略和一个简单的固定策略比较同一指标，"
    "核对奖励的符号、尺度和各项，以及观测与奖励的归一化。代价：几个 episode 的评测。",
    en="No gain: {names}. Before training on, measure a random and a simple fixed policy by "
    "the same number, and check the sign, the scale and the terms of the reward and how "
    "observations and rewards are normalised. Cost: evaluating a few episodes.",
)
UNSEEN = Text(
    zh="{names} 停在高位，而训练 loss {training} 在下降：学到的东西没有带到验证集上。"
    "先核对两者的预处理、标签和模型状态（train/eval）是否一致，再考虑数据量与正则化。代价："
    "对比几个样本。",
    en="Stuck at a high level: {names}, while the training loss falls ({training}): what is "
    "learned does not carry over. First check that both sets are preprocessed and labelled "
    "alike and that the model is switched to evaluation, then think of more data or "
    "regularisation. Cost: comparing a few samples.",
)
FROM_START = Text(
    zh="{names} 从第一行起就在上升：停下，把学习率{lr}降到 1/3 到 1/10 重新开始，并核对 loss "
    "的符号和目标。代价：重新训练。",
    en="Rising from the first row on: {names}. Stop and start again with a learning rate{lr} "
    "of a third to a tenth, and check the sign and the targets of the loss. Cost: starting "
    "anew.",
)


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield what the verdicts and the progress ask for."""
    yield from _states(case)
    progress = case.context.run.progress
    epochs = UNITS["rounds" if case.context.run.counts_rounds else "epochs"]
    for unit, (done, planned) in ((epochs, progress.epochs), (UNITS["steps"], progress.steps)):
        if (
            case.context.run.status is Status.INTERRUPTED
            and done is not None
            and planned is not None
            and done < planned
        ):
            waited = common_wait(case.context.run)
            said: dict[str, Value] = {"done": done, "planned": planned, "unit": unit}
            text = (
                RESUME(**said)
                if waited is None
                else RESUME_OR_DONE(**said, metric=waited.series.label, rows=waited.rows)
            )
            yield Recommendation(id="", when="next", because=case.ids("truncated_log"), text=text)
            return


def _states(case: Case) -> Iterator[Recommendation]:
    series = case.context.by_id
    named = {state: _names(case.in_state(state), series) for state in State}
    yield from _stop(case, series, named[State.DIVERGING])
    yield from _best(case, series)
    still = case.context.of_kind("no_learning", "constant_metric")
    if case.run_state is State.PLATEAU_HIGH and not any(has_step(finding) for finding in still):
        yield _stuck(case, series, named)
    if is_dead(case.context):
        return  # nothing is trained any more: what else falls or is flat is nothing to go on with
    yield from _further(case, series, named)
    if case.run_state is State.CONVERGED and constant_lr(case.context) and case.lr is not None:
        yield Recommendation(
            id="",
            when="next",
            text=DECAY(names=Join(items=_aim(case, named[State.CONVERGED])), lr=case.lr),
            source="OpenVLA-OFT (10x decay lowers the L1)",
        )


def _aim(case: Case, others: tuple[str, ...]) -> tuple[str, ...]:
    """Return the name of the goal, or of the series in its state where the run has none."""
    goal = case.context.goal
    return (case.context.by_id[goal.series].label,) if goal is not None else others


def _stuck(
    case: Case, series: Mapping[str, Series], named: dict[State, tuple[str, ...]]
) -> Recommendation:
    stuck = [series[verdict.series[0]] for verdict in case.in_state(State.PLATEAU_HIGH)]
    learns = _names(
        [v for v in case.in_state(State.IMPROVING) if series[v.series[0]].split == "train"], series
    )
    unseen = bool(learns) and all(one.split != "train" for one in stuck)
    names = Join(items=named[State.PLATEAU_HIGH])
    if stuck and all(one.metric_type == "reward" for one in stuck):
        return Recommendation(
            id="",
            when="now",
            text=STUCK_REWARD(names=names),
            source="Stable-Baselines3: Reinforcement Learning Tips and Tricks",
        )
    return Recommendation(
        id="",
        when="now",
        because=case.ids("no_learning"),
        text=UNSEEN(names=names, training=Join(items=learns)) if unseen else STUCK(names=names),
        source="Karpathy, A Recipe for Training Neural Networks",
    )


def _further(
    case: Case, series: Mapping[str, Series], named: dict[State, tuple[str, ...]]
) -> Iterator[Recommendation]:
    """Yield whether to train on, as the goal went: never in trouble, only trains further what
    validates flat, or the schedule has run out.
    """
    training = [
        one
        for one in (series[v.series[0]] for v in case.in_state(State.IMPROVING))
        if one.split == "train"
    ]
    goal = case.context.goal
    held_out = goal is not None and series[goal.series].split != "train"
    idle = idle_lr(case.context) if case.run_state is State.CONVERGED else None
    if idle is not None:
        kept = BEST_ONE if held_out else LAST_ONE
        text = IDLE(top=number(idle[0]), last=number(idle[1]), checkpoint=kept)
        yield Recommendation(id="", when="now", text=text)
    elif case.run_state is State.IMPROVING or case.improved_to_the_end:
        names = Join(items=_aim(case, named[State.IMPROVING]))
        if goal is not None and is_boosted(case.context, series[goal.series]):
            text = BOOSTED()
        elif (spent := spent_lr(case.context)) is not None:
            text = SPENT(names=names, top=number(spent[0]), last=number(spent[1]))
        else:
            text = (FINISHED if case.context.run.status is Status.FINISHED else GO_ON)(names=names)
        yield Recommendation(id="", when="next", text=text)
    elif case.run_state is State.CONVERGED and held_out and training:
        names = Join(items=tuple(dict.fromkeys(one.label for one in training))[:6])
        told = NO_GAP if _has_no_gap(case) else ONLY_TRAINING
        text = told(names=names, validation=Join(items=_aim(case, ())))
        yield Recommendation(id="", when="next", text=text)
    elif (past := _past_its_best(case)) is not None:
        yield Recommendation(
            id="",
            when="next",
            text=BEST(where=Join(items=(past,))),
            source="Deep Learning Tuning Playbook",
        )
    elif _is_undecided(case) and not _gains_nothing(case) and spent_lr(case.context) is None:
        # at a spent rate more rows decide nothing
        # the losses of a game have none
        tails = _names([v for v in case.in_state(State.INCONCLUSIVE) if v.trend], series)
        names = Join(items=_aim(case, tails))
        yield Recommendation(
            id="", when="next", text=_undecided(case, names, is_validated=bool(held_out))
        )


def _has_no_gap(case: Case) -> bool:
    """Return whether every validation loss that a training loss of its name stands beside ends
    close to it, or below.
    """
    pairs = [
        one
        for one in case.context.progress
        if one.split != "train"
        and len(one) >= MIN_ROWS
        and training_partner(case.context, one) is not None
    ]
    gaps = [held.gap for one in pairs for _, held in case.context.seen(TrainValGap, one)]
    return bool(pairs) and all(gap <= 0 for gap in gaps)


def _undecided(case: Case, names: Join, *, is_validated: bool) -> Phrase:
    """Return what decides whether an undecided run still improves; of one that is over and gained
    nothing clearly, first how good it is.
    """
    if any(trend.low > 0 for trend in _open_trends(case)):
        return LASTING(names=names)
    if case.context.run.status is Status.FINISHED or case.context.run.progress.is_done:
        return COMPLETE(names=names, checkpoint=BEST_ONE if is_validated else LAST_ONE)
    return UNDECIDED(names=names)


def _past_its_best(case: Case) -> Phrase | None:
    """Return where a held-out goal was best that no longer gains, if not by enough to be called
    worse; None elsewhere, and of a policy.
    """
    goal = case.context.goal
    if (
        goal is None
        or case.context.is_rewarded
        or not (_gains_nothing(case) or _stays_behind(case))
    ):
        return None
    series = case.context.by_id[goal.series]
    if series.split == "train":
        return None
    row = best_row(measured(case.context, series), up=goal.mode == "max")
    return AT(
        metric=series.label,
        value=number(float(series.y[row])),
        axis=AXES[series.axis.value],
        x=shown_x(series.x[row]),
    )


def _stays_behind(case: Case) -> bool:
    """Return whether no value of an undecided goal has come near its best again: more rows are no
    way back to it.
    """
    goal = case.context.goal
    if case.run_state is not State.INCONCLUSIVE or goal is None:
        return False
    values = measured(case.context, case.context.by_id[goal.series])
    return stays_behind(-values if goal.mode == "max" else values)


def _gains_nothing(case: Case) -> bool:
    """Return whether the goal of an undecided run surely does not gain: by its tail, or because its
    last quarter lies behind an earlier one.
    """
    goal = case.context.goal
    if case.run_state is not State.INCONCLUSIVE or goal is None:
        return False
    trend = next(
        (v.trend for v in case.in_state(State.INCONCLUSIVE) if v.series == (goal.series,)), None
    )
    values = measured(case.context, case.context.by_id[goal.series])
    return trend is not None and (
        trend.high <= 0 or ends_behind(fill(-values if goal.mode == "max" else values))
    )


def _is_undecided(case: Case) -> bool:
    """Return whether the rows are too noisy to tell: nothing grave was found that would come
    first.
    """
    grave = any(f.severity.rank >= Severity.HIGH.rank for f in case.context.found)
    return case.run_state is State.INCONCLUSIVE and not grave and bool(_open_trends(case))


def _open_trends(case: Case) -> list[Trend]:
    """Return the trends that decide nothing, of the goal where the run has one: one that is flat is
    no question of more rows.
    """
    goal, rows = case.context.goal, {one.id: len(one) for one in case.context.run.series}
    undecided = [v for v in case.in_state(State.INCONCLUSIVE) if v.trend is not None]
    undecided = [v for v in undecided if goal is None or v.series == (goal.series,)] or undecided
    trends = [(v.trend, rows.get(v.series[0], 0)) for v in undecided]
    return [
        trend
        for trend, count in trends
        if trend is not None
        and not is_flat(trend, max(1, round(trend.rows / max(1.0, TAIL * count))))
    ]


def _stop(
    case: Case, series: Mapping[str, Series], names: tuple[str, ...]
) -> Iterator[Recommendation]:
    found = [f for f in case.context.found if f.kind == "divergence"]
    grave = [f for f in found if f.severity is Severity.CRITICAL]
    if names and found and not grave:
        text = TERM(names=Join(items=names))
        yield Recommendation(id="", when="next", because=tuple(f.id for f in found), text=text)
    elif names and grave:
        first = min(grave, key=lambda f: f.start.row)
        if (rise := _rate_rises(case, series[first.series[0]], first.start.row)) is not None:
            metric, before, after = rise
            text = RISING_RATE(
                names=Join(items=names),
                axis=AXES[series[first.series[0]].axis.value],
                x=shown_x(first.start.x),
                metric=metric,
                before=number(before),
                after=number(after),
            )
            yield Recommendation(
                id="",
                when="now",
                because=tuple(f.id for f in found),
                text=text,
                source="PyTorch: CosineAnnealingLR",
            )
            return
        lr = NOW(lr=case.lr) if case.lr is not None else NONE
        axis = AXES[series[first.series[0]].axis.value]
        if first.start.row == 0 and has_step(first) and first.hypotheses[0].id.startswith(BOOSTING):
            return  # a boosting that never got better has a wrong objective, whatever its rate
        if has_step(first) and first.hypotheses[0].id == RAISED:
            return  # its own step says to which rate to go back
        if first.start.row == 0:  # there is no checkpoint before the first row
            text = FROM_START(names=Join(items=names), lr=lr)
        else:
            text = STOP(names=Join(items=names), axis=axis, x=shown_x(first.start.x), lr=lr)
        yield Recommendation(
            id="",
            when="now",
            because=tuple(f.id for f in found),
            text=text,
            source="IDEFICS chronicles; OPT-175B logbook",
        )


ROSE: Final = 3.0
"""A learning rate three times that at the best row is no warm-up that ends there."""


def _rate_rises(case: Case, loss: Series, row: int) -> tuple[str, float, float] | None:
    """Return (name, value there, value at the end) of a learning rate that rose since a row of a
    loss; None where none did.
    """
    for rate in case.context.judged:
        if (
            rate.metric_type != "learning_rate"
            or rate.axis is not loss.axis
            or not np.isfinite(rate.y).all()
        ):
            continue
        at = int(np.searchsorted(rate.x, loss.x[row]))
        if (
            0 < at < len(rate)
            and 0 < ROSE * rate.y[at] <= rate.y[-1]
            and rate.y[at] < rate.y[:at].max()
        ):
            return rate.label, float(rate.y[at]), float(rate.y[-1])
    return None


def _best(case: Case, series: Mapping[str, Series]) -> Iterator[Recommendation]:
    worse = [
        series[v.series[0]]
        for state in (State.OVERFITTING, State.WORSENING)
        for v in case.in_state(state)
    ]
    # its sum is of other weights by now
    past = [one for one in worse if not is_reweighted(case.context, one)]
    whole = scores_of_the_whole(case.context)
    over = [
        one
        for one in past
        if (one.split != "train" or one in whole) and not _never_trained(case, one)
    ]
    where = []
    for one in over[:3]:
        values = measured(case.context, one)
        row = best_row(values, up=is_up(case.context, one))
        where.append(
            AT(
                metric=one.label,
                value=number(float(one.y[row])),
                axis=AXES[one.axis.value],
                x=shown_x(one.x[row]),
            )
        )
    losses = [one for one in over if one in case.context.progress]
    later = still_rising(case.context, losses[0]) if losses else None
    because = case.ids("overfitting", "worsening")
    if later is not None:
        score = series[later.series]
        best = AT(
            metric=score.label,
            value=number(later.value),
            axis=AXES[score.axis.value],
            x=shown_x(later.at.x),
        )
        yield Recommendation(
            id="",
            when="now",
            because=because,
            text=WEIGH(where=Join(items=tuple(where)), best=best),
        )
    elif where and any(rising_training(case.context, one) is not None for one in over):
        text = BEST_OF_RISING(where=Join(items=tuple(where)))
        yield Recommendation(
            id="", when="now", because=because, text=text, source="Deep Learning Tuning Playbook"
        )
    elif where and (event := _sudden(case, over[0])) is not None:
        text = AT_ONCE(
            where=Join(items=tuple(where)), axis=AXES[over[0].axis.value], x=shown_x(event)
        )
        yield Recommendation(id="", when="now", because=because, text=text)
    elif where and not (case.context.is_rewarded and is_up(case.context, past[0])):
        # a policy lacks no data and no regularisation
        text = BEST(where=Join(items=tuple(where)))
        yield Recommendation(
            id="", when="now", because=because, text=text, source="Deep Learning Tuning Playbook"
        )
    elif past and (past[0].metric_type == "reward" or where):
        values = measured(case.context, past[0])
        row = best_row(values, up=is_up(case.context, past[0]))
        text = REWARD(
            metric=past[0].label,
            value=number(float(past[0].y[row])),
            axis=AXES[past[0].axis.value],
            x=shown_x(past[0].x[row]),
        )
        yield Recommendation(
            id="",
            when="now",
            because=because,
            text=text,
            source="Henderson et al. 2018, Deep RL that Matters",
        )


def _sudden(case: Case, series: Series) -> float | None:
    """Return where a validation lost its level in one step, None where it did not."""
    rows = [
        lost.sudden
        for f, lost in case.context.seen(LostGround, series)
        if f.kind == "worsening" and lost.sudden is not None
    ]
    return float(series.x[int(rows[0])]) if rows else None


def _never_trained(case: Case, validation: Series) -> bool:
    """Return whether a validation is best in its first row and so is the training: that is no
    overfitting, and no checkpoint is of use.
    """
    up = is_up(case.context, validation)
    train = [
        one
        for one in case.context.judged
        if one.split == "train" and one.name == validation.name and len(one) > 1
    ]
    both = [measured(case.context, one) for one in (validation, *train)]
    return bool(train) and all(np.isfinite(y).any() and best_row(y, up=up) == 0 for y in both)


BOOSTING: Final = "boosting_"
RAISED: Final = "lr_raised"


def _names(verdicts: list[Verdict], series: Mapping[str, Series]) -> tuple[str, ...]:
    named = (series[verdict.series[0]] for verdict in verdicts)
    return tuple(
        dict.fromkeys(s.name if s.split == "train" else f"{s.split}/{s.name}" for s in named)
    )[:6]


ADVICE = Advice(id="progress", advise=advise, order=40)
