"""Reads the claims of a table row: values at an epoch or step, first, last and best values of a
metric, or a name and its value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from lossreport import regex as re
from lossreport.lint.claim import BestAt, Claim, Metric, Origin, Place, Unit, ValueAt
from lossreport.lint.clauses import clause
from lossreport.lint.note import NoteLine
from lossreport.lint.prose import SHARES, unnamed, which_of
from lossreport.lint.subjects import FLAGS, Vocabulary

X_HEADS: Final[tuple[tuple[Unit, re.Pattern[str]], ...]] = (
    ("epoch", re.compile(r"^epochs?$", FLAGS)),
    ("step", re.compile(r"^(?:(?:global[ _])?steps?|iter(?:ation)?s?|步数?)$", FLAGS)),
    ("any", re.compile(r"^(?:rounds?|轮次|轮数|轮)$", FLAGS)),
)
CELL: Final = re.compile(r"[-−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\s*[%％]?")


def cells(line: NoteLine, origin: Origin, known: Vocabulary) -> Iterator[Claim]:
    """Yield the claims of a row; a cell that is no plain number claims nothing."""
    if not line.header or len(line.cells) < 2 or SHARES.search(f"{line.heading} {line.lead}"):
        return
    unit = next((name for name, words in X_HEADS if words.match(line.header[0])), None)
    if unit is not None and re.fullmatch(r"\d+", line.cells[0]):
        yield from _placed(line, origin, known, Place(x=float(line.cells[0]), unit=unit))
    else:
        yield from _named(line, origin, known)


def _placed(line: NoteLine, origin: Origin, known: Vocabulary, place: Place) -> Iterator[Claim]:
    """Read a row whose first column is an epoch or step and whose other titles are metrics."""
    for title, cell in zip(line.header[1:], line.cells[1:], strict=False):
        metric = _metric(title, line, known)
        figures = clause(cell, known).figures
        if metric is not None and CELL.fullmatch(cell) and len(figures) == 1:
            quote = f"{line.header[0]} {line.cells[0]}: {title} {cell}"
            yield ValueAt(
                origin=replace(origin, quote=quote),
                metric=metric,
                number=figures[0].number,
                place=place,
                which="at",
            )


def _named(line: NoteLine, origin: Origin, known: Vocabulary) -> Iterator[Claim]:
    """Read a row that begins with a metric, under titles such as first, last and best; or beside
    one value, whose role the name tells.
    """
    metric = _metric(line.cells[0], line, known)
    if metric is None:
        return
    place = _place_beside(line)
    for title, cell in zip(line.header[1:], line.cells[1:], strict=False):
        which = (
            which_of(title)
            if which_of(title) != "somewhere"
            else which_of(unnamed(clause(line.cells[0], known)))
        )
        figures = clause(cell, known).figures
        if (
            CELL.fullmatch(cell)
            and len(figures) == 1
            and (which != "somewhere" or len(line.cells) == 2)
        ):
            quote = f"{line.cells[0]}: {title} {cell}"
            yield ValueAt(
                origin=replace(origin, quote=quote),
                metric=metric,
                number=figures[0].number,
                which=which,
            )
            if which in ("least", "greatest", "best") and place is not None:
                yield BestAt(origin=origin, metric=metric, which=which, place=place)


def _place_beside(line: NoteLine) -> Place | None:
    """Return the epoch or step that a row tells in a column of its own."""
    for title, cell in zip(line.header[1:], line.cells[1:], strict=False):
        unit = next((name for name, words in X_HEADS if words.match(title)), None)
        if unit is not None and re.fullmatch(r"\d{1,18}", cell):
            return Place(x=float(cell), unit=unit)
    return None


def _metric(text: str, line: NoteLine, known: Vocabulary) -> Metric | None:
    named = known.metrics(text)
    if len(named) != 1:
        return None
    return replace(named[0], split=line.split) if line.split and not named[0].split else named[0]
