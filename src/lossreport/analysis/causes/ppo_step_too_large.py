"""PPO updates that change the policy too much: approx_kl far above its usual hundredth, most ratios
clipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beside import beside, finite
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.policy_drift import Updates
from lossreport.text import Text, number

CLIPPED: Final = 0.3
"""Healthy runs clip a tenth to a fifth."""

FAR = Text(
    zh="`{kl}` 的中位数是 {median}、最大 {highest}；常用的上限（target_kl）是 0.015 到 0.05。",
    en="`{kl}` has a median of {median} and reaches {highest}; usual limits (target_kl) are "
    "0.015 to 0.05.",
)
RATIOS = Text(
    zh="`{metric}` 的中位数是 {median}：多数样本的概率比被裁剪。",
    en="`{metric}` has a median of {median}: the ratios of many samples are clipped.",
)
VALUES = Text(
    zh="`{metric}` 为负（{value}）：价值函数比常数还差，优势不可信。",
    en="`{metric}` is negative ({value}): the value function is worse than a constant, and "
    "advantages cannot be trusted.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for updates beyond the limit of PPO."""
    for finding in context.of_kind("divergence", "clip_saturation"):
        series = context.subject(finding)
        if isinstance(finding.payload, Updates):
            y = finite(series)
            signs = [
                strong(
                    FAR(
                        kl=series.label,
                        median=number(float(np.median(y))),
                        highest=number(float(y.max())),
                    )
                )
            ]
            share = beside(context, series, r"(?:.*/)?clip_?frac(?:tion)?")
            if (
                share is not None
                and len(finite(share))
                and float(np.median(finite(share))) > CLIPPED
            ):
                signs.append(
                    weak(RATIOS(metric=share.label, median=number(float(np.median(finite(share))))))
                )
        elif series.metric_type == "clip_fraction":
            signs = [
                strong(RATIOS(metric=series.label, median=number(float(np.median(finite(series))))))
            ]
        else:
            continue
        variance = beside(context, series, r"(?:.*/)?explained_variance")
        if (
            variance is not None
            and len(finite(variance))
            and float(np.median(finite(variance))) < 0
        ):
            signs.append(
                weak(
                    VALUES(metric=variance.label, value=number(float(np.median(finite(variance)))))
                )
            )
        yield Suspicion(
            finding=finding, signs=tuple(signs), code="PPO(..., target_kl=0.03, n_epochs=4)"
        )


CAUSE = Cause(
    id="ppo_step_too_large",
    family="reinforcement",
    title=Text(
        zh="PPO 的更新步长过大：学习率、重复遍历次数或优势的尺度",
        en="PPO updates are too large: learning rate, passes over the batch, or scale of the "
        "advantages",
    ),
    decided_by=Text(
        zh="只把 n_epochs 降到 1 跑几次更新：approx_kl 随之降下来是遍历次数，"
        "仍高是学习率或奖励尺度。",
        en="Run some updates with one pass over the batch: if approx_kl comes down it was the "
        "passes, else learning rate or scale of the rewards.",
    ),
    do=Text(
        zh="把学习率降到三分之一，减少 n_epochs、加大 batch，归一化观测与奖励，并设 target_kl "
        "提前结束一次更新。",
        en="Lower the learning rate to a third, take fewer passes and larger batches, "
        "normalise observations and rewards, and set target_kl to end an update early.",
    ),
    reference="DLR-RM/stable-baselines3 #324: Problems with PPO on MiniGrid",
    suspect=suspect,
)
