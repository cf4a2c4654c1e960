"""LightGBM that finds no split: too few rows for its least leaf, or features that do not vary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import quoted, said, setting
from lossreport.text import Text

WORDS: Final = (
    r"No further splits with positive gain|no more leaves that meet the split requirements"
)
KINDS: Final = ("constant_metric", "frozen_metric", "no_learning", "plateau")
SET = Text(zh="配置写明 {name} = {value}。", en="The configuration says {name} = {value}.")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a metric that does not move where the program says that it finds no
    split.
    """
    event = said(context, WORDS)
    if event is None:
        return
    for finding in context.of_kind(*KINDS):
        signs = [strong(quoted(context, event))]
        least = setting(context, "min_data_in_leaf", "min_child_samples", "min_sum_hessian_in_leaf")
        if least is not None:
            signs.append(weak(SET(name=least[0], value=least[1])))
        yield Suspicion(
            finding=finding,
            signs=tuple(signs),
            code='params = {"min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0}',
        )


CAUSE = Cause(
    id="boosting_no_split",
    family="boosting",
    title=Text(
        zh="找不到有增益的分裂：数据太少，或叶子的下限太大",
        en="No split has a gain: too little data, or limits of a leaf that are too large",
    ),
    decided_by=Text(
        zh="比较样本数与 2 × min_data_in_leaf，并看特征是否恒定：不够两片叶子就是下限。",
        en="Compare the number of rows with twice min_data_in_leaf, and see whether features "
        "vary: fewer than two leaves need decides it.",
    ),
    do=Text(
        zh="调低 min_data_in_leaf 与 min_sum_hessian_in_leaf；若只在后期出现，"
        "是模型已经拟合完，提前停止即可。",
        en="Lower min_data_in_leaf and min_sum_hessian_in_leaf; where it comes late only, the "
        "model has fitted what there is, and stopping early is enough.",
    ),
    reference="lightgbm-org/LightGBM #3440: No further splits with positive gain, best gain: -inf",
    suspect=suspect,
)
