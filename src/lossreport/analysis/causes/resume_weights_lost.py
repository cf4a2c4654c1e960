"""A loss that is back at the level of the very first row after a resume: the weights were not
loaded.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.resumes import at_resumes, is_from_scratch
from lossreport.text import Text, number

FIRST = Text(
    zh="续训后 `{metric}` 为 {after}（第 {line} 行），与整个训练的第一行 {first} 相当，"
    "而不是中断前的 {before}。",
    en="`{metric}` is {after} after the resume (line {line}), as at the first row of the "
    "training ({first}) and not as before the stop ({before}).",
)
FALLS = Text(
    zh="之后它像从头训练那样再次下降（末值 {last}）。",
    en="It then falls again as from scratch (to {last}).",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a resume that begins where the training began."""
    for at in at_resumes(context):
        if is_from_scratch(at):
            first, value = float(at.series.y[0]), float(at.series.y[at.row])
            told = FIRST(
                metric=at.series.label,
                after=number(value),
                line=int(at.series.line[at.row]),
                first=number(first),
                before=number(at.before),
            )
            signs = [strong(told), weak(FALLS(last=number(float(at.series.y[-1]))))]
            yield Suspicion(finding=at.finding, signs=tuple(signs))


CAUSE = Cause(
    id="resume_weights_lost",
    family="checkpoint",
    title=Text(
        zh="续训没有载入权重，模型从头开始",
        en="The resume did not load the weights; the model starts from scratch",
    ),
    decided_by=Text(
        zh="载入后、训练前在验证集上评一次：与中断前相当就不是它。",
        en="Evaluate after loading and before training: a result as before the stop rules it out.",
    ),
    do=Text(
        zh="核对 checkpoint 路径与 strict 载入的结果（LoRA 还要载入 adapter），从中断前的 "
        "checkpoint 重新续训；这一段训练作废。",
        en="Check the path and load with strict (with LoRA the adapter as well), and resume "
        "again from the checkpoint before the stop; this stretch of training is lost.",
    ),
    reference="huggingface/transformers #33336: Training Resumes with Increased Loss Despite "
    "Checkpoint Loading",
    suspect=suspect,
)
