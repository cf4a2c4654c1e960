"""L1 (mean absolute error): a value in the units of the target, read against the range of the
targets in the analyse step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.knowledge.loss_type import Chance, Known, LossType, Reference
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._facts import count_fact, has_actions, is_positive, value_range
from lossreport.text import Phrase, Text, number, percent

DILUTED: Final = "loss_ct"
"""The metric that the public code of RynnVLA-002 averages over batches without actions too, each
counted as 0.
"""
ACTION: Final = re.compile(r"loss_ct|(?!.*\d\Z)(?>.*?action).*+")
"""Names of a mean over all action dimensions; one that ends in an index may be of a single
dimension.
"""

OF_RANGE = Text(
    zh="{value} 是取值范围 [{low}, {high}] 的 {share}。",
    en="{value} is {share} of the range [{low}, {high}].",
)
CHANCE = Text(
    zh="若目标在该范围内均匀分布，恒定预测中点的 L1 是范围的四分之一，即 {chance}。"
    "真实数据往往更集中，常数预测器的 L1 可能更低：请先算出数据集对中位数的平均绝对偏差，"
    "再与 {value} 比较。",
    en="For targets spread uniformly over that range, always predicting the middle has an L1 "
    "of a quarter of it, {chance}. Real data is often more concentrated, so a constant "
    "predictor may score lower: compute the data set's mean absolute deviation from the "
    "median before comparing it with {value}.",
)
NO_RANGE = Text(
    zh="`{metric}` 的目标取值范围未知，无法说明 {value} 占多大比例；请用 `--set "
    "range.{metric}=LO,HI` 给出。",
    en="The range of the targets of `{metric}` is unknown, so {value} cannot be related to "
    "it; give it with `--set range.{metric}=LO,HI`.",
)
MEAN = Text(
    zh="mean reduction（PyTorch 默认）的 L1 loss 已经对所有元素取过均值：{value} "
    "就是每个元素的平均绝对误差，不要再除以维数。",
    en="An L1 loss with mean reduction (PyTorch's default) is already a mean over all "
    "elements: {value} is the mean absolute error per element; do not divide it by the "
    "number of dimensions.",
)
OF_GENERATOR: Final = re.compile(r"(?:loss_)?g(?:en(?:erator)?)?_?l1(?:_loss)?", re.IGNORECASE)
WEIGHTED = Text(
    zh="pix2pix 一类代码记录的生成器 L1 项已经乘过权重（lambda_L1，默认 100）：若这里也是，"
    "{value} 除以该权重才是每个元素的平均绝对误差。",
    en="The L1 term of a generator is logged times its weight by pix2pix and programs made of "
    "it (lambda_L1, 100 by default): where that holds here, the mean absolute error per "
    "element is {value} over that weight.",
)
MEAN_ACTION = Text(
    zh="mean reduction（PyTorch 默认）的 L1 loss 已经对 batch、时间步（horizon）"
    "和动作维度取过均值：{value} 就是每一维的平均绝对误差，不要再除以 `action_dim` = "
    "{dims}。",
    en="An L1 loss with mean reduction (PyTorch's default) is already a mean over batch, "
    "horizon and dimensions: {value} is the mean absolute error per dimension; do not "
    "divide it by `action_dim` = {dims}.",
)
ZEROS = Text(
    zh="**若**不含动作的 batch 以 0 计入均值（如同系列公开代码 RynnVLA-002），则真实 L1 = "
    "记录值 / 含动作 batch 的占比；例如占比为二分之一时，是 {doubled} 而不是 {value}。",
    en="**If** batches without actions are averaged in as zero (as in the public code of this "
    "family, RynnVLA-002), the true L1 is the logged value divided by the share of batches "
    "with actions: at a share of one half, {doubled} instead of {value}.",
)


def _chance(known: Known) -> Chance | None:
    """Return E|a - middle| of uniform targets, range/4."""
    span = value_range(known)
    return None if span is None else Chance(value=(span[1] - span[0]) / 4, assumption="range/4")


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    return tuple(_said(known, value)) if is_positive(value) else ()


def _said(known: Known, value: float) -> Iterator[Phrase]:
    shown = number(value)
    span = value_range(known)
    if span is None:
        yield NO_RANGE(metric=known.name, value=shown)
    else:
        low, high = span
        yield OF_RANGE(
            value=shown, low=number(low), high=number(high), share=percent(value / (high - low))
        )
        yield CHANCE(value=shown, chance=number((high - low) / 4))
    dims = count_fact(known, "action_dim")
    folded = known.name.lower()
    if OF_GENERATOR.fullmatch(folded):
        yield WEIGHTED(value=shown)
    elif dims is not None and ACTION.fullmatch(folded):
        yield MEAN_ACTION(value=shown, dims=dims)
    else:
        yield MEAN(value=shown)
    if folded == DILUTED:
        yield ZEROS(value=shown, doubled=number(2 * value))


LOSS = LossType(
    id="l1",
    title=Text(zh="L1（平均绝对误差）", en="L1 (mean absolute error)"),
    names=metric_names(
        r"(?!.*smooth)(?:\w+_)?l1(?:_(?:loss|err(?:or)?|action))*",
        r"loss_l1",
        r"(?:\w+_)?mae(?:_loss)?",
        r"loss_mae",
        r"loss_ct",
        r"mean_absolute_error",
        r"abs(?:olute)?_err(?:or)?",
    ),
    order=55,  # box losses are L1 too
    unit="",
    goal="down",
    role="loss",
    chance=_chance,
    notes=_notes,
    needs=("range.<metric>",),
    why=Text(
        zh="它与目标同单位，大小由目标的取值范围决定；目标归一化到 [-1, 1] 时，"
        "均匀目标的中点预测也只有 0.5。与以 nats 计的交叉熵没有共同刻度，"
        "不能比较两者的数值大小。",
        en="It is in the unit of the target, so the range of the targets sets its size: for "
        "targets normalised to [-1, 1] even always predicting the middle of uniform "
        "targets costs only 0.5. It shares no scale with a cross-entropy in nats; the two "
        "numbers cannot be compared.",
    ),
    comparable=Text(
        zh="动作归一化、数据或 horizon 不同的数值不可比；好坏由成功率决定，而不是 L1。",
        en="Values with another action normalisation, data or horizon are not comparable; "
        "success rate, not L1, decides.",
    ),
    references=(
        Reference(
            value=Text(
                zh="连续动作 L1：建议训练到 0.01 以下；LIBERO-Spatial 约 0.006，LIBERO-Goal "
                "最好的 checkpoint 约 0.02。",
                en="L1 on continuous actions: train until below 0.01; about 0.006 on "
                "LIBERO-Spatial, about 0.02 for the best checkpoint on LIBERO-Goal.",
            ),
            source="OpenVLA-OFT documentation (moojink/openvla-oft)",
            where=has_actions,
        ),
        Reference(
            value=Text(
                zh="连续动作 L1：一位用户的训练到 0.008。",
                en="L1 on continuous actions: a user's run reached 0.008.",
            ),
            source="moojink/openvla-oft, issue #74",
            where=has_actions,
        ),
        Reference(
            value=Text(
                zh="LIBERO Spatial / Object / Goal：训练 L1 降到 0.04 以下；LIBERO-10 约 0.05。",
                en="LIBERO Spatial / Object / Goal: training L1 below 0.04; LIBERO-10 about 0.05.",
            ),
            source="OpenDriveLab/UniVLA, issue #1",
            where=has_actions,
        ),
    ),
)
