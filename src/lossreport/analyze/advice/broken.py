"""What to do after a non-finite loss."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analyze.adviser import Advice, Case
from lossreport.analyze.detector import shown_x
from lossreport.analyze.verdict import evaluation_alone
from lossreport.model.analysis import Recommendation
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
SURVIVED = Text(
    zh="{axis} {x} 处出现过非有限值，之后又有有限值，所以权重没有因此变成 NaN：找出那几个 batch（标签、长度、空样本）和 fp16 溢出，并确认这些步没有更新权重。代价：检查几个 batch。",
    en="A value at {axis} {x} was not finite and finite ones follow, so it did not turn the weights into NaN: find those batches (labels, lengths, empty samples) or the fp16 overflow, and make sure that such steps do not update the weights. Cost: a look at a few batches.",
)
EVALUATION = Text(
    zh="训练 loss 每一行都有限，先查验证：验证集是否为空或不足一个 batch（drop_last）、其中有没有 NaN 或方差为零的列、评测是否用 fp16、只在评测时使用的统计量（BatchNorm）是否有限。在此之前不要按它选 checkpoint。代价：评测一个 batch。",
    en="The training losses are finite in every row, so look at the validation first: is the set empty or smaller than one batch (drop_last), does it hold NaN or columns without variance, does it run in fp16, are the statistics used only there (BatchNorm) finite? Choose no checkpoint by it until then. Cost: evaluating one batch.",
)
NOW = Text(zh="（现在 {lr}）", en=" (now {lr})")
NONE = ""
SOURCE = "OPT-175B logbook; IDEFICS knowledge base"


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step where any non-finite value was found: where to go back to, by the earliest row."""
    series = {one.id: one for one in case.context.run.series}
    found = [finding for finding in case.context.found if finding.kind == "nonfinite" and _spoils(case, series[finding.series[0]])]
    if not found:
        return
    because = tuple(finding.id for finding in found)
    if evaluation_alone(case.context) and all(series[finding.series[0]].split != "train" for finding in found):
        yield Recommendation(id="", when="now", because=because, text=EVALUATION())
        return
    rows = [f for f in found if not np.isfinite(series[f.series[0]].y[f.start.row])]
    first = min(rows, key=lambda f: f.start.row / max(1, len(series[f.series[0]])), default=None)
    if first is None:
        text = SOMEWHERE()
    elif first.start.row == 0 and not _began_finite(case, series[first.series[0]], first.start.x):
        text = AT_START(lr=NOW(lr=case.lr) if case.lr is not None else NONE)
    elif all(np.isfinite(series[f.series[0]].y[-1]) for f in rows) and len(rows) == len(found):
        text = SURVIVED(axis=AXES[series[first.series[0]].axis.value], x=shown_x(first.start.x))
    else:
        one = series[first.series[0]]
        masked = [(series[f.series[0]], f.start.row) for f in case.context.found if f.kind == "masked_nonfinite"]
        hidden = [float(s.x[row - 1]) for s, row in masked if s.axis is one.axis]  # the zeros follow the row in which it began
        text = ACT(axis=AXES[one.axis.value], x=shown_x(min([first.start.x, *hidden])))
    yield Recommendation(id="", when="now", because=because, text=text, source=SOURCE)


def _spoils(case: Case, one: Series) -> bool:
    """Return whether a NaN of a series speaks of the weights: an accuracy or a reward may lack a value for other reasons."""
    return case.context.is_loss(one) or one.metric_type == "grad_norm"


def _began_finite(case: Case, broken: Series, x: float) -> bool:
    """Return whether some loss on the same axis was finite before `x`: a first validation that is NaN is not the start of the run."""
    others = (one for one in case.context.progress if one is not broken and one.axis is broken.axis)
    return any(np.isfinite(one.y[one.x < x]).any() for one in others)


ADVICE = Advice(id="broken", advise=advise, order=5)
