"""Loss scale of mixed-precision training, for the analyse step."""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, LossType, Reference
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._facts import is_positive
from lossreport.text import Phrase, Text, number

POWER = Text(zh="{value} 即 2^{power}。", en="{value} = 2^{power}.")
ONE = Text(
    zh="loss scale 为 1：没有放大（bf16、fp32 或已降到最低）。",
    en="A loss scale of 1: nothing is scaled (bf16, fp32, or it has fallen all the way).",
)


def _notes(_: Known, value: float) -> tuple[Phrase, ...]:
    if not is_positive(value):
        return ()
    if value == 1:
        return (ONE(),)
    mantissa, exponent = math.frexp(value)
    return (POWER(value=number(value), power=exponent - 1),) if mantissa == 0.5 else ()


LOSS = LossType(
    id="loss_scale",
    title=Text(zh="loss scale", en="loss scale"),
    names=metric_names(
        r"(?:\w+_)?(?:loss|grad|amp)_?scale", r"(?:grad_)?scaler?(?:_scale|/scale)", r"loss_?scaler"
    ),
    order=40,
    unit="",
    goal="none",
    role="health",
    notes=_notes,
    why=Text(
        zh="fp16 训练时梯度被放大的倍数，不是 loss：通常溢出时减半，长时间不溢出则加倍；"
        "连续减半说明反复溢出。",
        en="The factor by which gradients are enlarged in fp16 training; it is not a loss. "
        "Usually it is halved on an overflow and doubled after a long stretch without one, "
        "so repeated halving means repeated overflow.",
    ),
    references=(
        Reference(
            value=Text(
                zh="loss scale 降到最小值后训练停止。",
                en="Training halted when the loss scale reached its minimum.",
            ),
            source="OPT logbook (facebookresearch/metaseq)",
        ),
    ),
)
