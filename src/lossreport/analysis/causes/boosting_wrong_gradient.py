"""A boosting run whose training metric gets worse in every round from the first: its objective has
the wrong sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, against, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signature import parsers
from lossreport.text import Text, number, percent

ALWAYS: Final = 0.95
"""In 95 % of the rounds worse than the round before: noise of an honest objective gives half."""
KINDS: Final = ("divergence", "worsening", "overfitting")

WORSE = Text(
    zh="`{metric}` 在 {share} 的轮次里都比上一轮差，从 {first} 到 {last}，第一轮就是最好的。",
    en="`{metric}` is worse than the round before in {share} of the rounds, from {first} to "
    "{last}; the first round is the best.",
)


SET = Text(
    zh="设置写明 objective = {value}，是内置目标，它的梯度不会写反。",
    en="The settings say objective = {value}, which is built in and has no wrong sign.",
)
WEIGHTS_FIRST = Text(
    zh="先看目标：若用内置的 binary，去掉 is_unbalance 或 scale_pos_weight（只留一个，"
    "权重会让不加权的 logloss 从第一轮就上升）；若是自定义目标，梯度应为预测减标签，核对 "
    "preds 与 labels 的顺序。之后从头训练。",
    en="Look at the objective: with the built-in binary, drop is_unbalance or "
    "scale_pos_weight (weights make the unweighted logloss rise from the first round on); "
    "with one of your own, the gradient is prediction minus label, so check the order of "
    "preds and labels. Then train anew.",
)
BUILT_IN: Final = (
    "binary",
    "regression",
    "regression_l1",
    "multiclass",
    "cross_entropy",
    "lambdarank",
    "binary:logistic",
    "reg:squarederror",
    "multi:softmax",
    "multi:softprob",
    "Logloss",
    "RMSE",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a metric that worsens monotonically in the log of a boosting
    program.
    """
    if not any(name in parsers(context) for name in ("boosting", "evals_result", "catboost")):
        return
    for finding in context.of_kind(*KINDS):
        series = context.subject(finding)
        sign = -1.0 if context.kind(series).goal == "up" else 1.0
        steps = np.diff(series.y) * sign
        share = float(np.mean(steps > 0)) if len(steps) else 0.0
        if share >= ALWAYS:
            told = WORSE(
                metric=series.label,
                share=percent(share),
                first=number(float(series.y[0])),
                last=number(float(series.y[-1])),
            )
            signs = [strong(told)]
            if context.facts.get("objective") in BUILT_IN:
                signs.append(against(SET(value=str(context.facts["objective"]))))
            weighted = "binary_logloss" in series.name
            do = WEIGHTS_FIRST() if weighted else None
            yield Suspicion(
                finding=finding,
                signs=tuple(signs),
                do=do,
                code="" if weighted else "grad = preds - labels",
            )


CAUSE = Cause(
    id="boosting_wrong_gradient",
    family="boosting",
    title=Text(
        zh="自定义目标函数的梯度符号或参数顺序写反",
        en="The gradient of a custom objective has the wrong sign, or its arguments are swapped",
    ),
    decided_by=Text(
        zh="换成内置目标跑同样几轮：内置的变好就是自定义目标有误。",
        en="Run the same rounds with the built-in objective: if that gets better, the custom "
        "one is wrong.",
    ),
    do=Text(
        zh="梯度应为预测减标签（对 loss 求导），核对 preds 与 labels 的参数顺序，二阶导取正；"
        "改好后从头训练。",
        en="The gradient is prediction minus label (the derivative of the loss); check the "
        "order of preds and labels and keep the hessian positive, then train anew.",
    ),
    reference="dmlc/xgboost #3037: Custom Objective Behaving Badly (Or not training)",
    suspect=suspect,
)
