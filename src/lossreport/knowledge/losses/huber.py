"""Huber and smooth L1: squared for small errors, linear for large ones, for the analyse step."""

from __future__ import annotations

from lossreport.knowledge.loss_type import Chance, Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import side
from lossreport.knowledge.losses._facts import is_positive, own_number, value_range
from lossreport.text import Phrase, Text, factor, number, percent

UNKNOWN = Text(
    zh="`{metric}` 的转折点 β（或 δ）与目标取值范围没有同时给出，{value} 无法换算；请用 "
    "`--set beta.{metric}=β` 和 `--set range.{metric}=LO,HI` 给出。",
    en="The bend β (or δ) of `{metric}` and the range of its targets are not both known, so "
    "{value} cannot be interpreted; give `--set beta.{metric}=B` and `--set "
    "range.{metric}=LO,HI`.",
)
BELOW = Text(
    zh="若目标在 [{low}, {high}] 内均匀分布，恒定预测中点的 loss 是 {chance}（β = {beta}）："
    "{value} 是它的 {share}。真实数据更集中时，常数预测器更低。",
    en="For targets spread uniformly over [{low}, {high}], always predicting the middle costs "
    "{chance} (β = {beta}): {value} is {share} of it. A constant predictor scores lower "
    "where the data is more concentrated.",
)
AT = Text(
    zh="若目标在 [{low}, {high}] 内均匀分布，恒定预测中点的 loss 是 {chance}（β = {beta}）："
    "{value} 与它相差不到 {tie}，只看这个数，与恒定预测没有区别。",
    en="For targets spread uniformly over [{low}, {high}], always predicting the middle costs "
    "{chance} (β = {beta}): {value} is within {tie} of it, by this number alone no "
    "different from that constant.",
)
ABOVE = Text(
    zh="若目标在 [{low}, {high}] 内均匀分布，恒定预测中点的 loss 是 {chance}（β = {beta}）："
    "{value} 是它的 {ratio}，差于这个常数；或者目标超出该范围，或者记录的不是均值。",
    en="For targets spread uniformly over [{low}, {high}], always predicting the middle costs "
    "{chance} (β = {beta}): {value} is {ratio} of it, worse than that constant, unless "
    "targets leave the range or the logged number is not a mean.",
)


def uniform_chance(low: float, high: float, beta: float) -> float:
    """Return E smooth_l1(a - middle) for a uniform on [low, high], smooth_l1 = e^2/(2 beta) below
    beta, |e| - beta/2 above.

    With h = (high - low)/2: h^2/(6 beta) for h <= beta, else h/2 - beta/2 + beta^2/(6 h); beta -> 0
    gives range/4 of an L1.
    """
    h = (high - low) / 2
    return h * h / (6 * beta) if h <= beta else h / 2 - beta / 2 + beta * beta / (6 * h)


def _parameters(known: Known) -> tuple[float, float, float] | None:
    span, beta = (
        value_range(known),
        own_number(known, "beta", "smooth_l1_beta", "huber_delta", "huber_beta"),
    )
    return None if span is None or beta is None or beta <= 0 else (*span, beta)


def _chance(known: Known) -> Chance | None:
    found = _parameters(known)
    if found is None:
        return None
    # PyTorch: HuberLoss(delta) = delta * SmoothL1Loss(beta=delta)
    scale = found[2] if "huber" in known.name.lower() else 1.0
    return Chance(
        value=scale * uniform_chance(*found), assumption="uniform targets, constant middle, beta"
    )


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not is_positive(value):
        return ()
    found, chance = _parameters(known), _chance(known)
    if found is None or chance is None:
        return (UNKNOWN(metric=known.name, value=number(value)),)
    low, high, beta = (number(part) for part in found)
    shown, level = number(value), number(chance.value)
    match side(value, chance.value):
        case 0:
            return (
                AT(low=low, high=high, beta=beta, chance=level, value=shown, tie=percent(0.01)),
            )
        case 1:
            return (
                ABOVE(
                    low=low,
                    high=high,
                    beta=beta,
                    chance=level,
                    value=shown,
                    ratio=factor(value / chance.value),
                ),
            )
        case _:
            return (
                BELOW(
                    low=low,
                    high=high,
                    beta=beta,
                    chance=level,
                    value=shown,
                    share=percent(value / chance.value),
                ),
            )


LOSS = LossType(
    id="huber",
    title=Text(zh="Huber / smooth L1", en="Huber / smooth L1"),
    names=metric_names(
        r"(?:\w+_)?huber(?:_?loss)?",
        r"(?:\w+_)?smooth_?l1(?:_?loss)?",
        r"loss_(?:huber|smooth_?l1)",
    ),
    order=44,  # before l1
    unit="",
    goal="down",
    role="loss",
    chance=_chance,
    notes=_notes,
    needs=("beta.<metric>", "range.<metric>"),
    why=Text(
        zh="误差小于 β 时按平方计、大于 β 时按绝对值计，单位随之改变：不知道 β，"
        "就无法把数值换算成目标的单位。",
        en="Errors below β count squared, larger ones linearly, so the unit changes with the "
        "error: without β a value cannot be turned into the unit of the target.",
    ),
)
