"""A flat loss under a learning rate of exactly 0 in every row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.learning_rate import COARSE
from lossreport.text import Text

ZERO = Text(
    zh="`{metric}` 在全部 {count} 行里都是 0：没有任何更新。",
    en="`{metric}` is 0 in all {count} rows: nothing is updated.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss that does not move where the rate is 0 throughout, printed
    finely enough.
    """
    rate = next(
        (
            one
            for one in context.judged
            if one.metric_type == "learning_rate" and one.split == "train" and len(one) > 2
        ),
        None,
    )
    if rate is None or np.any(rate.y != 0) or (rate.resolution or 0.0) > COARSE:
        return
    for finding in context.of_kind("no_learning", "constant_metric", "plateau"):
        series = context.subject(finding)
        if context.is_loss(series) and series.split == "train":
            yield Suspicion(
                finding=finding,
                signs=(
                    strong(ZERO(metric=rate.label, count=len(rate))),
                    weak(ZERO(metric=rate.label, count=len(rate))),
                ),
            )
            return


CAUSE = Cause(
    id="lr_zero",
    family="learning_rate",
    title=Text(zh="学习率是 0", en="The learning rate is 0"),
    decided_by=Text(
        zh="打印 optimizer.param_groups 的学习率和调度器的总步数：总步数为 0、按 epoch "
        "计的步数，或每一步都被跳过，都会得到 0。",
        en="Print the rate in optimizer.param_groups and the total steps of the scheduler: a "
        "total of 0, steps counted in epochs, or updates that are all skipped give 0.",
    ),
    do=Text(
        zh="给调度器正确的总步数（每个优化器步调用一次 scheduler.step），确认 warm-up "
        "之后学习率大于 0。",
        en="Give the scheduler the right number of steps (one scheduler.step for each "
        "optimiser step) and make sure that the rate is above 0 after the warm-up.",
    ),
    reference="Lightning-AI/pytorch-lightning #18570: Schedulers don't work",
    suspect=suspect,
)
