"""A boosting that stops itself at a degenerate solution: the leaves grow without bound for want of
regularisation.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signature import quoted, said
from lossreport.text import Text


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion where the program says so."""
    event = said(context, r"degenerate solution|too small l2")
    if event is None:
        return
    for finding in context.of_kind("divergence", "nonfinite"):
        yield Suspicion(
            finding=finding, signs=(strong(quoted(context, event)),), code="l2_leaf_reg=10"
        )


CAUSE = Cause(
    id="boosting_regularised_too_little",
    family="boosting",
    title=Text(
        zh="L2 正则太小：叶子的值无界增长，求解退化，loss 变成 NaN",
        en="The L2 regularisation is too small: leaf values grow without bound, the solution "
        "degenerates and the loss becomes NaN",
    ),
    decided_by=Text(
        zh="把 l2_leaf_reg 提高到 3 到 10 倍再训：同一轮不再退化，就是它。",
        en="Train again with three to ten times the l2_leaf_reg: if the same round is sound, "
        "that was it.",
    ),
    do=Text(
        zh="提高 l2_leaf_reg（3 到 10 倍）、降低学习率或减少轮数；"
        "已训练的轮次可用停下之前的那一轮。",
        en="Raise l2_leaf_reg (three to ten times), lower the learning rate or take fewer "
        "rounds; of what was trained, the rounds before the stop can be used.",
    ),
    reference="catboost/catboost #274: `learn nan` in output of CatBoostClassifier.fit if too many "
    "iterations",
    suspect=suspect,
)
