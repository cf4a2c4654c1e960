"""What to do about slow trouble: a loss scale that keeps halving, spikes that come more often, a
z-loss that grows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.adviser import Advice, Case
from lossreport.analysis.trend import tail_trend
from lossreport.curves.stats import finite
from lossreport.knowledge.loss_type import GENERIC
from lossreport.model.analysis import Recommendation
from lossreport.model.run import Axis, Floats, Series
from lossreport.text import Text, change, number

HALVINGS: Final = 4.0
"""Least fall of a loss scale from its highest to its last value: fewer halvings are the search for
its level.
"""
LATE_HALVINGS: Final = 2.0
"""A scale that found a level is halved and doubled about it; one that loses two more halvings over
its last half, and ends lowest, has not.
"""
FLOOR: Final = 1.0
"""At 1 nothing is scaled any more: Megatron and DeepSpeed stop there."""
OVERFLOWS: Final = 10
OVERFLOW_RATE: Final = 0.02
"""Overflows per step. A scaler tries a doubled scale every 128 (fairseq on many GPUs) to 2 000
steps and overflows as often: below 1 % is its work.
"""
LATE_SPIKES: Final = 3
"""At least three spikes in the second half, and twice those of the first, are a rising rate."""
GROWTH: Final = 0.10
"""Growth of the z-loss over the last half that is told; below, it is the noise of its mean."""
ABOVE_START: Final = 2.0
"""A z-loss first falls from (ln V)^2 and comes back as the model grows sure; beyond twice its first
level it has left that course.
"""

SCALE = Text(
    zh="fp16 一直在溢出（{evidence}）：能用 bf16 就改用 bf16；不能的话降低学习率{lr}，并确认 "
    "loss scale 没有停在下限。代价：改精度需要从 checkpoint 重启，吞吐基本不变。",
    en="fp16 keeps overflowing ({evidence}): switch to bf16 where you can; otherwise lower "
    "the learning rate{lr} and make sure the loss scale is not stuck at its minimum. Cost: "
    "a restart from a checkpoint; throughput hardly changes.",
)
FELL = Text(zh="`{metric}` 从 {high} 降到 {last}", en="`{metric}` fell from {high} to {last}")
COUNTED = Text(
    zh="{steps} 步里有 {count} 条 overflow 消息", en="{count} overflow messages in {steps} steps"
)
LR = Text(zh="（现在 {lr}）", en=" (now {lr})")
OFTEN = Text(
    zh="尖峰越来越密（前一半 {first} 处，后一半 {second} 处）：个别坏 batch 一般不会越来越密，"
    "可能是结构性的不稳定，只回滚多半不够；下一次训练可以考虑 QK-norm、z-loss、embedding "
    "不做 weight decay。代价：改结构要重训，先用小模型验证。",
    en="Spikes become more frequent (places in the first half: {first}, in the second: "
    "{second}). Single bad batches rarely do that; the instability may be structural, and "
    "rewinding alone is then not enough. For the next run consider QK-norm, z-loss, no "
    "weight decay on embeddings. Cost: retraining; try it on a small model first.",
)
LOGITS = Text(
    zh="`{metric}` 在后半段仍在上升（{gain}），已是起始值的两倍以上，可能是输出 logits "
    "在漂移：若继续上升，把 z-loss 的权重设为 1e-4{weight}，或检查输出层的 weight decay。"
    "代价：从 checkpoint 续训。",
    en="`{metric}` still rises over the last half ({gain}) and is more than twice what it "
    "began with: the output logits may be drifting. If it keeps rising, weight the z-loss "
    "by 1e-4{weight} or check the weight decay of the output layer. Cost: resuming from a "
    "checkpoint.",
)
WEIGHT = Text(zh="（现在 {weight}）", en=" (now {weight})")
NONE: Final = ""


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield a step for each of the three that the log shows."""
    yield from _overflow(case)
    known = case.context.by_id
    spikes = [
        f
        for f in case.context.found
        if f.kind == "spike" and f.explained_by is None and _models_text(known[f.series[0]])
    ]
    length = {series.id: len(series) for series in case.context.run.series}
    by_series = [
        [f for f in spikes if f.series[0] == name]
        for name in dict.fromkeys(f.series[0] for f in spikes)
    ]
    # one event stands in several metrics and files: count it once
    spikes = max(by_series, key=len, default=[])
    late = [f for f in spikes if f.start.row >= length[f.series[0]] / 2]
    if len(late) >= LATE_SPIKES and len(late) >= 2 * (len(spikes) - len(late)):
        text = OFTEN(first=len(spikes) - len(late), second=len(late))
        yield Recommendation(
            id="",
            when="next",
            because=tuple(f.id for f in late),
            text=text,
            source="OLMo 2 (2024), as quoted by others",
        )
    for series in case.context.judged:
        if series.metric_type == "z_loss":
            yield from _logits(case, series)


def _models_text(series: Series) -> bool:
    """Return whether a series is the training cross-entropy of a model with logits and embeddings,
    of which the advice speaks.
    """
    return series.split == "train" and series.metric_type in ("cross_entropy", GENERIC)


def _overflow(case: Case) -> Iterator[Recommendation]:
    shown = LR(lr=case.lr) if case.lr is not None else NONE
    source = "OPT-175B logbook"
    for series in case.context.judged:
        values = finite(series.y)
        if series.metric_type == "loss_scale" and len(values) > 1 and _collapsed(values):
            evidence = FELL(
                metric=series.label,
                high=number(float(values.max())),
                last=number(float(values[-1])),
            )
            yield Recommendation(
                id="", when="now", text=SCALE(evidence=evidence, lr=shown), source=source
            )
            return
    count = sum(event.kind == "overflow" for event in case.context.run.events)
    steps = _steps(case)
    if count >= OVERFLOWS and steps is not None and count > OVERFLOW_RATE * steps:
        yield Recommendation(
            id="",
            when="next",
            text=SCALE(evidence=COUNTED(count=count, steps=number(steps)), lr=shown),
            source=source,
        )


def _collapsed(values: Floats) -> bool:
    """Return whether a loss scale fell for good: to nothing, or on and on without a level of its
    own.
    """
    last, late = values[-1], values[len(values) // 2 :]
    if values.max() > FLOOR >= last:
        return True
    return bool(
        last * 2**HALVINGS <= values.max()
        and last * 2**LATE_HALVINGS <= late[0]
        and last == late.min()
    )


def _steps(case: Case) -> float | None:
    """Return how many steps were made, as far as the log counts them."""
    done = case.context.run.progress.steps[0]
    if done is not None:
        return float(done)
    counted = [
        float(np.nanmax(s.x))
        for s in case.context.judged
        if s.axis in (Axis.STEP, Axis.ITERATION) and len(s)
    ]
    return max(counted, default=None)


def _logits(case: Case, series: Series) -> Iterator[Recommendation]:
    trend = tail_trend(series, np.asarray(series.y), 0.5)
    values = finite(series.y)
    if (
        trend is not None
        and trend.high < 0
        and -trend.gain > GROWTH
        and np.median(values[-5:]) > ABOVE_START * np.median(values[:5])
    ):
        known = case.context.facts.get("z_loss_weight") or case.context.facts.get(
            f"weight.{series.name}"
        )
        weight = WEIGHT(weight=float(known)) if isinstance(known, int | float) else NONE
        text = LOGITS(metric=series.label, gain=change(-trend.gain), weight=weight)
        yield Recommendation(
            id="", when="next", text=text, source="Wortsman et al. (2023), Small-scale proxies"
        )


ADVICE = Advice(id="drift", advise=advise, order=35)
