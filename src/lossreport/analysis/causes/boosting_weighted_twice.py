"""A LightGBM run with is_unbalance and scale_pos_weight: the positive class is weighted twice, and
the unweighted metric rises.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.text import Text, number

KINDS: Final = ("divergence", "worsening", "overfitting")
SWITCHES: Final = ("is_unbalance", "unbalance", "unbalanced_sets")
BOTH = Text(
    zh="设置里同时有 {switch} = {on} 和 scale_pos_weight = {weight}：正类的权重被乘了两次，"
    "LightGBM 只允许设其中一个。",
    en="The settings hold both {switch} = {on} and scale_pos_weight = {weight}: the positive "
    "class is weighted twice, where LightGBM allows one of them.",
)
RISES = Text(
    zh="`{metric}` 第一轮（{first}）就是最好的，此后到 {last}：不加权的指标随着加权的目标变差。",
    en="`{metric}` is best in its first round ({first}) and goes to {last}: the metric, which "
    "is not weighted, gets worse as the weighted objective gets better.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a metric that gets worse where both settings are given."""
    switch = next((name for name in SWITCHES if context.facts.get(name) in ON), None)
    weight = context.facts.get("scale_pos_weight")
    if switch is None or not isinstance(weight, int | float) or weight == 1:
        return
    for finding in context.of_kind(*KINDS):
        series = context.subject(finding)
        signs = [
            strong(BOTH(switch=switch, on=str(context.facts[switch]), weight=number(float(weight))))
        ]
        sign = -1.0 if context.kind(series).goal == "up" else 1.0
        if int(np.nanargmin(sign * series.y)) == 0:
            signs.append(
                weak(
                    RISES(
                        metric=series.label,
                        first=number(float(series.y[0])),
                        last=number(float(series.y[-1])),
                    )
                )
            )
        yield Suspicion(finding=finding, signs=tuple(signs), code=f'params.pop("{switch}")')


ON: Final = (True, "true", "True", 1)
CAUSE = Cause(
    id="boosting_weighted_twice",
    family="boosting",
    title=Text(
        zh="is_unbalance 和 scale_pos_weight 同时设置，正类的权重用了两次",
        en="is_unbalance and scale_pos_weight are both set, and the positive class is "
        "weighted twice",
    ),
    decided_by=Text(
        zh="只留其中一个（或都去掉）跑十轮：训练指标下降就是它。",
        en="Keep one of them, or neither, and run ten rounds: a training metric that falls "
        "decides it.",
    ),
    do=Text(
        zh="只设 is_unbalance 或 scale_pos_weight 之一（或都不设），从头训练；与早停、学习率、"
        "数据量无关。",
        en="Set is_unbalance or scale_pos_weight, not both (or neither), and start anew; "
        "early stopping, the learning rate and more data have nothing to do with it.",
    ),
    reference="lightgbm-org/LightGBM #742: Why training & eval error is increasing when training ?",
    suspect=suspect,
)
