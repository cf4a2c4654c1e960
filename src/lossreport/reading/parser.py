"""What a log format is: a way to recognise a file and a way to read it into records. One file a
format in `reading/formats/`.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator
from dataclasses import field
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from lossreport.errors import UsageError
from lossreport.model.run import (
    Axis,
    Entity,
    EventKind,
    FactValue,
    Floats,
    Ints,
    SegmentWhy,
    SourceNote,
    Statistic,
    Status,
    frozen_floats,
    frozen_ints,
)
from lossreport.reading.bytes.reader import LogFile
from lossreport.registry import load_units
from lossreport.text import Phrase, Text
from lossreport.values import dataclass

FLUSH_ROWS: Final = 100_000
"""Values a Columns helper holds before they become a chunk."""

SUMMARY: Final = "summary/"
"""Begins the names of facts that are the last values of one run."""


class Score(NamedTuple):
    """How sure a parser is that a file is its own: 0 (not at all) to 1, and why."""

    value: float
    reason: str


class ColumnKey(NamedTuple):
    """What makes two values belong to one series of a source.

    `entity` is whose the value is where a row says so (client 3), `run` the run a row names (fold
    1, seed 7): rows of other names are other runs. `nested` marks x that counts inside the epoch
    beside it, as batches do: the model of runs counts it on from epoch to epoch.
    """

    name: str
    split: str
    axis: Axis
    statistic: Statistic
    window: int | None = None
    unit: str = ""
    resolution: float | None = None
    entity: Entity | None = None
    run: str = ""
    nested: bool = False


@dataclass(frozen=True, slots=True)
class ColumnChunk:
    """Consecutive values of one series: x as the log prints it, y, the 1-based lines, and the
    epochs (NaN where none is printed).

    `of` is the total that is printed beside x (`[20/35]`), NaN where a row prints none; empty where
    no row does.
    """

    key: ColumnKey
    x: Floats
    y: Floats
    line: Ints
    epoch: Floats
    of: Floats = field(default_factory=lambda: frozen_floats([]))


@dataclass(frozen=True, slots=True)
class RawFact:
    """A configuration value and its line."""

    name: str
    value: FactValue
    line: int


@dataclass(frozen=True, slots=True)
class RawEvent:
    """Something the log says in words. `ends` is how the run has ended where no training goes on
    behind it; by default what its kind means.

    `frame` is the place in the run's own code that a traceback shows, `train.py:42`.
    """

    kind: EventKind
    line: int
    quote: str
    ends: Status | None = None
    frame: str = ""


@dataclass(frozen=True, slots=True)
class RawSegment:
    """From this line on a new process, or a new run, writes."""

    line: int
    why: SegmentWhy


@dataclass(frozen=True, slots=True)
class RawNote:
    """Something about the form of the file that a check will ask for; see `SourceNote`."""

    kind: str
    lines: tuple[int, ...]
    details: tuple[tuple[str, ...], ...] = ()

    def of(self, source: str) -> SourceNote:
        """Return the note as one of `source`."""
        return SourceNote(kind="key_order", source=source, lines=self.lines, details=self.details)


@dataclass(frozen=True, slots=True)
class RawStatus:
    """The log says how the run ended.

    A store or a trainer's own record says so for good. Words of a text (`word`, what lines that say
    the same have in common) count where they stand behind the last training row of their launch,
    and those that are not `sure` only where nothing speaks against them.
    """

    status: Status
    line: int
    word: str = ""
    sure: bool = True


@dataclass(frozen=True, slots=True)
class RawTime:
    """The first or a later time stamp of the log, as it prints it; `line` where a file holds
    several runs, to tell whose it is.
    """

    stamp: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class RowsRead:
    """So many records were read; the last line was `lines`."""

    rows: int
    lines: int


@dataclass(frozen=True, slots=True)
class SkippedLine:
    """A line that looked like a record and could not be read; `torn` where the file ends in its
    middle.
    """

    line: int
    reason: Text
    torn: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """The file is known and holds what cannot be read here: why, and what to do about it."""

    reason: Phrase


@dataclass(frozen=True, slots=True, eq=False)
class Unread:
    """The lines that a parser of lines did not know, by their place (from 0) among all that
    `LogFile.lines` yields.

    They hold no row, setting or word that the format knows: what a second reader could look
    through.
    """

    places: Ints


Record = (
    ColumnChunk
    | RawFact
    | RawEvent
    | RawSegment
    | RawNote
    | RawStatus
    | RawTime
    | RowsRead
    | SkippedLine
    | Refusal
    | Unread
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser:
    """A log format. `sniff` looks at the head only; `read` streams; `config` marks files that hold
    facts and no metrics.

    `columnar` marks those that list their values metric by metric: lines tell nothing of the order
    in which they were logged.

    `run_folder` returns the folder of the run from the path of a file, for stores that spread one
    run over many folders. `gather` returns what the files of one store are called together
    (`metrics_epoch_*.json`), for stores that keep a file for every epoch or step: their rows become
    one reading, each with its own file and line. A file that stands alone is called nothing. `most`
    is the highest score that `sniff` gives: where another parser is surer, it is not asked.
    `first_epoch` is what the first epoch is called where the format fixes it, 0 or 1.
    """

    id: str
    title: Text
    sniff: Callable[[LogFile], Score]
    read: Callable[[LogFile], Iterator[Record]]
    config: bool = False
    columnar: bool = False
    run_folder: Callable[[str], str] | None = None
    gather: Callable[[str], str] | None = None
    first_epoch: int | None = None
    most: float = 1.0


@cache
def parsers() -> tuple[Parser, ...]:
    """Return all formats known: the built-in ones, then those of the entry-point group
    `lossreport.parsers`.
    """
    return load_units("lossreport.reading.formats", "PARSER", Parser, "lossreport.parsers")


def parser(parser_id: str) -> Parser:
    """Return a format by id; raises UsageError naming all where it is unknown."""
    for unit in parsers():
        if unit.id == parser_id:
            return unit
    known = ", ".join(unit.id for unit in parsers())
    raise UsageError(f"No parser is called {parser_id!r}", hint=f"Use one of: {known}.")


Numbers = TypeVar("Numbers", Floats, Ints)


class Shared:
    """Holds what columns say alike, the places and lines of their rows, once: of sixteen columns of
    the same rows that is three quarters of all.
    """

    def __init__(self) -> None:
        self._held: dict[tuple[str, int], list[Any]] = {}

    def of(self, values: Numbers) -> Numbers:
        """Return the array that was seen with these bits, or this one."""
        held = self._held.setdefault((values.dtype.char, len(values)), [])
        for one in held:
            if np.array_equal(one.view(np.int64), values.view(np.int64)):
                return one  # type: ignore[no-any-return]
        if len(held) < DIFFERENT:
            held.append(values)
        return values


DIFFERENT: Final = 8
"""Arrays of one length that others are held against."""


class Columns:
    """Turns a line-wise parser into a column-wise one: values go in one by one, chunks of arrays
    come out.
    """

    def __init__(self) -> None:
        self._columns: dict[
            ColumnKey, tuple[array[float], array[float], array[int], array[float], array[float]]
        ] = {}
        self._held, self._known = 0, set[ColumnKey]()

    def add(
        self,
        key: ColumnKey,
        x: float,
        y: float,
        line: int,
        epoch: float = math.nan,
        of: float = math.nan,
    ) -> None:
        """Append one value; `of` is the total printed beside x."""
        column = self._columns.get(key)
        if column is None:
            column = self._columns[key] = (
                array("d"),
                array("d"),
                array("q"),
                array("d"),
                array("d"),
            )
        column[0].append(x)
        column[1].append(y)
        column[2].append(line)
        column[3].append(epoch)
        column[4].append(of)
        self._held += 1

    def extend(
        self, key: ColumnKey, x: Floats, y: Floats, line: Ints, epoch: Floats, of: Floats
    ) -> None:
        """Append many values of a series."""
        column = self._columns.get(key)
        if column is None:
            column = self._columns[key] = (
                array("d"),
                array("d"),
                array("q"),
                array("d"),
                array("d"),
            )
        for held, more in zip(
            (column[0], column[1], column[3], column[4]), (x, y, epoch, of), strict=True
        ):
            held.frombytes(np.ascontiguousarray(more, dtype=np.float64).tobytes())
        column[2].frombytes(np.ascontiguousarray(line, dtype=np.int64).tobytes())
        self._held += len(x)

    def holds(self, key: ColumnKey) -> bool:
        """Return whether values of a series were added since the last chunks."""
        return key in self._columns

    def has_held(self, key: ColumnKey) -> bool:
        """Return whether values of a series were ever added."""
        return key in self._columns or key in self._known

    def full(self) -> bool:
        """Return whether it is time to take the chunks out."""
        return self._held >= FLUSH_ROWS

    def chunks(self) -> Iterator[ColumnChunk]:
        """Take out all that was added, a chunk a series, in the order the series appeared."""
        held, self._columns, self._held, shared = self._columns, {}, 0, Shared().of
        self._known.update(held)
        for key, (x, y, line, epoch, of) in held.items():
            places = shared(frozen_floats(x)), frozen_floats(y), shared(frozen_ints(line))
            yield ColumnChunk(key, *places, shared(frozen_floats(epoch)), shared(frozen_floats(of)))
