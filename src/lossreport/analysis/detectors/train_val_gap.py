"""The distance between training and validation loss at the end, and whether it widens: a fact to
know, not overfitting by itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.detectors.overfitting import is_component, training_partner
from lossreport.analysis.found import make_finding
from lossreport.analysis.level import is_near_full
from lossreport.analysis.payloads import TrainValGap
from lossreport.analysis.views import EPOCH_LAST
from lossreport.curves.stats import block_medians, theil_sen
from lossreport.model.analysis import Severity
from lossreport.model.run import Floats, Series
from lossreport.text import Text, change, number

MIN_ROWS: Final = 6
MIN_GAP: Final = 0.10
"""Smaller gaps say little: SageMaker's rule uses the same ratio, and calls it overfitting, which it
is not.
"""
BLOCKS: Final = 12
LEAST_MEDIANS: Final = 4

TEXT = Text(
    zh="结尾处 `{split}/{metric}`（{path}）比训练 loss {relation}：{val} 对 {train}（{gap}）"
    "{trend}。仅有差距不等于过拟合：要看验证 loss 自己是否回升；训练时的数据增强、dropout、"
    "标签平滑，或两边的 loss 组成不同，也会造成差距。",
    en=(
        "At the end `{split}/{metric}` ({path}) is {relation} than the training loss: {val} "
        "against {train} ({gap}){trend}. A gap alone is not overfitting: what counts is whether "
        "the validation loss itself turns up; augmentation, dropout or label smoothing in "
        "training, or losses made of different terms, cause a gap as well."
    ),
)
MEMORISED = Text(
    zh="训练 loss 从 {train_first} 降到 {train}，`{split}/{metric}`（{path}）只从 {val_first} "
    "到 {val}：学到的东西几乎没有带到验证集上{trend}。先核对两边的预处理、"
    "标签和模型状态（train/eval）是否一致，再考虑数据量与正则化。",
    en=(
        "The training loss fell from {train_first} to {train} while `{split}/{metric}` ({path}) "
        "only went from {val_first} to {val}: hardly anything of what is learned carries "
        "over{trend}. Check first that both sets are preprocessed and labelled alike and the "
        "model is switched to evaluation; then think of more data and regularisation."
    ),
)
CARRIED: Final = 0.1
"""Hardly anything carries over where the validation gains less than a tenth, in logarithms, of what
the training does ...
"""
FELL: Final = 4.0
"""... which fell to a quarter at least. Of 31 such pairs of our own runs the 10 that over-fit or
were learned by heart gain -0.26 to 0.09 of it, the 21 others 0.14 to 1.04.
"""
HIGHER, LOWER = Text(zh="高", en="higher"), Text(zh="低", en="lower")
WIDENS, CLOSES = (
    Text(zh="，而且差距仍在扩大", en=", and the gap still widens"),
    Text(zh="，而差距在缩小", en=", and the gap closes"),
)
UNTOLD: Final = ""
"""Where the rows do not tell whether the gap widens or closes, nothing is said of it."""


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a validation loss that ends at least 10 % away from the training loss of the
    same rows.
    """
    for series in context.progress:
        if series.split == "train" or len(series) < MIN_ROWS or not np.isfinite(series.y).all():
            continue
        if is_component(context, series):  # the gap of the total says it, once
            continue
        partner = training_partner(context, series)
        if (
            partner is not None and partner.axis is not series.axis
        ):  # rows of batches: the last of every epoch stands where the validation does
            partner = context.view(partner, EPOCH_LAST)
        if (
            partner is not None
            and not context.has("overfitting", series)
            and not context.has("mixture", partner)
        ):
            yield from _finding(context, series, partner)


def _finding(context: Context, series: Series, partner: Series) -> Iterator[Found]:
    if (
        partner.axis is not series.axis
        or len(partner) < MIN_ROWS
        or not np.isfinite(partner.y).all()
    ):
        return
    train = np.interp(series.x, partner.x, partner.y) if np.all(np.diff(partner.x) > 0) else None
    if train is None or train.min() <= 0 or not np.any(series.y):
        # a validation of 0 in every row was not computed
        return
    tail = max(2, len(series) // 20)
    level, other = float(np.median(series.y[-tail:])), float(np.median(train[-tail:]))
    gap = level / other - 1
    if abs(gap) < MIN_GAP:
        return
    medians, centres = block_medians((series.y - train)[len(series) // 2 :], BLOCKS)
    signed = medians * np.sign(gap)
    slope = theil_sen(centres, signed) if len(medians) >= LEAST_MEDIANS else None
    third = max(1, len(signed) // 3)
    # a jump of the last rows undoes what went before
    moved = float(np.median(signed[-third:]) - np.median(signed[:third]))
    widens, closes = (
        slope is not None and slope.low > 0 < moved,
        slope is not None and slope.high < 0 > moved,
    )
    text = TEXT(
        split=series.split,
        metric=series.name,
        path=series.path,
        relation=HIGHER if gap > 0 else LOWER,
        val=number(level),
        train=number(other),
        gap=change(gap),
        trend=next(
            (text() for text, holds in ((WIDENS, widens), (CLOSES, closes)) if holds), UNTOLD
        ),
    )
    held = TrainValGap(gap=gap, widens=widens)
    severity = Severity.LOW
    if _is_memorised(series, train, level, other) and not _is_good(context, series):
        severity = Severity.MEDIUM
        firsts = (float(np.median(series.y[:FIRST_ROWS])), float(np.median(train[:FIRST_ROWS])))
        held = replace(held, val_first=firsts[0], train_first=firsts[1])
        text = MEMORISED(
            split=series.split,
            metric=series.name,
            path=series.path,
            val_first=number(firsts[0]),
            train_first=number(firsts[1]),
            val=number(level),
            train=number(other),
            trend=WIDENS() if widens else UNTOLD,
        )
    yield make_finding(
        "train_val_gap", series, [len(series) - 1], severity, text, payload=held, others=(partner,)
    )


FIRST_ROWS: Final = 2


def _is_good(context: Context, series: Series) -> bool:
    """Return whether a score of the same set stands near the full one: there a loss has little to
    gain from the first evaluation on.
    """
    return any(
        one.split == series.split and one is not series and is_near_full(context, one)
        for one in context.judged
    )


def _is_memorised(series: Series, train: Floats, level: float, other: float) -> bool:
    """Return whether the training loss fell far while the validation hardly did, both since their
    first rows.
    """
    first, trained = float(np.median(series.y[:FIRST_ROWS])), float(np.median(train[:FIRST_ROWS]))
    if min(first, trained, level, other) <= 0 or trained < FELL * other or first < trained:
        # below the training's, the first validation has seen most of what there is to learn: its
        # epoch is over
        return False
    return math.log(first / level) < CARRIED * math.log(trained / other)


DETECTOR = Detector(
    id="train_val_gap",
    kinds=(
        Kind(
            id="train_val_gap",
            title=Text(zh="训练与验证的差距", en="gap between training and validation"),
        ),
    ),
    detect=detect,
    order=65,
)
