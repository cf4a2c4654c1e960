"""A loss of self-distillation at ln of the number of prototypes: teacher and student are
uniform.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import Standstill
from lossreport.analysis.signs import around
from lossreport.text import Join, Text, number

AT = Text(
    zh="`{metric}` 停在 {value} = ln {size}，{size} 是原型头的输出维数："
    "教师与学生的输出都已均匀（坍缩）。",
    en="`{metric}` stands at {value} = ln {size}, and {size} is a size of a head of "
    "prototypes: teacher and student are both uniform, which is a collapse.",
)
NAMES: Final = re.compile(r"teacher|koleo|ibot|dino|student", re.IGNORECASE)
BESIDE = Text(
    zh="日志里还有自蒸馏的量：{names}。", en="The log holds what self-distillation logs: {names}."
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss that stands at ln of a power of two from 1024 on, where no
    vocabulary is known.
    """
    for finding, still in context.seen(Standstill):
        size = still.uniform
        if size is None or size < SMALLEST or not math.log2(size).is_integer():
            continue
        series = context.subject(finding)
        signs = [
            strong(
                AT(
                    metric=series.label,
                    value=number(math.log(size), digits=5),
                    size=str(round(size)),
                )
            )
        ]
        names = [name for name in sorted({*context.metrics, *context.facts}) if NAMES.search(name)]
        if names:
            signs.append(weak(BESIDE(names=Join(items=tuple(names[:3])))))
        yield Suspicion(finding=finding, signs=(*signs, *around(context, series, len(series) - 1)))


SMALLEST: Final = 1024
CAUSE = Cause(
    id="distillation_collapse",
    family="learning",
    title=Text(
        zh="自蒸馏坍缩：loss 停在 ln(out_dim)，输出对任何图像都均匀",
        en="Collapse of self-distillation: the loss stands at ln(out_dim), the output is "
        "uniform for any image",
    ),
    decided_by=Text(
        zh="记录教师分布的熵和师生的 KL：熵等于 ln(out_dim) 且 KL 约为 0，即坍缩；"
        "若此维数是词表大小，则是没有在学的语言模型。",
        en="Log the entropy of the teacher and the KL between the two: ln(out_dim) and about "
        "0 is the collapse; if the size is that of a vocabulary, it is a language model "
        "that learns nothing.",
    ),
    do=Text(
        zh="降低学习率、加长 warm-up；教师温度从更低处起步并 warm-up，检查 centering "
        "的动量和教师动量；第一个 epoch 冻结最后一层（freeze_last_layer 1）。",
        en="Lower the learning rate and lengthen its warm-up; start the teacher temperature "
        "lower and warm it up, check the momentum of centering and teacher; freeze the "
        "last layer in the first epoch (freeze_last_layer 1).",
    ),
    reference="facebookresearch/dinov2 #407: Strange collapse issue with the dino loss",
    suspect=suspect,
)
