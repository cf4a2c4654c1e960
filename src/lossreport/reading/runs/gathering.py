"""Makes one reading of the files of a store that keeps a file for every epoch or step: a series
with a row a file, each row with its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from lossreport import regex as re
from lossreport.model.run import Axis, frozen_floats, frozen_ints
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.reading import Column, Reading


def gathered(readings: Sequence[Reading]) -> Iterator[Reading]:
    """Yield the readings, those of one store as one in the place of the first of them."""
    stores: dict[tuple[str, str], list[Reading]] = {}
    for number, reading in enumerate(readings):
        called = (
            reading.parser.gather(reading.log.shown)
            if reading.parser.gather and reading.columns
            else ""
        )
        stores.setdefault((reading.parser.id, called) if called else ("", str(number)), []).append(
            reading
        )
    for pieces in stores.values():
        yield _gather(pieces) if len(pieces) > 1 else pieces[0]


def _gather(pieces: Sequence[Reading]) -> Reading:
    """Return the reading of all pieces, its rows in the order of x; what a piece says besides its
    rows stays with it.
    """
    ordered = sorted(pieces, key=lambda piece: _natural(piece.log.shown))
    keys = dict.fromkeys(key for piece in ordered for key in piece.columns)
    return replace(
        ordered[0],
        columns={key: _column(key, ordered) for key in keys},
        facts=[],
        events=[],
        notes=[],
        skips=[],
        segments=[],
        status=[status for piece in ordered for status in piece.status],
        stamps=[stamp for piece in ordered for stamp in piece.stamps],
        rows=sum(piece.rows for piece in ordered),
        lines=max(piece.lines for piece in ordered),
        gathered=ordered,
    )


def _natural(path: str) -> list[tuple[int, str]]:
    """Return a key that sorts names by the numbers in them: epoch 10 behind epoch 9."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path)
    ]


def _column(key: ColumnKey, pieces: Sequence[Reading]) -> Column:
    """Return one column of all pieces that have it, in the order of x; rows without a place are
    counted on.
    """
    held = [
        (number, piece.columns[key]) for number, piece in enumerate(pieces) if key in piece.columns
    ]
    x = np.concatenate([column.x for _, column in held])
    x = np.arange(len(x), dtype=np.float64) if key.axis is Axis.ROW else x
    order = np.argsort(x, kind="stable")
    return Column(
        x=frozen_floats(x[order]),
        y=frozen_floats(np.concatenate([column.y for _, column in held])[order]),
        line=frozen_ints(np.concatenate([column.line for _, column in held])[order]),
        epoch=frozen_floats(np.concatenate([column.epoch for _, column in held])[order]),
        of=frozen_floats(np.concatenate([column.of for _, column in held])[order]),
        file=frozen_ints(
            np.concatenate([np.full(len(column.x), number) for number, column in held])[order]
        ),
    )
