"""A loss that is wild while the learning rate is exactly 0, then NaN: the numbers were broken
before any weight was updated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.breakage import How, breaks
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signs import half_said, parsers, wild_without_updates
from lossreport.knowledge import trainers
from lossreport.text import Text, number

UNMOVED = Text(
    zh="`{metric}` 的前 {count} 行学习率正好是 0，值却从 {low} 到 {high}（最高在第 {line} "
    "行）：同一组权重的 loss 不会相差这么多，前向计算本身已经坏了。",
    en="The first {count} rows of `{metric}` have a learning rate of exactly 0, yet go from "
    "{low} to {high} (highest at line {line}): one and the same weights give no losses so "
    "far apart, the forward pass itself is broken.",
)
LEVEL = Text(
    zh="其中最低的一行也有 {low}，而在十万个 token 中均匀猜测的语言模型只有 12："
    "没有一个模型从这里开始。",
    en="Even the lowest of them is {low}, while a language model that guesses among 100 000 "
    "tokens is at 12: no model begins there.",
)
HIGHEST_START: Final = 20.0
"""Above the logarithm of any vocabulary."""
SAID = Text(zh="设置写明 {said}。", en="The settings say {said}.")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a break behind rows that no update can have spoiled."""
    for at in breaks(context, How.NONFINITE, How.MASKED):
        rows = wild_without_updates(context, at.series, at.row)
        if not rows:
            continue
        values = at.series.y[rows]
        said = UNMOVED(
            metric=at.series.label,
            count=len(rows),
            low=number(float(values.min())),
            high=number(float(values.max())),
            line=int(at.series.line[rows[int(values.argmax())]]),
        )
        signs = [strong(said)]
        if float(values.min()) > HIGHEST_START and parsers(context) & trainers.LANGUAGE:
            signs.append(strong(LEVEL(low=number(float(values.min())))))
        half = half_said(context)
        if half is not None:
            signs.append(weak(SAID(said=half)))
        yield Suspicion(finding=at.finding, signs=tuple(signs), code="model = model.float()")
        return


CAUSE = Cause(
    id="numerics_before_update",
    family="precision",
    title=Text(
        zh="第一次更新之前数值就坏了：int8 / fp16 在这块显卡上算错（例如计算能力低于 7.5 "
        "的卡上的 bitsandbytes int8），不是学习率",
        en="The numbers were broken before the first update: int8 or fp16 goes wrong on this "
        "card (bitsandbytes int8 below compute capability 7.5, for example); it is not the "
        "learning rate",
    ),
    decided_by=Text(
        zh="不训练，只用 fp32（不加载成 int8）算一个 batch 的 loss：恢复到 1 到 4 的正常水平，"
        "就是精度或设备。",
        en="Compute the loss of one batch in fp32, without int8 and without training: an "
        "ordinary level of 1 to 4 means the precision or the device.",
    ),
    do=Text(
        zh="不要用 int8 加载（load_in_8bit=False），关掉 fp16 或换成 bf16 / fp32，"
        "或换一块支持的显卡；这次的权重不要用，从头训练。",
        en="Do not load in int8 (load_in_8bit=False), switch fp16 off or use bf16 or fp32, or "
        "take a card that supports it; use no weights of this run and start anew.",
    ),
    reference="bitsandbytes-foundation/bitsandbytes #343: train_loss is 0.0 in 7.0 but works "
    "fine on 7.5 and 8.6",
    suspect=suspect,
)
