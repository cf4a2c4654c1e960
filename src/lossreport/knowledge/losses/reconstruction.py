"""Reconstruction losses: L1, squared error, cross-entropy or a perceptual distance, the name does
not tell, for the analyse step.
"""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Phrase, Text, number

NOTHING = Text(
    zh="名字没有说明重建误差怎么算（L1、平方误差、交叉熵或感知距离），{value} "
    "没有可比的参照值；请用 `--set type.{metric}=mse`（或其他种类）给出。",
    en="The name does not tell how the reconstruction is measured (L1, squared error, "
    "cross-entropy or a perceptual distance), so there is nothing to compare {value} with; "
    "say `--set type.{metric}=mse` (or another kind).",
)


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    return (NOTHING(metric=known.name, value=number(value)),) if math.isfinite(value) else ()


LOSS = LossType(
    id="reconstruction",
    title=Text(zh="重建 loss", en="reconstruction loss"),
    names=metric_names(
        r"(?:\w+_)?rec(?:on(?:s(?:truction)?)?)?_?loss",
        r"loss_rec(?:on(?:s(?:truction)?)?)?",
        r"reconstruction",
        # CycleGAN, ComboGAN and pix2pixHD
        r"(?:cyc|cycle|idt|rec)_(?:[ab]|\d{1,2})|g_(?:gan_feat|vgg|percep)",
        r"l_(?:g_)?(?:pix|percep|fea|style|freq|fft)|l_pix_\w+",  # BasicSR
    ),
    order=46,
    unit="",
    goal="down",
    role="loss",
    notes=_notes,
    needs=("type.<metric>",),
    why=Text(
        zh="它衡量输出与输入相差多少，大小取决于距离的定义和像素（或特征）的取值范围；"
        "数值低不等于生成的样本好看。",
        en="How far the output is from the input; the distance used and the range of the "
        "pixels (or features) set its size. A low value does not mean that generated "
        "samples look right.",
    ),
)
