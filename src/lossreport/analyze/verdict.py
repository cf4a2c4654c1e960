"""The state of every loss and of the whole run: the first of the contract's states that holds, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from lossreport.analyze.best import TOTALS
from lossreport.analyze.composition import weighted_terms
from lossreport.analyze.decay import decay_trend
from lossreport.analyze.detector import REWARD_WORD, Context, clean, is_epoch_level, shown_x
from lossreport.analyze.detectors.no_learning import hardly_moved
from lossreport.analyze.schedule import constant_lr, lr_changes
from lossreport.analyze.trend import FLAT_GAIN, FLAT_HIGH, MIN_ROWS, TAIL, WIDE_TAIL, flat_trend, gains, is_flat, is_improving, tail_trend
from lossreport.analyze.views import EPOCH_LAST
from lossreport.knowledge.loss_type import GENERIC, loss_type
from lossreport.model.analysis import Confidence, Finding, Severity, State, Trend, Verdict
from lossreport.model.run import Axis, Floats, Series
from lossreport.text import Join, Phrase, Quantity, Text, Value, change, number
from lossreport.words import AXES, KINDS

LEAST_ROWS: Final = 5
LEAST_TAIL: Final = 3
SECOND_HALF: Final = 0.5
VERY_SHORT: Final = 20
"""Two spikes among so few rows are a share that makes no curve stable, wherever they stand."""
WARM_UP: Final = 0.10
MIN_SPIKES: Final = 2
BURST: Final = 0.01
"""Excursions within 1 % of the rows count once (SCIENCE.md section 7)."""
NEAR_CHANCE: Final = 0.03
OVER_TARGET: Final = 1.10
LAST_EPOCHS: Final = 3
"""The change quoted in words is that over the last three epochs."""
NO_METRIC: Final = ("diffusion", "flow_matching", "gan", "policy", "value", "preference")
"""Kinds whose loss is not the metric: a flat loss is never called converged (SCIENCE.md R22)."""

MASKED = Text(
    zh="`{metric}`（{path}）：结尾的 0 很可能掩盖了 NaN，这次训练已经损坏。",
    en="`{metric}` ({path}): the zeros at the end most likely hide NaN; the run is broken.",
)
BROKEN_EVALUATION = Text(
    zh="`{metric}`（{path}）：结尾不是有限值，而训练 loss 每一行都有限：问题在评测或它的数据，不在训练 loss。",
    en="`{metric}` ({path}): not finite at the end, while the training losses are finite in every row: the fault lies in the evaluation or its data, not in the training loss.",
)
BY_HALF = Text(
    zh="末段的区间含有 0，判断依据是最后一半的行：它们的区间全在改善一侧。",
    en=" The interval of the tail includes 0; the verdict rests on the last half of the rows, whose interval lies wholly on the improving side.",
)
SENTENCES: Final = {
    State.INSUFFICIENT: Text(
        zh="`{metric}`（{path}）：只有 {rows} 行有限值，不足以判断收敛；至少需要 {need} 行。",
        en="`{metric}` ({path}): {rows} finite rows are too few to judge convergence; {need} are needed.",
    ),
    State.BROKEN: Text(
        zh="`{metric}`（{path}）：训练以非有限值（NaN / Inf）告终，这次训练已经损坏。",
        en="`{metric}` ({path}): the run ended with a non-finite value and is broken.",
    ),
    State.MIXED: Text(
        zh="`{metric}`（{path}）：各行属于不同的组，在分清每一行来自哪里之前，不能判断收敛。",
        en="`{metric}` ({path}): the rows belong to different groups; convergence cannot be judged until they are separated.",
    ),
    State.DIVERGING: Text(
        zh="`{metric}`（{path}）：正在发散，末段高于此前的最好水平。",
        en="`{metric}` ({path}): diverging; the end lies above the best level reached.",
    ),
    State.UNSTABLE: Text(
        zh="`{metric}`（{path}）：不稳定，开头阶段之后仍有反复的尖峰、周期性振荡或高于机会水平的 epoch。",
        en="`{metric}` ({path}): unstable, with repeated spikes, oscillation or epochs above chance after the start of the run.",
    ),
    State.OVERFITTING: Text(
        zh="`{metric}`（{path}）：过拟合，验证 loss 已经回升。",
        en="`{metric}` ({path}): overfitting; the validation loss has turned up.",
    ),
    State.PLATEAU_HIGH: Text(
        zh="`{metric}`（{path}）：停在高位（接近机会水平、高于目标，或自始至终几乎没有变化）。{trend}",
        en="`{metric}` ({path}): flat at a high level (near chance, above the target, or hardly changed since the start). {trend}",
    ),
    State.CONVERGED: Text(
        zh="`{metric}`（{path}）：在当前学习率下已走平。{trend}{lr}",
        en="`{metric}` ({path}): flat at this learning rate. {trend}{lr}",
    ),
    State.IMPROVING: Text(zh="`{metric}`（{path}）：仍在改善。{trend}{half}", en="`{metric}` ({path}): still improving. {trend}{half}"),
    State.INCONCLUSIVE: Text(
        zh="`{metric}`（{path}）：从现有的行看不出是走平还是缓慢改善。{trend}",
        en="`{metric}` ({path}): these rows cannot separate flat from slowly improving. {trend}",
    ),
}
GAME = Text(
    zh="`{metric}`（{path}）：对抗训练或强化学习的 loss 不是质量指标，不据此判断收敛；请看独立的指标（FID、奖励、成功率）。",
    en="`{metric}` ({path}): the loss of adversarial training or reinforcement learning is no measure of quality, so convergence is not judged by it; look at FID, reward or success rate.",
)
FROZEN = Text(
    zh="`{metric}`（{path}）的末段逐位不变，打印的很可能不是测得的值，不据此判断收敛。",
    en="`{metric}` ({path}) ends in one value to the last digit, which most likely was not measured; convergence is not judged by it.",
)
RUN_BROKEN_EVALUATION = Text(
    zh="验证结果不可用：{names} 以非有限值（NaN / Inf）结尾，而训练 loss 每一行都有限，所以不能用它判断过拟合、选 checkpoint；训练本身不因此判为损坏。",
    en="The validation cannot be used: {names} ends in values that are not finite (NaN / Inf), while the training losses are finite in every row. Overfitting cannot be judged and no checkpoint chosen by it; the training itself is not shown to be broken.",
)
RUN_GAME = Text(
    zh="对抗训练或强化学习的 loss 不是质量指标，不能据此判定这次训练是否收敛。{reward}{open}",
    en="The losses of adversarial training or reinforcement learning are no measure of quality, so whether this run converged is not judged by them.{reward}{open}",
)
REWARD = Text(
    zh="`{metric}`（{path}）从 {first} 到 {last}（前、后各十分之一行的中位数），最高 {best}（{axis} {x}）。",
    en=" `{metric}` ({path}) went from {first} to {last} (medians of the first and the last tenth of its rows); its highest value is {best}, at {axis} {x}.",
)
RUN_UNMEASURED = Text(
    zh="日志里没有认出任何 loss，因此不判断收敛。{reward}{open}",
    en="No loss was recognised in the logs, so convergence is not judged.{reward}{open}",
)
RUN_FROZEN = Text(
    zh="不能判定这次训练是否收敛：有损失从某一行起逐位不变，打印的很可能不是测得的值。",
    en="Whether this run converged cannot be judged: from some row on a loss is one value to the last digit, which most likely was not measured.",
)
TREND = Text(
    zh="最后 {rows} 行（{axis} {first} 到 {last}）相对变化 {gain}{of}（90 % 区间 {low} 到 {high}）{epochs}。",
    en="Over the last {rows} rows ({axis} {first} to {last}) it changed by {gain}{of} (90 % interval {low} to {high}){epochs}.",
)
BY_SHAPE = Text(
    zh="最后 {rows} 行（{axis} {first} 到 {last}）单独看噪声太大；按整条曲线的下降形状，这一段相对变化 {gain}{of}（90 % 区间 {low} 到 {high}）{epochs}。",
    en="The last {rows} rows ({axis} {first} to {last}) alone are too noisy to tell; by the decay of the whole curve they changed by {gain}{of} (90 % interval {low} to {high}){epochs}.",
)
EPOCHS = Text(
    zh="；最后 {count} 个 epoch（{x0} → {x1}）从 {y0} 到 {y1}，{gain}",
    en="; over the last {count} epochs ({x0} → {x1}) from {y0} to {y1}, {gain}",
)
OF_LEVEL = Text(zh="（以这一段的中位水平为 100 %）", en=" of its median level there")
LARGE: Final = 0.5
"""A change of more than half must say of what it is a share: of the median of these rows, so that a fall may exceed 100 %."""
NO_TREND = Text(zh="行数不足 {need}，不给出斜率。", en="With fewer than {need} rows no slope is given.")
CONSTANT_LR = Text(
    zh="学习率是常数，降低学习率后 loss 仍可能继续下降。", en=" The learning rate is constant; decaying it may lower the loss further."
)
EMPTY: Final = ""
MORE_ROWS = Text(
    zh="要让区间窄到能分辨 2 % 的差别，大约需要现有行数的 {times} 倍。",
    en="About {times} times as many rows would narrow the interval enough to resolve 2 %.",
)
MANY_ROWS = Text(
    zh="噪声太大，需要现有行数的十倍以上才能分辨 2 % 的差别。",
    en="The rows are too noisy: resolving 2 % would take more than ten times as many.",
)
MOST_TIMES: Final = 10.0
SEPARATE = Text(
    zh="知道每一行来自哪个数据集、任务或运行（或来源为什么不一致）之后，就可以分组判断。",
    en="knowing which data set, task or run each row belongs to (or why the sources disagree); each group can then be judged.",
)
RUN: Final = {
    State.INSUFFICIENT: Text(zh="日志太短，还不能判断这次训练是否收敛。", en="The logs are too short to judge whether this run converged."),
    State.BROKEN: Text(
        zh="训练已损坏：出现了非有限值（NaN / Inf），之后的数字不可信。",
        en="The run is broken: values that are not finite (NaN / Inf) appeared, and nothing after them can be trusted.",
    ),
    State.MIXED: Text(
        zh="目前不能判定这次训练是否收敛：{names}的各行混杂了不同的组，必须先分清每一行的来历。{others}",
        en="Whether this run converged cannot be judged yet: the rows of {names} mix different groups, which must be separated first.{others}",
    ),
    State.DIVERGING: Text(zh="训练正在发散：{names}。{others}", en="The run is diverging ({names}).{others}"),
    State.UNSTABLE: Text(zh="训练不稳定：{names}。{others}", en="The run is unstable ({names}).{others}"),
    State.OVERFITTING: Text(zh="训练已经过拟合：{names}。{others}", en="The run overfits ({names}).{others}"),
    State.PLATEAU_HIGH: Text(zh="训练停在高位：{names}。{others}", en="The run is flat at a high level ({names}).{others}"),
    State.CONVERGED: Text(
        zh="各项 loss 在当前学习率下都已走平：{names}。{open}", en="All losses are flat at this learning rate ({names}).{open}"
    ),
    State.IMPROVING: Text(zh="仍在改善：{names}。{others}{open}", en="The run is still improving ({names}).{others}{open}"),
    State.INCONCLUSIVE: Text(
        zh="从现有的行看不出是走平还是缓慢改善。{open}", en="The rows logged cannot separate flat from slowly improving.{open}"
    ),
}
NOTHING_OPEN = Text(zh="没有发现需要停下来的问题。", en=" Nothing found calls for stopping.")
OPEN = Text(zh="有 {count} 条发现需要先看：{kinds}。", en=" Findings to look at first ({count}): {kinds}.")
OTHERS = Text(zh="另外：{sentences}。", en=" Besides, {sentences}.")
STATE_OF = Text(zh="`{metric}`（{path}）{state}", en="`{metric}` ({path}) is {state}")
SHORT: Final = {
    State.INSUFFICIENT: Text(zh="数据不足", en="too short to judge"),
    State.BROKEN: Text(zh="已损坏", en="broken"),
    State.MIXED: Text(zh="混杂", en="mixed"),
    State.DIVERGING: Text(zh="发散", en="diverging"),
    State.UNSTABLE: Text(zh="不稳定", en="unstable"),
    State.OVERFITTING: Text(zh="过拟合", en="overfitting"),
    State.PLATEAU_HIGH: Text(zh="停在高位", en="flat at a high level"),
    State.CONVERGED: Text(zh="在当前学习率下已走平", en="flat at this learning rate"),
    State.IMPROVING: Text(zh="仍在改善", en="still improving"),
    State.INCONCLUSIVE: Text(zh="尚无定论", en="inconclusive"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A state with the findings it rests on and the trend it was read from; `is_game` where the loss is no measure to judge by.

    `by_half` where the tail was too noisy and a clear gain of the last half of the rows decided; `is_frozen` where the loss stopped to be measured.
    """

    state: State
    because: tuple[str, ...] = ()
    trend: Trend | None = None
    confidence: Confidence = "medium"
    is_game: bool = False
    by_half: bool = False
    is_frozen: bool = False


