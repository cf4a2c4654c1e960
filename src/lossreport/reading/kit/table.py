"""Reads tables of text, CSV and its kin: finds separator and header, turns clean stretches into
columns at once, odd lines one by one.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from itertools import islice
from typing import Any, Final, NamedTuple

import numpy as np

from lossreport import regex as re
from lossreport.model.run import Axis, Floats, Ints, Statistic, frozen_floats, frozen_ints
from lossreport.reading.bytes.reader import Block, Line, LogFile
from lossreport.reading.bytes.texts import joined
from lossreport.reading.kit.names import METRIC_LIKE, meanings_of, split_name, unmarked_scores
from lossreport.reading.kit.owners import Owner, owner_columns
from lossreport.reading.kit.rows import (
    AXES,
    BOOKKEEPING,
    DECIMAL_COMMA,
    EPOCH_NAMES,
    GROUPED,
    INNER,
    INSTANT,
    PLANS,
    is_axis,
    number,
)
from lossreport.reading.kit.table_numbers import columns_of
from lossreport.reading.kit.untrusted import whole
from lossreport.reading.parser import ColumnChunk, ColumnKey, RawFact, Record, RowsRead, SkippedLine
from lossreport.text import Text
from lossreport.values import dataclass

SEPARATORS: Final = (",", "\t", ";", "|")
BLANKS: Final = " "
BATCH: Final = 50_000
HEAD_ROWS: Final = 30
SAME_WIDTH: Final = 0.7
ODD: Final = re.compile(r'nan|"|inf|#|\bna\b|null|none', re.IGNORECASE)
"""A batch with one of these is read line by line: a table reader takes "nan" and an empty cell for
the same.
"""
DIGITS: Final = b"0123456789.+-eE \n"
"""What numbers are made of: text of nothing else needs no further look."""
PLAIN: Final = b"0123456789.+-eE "
"""What is between the separators of most rows; without it only those are left, and each can be
looked for in its place.
"""
MOST_OWNERS: Final = 1_000
"""More runs or entities in one stretch of rows than these are no names but counts."""
MISSING: Final = frozenset(("", "na", "n/a", "none", "null", "-", "--"))
"""Cells that say "not logged here"; "nan" is none of them."""
UNCOUNTED_ROW = Text(
    zh="{axis} 一栏是 {word}，不是数：这一行不属于这条曲线",
    en="has {word} where {axis} counts: no row of this curve",
)
WRONG_WIDTH = Text(
    zh="有 {found} 个字段，表头有 {wanted} 个",
    en="has {found} fields where the header has {wanted}",
)
TORN = Text(zh="文件在这一行中间结束", en="the file ends in the middle of this row")


class Meaning(NamedTuple):
    """What a column of a table is: the metric's name, its split, what a value of it is, and its
    axis where it is not the table's.
    """

    name: str
    split: str
    statistic: Statistic
    window: int | None = None
    axis: Axis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table found in a file: its separator, the names of its columns, and the line of its
    header.
    """

    separator: str
    header: tuple[str, ...]
    line: int
    rows: int = 0
    decimal_comma: bool = False

    def cells(self, line: str) -> list[str]:
        """Return the cells of a row; numbers with a decimal comma get their point."""
        found = cells(line, self.separator)
        return (
            [cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell) else cell for cell in found]
            if self.decimal_comma
            else found
        )

    def names(self) -> frozenset[str]:
        """Return the names in lower case."""
        return frozenset(name.lower() for name in self.header)


def find_table(log: LogFile) -> Table | None:
    """Return the table that the first lines hold, or None: a header of names over rows of as many
    cells, numbers among them.
    """
    return log.once(_found_table)


