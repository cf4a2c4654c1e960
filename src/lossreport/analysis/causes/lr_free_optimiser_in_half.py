"""NaN under an optimiser that estimates its own learning rate, with all of the training in fp16."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.analysis.breakage import How, breaks
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import precision_said
from lossreport.text import Text

OPTIMISER: Final = re.compile(r"d-?adapt|prodigy", re.IGNORECASE)
PAIR = Text(
    zh="优化器是 {name}，它自己估计学习率，而训练全程用 fp16（{said}）：估计步长的累加量在 "
    "fp16 里溢出。",
    en="The optimiser {name} estimates its own learning rate, and all of the training is in "
    "fp16 ({said}): the sums that the estimate is made of overflow.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for NaN with such an optimiser in fp16."""
    name = next(
        (
            str(context.facts[key])
            for key in ("optimizer", "optimizer_type", "optim")
            if OPTIMISER.search(str(context.facts.get(key, "")))
        ),
        None,
    )
    precision = precision_said(context)
    if name is None or precision is None or precision.kind != "fp16":
        return
    for at in breaks(context, How.NONFINITE, How.MASKED):
        yield Suspicion(
            finding=at.finding,
            signs=(strong(PAIR(name=name, said=precision.said)), strong(CHANGE())),
        )


CHANGE = Text(
    zh="换成固定学习率的优化器时，同样的设置通常有限。",
    en="With an optimiser of a fixed rate the same settings are usually finite.",
)
CAUSE = Cause(
    id="lr_free_optimiser_in_half",
    family="precision",
    title=Text(
        zh="D-Adaptation / Prodigy 在全 fp16 下算出 NaN",
        en="D-Adaptation or Prodigy gives NaN in full fp16",
    ),
    decided_by=Text(
        zh="只换优化器（AdamW）重跑：有限，就是它。",
        en="Change nothing but the optimiser (to AdamW): if it is finite, that was it.",
    ),
    do=Text(
        zh="不要让这类优化器跑在全 fp16 上：用混合精度或 bf16，或改用固定学习率的优化器。",
        en="Do not run such an optimiser in full fp16: use mixed precision or bf16, or an "
        "optimiser with a fixed learning rate.",
    ),
    reference="kohya-ss/sd-scripts #430: full_fp16 training + Dadaption gives loss=nan",
    suspect=suspect,
)
