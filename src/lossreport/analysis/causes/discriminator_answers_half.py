"""A discriminator that gives one half to every sample: it learns nothing, or gets nothing to tell
apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.beside import beside
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.gan_balance import TiedGame
from lossreport.analysis.signature import moved
from lossreport.text import Text, number

HALF = Text(
    zh="`{metric}` 停在 {value}：两边的输出都是 0.5，没有逐行的波动。",
    en="`{metric}` stands at {value}: both outputs are 0.5, without the scatter of a balance.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a discriminator at ln 2 or twice of it."""
    for finding, tied in context.seen(TiedGame):
        series = context.subject(finding)
        if series.metric_type != "gan":
            continue
        signs = [strong(HALF(metric=series.label, value=number(tied.value)))]
        norm = beside(context, series, r"grad_?norm.*")
        if norm is not None and len(norm):
            signs.append(weak(moved(norm)))
        yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="discriminator_answers_half",
    family="gan",
    title=Text(
        zh="判别器没有在学：对所有样本都输出一半",
        en="The discriminator does not learn: it answers one half to all",
    ),
    decided_by=Text(
        zh="打印判别器输出的方差：为 0 是没有梯度或输入全同，不为 0 才是两者打平。",
        en="Print the variance of its outputs: 0 means no gradient or equal inputs, only a "
        "spread around one half is a balance.",
    ),
    do=Text(
        zh="确认判别器的 optimizer.step 被调用、真假样本没有用错或被 detach、"
        "输入的数值范围与生成器的输出一致（tanh 对应 [-1, 1]）。",
        en="See that its optimizer steps, that real and generated samples are not mixed up or "
        "detached, and that inputs have the range of the generator's output ([-1, 1] for "
        "tanh).",
    ),
    reference="SHI-Labs/StyleNAT #11: discriminator loss",
    suspect=suspect,
)
