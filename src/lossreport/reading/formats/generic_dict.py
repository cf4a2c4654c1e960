"""Dicts or JSON objects inside lines of text: `INFO step 12: {'train/loss': 0.5}`, JSON lines
behind a time stamp.

A place that stands before the dict counts where the dict has none, or that of the heading above it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Final

import numpy as np

from lossreport import regex as re
from lossreport.model.run import Entity, EntityKind, Floats
from lossreport.reading.bytes.reader import Line, Lines, LogFile
from lossreport.reading.kit.dict_lines import dict_of
from lossreport.reading.kit.events import phrase_in, said
from lossreport.reading.kit.key_values import DATE, text_row
from lossreport.reading.kit.line_by_line import is_line_by_line
from lossreport.reading.kit.names import LEARNING_RATE, METRIC_LIKE
from lossreport.reading.kit.recipes import Recipes, Said, Sense, alike
from lossreport.reading.kit.rows import Group, RowWriter, is_axis, number
from lossreport.reading.kit.settings import Settings
from lossreport.reading.lines.place_words import Kind
from lossreport.reading.lines.prefix import message_of
from lossreport.reading.lines.row import TextRow
from lossreport.reading.lines.splits import split_of_word
from lossreport.reading.parser import Parser, RawTime, Record, RowsRead, Score
from lossreport.text import Text
from lossreport.values import dataclass

MIN_LINES: Final = 2
REACH: Final = 8
"""Lines below a heading for which its place counts, dicts apart."""
TAGGED: Final = re.compile(r"[\[|]\s*(train|train_inner|valid|test)\s*[\]|]", re.IGNORECASE)
SPLITS: Final = {"train": "train", "train_inner": "train", "valid": "valid", "test": "test"}


def sniff(log: LogFile) -> Score:
    """Claim text with at least two lines that hold a dict with a number called like a metric."""
    found = [row for line in log.sample_lines if (row := _row(line)) is not None]
    if len(found) < MIN_LINES:
        return Score(0.0, "no lines with a dict of metrics")
    if _are_settings(found):
        return Score(0.0, f"one dict of settings in {len(found)} lines")
    names = [name for name in found[-1] if METRIC_LIKE.search(name)]
    placed = sum(1 for line in log.sample_lines if "{" not in line and _is_row(line))
    if placed > len(found):
        return Score(
            0.51,
            f"{len(found)} lines with a dict among {placed} lines of text with a place and a "
            f"metric",
        )  # which text reads as well
    return Score(0.56, f"{len(found)} lines with a dict: {', '.join(names[:5])}")


SETTING: Final = re.compile(
    r"momentum|weight_decay|warm_?up|batch_?size|seed|dropout|num_workers", re.IGNORECASE
)


def _are_settings(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the dicts are one, told again: `hyp {'lr0': 0.01, 'momentum': 0.937, 'iou_t':
    0.2}`, with settings among them and no place.
    """
    first = rows[0]
    again = all(row == first for row in rows) and not any(map(is_axis, first))
    return again and any(SETTING.search(name) for name in first)


def _is_row(text: str) -> bool:
    """Return whether a line without a dict is a row of a text log: with a place and a metric."""
    row = text_row(text)
    return row is not None and bool(row.places) and row.has_metric


def read(log: LogFile) -> Iterator[Record]:
    """Yield the numbers of every dict."""
    reader = _Reader(labels_of(log))
    if is_line_by_line():
        for line in log.lines():
            yield from reader.take(line)
    else:
        for lines, sense, columns in alike(log, Recipes(ask=reader.said, least=WORTH)):
            if sense is None:
                for line in lines:
                    yield from reader.take(line)
            else:
                yield from reader.take_many(lines, sense, columns)
    yield from reader.writer.columns.chunks()
    yield from (RawTime(stamp) for stamp in reader.stamps)
    yield RowsRead(reader.writer.rows, reader.last)


WORTH: Final = 40
"""Lines of one shape that take as long by themselves as to learn what they say."""
LEAD: Final = 2
"""Lines of a stretch that are read by themselves first: settings above them are told, and a plan of
theirs.
"""


