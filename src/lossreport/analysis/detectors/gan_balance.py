"""Two networks that play against each other, of which one has won: the loss of the discriminator at
nothing while the generator's grows, or neither moves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.beside import finite, start_and_end
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Text, number
from lossreport.values import dataclass

MIN_ROWS: Final = 20
DISCRIMINATOR: Final = re.compile(
    r"(?:.*[_/ ])?(?:d|disc|discriminator|errd|loss_?d)(?:_?loss)?", re.IGNORECASE
)
GENERATOR: Final = re.compile(
    r"(?:.*[_/ ])?(?:g|gen|generator|errg|loss_?g)(?:_?loss)?", re.IGNORECASE
)
WON: Final = 0.05
"""A binary cross-entropy of 0.05 is a discriminator that is right with 95 % on both (ganhacks #36
calls a loss near 0 a failure).
"""
HIGH: Final = 4.0
GROWN: Final = 1.5
"""The generator's loss ends at 4 nats (a chance of 2 % to pass) and half again as high as it
began.
"""
TIES: Final = (2 * math.log(2), math.log(2))
TIE: Final = 0.002
"""Relative: outputs of one half for every sample give the same loss to the third digit; a real
balance scatters by several percent.
"""

LOST = Text(
    zh="`{d}`（{path}）降到 {low}，而 `{g}` 升到 {high}（开始时 {first}）："
    "判别器几乎总是对的，生成器得不到有用的梯度。",
    en="`{d}` ({path}) fell to {low} while `{g}` rose to {high} ({first} at the start): the "
    "discriminator is nearly always right and the generator gets no useful gradient.",
)
TIED = Text(
    zh="`{d}`（{path}）从第 {line} 行起一直停在 {value}（{formula}）："
    "判别器对真假样本都输出一半，没有学到区别。",
    en="`{d}` ({path}) stands at {value} ({formula}) from line {line} on: the discriminator "
    "answers one half to real and generated samples alike and has learned no difference.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LostGame:
    """The level of the discriminator (`low`), and the first and the last of the generator."""

    low: float
    high: float
    first: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TiedGame:
    """The value of a discriminator that tells nothing apart."""

    value: float


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a pair of losses of one source, where the discriminator's is a
    cross-entropy.
    """
    games = [
        one
        for one in context.judged
        if one.metric_type == "gan" and one.split == "train" and len(one) >= MIN_ROWS
    ]
    for d in games:
        y = finite(d)
        if not DISCRIMINATOR.fullmatch(d.name) or len(y) < MIN_ROWS or y.min() < 0:
            continue
        g = next(
            (
                one
                for one in games
                if one.source == d.source and GENERATOR.fullmatch(one.name) and one.id != d.id
            ),
            None,
        )
        yield from _lost(d, g)
        yield from _tied(d)


def _lost(d: Series, g: Series | None) -> Iterator[Found]:
    if g is None or len(finite(g)) < MIN_ROWS or not np.any(finite(d)[-MIN_ROWS // 2 :]):
        return  # exactly 0 is a hinge whose margin is held
    low = start_and_end(finite(d))[1]
    first, high = start_and_end(finite(g))
    if low < WON and high > HIGH and high > GROWN * first:
        text = LOST(
            d=d.label,
            path=d.path,
            low=number(low),
            g=g.label,
            high=number(high),
            first=number(first),
        )
        rows = [0, len(g) - 1]
        held = LostGame(low=low, high=high, first=first)
        yield make_finding("divergence", g, rows, Severity.MEDIUM, text, payload=held, others=(d,))


def _tied(d: Series) -> Iterator[Found]:
    for level, formula in zip(TIES, ("2 ln 2", "ln 2"), strict=True):
        away = np.flatnonzero(~(np.abs(d.y / level - 1) < TIE))
        start = int(away[-1]) + 1 if len(away) else 0
        if len(d) - start >= max(MIN_ROWS, len(d) // 2):
            text = TIED(
                d=d.label,
                path=d.path,
                line=int(d.line[start]),
                value=number(float(d.y[-1])),
                formula=formula,
            )
            yield make_finding(
                "no_learning",
                d,
                [start, len(d) - 1],
                Severity.MEDIUM,
                text,
                payload=TiedGame(value=float(d.y[-1])),
            )


DETECTOR = Detector(id="gan_balance", kinds=("divergence", "no_learning"), detect=detect, order=51)
