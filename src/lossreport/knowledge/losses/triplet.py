"""Triplet loss: how far negatives are closer than positives plus a margin, for the analyse step."""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, Level, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import against
from lossreport.knowledge.losses._facts import own_number
from lossreport.text import Phrase, Text, number

COLLAPSED = Text(
    zh="**若**所有距离都相等（例如特征坍缩成一点）、按 max(0, d⁺ − d⁻ + m) 取均值",
    en="**if** all distances are equal (features collapsed to a point, for example) and "
    "max(0, d⁺ − d⁻ + m) is averaged",
)
AT = Text(
    zh="停在边距上不动，与特征坍缩一致；单凭一个值不能断定。",
    en="Staying flat at the margin fits collapsed features; one value alone cannot tell.",
)
UNKNOWN = Text(
    zh="边距 m 未知，{value} 没有参照值；请用 `--set margin.{metric}=m` 给出。",
    en="The margin m is unknown, so there is nothing to compare {value} with; give it with "
    "`--set margin.{metric}=M`.",
)


def _levels(known: Known) -> tuple[Level, ...]:
    """Return m, the value of max(0, d+ - d- + m) where d+ = d-."""
    margin = own_number(known, "margin", "triplet_margin")
    return () if margin is None or margin <= 0 else (Level(value=margin, condition=COLLAPSED()),)


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not math.isfinite(value) or value < 0:
        return ()
    levels = _levels(known)
    return tuple(note for level in levels for note in against(value, level, at=AT)) or (
        UNKNOWN(metric=known.name, value=number(value)),
    )


LOSS = LossType(
    id="triplet",
    title=Text(zh="triplet loss", en="triplet loss"),
    names=metric_names(r"(?:\w+_)?triplet(?:_?loss)?", r"loss_triplet"),
    order=45,
    unit="",
    goal="down",
    role="loss",
    levels=_levels,
    notes=_notes,
    needs=("margin.<metric>",),
    why=Text(
        zh="只有违反边距的三元组才有贡献，随着它们变少，均值自然下降；难例挖掘的方式改变时，"
        "数值也随之改变。",
        en="Only triplets that violate the margin contribute, so the mean falls as they get "
        "fewer; another way of mining hard triplets changes it too.",
    ),
)
