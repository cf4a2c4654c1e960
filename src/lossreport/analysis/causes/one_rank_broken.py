"""One rank whose loss is NaN while the others are finite: its data or its card, before the
gradients are averaged.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.model.run import EntityKind, Series
from lossreport.text import Text, number

ONLY = Text(
    zh="{whose} 的 `{metric}` 在第 {line} 行先变为 NaN，同处 {other} 仍是 {value}。",
    en="`{metric}` of {whose} is NaN first (line {line}), while {other} still has {value} there.",
)
LATER = Text(
    zh="其他 rank 在那之后也变为 NaN：梯度平均把它传了过去。",
    en="The other ranks become NaN after it: averaged gradients carry it over.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for the rank that was NaN before all others."""
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        ranks = [one for one in context.run.series if _is_of_ranks(one, series)]
        broken = [
            (int(np.flatnonzero(~np.isfinite(one.y))[0]), one)
            for one in ranks
            if not np.isfinite(one.y).all()
        ]
        broken.sort(key=lambda pair: float(pair[1].x[pair[0]]))
        if len(ranks) < 2 or not broken:
            continue
        row, first = broken[0]
        sound = [
            (one, value)
            for one in ranks
            if one is not first and (value := _value(one, float(first.x[row]))) is not None
        ]
        if sound and len(sound) == len(ranks) - 1:
            told = ONLY(
                whose=str(first.entity),
                metric=first.name,
                line=int(first.line[row]),
                other=str(sound[0][0].entity),
                value=number(sound[0][1]),
            )
            signs = [strong(told)]
            if len(broken) > 1:
                signs.append(weak(LATER()))
            yield Suspicion(finding=finding, signs=tuple(signs))


def _is_of_ranks(one: Series, series: Series) -> bool:
    same = (
        one.name == series.name
        and one.split == series.split
        and one.axis is series.axis
        and not one.derived
        and len(one) > 0
    )
    return same and one.entity is not None and one.entity.kind is EntityKind.RANK


def _value(series: Series, x: float) -> float | None:
    at = np.flatnonzero(series.x == x)
    value = float(series.y[at[0]]) if len(at) else float("nan")
    return value if np.isfinite(value) else None


CAUSE = Cause(
    id="one_rank_broken",
    family="distributed",
    title=Text(
        zh="问题出在一个 rank：它的数据分片或它的卡",
        en="One rank is at fault: its share of the data, or its card",
    ),
    decided_by=Text(
        zh="把该 rank 的数据分片换给另一个 rank 再跑同一步：NaN 跟着数据走是坏样本，留在原 "
        "rank 是硬件。",
        en="Give its share of the data to another rank and run the same step: a NaN that "
        "follows the data is a bad sample, one that stays is the hardware.",
    ),
    do=Text(
        zh="先检查该 rank 在那一步读到的样本，再查该卡的 ECC 与 Xid；退回 NaN 之前的 checkpoint。",
        en="Look at the samples that rank read in that step, then at ECC and Xid of its card; "
        "go back to the checkpoint before the NaN.",
    ),
    reference="d8ahazard/sd_dreambooth_extension #413: loss nan even turn on ecc and use full "
    "precision",
    suspect=suspect,
)