def _found_table(log: LogFile) -> Table | None:
    numbered = [
        (i, line) for i, line in enumerate(log.head_lines[: HEAD_ROWS * 4], 1) if line.strip()
    ]
    lines = [(i, line) for i, line in numbered if not line.startswith("#")]
    if (found := _commented(numbered, lines)) is not None:
        return found
    for start, (at, head) in enumerate(lines[:HEAD_ROWS]):
        body = [line for _, line in lines[start + 1 : start + 1 + HEAD_ROWS]]
        for separator in (*SEPARATORS, BLANKS):
            header = cells(head, separator)
            if (
                len(header) >= 2
                and _is_header(header)
                and _fits(header, body, separator)
                and not (
                    separator == BLANKS
                    and (_is_prose(header, body) or _is_printed(header, start, len(body)))
                )
            ):
                comma = separator != "," and _has_decimal_commas(body, separator)
                return Table(
                    separator=separator,
                    header=tuple(header),
                    line=at,
                    rows=len(body),
                    decimal_comma=comma,
                )
    return None


def _commented(
    numbered: Sequence[tuple[int, str]], lines: Sequence[tuple[int, str]]
) -> Table | None:
    """Return the table whose header is a comment, as numpy and DeePMD write it: `# step rmse_val
    lr` over rows of numbers alone.
    """
    body = [line for _, line in lines[:HEAD_ROWS]]
    if not body or any(
        number(cell) is None for line in body[:-1] for cell in re.split(r"[\s,;]+", line.strip())
    ):
        return None
    for at, head in reversed([(i, line) for i, line in numbered if i < lines[0][0]]):
        for separator in (*SEPARATORS, BLANKS):
            header = cells(head.lstrip("# "), separator)
            if (
                len(header) >= 2
                and _is_header(header)
                and _fits(header, body, separator)
                and not _is_prose(header, body)
            ):
                return Table(separator=separator, header=tuple(header), line=at, rows=len(body))
    return None


def _has_decimal_commas(body: Sequence[str], separator: str) -> bool:
    """Return whether commas stand for points: some cell shows it; in a table of semicolons nothing
    else is likely.
    """
    commas = [
        cell for line in body for cell in cells(line, separator) if DECIMAL_COMMA.fullmatch(cell)
    ]
    return bool(commas) and (
        separator == ";" or any(not GROUPED.fullmatch(cell) for cell in commas)
    )


def cells(line: str, separator: str) -> list[str]:
    """Return the cells of a line without blanks around them."""
    if separator == BLANKS:
        return line.split()
    if '"' in line:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    return [cell.strip() for cell in line.split(separator)]


def _is_prose(header: Sequence[str], body: Sequence[str]) -> bool:
    """Return whether a blank separates words, not cells: in a table nearly every cell below plain
    names is a number.
    """
    if not all(re.fullmatch(r"[A-Za-z_][\w./@()%-]*", name) for name in header):
        return True
    found = [cell for line in body for cell in line.split()]
    return sum(number(cell) is not None for cell in found) < SAME_WIDTH * len(found)


def _is_printed(header: Sequence[str], before: int, rows: int) -> bool:
    """Return whether a table between blanks was printed into a log: below more lines of text than
    it has rows, or of classes.

    `Class Images Instances P R mAP50` heads what an evaluation gave for all and for each class, not
    the rows of a training.
    """
    return before > max(rows, HEAD_LINES) or header[0].lower() in ("class", "category")


HEAD_LINES: Final = 3
"""A title and settings may stand above the header of a table."""


def _is_header(header: Sequence[str]) -> bool:
    named = [cell for cell in header if cell]
    return (
        all(number(cell) is None for cell in named)
        and len(set(named)) == len(named)
        and len(named) >= len(header) - 1
    )


LEAST_NAMES: Final = 2
COLUMN_NAME: Final = re.compile(r"[^\W\d][\w ./()%@\-]{0,60}")


def is_header(names: Sequence[str]) -> bool:
    """Return whether cells are the names of columns, one of them called like a metric or a
    count.
    """
    plain = all(COLUMN_NAME.fullmatch(name) for name in names)
    return (
        len(names) >= LEAST_NAMES
        and plain
        and _is_header(names)
        and any(METRIC_LIKE.search(name) or is_axis(name) for name in names)
    )


