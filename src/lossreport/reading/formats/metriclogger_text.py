"""What a MetricLogger prints: `Epoch: [0] [10/1200] lr: 0.000005 closs: 8.5123 (8.6001) ...`, two
dialects.

xllmx (Lumina-mGPT, RynnVLA): the first number is the mean of the last 1000 iterations of one rank,
no `eta:`. DeiT, MAE, DETR: the median of the last 20, with `eta:`. In parentheses both print that
rank's mean since the start of the epoch. The block after `Averaged stats:` is printed after all
ranks were averaged: its parentheses are epoch means (FORMATS.md 1.3, 1.4, 2).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import field
from typing import Final, NamedTuple

import numpy as np

from lossreport import regex as re
from lossreport.model.run import Axis, FactValue, Floats, Statistic
from lossreport.reading.bytes.reader import Line, Lines, LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.key_values import text_row
from lossreport.reading.kit.line_by_line import is_line_by_line
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.namespace import namespace_facts
from lossreport.reading.kit.recipes import Recipes, Said, Sense, alike
from lossreport.reading.kit.settings import Settings
from lossreport.reading.kit.stamps import Stamps
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    RawEvent,
    RawFact,
    RawSegment,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text
from lossreport.values import dataclass

ROW: Final = re.compile(
    r"(?:^|[\s\]>])(?P<header>[A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*)?):?\s+(?:\[(?P<epoch>\d+)(?:/"
    r"(?P<epochs>\d+))?\]\s+)?"
    r"\[\s*(?P<i>\d+)/(?P<n>\d+)\]\s\s(?P<meters>\S.*)$"
)
AVERAGED: Final = re.compile(r"(?:^|[\s\]>])Averaged stats:\s*(?P<meters>.*)$")
ANYWHERE: Final = 400
"""Characters in which a stamp may stand: some print it behind the row."""
METER: Final = re.compile(
    r"(?P<first>[-+]?(?:\d++(?:\.\d*+)?(?:e[-+]?\d+)?|nan|inf))"
    r"(?: \((?P<mean>[-+]?(?:\d++(?:\.\d*+)?(?:e[-+]?\d+)?|nan|inf))\))?$"
)
STARRED: Final = re.compile(r"^\s{0,20}\*\s")
VALIDATION: Final = re.compile(r"\b(?:val|valid|validation|test|eval)[_ /]?[^\W\d_]", re.IGNORECASE)
BEST: Final = re.compile(r"best|max accuracy|min\b", re.IGNORECASE)
LONGEST: Final = 2000
TRAIN_HEADERS: Final = ("epoch", "train")

XLLMX_WINDOW: Final = 1000
DEIT_WINDOW: Final = 20
"""`SmoothedValue(window_size=...)`: FORMATS.md 1.3 and 2."""
SINGLE_MEANS: Final = ("time", "data")
"""Meters printed without parentheses that are window means; all others print their last value (lr,
class_error, max mem).
"""


TORN_ROW = Text(zh="文件在这一行中间结束", en="the file ends in the middle of this row")
TORN_STATS = Text(
    zh="文件在 Averaged stats 中间结束", en="the file ends in the middle of the averaged stats"
)
NO_METER = Text(zh="这一行没有可读的指标", en="a row without a meter that can be read")


class Meter(NamedTuple):
    """One `name: first (mean)` of a row; `mean` is None where the row prints none. `resolution` is
    that of the last decimal.
    """

    name: str
    first: float
    mean: float | None
    resolution: float


EXACT: Final = 1e-8
"""A number with more decimals is printed as Python holds it: how many there are differs from row to
row and is no resolution. All rows of a meter are one series, whatever their decimals.
"""
PARAMETERS: Final = re.compile(r"\bnumber of params(?:\s*\(M\))?: (\d+)\b(?!\.)")


def sniff(log: LogFile) -> Score:
    """Claim text with `[i/n]` rows whose meters read `name: number (number)`."""
    rows = averaged = 0
    for text in log.head_lines:
        match = ROW.search(text)
        if match and any(meter.mean is not None for meter in meters(match["meters"])):
            rows += 1
        averaged += AVERAGED.search(text) is not None
    if not rows:
        return Score(0.0, "no row of the form `Epoch: [0]  [10/1200]  loss: 1.0 (1.0)`")
    return Score(
        min(0.95, 0.6 + 0.1 * rows + 0.1 * (averaged > 0)),
        f"{rows} rows `Epoch: [e]  [i/n]  name: x (mean)` in the head",
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield the rows of the training passes as columns, the averaged stats of every pass as epoch
    means, facts and events.
    """
    state = Reading()
    if is_line_by_line():
        for line in log.lines():
            yield from state.take(line)
            if state.columns.full():
                yield from state.columns.chunks()
    else:
        yield from _read_fast(log, state)
    yield from state.settings.facts()
    yield from state.columns.chunks()
    yield from state.stamps.records()
    yield RowsRead(state.rows, state.last_line)


