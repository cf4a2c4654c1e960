"""What to do after a non-finite loss."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analyze.adviser import Advice, Case
from lossreport.analyze.detector import shown_x
from lossreport.model.analysis import Finding, Recommendation
from lossreport.model.run import Series
from lossreport.text import Text
from lossreport.words import AXES

ACT = Text(
    zh="{axis} {x} 起的权重不要再用：从 {axis} {x} 之前的 checkpoint 重启，并检查此前紧邻的几个 batch（标签、长度、全被屏蔽的样本）和 fp16 溢出；能用 bf16 就改用 bf16。代价：丢掉那个 checkpoint 之后的训练。",
    en="Do not use weights written from {axis} {x} on: restart from a checkpoint before {axis} {x}, and check the batches just before it (labels, lengths, fully masked samples) and fp16 overflow; use bf16 where you can. Cost: the training after that checkpoint.",
)


AT_START = Text(
    zh="日志里 loss 从第一行起就没有有限值，没有可以回退的 checkpoint：先查学习率{lr}、输入归一化、标签范围和初始化，用一个 batch 单步调试，直到 loss 为有限值。代价：几分钟。",
    en="No loss in the log is finite, not even in the first row, so there is no checkpoint to go back to: check the learning rate{lr}, the scale of the inputs, the range of the labels and the initialisation, and debug on a single batch until the loss is finite. Cost: minutes.",
)
SOMEWHERE = Text(
    zh="出现非有限值之后的权重不要再用，但日志没有写明是哪一步：从最后一行有限值之前的 checkpoint 重启，并检查随后的几个 batch 和 fp16 溢出。代价：丢掉那个 checkpoint 之后的训练。",
    en="Do not use weights written after the non-finite value. The log does not say at which step it appeared: restart from a checkpoint before the last finite row, and check the batches after it and fp16 overflow. Cost: the training after that checkpoint.",
)
NOW = Text(zh="（现在 {lr}）", en=" (now {lr})")
NONE = ""
SOURCE = "OPT-175B logbook; IDEFICS knowledge base"


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step where any non-finite value was found: where to go back to, by the earliest row, or by that from which the loss rose to it."""
    found = [finding for finding in case.context.found if finding.kind == "nonfinite"]
    if not found:
        return
    because = tuple(finding.id for finding in found)
    series = {one.id: one for one in case.context.run.series}
    first = _first([f for f in found if not np.isfinite(series[f.series[0]].y[f.start.row])], series)
    if first is None:
        text = SOMEWHERE()
    elif first.start.row == 0 and not _began_finite(case, series[first.series[0]], first.start.x):
        text = AT_START(lr=NOW(lr=case.lr) if case.lr is not None else NONE)
    else:
        one = series[first.series[0]]
        masked = [(series[f.series[0]], f.start.row) for f in case.context.found if f.kind == "masked_nonfinite"]
        hidden = [float(s.x[row - 1]) for s, row in masked if s.axis is one.axis]  # the zeros follow the row in which it began
        rising = [f.start.x for f in case.context.found if f.kind == "divergence" and series[f.series[0]].axis is one.axis]
        text = ACT(axis=AXES[one.axis.value], x=shown_x(min([first.start.x, *hidden, *rising])))
    yield Recommendation(id="", when="now", because=because, text=text, source=SOURCE)


def _first(found: list[Finding], series: dict[str, Series]) -> Finding | None:
    """Return the finding that begins earliest, by the axis of the training metrics: a validation that is NaN from its first row on came later."""
    ordered = sorted(found, key=lambda f: series[f.series[0]].split != "train")
    same_axis = [f for f in ordered if series[f.series[0]].axis is series[ordered[0].series[0]].axis]
    return min(same_axis, key=lambda f: f.start.x, default=None)


def _began_finite(case: Case, broken: Series, x: float) -> bool:
    """Return whether some loss on the same axis was finite before `x`: a first validation that is NaN is not the start of the run."""
    others = (one for one in case.context.progress if one is not broken and one.axis is broken.axis)
    return any(np.isfinite(one.y[one.x < x]).any() for one in others)


ADVICE = Advice(id="broken", advise=advise, order=5)
