"""A validation score at its maximum from the first validation on: the set overlaps with the
training, or a feature holds the label.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import OneValue
from lossreport.text import Text, number

FULL = Text(
    zh="`{metric}` 从第一次验证起（第 {line} 行）在全部 {count} 行里都是满分 {value}。",
    en="`{metric}` is at its maximum of {value} from the first validation on (line {line}), "
    "in all {count} rows.",
)
LEVELS: Final = (1.0, 100.0)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a score of a validation that is full from the start."""
    for finding, same in context.seen(OneValue):
        series = context.subject(finding)
        if (
            series.metric_type in ("accuracy", "map")
            and series.split != "train"
            and same.value in LEVELS
        ):
            said = FULL(
                metric=series.label,
                line=int(series.line[0]),
                count=len(series),
                value=number(same.value),
            )
            yield Suspicion(finding=finding, signs=(strong(said),))


CAUSE = Cause(
    id="leakage",
    family="data",
    title=Text(
        zh="数据泄漏：验证集与训练集重叠，或特征里含有标签（也可能任务本身太容易）",
        en="Leakage: the validation overlaps with the training set, or a feature holds the "
        "label (or the task is that easy)",
    ),
    decided_by=Text(
        zh="核对两个集合的 id / 病人 / 组有没有交集，并换一个全新的测试集评测一次。",
        en="Intersect the ids, patients or groups of both sets, and evaluate once on a set "
        "that is new.",
    ),
    do=Text(
        zh="按组划分数据，去掉重复样本和由标签推出的特征，再评测；在此之前不要用这个分数选 "
        "checkpoint。",
        en="Split by groups, remove duplicates and features that derive from the label, and "
        "evaluate again; choose no checkpoint by this score until then.",
    ),
    reference="theislab/multimil #75: Data leakage between train and validation sets",
    suspect=suspect,
)