def verdicts(context: Context) -> Iterator[Verdict]:
    """Yield a verdict for every loss and, last, one for the run. `context.found` must carry final ids."""
    made = []
    for series in context.progress:
        if _is_unused(context, series):
            continue
        judged = judge(context, series)
        made.append((series, judged))
        yield Verdict(
            question="convergence",
            series=(series.id,),
            run=context.run.id,
            state=judged.state,
            confidence=judged.confidence,
            because=judged.because,
            trend=judged.trend,
            text=_sentence(context, series, judged),
            change_mind=_change_mind(judged),
        )
    yield _of_run(context, made)


def _is_unused(context: Context, series: Series) -> bool:
    """Return whether a term of several is 0 in every row, such as the class loss of a detector with one class: there is nothing to judge."""

    def is_zero(one: Series) -> bool:
        return bool(len(one)) and not np.any(one.y)  # NaN counts as not 0

    return is_zero(series) and not context.has("masked_nonfinite", series) and not all(is_zero(one) for one in context.progress)


def judge(context: Context, series: Series) -> Judgement:
    """Return the first state of the contract that holds for one series."""
    finite = np.isfinite(series.y)
    tail = finite[-max(1, round(0.25 * len(series))) :]
    if (len(series) and not finite[-1]) or _reported_nonfinite(context):
        return Judgement(state=State.BROKEN, because=_ids(context, series, ("nonfinite",), anywhere=True), confidence="high")
    if context.has("masked_nonfinite", series):
        return Judgement(state=State.BROKEN, because=_ids(context, series, ("masked_nonfinite",)), confidence="high")
    if finite.sum() < LEAST_ROWS or tail.sum() < min(LEAST_TAIL, len(tail)):
        return Judgement(state=State.INSUFFICIENT, confidence="high")
    if context.has("mixture", series):
        because = _ids(context, series, ("mixture", "mixed_reduction"))
        return Judgement(state=State.MIXED, because=because, confidence="high")
    if context.has("frozen_metric", series):
        because = _ids(context, series, ("frozen_metric",))
        return Judgement(state=State.INCONCLUSIVE, because=because, confidence="high", is_frozen=True)
    if not context.is_measure(series):
        return Judgement(state=State.INCONCLUSIVE, confidence="high", is_game=True)
    if context.has("divergence", series):
        return Judgement(state=State.DIVERGING, because=_ids(context, series, ("divergence",)), confidence="high")
    unstable = _unstable(context, series)
    if unstable:
        return Judgement(state=State.UNSTABLE, because=tuple(finding.id for finding in unstable), confidence="medium")
    if any(f.kind == "overfitting" and f.series[0] == series.id and not f.numbers["component"] for f in context.found):
        return Judgement(state=State.OVERFITTING, because=_ids(context, series, ("overfitting",)), confidence="medium")
    return _by_trend(context, series)


