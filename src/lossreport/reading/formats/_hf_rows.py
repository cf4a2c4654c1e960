"""Rows of the Hugging Face Trainer's standard output and the progress bars beside them, which tell
the steps that a row does not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.model.run import Floats, Ints
from lossreport.values import dataclass

DISTINCT: Final = 0.8
BAR: Final = re.compile(
    r"(\d{1,18}+)/(\d{1,18}+) \[(?![^\]\[]{0,200}\b(?:examples|files|tables|shards)/s)"
)
"""A bar of tqdm; those of `datasets` count examples and files before training begins."""


State = tuple[tuple[int, int], ...]
"""The bars, (at, of), that were seen last."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Dicts of the same names behind each other: their lines, a column a name, the bars last seen
    before each of them, whether a resume was announced before them, or a training summed up.
    """

    lines: Ints
    values: Mapping[str, Floats]
    bars: Sequence[State]
    resumed: bool
    ended: bool

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def is_training(self) -> bool:
        """Whether they are of the training, and no evaluation."""
        return "loss" in self.values

    @property
    def epoch(self) -> Floats:
        """The epoch of every row."""
        return self.values["epoch"]

    def part(self, first: int, last: int) -> Rows:
        """Return some of the rows."""
        values = {name: column[first:last] for name, column in self.values.items()}
        bars = self.bars[first:last]
        return Rows(self.lines[first:last], values, bars, self.resumed, self.ended)

    def at(self, total: int, unseen: int = 0) -> list[int]:
        """Return where the bar of a total stood before every row."""
        places = {
            bars: next((at for at, of in bars if of == total), unseen) for bars in set(self.bars)
        }
        return [places[bars] for bars in self.bars]


class Gathered:
    """Takes rows one by one or many at once, and keeps those together that are alike."""

    def __init__(self) -> None:
        self.count = 0
        self._rows: list[Rows] = []
        self._open: tuple[object, ...] = ()
        self._lines: list[int] = []
        self._values: dict[str, list[float]] = {}
        self._bars: list[State] = []
        self._flags = (False, False)

    def add(self, line: int, values: Mapping[str, float], bars: State, *flags: bool) -> None:
        """Take one row; `flags` are whether a resume was announced, and a training summed up."""
        resumed, ended = flags
        alike = (*values, resumed, ended)
        if self._open != alike or any(flags):
            self._close()
            self._open, self._flags = alike, (resumed, ended)
            self._values = {name: [] for name in values}
        self._lines.append(line)
        self._bars.append(bars)
        for name, value in values.items():
            self._values[name].append(value)
        self.count += 1

    def extend(self, lines: Ints, values: Mapping[str, Floats], bars: State) -> None:
        """Take many rows, before which nothing was said."""
        self._close()
        if len(lines):
            self._rows.append(Rows(lines, values, [bars] * len(lines), False, False))
            self.count += len(lines)

    def rows(self) -> list[Rows]:
        """Return all rows."""
        self._close()
        return self._rows

    def _close(self) -> None:
        if self._lines:
            values = {name: np.array(column) for name, column in self._values.items()}
            lines = np.array(self._lines, dtype=np.int64)
            self._rows.append(Rows(lines, values, self._bars, *self._flags))
        self._open, self._lines, self._values, self._bars = (), [], {}, []


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


def planned_steps(launch: Sequence[Rows]) -> int | None:
    """Return the total of the training's bar: of those beside all training rows the one that moves
    most, else the largest.
    """
    beside, states = Counter[int](), dict[int, set[int]]()
    for rows in launch:
        for bars, count in Counter(rows.bars).items() if rows.is_training else ():
            for at, of in bars:
                beside[of] += count
                states.setdefault(of, set()).add(at)
    most = max(beside.values(), default=0)
    found = [of for of in states if beside[of] == most]
    return max(found, key=lambda of: (len(states[of]), of), default=None)


def launches_of(several: Sequence[Rows]) -> list[list[Rows]]:
    """Return the rows of each start of a training: another begins where the epoch of the training
    rows goes back, or behind the summary of one.
    """
    found: list[list[Rows]] = []
    before = -math.inf
    for rows in several:
        begins = list[int]()
        if rows.is_training:
            back = rows.epoch < np.concatenate([[before], rows.epoch[:-1]])
            begins = np.flatnonzero(back | rows.ended).tolist()
            before = float(rows.epoch[-1])
        if not found and 0 not in begins:
            begins.insert(0, 0)
        if found and (kept := begins[0] if begins else len(rows)):
            found[-1].append(rows.part(0, kept))
        ends = [*begins[1:], len(rows)]
        found += [[rows.part(first, last)] for first, last in zip(begins, ends, strict=False)]
    return found


def epochs_tell(several: Sequence[Rows]) -> bool:
    """Return whether the printed epochs tell the rows apart; some versions round them to two
    digits.
    """
    epochs = epochs_of(several)
    return len(epochs) > 0 and len(np.unique(epochs, equal_nan=False)) >= DISTINCT * len(epochs)


def epochs_of(several: Sequence[Rows]) -> Floats:
    """Return the epochs of the rows of training."""
    return np.concatenate([np.empty(0), *(rows.epoch for rows in several if rows.is_training)])


def steps_of(launch: Sequence[Rows], planned: int | None) -> list[Floats] | None:
    """Return the steps of the rows, or None where no bar moves.

    Bars are drawn late by up to some steps: training rows are rounded to the logging interval, the
    commonest distance of rows.
    """
    if planned is None or sum(map(len, launch)) < 2:
        return None
    seen = [rows.at(planned) for rows in launch]
    training = [
        at for places, rows in zip(seen, launch, strict=True) if rows.is_training for at in places
    ]
    distances = [b - a for a, b in pairwise(training) if b > a]
    if not distances or len(distances) < 0.5 * (len(training) - 1):
        return None
    interval = _interval(launch, planned) or int(np.median(distances))
    return [np.array([_rounded(at, interval) for at in places]) for places in seen]


def _interval(launch: Sequence[Rows], planned: int) -> int | None:
    """Return the logging interval by the epochs, which are exact: distance in epochs times the
    steps of an epoch.
    """
    epochs = epochs_of(launch)
    steps = np.diff(epochs)
    steps = steps[steps > 0]
    if len(steps) < 3 or not epochs[-1]:
        return None
    total = max(float(epochs[-1]), 1e-9)
    last = launch[-1].at(planned, unseen=planned)[-1]
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
