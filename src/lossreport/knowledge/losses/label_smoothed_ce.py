"""Cross-entropy against smoothed labels: it has a floor above 0 that looks like being stuck, for
the analyse step.
"""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Chance, Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import side
from lossreport.knowledge.losses._facts import CLASSES, first_count, is_positive, smoothing
from lossreport.knowledge.losses._smoothing import floor_notes, smoothed_floor
from lossreport.text import Phrase, Text, number, percent

AT = Text(
    zh="{value} 与均匀猜测的 ln {k} = {chance} 相差不到 {tie}：只看这个数，与均匀猜测没有区别。",
    en="{value} is within {tie} of ln {k} = {chance}: by this number alone, no different from "
    "a uniform guess.",
)
BELOW = Text(
    zh="{value} 比均匀猜测的 ln {k} = {chance} 低 {gap}。",
    en="{value} is {gap} below ln {k} = {chance} of a uniform guess.",
)
ABOVE = Text(
    zh="{value} 比均匀猜测的 ln {k} = {chance} 高 {gap}：均匀猜测的 loss 更低，"
    "或者记录的不是均值。",
    en="{value} is {gap} above ln {k} = {chance}: a uniform guess scores lower, or the logged "
    "number is not a mean.",
)
UNKNOWN = Text(
    zh="`{metric}` 的下限取决于 ε 和选项数，日志没有给全；请用 `--set label_smoothing=ε` 和 "
    "`--set num_classes=K`（或 vocab_size）给出。",
    en="The floor of `{metric}` depends on ε and the number of choices, which the logs do not "
    "both give; set `--set label_smoothing=EPS` and `--set num_classes=K` (or vocab_size).",
)


def _choices(known: Known) -> tuple[str, int] | None:
    return first_count(known, (*CLASSES, "vocab_size"))


def _chance(known: Known) -> Chance | None:
    """Return ln K: a uniform guess costs it against any target distribution."""
    found = _choices(known)
    return None if found is None else Chance(value=math.log(found[1]), assumption=f"ln({found[0]})")


def _floor(known: Known) -> Chance | None:
    smooth, found = smoothing(known), _choices(known)
    return None if smooth is None or found is None else smoothed_floor(smooth[1], found[1])


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not is_positive(value):
        return ()
    said: list[Phrase] = []
    smooth, found = smoothing(known), _choices(known)
    if found is not None:
        k, chance = found[1], math.log(found[1])
        shown, level, gap = (
            number(value, "nats"),
            number(chance, "nats"),
            number(abs(value - chance), "nats", digits=3),
        )
        where = side(value, chance)
        if where == 0:
            said.append(AT(value=shown, k=k, chance=level, tie=percent(0.01)))
        else:
            said.append((ABOVE if where > 0 else BELOW)(value=shown, k=k, chance=level, gap=gap))
    if smooth is None or found is None:
        said.append(UNKNOWN(metric=known.name))
    else:
        said += floor_notes(value, *smooth, found[1])
    return tuple(said)


LOSS = LossType(
    id="label_smoothed_ce",
    title=Text(zh="label smoothing 交叉熵", en="label-smoothed cross-entropy"),
    names=metric_names(
        r"label_?smooth(?:ed|ing)?_(?:ce|cross_?entropy|nll)(?:_loss)?",
        r"(?:ls|smoothed)_ce(?:_loss)?",
        r"label_?smooth(?:ing)?_loss",
    ),
    order=45,
    unit="nats",
    goal="down",
    role="loss",
    chance=_chance,
    floor=_floor,
    notes=_notes,
    needs=("label_smoothing", "num_classes"),
    why=Text(
        zh="目标分布被平滑过，它自身的熵就是 loss 的下限（大于 0）：贴近下限看起来像“卡住”，"
        "其实已经没有多少可降。减去下限得到 KL 散度。",
        en="The targets are smoothed, and their own entropy is a floor above 0: close to it a "
        "curve looks stuck although little is left to gain. Minus the floor it is a KL "
        "divergence.",
    ),
)
