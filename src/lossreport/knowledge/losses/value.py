"""Value-function (critic) losses: squared errors of predicted returns, for the analyse step."""

from __future__ import annotations

from lossreport.knowledge.loss_type import Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._facts import is_positive, own_number
from lossreport.text import Phrase, Text, number, percent

UNKNOWN = Text(
    zh="恒定预测平均回报的误差等于回报的方差，而方差不在日志中：{value} 没有参照值；请看 "
    "explained variance，或用 `--set target_var.{metric}=方差` 给出。",
    en="Always predicting the mean return costs the variance of the returns, which is not in "
    "the logs, so there is nothing to compare {value} with; look at the explained "
    "variance, or give `--set target_var.{metric}=VARIANCE`.",
)
AGAINST = Text(
    zh="回报的方差是 {variance}：{value} 是它的 {share}（前提是记录的是未乘系数的 MSE；"
    "有的代码乘 1/2）。低于 100% 才比恒定预测平均回报更好。",
    en="The variance of the returns is {variance}: {value} is {share} of it, provided the "
    "plain mean squared error is logged (some code takes half of it). Below 100% it beats "
    "always predicting the mean return.",
)


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not is_positive(value):
        return ()
    variance = own_number(known, "target_var")
    if variance is None or variance <= 0:
        return (UNKNOWN(metric=known.name, value=number(value)),)
    return (
        AGAINST(variance=number(variance), value=number(value), share=percent(value / variance)),
    )


LOSS = LossType(
    id="value",
    title=Text(zh="价值函数 loss", en="value-function loss"),
    names=metric_names(
        r"(?:\w+_)?(?:value|vf|cri|value_function|baseline)_?loss",
        r"loss_(?:value|vf)",
        r"loss/value(?:_avg)?",
        r"(?:delta)?loss_?[vq][12]?|qf[12]?_loss",
    ),
    order=44,
    unit="",
    goal="none",
    role="loss",
    notes=_notes,
    needs=("target_var.<metric>",),
    why=Text(
        zh="它是回报的平方误差，刻度随奖励变化：策略变好、回报变大时，它也可能上升；应看 "
        "explained variance 而不是这个数。",
        en="A squared error of returns, on the scale of the reward: as the policy improves "
        "and returns grow it can rise as well. Read the explained variance instead of this "
        "number.",
    ),
)
