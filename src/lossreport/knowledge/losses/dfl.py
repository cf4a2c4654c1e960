"""Distribution focal loss of box edges (YOLOv8 and later), for the analyse step."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lossreport.knowledge.loss_type import Known, Level, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import against
from lossreport.knowledge.losses._facts import count_fact, is_positive
from lossreport.knowledge.losses._yolo import gain, gain_notes
from lossreport.text import Phrase, Text, number

UNIFORM = Text(
    zh="每条边在 {bins} 个 bin 上均匀猜测（增益 {gain}）",
    en="for a uniform guess over the {bins} bins of every edge (gain {gain})",
)


def _levels(known: Known) -> tuple[Level, ...]:
    """Return gain * ln(reg_max): a cross-entropy over the bins of one edge."""
    bins = count_fact(known, "reg_max")
    if bins is None:
        return ()
    factor = gain(known, "dfl")
    return (
        Level(
            value=factor * math.log(bins),
            condition=UNIFORM(bins=bins, gain=number(factor)),
            formula=f"{factor:g} × ln {bins}",
        ),
    )


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    return tuple(_said(known, value)) if is_positive(value) else ()


def _said(known: Known, value: float) -> Iterator[Phrase]:
    yield from gain_notes(known, "dfl", value)
    for level in _levels(known):
        yield from against(value, level)


LOSS = LossType(
    id="dfl",
    title=Text(zh="边框分布 loss（DFL）", en="distribution focal loss (DFL)"),
    names=metric_names(r"dfl(?:_(?:loss|om))?", r"(?:\w+[._])?loss_dfl"),
    order=44,
    unit="",
    goal="down",
    role="loss",
    levels=_levels,
    notes=_notes,
    needs=("reg_max",),
    why=Text(
        zh="边框的每条边用若干个 bin 上的分布表示，DFL 是它的交叉熵；目标落在两个 bin 之间，"
        "所以一般降不到 0。",
        en="Every edge of a box is a distribution over bins and DFL its cross-entropy. "
        "Targets lie between two bins, so in general it cannot reach 0.",
    ),
)
