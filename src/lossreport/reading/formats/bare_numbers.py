"""Columns of numbers without a name for each: one value a line, or its place and one or more
values, under a heading `loss`, under `Epoch 3`, or under nothing.

What the values are is said by a heading, else by the name of the file (`loss_history.txt`); where
neither does they are called `value`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.names import METRIC_LIKE, split_name
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.table import is_header
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

MIN_ROWS: Final = 2
SHARE: Final = 0.9
"""So many lines of the head are bare numbers; the others head them or end them."""
FEW_ROWS: Final = 5
"""Between so many rows a line of words alone, such as `Saving the model` or `...`, tells what the
program does, where a name says what they are: else text between numbers is a document.
"""
SEPARATOR: Final = re.compile(r"[\s,;]+")
LONGEST: Final = 200
BLANKS: Final = re.compile(r"\s{2,40}")
SHARED: Final = re.compile(r"\d{1,3}(?:\.\d{1,6})?%[\s,;]")
"""`45% 0.52`: how far it was says no place."""
HEADING: Final = re.compile(
    r"[\W_]*(?:epoch|第)[\s:#=]*(?P<epoch>\d{1,9})\s*(?:轮)?[\W_]*", re.IGNORECASE
)
NAME: Final = re.compile(r"[^\W\d][\w ./\-]{0,60}")
HEAD_CELLS: Final = re.compile(r"[,;\t]|\s{2,40}")
"""Between the names of a table; one in print has blanks, and names of two words: `Step    Training
Loss`.
"""
PAIR: Final = 2
MOST: Final = 7
"""More numbers in a line are a matrix or a row of data."""
UNNAMED: Final = "value"
ODD = Text(zh="不是一行数字", en="not a line of numbers")


def sniff(log: LogFile) -> Score:
    """Claim text whose lines are one or two numbers each, and that a heading or the name of the
    file calls a metric, or epochs divide.
    """
    lines = [line.strip() for line in log.head_lines if line.strip()]
    headings = sum(HEADING.fullmatch(line) is not None for line in lines if len(line) <= LONGEST)
    rows = [row for line in lines if (row := _numbers(line)) is not None]
    name = _name(log, lines)
    named = len(rows) >= FEW_ROWS and name != UNNAMED
    worded = sum(not any(char.isdigit() for char in line) for line in lines) if named else 0
    if (
        len(rows) < MIN_ROWS
        or len(rows) < SHARE * (len(lines) - headings - worded - 1)
        or len({len(row) for row in rows}) != 1
    ):
        return Score(0.0, "not lines of one or two numbers")
    if worded > len(rows):
        return Score(0.0, "more lines of words than of numbers")
    if len(BLANKS.split(lines[0])) == len(rows[0]) > PAIR and _numbers(lines[0]) is None:
        return Score(0.0, "a printed table whose header names each column")
    placed = len(rows[0]) == 2 and not any(SHARED.match(line) for line in lines)
    if len(rows[0]) > PAIR and not _count_on(rows):
        return Score(0.0, "the first of several numbers does not count from 0 or 1")
    if placed and not _are_places([row[0] for row in rows]):
        return Score(0.0, "the first of two numbers does not count")
    if name == UNNAMED and len(rows[0]) < 2 and not headings:
        return Score(0.0, "nothing says what the numbers are")
    return Score(
        0.5 if name == UNNAMED else 0.55, f"{len(rows)} lines of numbers, taken for {name}"
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield the values in the order of their lines, at the place beside them or in row order under
    the epoch above.
    """
    lines = [line.strip() for line in log.head_lines if line.strip()]
    split, name = split_name(_name(log, lines))
    titles = _titles(lines)
    columns, epoch, rows, last = Columns(), float("nan"), 0, 0
    for line in log.lines():
        last, text = line.number, line.text.strip()
        row = _numbers(text)
        if row is None:
            heading = HEADING.fullmatch(text) if len(text) <= LONGEST else None
            if heading is not None:
                epoch = float(heading["epoch"])
                continue
            words = list(said(line.text, line.number))
            yield from words
            if not words and rows and any(char.isdigit() for char in text):
                yield SkippedLine(line.number, ODD)
            continue
        placed = len(row) >= PAIR and not SHARED.match(text)
        axis, x = (Axis.ITERATION, row[0]) if placed else (Axis.ROW, float(rows))
        values = row[1:] if placed else row[-1:]
        named = titles[1:] if placed and len(titles) == len(row) else ()
        for at, value in enumerate(values, 1):
            numbered = name if len(values) == 1 else f"{name} {at}"
            called = named[at - 1] if named else numbered
            key = ColumnKey(called, split, axis, Statistic.UNKNOWN)
            columns.add(key, x, value, line.number, epoch)
        rows += 1
        if columns.full():
            yield from columns.chunks()
    yield from columns.chunks()
    yield RowsRead(rows, last)


def _numbers(text: str) -> tuple[float, ...] | None:
    """Return the numbers that a line is made of, one to seven; None for any other line."""
    if not text or len(text) > LONGEST:
        return None
    parts = SEPARATOR.split(text.strip(" ,;"))
    found = [
        number(part)
        for part in (parts if len(parts) != 2 else (parts[0].removesuffix("%"), parts[1]))
    ]
    return (
        tuple(value for value in found if value is not None)
        if len(found) <= MOST and None not in found
        else None
    )


def _count_on(rows: Sequence[tuple[float, ...]]) -> bool:
    """Return whether several numbers a line are a count from the beginning and measurements: a
    matrix of whole numbers is none.
    """
    begins = rows[0][0] in (0, 1) and _are_places([row[0] for row in rows])
    return begins and all(
        any(not value.is_integer() for value in column)
        for column in list(zip(*rows, strict=True))[1:2]
    )


def _are_places(x: Sequence[float]) -> bool:
    """Return whether numbers count: whole ones at one distance, from wherever."""
    steps = {after - before for before, after in pairwise(x)}
    return all(value.is_integer() for value in x) and len(steps) == 1 and min(steps) > 0


def _titles(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns where the first line is nothing but names, one each and no
    two alike: `generation,best,mean,std`.
    """
    titles = tuple(cell.strip(" \"'#:") for cell in HEAD_CELLS.split(lines[0])) if lines else ()
    return (
        titles
        if len(titles) > PAIR
        and len(set(titles)) == len(titles)
        and all(NAME.fullmatch(title) for title in titles)
        else ()
    )


def _name(log: LogFile, lines: Sequence[str]) -> str:
    """Return what the values are called: by the first line, or by the name of the file."""
    titles = [cell.strip(" \"'#:") for cell in HEAD_CELLS.split(lines[0])] if lines else []
    if len(titles) == PAIR and is_header(titles) and not METRIC_LIKE.search(titles[0]):
        return titles[1]  # a table of a count and a metric of a name of its own
    head = titles[-1] if titles else ""
    if NAME.fullmatch(head) and METRIC_LIKE.search(head) and not HEADING.fullmatch(head):
        return head
    stem = log.shown.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    called = re.sub(
        r"[_\-. ]{0,9}+(?:history|log|logs|curve|list|values?|file|out|output)(?=$|[_\-. ])",
        "",
        stem,
        flags=re.IGNORECASE,
    )
    return called.strip("_-. ") if METRIC_LIKE.search(stem) and called.strip("_-. ") else UNNAMED


PARSER = Parser(
    id="bare_numbers",
    title=Text(
        zh="没有名字的数字列（一行一个数，或“序号 数值”）",
        en="columns of numbers without names (one a line, or a place and a value)",
    ),
    sniff=sniff,
    read=read,
)