@dataclass
class Reading:
    """Where in the log the reader stands: the pass (training or validation) of which epoch, and
    what the next line may be.
    """

    columns: Columns = field(default_factory=Columns)
    rows: int = 0
    last_line: int = 0
    epoch: int = -1
    iteration: int = -1
    split: str = "train"
    finished_passes: int = 0
    eta: bool | None = None
    shape: list[bool] = field(default_factory=list)
    """Which meters of the last row print no mean: a row at the end of a file that looks otherwise
    is torn.
    """
    averaged_next: bool = False
    fresh_process: bool = False
    facts_told: dict[str, FactValue] = field(default_factory=dict)
    rows_told: int = 0
    settings: Settings = field(default_factory=Settings)
    epochs: int = 0
    averaged: set[str] = field(default_factory=set)
    """What the averaged stats of the pass have told, so that a line behind it tells the rest."""
    made: dict[tuple[str, bool], tuple[ColumnKey, ColumnKey | None]] = field(default_factory=dict)
    stamps: Stamps = field(default_factory=lambda: Stamps(reach=ANYWHERE))

    def take(self, line: Line) -> Iterator[Record]:
        """Read one line; yield facts, events and segments at once, values later through
        `columns`.
        """
        self.last_line = line.number
        if self.averaged_next:
            self.averaged_next = False
            found = meters(line.text)
            if found:
                yield from self._averaged(found, line)
                return
        match = ROW.search(line.text)
        if match:
            self.stamps.see(line.text)
            yield from self._row(match, line)
        else:
            yield from self._other(line)

    def _row(self, match: re.Match[str], line: Line) -> Iterator[Record]:
        found = meters(match["meters"])
        if not line.complete and [meter.mean is None for meter in found] != self.shape:
            yield SkippedLine(line.number, TORN_ROW, torn=True)
            return
        if not found:
            yield SkippedLine(line.number, NO_METER)
            return
        yield from self.settings.facts()
        yield from self._advance(match, line)
        self.rows += 1
        if self.split != "train":  # rows inside a validation pass count samples, not training
            return
        self.shape = [meter.mean is None for meter in found]
        if self.eta is None:
            self.eta = "eta: " in match["meters"]
        x = float(max(self.epoch, 0) * int(match["n"]) + self.iteration)  # DINOv2 names no epoch
        for meter in found:
            resolution = 0.0 if meter.resolution < EXACT else meter.resolution
            first, mean = self.keys(meter.name, meter.mean is None, resolution)
            if mean is not None and meter.mean is not None:
                self.columns.add(mean, x, meter.mean, line.number, self.epoch)
            self.columns.add(first, x, meter.first, line.number, self.epoch)

    def _advance(self, match: re.Match[str], line: Line) -> Iterator[Record]:
        header, i = match["header"].lower(), int(match["i"])
        training = header.startswith(TRAIN_HEADERS)
        epoch = int(match["epoch"]) if training and match["epoch"] else self.epoch
        if not training:
            if self.split == "train":
                self.averaged = set()
            self.split = "test" if header.startswith("test") else "val"
            return
        if match["epochs"] and int(match["epochs"]) != self.epochs:
            self.epochs = int(match["epochs"])
            yield RawFact("epochs", self.epochs, line.number)
        if epoch == self.epoch and self.finished_passes and not self.fresh_process:
            # the same header again after "Averaged stats": xllmx validates in-distribution, then
            # out-of-distribution (FORMATS.md 1.4)
            self.split = "val_ind" if self.finished_passes == 1 else "val_ood"
            return
        again = epoch < self.epoch or (epoch == self.epoch and i <= self.iteration)
        if again and (self.fresh_process or (epoch, i) == (self.epoch, self.iteration)):
            yield RawSegment(line.number, "resume" if self.fresh_process else "restart")
        if epoch != self.epoch or self.fresh_process:
            self.finished_passes = 0
        self.epoch, self.iteration, self.split, self.fresh_process = epoch, i, "train", False

    def keys(
        self, name: str, single: bool, resolution: float
    ) -> tuple[ColumnKey, ColumnKey | None]:
        """Return the columns of a meter's first number and of its mean in parentheses, None where
        the row prints none.
        """
        made = self.made.get((name, single))
        if made is None:
            if single:
                statistic, window = (
                    (Statistic.WINDOW_MEAN, self._window())
                    if name in SINGLE_MEANS
                    else (Statistic.VALUE, None)
                )
            else:
                statistic, window = (
                    (Statistic.WINDOW_MEDIAN if self.eta else Statistic.WINDOW_MEAN),
                    self._window(),
                )
            first = ColumnKey(
                name, "train", Axis.ITERATION, statistic, window, "", resolution or None
            )
            mean = None if single else first._replace(statistic=Statistic.RUNNING_MEAN, window=None)
            made = self.made[name, single] = (first, mean)
        return made

    def _window(self) -> int:
        return DEIT_WINDOW if self.eta else XLLMX_WINDOW

    def _averaged(self, found: list[Meter], line: Line) -> Iterator[Record]:
        if not line.complete:
            yield SkippedLine(line.number, TORN_STATS, torn=True)
            return
        for meter in found:
            if meter.mean is not None:
                key = ColumnKey(
                    meter.name,
                    self.split,
                    Axis.EPOCH,
                    Statistic.EPOCH_MEAN,
                    None,
                    "",
                    meter.resolution,
                )
                self.columns.add(
                    key,
                    float(self.epoch),
                    meter.mean,
                    line.number,
                    of=float(self.epochs or math.nan),
                )
        self.averaged = {meter.name.lower() for meter in found}
        self.finished_passes += 1

    def _validated(self, line: Line) -> None:
        """Take what a program prints of a validation in words of its own: `* Acc@1 71.2 Acc@5 90.3
        loss 1.2`, `[epoch: 5] val_MAE: 0.175`.
        """
        starred = STARRED.match(line.text) is not None
        if len(line.text) > LONGEST or not (starred or VALIDATION.search(line.text)):
            return
        row = text_row(line.text)
        epoch = self.epoch if row is None or row.epoch is None else row.epoch
        if row is None or epoch < 0 or not row.has_metric:
            return
        of_pass = self.split if self.split != "train" else "val"
        for pair in row.pairs:
            split, name = split_name(pair.name, of_pass if starred else "")
            if (
                split
                and split != "train"
                and not (starred and name.lower() in self.averaged)
                and not BEST.match(name)
            ):
                self.columns.add(
                    ColumnKey(name, split, Axis.EPOCH, Statistic.VALUE),
                    float(epoch),
                    pair.value,
                    line.number,
                )

    def _other(self, line: Line) -> Iterator[Record]:
        if match := AVERAGED.search(line.text):
            self.stamps.see(line.text)
            found = meters(match["meters"])
            if found:
                yield from self._averaged(found, line)
            self.averaged_next = not match["meters"].strip()
            return
        facts = namespace_facts(line.text)
        if facts:
            self.stamps.see(line.text)
            if self.rows > self.rows_told:  # another process: its settings count for its rows
                self.facts_told, self.rows_told = {}, self.rows
            self.fresh_process = True
            yield from (
                RawFact(name, value, line.number)
                for name, value in facts
                if name not in self.facts_told
            )
            self.facts_told |= dict(facts)
        if match := PARAMETERS.search(line.text):
            yield RawFact("n_parameters", int(match[1]), line.number)
        for word in said(line.text, line.number):
            self.fresh_process = self.fresh_process or (
                isinstance(word, RawEvent) and word.kind == "resume"
            )
            yield word
        if not facts:
            self._validated(line)
            self.settings.see(line.text, line.number)


