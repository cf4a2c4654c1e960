"""A loss below 0: minus the logarithm of a density, or a score with a minus sign."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import OutOfRange
from lossreport.text import Text, number

NEGATIVE = Text(
    zh="`{metric}` 最低到 {worst}：概率的负对数不会小于 0，概率密度的负对数、"
    "带负号的得分（Dice、余弦、SI-SNR）会。",
    en="`{metric}` goes down to {worst}: minus the logarithm of a probability is never below "
    "0, that of a density is, and so is a score with a minus sign (Dice, cosine, SI-SNR).",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for each loss that is below 0 and called neither impossible nor broken."""
    for finding, below in context.seen(OutOfRange):
        if below.negative:
            said = NEGATIVE(metric=context.subject(finding).label, worst=number(below.worst))
            yield Suspicion(finding=finding, signs=(strong(said),))


CAUSE = Cause(
    id="density_or_negated_score",
    family="metric",
    title=Text(
        zh="正常：loss 是概率密度的负对数（flow、VAE、混合密度、高斯 NLL），"
        "或带负号的得分（Dice、余弦、SI-SNR）",
        en="Normal: the loss is minus the logarithm of a density (flows, VAE, mixture "
        "densities, Gaussian NLL), or a score with a minus sign (Dice, cosine, SI-SNR)",
    ),
    decided_by=Text(
        zh="看 loss 的定义：连续变量的似然或得分取负，就是正常；若是交叉熵、CTC、transducer，"
        "负值说明输入不是 log_softmax 之后的对数概率，或目标不在 0 到 1 之间。",
        en="Read the definition of the loss: a likelihood of continuous values or a negated "
        "score may be below 0; a cross-entropy, CTC or transducer loss may not, and then "
        "its inputs are no log-probabilities (log_softmax missing) or its targets lie "
        "outside 0 and 1.",
    ),
    do=Text(
        zh="不必处理；看它是否继续下降，并用任务指标（样本质量、Dice、SNR）判断好坏。",
        en="Nothing to repair; see whether it goes on falling, and judge by the measure of "
        "the task (samples, Dice, SNR).",
    ),
    reference="npuichigo/waveglow #5: negative loss value",
    suspect=suspect,
)