class _Reader:
    """Reads line by line, rows that differ in their numbers alone at once."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self.writer, self.stamps, self.last = RowWriter(), list[str](), 0
        self._labels, self._settings, self._heading = labels, Settings(), Heading()
        self._goes_on = False

    def take(self, line: Line) -> Iterator[Record]:
        """Read one line."""
        self.last = line.number
        yield from said(line.text, line.number)
        row = _row(line.text)
        self._goes_on = row is not None
        if row is None:
            self._settings.see(line.text, line.number)
            self._heading.see(line.text)
            return
        yield from self._settings.facts()
        if match := DATE.search(line.text[:40]):
            self.stamps[1:] = [match[0]]
        before = line.text.split("{", 1)[0]
        placed = _placed(row, line.text, self._heading.place)
        yield from self.writer.add(
            placed, line.number, split=_split(before), entity=self._entity(before)
        )
        if self.writer.columns.full():
            yield from self.writer.columns.chunks()

    def _entity(self, before: str) -> Entity | None:
        label = _label(before)
        return (
            Entity(kind=EntityKind.LABEL, value=self._labels[label])
            if label in self._labels
            else None
        )

    def said(self, text: str) -> Said | None:
        """Return the row that a line is by itself, numbers alone: what the headings above say is
        not part of it.
        """
        row = _row(text)
        placed = _placed(row, text, {}) if row is not None else {}
        numbers = [number(value) for value in placed.values()]
        if (
            not placed
            or None in numbers
            or not any(map(is_axis, placed))
            or phrase_in(text) is not None
        ):
            return None
        before = text.split("{", 1)[0]
        beside = (_split(before), self._entity(before))
        stamped = DATE.search(text[:40]) is not None
        return Said(
            (tuple(placed), beside, stamped),
            [one for one in numbers if one is not None],
            (tuple(placed), beside),
        )

    def take_many(self, lines: Lines, sense: Sense, columns: list[Floats]) -> Iterator[Record]:
        """Read rows of one kind: the first ones and the last by themselves."""
        (names, (split, entity)), last = sense.sample, len(lines) - 1
        lead = 0 if self._goes_on else LEAD
        for line in lines[:lead]:
            yield from self.take(line)
        group = Group(
            names,
            np.arange(lead, last),
            lines.numbers[lead:last],
            [column[lead:last] for column in columns],
            split,
            entity,
        )
        taken = last > lead and self.writer.add_many([group])
        for line in lines[last if taken else lead :]:
            yield from self.take(line)
        if self.writer.columns.full():
            yield from self.writer.columns.chunks()


def _split(before: str) -> str | None:
    """Return the split that the words before a dict name: `[train] {..}`, `Eval metrics: {..}`."""
    if tag := TAGGED.search(before):
        return SPLITS[tag[1].lower()]
    said = text_row(before)
    return said.split or None if said is not None else None


def labels_of(log: LogFile) -> dict[str, str]:
    """Return what the rows of a file are about, by the words before their dicts, where these tell
    rows of the same names apart.

    `prices with offers: {'rmse': 2.0}` and `prices by hand: {'rmse': 1.0}` are two series. Words
    that name a split tell no more.
    """
    found: dict[tuple[str, ...], Counter[str]] = {}
    for line in log.sample_lines:
        row = _row(line)
        if row is not None and (label := _label(line.split("{", 1)[0])):
            found.setdefault(tuple(row), Counter())[label] += 1
    several = [
        labels
        for labels in found.values()
        if len([1 for count in labels.values() if count >= MIN_LINES]) > 1
    ]
    names = {label for labels in several for label, count in labels.items() if count >= MIN_LINES}
    common = _common_words(list(names))
    return {label: " ".join(label.split()[common:]) or label for label in names}


def _common_words(labels: Sequence[str]) -> int:
    """Return with how many words all labels begin."""
    return next(
        (
            at
            for at, words in enumerate(zip(*(label.split() for label in labels), strict=False))
            if len(set(words)) > 1
        ),
        0,
    )


def _label(before: str) -> str:
    """Return what the words before a dict say besides the place and the split, without numbers; ""
    where they say nothing.
    """
    words = [word for word in WORD.findall(message_of(before).text) if not split_of_word(word)]
    plain = [word for word in words if word.lower() not in PLAIN and not NUMBER.search(word)]
    return (
        " ".join(words)[:LONGEST]
        if plain and len(plain) == len([word for word in words if word.lower() not in PLAIN])
        else ""
    )


WORD: Final = re.compile(r"[^\s:=,|\[\]]{1,60}")
NUMBER: Final = re.compile(r"\d")
PLAIN: Final = frozenset(
    [
        "step",
        "steps",
        "epoch",
        "iter",
        "iteration",
        "metrics",
        "metric",
        "stats",
        "stat",
        "results",
        "result",
        "log",
        "logs",
        "logging",
        "info",
        "at",
        "for",
        "on",
        "of",
        "the",
        "data",
        "set",
        "row",
        "with",
    ]
)
"""Words that stand before dicts and tell nothing of them."""
LONGEST: Final = 60


def _row(text: str) -> dict[str, Any] | None:
    row = dict_of(text)
    if row is None or not any(
        _is_metric(name) and number(value) is not None for name, value in row.items()
    ):
        return None
    beside = text_row(text)  # which leaves dicts out
    if beside is not None and beside.has_metric:
        return None  # the dict is the configuration of the line's own metrics
    words = [value for value in row.values() if number(value) is None]
    return None if len(words) > len(row) / 2 else row


def _is_metric(name: str) -> bool:
    return METRIC_LIKE.search(name) is not None and not LEARNING_RATE.fullmatch(name)


def _placed(row: dict[str, Any], text: str, above: dict[str, float]) -> dict[str, Any]:
    """Return the row with the step and the epoch that stand before the dict, or above it, where it
    has none itself.
    """
    if any(is_axis(name) for name in row):
        return row
    before = text_row(text.split("{", 1)[0])
    return {**row, **(_places(before) if before is not None and before.places else above)}


def _places(row: TextRow) -> dict[str, float]:
    rounds = row.place(Kind.ROUND)
    place = {"round": None if rounds is None else rounds.x, "step": row.step, "epoch": row.epoch}
    return {name: value for name, value in place.items() if value is not None}


@dataclass
class Heading:
    """The place of the last heading, for the dicts right below it."""

    place: dict[str, float] = field(default_factory=dict)
    _since: int = 0

    def see(self, text: str) -> None:
        """Take in a line without a dict; a heading counts for some lines."""
        row = text_row(text) if text.strip() else None
        if row is not None and row.section is not None and row.places:
            self.place, self._since = _places(row), 0
        elif text.strip():
            self._since += 1
            self.place = self.place if self._since <= REACH else {}


PARSER = Parser(
    id="generic_dict",
    title=Text(
        zh="文本行里的字典或 JSON（通用）", en="dicts or JSON inside lines of text (generic)"
    ),
    sniff=sniff,
    read=read,
)
