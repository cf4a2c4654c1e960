"""What to do about clipping that never rests, swings, and levels that jump."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.adviser import Advice, Case
from lossreport.analysis.detectors.clip_saturation import MIN_ROWS as MIN_STEPS
from lossreport.analysis.payloads import ClippedSteps, LevelShift
from lossreport.curves.stats import finite
from lossreport.model.analysis import Recommendation, Severity
from lossreport.text import Text, number, percent

CLIP = Text(
    zh="{share} 的步被裁剪（clip_grad = {clip}）：要么把学习率（{lr}）降到原来的一半左右，"
    "要么把阈值设到 grad_norm 的 90 分位数附近，再看裁剪比例是否降到 10% 左右。代价："
    "一次短训练对比。",
    en="{share} of the steps are clipped (clip_grad = {clip}): halve the learning rate ({lr}) "
    "or set the threshold near the 90th percentile of grad_norm, and see whether the share "
    "falls to about 10%. Cost: one short comparison run.",
)
SWING = Text(
    zh="loss 周期性振荡：先核对周期是否等于一个 epoch 或数据分片的长度（若是，"
    "数据可能没有打乱）；若不是，把学习率（{lr}）降到原来的 1/2 到 1/3。代价："
    "一次短训练对比。",
    en="The loss oscillates: first check whether the period equals the length of an epoch or "
    "of a data shard (if so, the data may not be shuffled); if not, lower the learning "
    "rate ({lr}) to a half or a third. Cost: one short comparison run.",
)
SHIFT = Text(
    zh="loss 的水平突然改变，而学习率没有变化：查这一行前后换了什么（数据分片、损失权重、"
    "评估代码、恢复的 checkpoint）；若是计划内的阶段切换，用 `--set phase_boundaries=...` "
    "告诉报告。代价：查一次改动记录。",
    en="The level jumped without a change of the learning rate: find out what changed around "
    "that row (data shard, loss weight, evaluation code, a restored checkpoint); if it was "
    "planned, say so with `--set phase_boundaries=...`. Cost: a look at the change history.",
)
LOOSE = Text(
    zh="尖峰处梯度范数达到 {peak}，而 clip_grad = {clip} 只裁剪了 {share} 的步：阈值可能太松；"
    "把它降到 grad_norm 的 90 分位数 {level} 附近。代价：一次短训练对比。",
    en="The gradient norm reached {peak} at a spike while clip_grad = {clip} clips only "
    "{share} of the steps: the threshold may be too loose; lower it to about the 90th "
    "percentile of grad_norm, {level}. Cost: one short comparison run.",
)
AIM: Final = 0.10
"""The share of clipped steps that is aimed at: where a user asks to be told of fewer, there is
nothing to lower.
"""
RARELY: Final = 0.01
"""Fewer than 1 % of the steps clipped is a threshold that hardly acts (Deep Learning Tuning
Playbook: about 10 %).
"""
HIGH: Final = 3.0
"""A gradient norm of three times its median belongs to the spike."""
UNSAID = Text(zh="日志未给出", en="not in the logs")


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield a step for each of the three, with the run's own settings in it."""
    lr, clip = UNSAID if case.lr is None else case.lr, _known(case, "clip_grad")
    if clipped := [
        (f, steps.share) for f, steps in case.context.seen(ClippedSteps) if steps.share > AIM
    ]:
        text = CLIP(share=percent(clipped[0][1]), clip=clip, lr=lr)
        yield Recommendation(
            id="",
            when="next",
            because=tuple(f.id for f, _ in clipped),
            text=text,
            source="Deep Learning Tuning Playbook",
        )
    if because := tuple(
        f.id
        for f in case.context.found
        if f.kind == "oscillation" and f.severity is not Severity.LOW
    ):
        yield Recommendation(
            id="",
            when="now",
            because=because,
            text=SWING(lr=lr),
            source="Deep Learning Tuning Playbook",
        )
    yield from _loose(case)
    shifts = tuple(
        f.id
        for f, shift in case.context.seen(LevelShift)
        if f.explained_by is None and shift.size > 0
    )
    if shifts:
        yield Recommendation(id="", when="next", because=shifts, text=SHIFT())


def _loose(case: Case) -> Iterator[Recommendation]:
    """Yield the advice to clip more where the gradient norm rose with a spike and clipping hardly
    ever acts.
    """
    clip = case.context.facts.get("clip_grad")
    spikes = [f for f in case.context.found if f.kind == "spike" and f.explained_by is None]
    for series in case.context.judged:
        values = finite(series.y)
        if (
            series.metric_type != "grad_norm"
            or not isinstance(clip, int | float)
            or len(values) < MIN_STEPS
        ):
            continue
        share = float(np.mean(values > clip))
        inside = [
            (f, finite(series.y[(series.x >= f.start.x) & (series.x <= f.end.x)])) for f in spikes
        ]
        high = [
            (f, float(y.max())) for f, y in inside if len(y) and y.max() > HIGH * np.median(values)
        ]
        if high and share < RARELY:
            peak, level = max(value for _, value in high), float(np.percentile(values, 90))
            text = LOOSE(
                peak=number(peak), clip=float(clip), share=percent(share), level=number(level)
            )
            because = tuple(f.id for f, _ in high)
            yield Recommendation(
                id="",
                when="next",
                because=because,
                text=text,
                source="Deep Learning Tuning Playbook",
            )
            return


def _known(case: Case, name: str) -> float | Text:
    value = case.context.facts.get(name)
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) else UNSAID
    )


ADVICE = Advice(id="optimiser", advise=advise, order=40)
