"""Focal loss: a cross-entropy that plays down what is already right, for the analyse step."""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, Level, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import against
from lossreport.knowledge.losses._facts import is_positive, own_number
from lossreport.text import Phrase, Text, number

HALF = Text(
    zh="**若**它是所有元素的均值、正负例各半，且处处预测 p = 1/2（α = {alpha}，γ = {gamma}）",
    en="**if** it is a mean over all elements with as many positives as negatives, predicting "
    "p = 1/2 everywhere (α = {alpha}, γ = {gamma})",
)
UNKNOWN = Text(
    zh="没有 α 和 γ，{value} 没有参照值；请用 `--set focal_alpha=α` 和 `--set focal_gamma=γ` "
    "给出。检测模型常按正例数归一化，此时参照值还取决于正例占比。",
    en="Without α and γ there is nothing to compare {value} with; give them with `--set "
    "focal_alpha=A` and `--set focal_gamma=G`. Detectors often divide by the number of "
    "positives, and then the share of positives matters too.",
)


def _levels(known: Known) -> tuple[Level, ...]:
    """Return the loss of p = 1/2 on balanced labels: (alpha + (1 - alpha))/2 * (1/2)^gamma * ln 2
    (SCIENCE.md 2: .0866 at .25, 2).
    """
    alpha, gamma = (
        own_number(known, "alpha", "focal_alpha"),
        own_number(known, "gamma", "focal_gamma"),
    )
    if alpha is None or gamma is None or not 0 <= alpha <= 1 or gamma < 0:
        return ()
    level = 0.5 * 0.5**gamma * math.log(2)
    return (
        Level(
            value=level,
            condition=HALF(alpha=number(alpha), gamma=number(gamma)),
            formula="(1/2)^(γ+1) ln 2",
        ),
    )


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not is_positive(value):
        return ()
    levels = _levels(known)
    return tuple(note for level in levels for note in against(value, level)) or (
        UNKNOWN(value=number(value)),
    )


LOSS = LossType(
    id="focal",
    title=Text(zh="focal loss", en="focal loss"),
    names=metric_names(r"(?:\w+_)?focal(?:_?loss)?", r"loss_(?:\w+_)?focal"),
    order=44,
    unit="",
    goal="down",
    role="loss",
    levels=_levels,
    notes=_notes,
    needs=("focal_alpha", "focal_gamma"),
    why=Text(
        zh="交叉熵乘上 α(1−p)^γ，已经判对的样本权重很小：数值整体偏小，"
        "与普通交叉熵没有可比性，起点还取决于偏置的初始化。",
        en="A cross-entropy times α(1−p)^γ, which leaves little weight on what is already "
        "right. Values are small as a whole, are not comparable with a plain "
        "cross-entropy, and start where the initial bias puts them.",
    ),
)