def _fits(header: Sequence[str], body: Sequence[str], separator: str) -> bool:
    if not body:
        return False
    rows = [cells(line, separator) for line in body]
    good = [row for row in rows if len(row) == len(header)]
    if len(good) < max(1, SAME_WIDTH * (len(rows) - 1)):
        return False
    numeric = Counter(
        i for row in good for i, cell in enumerate(row) if cell_number(cell) is not None
    )
    return len(numeric) >= 2 or (len(numeric) == 1 and len(header) == 2)


def plain_meaning(name: str) -> Meaning | None:
    """Return what a column of a table of unknown make is: a value of unknown statistic, or None
    where it is no metric.
    """
    if is_axis(name) or BOOKKEEPING.fullmatch(name) or not name:
        return None
    split, short = split_name(name)
    return Meaning(short, split, Statistic.VALUE if INSTANT.fullmatch(short) else Statistic.UNKNOWN)


def meaning_beside(header: Sequence[str]) -> Callable[[str], Meaning | None]:
    """Return `plain_meaning` for the columns of one table: `rmse_val` beside `rmse_trn` is of the
    validation, and so are scores without a mark.
    """
    twins = bare_beside_training(header)
    read = meanings_of(header) | twins
    scores = unmarked_scores(header)

    def meaning(name: str) -> Meaning | None:
        if plain_meaning(name) is None:
            return None
        split, short = read.get(name) or split_name(name, "")
        return Meaning(
            short,
            split or scores.get(name, "train"),
            Statistic.VALUE if INSTANT.fullmatch(short) else Statistic.UNKNOWN,
        )

    return meaning


TRAINED: Final = re.compile(r"train(?:ing)?[_ ./-](?P<name>\S.*)", re.IGNORECASE)


