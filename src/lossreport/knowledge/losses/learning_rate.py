"""Learning rate: a schedule somebody chose, whose printed digits may hide changes, for the analyse
step.
"""

from __future__ import annotations

from typing import Final

from lossreport.knowledge.loss_type import Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._facts import is_positive
from lossreport.text import Phrase, Text, number, percent

RESOLUTION: Final = 1e-6
"""MetricLogger prints the learning rate as `{value:.6f}`."""

QUANTISED = Text(
    zh="**若**日志按 6 位小数打印，{value} 的舍入误差可达 {half}，即其 {share}："
    "小于它的变化在日志里看不见。",
    en="**If** the log prints six decimals, {value} is rounded by up to {half}, {share} of "
    "it: smaller changes cannot be seen in that log.",
)


def _notes(_: Known, value: float) -> tuple[Phrase, ...]:
    """Warn where a value could be the rounded print of another: a whole multiple of 1e-6 below
    1e-4.
    """
    steps = value / RESOLUTION
    if not is_positive(value) or value >= 1e-4 or abs(steps - round(steps)) > 1e-6:
        return ()
    half = RESOLUTION / 2
    return (QUANTISED(value=number(value), half=number(half), share=percent(half / value)),)


LOSS = LossType(
    id="learning_rate",
    title=Text(zh="学习率", en="learning rate"),
    names=metric_names(
        r"lr\d*",
        r"learning_?rate\d*",
        r"lr_(?!loss)\w+",
        r"(?:\w+_)?(?:lr|learning_rate)s?",
        r"lr\(\w+\)",
        r"(?:.+/)?(?:lr|learning_rate)/.+",
        r"lrm",
        r"学习率|學習率",
    ),
    order=40,
    unit="",
    goal="none",
    role="schedule",
    notes=_notes,
    why=Text(
        zh="学习率由配置和调度器决定，不是训练的结果；loss 的台阶常常与它的变化点重合。",
        en="The learning rate is set by the configuration and its scheduler and is not a "
        "result of training; a step in the loss often coincides with a change of it.",
    ),
)