# -------------------------------------------------------------------------------- many rows at once


def _read_fast(log: LogFile, state: Reading) -> Iterator[Record]:
    """Yield the records of all lines, rows of the training that differ in their numbers alone put
    into the columns together.
    """
    recipes = Recipes(ask=_said, least=WORTH)
    for lines, sense, columns in alike(log, recipes):
        if sense is None:
            for line in lines:
                yield from state.take(line)
        else:
            yield from _take_many(lines, sense, columns, state)
        if state.columns.full():
            yield from state.columns.chunks()


def _said(text: str) -> Said | None:
    """Return what a row of the training says: its header, its meters, and their numbers behind
    those of its place.
    """
    match = ROW.search(text)
    header = match["header"].lower() if match else ""
    if match is None or not header.startswith(TRAIN_HEADERS):
        return None
    try:
        found = meters(match["meters"])
    except ValueError:  # 1.2.3
        return None
    if not found or len({meter.name for meter in found}) < len(found):
        # a row that tells a meter twice fills it row by row
        return None
    place = [int(match["i"]), int(match["n"]), int(match["epoch"] or -1), int(match["epochs"] or 0)]
    numbers = [
        number
        for meter in found
        for number in ((meter.first,) if meter.mean is None else (meter.first, meter.mean))
    ]
    kinds = tuple((meter.name, meter.mean is None) for meter in found)
    stamped = Stamps(reach=ANYWHERE).fits(text)
    return Said(
        (header, match["epoch"] is None, kinds, "eta: " in match["meters"], stamped),
        [*place, *numbers],
        kinds,
    )


