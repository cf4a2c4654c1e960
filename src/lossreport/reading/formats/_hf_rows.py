"""Rows of the Hugging Face Trainer's standard output and the progress bars beside them, which tell
the steps that a row does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np

from lossreport import regex as re
from lossreport.reading.kit.rows import number
from lossreport.values import dataclass

DISTINCT: Final = 0.8
BAR: Final = re.compile(
    r"(\d{1,18}+)/(\d{1,18}+) \[(?![^\]\[]{0,200}\b(?:examples|files|tables|shards)/s)"
)
"""A bar of tqdm; those of `datasets` count examples and files before training begins."""


@dataclass(frozen=True, slots=True)
class Row:
    """One dict: its line, its values, the bars (at, of) last seen, whether a resume was announced
    before it, or a training summed up.
    """

    line: int
    values: dict[str, Any]
    bars: tuple[tuple[int, int], ...]
    resumed: bool
    ended: bool

    @property
    def is_training(self) -> bool:
        return "loss" in self.values


class Bars:
    """Remembers the last state of every tqdm bar by its total; the bar of the training is the one
    beside most training rows.
    """

    def __init__(self) -> None:
        self._last: dict[int, int] = {}

    def see(self, text: str) -> None:
        """Take the bars of a fragment of a line."""
        if "/" in text and "[" in text:
            for at, of in BAR.findall(text):
                self._last[int(of)] = int(at)

    def seen(self) -> tuple[tuple[int, int], ...]:
        """Return the bars seen up to now, (at, of)."""
        return tuple((at, of) for of, at in self._last.items())


def planned_steps(rows: Sequence[Row]) -> int | None:
    """Return the total of the training's bar: of those beside all training rows the one that moves
    most, else the largest.
    """
    states: dict[int, list[int]] = {}
    for row in rows:
        for at, of in row.bars if row.is_training else ():
            states.setdefault(of, []).append(at)
    most = max((len(seen) for seen in states.values()), default=0)
    beside = {of: len(set(seen)) for of, seen in states.items() if len(seen) == most}
    return max(beside, key=lambda of: (beside[of], of), default=None)


def launches_of(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the rows of each start of a training: another begins where the epoch of the training
    rows goes back, or behind the summary of one.
    """
    found: list[list[Row]] = []
    before = -math.inf
    for row in rows:
        epoch = number(row.values.get("epoch")) or 0.0
        if not found or (row.is_training and (epoch < before or row.ended)):
            found.append([])
        found[-1].append(row)
        before = epoch if row.is_training else before
    return found


def epochs_tell(rows: Sequence[Row]) -> bool:
    """Return whether the printed epochs tell the rows apart; some versions round them to two
    digits.
    """
    epochs = [
        e for row in rows if row.is_training and (e := number(row.values.get("epoch"))) is not None
    ]
    return len(epochs) > 0 and len(set(epochs)) >= DISTINCT * len(epochs)


def steps_of(rows: Sequence[Row], planned: int | None) -> list[float] | None:
    """Return the step of every row, or None where no bar moves.

    Bars are drawn late by up to some steps: training rows are rounded to the logging interval, the
    commonest distance of rows.
    """
    if planned is None or len(rows) < 2:
        return None
    seen = [next((at for at, of in row.bars if of == planned), 0) for row in rows]
    training = [step for step, row in zip(seen, rows, strict=True) if row.is_training]
    distances = [b - a for a, b in pairwise(training) if b > a]
    if not distances or len(distances) < 0.5 * (len(training) - 1):
        return None
    interval = _interval(rows, planned) or int(np.median(distances))
    return [_rounded(step, interval) for step in seen]


def _interval(rows: Sequence[Row], planned: int) -> int | None:
    """Return the logging interval by the epochs, which are exact: distance in epochs times the
    steps of an epoch.
    """
    epochs = [
        e for row in rows if row.is_training and (e := number(row.values.get("epoch"))) is not None
    ]
    steps = np.diff(np.array(epochs))
    steps = steps[steps > 0]
    if len(steps) < 3 or not epochs[-1]:
        return None
    total = max(epochs[-1], 1e-9)
    last = next((at for at, of in rows[-1].bars if of == planned), planned)
    guess = float(np.median(steps)) / total * last
    return round(guess) if guess >= 1 and abs(guess - round(guess)) < 0.1 * guess else None


def _rounded(step: int, interval: int) -> float:
    if interval <= 1 or step < interval / 2:
        return float(step)
    return (
        float(round(step / interval) * interval)
        if abs(step - round(step / interval) * interval) <= max(2, interval * 0.4)
        else float(step)
    )
