"""Weighs how the rows of one file belong together: one training that goes on, several launches,
processes that write in turn, rows in no order.

Every reading costs what it has to assume (`COSTS`): a break that nothing bears out costs more than
one with a heading above it, a second process costs more than a stray line. The cheapest reading is
taken; how far the next one is behind is the margin.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from typing import Final

import numpy as np

from lossreport.model.run import Axis, Floats, Ints, Weighing
from lossreport.reading.runs.breaks import Break, breaks
from lossreport.reading.runs.reading import Reading
from lossreport.reading.runs.restarts import is_epoch_counter, is_shuffled, steps_back
from lossreport.reading.runs.tracks import Track, leading, tracks
from lossreport.reading.runs.writers import Writers, are_signed, writers_of
from lossreport.text import Phrase, Text
from lossreport.values import dataclass

BREAK: Final = 3.0
"""What a break costs that nothing bears out; each witness halves it. The unit is that of the other
costs: which reading wins, not by what.
"""
WRITER: Final = 4.0
"""What a second process costs: it must save more than one break."""
TURN: Final = 0.5
"""What every doubling of the changes between processes costs: that they take turns is assumed once,
not at every turn.
"""
STRAY: Final = 1.5
"""What a stray line costs: half of a break."""
LATE: Final = 0.5
"""What a row costs that was written one too late."""
LOST: Final = 0.1
"""What a row costs that a later launch writes again."""
ORDER: Final = 10.0
"""What it costs to assume that rows stand in no order: more than two processes that take turns,
less than a launch at every fourth row.
"""
COUNTER: Final = 2.0
"""What a counter inside epochs costs that no epoch is printed beside."""
OUTERMOST: Final = (Axis.EPOCH, Axis.ROUND, Axis.EPISODE)
"""Nothing counts these from the beginning again but another launch."""
RUNS: Final = "read.runs"
"""The name of the user's fact that chooses a reading; see `wishes.py`."""
NEAR: Final = 0.5
"""Below this margin the other reading is told and how to choose it."""

MOST_REASONS: Final = 20
"""Reasons that a reading of the rows is told with; nobody looks at more."""
MORE_REASONS = Text(zh="另有 {count} 处同样的迹象", en="{count} more signs of the same kind")
GOES_ON = Text(zh="一次训练，从头到尾连续", en="one training that goes on from beginning to end")
LAUNCHES = Text(zh="先后启动了 {count} 次", en="{count} launches one after another")
IN_TURN = Text(zh="{count} 个进程轮流写入", en="{count} processes that write in turn")
STRAYS = Text(
    zh="一次训练，另有 {count} 行来自别处",
    en="one training, with stray lines of something else ({count})",
)
INSIDE = Text(
    zh="一次训练，计数器在每个 epoch 内重新开始",
    en="one training whose counter begins again with every epoch",
)
NO_ORDER = Text(zh="一次训练，各行不按顺序", en="one training whose rows stand in no order")
OTHER = Text(
    zh="另一种读法是“{what}”，要改用它，请加 `--set {option}`",
    en="the other reading is {what}; to choose it, add `--set {option}`",
)
TURNS = Text(zh="计数器轮流前进，换了 {turns} 次", en="the counters go on in turn, {turns} times")


