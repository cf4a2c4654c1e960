"""Tells processes that write into one file in turn apart: each counts on by itself. A line of a
stranger costs itself, never the rows of others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Final, NamedTuple

import numpy as np

from lossreport import regex as re
from lossreport.model.run import Floats, Ints
from lossreport.reading.runs.reading import Reading
from lossreport.reading.runs.tracks import Track
from lossreport.values import dataclass

SIGNATURE: Final = re.compile(
    r"n_?param(?:eter)?s?|num_params|params|pid|process(?:_id)?|job(?:_id)?|run_id|world_size",
    re.IGNORECASE,
)
"""Columns that are the same in all rows of one process and say nothing of its training."""
NEAR: Final = 3.0
"""A row goes on a chain where it stands at most so many row distances behind its end."""
AHEAD: Final = 3
"""So many rows are looked at to see whether a leap ahead was of another process."""
FEW: Final = 2
"""A chain of so few rows among many is no process of its own but stray lines."""
STRAY_SHARE: Final = 0.05
"""More rows than this share are no stray lines."""
MIN_ROWS: Final = 5
MOST: Final = 64
"""More chains at once are no processes: the rows stand in no order that this can tell."""


class Writers(NamedTuple):
    """Which process wrote each row of a track: a number a row, -1 for stray lines; `processes` how
    many, `turns` taken between them.

    `signed` says that the rows themselves tell their processes apart, not only their places.
    """

    labels: Ints
    processes: int
    turns: int
    signed: bool = False

    @property
    def stray(self) -> int:
        """How many rows no process wrote that goes on."""
        return int(np.count_nonzero(self.labels < 0))


@dataclass(kw_only=True)
class _Chain:
    last: float
    signature: tuple[float, ...]
    first_row: int
    last_row: int
    stride: float
    rows: int = 1
    is_over: bool = False
    gaps: list[float] = field(default_factory=list)

    def take(self, row: int, x: float) -> None:
        step = x - self.last
        if step > 0:
            self.gaps.append(step)
            near, half = sorted(self.gaps[-9:]), len(self.gaps[-9:]) // 2
            self.stride = near[half] if len(near) % 2 else (near[half - 1] + near[half]) / 2
        self.last, self.last_row, self.rows = x, row, self.rows + 1


def writers_of(reading: Reading, track: Track) -> Writers:
    """Return the processes that wrote a track, each a chain of rows that counts on.

    A row goes on the chain that stands right before its place, with the same signature (the printed
    total, the number of parameters); where none does, on the latest that stands before it at all,
    and else it begins a chain. Behind the heading of a start, a row at the place where a chain
    stands goes on with nothing if it is one step from 0: the first row of a process that began
    anew.
    """
    signatures = [tuple(row) for row in _signatures(reading, track).tolist()]
    headed = np.isin(
        np.arange(len(track.x)), np.searchsorted(track.line, sorted(_starts(reading, track)))
    )
    chains: list[_Chain] = []
    labels = np.empty(len(track.x), dtype=np.int64)
    places = track.x.tolist()
    for row, x in enumerate(places):
        ahead = places[row + 1 : row + 1 + AHEAD]
        if headed[row] and 2 * x in ahead:
            for chain in chains:
                chain.is_over = chain.is_over or chain.last == x
        chosen = _chain_for(chains, x, signatures[row], ahead)
        if chosen is None:
            chosen = len(chains)
            chains.append(
                _Chain(
                    last=x,
                    signature=signatures[row],
                    first_row=row,
                    last_row=row,
                    stride=track.stride,
                )
            )
        else:
            chains[chosen].take(row, x)
        labels[row] = chosen
        if len(chains) > MOST * 8:
            return Writers(np.zeros_like(labels), 1, 0)
    signed = len(set(signatures)) > 1
    return _counted(_without_strays(labels, chains))._replace(signed=signed)


def _starts(reading: Reading, track: Track) -> Iterator[int]:
    """Yield the lines on which the file says that a process started: a heading of its own, not a
    row that a parser took for the first.
    """
    told = (segment.line for segment in reading.segments if segment.why in ("new_run", "resume"))
    yield from (line for line in told if not np.any(track.line == line))


def _chain_for(
    chains: Sequence[_Chain], x: float, signature: tuple[float, ...], ahead: Sequence[float]
) -> int | None:
    open_ones = [
        (number, chain)
        for number, chain in enumerate(chains)
        if _is_open(chain, signature) and x >= chain.last
    ]
    near = [
        (abs(x - chain.last - chain.stride), -chain.last_row, number)
        for number, chain in open_ones
        if x - chain.last <= NEAR * chain.stride
    ]
    if near:
        return min(near)[2]
    latest = max(
        (
            (chain.last_row, number)
            for number, chain in enumerate(chains)
            if _is_open(chain, signature)
        ),
        default=None,
    )
    if (
        latest is not None
        and x >= chains[latest[1]].last
        and not _comes_back(chains[latest[1]], x, ahead)
    ):
        return latest[1]  # the process that wrote last left some rows out
    return None


def _is_open(chain: _Chain, signature: tuple[float, ...]) -> bool:
    return chain.signature == signature and not chain.is_over


def _comes_back(chain: _Chain, x: float, ahead: Sequence[float]) -> bool:
    """Return whether one of the next rows goes on where a chain stands, far behind x: then x is of
    another process.
    """
    return any(
        chain.last < later <= chain.last + NEAR * chain.stride and later < x for later in ahead
    )


def are_signed(reading: Reading, track: Track) -> bool:
    """Return whether the rows of a track are not all signed alike: where they are, and count on,
    nobody needs to be told apart.
    """
    signatures = _signatures(reading, track)
    return bool((signatures != signatures[:1]).any())


def _signatures(reading: Reading, track: Track) -> Floats:
    """Return what tells the process of each row, a row each: the total beside x, and columns such
    as the number of parameters.
    """
    told = [np.where(np.isfinite(track.of), track.of, -1.0)]
    for key, column in reading.columns.items():
        if SIGNATURE.fullmatch(key.name) and np.isin(track.line, column.line).all():
            told.append(column.y[np.searchsorted(column.line, track.line)])
    told += list(_printed_once(reading, track))
    return np.column_stack(told)


def _printed_once(reading: Reading, track: Track) -> Iterator[Floats]:
    """Yield, a value a row, what is printed as a setting wherever it changes: the number of
    parameters of each process.
    """
    changes: dict[str, list[tuple[int, float]]] = {}
    for fact in reading.facts:
        if SIGNATURE.fullmatch(fact.name) and isinstance(fact.value, int | float):
            changes.setdefault(fact.name, []).append((fact.line, float(fact.value)))
    for held in changes.values():
        lines, values = zip(*sorted(held), strict=True)
        if len(set(values)) > 1:
            yield np.array((values[0], *values))[np.searchsorted(lines, track.line, side="right")]


def _without_strays(labels: Ints, chains: Sequence[_Chain]) -> Ints:
    """Mark the rows of chains that are few and stand inside a longer one that goes on behind
    them.
    """
    few = [
        number
        for number, chain in enumerate(chains)
        if chain.rows <= FEW and _is_inside(chain, chains)
    ]
    rows = np.isin(labels, few)
    if len(labels) < MIN_ROWS or np.count_nonzero(rows) > max(1, STRAY_SHARE * len(labels)):
        return labels
    return np.where(rows, -1, labels)


def _is_inside(chain: _Chain, chains: Sequence[_Chain]) -> bool:
    return any(
        other is not chain
        and other.rows > chain.rows
        and other.first_row < chain.first_row
        and chain.last_row < other.last_row
        for other in chains
    )


def _counted(labels: Ints) -> Writers:
    known = labels[labels >= 0]
    return Writers(labels, len(np.unique(known)), int(np.count_nonzero(np.diff(known))))
