"""A boosting run whose training metric gets worse in every round from the first: its objective has the wrong sign."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signature import parsers
from lossreport.text import Text, number, percent

ALWAYS: Final = 0.95
"""In 95 % of the rounds worse than the round before: noise of an honest objective gives half."""
KINDS: Final = ("divergence", "worsening", "overfitting")

WORSE = Text(
    zh="`{metric}` 在 {share} 的轮次里都比上一轮差，从 {first} 到 {last}，第一轮就是最好的。",
    en="`{metric}` is worse than the round before in {share} of the rounds, from {first} to {last}; the first round is the best.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a metric that worsens monotonically in the log of a boosting program."""
    if not any(name in parsers(context) for name in ("boosting", "evals_result", "catboost")):
        return
    for finding in context.of_kind(*KINDS):
        series = context.subject(finding)
        sign = -1.0 if context.kind(series).goal == "up" else 1.0
        steps = np.diff(series.y) * sign
        share = float(np.mean(steps > 0)) if len(steps) else 0.0
        if share >= ALWAYS:
            told = WORSE(metric=series.label, share=percent(share), first=number(float(series.y[0])), last=number(float(series.y[-1])))
            yield Suspicion(finding=finding, signs=(strong(told),), code="grad = preds - labels")


CAUSE = Cause(
    id="boosting_wrong_gradient",
    family="boosting",
    title=Text(
        zh="自定义目标函数的梯度符号或参数顺序写反",
        en="The gradient of a custom objective has the wrong sign, or its arguments are swapped",
    ),
    decided_by=Text(
        zh="换成内置目标跑同样几轮：内置的变好就是自定义目标有误。",
        en="Run the same rounds with the built-in objective: if that gets better, the custom one is wrong.",
    ),
    do=Text(
        zh="梯度应为预测减标签（对 loss 求导），核对 preds 与 labels 的参数顺序，二阶导取正；改好后从头训练。",
        en="The gradient is prediction minus label (the derivative of the loss); check the order of preds and labels and keep the hessian positive, then train anew.",
    ),
    reference="dmlc/xgboost #3037: Custom Objective Behaving Badly (Or not training)",
    suspect=suspect,
)
