"""A softmax loss at 87.3365: the probability of the label fell below the smallest float32, as Caffe
clamps it.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.clamps import FLOAT_MIN, at_clamp
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import AtClamp
from lossreport.analysis.signs import around, parsers, set_rate
from lossreport.text import Text, number

AT = Text(
    zh="`{metric}` 停在 {value} = -ln(1.18e-38)，即最小的 float32：这是 Caffe 的 "
    "SoftmaxWithLoss 的上限。",
    en="`{metric}` stands at {value} = -ln(1.18e-38), the smallest float32: the ceiling of "
    "Caffe's SoftmaxWithLoss.",
)
MOVED = Text(
    zh="此前它还在变化（第 {line} 行为 {value}）：是训练中途发散，不是标签从一开始就越界。",
    en="It still moved before ({value} at line {line}): the run diverged while training, the "
    "labels were not out of range from the start.",
)
FROM_START = Text(
    zh="第一行就在上限：先查标签范围、初始化和被冻结的 BN 统计量，再查学习率。",
    en="It stands at the ceiling in the first row: look at the range of the labels, the "
    "initialisation and frozen BN statistics before the learning rate.",
)
LOWER = Text(
    zh="把 base_lr 从 {lr} 降到 {less}，加梯度裁剪（clip_gradients），从头重训；并确认标签从 "
    "0 开始、小于 num_output，微调时 BN 用自己的统计量。",
    en="Lower base_lr from {lr} to {less}, add gradient clipping (clip_gradients) and start "
    "anew; check that labels start at 0 and stay below num_output, and that BN uses its "
    "own statistics when fine-tuning.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss at that clamp."""
    for finding, stands in context.seen(AtClamp):
        series = context.subject(finding)
        hit = at_clamp(context, series, stands.clamp * stands.share)
        if hit is None or hit.clamp.cause != FLOAT_MIN:
            continue
        row, rate = finding.start.row, set_rate(context)
        signs = [strong(AT(metric=series.label, value=number(stands.value, digits=6)))]
        if row:
            signs.append(
                weak(MOVED(line=int(series.line[row - 1]), value=number(float(series.y[row - 1]))))
            )
        else:
            signs.append(weak(FROM_START()))
        signs += around(context, series, row)
        do = LOWER(lr=number(rate), less=number(rate / 10)) if rate else None
        code = f"base_lr: {rate / 10:g}" if rate and "caffe_text" in parsers(context) else ""
        yield Suspicion(finding=finding, signs=tuple(signs), do=do, code=code)


CAUSE = Cause(
    id="clamp_float_min",
    family="clamp",
    title=Text(
        zh="softmax 的输出下溢：正确类别的概率变成 0，学习率过高使训练发散，或标签越界",
        en="The softmax underflowed: the right class has probability 0, because the learning "
        "rate was too high and the run diverged, or because labels are out of range",
    ),
    decided_by=Text(
        zh="看第一次到达上限之前的几行：由低到高是发散；从第一行就在上限，查标签的最小值、"
        "最大值和 num_output。",
        en="Look at the rows before it first stands there: a rise means divergence; if it "
        "stands there from the first row, compare the smallest and largest label with "
        "num_output.",
    ),
    do=Text(
        zh="把学习率降到 1/5 到 1/10，加梯度裁剪，从头重训；并确认标签从 0 开始、小于类别数，"
        "输入已归一化。",
        en="Lower the learning rate to a fifth or a tenth, add gradient clipping and start "
        "anew; check that labels start at 0 and stay below the number of classes, and that "
        "the input is normalised.",
    ),
    reference="peteanderson80/Up-Down-Captioner #2: The Loss was always 87.3365...",
    suspect=suspect,
)
