"""Judges the whole run by its goal: the state of the goal, or of a trouble of what matters to it,
in one sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.breakage import is_masked
from lossreport.analysis.context import Context
from lossreport.analysis.course import best_row, course, is_up
from lossreport.analysis.detectors.gan_balance import GENERATOR
from lossreport.analysis.goal import measured, unchanged
from lossreport.analysis.judging import (
    Judgement,
    dead_findings,
    evaluation_alone,
    judge_goal,
    main_losses,
    never_better,
    run_state,
)
from lossreport.analysis.level import of_no_use
from lossreport.analysis.schedule import has_run_out, idle_lr, spent_lr
from lossreport.analysis.series_verdict import (
    SEPARATE,
    ends,
    gains_nothing,
    has_few,
    is_aside,
    is_behind,
    is_swing,
    is_turning,
)
from lossreport.analysis.trend import FLAT_HIGH, MIN_ROWS
from lossreport.curves.worse import stays_behind
from lossreport.model.analysis import Confidence, Severity, State, Verdict
from lossreport.model.run import Run, Series, Status, shown_x
from lossreport.model.states import STATES, TROUBLES, earliest
from lossreport.text import Join, Phrase, Text, Value, change, number
from lossreport.words import AXES

Judged = tuple[Series, Judgement]

BROKEN_EVALUATION = Text(
    zh="验证结果不可用：{names}以非有限值（NaN / Inf）结尾，而训练 loss 每一行都有限，"
    "所以不能用它判断过拟合、选 checkpoint；训练本身不因此判为损坏。",
    en="The validation cannot be used: {names} ends in values that are not finite (NaN / "
    "Inf), while the training losses are finite in every row. Overfitting cannot be judged "
    "and no checkpoint chosen by it; the training itself is not shown to be broken.",
)
EMPTY_EVALUATION = Text(
    zh="验证结果不可用：{names} 是 NaN，准确率也是，一个样本也没有算到；日志里没有训练 loss，"
    "所以这不说明训练是否损坏。",
    en="The validation cannot be used: {names} is NaN with its accuracy, so not one sample "
    "was counted. The logs hold no training loss, so this does not show whether the "
    "training is sound.",
)
FROZEN = Text(
    zh="不能判定这次训练是否收敛：{names}从某一行起逐位不变，要么打印的不是测得的值，"
    "要么已没有一步在更新模型。",
    en="Whether this run converged cannot be judged: from some row on {names} is one value to "
    "the last digit: either it was not measured any more, or no step changes the model.",
)
GAME = Text(
    zh="对抗训练或强化学习的 loss 不是质量指标，不据此判断收敛。{metrics}",
    en="The losses of adversarial training or reinforcement learning are no measure of "
    "quality, so convergence is not judged by them.{metrics}",
)
NO_GOAL = Text(
    zh="日志里没有已知能说明训练好坏的指标，无法判断；如果其中有一项能，请用 `--set "
    "goal=NAME` 指明（越大越好时再加 `--set goal.mode=max`）。{metrics}",
    en="No metric of these logs is known to tell whether the run got better; if one does, "
    "name it with `--set goal=NAME` (and `--set goal.mode=max` where more is "
    "better).{metrics}",
)
NO_ROW = Text(
    zh="日志里没有一行指标：这里只说明程序写下的话是什么意思。",
    en="No row of a metric is in the logs: only what the program said in words is told.",
)
ONLY_SAVED = Text(
    zh="日志里没有一行指标：这里只说明程序写下的话是什么意思；提到的最后一个 checkpoint 在 "
    "{place}（“{quote}”）。",
    en="No row of a metric is in the logs: only what the program said in words is told. The last "
    "checkpoint that they tell of stands at {place} (“{quote}”).",
)
METRICS = Text(
    zh="指标（开头与结尾各十分之一的中位数）：{sentences}。",
    en=" The metrics, as medians of the first and the last tenth: {sentences}.",
)
METRIC = Text(
    zh="`{metric}` 从 {first} 到 {last}（最高 {best}，{axis} {x}）",
    en="`{metric}` from {first} to {last} (highest {best} at {axis} {x})",
)
LEVELS = Text(
    zh="各方 loss（开头与结尾各十分之一的中位数）：{sentences}。{won}",
    en=" The losses of the players, as medians of the first and the last tenth: {sentences}.{won}",
)
WON = Text(
    zh="{names} 已降到接近 0：它在训练数据上的任务已经做满，若是辅助分类器则属正常，"
    "若是判别器就不再给生成器有用的梯度。",
    en=" {names} fell to nearly 0: it has mastered its task on the training data, which is "
    "normal of an auxiliary classifier, but of a discriminator means that its generator "
    "gets no useful gradient.",
)
MASTERED: Final = 0.05
"""Of its first tenth: a cross-entropy that has lost 95 % of ln 2 gives each example its class by 97
% (exp(-0.05 ln 2)).
"""
PLAYER = Text(zh="`{metric}` 从 {first} 到 {last}", en="`{metric}` from {first} to {last}")
MEMBER: Final = re.compile(r"[_/](?:\d{1,2}|[a-z])$", re.IGNORECASE)
"""`D_0` to `D_3` and `G_A`, `G_B` are one player: the losses of one domain stand for them."""
LEAST_TENTH: Final = 20
"""A tenth of so many rows is two: of fewer the medians are single rows."""
MOST_METRICS: Final = 3
TENTH: Final = 10
FROM_TO = Text(
    zh="`{metric}`（{path}）从 {first} 到 {last}", en="`{metric}` in {path} from {first} to {last}"
)
FEW = Text(
    zh="不足 {need} 行，不判断是否走平：{sentences}。",
    en="With fewer than {need} rows it is not judged whether the run is flat: {sentences}.",
)

TROUBLE: Final = {
    State.BROKEN: Text(
        zh="训练已损坏：{names}出现了非有限值（NaN / Inf），之后的数字不可信。",
        en="The run is broken: {names} took values that are not finite (NaN / Inf), and "
        "nothing after them can be trusted.",
    ),
    State.MIXED: Text(
        zh="{names}的各行混杂了不同的组，先分清每一行的来历，才能判断是否收敛。",
        en="The rows of {names} mix different groups: only when they are separated can "
        "convergence be judged.",
    ),
    State.DIVERGING: Text(zh="训练正在发散：{names}。", en="The run is diverging ({names})."),
    State.UNSTABLE: Text(zh="训练不稳定：{names}。", en="The run is unstable ({names})."),
    State.OVERFITTING: Text(zh="训练已经过拟合：{names}。", en="The run overfits ({names})."),
    State.WORSENING: Text(
        zh="{names}已过最佳点，在变差。", en="Past its best and getting worse: {names}."
    ),
}
MASKED = Text(
    zh="训练已损坏：{names}里的 0 很可能掩盖了 NaN，从那里起的数字不可信。",
    en="The run is broken: the zeros of {names} most likely hide NaN, and nothing from there "
    "on can be trusted.",
)
DEAD = Text(
    zh="训练已损坏：{names}取到了训练不可能继续的值，之后没有在学。",
    en="The run is broken: {names} takes values with which nothing is trained.",
)
GOAL: Final = {
    State.WORSENING: Text(
        zh="`{metric}` 已过最佳点，在变差：{course}。", en="`{metric}` is past its best: {course}."
    ),
    State.OVERFITTING: Text(
        zh="训练已经过拟合：`{metric}` {course}。", en="The run overfits: `{metric}` {course}."
    ),
    State.INSUFFICIENT: Text(
        zh="`{metric}` 只测了 {count} 次，不足以判断：{course}。",
        en="`{metric}` was measured {count} times, too few to judge: {course}.",
    ),
    State.PLATEAU_HIGH: Text(
        zh="`{metric}` 停在不好的水平：{course}。",
        en="`{metric}` is flat at a poor level: {course}.",
    ),
    State.CONVERGED: Text(
        zh="`{metric}` 在当前学习率下已走平：{course}。",
        en="`{metric}` is flat at this learning rate: {course}.",
    ),
    State.IMPROVING: Text(
        zh="`{metric}` 仍在改善：{course}。", en="`{metric}` is still improving: {course}."
    ),
    State.INCONCLUSIVE: Text(
        zh="`{metric}`：{course}；从这些行看不出是走平还是缓慢改善。",
        en="`{metric}`: {course}; these rows cannot separate flat from slowly improving.",
    ),
}
WITHIN_NOISE = Text(
    zh="`{metric}`：{course}；最后 {rows} 行变化 {gain}（90% 区间 {low} 到 {high}），"
    "看不出是走平还是缓慢改善。",
    en="`{metric}`: {course}; over its last {rows} rows it changed by {gain} (90% interval "
    "{low} to {high}): these rows cannot separate flat from slowly improving.",
)
SLOWLY = Text(
    zh="`{metric}` 仍在改善，但已经很慢：{course}；最后 {rows} 行只变化 {gain}。",
    en="`{metric}` is still improving, but slowly: {course}; {gain} over the last {rows} rows.",
)
ONCE = Text(
    zh="`{metric}` 只测了一次，不足以判断：{course}。",
    en="`{metric}` was measured once, too few to judge: {course}.",
)
NEVER_BETTER = Text(
    zh="`{metric}` 从未好过第一次：{course}。",
    en="`{metric}` was never better than its first value: {course}.",
)
BACK = Text(
    zh="`{metric}`：{course}；末段回升，但没有超过之前已达到的水平。",
    en="`{metric}`: {course}; its tail gains, but only back to a level that it had before.",
)
SPENT = Text(
    zh="`{metric}` 一直改善到训练结束：{course}。学习率已从 {top} 降到 {last}，"
    "这个计划已走完，照此再训不会有多少变化。",
    en="`{metric}` improved to the end: {course}. The learning rate has decayed from {top} to "
    "{last}, so this schedule has little more to give.",
)
IDLE = Text(
    zh="{first}学习率早已从 {top} 降到 {last}，几乎不再更新权重：走平说明的是调度走完了，"
    "不是学到头了。",
    en="{first} The learning rate fell from {top} to {last} long before the end and moves hardly "
    "anything: that it is flat shows the end of the schedule, not of what can be learned.",
)
CUT = Text(
    zh="`{metric}`：{course}；这些行远在训练结束之前就断了，不据此判断收敛。",
    en="`{metric}`: {course}; these rows break off long before the training ended, and "
    "convergence is not judged by them.",
)
STILL = Text(
    zh="`{metric}`：{course}；已走平，但这一类 loss 走平时模型仍可能在变好。",
    en="`{metric}`: {course}; it stands still, but a model may still get better while a loss "
    "of this kind does.",
)
SWING = Text(
    zh="`{metric}`：{course}；末段在改善，但幅度超过此前各行所支持的，是波动还是新的进展还看不出。",
    en="`{metric}`: {course}; it gained over its last rows, by more than the rows before them "
    "bear out: a fluctuation, or new progress.",
)
NO_GAIN = Text(
    zh="`{metric}`：{course}；最后 {rows} 行没有改善。",
    en="`{metric}`: {course}; no gain over its last {rows} rows.",
)
SAME = Text(
    zh="`{metric}`：{course}；共 {count} 个值，最后 {same} 个都相同。",
    en="`{metric}`: {course}; the last {same} of its {count} values are the same.",
)
ALSO = Text(zh="{first}目标 {second}", en="{first} The goal: {second}")
ON_COURSE = Text(zh="`{metric}`：{course}。", en="`{metric}`: {course}.")
FEW_GOAL = Text(
    zh="`{metric}`：{course}；只有 {count} 次，不判断是否走平。",
    en="`{metric}`: {course}; with {count} values it is not judged whether it is flat.",
)
TURNING_VALIDATION = Text(
    zh="`{metric}`：{course}；这项验证指标在最后 {rows} 行变差。",
    en="`{metric}`: {course}; this validation got worse over its last {rows} rows.",
)
TURNING = Text(
    zh="`{metric}`：{course}；最后 {rows} 行在变差。",
    en="`{metric}`: {course}; it got worse over its last {rows} rows.",
)
LEVEL = Text(zh="{first}{level}", en="{first}{level}")
WEIGHED: Final = (State.IMPROVING, State.CONVERGED, State.INCONCLUSIVE)
"""The states that say nothing bad of the level."""
BEHIND = Text(
    zh="`{metric}`：{course}；最后四分之一不如之前，没有在改善。",
    en="`{metric}`: {course}; it is not improving, its last quarter lies behind an earlier one.",
)
LEFT_BEHIND = Text(
    zh="`{metric}`：{course}；此后再没有接近过最好值。",
    en="`{metric}`: {course}; it has not come near its best since.",
)
WITH_FINDINGS = Text(
    zh="`{metric}` 有改善（{course}），但有严重的发现要先看，不能据此放心。",
    en="`{metric}` gained ({course}), but grave findings come first.",
)
OTHERS = Text(zh="{first}另外：{sentences}。", en="{first} Besides, {sentences}.")
STATE_BY_SOURCE = Text(
    zh="`{metric}`（按 {path}）{state}：{course}。",
    en="by {path} `{metric}` is {state}: {course}.",
)
STATE_OF = Text(zh="`{metric}`（{path}）{state}", en="`{metric}` ({path}) is {state}")
NAMED = Text(zh="{metrics}（{path}）", en="{metrics} in {path}")
METRIC_NAME = Text(zh="`{metric}`", en="`{metric}`")
MOST_NAMED: Final = 4
PASSING: Final = ("spike", "batch_outlier", "above_chance")


def run_verdict(context: Context, made: Sequence[Judged]) -> Verdict:
    """Return the verdict on the run: the earliest state among that of its goal and the troubles of
    what matters to it.
    """
    goal = _goal(context, made)
    main = _matters(context, made, goal)
    if goal is None:
        state = run_state([judged.state for _, judged in main])
        deciding = [pair for pair in main if pair[1].state is state]
        text = _without_goal(context, deciding, state, main)
        return _verdict(context, state, deciding, text)
    troubled = [pair for pair in main if pair[1].state in TROUBLES]
    state = earliest([goal[1].state, *(judged.state for _, judged in troubled)])
    deciding = [goal] if goal[1].state is state else []
    deciding += [pair for pair in troubled if pair[1].state is state and pair[0] is not goal[0]]
    grave = _grave(context, main, goal) if state is State.IMPROVING else ()
    if grave:
        said = WITH_FINDINGS(metric=goal[0].label, course=course(context, goal[0]))
        return _verdict(context, State.INCONCLUSIVE, deciding, said, grave)
    spent = spent_lr(context) if state is State.IMPROVING and _is_over(context.run) else None
    spent = spent if spent is not None and has_run_out(*spent) else None
    if spent is not None:
        state, (top, last) = State.CONVERGED, spent
        text = SPENT(
            metric=goal[0].label,
            course=course(context, goal[0]),
            top=number(top),
            last=number(last),
        )
    else:
        text = _with_goal(context, goal, deciding, state)
    idle = idle_lr(context) if state is State.CONVERGED and spent is None else None
    if idle is not None:
        text = IDLE(first=text, top=number(idle[0]), last=number(idle[1]))
    useless = of_no_use(context, goal[0]) if state in WEIGHED else None
    if useless is not None:
        text = LEVEL(first=text, level=useless)
    rest = _one_each(
        p
        for p in main
        if p[1].state is not state and p[1].trend is not None and p[0] is not goal[0]
    )
    stands = state in (*TROUBLES, State.CONVERGED, State.PLATEAU_HIGH)
    stands = stands and spent is None and idle is None
    if rest and stands:
        # one that still moves belongs beside one that stands; at the end of a schedule none moves
        # further
        text = OTHERS(
            first=text, sentences=_join(_state_of(series, judged.state) for series, judged in rest)
        )
    return _verdict(context, state, deciding, text)


def _is_over(run: Run) -> bool:
    """Return whether the training ended by itself or did all that was planned."""
    return run.status is Status.FINISHED or run.progress.is_done


def _goal(context: Context, made: Sequence[Judged]) -> Judged | None:
    if context.goal is None:
        return None
    series = context.by_id[context.goal.series]
    known = next((judged for one, judged in made if one is series), None)
    return series, known or judge_goal(context, context.goal)


def _matters(context: Context, made: Sequence[Judged], goal: Judged | None) -> list[Judged]:
    """Return the judged losses that matter to the goal: a validation that cannot be computed breaks
    no run.
    """
    wanted = {series.id for series in main_losses(context)} | ({goal[0].id} if goal else set())
    usable = [pair for pair in made if not is_aside(context, pair[0])]
    main = [pair for pair in usable if pair[0].id in wanted] or usable
    return [pair for pair in main if not _is_outrun(context, pair, goal)]


def _is_outrun(context: Context, pair: Judged, goal: Judged | None) -> bool:
    """Return whether a validation loss turned up while the score that it stands for did not: then
    the score decides.
    """
    series, judged = pair
    if goal is None or series is goal[0]:
        return False
    if judged.state is State.DIVERGING:  # weighed against the goal already, see `explain.weighed`
        return all(
            f.severity.rank < Severity.HIGH.rank
            for f in context.of_kind("divergence", series=series)
        )
    if judged.state not in (State.OVERFITTING, State.WORSENING):
        return False
    if goal[0].split == "train" or goal[1].state in (State.OVERFITTING, State.WORSENING):
        return False
    undecided = goal[1].state is State.INCONCLUSIVE and not is_behind(context, *goal)
    later = _share(context, goal[0]) - _share(context, series)
    return (
        goal[1].state is State.IMPROVING
        or (undecided and later > 0)
        or (goal[1].state is State.CONVERGED and later > MUCH_LATER)
    )


def _is_left_behind(context: Context, series: Series, judged: Judgement) -> bool:
    """Return whether an undecided validation is far from its best for good, as far as the rows
    go.
    """
    if (
        judged.state is not State.INCONCLUSIVE
        or series.split == "train"
        or judged.is_game
        or judged.is_frozen
        or judged.is_cut
    ):
        return False
    values = measured(context, series)
    return stays_behind(-values if is_up(context, series) else values)


MUCH_LATER: Final = 0.2
"""A score that stands, and was best a fifth of the rows after the validation loss was lowest: the
loss turned up by confidence, not by errors.
"""


def _share(context: Context, series: Series) -> float:
    """Return where the best value of a series stands, as a share of its rows."""
    values = measured(context, series)
    if not np.isfinite(values).any():
        return 0.0
    return best_row(values, up=is_up(context, series)) / max(1, len(values) - 1)


def _grave(context: Context, main: Sequence[Judged], goal: Judged) -> tuple[str, ...]:
    """Return the findings of high severity on the goal and on what matters to it, which no other
    explains.

    A spike that came back is told and does not forbid the word: several make the run unstable.
    """
    ids = {series.id for series, _ in main} | {goal[0].id}
    return tuple(
        f.id
        for f in context.found
        if f.severity.rank >= Severity.HIGH.rank
        and f.kind not in PASSING
        and f.explained_by is None
        and ids & set(f.series)
    )


def _verdict(
    context: Context,
    state: State,
    deciding: Sequence[Judged],
    text: Phrase,
    grave: tuple[str, ...] = (),
) -> Verdict:
    order: list[Confidence] = ["low", "medium", "high"]
    because = (*grave, *(finding for _, judged in deciding for finding in judged.because))
    return Verdict(
        question="convergence",
        series=(),
        run=context.run.id,
        state=state,
        confidence=min(
            (judged.confidence for _, judged in deciding), key=order.index, default=order[0]
        ),
        because=tuple(dict.fromkeys(because)),
        text=text,
        change_mind=SEPARATE() if state is State.MIXED else None,
    )


# ------------------------------------------------------------------------------------- sentences
def _with_goal(context: Context, goal: Judged, deciding: Sequence[Judged], state: State) -> Phrase:
    series, judged = goal
    told = course(context, series)
    if judged.is_frozen and state is State.INCONCLUSIVE:
        return FROZEN(names=_names([series]))
    if judged.state is not state or state in (
        State.BROKEN,
        State.MIXED,
        State.DIVERGING,
        State.UNSTABLE,
    ):
        return _beside_trouble(context, goal, deciding, state)
    if state in (State.PLATEAU_HIGH, State.INCONCLUSIVE) and never_better(context, series):
        return NEVER_BETTER(metric=series.label, course=told)
    return (
        _undecided(context, goal, told)
        or _of_few(context, goal, told)
        or _of_trend(context, goal, told)
    )


def _beside_trouble(
    context: Context, goal: Judged, deciding: Sequence[Judged], state: State
) -> Phrase:
    """Return what is wrong with the run, and how its goal went."""
    series, judged = goal
    told, first = course(context, series), _trouble(context, deciding, state)
    if state is State.MIXED and judged.state in GOAL:
        # another file holds the goal clean, and it was judged by that
        return ALSO(first=first, second=_by_source(series, judged.state, told))
    said = ON_COURSE(metric=series.label, course=told)
    return (
        first
        if state is State.BROKEN and judged.state is State.BROKEN
        else ALSO(first=first, second=said)
    )


def _undecided(context: Context, goal: Judged, told: Phrase) -> Phrase | None:
    """Return what can be said of a goal of which it cannot be said whether it is flat; None for any
    other.
    """
    series, judged = goal
    if is_turning(judged) and judged.trend is not None:
        turning = TURNING_VALIDATION if series.split != "train" else TURNING
        return turning(metric=series.label, course=told, rows=judged.trend.rows)
    texts = (
        (BEHIND, is_behind(context, series, judged)),
        (LEFT_BEHIND, _is_left_behind(context, series, judged)),
        (BACK, judged.is_back),
        (CUT, judged.is_cut),
        (STILL, judged.is_still),
        (SWING, is_swing(judged)),
    )
    text = next((one for one, holds in texts if holds), None)
    if text is not None:
        return text(metric=series.label, course=told)
    if gains_nothing(judged) and judged.trend is not None:
        return NO_GAIN(metric=series.label, course=told, rows=judged.trend.rows)
    return None


def _of_few(context: Context, goal: Judged, told: Phrase) -> Phrase | None:
    """Return that a goal was measured a few times; None where it has a trend."""
    series, judged = goal
    rests = judged.trend is None and judged.state in (State.INCONCLUSIVE, State.CONVERGED)
    if rests and (same := unchanged(context, series)):
        return SAME(metric=series.label, course=told, count=_count(context, series), same=same)
    if has_few(series, judged):
        return FEW_GOAL(metric=series.label, course=told, count=_count(context, series))
    return None


def _of_trend(context: Context, goal: Judged, told: Phrase) -> Phrase:
    """Return the state of a goal with its course, and the change of its tail where the state alone
    would say too much.
    """
    series, judged = goal
    state, trend = judged.state, judged.trend
    values: dict[str, Value] = {"metric": series.label, "course": told}
    if state is State.IMPROVING and trend is not None and 0 < trend.gain < FLAT_HIGH:
        # flat, by the contract, were its interval as narrow
        gained = trend.gain if is_up(context, series) else -trend.gain
        return SLOWLY(**values, gain=change(gained), rows=trend.rows)
    if state is State.INCONCLUSIVE and trend is not None:
        gain, low, high = trend.change
        return WITHIN_NOISE(
            **values, rows=trend.rows, gain=change(gain), low=change(low), high=change(high)
        )
    if state is State.INSUFFICIENT and _count(context, series) == 1:
        return ONCE(**values)
    if state is State.INSUFFICIENT:
        values["count"] = _count(context, series)
    return GOAL[state](**values)


def _by_source(series: Series, state: State, told: Phrase) -> Phrase:
    return STATE_BY_SOURCE(
        metric=series.label, path=series.path, state=STATES[state].short, course=told
    )


def _trouble(context: Context, deciding: Sequence[Judged], state: State) -> Phrase:
    names = _names(series for series, _ in _one_each(deciding))
    dead = (
        [finding for series, _ in deciding for finding in dead_findings(context, series)]
        if state is State.BROKEN
        else []
    )
    if dead:  # a score beside the loss that is lost is broken with it
        subjects = dict.fromkeys(finding.series[0] for finding in dead)
        return DEAD(names=_names(context.by_id[one] for one in list(subjects)[:MOST_NAMED]))
    if state is State.BROKEN and evaluation_alone(context):
        trained = any(series.split == "train" for series in context.progress)
        return (BROKEN_EVALUATION if trained else EMPTY_EVALUATION)(names=names)
    if state is State.BROKEN and all(_is_masked(context, series) for series, _ in deciding):
        return MASKED(names=names)
    return TROUBLE[state](names=names)


def _is_masked(context: Context, series: Series) -> bool:
    """Return whether every row of a series is finite and its zeros stand for NaN: no sentence says
    that it took one.
    """
    return bool(np.isfinite(series.y).all()) and is_masked(context, series)


def _without_rows(run: Run) -> Phrase:
    saved = [event for event in run.events if event.kind == "checkpoint"]
    if not saved:
        return NO_ROW()
    place = f"{run.source(saved[-1].source).path}:{saved[-1].line}"
    return ONLY_SAVED(place=place, quote=saved[-1].quote)


def _without_goal(
    context: Context, deciding: Sequence[Judged], state: State, main: Sequence[Judged]
) -> Phrase:
    if state in TROUBLES:
        return _trouble(context, deciding, state)
    if not context.run.series:
        return _without_rows(context.run)
    if not context.losses or not deciding:
        return NO_GOAL(metrics=_metrics(context))
    measured = [pair for pair in deciding if not pair[1].is_game] or [
        pair for pair in main if pair[1].trend is not None
    ]
    if not measured:
        return GAME(metrics=_metrics(context) or _players(main))
    if all(has_few(series, judged) for series, judged in measured):
        return FEW(
            need=MIN_ROWS, sentences=_join(_from_to(series) for series, _ in _one_each(measured))
        )
    told = _join(_state_of(series, judged.state) for series, judged in _one_each(measured))
    return OTHERS(first=GAME(metrics=_metrics(context) or _players(main)), sentences=told)


def _metrics(context: Context) -> Phrase | str:
    """Return how scores and rewards went, those of validation first: what there is to go by where
    no goal is known.
    """
    scores = [
        s
        for s in context.judged
        if context.kind(s).role == "metric"
        and context.kind(s).goal == "up"
        and np.isfinite(s.y).any()
    ]
    scores.sort(key=lambda series: series.split == "train")
    told = [_metric(series) for series in scores[:MOST_METRICS]]
    return METRICS(sentences=Join(items=tuple(told))) if told else ""


def _players(main: Sequence[Judged]) -> Phrase | str:
    """Return from where to where the losses of a game went, one of each player."""
    games = {
        MEMBER.sub("", s.name): s
        for s, judged in reversed(main)
        if judged.is_game and np.isfinite(s.y).sum() >= LEAST_TENTH
    }
    shown = [
        PLAYER(metric=one.label, **_tenths(one)) for one in list(games.values())[::-1][:MOST_NAMED]
    ]
    won = [METRIC_NAME(metric=one.label) for one in games.values() if _is_won(one)][:MOST_NAMED]
    return (
        LEVELS(
            sentences=Join(items=tuple(shown)), won=WON(names=Join(items=tuple(won))) if won else ""
        )
        if shown
        else ""
    )


def _is_won(series: Series) -> bool:
    """Return whether the loss of a player that was positive is nearly 0 at the end; a policy's or a
    critic's loss says nothing by its level.
    """
    first, last = _medians(series)
    return (
        series.metric_type == "gan"
        and not GENERATOR.fullmatch(series.name)
        and first > 0
        and 0 <= last <= MASTERED * first
    )


def _medians(series: Series) -> tuple[float, float]:
    """Return the medians of the first and of the last tenth."""
    finite = series.y[np.isfinite(series.y)]
    part = max(1, len(series) // TENTH)
    return float(np.median(finite[:part])), float(np.median(finite[-part:]))


def _tenths(series: Series) -> dict[str, Value]:
    first, last = _medians(series)
    return {"first": number(first), "last": number(last)}


def _metric(series: Series) -> Phrase:
    row = int(np.nanargmax(np.where(np.isfinite(series.y), series.y, np.nan)))
    return METRIC(
        metric=series.label,
        **_tenths(series),
        best=number(float(series.y[row])),
        axis=AXES[series.axis.value],
        x=shown_x(series.x[row]),
    )


def _count(context: Context, series: Series) -> int:
    return int(np.isfinite(measured(context, series)).sum())


def _from_to(series: Series) -> Phrase:
    told = ends(series)
    return FROM_TO(metric=series.label, path=series.path, first=told["first"], last=told["last"])


def _one_each(made: Iterable[Judged]) -> list[Judged]:
    """Return one judgement a metric and split: the first named, at most four."""
    chosen: dict[tuple[str, str], Judged] = {}
    for series, judged in made:
        chosen.setdefault((series.split, series.name), (series, judged))
    return list(chosen.values())[:MOST_NAMED]


def _names(told: Iterable[Series]) -> Value:
    """Return the names of series, each file once: `closs`, `loss_ct` in log_train.txt."""
    by_path: dict[str, list[Phrase]] = {}
    for series in told:
        by_path.setdefault(series.path, []).append(METRIC_NAME(metric=series.label))
    return _join(
        NAMED(metrics=Join(items=tuple(names)), path=path) for path, names in by_path.items()
    )


def _state_of(series: Series, state: State) -> Phrase:
    return STATE_OF(metric=series.label, path=series.path, state=STATES[state].short)


def _join(phrases: Iterable[Phrase]) -> Value:
    return Join(items=tuple(phrases)[:8])
