"""Takes a line of a printed table apart: cells between bars or wide blanks, ruled lines, and what a
cell holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lossreport import regex as re
from lossreport.reading.kit.rows import number

BARS: Final = "|│┃║"
WORDS: Final = re.compile(r"\S(?:\S| (?! )){0,200}")
"""The names of a header, with single blanks inside."""
RULE: Final = re.compile(r"[-=─━═┄+|:│┃║├┤┼┌┐└┘┬┴┏┓┗┛┡┩┝┥┣┫┠┨╂┿┯┷┰┸╇┳┻╈╋╞╡╪╭╮╰╯╔╗╚╝╠╣╬╟╢ ]{3,}+$")
LINE: Final = re.compile(r"[-=─━═┄]{2,}")
CORNERS: Final = re.compile(r"[+|│┃║├┤┼┌┐└┘┬┴┏┓┗┛┡┩┣┫┠┨╂┿┯┷╇╈╋┳┻╞╡╪╭╮╰╯╔╗╚╝╠╣╬]")
WIDE: Final = re.compile(r" {2,}|\t")
BAR: Final = re.compile(r":\s{0,4}\d{1,3}%|\s\d{1,3}%\|")
"""Begins a progress bar behind the cells of a row."""
NAME: Final = re.compile(r"[^\W\d][^|\t]{0,79}|#|E")
TOLD: Final = re.compile(r"[:=]\s{0,4}[-+]?\d[\d.,eE+\-]{0,30}%?$")
"""Ends a cell that is a name and its number, as a row of pairs has: `Loss: 0.013`."""
SPELT: Final = re.compile(
    r"[^\W\d][\w /.\-]{0,60} [-+]?\d{1,12}(?:\.\d{1,12})?(?:e[-+]?\d{1,3})?%?", re.IGNORECASE
)
"""A cell that is a name and its number without a sign between: `step 100`, `loss 0.52`."""
FRACTION: Final = re.compile(r"(?P<at>\d{1,12}) ?/ ?(?P<of>\d{1,12})")
LONGEST: Final = 4000
"""Wider lines are no tables that anybody could read on a terminal."""


def bar_cells(text: str) -> list[str] | None:
    """Return the cells of a line between bars, blanks before a name kept but for the first; None
    for any other line.
    """
    bare = text.strip()
    if len(bare) < 3 or bare[0] not in BARS or bare[-1] not in BARS or len(bare) > LONGEST:
        return None
    return [cell.removeprefix(" ").rstrip() for cell in re.split(f"[{BARS}]", bare[1:-1])]


def inner_cells(text: str) -> list[str] | None:
    """Return the cells of a line that has bars between its cells only, and none at its ends."""
    bare = text.strip()
    if len(bare) > LONGEST or bare[:1] in BARS or not any(bar in bare for bar in BARS):
        return None
    return [cell.strip() for cell in re.split(f"[{BARS}]", bare)]


def wide_cells(text: str) -> list[str]:
    """Return the cells of a line between two blanks or more, or tabs."""
    return [cell for cell in WIDE.split(text.strip()) if cell]


def without_bar(text: str) -> str:
    """Return a line up to the progress bar behind its cells."""
    match = BAR.search(text) if "%" in text else None
    return text[: match.start()] if match else text


def is_rule(text: str) -> bool:
    """Return whether a line only rules: dashes, double dashes, box-drawing characters, blanks
    between them.
    """
    return (
        len(text) <= LONGEST
        and RULE.match(text.strip()) is not None
        and LINE.search(text) is not None
    )


def closes(text: str) -> bool:
    """Return whether a ruled line is a plain one, which ends a box of names and values; one with
    corners may stand between its rows.
    """
    return CORNERS.search(text) is None


def rule_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return where the columns stand under a ruled line of several pieces."""
    return tuple(match.span() for match in LINE.finditer(text))


def header_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return where the columns stand under a header whose names begin them, as Chainer's
    PrintReport writes it; nothing under tabs.
    """
    if "\t" in text:
        return ()
    starts = [match.start() for match in WORDS.finditer(text)]
    return tuple(zip(starts, [*starts[1:], LONGEST], strict=True))


def fits(text: str, spans: Sequence[tuple[int, int]]) -> bool:
    """Return whether no column begins within a word of the row, and each holds one word at most."""
    inside = [first for first, _ in spans if 0 < first < len(text)]
    return not any(text[first - 1] != " " and text[first] != " " for first in inside) and all(
        len(text[first:after].split()) <= 1 for first, after in spans
    )


def value_of(cell: str) -> float | None:
    """Return the number of a cell, also a share in percent as it is printed; None for clocks, sizes
    and words.
    """
    return number(cell.strip().removesuffix("%"))


def place_of(cell: str) -> tuple[float, float] | None:
    """Return (at, of) of a cell that says a place: `12`, `12/100`; `of` is NaN where there is
    none.
    """
    match = FRACTION.fullmatch(cell.strip())
    if match is not None:
        return float(match["at"]), float(match["of"])
    at = number(cell)
    return None if at is None else (at, float("nan"))


def are_spelt(cells: Sequence[str]) -> bool:
    """Return whether every cell is a name and its number, one of them with decimals: a row of text
    between bars.
    """
    named = [cell.strip() for cell in cells if cell.strip()]
    spelt = all(
        SPELT.fullmatch(cell) or (NAME.fullmatch(cell) and TOLD.search(cell)) for cell in named
    )
    return len(named) >= 2 and spelt and any("." in cell for cell in named)


def are_names(cells: Sequence[str]) -> bool:
    """Return whether cells can head columns: all of them words, none twice."""
    named = [cell.strip() for cell in cells if cell.strip()]
    return (
        len(named) >= 2
        and len(set(named)) == len(named)
        and all(
            NAME.fullmatch(cell) and value_of(cell) is None and not TOLD.search(cell)
            for cell in named
        )
    )
