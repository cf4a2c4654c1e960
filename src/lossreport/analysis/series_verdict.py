"""Puts the judgement of one series into words: its state, its trend, and what would change the
verdict.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from lossreport.analysis.breakage import is_masked
from lossreport.analysis.context import Context
from lossreport.analysis.course import is_up
from lossreport.analysis.goal import measured
from lossreport.analysis.judging import (
    LAST_EPOCHS,
    LEAST_ROWS,
    Judgement,
    dead_findings,
    evaluation_alone,
)
from lossreport.analysis.payloads import NonFinite
from lossreport.analysis.schedule import constant_lr
from lossreport.analysis.trend import FLAT, FLAT_HIGH, MIN_ROWS
from lossreport.analysis.views import EPOCH_LAST
from lossreport.curves.stats import fill
from lossreport.curves.worse import ends_behind
from lossreport.model.analysis import State, Trend, Verdict
from lossreport.model.run import Axis, Series, is_epoch_level, shown_x
from lossreport.text import Phrase, Quantity, Text, Value, change, number, percent
from lossreport.words import AXES

MASKED = Text(
    zh="`{metric}`（{path}）：结尾的 0 很可能掩盖了 NaN，这次训练已经损坏。",
    en="`{metric}` ({path}): the zeros at the end most likely hide NaN; the run is broken.",
)
BROKEN_EVALUATION = Text(
    zh="`{metric}`（{path}）：结尾不是有限值，而训练 loss 每一行都有限：问题在评测或它的数据，"
    "不在训练 loss。",
    en="`{metric}` ({path}): not finite at the end, while the training losses are finite in "
    "every row: the fault lies in the evaluation or its data, not in the training loss.",
)
EMPTY_EVALUATION = Text(
    zh="`{metric}`（{path}）：结尾不是有限值，准确率也是：一个样本也没有算到，问题在评测。",
    en="`{metric}` ({path}): not finite at the end, and neither is its accuracy: not one "
    "sample was counted, the fault lies in the evaluation.",
)
BY_HALF = Text(
    zh="末段的区间含有 0，判断依据是最后一半的行：它们的区间全在改善一侧。",
    en=" The interval of the tail includes 0; the verdict rests on the last half of the rows, "
    "whose interval lies wholly on the improving side.",
)
SENTENCES: Final = {
    State.INSUFFICIENT: Text(
        zh="`{metric}`（{path}）：只有 {rows} 行有限值，不足以判断收敛；至少需要 {need} 行。",
        en="`{metric}` ({path}): too few finite rows to judge convergence ({rows} of the "
        "{need} needed).",
    ),
    State.BROKEN: Text(
        zh="`{metric}`（{path}）：训练以非有限值（NaN / Inf）告终，这次训练已经损坏。",
        en="`{metric}` ({path}): the run ended with a non-finite value and is broken.",
    ),
    State.MIXED: Text(
        zh="`{metric}`（{path}）：各行属于不同的组，在分清每一行来自哪里之前，不能判断收敛。",
        en="`{metric}` ({path}): the rows belong to different groups; convergence cannot be "
        "judged until they are separated.",
    ),
    State.DIVERGING: Text(
        zh="`{metric}`（{path}）：正在发散，末段高于此前的最好水平。",
        en="`{metric}` ({path}): diverging; the end lies above the best level reached.",
    ),
    State.UNSTABLE: Text(
        zh="`{metric}`（{path}）：不稳定，开头阶段之后仍有反复的尖峰、"
        "周期性振荡或高于随机猜测水平的 epoch。",
        en="`{metric}` ({path}): unstable, with repeated spikes, oscillation or epochs above "
        "chance after the start of the run.",
    ),
    State.OVERFITTING: Text(
        zh="`{metric}`（{path}）：过拟合，验证 loss 已经回升。",
        en="`{metric}` ({path}): overfitting; the validation loss has turned up.",
    ),
    State.WORSENING: Text(
        zh="`{metric}`（{path}）：在变差，末段不如此前的最好水平。",
        en="`{metric}` ({path}): worse at the end than at its best.",
    ),
    State.PLATEAU_HIGH: Text(
        zh="`{metric}`（{path}）：停在不好的水平（接近随机猜测水平、未达目标，"
        "或自始至终几乎没有变化）。{trend}",
        en="`{metric}` ({path}): flat at a poor level (near chance, short of the target, or "
        "hardly changed since the start). {trend}",
    ),
    State.CONVERGED: Text(
        zh="`{metric}`（{path}）：在当前学习率下已走平。{trend}{lr}",
        en="`{metric}` ({path}): flat at this learning rate. {trend}{lr}",
    ),
    State.IMPROVING: Text(
        zh="`{metric}`（{path}）：仍在改善。{trend}{half}",
        en="`{metric}` ({path}): still improving. {trend}{half}",
    ),
    State.INCONCLUSIVE: Text(
        zh="`{metric}`（{path}）：从现有的行看不出是走平还是缓慢改善。{trend}",
        en="`{metric}` ({path}): these rows cannot separate flat from slowly improving. {trend}",
    ),
}
FEW = Text(
    zh="`{metric}`（{path}）：{axis} {x0} 到 {x1} 从 {first} 到 {last}；不足 {need} 行，"
    "不给出斜率，不判断是否走平。",
    en="`{metric}` ({path}): from {first} to {last} between {axis} {x0} and {x1}; with fewer "
    "than {need} rows no slope is given, and whether it is flat is not judged.",
)
GAME = Text(
    zh="`{metric}`（{path}）：对抗训练或强化学习的 loss 不是质量指标，不据此判断收敛；"
    "请看独立的指标（FID、奖励、成功率）。",
    en="`{metric}` ({path}): the loss of adversarial training or reinforcement learning is no "
    "measure of quality, so convergence is not judged by it; look at FID, reward or "
    "success rate.",
)
TURNING = Text(
    zh="`{metric}`（{path}）：末段在变差，幅度还没有到任何一项检查要报告的程度。{trend}",
    en="`{metric}` ({path}): getting worse over its last rows, by less than any check "
    "reports. {trend}",
)
BEHIND = Text(
    zh="`{metric}`（{path}）：最后四分之一不如之前，没有在改善；是否变差，还没有超出噪声。{trend}",
    en="`{metric}` ({path}): not improving, its last quarter lies behind an earlier one; "
    "whether it gets worse is within its noise. {trend}",
)
CUT = Text(
    zh="`{metric}`（{path}）：这些行远在训练结束之前就断了，不据此判断收敛。",
    en="`{metric}` ({path}): its rows break off long before the training ended; convergence "
    "is not judged by them.",
)
STILL = Text(
    zh="`{metric}`（{path}）：已走平，但这一类 loss 走平时模型仍可能在变好，不据此判断收敛。"
    "{trend}",
    en="`{metric}` ({path}): it stands still, which settles nothing: a model may still get "
    "better while a loss of this kind does. {trend}",
)
SWING = Text(
    zh="`{metric}`（{path}）：末段在改善，但幅度超过此前各行所支持的，"
    "是波动还是新的进展还看不出。{trend}",
    en="`{metric}` ({path}): it gained over its last rows, by more than the rows before them "
    "bear out: a fluctuation, or new progress. {trend}",
)
NO_GAIN = Text(
    zh="`{metric}`（{path}）：末段没有改善。{trend}",
    en="`{metric}` ({path}): no gain over its last rows. {trend}",
)
DEAD = Text(
    zh="`{metric}`（{path}）：取到了训练不可能继续的值（见依据），这次训练已经损坏。",
    en="`{metric}` ({path}): it takes values with which nothing is trained (see the "
    "findings); the run is broken.",
)
FEW_GAIN = Text(
    zh="`{metric}`（{path}）：{axis} {x0} 到 {x1} 从 {first} 到 {last}，仍在改善；不足 {need} "
    "行，不给出斜率。",
    en="`{metric}` ({path}): still improving, from {first} to {last} between {axis} {x0} and "
    "{x1}; with fewer than {need} rows no slope is given.",
)
FROZEN = Text(
    zh="`{metric}`（{path}）的末段逐位不变，打印的很可能不是测得的值，不据此判断收敛。",
    en="`{metric}` ({path}) ends in one value to the last digit, which most likely was not "
    "measured; convergence is not judged by it.",
)
TREND = Text(
    zh="最后 {rows} 行（{axis} {first} 到 {last}）相对变化 {gain}{of}（90% 区间 {low} 到 "
    "{high}）{epochs}。",
    en="Over the last {rows} rows ({axis} {first} to {last}) it changed by {gain}{of} (90% "
    "interval {low} to {high}){epochs}.",
)
BY_SHAPE = Text(
    zh="最后 {rows} 行（{axis} {first} 到 {last}）单独看噪声太大；按整条曲线的下降形状，"
    "这一段相对变化 {gain}{of}（90% 区间 {low} 到 {high}）{epochs}。",
    en="The last {rows} rows ({axis} {first} to {last}) alone are too noisy to tell; by the "
    "decay of the whole curve they changed by {gain}{of} (90% interval {low} to "
    "{high}){epochs}.",
)
EPOCHS = Text(
    zh="；最后 {count} 个 epoch（{x0} → {x1}）从 {y0} 到 {y1}，{gain}",
    en="; over the last {count} epochs ({x0} → {x1}) from {y0} to {y1}, {gain}",
)
OF_LEVEL = Text(zh="（以这一段的中位水平为 100%）", en=" of its median level there")
LARGE: Final = 0.5
"""A change of more than half must say of what it is a share: of the median of these rows, so that a
fall may exceed 100 %.
"""
NO_TREND = Text(
    zh="行数不足 {need}，不给出斜率。", en="With fewer than {need} rows no slope is given."
)
CONSTANT_LR = Text(
    zh="学习率是常数，降低学习率后 loss 仍可能继续下降。",
    en=" The learning rate is constant; decaying it may lower the loss further.",
)
CONSTANT_LR_SCORE = Text(
    zh="学习率是常数，降低学习率后它还可能改善。",
    en=" The learning rate is constant; decaying it may improve it further.",
)
EMPTY: Final = ""
MORE_ROWS = Text(
    zh="要让区间窄到能分辨 {within} 的差别，大约需要现有行数的 {times} 倍。",
    en="About {times} times as many rows would narrow the interval enough to resolve {within}.",
)
MANY_ROWS = Text(
    zh="噪声太大，需要现有行数的十倍以上才能分辨 {within} 的差别。",
    en="The rows are too noisy: resolving {within} would take more than ten times as many.",
)
MOST_TIMES: Final = 10.0
SEPARATE = Text(
    zh="知道每一行来自哪个数据集、任务或运行（或来源为什么不一致）之后，就可以分组判断。",
    en="knowing which data set, task or run each row belongs to (or why the sources "
    "disagree); each group can then be judged.",
)
ASIDE = Text(
    zh="`{metric}`（{path}）：以非有限值（NaN / Inf）告终，无法判断；训练 loss 到最后仍是有限值。",
    en="`{metric}` ({path}): it ends with a non-finite value (NaN / Inf) and cannot be "
    "judged; the training loss ends finite.",
)


def series_verdict(context: Context, series: Series, judged: Judgement) -> Verdict:
    """Return the verdict on one series in words."""
    return Verdict(
        question="convergence",
        series=(series.id,),
        run=context.run.id,
        state=judged.state,
        confidence=judged.confidence,
        because=judged.because,
        trend=judged.trend,
        text=_sentence(context, series, judged),
        change_mind=_change_mind(context, judged),
    )


def is_unused(context: Context, series: Series) -> bool:
    """Return whether a term of several is 0 in every row, such as the class loss of a detector with
    one class: there is nothing to judge.
    """

    def is_zero(one: Series) -> bool:
        return bool(len(one)) and not np.any(one.y)  # NaN counts as not 0

    return (
        is_zero(series)
        and not is_masked(context, series)
        and not all(is_zero(one) for one in context.progress)
    )


# ---------------------------------------------------------------------------------------- sentences
def _sentence(context: Context, series: Series, judged: Judgement) -> Phrase:
    values: dict[str, Value] = {"metric": series.label, "path": series.path}
    text = _no_curve(judged) or _broken(context, series, judged)
    if text is not None:
        return text(**values)
    if has_few(series, judged):
        return FEW(**values, **ends(series), need=MIN_ROWS)
    if judged.state is State.IMPROVING and judged.trend is None:
        return FEW_GAIN(**values, **ends(series), need=MIN_ROWS)
    values |= _told(context, series, judged)
    return (_undecided(context, series, judged) or SENTENCES[judged.state])(**values)


def _no_curve(judged: Judgement) -> Text | None:
    """Return what is said of rows that are no curve."""
    texts = ((GAME, judged.is_game), (FROZEN, judged.is_frozen), (CUT, judged.is_cut))
    return next((text for text, holds in texts if holds), None)


def _broken(context: Context, series: Series, judged: Judgement) -> Text | None:
    """Return what is said of a broken series, where it is more than that."""
    if judged.state is not State.BROKEN:
        return None
    if dead_findings(context, series):
        return DEAD
    if is_aside(context, series):
        return ASIDE
    if series.split != "train" and evaluation_alone(context):
        trained = any(one.split == "train" for one in context.progress)
        return BROKEN_EVALUATION if trained else EMPTY_EVALUATION
    return MASKED if np.isfinite(series.y[-1]) and is_masked(context, series) else None


def _undecided(context: Context, series: Series, judged: Judgement) -> Text | None:
    """Return what is said of a series of which it cannot be said whether it is flat."""
    texts = (
        (TURNING, is_turning(judged)),
        (BEHIND, is_behind(context, series, judged)),
        (STILL, judged.is_still),
        (SWING, is_swing(judged)),
        (NO_GAIN, gains_nothing(judged)),
    )
    return next((text for text, holds in texts if holds), None)


def _told(context: Context, series: Series, judged: Judgement) -> dict[str, Value]:
    """Return what the sentence of a state holds besides the name of its series."""
    if judged.state is State.INSUFFICIENT:
        return {"rows": int(np.isfinite(measured(context, series)).sum()), "need": LEAST_ROWS}
    values: dict[str, Value] = {}
    if judged.state in (State.PLATEAU_HIGH, State.CONVERGED, State.IMPROVING, State.INCONCLUSIVE):
        values["trend"] = _trend(context, series, judged.trend)
    if judged.state is State.IMPROVING:
        values["half"] = BY_HALF() if judged.by_half else EMPTY
    if judged.state is State.CONVERGED:
        told = CONSTANT_LR if context.is_loss(series) else CONSTANT_LR_SCORE
        values["lr"] = told() if constant_lr(context) else EMPTY
    return values


def _trend(context: Context, series: Series, trend: Trend | None) -> Phrase | str:
    if trend is None:  # of one value in every row there is none to tell
        return NO_TREND(need=MIN_ROWS) if int(np.isfinite(series.y).sum()) < MIN_ROWS else EMPTY
    template = TREND if trend.basis == "tail" else BY_SHAPE
    gain, low, high = trend.change
    return template(
        rows=trend.rows,
        axis=AXES[series.axis.value],
        first=shown_x(trend.first.x),
        last=shown_x(trend.last.x),
        gain=change(gain),
        of=OF_LEVEL() if max(abs(trend.gain), abs(trend.low), abs(trend.high)) > LARGE else EMPTY,
        low=change(low),
        high=change(high),
        epochs=last_epochs(context, series) or EMPTY,
    )


def last_epochs(context: Context, series: Series) -> Phrase | None:
    """Return the change over the last three epochs in words, or None where the log has fewer
    epochs.
    """
    ends = context.view(series, EPOCH_LAST) if not is_epoch_level(series) else series
    if ends is None or ends.axis is not Axis.EPOCH or not len(ends):
        return None
    before = np.flatnonzero(ends.x <= ends.x[-1] - LAST_EPOCHS)  # rows may stand inside an epoch
    if not len(before) or ends.y[before[-1]] <= 0:
        return None
    y0, y1 = float(ends.y[before[-1]]), float(ends.y[-1])
    x0, x1 = float(ends.x[before[-1]]), float(ends.x[-1])
    return EPOCHS(
        count=shown_x(round(x1 - x0, 2)),
        x0=shown_x(x0),
        x1=shown_x(x1),
        y0=number(y0),
        y1=number(y1),
        gain=change(y1 / y0 - 1),
    )


def _change_mind(context: Context, judged: Judgement) -> Phrase | None:
    if judged.state is State.MIXED:
        return SEPARATE()
    trend = judged.trend
    if judged.state is State.INCONCLUSIVE and trend is not None:
        within = context.threshold(FLAT)
        times = ((trend.high - trend.low) / within) ** 2
        if times > MOST_TIMES:
            return MANY_ROWS(within=percent(within))
        return MORE_ROWS(times=Quantity(value=max(1.5, times), digits=2), within=percent(within))
    return None


def is_aside(context: Context, series: Series) -> bool:
    """Return whether a series is broken while the training went on: a validation that cannot be
    computed breaks no run.
    """
    return any(broken.aside for _, broken in context.seen(NonFinite, series)) and not np.isfinite(
        series.y[-1]
    )


def is_turning(judged: Judgement) -> bool:
    """Return whether the last rows got worse although the series is not shown to end worse than its
    best.
    """
    trend = judged.trend
    return judged.state is State.INCONCLUSIVE and trend is not None and trend.high < -FLAT_HIGH


def is_swing(judged: Judgement) -> bool:
    """Return whether an undecided series surely gained in its tail: what is open is whether that
    lasts, not whether it is flat.
    """
    trend = judged.trend
    return (
        judged.state is State.INCONCLUSIVE
        and not judged.is_back
        and trend is not None
        and trend.low > 0
    )


def gains_nothing(judged: Judgement) -> bool:
    """Return whether an undecided series surely did not gain in its tail: flat or worse, but not
    slowly improving.
    """
    trend = judged.trend
    return (
        judged.state is State.INCONCLUSIVE
        and not judged.is_still
        and trend is not None
        and trend.high <= 0
    )


def is_behind(context: Context, series: Series, judged: Judgement) -> bool:
    """Return whether an undecided series surely does not improve: it ended worse than a quarter
    before, if not by enough to call it so.
    """
    if (
        judged.state is not State.INCONCLUSIVE
        or judged.is_game
        or judged.is_frozen
        or judged.is_cut
    ):
        return False
    values = measured(context, series)
    return ends_behind(fill(-values if is_up(context, series) else values))


def has_few(series: Series, judged: Judgement) -> bool:
    """Return whether a series is undecided for its rows alone."""
    return judged.state is State.INCONCLUSIVE and int(np.isfinite(series.y).sum()) < MIN_ROWS


def ends(series: Series) -> dict[str, Value]:
    rows = np.flatnonzero(np.isfinite(series.y))
    first, last = int(rows[0]), int(rows[-1])
    return {
        "axis": AXES[series.axis.value],
        "x0": shown_x(series.x[first]),
        "x1": shown_x(series.x[last]),
        "first": number(float(series.y[first])),
        "last": number(float(series.y[last])),
    }
