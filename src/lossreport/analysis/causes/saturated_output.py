"""A loss that stands at the logarithm of the smallest number that a hand-written loss lets through:
the output is saturated.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.clamps import EPSILON, at_clamp
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import AtClamp
from lossreport.analysis.signs import around
from lossreport.text import Text, number, percent

AT = Text(
    zh="`{metric}` 停在 {value}，正是 {formula} 的 {share}：loss 里的 eps 把概率截在那里。",
    en="`{metric}` stands at {value}, {share} of {formula}: an eps in the loss clamps the "
    "probability there.",
)
EARLIER = Text(
    zh="此前它还在变化（第 {line} 行为 {value}），所以是训练中途饱和，不是标签一开始就错。",
    en="It still moved before ({value} at line {line}): the output saturated while training, "
    "the labels were not wrong from the start.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for each loss at a clamp of no library in particular."""
    for finding, stands in context.seen(AtClamp):
        series = context.subject(finding)
        hit = at_clamp(context, series, stands.value)
        if hit is None or hit.clamp.cause != EPSILON:
            continue
        value = number(stands.value, digits=6)
        signs = [
            strong(
                AT(
                    metric=series.label,
                    value=value,
                    formula=hit.clamp.formula,
                    share=percent(hit.share),
                )
            )
        ]
        row = finding.start.row
        if row:
            signs.append(
                weak(
                    EARLIER(value=number(float(series.y[row - 1])), line=int(series.line[row - 1]))
                )
            )
        yield Suspicion(finding=finding, signs=(*signs, *around(context, series, row)))


CAUSE = Cause(
    id="saturated_output",
    family="clamp",
    title=Text(
        zh="输出饱和：softmax 或 sigmoid 把正确类别的概率压到了截断的下限",
        en="A saturated output: softmax or sigmoid gives the right class the least "
        "probability that the code lets through",
    ),
    decided_by=Text(
        zh="打印最后一层的 logits：若绝对值极大或含 NaN，是发散；若正常，查标签的取值范围与类型。",
        en="Print the logits of the last layer: huge or NaN means that the training diverged; "
        "if they are ordinary, look at range and type of the labels.",
    ),
    do=Text(
        zh="把学习率降到十分之一、加 warm-up 和梯度裁剪，从饱和之前的 checkpoint 或从头重训；"
        "loss 改用 logits 形式，并确认标签从 0 开始、输入已归一化。",
        en="Lower the learning rate to a tenth, add warm-up and gradient clipping, and start "
        "anew or from before the jump; use the form of the loss that takes logits, and "
        "check that labels start at 0 and inputs are normalised.",
    ),
    reference="pyg-team/pytorch_geometric #1185: Loss will be fixed with 34.5388 ... when "
    "training a GAE",
    suspect=suspect,
)
