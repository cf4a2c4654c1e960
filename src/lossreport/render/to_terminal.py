"""Renders the short form of a `Report` for a terminal: at most 15 lines, in one language, in colour
where that is wanted.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from lossreport import regex as re
from lossreport.model.report import (
    Block,
    Callout,
    Chart,
    Column,
    FindingList,
    Prose,
    Report,
    Row,
    Spark,
    Steps,
    Table,
    Tone,
)
from lossreport.render import labels
from lossreport.render.blocks import heading, keyed
from lossreport.render.sparkline import brief_lines
from lossreport.text import Lang, Phrase, Value, show_value, visible

LINES: Final = 15
"""What a terminal of 24 lines shows at once, with the command above and a prompt below."""
TEXT_LINES: Final = 4
"""Lines of the outcome: a longer one ends with a mark that something follows, and the report says
all of it.
"""
STEP_LINES: Final = 2
NARROWEST, WIDEST = 40, 100
RESET: Final = "\x1b[0m"
BOLD: Final = "\x1b[1m"
COLOURS: Final[dict[Tone, str]] = {
    "critical": "\x1b[1;31m",
    "high": "\x1b[1;33m",
    "medium": "\x1b[33m",
    "low": "\x1b[36m",
    "info": "\x1b[1;36m",
    "good": "\x1b[1;32m",
}
MORE: Final = " …"
LEAST_PLACE: Final = 16
"""Columns of a place that stay at least: the end of the name of a file, and the line."""
LEAST_KIND: Final = 12
"""Columns of a kind, or of the name of a run, that stay at least."""
_SENTENCE: Final = re.compile(r"[。！？]|[.!?](?= )")
_PIECE: Final = re.compile(
    r"\s+|[（“『《]*(?:[\u2e80-\u9fff]|[^\s\u2e80-\u9fff（“『《，。；：、）！？”』》]+|"
    r"(?=[，。；：、）！？”』》])|$)[，。；：、）！？”』》]*"
)
"""A Chinese character or a word, with the marks that no line may end or begin with."""
_MARKS: Final = re.compile("([①-⑤])")


def to_terminal(
    report: Report, lang: Lang, *, width: int = 80, colour: bool = False, last: str = ""
) -> str:
    """Return the answer of a report as lines that end with `last`: outcome, goal with its events,
    findings with places, what to do.
    """
    writer = _Writer(lang, max(NARROWEST, min(width, WIDEST)), colour, _name(report))
    room = LINES - (1 if last else 0)
    lines = [line for block in report.short for line in writer.block(block)][:room]
    return "\n".join([*lines, *([last] if last else [])]) + "\n"


def _name(report: Report) -> str:
    """Return what a single run is called, nothing of several."""
    names = [run.name for run in report.analysis.runs] or [
        show_value(report.meta.title.values.get("name", ""), "en")
    ]
    return visible(names[0]) if len(names) == 1 else ""


class _Writer:
    """The blocks of one report in one language, in lines of one width."""

    def __init__(self, lang: Lang, width: int, colour: bool, name: str) -> None:
        self.lang, self.width, self.colour, self.name = lang, width, colour, name

    def block(self, block: Block) -> Iterator[str]:
        """Yield the lines of a block; a heading over what needs none in a few lines has none."""
        match block:
            case Callout():
                yield from self._callout(block)
            case Chart():
                for line in brief_lines(block, self.width // 3)[:1]:
                    yield self._marked("  " + clipped(self._plain(line), self.width - 2))
            case FindingList():
                for key, finding in keyed(block):
                    head = heading(finding, block.names)
                    room = self.width - 4 - len(key)
                    shape = self._in(COLOURS[head.tone], f"{key}{labels.SHAPES[head.tone]}")
                    yield f"  {shape} {self._event(self._plain(head.severity), self._plain(head.kind), finding.text, room)}"  # noqa: E501
            case Steps():
                for step in block.steps:
                    first, *more = wrapped(
                        self._plain(step.text), self.width, STEP_LINES, indent="    "
                    )
                    yield from ("  → " + first[4:], *more)
            case Table():
                for row in block.rows:
                    shape = (
                        self._in(COLOURS[row.tone], labels.SHAPES[row.tone]) if row.tone else " "
                    )
                    yield f"  {shape} {self._row(block.columns, row)}"
            case Prose():
                if not _is_head(block):
                    yield "  " + clipped(self._plain(block.text), self.width - 2)

    def _callout(self, block: Callout) -> Iterator[str]:
        title = clipped(f"{labels.SHAPES[block.tone]} {self._plain(block.title)}", self.width)
        room = self.width - columns(title) - len(" · ")
        yield self._in(COLOURS[block.tone], title) + (
            f" · {clipped(self.name, room)}" if self.name and room >= LEAST_KIND else ""
        )
        for phrase in block.body:
            yield from wrapped(self._plain(phrase), self.width, TEXT_LINES, indent="  ")

    def _event(self, severity: str, kind: str, text: Phrase, room: int) -> str:
        """Return a finding on one line. Where that is short its severity goes first, which its
        shape says too, then the end of its kind.

        What goes last is file and line: where not even the value fits beside them, it is left out.
        """
        told = self._placed(text, room - columns(f"{severity} · {kind} · "))
        if columns(f"{severity} · {kind} · {told}") <= room:
            return f"{severity} · {kind} · {told}"
        told = self._placed(text, room - columns(f"{kind} · "))
        left = max(LEAST_KIND, room - columns(f" · {told}"))
        place = text.values.get("place")
        if isinstance(place, str) and columns(told) + LEAST_KIND + len(" · ") > room:
            told = (
                place
                if columns(place) <= room - LEAST_KIND - len(" · ")
                else f"…{place[-LEAST_PLACE:]}"
            )
            left = room - columns(f" · {told}")
        return clipped(f"{clipped(kind, left)} · {told}", room)

    def _row(self, titles: Sequence[Column], row: Row) -> str:
        """Return a row on one line: a long name gives way, and a number comes with what it counts,
        or not at all where that is nothing.
        """
        first, *others = zip(titles, row.cells, strict=True)
        told = ""
        for column, cell in others:
            if isinstance(cell, int) and cell:
                told += f" · {self._plain(labels.SAYS(word=column.title, what=cell))}"
            elif not isinstance(cell, int | Spark):
                told += f" · {self._plain(cell)}"
        name = "" if isinstance(first[1], Spark) else self._plain(first[1])
        room = max(LEAST_KIND, self.width - 4 - columns(told))
        while columns(name) > room:
            name = name[:-2] + "…"
        return clipped(name + told, self.width - 4)

    def _placed(self, text: Phrase, room: int) -> str:
        """Return where a finding stands; a long path gives way at its beginning, so that its end
        and the line are seen.
        """
        place, said = text.values.get("place"), self._plain(text)
        over = columns(said) - room
        if not isinstance(place, str) or over <= 0:
            return said
        kept = max(LEAST_PLACE, len(place) - over - 1)
        return self._plain(
            Phrase(
                text=text.text,
                values={
                    **text.values,
                    "place": f"…{place[-kept:]}" if kept < len(place) else place,
                },
            )
        )

    def _plain(self, value: Value) -> str:
        return visible(show_value(value, self.lang))

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{RESET}" if self.colour else text

    def _marked(self, line: str) -> str:
        """Return a line with the numbers of its events set off."""
        return _MARKS.sub(f"{COLOURS['high']}\\1{RESET}", line) if self.colour else line


def _is_head(block: Prose) -> bool:
    """Return whether a paragraph is only the heading of the next block: bold as a whole."""
    text = block.text.text.en
    return text.startswith("**") and text.endswith("**")


def columns(text: str) -> int:
    """Return how many columns a terminal takes for a text: two for a Chinese character, none for a
    mark upon another character.
    """
    seen = [one for one in text if not unicodedata.combining(one)]
    return len(seen) + sum(unicodedata.east_asian_width(one) in "WF" for one in seen)


def clipped(text: str, width: int) -> str:
    """Return a text on one line, its end replaced by a mark where it is longer."""
    return next(wrapped(text, width, 1))


def wrapped(text: str, width: int, most: int, indent: str = "") -> Iterator[str]:
    """Yield a text in at most so many lines, broken between words or Chinese characters.

    What does not fit is marked as left out: whole sentences where half of the room is filled
    without them, else words.
    """
    room = width - len(indent)
    lines = _lines(text, room)
    if len(lines) > most:
        lines = _lines(_whole_sentences(text, room, most) or _cut(lines[:most], room), room)
    yield from (indent + line for line in lines[:most])


def _lines(text: str, room: int) -> list[str]:
    lines = [""]
    for piece in (part for whole in _PIECE.findall(text) for part in _parts(whole, room)):
        if columns(lines[-1] + piece.rstrip()) > room:
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines]


def _whole_sentences(text: str, room: int, most: int) -> str:
    """Return the first sentences that fit, with the mark, or nothing where they would leave half of
    the room empty.
    """
    for end in reversed([match.end() for match in _SENTENCE.finditer(text)]):
        kept = text[:end] + MORE
        if len(_lines(kept, room)) <= most:
            return kept if columns(kept) >= room * most / 2 else ""
    return ""


def _cut(lines: list[str], room: int) -> str:
    """Return lines as one text whose last words make room for the mark."""
    *_, last = lines
    pieces = _PIECE.findall(last)
    while len(pieces) > 1 and columns("".join(pieces)) > room - len(MORE):
        pieces.pop()
    kept = "".join(pieces)
    kept = kept if columns(kept) <= room - len(MORE) else kept[: -len(MORE)]
    return "\n".join([*lines[:-1], kept.rstrip(" ，。；：、,;:.") + MORE])


def _parts(piece: str, room: int) -> Iterator[str]:
    """Yield a piece, or where it is longer than a line (a path) the stretches that fit."""
    while columns(piece) > room:
        end = next(place for place in range(len(piece), 0, -1) if columns(piece[:place]) <= room)
        yield piece[:end]
        piece = piece[end:]
    yield piece
