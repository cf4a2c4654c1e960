"""Reads what a parser of one format left: lines with numbers that it does not know go to the reader
of any text, as a second pass.

A training script prints its own evaluation between the lines of a framework. What the second pass
finds joins the series of the file, at its own counter or at the nearest place above; what the first
has already, under another name too, is not told twice. Only what neither reads is unread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lossreport import regex as re
from lossreport.model.run import Axis, Ints, frozen_floats, frozen_ints
from lossreport.reading.bytes.reader import Line, LogFile
from lossreport.reading.formats.generic_text import sniff
from lossreport.reading.kit.names import LEARNING_RATE, is_metric_like
from lossreport.reading.kit.table_rows import Tables
from lossreport.reading.lines.chatter import is_chatter
from lossreport.reading.lines.reader import TextReader
from lossreport.reading.lines.row import pieces, text_row
from lossreport.reading.lines.survey import survey
from lossreport.reading.parser import ColumnChunk, ColumnKey, Columns

MOST: Final = 50_000
"""Lines that are looked at once more: a minute's work at most. A file with more is of another
format than its parser takes it for.
"""
SAMPLE: Final = 4_000
"""Lines of them by which the names are judged."""
LEAST: Final = 3
"""Rows of a name that stand at no counter of their own, and may all stand at one value in a line
that is no row.
"""
ALONE: Final = 0.5
"""Rows of a name must stand alone at their place for more than this share: what comes many times at
one place is no row of it.
"""
ENOUGH: Final = 2
"""Lines that show a metric below which there is no series to look for."""
ROUNDED: Final = 5e-3
"""A value in three digits beside the same in six."""
SETTING: Final = re.compile(r"weight|alpha|beta|gamma|coef|factor|power|freq|eps", re.IGNORECASE)
"""Numbers that are set and not measured, though a loss is in their name: `loss_weight: 0.02`,
`FOCAL_LOSS_ALPHA: 0.25`.
"""
NO_LETTER: Final = re.compile(r"[\W_]")

Read = Mapping[ColumnKey, ColumnChunk]


def leftovers(log: LogFile, unread: Ints, known: Read) -> tuple[dict[ColumnKey, ColumnChunk], Ints]:
    """Return the series that a second pass finds in the unread lines of a file (by their place),
    and the lines of metrics still unread.

    `known` are the series of the first pass.
    """
    lines = list(_apart(_lines(log, unread)))
    looked_at = [_looked_at(line) for line in lines]
    measured = [line.number for line, look in zip(lines, looked_at, strict=True) if look.measures]
    if not known or len(measured) < ENOUGH:
        return {}, frozen_ints(measured)
    sample = [line.text for line in lines[:SAMPLE]]
    kept: dict[ColumnKey, ColumnChunk] = {}
    taken = set[int]()
    if sniff(LogFile(log.shown, data="\n".join(sample).encode())).value > 0:
        printed = frozen_ints(
            [line.number for line, look in zip(lines, looked_at, strict=True) if look.places]
        )
        for key, chunk in _series(lines, seen_by=TextReader(survey=survey(sample))):
            placed = _placed(key, chunk, known, printed)
            if placed is not None:
                taken.update(placed[1].line.tolist())
                if not _is_known(*placed, known):
                    kept[placed[0]] = placed[1]
    return kept, frozen_ints([line for line in measured if line not in taken])


class Look(NamedTuple):
    """What a line shows by itself: whether it prints a place, and whether a value under the name of
    a metric.
    """

    places: bool = False
    measures: bool = False


def _looked_at(line: Line) -> Look:
    if not any(char.isdigit() for char in line.text) or is_chatter(line.text):
        return Look()
    rows = [row for row in map(text_row, pieces(line.text)) if row is not None]
    values = (pair.value for row in rows for pair in row.pairs if _is_measure(pair.name))
    return Look(any(row.places for row in rows), any(not value.is_integer() for value in values))


def _is_measure(name: str) -> bool:
    return (
        is_metric_like(name)
        and LEARNING_RATE.fullmatch(name) is None
        and SETTING.search(name) is None
    )


def _apart(lines: Iterator[Line]) -> Iterator[Line]:
    """Yield the lines that are of no table: what its columns are, and whose, only the parser of a
    format can tell.
    """
    tables = Tables()
    return (line for line in lines if not tables.see(line.text, line.number)[0])


def _lines(log: LogFile, unread: Ints) -> Iterator[Line]:
    wanted = iter(unread[:MOST].tolist())
    place = next(wanted, None)
    for at, line in enumerate(log.lines()):
        if place is None:
            return
        if at == place:
            yield line
            place = next(wanted, None)


def _series(lines: Sequence[Line], seen_by: TextReader) -> Iterator[tuple[ColumnKey, ColumnChunk]]:
    """Yield what the reader of any text makes of the lines, a series after the other."""
    together = Columns()
    for record in seen_by.read(iter(lines)):
        if isinstance(record, ColumnChunk):
            for x, y, line, epoch in zip(
                record.x.tolist(),
                record.y.tolist(),
                record.line.tolist(),
                record.epoch.tolist(),
                strict=True,
            ):
                together.add(record.key, x, y, line, epoch)
    for chunk in together.chunks():
        yield chunk.key, chunk


def _placed(
    key: ColumnKey, chunk: ColumnChunk, known: Read, printed: Ints
) -> tuple[ColumnKey, ColumnChunk] | None:
    """Return a series at the places that its rows or headings print, else at those of the training
    above; None where it has none.

    `printed` are the unread lines that print a place: what stands nearer above a row counts, such a
    line or a row of the training.
    """
    training = [
        (one, held)
        for one, held in known.items()
        if one.split == "train" and one.axis is not Axis.ROW
    ]
    if not training:
        return None if key.axis is Axis.ROW else (key, chunk)
    at, track = max(training, key=lambda one: len(one[1].x))
    above = np.searchsorted(track.line, chunk.line, side="right") - 1
    nearer = np.append(0, printed)[np.searchsorted(printed, chunk.line, side="right")]
    of_training = (above >= 0) & (np.where(above >= 0, track.line[above], 0) > nearer)
    if key.axis is Axis.ROW:
        return _of_training(
            key._replace(axis=at.axis, nested=at.nested), chunk, track, above, of_training
        )
    epochs = track.epoch if key.axis is Axis.EPOCH else np.full(len(track.x), np.nan)
    places = track.x if at.axis is key.axis else epochs
    moved = of_training & np.isfinite(places[above])
    return key, replace(
        chunk, x=frozen_floats(np.where(moved, places[above], chunk.x)), of=frozen_floats([])
    )


def _of_training(
    key: ColumnKey, chunk: ColumnChunk, track: ColumnChunk, above: Ints, own: npt.NDArray[np.bool_]
) -> tuple[ColumnKey, ColumnChunk] | None:
    """Return a series that prints no place at those of the training; None where it is no series of
    rows.
    """
    where = above[own]
    if (
        len(where) < LEAST
        or len(np.unique(chunk.y[own])) < 2
        or len(np.unique(where)) <= ALONE * len(where)
    ):
        return None
    epoch = track.epoch[where] if key.axis is not Axis.EPOCH else np.full(len(where), np.nan)
    parts = (track.x[where], chunk.y[own], chunk.line[own], epoch)
    return key, ColumnChunk(
        key,
        frozen_floats(parts[0]),
        frozen_floats(parts[1]),
        frozen_ints(parts[2]),
        frozen_floats(parts[3]),
    )


def _is_known(key: ColumnKey, chunk: ColumnChunk, known: Read) -> bool:
    """Return whether the first pass has a series already: of that name and split, or with the same
    values under another.
    """
    name = _folded(key.name)
    return any(
        (one.split == key.split and _folded(one.name) == name) or _repeats(chunk, held)
        for one, held in known.items()
    )


def _folded(name: str) -> str:
    return NO_LETTER.sub("", name).lower()


def _repeats(chunk: ColumnChunk, held: ColumnChunk) -> bool:
    """Return whether every value stands in the other series as well, in the row before or behind
    it, perhaps in percent or rounded.
    """
    behind = np.searchsorted(held.line, chunk.line)
    beside = [held.y[np.clip(behind + by, 0, len(held.y) - 1)] for by in (-1, 0)]
    near = [
        np.isclose(scale * chunk.y, other, rtol=ROUNDED)
        for other in beside
        for scale in (1.0, 100.0)
    ]
    return len(np.unique(chunk.y)) > 1 and bool(np.logical_or.reduce(near).all())
