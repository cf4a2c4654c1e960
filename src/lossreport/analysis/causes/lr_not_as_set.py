"""A learning rate in the rows far above the one that the settings name: a misspelt key, and the
default was used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.breakage import breaks
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signs import number_fact, rate_beside
from lossreport.text import Text, factor, number

RATIO: Final = 5.0
"""Rules that scale a set rate with the batch say so in a base rate (blr) or by a factor of the
world size; five times is asked beyond that.
"""
ROWS = Text(
    zh="配置写的学习率是 {said}，而日志各行里是 {lr}（`{metric}` 第 {line} 行），是它的 "
    "{ratio}：写的那个没有生效。",
    en="The settings say a learning rate of {said}, the rows show {lr} (`{metric}`, line "
    "{line}), {ratio} of it: what was set is not what was used.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a break under a rate far above the set one, which no scaling by the
    number of processes explains.
    """
    said = number_fact(context, "lr", "learning_rate", "base_lr", "BASE_LR")
    if not said or said <= 0:
        return
    scaled = max(1.0, number_fact(context, "world_size", "gpus", "num_gpus") or 1.0)
    for at in breaks(context):
        rate = rate_beside(context, at.series, at.row)
        if (
            rate is not None
            and rate.peak > RATIO * scaled * said
            and not context.has("broken_metric", rate.series)
        ):
            text = ROWS(
                said=number(said),
                lr=number(rate.peak),
                metric=rate.series.label,
                line=rate.line,
                ratio=factor(rate.peak / said),
            )
            yield Suspicion(finding=at.finding, signs=(strong(text), weak(text)))


CAUSE = Cause(
    id="lr_not_as_set",
    family="learning_rate",
    title=Text(
        zh="设定的学习率没有生效", en="The learning rate that was set is not the one in use"
    ),
    decided_by=Text(
        zh="在训练开始时打印解析后的完整配置和 optimizer.param_groups 里的学习率。",
        en="Print the resolved configuration and the rate in optimizer.param_groups when the "
        "training starts.",
    ),
    do=Text(
        zh="改对配置的键名（detectron2 里是 `cfg.SOLVER.BASE_LR` 而不是 `cfg.BASE_LR`），"
        "打印解析后的配置确认后从头重训。",
        en="Correct the name of the setting (in detectron2 `cfg.SOLVER.BASE_LR`, not "
        "`cfg.BASE_LR`), print the resolved configuration to make sure, and start anew.",
    ),
    reference="facebookresearch/detectron2 #550: FloatingPointError: Loss became infinite or NaN "
    "at iteration=556",
    suspect=suspect,
)
