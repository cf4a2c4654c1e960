"""A running mean that is infinite to the end of its epoch and finite at the start of the next: one
batch, not the weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import parsers
from lossreport.model.run import Statistic
from lossreport.text import Text, number

AGAIN = Text(
    zh="`{metric}` 在第 {line} 行又是有限值（{value}），接近变为非有限之前的 {before}：下一个 "
    "epoch 的均值重新开始。",
    en="`{metric}` is finite again at line {line} ({value}), near the {before} from before: "
    "the mean of the next epoch begins anew.",
)
MEAN = Text(
    zh="这一列是 epoch 内的累计均值，一个 batch 的 inf 会留到 epoch 结束。",
    en="The column is a mean since the start of the epoch, in which the inf of one batch "
    "stays to its end.",
)
HIGHER: Final = 1.5
"""Not half again as high as before: the weights are what they were, or better."""


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a mean that is finite again after a stretch that is not."""
    for finding in context.of_kind("nonfinite", "poisoned_mean"):
        series = context.subject(finding)
        if not finding.rows or not context.is_loss(series):
            continue
        first, last = finding.rows[0], finding.rows[-1]
        is_mean = series.statistic is Statistic.RUNNING_MEAN or "keras" in parsers(context)
        if not is_mean or first == 0 or last + 1 >= len(series):
            continue
        before, value = float(series.y[first - 1]), float(series.y[last + 1])
        if np.isfinite([before, value]).all() and 0 < value < HIGHER * before:
            told = AGAIN(
                metric=series.label,
                line=int(series.line[last + 1]),
                value=number(value),
                before=number(before),
            )
            yield Suspicion(finding=finding, signs=(strong(told), weak(MEAN())))


CAUSE = Cause(
    id="running_mean_keeps_inf",
    family="logging",
    title=Text(
        zh="均值被一个 batch 的 inf 或 NaN 污染，权重没有坏",
        en="A mean that one batch of inf or NaN spoilt; the weights are sound",
    ),
    decided_by=Text(
        zh="逐 batch 打印 loss（不取均值）：只有个别 batch 非有限就是它。",
        en="Print the loss of each batch without averaging: only single ones that are not "
        "finite decide it.",
    ),
    do=Text(
        zh="不必停训：记录逐 batch 的 loss，找出并剔除那个样本，或让该 batch 的 loss 不计入。",
        en="No need to stop: log the loss per batch, find and drop that sample, or leave such "
        "a batch out.",
    ),
    reference="audier/DeepSpeechRecognition #25: error: ... No valid path found",
    suspect=suspect,
)
