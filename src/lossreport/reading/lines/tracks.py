"""Follows the counters of a file through its rows: which begin again with every epoch, which are of
passes over other sets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Final, NamedTuple

from lossreport.reading.lines.place_words import Kind, Place
from lossreport.reading.lines.row import TextRow
from lossreport.values import dataclass

REPEATED: Final = 0.5
"""Where most rows print the epoch of the row before them, the epoch is not what tells them
apart.
"""
LEAST_REPEATED: Final = 3
LEAST_BARS: Final = 2
"""So many times a bar begins again behind a full one where it is drawn once an epoch; once may be
another launch.
"""
WITHIN_SHARE: Final = 0.3
PLANNED: Final = ((Kind.EPOCH, "epochs"), (Kind.ROUND, "rounds"), (Kind.EPISODE, "episodes"))


class Sign(NamedTuple):
    """What kind of counter a row has: of which split, what it is called, whether a total stands
    beside it.
    """

    split: str
    word: str
    bare: bool


@dataclass
class Track:
    """What the rows of one kind of counter did: how often it went back, with how many epochs and
    totals beside it.
    """

    rows: int = 0
    backs: int = 0
    again: int = 0
    epochs: set[float] = field(default_factory=set)
    totals: Counter[int] = field(default_factory=Counter)
    losses: int = 0
    owned: int = 0
    last: tuple[float, float | None] | None = None

    def add(self, counter: Place, epoch: float | None, *, loss: bool, owned: bool) -> None:
        """Take in one row."""
        if self.last is not None:
            back = counter.x < self.last[0] or (counter.x == self.last[0] and epoch != self.last[1])
            self.backs += back
            self.again += counter.x <= self.last[0]
        self.rows += 1
        self.losses += loss
        self.owned += owned
        self.last = (counter.x, epoch)
        if epoch is not None:
            self.epochs.add(epoch)
        if counter.of is not None:
            self.totals[counter.of] += 1

    @property
    def is_full(self) -> bool:
        """Whether the counter has come to its total."""
        return self.last is not None and self.last[0] in self.totals

    @property
    def begins_again(self) -> bool:
        """Whether the counter counts inside epochs, as far as the rows show."""
        return self.backs > 0 or (bool(self.totals) and len(self.epochs) == 1 and self.rows > 1)


def sign_of(row: TextRow) -> Sign:
    """Return what kind of counter a row has."""
    counter = row.counter
    split = "train" if row.split in ("", "train") else "other"
    return Sign(
        split, "" if counter is None else counter.word, counter is None or counter.of is None
    )


def kind_of(row: TextRow) -> tuple[str, str]:
    """Return what tells rows of one kind: their split and their first name."""
    return row.split, row.pairs[0].name if row.pairs else ""


def tracks_of(rows: Sequence[TextRow]) -> dict[Sign, Track]:
    """Return what the counters of each kind did."""
    tracks: dict[Sign, Track] = {}
    for row in rows:
        counter = row.counter
        if counter is None:
            continue
        loss = any("loss" in pair.name.lower() or "损失" in pair.name for pair in row.pairs)
        epoch = row.place(Kind.EPOCH)
        tracks.setdefault(sign_of(row), Track()).add(
            counter, None if epoch is None else epoch.x, loss=loss, owned=epoch is not None
        )
    return tracks


def minor(tracks: Mapping[Sign, Track]) -> frozenset[Sign]:
    """Return the counters of passes that are not the training, though they name no split: without
    an epoch, begun again and again.

    Only where another counter, with losses and epochs beside it, is that of the training.
    """
    main = [
        sign
        for sign, track in tracks.items()
        if sign.split == "train" and track.losses and track.owned == track.rows
    ]
    if not main:
        return frozenset()
    return frozenset(
        sign
        for sign, track in tracks.items()
        if sign.split == "train" and sign not in main and track.again > 1 and not track.losses
    )


def are_footers(rows: Sequence[TextRow], tracks: Mapping[Sign, Track]) -> bool:
    """Return whether epochs are named behind their rows: counters without an epoch, and lines of
    epochs without a counter.
    """
    bare = any(sign.split == "train" and track.owned < track.rows for sign, track in tracks.items())
    return bare and any(row.counter is None and row.place(Kind.EPOCH) is not None for row in rows)


def are_within(rows: Sequence[TextRow], meanings: Mapping[str, tuple[str, str]]) -> bool:
    """Return whether the training goes on in the same epoch behind its validations, as often as in
    the next one.
    """
    epoch, validated = None, False
    inside = behind = 0
    for row in rows:
        training = row.split in ("", "train") and any(
            meanings.get(pair.name, ("", ""))[0] in ("", "train") for pair in row.pairs
        )
        if not training:
            validated = validated or epoch is not None
        elif row.counter is not None and row.epoch is not None:
            inside += validated and row.epoch == epoch
            behind += validated and row.epoch != epoch
            epoch, validated = row.epoch, False
    return inside > 0 and inside >= WITHIN_SHARE * (inside + behind)


def repeated(rows: Sequence[TextRow]) -> frozenset[tuple[str, str]]:
    """Return (split, first name) of the rows of epochs that come many times an epoch."""
    before: dict[tuple[str, str], float] = {}
    same: Counter[tuple[str, str]] = Counter()
    count: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row.counter is not None or row.epoch is None or not row.pairs or row.owners:
            continue
        key = kind_of(row)
        same[key] += before.get(key) == row.epoch
        count[key] += 1
        before[key] = row.epoch
    return frozenset(
        key
        for key, times in same.items()
        if times > REPEATED * count[key] and count[key] > LEAST_REPEATED
    )


def plans_of(rows: Sequence[TextRow], tracks: Mapping[Sign, Track]) -> dict[str, int]:
    """Return the totals that most rows print: of epochs, rounds, episodes, and of steps that count
    the whole training.
    """
    plans: dict[str, int] = {}
    for kind, fact in PLANNED:
        totals = Counter(
            place.of for row in rows if (place := row.place(kind)) is not None and place.of
        )
        if totals:
            plans[fact] = int(totals.most_common(1)[0][0] or 0)
    bars = {
        row.counter.word
        for row in rows
        if row.is_bar and row.counter is not None and not row.counter.broad
    }
    counted = [
        (sign, track)
        for sign, track in tracks.items()
        if sign.split == "train" and track.totals and not track.backs
    ]
    # one that is not full may be the first of many
    whole = [track for sign, track in counted if sign.word not in bars or track.is_full]
    for track in whole:
        if len(track.epochs) != 1 and track.rows > 2 and len(track.totals) == 1:
            plans.setdefault("max_steps", next(iter(track.totals)))
    return plans


def others(rows: Sequence[TextRow]) -> dict[Sign, frozenset[int]]:
    """Return the totals of counters that are of other passes than the training: two totals take
    turns, and the rows name no split.

    That of the training comes first and, in most rows, is the larger one.
    """
    seen: dict[Sign, list[int]] = {}
    for row in rows:
        counter = row.counter
        if (
            counter is not None
            and counter.of
            and row.split == ""
            and not counter.broad
            and not row.owners
        ):
            seen.setdefault(sign_of(row), []).append(counter.of)
    found = {}
    for sign, totals in seen.items():
        turns = [
            total for total, before in zip(totals[1:], totals, strict=False) if total != before
        ]
        counts = Counter(totals)
        if (
            len(counts) in (2, 3)
            and len(turns) > len(counts)
            and len(turns) < REPEATED * len(totals)
        ):
            main = max(counts, key=lambda total: (counts[total], total))
            found[sign] = frozenset(total for total in counts if total < main)
    return found


def drawn_again(rows: Sequence[TextRow]) -> frozenset[Sign]:
    """Return the counters of bars that name no epoch and are drawn once an epoch: each begins again
    behind a full one, and only there.
    """
    last: dict[Sign, Place] = {}
    apart: set[Sign] = set()
    full: Counter[Sign] = Counter()
    partial: set[Sign] = set()
    for row in rows:
        sign, counter = sign_of(row), row.counter
        if not row.is_bar or counter is None or counter.broad or row.epoch is not None:
            apart.update(last)
            continue
        before = last.get(sign)
        if before is not None and (
            counter.x < before.x or (counter.x == before.x and sign in apart)
        ):
            full[sign] += before.x == before.of
            partial.update([sign] if before.x != before.of else [])
        last[sign] = counter
        apart = (apart | set(last)) - {sign}
    return frozenset(
        sign for sign, times in full.items() if times >= LEAST_BARS and sign not in partial
    )