class Kind(Enum):
    """The readings that are weighed."""

    LAUNCHES = "launches"
    WRITERS = "writers"
    STRAYS = "strays"
    INSIDE = "inside"
    NO_ORDER = "no_order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One way to read a file: what it is, in words, what it costs, and what bears it out."""

    kind: Kind
    what: Phrase
    cost: float
    because: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The candidates, cheapest first, with what applying them needs; `wished` says that the user
    chose the first.
    """

    candidates: tuple[Candidate, ...]
    breaks: tuple[Break, ...]
    track: Track | None
    writers: Writers | None
    wished: bool = False

    @property
    def chosen(self) -> Candidate:
        """The cheapest reading."""
        return self.candidates[0]

    def as_wished(self, kind: str) -> Weighed:
        """Return the weighing with the reading of that kind first, where there is one."""
        wished = [one for one in self.candidates if one.kind.value == kind]
        others = (one for one in self.candidates if one not in wished)
        return replace(self, candidates=(*wished, *others), wished=bool(wished))

    @property
    def margin(self) -> float:
        """How far the next reading is behind: 0 is a tie, 1 that none comes near."""
        if len(self.candidates) < 2:
            return 1.0
        first, second = self.candidates[0].cost, self.candidates[1].cost
        return max(0.0, (second - first) / (second + first)) if second > 0 else 0.0

    def told(self) -> Weighing:
        """Return the margin in the words of the model; the other reading is told where it comes
        near.
        """
        near = len(self.candidates) > 1 and self.margin < NEAR and not self.wished
        other = self.candidates[1] if near else None
        option = "" if other is None else f"{RUNS}={other.kind.value}"
        return Weighing(
            margin=1.0 if self.wished else round(self.margin, 2),
            because=_bounded(self.chosen.because),
            other=None if other is None else OTHER(what=other.what, option=option),
            option=option,
            chosen=self.chosen.what,
        )


def _bounded(because: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
    """Return the first reasons, and how many more there are: a file of a thousand runs has one at
    each of them, and tells it of each.
    """
    more = len(because) - MOST_REASONS
    return because if more <= 0 else (*because[:MOST_REASONS], MORE_REASONS(count=more))


def weighed(reading: Reading) -> Weighed:
    """Weigh the readings of one file."""
    lead = leading(tracks(reading))
    track = lead[0] if lead else None
    found = tuple(breaks(reading))
    whole = Candidate(
        kind=Kind.LAUNCHES,
        what=GOES_ON(),
        cost=0.0,
        because=tuple(p for one in found for p in one.told[:1]),
    )
    back = track is not None and (
        bool(np.any(np.diff(track.x) < 0)) or any(one.goes_back for one in found)
    )
    if track is None or not (back or are_signed(reading, track)):
        return Weighed(candidates=(whole,), breaks=found, track=track, writers=None)
    writers = writers_of(reading, track)
    if not back and not (writers.signed and _take_turns(writers)):
        return Weighed(candidates=(whole,), breaks=found, track=track, writers=None)
    candidates = [_launches(found, track, writers), *_others(reading, track, writers)]
    candidates.sort(key=lambda one: one.cost)
    return Weighed(candidates=tuple(candidates), breaks=found, track=track, writers=writers)


def _take_turns(writers: Writers) -> bool:
    return writers.processes > 1 and writers.turns >= 2 * writers.processes


def _launches(found: Sequence[Break], track: Track, writers: Writers) -> Candidate:
    back = [one for one in found if one.goes_back or one.banner]
    lost = sum(_lost(track, one, back) for one in back if not one.is_fresh and not one.banner)
    late = int(np.count_nonzero(np.diff(track.x) < 0)) - sum(one.axis is track.axis for one in back)
    cost = LATE * max(late, 0) + sum(BREAK * 0.5 ** len(one.told) for one in back) + LOST * lost
    cost += BREAK * writers.turns if writers.signed and _take_turns(writers) else 0.0
    because = tuple(phrase for one in back for phrase in one.told[:1])
    return Candidate(
        kind=Kind.LAUNCHES, what=LAUNCHES(count=len(found) + 1), cost=cost, because=because
    )


def _lost(track: Track, one: Break, back: Sequence[Break]) -> int:
    """Return how many rows a launch that goes back writes again: those of the run that it takes up,
    none of the runs before.
    """
    begun = max(
        (
            other.line
            for other in back
            if other.line < one.line and (other.is_fresh or other.banner)
        ),
        default=0,
    )
    rows = (track.line >= begun) & (track.line < one.line)
    return int(np.count_nonzero(track.x[rows] >= one.to))


def _others(reading: Reading, track: Track, writers: Writers) -> list[Candidate]:
    found = []
    if is_shuffled(track.x):
        found.append(Candidate(kind=Kind.NO_ORDER, what=NO_ORDER(), cost=ORDER))
    starts = steps_back(track.x)
    longest = reading.longest
    counts_inside = track.axis not in OUTERMOST
    if (
        counts_inside
        and longest is not None
        and is_epoch_counter(track.x, _values(longest.y, longest.line, track.line), starts)
    ):
        found.append(Candidate(kind=Kind.INSIDE, what=INSIDE(), cost=COUNTER))
    if writers.stray:
        rest = _rest(track, writers)
        found.append(
            Candidate(
                kind=Kind.STRAYS,
                what=STRAYS(count=writers.stray),
                cost=STRAY * writers.stray + BREAK * rest,
            )
        )
    if _take_turns(writers):
        because = (TURNS(turns=writers.turns),)
        cost = (
            WRITER * (writers.processes - 1)
            + TURN * math.log2(writers.turns)
            + STRAY * writers.stray
        )
        found.append(
            Candidate(
                kind=Kind.WRITERS, what=IN_TURN(count=writers.processes), cost=cost, because=because
            )
        )
    return found


def _rest(track: Track, writers: Writers) -> int:
    """Return how many breaks remain without the stray lines."""
    return len(steps_back(track.x[writers.labels >= 0]))


def _values(y: Floats, line: Ints, wanted: Ints) -> Floats:
    """Return the values on the wanted lines; those of the nearest line before where one has
    none.
    """
    values: Floats = y[np.clip(np.searchsorted(line, wanted, side="right") - 1, 0, len(y) - 1)]
    return values