def _by_trend(context: Context, series: Series) -> Judgement:
    y = clean(series, context.spike_spans(series))
    trend, wide = tail_trend(series, y), tail_trend(series, y, WIDE_TAIL)
    if trend is None:
        return Judgement(state=State.INCONCLUSIVE, confidence="low")
    if hardly_moved(y) is not None:
        because = _ids(context, series, ("no_learning",))
        return Judgement(state=State.PLATEAU_HIGH, because=because, trend=trend, confidence="high" if because else "medium")
    decays = not lr_changes(context)
    within = context.threshold("flat_gain", FLAT_HIGH)
    flat = flat_trend(series, y, decays=decays, high=within)
    if flat is not None:
        return _flat(context, series, y, flat)
    shape = decay_trend(series, y, TAIL) if decays and trend.low <= 0 else None
    if shape is not None and is_flat(shape, high=within) and trend.low < shape.high:
        return _flat(context, series, y, shape)
    if is_improving(trend, wide, decays=decays):
        by_half = not gains(trend)
        return Judgement(state=State.IMPROVING, trend=trend, confidence="high" if trend.low > 0 else "medium", by_half=by_half)
    fell = [f for f in context.found if f.kind == "level_shift" and f.series[0] == series.id and f.explained_by and f.numbers["size"] < 0]
    if any(f.start.row >= trend.first.row for f in fell):  # the drop of the learning rate within the tail is its gain
        return Judgement(state=State.IMPROVING, because=tuple(f.id for f in fell), trend=trend, confidence="medium")
    if shape is not None and shape.low > FLAT_GAIN and shape.low < trend.high:
        return Judgement(state=State.IMPROVING, trend=shape, confidence="medium")
    return Judgement(state=State.INCONCLUSIVE, trend=trend, confidence="low")


