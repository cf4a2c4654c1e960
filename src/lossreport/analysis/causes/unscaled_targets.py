"""A regression loss that stands still at a large value: raw targets, or an output activation that
cannot reach them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import around
from lossreport.text import Text, number

LARGE: Final = 100.0
"""An error of ten units in the mean square; scaled targets leave 1 for predicting the mean."""
KINDS: Final = ("mse", "l1", "huber", "generic")
SUMMED: Final = ("kl", "elbo", "reconstruction")
LEVEL = Text(
    zh="`{metric}` 停在 {value}（第 {line} 行起），若是均方误差，平均差 {root}："
    "目标是原始单位，tanh 或 sigmoid 的输出（±1）够不到。",
    en="`{metric}` stands at {value} (from line {line} on); as a mean square that is {root} "
    "off on average: the targets are in raw units, which an output of tanh or sigmoid "
    "(within 1) cannot reach.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a flat training loss of a hundred and more."""
    if any(one.metric_type in SUMMED for one in context.run.series):
        return  # a likelihood summed over pixels is large whatever the targets
    for finding in context.of_kind("constant_metric", "no_learning"):
        series = context.subject(finding)
        if (
            series.split != "train"
            or series.metric_type not in KINDS
            or not context.is_loss(series)
            or not np.isfinite(series.y).all()
        ):
            continue
        value = float(series.y[-1])
        if value >= LARGE and context.chance(series) is None:
            said = LEVEL(
                metric=series.label,
                value=number(value, digits=6),
                line=finding.start.line,
                root=number(math.sqrt(value), digits=3),
            )
            yield Suspicion(
                finding=finding, signs=(strong(said), *around(context, series, len(series) - 1))
            )
            return


CAUSE = Cause(
    id="unscaled_targets",
    family="data",
    title=Text(
        zh="回归目标没有缩放，或输出层的激活（tanh、sigmoid）饱和、够不到目标",
        en="Regression targets are not scaled, or the output activation (tanh, sigmoid) "
        "saturates and cannot reach them",
    ),
    decided_by=Text(
        zh="比较预测的最大值和目标的最大值：预测贴着 ±1，是输出激活；预测等于目标的均值，是尺度。",
        en="Compare the largest prediction with the largest target: predictions at the bound "
        "mean the activation, predictions at the mean of the targets their scale.",
    ),
    do=Text(
        zh="把输入和目标标准化（减均值、除标准差），回归的输出层用线性激活；再从头训练，"
        "预测时换算回原单位。",
        en="Standardise inputs and targets, use a linear activation in the output layer of a "
        "regression, and start anew; convert predictions back to their units.",
    ),
    reference="keras-team/keras #3753: Hard time to train keras model for regression",
    suspect=suspect,
)
