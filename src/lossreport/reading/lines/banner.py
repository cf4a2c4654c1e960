"""Follows the lines that a program prints when it starts: where they come again between two rows it
was started once more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.reading.kit.line_reader import NO_ROW
from lossreport.reading.lines.prefix import message_of
from lossreport.reading.parser import SkippedLine

MOST_LINES: Final = 400
"""Lines before the first row that are remembered; more are a dump of data."""
REACH: Final = 200
DIGITS: Final = re.compile(r"\d{1,30}")
WORD: Final = re.compile(r"[^\W\d_]{3}")
SEVERAL: Final = 2
LEAST_TIMES: Final = 3
DUMP: Final = "Namespace("
"""A program dumps its arguments so once a start."""
RANK: Final = re.compile(r"\b(?:local_)?rank ?= ?\d")
"""Ranks of one launch print the same opening each."""
MOMENT: Final = re.compile(r"(\d{4})[-/](\d\d?)[-/](\d\d?)[ T,_-]{1,3}(\d\d?):(\d\d)")
APART: Final = 120.0
"""Seconds between the openings of two launches; ranks of one launch print theirs at once, at most
over the change of a minute.
"""
WHOLE: Final = 50
"""Lines of an opening that no other one breaks: ranks that start at once print theirs between each
other.
"""
END: Final = 2**62
"""Behind every line."""


class Opening(NamedTuple):
    """The line at which the program was started that wrote the row behind it, and the lines of the
    starts before that wrote none.
    """

    line: int
    lost: tuple[int, ...] = ()

    def told(self) -> Iterator[SkippedLine]:
        """Yield the starts without a row."""
        yield from (SkippedLine(line, NO_ROW) for line in self.lost)


def shape_of(text: str) -> str:
    """Return what two starts of a program print alike of a line; nothing for a ruled or an empty
    one.
    """
    body = DIGITS.sub("#", message_of(text[:REACH]).text.strip())
    return body if WORD.search(body) else ""


def is_periodic(lines: Iterable[str], names: Collection[str] = ()) -> bool:
    """Return whether the first line comes again at equal distances: it heads an epoch, not a start.

    Where arguments are dumped as often it is a start, and where no metric of those `names` stands
    between two of them the program was started twice, and printed the same before it trained.
    """
    first, found, rows, dumps = "", list[int](), 0, 0
    row = (
        re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(names)))})(?!\w)[^\w\n]{{0,4}}\d")
        if names
        else None
    )
    for number, line in enumerate(lines):
        dumps += DUMP in line
        if shape := shape_of(line):
            first = first or shape
            if shape == first:
                if rows or row is None or not found:
                    found.append(number)
                else:
                    found[-1] = number
                rows = 0
                continue
        rows += row is not None and row.search(line) is not None
    gaps = {after - before for before, after in pairwise(found)}
    return len(found) >= LEAST_TIMES and len(gaps) == 1 and dumps < len(found)


class Banner:
    """The lines before the first row, and those of them that came again since the last row."""

    def __init__(self, *, periodic: bool) -> None:
        self._periodic = periodic
        self._known: dict[str, None] = {}
        self._begun = self._ranked = False
        self._again: dict[str, int] = {}
        self._heads: list[int] = []
        self._dumps: list[int] = []
        self._moments: list[tuple[int, float]] = []
        self._last: float | None = None

    def see(self, text: str, line: int) -> None:
        """Take in a line that is no row and names no place."""
        if self._periodic:
            return
        self._note(text, line)
        if not self._begun and len(self._known) >= MOST_LINES:
            self._heads += [line] if shape_of(text) == next(iter(self._known)) else []
            return
        shape = shape_of(text)
        if shape and not self._begun:
            self._known.setdefault(shape)
        elif shape in self._known:
            self._again.setdefault(shape, line)
        if shape and shape == next(iter(self._known), ""):
            self._heads.append(line)

    @property
    def has_begun_again(self) -> bool:
        """Whether a line of the opening was printed since the last row."""
        return bool(self._again)

    def _note(self, text: str, line: int) -> None:
        """Keep where arguments are dumped, and the time that a line names."""
        if DUMP in text:
            self._dumps.append(line)
        self._ranked |= RANK.search(text[:REACH]) is not None
        if match := MOMENT.search(text[:REACH]):
            try:
                year, month, day, hour, minute = map(int, match.groups())
                moment = datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()
            except ValueError:  # 2024-99-99 is no date
                return
            self._moments.append((line, moment))

    def take(self, *, fresh: bool) -> Opening | None:
        """Return the start before a row of training, None without one.

        `fresh` says that the counter stands at its beginning: half of the lines are enough then, or
        the first of them.
        """
        again, begun = self._again, self._begun
        several = self._several()
        self._last = self._moments[-1][1] if self._moments else self._last
        self._again, self._begun, self._heads, self._dumps, self._moments = {}, True, [], [], []
        if not begun:
            return several
        if not again:
            return None
        first = next(iter(self._known)) in again
        many = len(again) >= SEVERAL
        if (first and (many or fresh)) or (fresh and many and 2 * len(again) >= len(self._known)):
            return several or Opening(min(again.values()))
        return None

    def rest(self) -> Iterator[SkippedLine]:
        """Yield the starts behind the last row of all."""
        heads = self._proven()
        moments = [
            moment
            for head, after in pairwise([*heads, END])
            if (moment := self._moment(head, after)) is not None
        ]
        late = self._last is not None and bool(moments) and moments[0] - self._last >= APART
        if (
            self._begun
            and not self._ranked
            and late
            and all(self._are_apart(*pair) for pair in pairwise(heads))
        ):
            yield from (SkippedLine(head, NO_ROW) for head in heads)

    def _several(self) -> Opening | None:
        """Return the last of several starts in one stretch without a row, where time went by
        between them; None where there was one at most.
        """
        heads = self._proven()
        if (
            self._ranked
            or len(heads) < SEVERAL
            or not all(self._are_apart(*pair) for pair in pairwise(heads))
        ):
            return None
        first, last = self._moment(heads[0], heads[1]), self._moment(heads[-1], END)
        went_by = first is not None and last is not None and last - first >= APART
        return Opening(heads[-1], tuple(heads[:-1])) if went_by else None

    def _proven(self) -> Sequence[int]:
        """Return the openings in which arguments are dumped."""
        bounds = pairwise([*self._heads, END])
        return [head for head, after in bounds if any(head <= dump < after for dump in self._dumps)]

    def _are_apart(self, head: int, after: int) -> bool:
        """Return whether two openings are of launches one after another: time went by, or the first
        was printed whole before the second.
        """
        first, second = self._moment(head, after), self._moment(after, END)
        return after - head >= WHOLE or (
            first is not None and second is not None and second - first >= APART
        )

    def _moment(self, first: int, last: int) -> float | None:
        """Return the first time named between two lines."""
        return next((moment for line, moment in self._moments if first <= line < last), None)
