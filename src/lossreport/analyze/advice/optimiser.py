"""What to do about clipping that never rests, swings, and levels that jump."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analyze.adviser import Advice, Case
from lossreport.model.analysis import Recommendation
from lossreport.text import Text

CLIP = Text(
    zh="大多数步被裁剪（clip_grad = {clip}）：要么把学习率（{lr}）降到原来的一半左右，要么把阈值设到 grad_norm 的 90 分位数附近，再看裁剪比例是否降到 10 % 左右。代价：一次短训练对比。",
    en="Most steps are clipped (clip_grad = {clip}): halve the learning rate ({lr}) or set the threshold near the 90th percentile of grad_norm, and see the share fall to about 10 %. It costs one short comparison run.",
)
SWING = Text(
    zh="loss 周期性振荡：先核对周期是否等于一个 epoch 或数据分片的长度（说明没有打乱数据）；若不是，把学习率（{lr}）降到原来的 1/2 到 1/3。",
    en="The loss swings periodically: first see whether the period is the length of an epoch or of a data shard (the data is not shuffled); if not, lower the learning rate ({lr}) to a half or a third.",
)
SHIFT = Text(
    zh="loss 的水平突然改变且学习率没有变化：查这一行前后换了什么（数据分片、损失权重、评估代码、恢复的 checkpoint）；若是计划内的阶段切换，用 `--set phase_boundaries=...` 告诉报告。",
    en="The level jumped while the learning rate did not change: find what changed around that row (data shard, loss weight, evaluation code, a restored checkpoint); if it was planned, say so with `--set phase_boundaries=...`.",
)
UNSAID = Text(zh="日志未给出", en="not in the logs")


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield a step for each of the three, with the run's own settings in it."""
    lr, clip = UNSAID if case.lr is None else case.lr, _known(case, "clip_grad")
    if because := case.ids("clip_saturation"):
        yield Recommendation(id="", when="next", because=because, text=CLIP(clip=clip, lr=lr), source="Deep Learning Tuning Playbook")
    if because := case.ids("oscillation"):
        yield Recommendation(id="", when="now", because=because, text=SWING(lr=lr), source="Deep Learning Tuning Playbook")
    shifts = tuple(f.id for f in case.context.found if f.kind == "level_shift" and f.explained_by is None and f.numbers["size"] > 0)
    if shifts:
        yield Recommendation(id="", when="next", because=shifts, text=SHIFT())


def _known(case: Case, name: str) -> float | Text:
    value = case.context.facts.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else UNSAID


ADVICE = Advice(id="optimiser", advise=advise, order=40)