def bare_beside_training(header: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return (split, name) of columns that stand twice, with `train_` and without: `train_EPE`
    beside `EPE`.

    What is marked was trained on, so the other was measured elsewhere; where another split is
    marked as well nothing is said.
    """
    marked = {match["name"].lower(): name for name in header if (match := TRAINED.fullmatch(name))}
    if any(split_name(name, "")[0] not in ("", "train") for name in header):
        return {}
    bare = [name for name in header if name.lower() in marked and plain_meaning(name) is not None]
    return {name: ("val", name) for name in bare} | {
        marked[name.lower()]: ("train", name) for name in bare
    }


def looks_like_training(
    table: Table, meaning: Callable[[str], Meaning | None] = plain_meaning
) -> bool:
    """Return whether the columns are those of a training log: one is called like a metric."""
    found = [means for name in table.header if (means := meaning(name))]
    return any(METRIC_LIKE.search(means.name) for means in found)


def read_table(
    log: LogFile, table: Table, meaning: Callable[[str], Meaning | None]
) -> Iterator[Record]:
    """Yield the values of a table row by row in order, cells that say nothing left out."""
    reader = _Reader(table=table, meaning=meaning)
    for block in _below(log.blocks(), table.line):
        if block.number > table.line and reader.is_plain(block):
            yield from reader.read_block(block)
            continue
        lines = (
            line
            for line in log.lines_of(block)
            if line.number > table.line and line.text.strip() and not line.text.startswith("#")
        )
        while batch := list(islice(lines, BATCH)):
            yield from reader.read(batch)
    yield RowsRead(reader.rows, reader.last)


def _below(blocks: Iterator[Block], header: int) -> Iterator[Block]:
    """Yield the blocks of a table, what stands up to the header cut off from the rows below it."""
    for block in blocks:
        above = header - block.number + 1
        if 0 < above < len(block.texts):
            yield block._replace(texts=block.texts[:above], complete=True)
            yield block._replace(number=header + 1, texts=block.texts[above:])
        else:
            yield block


@dataclass(kw_only=True)
class _Reader:
    """Reads batches of lines of one table; a header repeated in the middle may change the columns
    from there on.
    """

    table: Table
    meaning: Callable[[str], Meaning | None]
    rows: int = 0
    last: int = 0
    plans: dict[str, float] = field(default_factory=dict)
    axis: tuple[Axis, int] = (Axis.ROW, -1)
    """The column that counts, chosen by the first rows, and its place."""
    counts: bool = False
    """Whether a number was seen where the rows count: a column of words named `step` counts
    nothing.
    """

    def is_plain(self, block: Block) -> bool:
        """Return whether every line of a block is a row of plain numbers and empty cells."""
        if self.table.separator == BLANKS or block.noisy or not block.complete:
            return False
        separator, width = self.table.separator, len(self.table.header) - 1
        code = joined(block.texts)
        is_plain = (
            code.translate(None, PLAIN)
            == (separator.encode() * width + b"\n") * (len(block.texts) - 1)
            + separator.encode() * width
        )
        if not is_plain and not _are_cells(code, separator.encode(), width, len(block.texts)):
            return False
        return (
            is_plain
            or not code.translate(None, DIGITS + separator.encode())
            or ODD.search(code.decode("utf-8", "surrogatepass")) is None
        )

    def read_block(self, block: Block) -> Iterator[Record]:
        self.last = block.number + len(block.texts) - 1
        yield from self._emit(
            columns_of(joined(block.texts).decode("utf-8", "surrogatepass"), self.table.separator),
            np.arange(block.number, self.last + 1),
            None,
        )

    def read(self, batch: Sequence[Line]) -> Iterator[Record]:
        self.last = batch[-1].number
        if self._is_clean(batch):
            yield from self._emit(
                columns_of("\n".join(line.text for line in batch), self.table.separator),
                np.array([line.number for line in batch], dtype=np.int64),
                None,
            )
        else:
            yield from self._one_by_one(batch)

    def _is_clean(self, batch: Sequence[Line]) -> bool:
        separator, width = self.table.separator, len(self.table.header) - 1
        if separator == BLANKS or not batch[-1].complete:
            return False
        return all(
            line.text.count(separator) == width and ODD.search(line.text) is None for line in batch
        )

    def _one_by_one(self, batch: Sequence[Line]) -> Iterator[Record]:
        """Read lines of any shape: repeated headers, torn and short rows, NaN beside empty
        cells.
        """
        held: list[tuple[int, list[str]]] = []
        for line in batch:
            row = self.table.cells(line.text)
            if row and row[-1] == "" and len(row) == len(self.table.header) + 1:
                row.pop()
            if len(row) == len(self.table.header) and not (
                set(row) & set(self.table.header) and _is_header(row)
            ):
                if not line.complete and self._is_torn(row):
                    yield SkippedLine(line.number, TORN, torn=True)
                    continue
                if (word := self._uncounted(row)) is not None:
                    yield SkippedLine(line.number, word)
                    continue
                held.append((line.number, row))
                continue
            yield from self._held(held)
            held = []
            if len(row) >= 2 and _is_header(row) and set(row) & set(self.table.header):
                self.table = Table(
                    separator=self.table.separator, header=tuple(row), line=line.number
                )
                continue
            yield SkippedLine(
                line.number,
                TORN
                if not line.complete
                else Text(
                    zh=WRONG_WIDTH.zh.format(found=len(row), wanted=len(self.table.header)),
                    en=WRONG_WIDTH.en.format(found=len(row), wanted=len(self.table.header)),
                ),
                torn=not line.complete,
            )
        yield from self._held(held)

    def _is_torn(self, row: Sequence[str]) -> bool:
        """Return whether a last line of full width, without a line break, breaks off inside its
        last cell; a number there is kept.
        """
        return bool(row[-1]) and cell_number(row[-1]) is None

    def _uncounted(self, row: Sequence[str]) -> Text | None:
        """Return that a row has a word where all others count: the mean below a curve, or a table
        of classes behind it.
        """
        axis = _counter(self.table.header)
        self.counts |= axis is not None and number(row[axis]) is not None
        if (
            axis is None
            or not self.counts
            or not NO_COUNT.fullmatch(row[axis])
            or row[axis].lower() in MISSING
        ):
            return None
        said = {"axis": self.table.header[axis], "word": row[axis]}
        return Text(zh=UNCOUNTED_ROW.zh.format(**said), en=UNCOUNTED_ROW.en.format(**said))

    def _held(self, held: list[tuple[int, list[str]]]) -> Iterator[Record]:
        if held:
            width = len(self.table.header)
            yield from self._emit(
                {i: [row[i] for _, row in held] for i in range(width)},
                np.array([line for line, _ in held], dtype=np.int64),
                held,
            )

    def _emit(self, columns: dict[int, Any], line: Ints, held: object) -> Iterator[Record]:
        """Yield the chunks of one stretch of rows, those of each run and entity that the rows name
        apart.
        """
        values = {i: _floats(column) for i, column in columns.items()}
        axis, x, epoch = self._axis(values, len(line))
        by_axis, by_epochs = (
            _Places(x, line, epoch),
            _Places(epoch, line, np.full(len(line), math.nan)),
        )
        yield from self._plans(values, line)
        whose = list(self._owners(columns, len(line)))
        names = owner_columns(self.table.header).names
        inner = axis in INNER and bool(np.isfinite(epoch).any())
        for i, name in enumerate(self.table.header):
            means = self.meaning(name)
            if means is None or i not in values or name in names:
                continue
            y, given = values[i]
            by_epoch = (
                means.axis is Axis.EPOCH
                and axis is not Axis.EPOCH
                and bool(np.isfinite(epoch).any())
            )
            nested = inner and not by_epoch
            its = by_epochs if by_epoch else by_axis
            for owner, mine in whose:
                rows = np.flatnonzero(given & its.placed & mine)
                if len(rows):
                    its_axis = Axis.EPOCH if by_epoch else _axis_of(means, axis)
                    key = ColumnKey(
                        means.name,
                        means.split,
                        its_axis,
                        means.statistic,
                        means.window,
                        entity=owner.entity,
                        run=owner.run,
                        nested=nested,
                    )
                    places, lines, epochs = its.at(rows)
                    yield ColumnChunk(key, places, frozen_floats(y[rows]), lines, epochs)
        self.rows += len(line)

    def _owners(self, columns: dict[int, Any], n: int) -> Iterator[tuple[Owner, Any]]:
        """Yield each run and entity that the rows name, with which rows are theirs; too many of
        them are none.
        """
        named = owner_columns(self.table.header)
        cells = {
            name: columns[i]
            for i, name in enumerate(self.table.header)
            if name in named.names and i in columns
        }
        if len(cells) < len(named.names) or not cells:
            yield Owner(), np.ones(n, dtype=bool)
            return
        owners = [
            named.of(dict(zip(cells, row, strict=True)))
            for row in zip(*cells.values(), strict=True)
        ]
        distinct = list(dict.fromkeys(owners))
        numbers = {owner: number for number, owner in enumerate(distinct)}
        codes = np.array([numbers[owner] for owner in owners])
        if len(distinct) > MOST_OWNERS:
            yield Owner(), np.ones(n, dtype=bool)
            return
        yield from ((owner, codes == number) for owner, number in numbers.items())

    def _axis(self, values: dict[int, tuple[Floats, Any]], n: int) -> tuple[Axis, Floats, Floats]:
        names = {name.lower(): i for i, name in enumerate(self.table.header)}
        epoch = next(
            (
                _filled(*values[names[name]])
                for name in EPOCH_NAMES
                if name in names and names[name] in values
            ),
            np.full(n, math.nan),
        )
        known = [
            (axis, i)
            for name, axis in AXES
            if (i := names.get(name)) in values and values[i][1].mean() > SAME_WIDTH
        ]
        if not known:
            return (
                Axis.ROW,
                np.arange(self.rows, self.rows + n, dtype=np.float64),
                np.full(n, math.nan),
            )
        if self.axis not in known:
            self.axis = _counting([(one, _filled(*values[one[1]])) for one in known])
        axis, i = self.axis
        return axis, _filled(*values[i]), epoch if axis is not Axis.EPOCH else np.full(n, math.nan)

    def _plans(self, values: dict[int, tuple[Floats, Any]], line: Ints) -> Iterator[RawFact]:
        for i, name in enumerate(self.table.header):
            plan = PLANS.get(name.lower())
            if plan and values[i][1].any() and plan not in self.plans:
                self.plans[plan] = float(values[i][0][values[i][1]][-1])
                if (planned := whole(self.plans[plan])) is not None:
                    yield RawFact(plan, planned, int(line[0]))


class _Places:
    """Where the rows of a stretch stand: x, line and epoch, and which rows have an x. Columns with
    a value on every row share them.
    """

    def __init__(self, x: Floats, line: Ints, epoch: Floats) -> None:
        self._all = frozen_floats(x), frozen_ints(line), frozen_floats(epoch)
        self.placed = ~np.isnan(x)

    def at(self, rows: Ints) -> tuple[Floats, Ints, Floats]:
        """Return the places of some rows, in order."""
        x, line, epoch = self._all
        if len(rows) == len(x):
            return self._all
        return frozen_floats(x[rows]), frozen_ints(line[rows]), frozen_floats(epoch[rows])


def _are_cells(text: bytes, separator: bytes, width: int, lines: int) -> bool:
    """Return whether every line of a text has so many separators."""
    found = np.frombuffer(text + b"\n", dtype=np.uint8)
    marks = found[(found == separator[0]) | (found == 10)]
    if len(marks) != lines * (width + 1):
        return False
    ends = marks.reshape(lines, width + 1) == 10
    return bool(ends[:, -1].all()) and not ends[:, :-1].any()


COUNTS: Final = 0.5
"""A column of which less than half of the rows go on counts nothing (the length of an episode, a
step inside it) where another one does.
"""


def _counting(columns: Sequence[tuple[tuple[Axis, int], Floats]]) -> tuple[Axis, int]:
    """Return the column that counts the rows: the first by name, unless it goes to and fro while
    another one goes on.
    """
    first, x = columns[0]
    if len(x) < 2 or _goes_on(x) >= COUNTS:
        return first
    return next((other for other, its in columns[1:] if _goes_on(its) >= COUNTS), first)


def _goes_on(x: Floats) -> float:
    """Return in which share of the rows a column is higher than in the row before."""
    return float(np.mean(np.diff(x) > 0))


NO_COUNT: Final = re.compile(r"(?!nan|inf)[^\W\d_][^\d{}]{0,30}", re.IGNORECASE)
"""A word that is no count and no stamp."""


def _counter(header: Sequence[str]) -> int | None:
    """Return the column that counts the rows; None where none is called so."""
    names = {name.lower(): at for at, name in enumerate(header)}
    return next((names[name] for name, axis in AXES if name in names), None)


def _axis_of(means: Meaning, axis: Axis) -> Axis:
    """Return the axis of a column: its own where it counts something else than the table, as
    batches of a validation do.
    """
    return means.axis if means.axis is not None and means.axis is not Axis.EPOCH else axis


def _floats(column: Any) -> tuple[Floats, Any]:
    """Return (values, which of them were given): an empty cell is not given, "nan" is."""
    if isinstance(column, np.ndarray):
        return column, ~np.isnan(column)
    found = [None if cell.lower() in MISSING else cell_number(cell) for cell in column]
    return np.array([math.nan if value is None else value for value in found]), np.array(
        [value is not None for value in found]
    )


def cell_number(cell: str) -> float | None:
    """Return the number of a cell, `93.4%` without its sign; None where it holds none."""
    return number(cell.removesuffix("%"))


def _filled(values: Floats, given: Any) -> Floats:
    """Return an axis whose empty cells take the value before them (Lightning leaves the epoch out
    of some rows).
    """
    if given.all():
        return values
    places = np.maximum.accumulate(np.where(given, np.arange(len(values)), -1))
    return np.where(places >= 0, values[np.maximum(places, 0)], math.nan)
