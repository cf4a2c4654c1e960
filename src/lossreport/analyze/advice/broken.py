"""What to do after a non-finite loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from lossreport.analyze.adviser import Advice, Case
from lossreport.analyze.detector import shown_x
from lossreport.analyze.surviving import outlived
from lossreport.model.analysis import Recommendation
from lossreport.model.run import Series
from lossreport.text import Join, Text
from lossreport.words import AXES

ACT = Text(
    zh="{axis} {x} 起的权重不要再用：从 {axis} {x} 之前的 checkpoint 重启，并检查此前紧邻的几个 batch（标签、长度、全被屏蔽的样本）和 fp16 溢出；能用 bf16 就改用 bf16。代价：丢掉那个 checkpoint 之后的训练。",
    en="Do not use weights written from {axis} {x} on: restart from a checkpoint before {axis} {x}, and check the batches just before it (labels, lengths, fully masked samples) and fp16 overflow; use bf16 where you can. Cost: the training after that checkpoint.",
)


AT_START = Text(
    zh="{names}从第一行起就没有有限值，没有可以回退的 checkpoint：先查学习率{lr}、输入归一化、标签范围和初始化，用一个 batch 单步调试，直到 loss 为有限值。代价：几分钟。",
    en="No value of {names} is finite, not even in the first row, so there is no checkpoint to go back to: check the learning rate{lr}, the scale of the inputs, the range of the labels and the initialisation, and debug on a single batch until the loss is finite. Cost: minutes.",
)
PASSED = Text(
    zh="{axis} {x} 起有几行不是有限值，之后又恢复：权重没有损坏，训练可以继续；检查那里的 batch（标签、空目标、全被屏蔽的样本）和 fp16 溢出，否则还会再出现。代价：几分钟。",
    en="Some rows from {axis} {x} on are not finite, and finite ones follow, so the weights are finite and training can go on: check the batches there (labels, empty targets, fully masked samples) and fp16 overflow, or it will come again. Cost: minutes.",
)
APART = Text(
    zh="{names}不是有限值，而训练 loss 一直是有限值：检查验证集的空目标、除以零和半精度计算；在修好之前，用其他指标选 checkpoint。代价：改评测代码，不用重新训练。",
    en="Values of {names} are not finite while the training loss is: check the validation for empty targets, a division by zero and half precision, and choose checkpoints by another metric until it is mended. Cost: a change to the evaluation code, no retraining.",
)
NAME = Text(zh="`{name}`", en="`{name}`")
SOMEWHERE = Text(
    zh="出现非有限值之后的权重不要再用；那一行没有记录下来：从最后一行有限值之前的 checkpoint 重启，并检查随后的几个 batch 和 fp16 溢出。代价：丢掉那个 checkpoint 之后的训练。",
    en="Do not use weights written after the non-finite value. Its row was not logged: restart from a checkpoint before the last finite row, and check the batches after it and fp16 overflow. Cost: the training after that checkpoint.",
)
NOW = Text(zh="（现在 {lr}）", en=" (now {lr})")
NONE = ""
SOURCE = "OPT-175B logbook; IDEFICS knowledge base"


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step where any non-finite value was found: where to go back to, by the earliest row."""
    found = [finding for finding in case.context.found if finding.kind == "nonfinite"]
    if not found:
        return
    because = tuple(finding.id for finding in found)
    series = {one.id: one for one in case.context.run.series}
    apart = {f.id for f in found if outlived(case.context, series[f.series[0]])}
    rows = [f for f in found if f.id not in apart and not np.isfinite(series[f.series[0]].y[f.start.row])]
    lasting = [f for f in rows if _lasts(case, series[f.series[0]], f.start.row)]
    first = min(lasting or rows, key=lambda f: f.start.row / max(1, len(series[f.series[0]])), default=None)
    dead = [series[f.series[0]] for f in rows if not np.isfinite(series[f.series[0]].y).any()]
    source = SOURCE
    if first is None:
        source = "" if len(apart) == len(found) else SOURCE
        text = APART(names=_names(series[f.series[0]] for f in found)) if len(apart) == len(found) else SOMEWHERE()
    elif not lasting and len(rows) + len(apart) == len(found):
        source = ""
        text = PASSED(axis=AXES[series[first.series[0]].axis.value], x=shown_x(first.start.x))
    elif dead and first.start.row == 0 and not _began_finite(case, series[first.series[0]], first.start.x):
        names = _names(dead)
        text = AT_START(names=names, lr=NOW(lr=case.lr) if case.lr is not None else NONE)
    else:
        one = series[first.series[0]]
        masked = [(series[f.series[0]], f.start.row) for f in case.context.found if f.kind == "masked_nonfinite"]
        hidden = [float(s.x[row - 1]) for s, row in masked if s.axis is one.axis]  # the zeros follow the row in which it began
        text = ACT(axis=AXES[one.axis.value], x=shown_x(min([first.start.x, *hidden])))
    yield Recommendation(id="", when="now", because=because, text=text, source=source)


def _names(series: Iterable[Series]) -> Join:
    return Join(items=tuple(NAME(name=name) for name in dict.fromkeys(one.label for one in series))[:MAX_NAMES])


MAX_NAMES: Final = 3


def _lasts(case: Case, series: Series, row: int) -> bool:
    """Return whether a series ends non-finite: a loss by its last row, others by all from the first on; mixed precision skips steps whose gradient overflows."""
    if case.context.is_loss(series):
        return not np.isfinite(series.y[-1])
    return not np.isfinite(series.y[row:]).any()


def _began_finite(case: Case, broken: Series, x: float) -> bool:
    """Return whether some loss on the same axis was finite before `x`: a first validation that is NaN is not the start of the run."""
    others = (one for one in case.context.progress if one is not broken and one.axis is broken.axis)
    return any(np.isfinite(one.y[one.x < x]).any() for one in others)


ADVICE = Advice(id="broken", advise=advise, order=5)