def _take_many(
    lines: Lines, sense: Sense, columns: list[Floats], state: Reading
) -> Iterator[Record]:
    """Take rows of one kind: by themselves those that begin a pass, go back or say another total,
    the others at once.
    """
    i, n, epoch, epochs, *values = columns
    at = 0
    while at < len(lines):
        upto = min(len(lines), at + LEAD)
        for line in lines[at:upto]:
            yield from state.take(line)
        at = upto
        begins = sense.fixed[1] if isinstance(sense.fixed, tuple) else False  # no epoch is named
        small = max(float(i.max()), (state.epoch + 1) * float(n.max())) < COUNTED
        if (
            state.split != "train"
            or state.fresh_process
            or state.finished_passes
            or state.averaged_next
            or at == len(lines)
            or not small
        ):
            continue
        rows = np.arange(at, len(lines))
        its = np.full(len(lines), float(state.epoch)) if begins else epoch
        goes_on = (
            (its[rows] == state.epoch)
            & (i[rows] > i[rows - 1])
            & (i[rows - 1] >= 0)
            & ((epochs[rows] == 0) | (epochs[rows] == state.epochs))
        )
        stop = np.flatnonzero(~goes_on)
        end = at + (int(stop[0]) if len(stop) else len(rows)) - 1
        if end <= at:
            continue
        x = max(state.epoch, 0) * n[at:end] + i[at:end]
        numbered = lines.numbers[at:end]
        beside, none = np.full(end - at, float(state.epoch)), np.full(end - at, math.nan)
        leaves = iter(values)
        for name, single in sense.sample:
            first, mean = state.keys(name, single, 0.0)
            y = next(leaves)
            if mean is not None:
                state.columns.extend(mean, x, next(leaves)[at:end], numbered, beside, none)
            state.columns.extend(first, x, y[at:end], numbered, beside, none)
        state.rows += end - at
        at = end  # which is read by itself


WORTH: Final = 200
"""Rows of one shape that take as long by themselves as to learn what they say."""
COUNTED: Final = 2.0**53
"""Steps below this are doubles."""
LEAD: Final = 1
"""Rows of a stretch that are read by themselves first."""


def meters(text: str) -> list[Meter]:
    """Return the meters of a row; fields are separated by two spaces, and those that are no numbers
    (eta) are left out.
    """
    found = []
    for part in text.split("  "):
        name, colon, value = part.partition(": ")
        match = METER.match(value.strip()) if colon else None
        if match is not None:
            mean = None if match["mean"] is None else float(match["mean"])
            printed = match["mean"] or match["first"]
            found.append(Meter(name.strip(), float(match["first"]), mean, _resolution(printed)))
    return found


def _resolution(printed: str) -> float:
    point = printed.find(".")
    places = len(printed) - point - 1 if point >= 0 else 0
    decimals = 4 if "e" in printed else places
    return STEPS[decimals] if decimals < len(STEPS) else 10.0**-decimals


STEPS: Final = tuple(10.0**-decimals for decimals in range(12))


PARSER = Parser(
    id="metriclogger_text",
    title=Text(
        zh="MetricLogger 的文本输出（DeiT、MAE、DETR、xllmx）",
        en="MetricLogger text (DeiT, MAE, DETR, xllmx)",
    ),
    sniff=sniff,
    read=read,
)