def _flat(context: Context, series: Series, y: Floats, trend: Trend) -> Judgement:
    high = _is_high(context, series, y)
    state = State.PLATEAU_HIGH if high else State.INCONCLUSIVE if series.metric_type in NO_METRIC else State.CONVERGED
    return Judgement(state=state, because=_ids(context, series, ("no_learning",)), trend=trend, confidence="high" if high else "medium")


def _is_high(context: Context, series: Series, y: Floats) -> bool:
    level = float(np.median(y[-max(2, len(y) // 20) :]))
    chance = context.chance(series) or (loss_type("cross_entropy").chance(context.known(series)) if series.metric_type == GENERIC else None)
    target = context.facts.get(f"target.{series.name}")
    near = chance is not None and abs(level - chance.value) < NEAR_CHANCE * chance.value
    above = isinstance(target, int | float) and level > OVER_TARGET * target
    return near or above or context.has("constant_metric", series)


def _unstable(context: Context, series: Series) -> list[Finding]:
    """Return the findings that make a series unstable: two spikes in the second half (anywhere in 20 rows), or an epoch above chance after warm-up.

    Spikes of a validation alone are the noise of evaluating: they count where a training loss spiked as well.
    """
    late = 0.0 if len(series) <= VERY_SHORT else SECOND_HALF * len(series)
    spikes = [f for f in context.found if f.kind == "spike" and f.series[0] == series.id and f.start.row >= late]
    if series.split != "train" and not any(f.kind == "spike" and f.series[0] in context.training for f in context.found):
        spikes = []
    chance = [
        f
        for f in context.found
        if f.kind == "above_chance"
        and f.series[0] == series.id
        and is_epoch_level(series)
        and any(row >= WARM_UP * len(series) for row in f.rows)
    ]
    swings = [f for f in context.found if f.kind == "oscillation" and f.series[0] == series.id and not f.numbers["with_epochs"]]
    return (spikes if _events(spikes, len(series)) >= MIN_SPIKES else []) + chance + swings


def _events(spikes: Sequence[Finding], rows: int) -> int:
    """Return how many events the spikes are: those within 1 % of the rows of each other are one burst."""
    ordered = sorted(spikes, key=lambda finding: finding.start.row)
    apart = sum(after.start.row - before.end.row > BURST * rows for before, after in pairwise(ordered))
    return apart + bool(ordered)


def _reported_nonfinite(context: Context) -> bool:
    return any(finding.kind == "nonfinite" and finding.key.startswith("nonfinite:exit") for finding in context.found)


def _ids(context: Context, series: Series, kinds: Sequence[str], anywhere: bool = False) -> tuple[str, ...]:
    return tuple(f.id for f in context.found if f.kind in kinds and (anywhere or series.id in f.series))


# ------------------------------------------------------------------------------------------------ sentences
def _sentence(context: Context, series: Series, judged: Judgement) -> Phrase:
    values: dict[str, Value] = {"metric": series.label, "path": series.path}
    if judged.is_game or judged.is_frozen:
        return (GAME if judged.is_game else FROZEN)(**values)
    if judged.state is State.BROKEN and series.split != "train" and evaluation_alone(context):
        return BROKEN_EVALUATION(**values)
    match judged.state:
        case State.INSUFFICIENT:
            values |= {"rows": int(np.isfinite(series.y).sum()), "need": LEAST_ROWS}
        case State.PLATEAU_HIGH | State.CONVERGED | State.IMPROVING | State.INCONCLUSIVE:
            values["trend"] = _trend(context, series, judged.trend)
        case State.BROKEN | State.MIXED | State.DIVERGING | State.UNSTABLE | State.OVERFITTING:
            pass
    if judged.state is State.BROKEN and np.isfinite(series.y[-1]) and context.has("masked_nonfinite", series):
        return MASKED(**values)
    if judged.state is State.IMPROVING:
        values["half"] = BY_HALF() if judged.by_half else EMPTY
    if judged.state is State.CONVERGED:
        values["lr"] = CONSTANT_LR() if constant_lr(context) else EMPTY
    return SENTENCES[judged.state](**values)


def _trend(context: Context, series: Series, trend: Trend | None) -> Phrase:
    if trend is None:
        return NO_TREND(need=MIN_ROWS)
    template = TREND if trend.basis == "tail" else BY_SHAPE
    return template(
        rows=trend.rows,
        axis=AXES[series.axis.value],
        first=shown_x(trend.first.x),
        last=shown_x(trend.last.x),
        gain=change(-trend.gain),
        of=OF_LEVEL() if max(abs(trend.gain), abs(trend.low), abs(trend.high)) > LARGE else EMPTY,
        low=change(-trend.high),
        high=change(-trend.low),
        epochs=last_epochs(context, series) or EMPTY,
    )


def last_epochs(context: Context, series: Series) -> Phrase | None:
    """Return the change over the last three epochs in words, or None where the log has fewer epochs."""
    ends = context.view(series, EPOCH_LAST) if not is_epoch_level(series) else series
    if ends is None or ends.axis is not Axis.EPOCH or len(ends) <= LAST_EPOCHS or ends.y[-1 - LAST_EPOCHS] <= 0:
        return None
    y0, y1 = float(ends.y[-1 - LAST_EPOCHS]), float(ends.y[-1])
    x0, x1 = float(ends.x[-1 - LAST_EPOCHS]), float(ends.x[-1])
    if np.any(np.diff(ends.x[-1 - LAST_EPOCHS :]) <= 0):  # several rows an epoch
        return None
    return EPOCHS(count=int(x1 - x0), x0=shown_x(x0), x1=shown_x(x1), y0=number(y0), y1=number(y1), gain=change(y1 / y0 - 1))


def _change_mind(judged: Judgement) -> Phrase | None:
    if judged.state is State.MIXED:
        return SEPARATE()
    trend = judged.trend
    if judged.state is State.INCONCLUSIVE and trend is not None:
        times = ((trend.high - trend.low) / 0.02) ** 2
        return MORE_ROWS(times=Quantity(value=max(1.5, times), digits=2)) if times <= MOST_TIMES else MANY_ROWS()
    return None


# ------------------------------------------------------------------------------------------------ the whole run
def main_losses(context: Context) -> list[Series]:
    """Return the losses that decide over the run: the total and its terms where they are known, else all; validation included."""
    train = [series for series in context.progress if series.split == "train"]
    totals = {s.name for s in train if s.name in TOTALS} or {s.name for s in train if s.metric_type == GENERIC}
    terms = {series.name for series, _ in weighted_terms(context, train)} | totals
    chosen = [series for series in context.progress if series.name in terms]
    return chosen or list(context.progress)


def _of_run(context: Context, made: Sequence[tuple[Series, Judgement]]) -> Verdict:
    wanted = {series.id for series in main_losses(context)}
    main = [(series, judged) for series, judged in made if series.id in wanted]
    state = run_state([judged.state for _, judged in main])
    deciding = [(series, judged) for series, judged in main if judged.state is state]
    if state in (State.IMPROVING, State.CONVERGED):
        deciding = _one_each(deciding)
    rest = _one_each((series, judged) for series, judged in main if judged.state is not state and judged.trend is not None)
    frozen = state in (State.IMPROVING, State.CONVERGED, State.INCONCLUSIVE) and any(judged.is_frozen for _, judged in main)
    if frozen:
        state, deciding = State.INCONCLUSIVE, [(series, judged) for series, judged in main if judged.is_frozen]
    games = state is State.INCONCLUSIVE and not frozen and bool(deciding) and all(judged.is_game for _, judged in deciding)
    template = RUN_FROZEN if frozen else RUN_GAME if games else RUN[state]
    if not made:
        template = RUN_UNMEASURED
    if state is State.BROKEN and evaluation_alone(context):
        template = RUN_BROKEN_EVALUATION
    values: dict[str, Value] = {}
    if "{names}" in template.en:
        values["names"] = _join(_named(series) for series, _ in deciding)
    if "{others}" in template.en:
        values["others"] = OTHERS(sentences=_join(_state_of(series, judged.state) for series, judged in rest)) if rest else EMPTY
    if "{reward}" in template.en:
        values["reward"] = _reward(context) or EMPTY
    if "{open}" in template.en:
        values["open"] = _open(context)
    because = tuple(dict.fromkeys(finding for _, judged in deciding for finding in judged.because))
    order: list[Confidence] = ["low", "medium", "high"]
    confidence: Confidence = min((judged.confidence for _, judged in deciding), key=order.index, default=order[0])
    return Verdict(
        question="convergence",
        series=(),
        run=context.run.id,
        state=state,
        confidence=confidence,
        because=because,
        text=template(**values),
        change_mind=SEPARATE() if state is State.MIXED else None,
    )


def evaluation_alone(context: Context) -> bool:
    """Return whether all that is not finite are values of a validation: the training losses are finite in every row, and no exit is reported."""
    train = [series for series in context.progress if series.split == "train"]
    broken = _reported_nonfinite(context) or any(context.has("masked_nonfinite", series) for series in train)
    return bool(train) and not broken and all(np.isfinite(series.y).all() for series in train)


def _reward(context: Context) -> Phrase | None:
    """Return what the reward did, which decides where the losses do not: that with the most rows, an evaluated one first."""
    kinds = (s for s in context.judged if s.metric_type == "reward" and (s.split == "train" or REWARD_WORD.search(s.name)))
    rewards = [s for s in kinds if np.isfinite(s.y).sum() >= LEAST_ROWS]
    if not rewards:
        return None
    series = max(rewards, key=lambda s: (s.split != "train", len(s)))
    rows = np.flatnonzero(np.isfinite(series.y))
    y, tenth = series.y[rows], max(1, len(rows) // 10)
    best = int(rows[int(np.argmax(y))])
    return REWARD(
        metric=series.label,
        path=series.path,
        first=number(float(np.median(y[:tenth]))),
        last=number(float(np.median(y[-tenth:]))),
        best=number(float(series.y[best])),
        axis=AXES[series.axis.value],
        x=shown_x(float(series.x[best])),
    )


def _open(context: Context) -> Phrase:
    """Return what must be looked at although the verdict itself is no trouble: findings of medium severity and more."""
    grave = [f for f in context.found if f.severity.rank >= Severity.MEDIUM.rank and f.explained_by is None]
    if not grave:
        return NOTHING_OPEN()
    kinds = tuple(dict.fromkeys(KINDS.get(f.kind, f.kind) for f in grave))
    return OPEN(count=len(grave), kinds=Join(items=kinds[:4]))


def _one_each(made: Iterable[tuple[Series, Judgement]]) -> list[tuple[Series, Judgement]]:
    """Return one judgement a metric and split: the first named, at most four."""
    chosen: dict[tuple[str, str], tuple[Series, Judgement]] = {}
    for series, judged in made:
        chosen.setdefault((series.split, series.name), (series, judged))
    return list(chosen.values())[:4]


def run_state(states: Sequence[State]) -> State:
    """Return the state of a run: the first trouble of any of its losses; converged only where all are flat, improving where any is.

    Series that are too short count only where all are.
    """
    told = [state for state in states if state is not State.INSUFFICIENT]
    if not told:
        return State.INSUFFICIENT
    for trouble in (State.BROKEN, State.MIXED, State.DIVERGING, State.UNSTABLE, State.OVERFITTING, State.PLATEAU_HIGH):
        if trouble in told:
            return trouble
    if State.IMPROVING in told:
        return State.IMPROVING
    return State.CONVERGED if all(state is State.CONVERGED for state in told) else State.INCONCLUSIVE


NAMED = Text(zh="`{metric}`（{path}）", en="`{metric}` in {path}")


def _named(series: Series) -> Phrase:
    return NAMED(metric=series.label, path=series.path)


def _state_of(series: Series, state: State) -> Phrase:
    return STATE_OF(metric=series.label, path=series.path, state=SHORT[state])


def _join(phrases: Iterator[Phrase]) -> Value:
    return Join(items=tuple(phrases)[:8])
