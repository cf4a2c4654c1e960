"""The counters of one file in the order of its lines: which places the training rows name, whatever
metrics stand there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from lossreport.model.run import Axis, Entity, Floats, Ints, unlike
from lossreport.reading.runs.reading import Column, Reading

UNCOUNTED: Final = (Axis.ROW, Axis.TIME)
"""Axes that count nothing a program could set back."""


class Track(NamedTuple):
    """One counter: every line that names a place on an axis, of one split and one entity, in file
    order.

    `x`, `epoch` and `of` (the total printed beside x) are as long as `line`; the last two are NaN
    where the row prints none.
    """

    axis: Axis
    split: str
    entity: Entity | None
    line: Ints
    x: Floats
    epoch: Floats
    of: Floats

    def between(self, first: int, after: int) -> Floats:
        """Return the places on the lines from `first` up to, not including, `after`."""
        return self.x[np.searchsorted(self.line, first) : np.searchsorted(self.line, after)]

    @property
    def stride(self) -> float:
        """The usual distance of two places, whoever wrote them; 1 where there are too few."""
        apart = np.diff(np.unique(self.x))
        return float(np.median(apart)) if len(apart) else 1.0


def tracks(reading: Reading) -> list[Track]:
    """Return the counters, that with most rows first; among equals a training track before the
    others.

    Of a file that lists its values metric by metric only the longest series is looked at: the next
    one begins again at the first place.
    """
    columns = reading.columns
    if reading.parser.columnar:
        columns = dict(
            sorted(columns.items(), key=lambda item: (-len(item[1].x), item[0].split != "train"))[
                :1
            ]
        )
    grouped: dict[tuple[Axis, str, Entity | None], list[Column]] = {}
    for key, column in columns.items():
        axis = key.axis
        if axis is Axis.ROW and np.isfinite(column.epoch).all():
            # rows are counted by nobody, the epochs beside them by the program
            axis, column = Axis.EPOCH, replace(column, x=column.epoch)
        if axis not in UNCOUNTED and len(column.x):
            grouped.setdefault((axis, key.split, key.entity), []).append(column)
    found = [_track(*key, parts) for key, parts in grouped.items()]
    return sorted(found, key=lambda track: (-len(track.line), track.split != "train"))


def leading(found: list[Track]) -> list[Track]:
    """Return the tracks by which launches are told: those of the training, or of whatever there is
    where nothing is trained.
    """
    trained = [track for track in found if track.split == "train"]
    return trained or found


def _track(axis: Axis, split: str, entity: Entity | None, parts: list[Column]) -> Track:
    # of rows on the same lines the first part has the say
    first_on = {id(part.line): part for part in reversed(parts)}
    parts = [first_on[id(line)] for line in unlike([part.line for part in parts])]
    line = np.concatenate([part.line for part in parts])
    _, first = np.unique(line, return_index=True)

    def joined(name: str) -> Floats:
        values: Floats = np.concatenate([getattr(part, name) for part in parts])[first]
        return values

    return Track(axis, split, entity, line[first], joined("x"), joined("epoch"), joined("of"))
