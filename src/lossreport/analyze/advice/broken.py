"""What to do after a non-finite loss."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analyze.adviser import Advice, Case
from lossreport.analyze.detector import shown_x
from lossreport.model.analysis import Recommendation
from lossreport.text import Text
from lossreport.words import AXES

ACT = Text(
    zh="不要在此之后的权重上继续：从 {axis} {x} 之前的 checkpoint 重启，先检查紧邻的几个批次（标签、长度、全被屏蔽的样本）和 fp16 溢出；能用 bf16 时改用 bf16。代价：丢掉那个 checkpoint 之后的训练。",
    en="Do not go on from weights written after it: restart from a checkpoint before {axis} {x}, and look at the batches just before it (labels, lengths, fully masked samples) and at fp16 overflow; use bf16 where you can. It costs the training after that checkpoint.",
)


AT_START = Text(
    zh="第一行就不是有限值，没有可以回去的 checkpoint：先查学习率{lr}、输入归一化、标签范围和初始化，用一个批次单步调试到 loss 有限为止。代价：几分钟。",
    en="The very first row is not finite, so there is no checkpoint to go back to: look at the learning rate{lr}, the scale of the inputs, the range of the labels and the initialisation, and step through one batch until the loss is finite. It costs minutes.",
)
SOMEWHERE = Text(
    zh="不要在此之后的权重上继续：日志没有写出是哪一步，从最后一行有限值之前的 checkpoint 重启，先检查随后的几个批次和 fp16 溢出。代价：丢掉那个 checkpoint 之后的训练。",
    en="Do not go on from weights written after it: the log does not say at which step, so restart from a checkpoint before the last finite row, and look at the batches behind it and at fp16 overflow. It costs the training after that checkpoint.",
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
    rows = [f for f in found if not np.isfinite(series[f.series[0]].y[f.start.row])]
    first = min(rows, key=lambda f: f.start.row / max(1, len(series[f.series[0]])), default=None)
    if first is None:
        text = SOMEWHERE()
    elif first.start.row == 0:
        text = AT_START(lr=NOW(lr=case.lr) if case.lr is not None else NONE)
    else:
        text = ACT(axis=AXES[series[first.series[0]].axis.value], x=shown_x(first.start.x))
    yield Recommendation(id="", when="now", because=because, text=text, source=SOURCE)


ADVICE = Advice(id="broken", advise=advise, order=5)
