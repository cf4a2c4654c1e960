"""A boosting run whose AUC is one half in every round: no tree splits at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import parsers, setting
from lossreport.text import Text, number

HALF: Final = 0.5
KINDS: Final = ("constant_metric", "frozen_metric", "no_learning")

EXACT = Text(
    zh="`{metric}` 在全部 {count} 轮里都正好是 {value}：每个样本的预测都相同。",
    en="`{metric}` is exactly {value} in all {count} rounds: every sample gets the same "
    "prediction.",
)
SET = Text(zh="配置写明 {name} = {value}。", en="The configuration says {name} = {value}.")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for an AUC of exactly one half in the log of a boosting program."""
    boosts = any(name in parsers(context) for name in ("boosting", "evals_result", "catboost"))
    for finding in context.of_kind(*KINDS):
        series = context.subject(finding)
        if (
            "auc" not in series.name.lower()
            or float(series.y[-1]) != HALF
            or not (series.y == HALF).all()
        ):
            continue
        told = EXACT(metric=series.label, count=len(series), value=number(HALF))
        signs = [strong(told) if boosts else weak(told)]
        limit = setting(context, "min_child_weight", "gamma", "min_split_loss")
        if limit is not None:
            signs.append(weak(SET(name=limit[0], value=limit[1])))
        yield Suspicion(
            finding=finding, signs=tuple(signs), code='params = {"min_child_weight": 0, "gamma": 0}'
        )


CAUSE = Cause(
    id="boosting_no_tree",
    family="boosting",
    title=Text(
        zh="没有一棵树分裂：min_child_weight、gamma 相对样本权重过大",
        en="No tree splits: min_child_weight or gamma are too large for the weights of the samples",
    ),
    decided_by=Text(
        zh="导出第一棵树：只有一个叶子就是它；再看叶子内 hessian 之和是否小于 min_child_weight。",
        en="Dump the first tree: a single leaf decides it; then see whether the hessians of a "
        "leaf sum to less than min_child_weight.",
    ),
    do=Text(
        zh="把 min_child_weight 设为 0 到 1、gamma 设为 0，并把样本权重缩放到平均为 1。",
        en="Set min_child_weight to 0 to 1 and gamma to 0, and scale the weights of the "
        "samples to a mean of 1.",
    ),
    reference="dmlc/xgboost #5993: predict() gets the same on every instance",
    suspect=suspect,
)
