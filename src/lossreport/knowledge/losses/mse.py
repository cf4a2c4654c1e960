"""Mean squared error: a value in squared units of the target, read through its root in the analyse
step.
"""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Chance, Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._facts import is_positive, value_range
from lossreport.text import Phrase, Text, number, percent

ROOT = Text(
    zh="{value} 的平方根（RMSE）是 {rmse}，与目标同单位。",
    en="The root of {value} (RMSE) is {rmse}, in the unit of the target.",
)
OF_RANGE = Text(
    zh="RMSE 是取值范围 [{low}, {high}] 的 {share}。恒定预测均值的 MSE 等于目标的方差；"
    "目标均匀分布时为 {chance}，更集中时更低。",
    en="The RMSE is {share} of the range [{low}, {high}]. Always predicting the mean has an "
    "MSE equal to the variance of the targets: {chance} if they are uniform over that "
    "range, less if they are more concentrated.",
)


def _chance(known: Known) -> Chance | None:
    """Return the variance of uniform targets, range^2/12."""
    span = value_range(known)
    return (
        None
        if span is None
        else Chance(value=(span[1] - span[0]) ** 2 / 12, assumption="range^2/12")
    )


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not is_positive(value):
        return ()
    rmse = math.sqrt(value)
    said = [ROOT(value=number(value), rmse=number(rmse))]
    span = value_range(known)
    if span is not None:
        low, high = span
        share, chance = percent(rmse / (high - low)), number((high - low) ** 2 / 12)
        said.append(OF_RANGE(low=number(low), high=number(high), share=share, chance=chance))
    return tuple(said)


LOSS = LossType(
    id="mse",
    title=Text(zh="均方误差（MSE）", en="mean squared error (MSE)"),
    names=metric_names(
        r"(?:\w+_)?mse(?:_loss)?",
        r"loss_mse",
        r"(?:valid_\d+'s_)?l2",
        r"l2_loss",
        r"mean_squared_error",
    ),
    unit="",
    goal="down",
    role="loss",
    chance=_chance,
    notes=_notes,
    needs=("range.<metric>",),
    why=Text(
        zh="误差取平方，因此小于 1 的误差被缩小、大于 1 的被放大；"
        "恒定预测均值时等于目标的方差，没有方差就无法判断大小。",
        en="Errors are squared, so those below 1 shrink and those above 1 grow. Always "
        "predicting the mean scores the variance of the targets; without that variance the "
        "size of a value says nothing.",
    ),
)
