"""Text of a hand-written loop: `Epoch 3/10 - loss: 0.5`, `iter 100: loss 3.2`, tqdm bars, Chinese lines. The names found are in the reason.

Which names are metrics is decided by support: a name counts where it stands beside one that is called like a metric, in lines that
come again. The step inside an epoch becomes the iteration since the start where the lines show that it begins again with every epoch.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import Line, LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.key_values import DATE, GLOBAL_WORDS, Pair, TextRow, text_row, without_prefix
from lossreport.reading.kit.names import METRIC_LIKE, SPLITS, behind, split_name
from lossreport.reading.kit.settings import Settings, is_settings
from lossreport.reading.kit.table_rows import Stand, Tables, apart, is_log, placed
from lossreport.reading.kit.table_state import TableRow
from lossreport.reading.parser import ColumnKey, Columns, Parser, RawEvent, RawFact, RawSegment, RawTime, Record, RowsRead, Score
from lossreport.text import Text

UNNAMED: Final = "metric"
"""What is printed under the name of a split alone: `Train: 0.91, Val: 0.78, Test: 0.80`."""
MIN_ROWS: Final = 2
MIN_SUPPORT: Final = 2
NEIGHBOUR_SHARE: Final = 0.3
"""A name that is not called like a metric counts where it stands in 30 % of the rows."""
HEADER_REACH: Final = 50
"""A line that names only the epoch counts for the rows of the next 50 lines."""
SECTION: Final = re.compile(
    r"^[\W_]*(?:(?P<train>train(?:ing)?|训练)|(?:eval(?:uat(?:ion|ing))?|valid(?:at(?:ion|ing))?|验证|验证集|评估)|(?P<test>test(?:ing)?|测试))"
    r"(?: (?:begins?|starts?|phase|set|results?|performance|errors?|metrics|scores?|summary|stat(?:s|istics)))?[\W_]*$",
    re.IGNORECASE,
)
"""A line that says nothing but what follows: `Eval begin...`, `Validation:`, `===== 验证 =====`."""


SUMMARY: Final = re.compile(r"\s*\*\s")
"""`  * Acc@1 56.5 Acc@5 79.1`, behind the batches of a validation in the ImageNet example of PyTorch and what came of it."""


def sniff(log: LogFile) -> Score:
    """Claim text with at least two lines that hold a place or repeat, and a number that is called like a metric."""
    others, tables = apart(log.sample_lines)
    rows = sampled(others)
    found = supported(rows)
    printed = [row for row in tables if is_log(row)]
    if len(printed) >= MIN_ROWS:
        return Score(0.53, f"{len(printed)} rows of tables with {', '.join(cell.name for cell in printed[0].cells[:6])}")
    placed = [row for row in rows if any(pair.name in found for pair in row.pairs)]
    if len(placed) < MIN_ROWS or not found:
        return Score(0.0, "no lines that repeat a number called like a metric")
    located = sum(row.epoch is not None or row.step is not None for row in rows if row.pairs)
    if not located and len(placed) < 5 * MIN_ROWS:
        return Score(0.2, "too few lines, and none names a step or an epoch")
    return Score(0.52, f"{len(placed)} lines with {', '.join(list(found)[:6])}")


def sampled(lines: Sequence[str], totals: frozenset[str] = frozenset()) -> list[TextRow]:
    """Return what the lines say, those that look like source code left out; rows know the epoch and the section above them."""
    headings, rows = Headings(), []
    for line in lines:
        row = _row_of(line)
        if row is None:
            headings.section_of(line)
        else:
            rows.append(headings.applied(placed_by(row, totals)))
    return rows


def total_words(rows: Sequence[TextRow]) -> frozenset[str]:
    """Return the words that say how many steps an epoch has, not at which one a row stands: `Epoch: 3, Steps: 225 | ...`.

    The word is in the plural, stands beside an epoch in every row, and its number is the same in all of them.
    """
    seen: dict[str, set[float]] = {}
    for row in rows:
        if row.word in PLURALS and row.step is not None:
            seen.setdefault(row.word, set()).add(row.step if row.epoch is not None and row.steps is None else math.nan)
    return frozenset(word for word, steps in seen.items() if len(steps) == 1 and not any(map(math.isnan, steps)))


PLURALS: Final = frozenset(("steps", "iters", "iterations", "batches", "updates"))


def placed_by(row: TextRow, totals: frozenset[str]) -> TextRow:
    """Return a row without a step that only counts the steps of an epoch."""
    return replace(row, step=None, word="") if row.word in totals else row


@dataclass(kw_only=True)
class Headings:
    """What lines of their own said about the rows below them: the epoch, and whether they are of validation."""

    epoch: float | None = None
    epochs: int | None = None
    split: str = ""
    idle: int = 0

    def section_of(self, text: str) -> None:
        """Take in a line without a row."""
        match = SECTION.match(without_prefix(text)) if len(text) < HEADER_LENGTH else None
        self._pass_by()
        if match is not None:
            self.split, self.idle = "train" if match["train"] else "test" if match["test"] else "eval", 0

    def _pass_by(self) -> None:
        """Count a line without a metric: a section whose rows do not follow at once was a key of a configuration."""
        self.idle += 1
        if self.idle > SECTION_REACH:
            self.split = ""

    def applied(self, row: TextRow) -> TextRow:
        """Return a row with what the headings above it say and it does not; a row that names only its epoch is a heading."""
        if row.epoch is not None:
            bare = row.step is None and not row.has_metric
            self.epoch, self.epochs, self.split = (row.epoch, row.epochs, "") if bare else (None, None, "")
            return row
        if row.has_metric:
            self.idle = 0
        else:
            self._pass_by()
        known = self.epoch is not None and row.step is not None
        return replace(
            row,
            epoch=self.epoch if known else None,
            epochs=self.epochs if known else None,
            split=row.split or (self.split if row.has_metric else ""),
        )


HEADER_LENGTH: Final = 80
SECTION_REACH: Final = 3
"""Lines between a heading and its first row, and between the rows of a section."""


LONGEST: Final = 20_000


def _row_of(text: str) -> TextRow | None:
    return text_row(text) if len(text) < LONGEST and not is_settings(text) else None


def supported(rows: Sequence[TextRow]) -> dict[str, int]:
    """Return the names that are metrics of this file, the most frequent first."""
    counted: Counter[str] = Counter()
    beside: Counter[str] = Counter()
    lines = 0
    for row in rows:
        if not row.has_metric:
            continue
        lines += 1
        for name in {pair.name for pair in row.pairs}:
            (counted if METRIC_LIKE.search(name) else beside)[name] += 1
    kept = {name: count for name, count in counted.most_common() if count >= MIN_SUPPORT}
    needed = max(3, NEIGHBOUR_SHARE * lines)
    return kept | {name: count for name, count in beside.most_common() if kept and count >= needed}


def read(log: LogFile) -> Iterator[Record]:
    """Yield the supported metrics of every row with its place."""
    others, _ = apart(log.sample_lines)
    totals = total_words(sampled(others))
    rows = sampled(others, totals)
    placed = any(row.has_metric and (row.epoch is not None or row.step is not None) for row in rows)
    first = 0 if any(row.epoch == 0 for row in rows) else 1
    names = frozenset(supported(rows))
    reader = TextReader(names=names, per_epoch=length_of_epoch(rows), placed=placed, first_epoch=first, totals=totals, behind=behind(names))
    yield from reader.read(log.lines())


def length_of_epoch(rows: Sequence[TextRow]) -> int:
    """Return how many steps an epoch has where the step begins again with every epoch, else 0."""
    totals = Counter(row.steps for row in rows if row.epoch is not None and row.step is not None and row.steps)
    longest, restarts, before, first = 0.0, False, (-1.0, -1.0), 1
    for row in rows:
        if row.epoch is None or row.step is None or row.split not in ("", "train"):
            continue
        restarts = restarts or (row.epoch > before[0] >= 0 and row.step <= before[1])
        longest, before = max(longest, row.step), (row.epoch, row.step)
        first = 0 if row.step == 0 else first
    if totals and (restarts or len({row.epoch for row in rows if row.step is not None}) == 1):
        common = totals.most_common(1)[0][0]
        return int(common) if common >= longest else int(longest)
    return int(longest) + (1 - first) if restarts else 0


@dataclass(kw_only=True)
class TextReader:
    """Reads lines one after another; keeps the epoch that a header line named, and where the training stands."""

    names: frozenset[str]
    per_epoch: int
    columns: Columns = field(default_factory=Columns)
    rows: int = 0
    last: int = 0
    placed: bool = True
    first_epoch: int = 0
    totals: frozenset[str] = frozenset()
    behind: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    header: TextRow = field(default_factory=TextRow)
    header_line: int = 0
    before: dict[Axis, float] = field(default_factory=dict)
    stamps: list[str] = field(default_factory=list)
    planned: int = 0
    resumed: bool = False
    headings: Headings = field(default_factory=Headings)
    settings: Settings = field(default_factory=Settings)
    frame: tuple[TextRow, Line] | None = None
    epoch: float = math.nan
    printed: str = ""
    tables: Tables = field(default_factory=Tables)
    seen: Counter[str] = field(default_factory=Counter)
    passing: tuple[float, int, list[tuple[str, float, float | None, str]]] = (math.nan, 0, [])

    def read(self, lines: Iterator[Line]) -> Iterator[Record]:
        """Yield the records of all lines."""
        for line in lines:
            self.last = line.number
            for word in said(line.text, line.number):
                self.resumed = self.resumed or (isinstance(word, RawEvent) and word.kind == "resume")
                yield word
            is_table, found = self.tables.see(line.text, line.number)
            yield from self._tables(found, line.number)
            if is_table:
                continue
            row = _row_of(line.text)
            dumped = not self.rows or self.resumed or is_settings(line.text)
            if dumped and (row is None or not any(pair.name in self.names for pair in row.pairs)):
                self.settings.see(line.text, line.number)
            if row is not None:
                yield from self._last_frames(self.headings.applied(placed_by(row, self.totals)), line)
            else:
                self.headings.section_of(line.text)
            if self.columns.full():
                yield from self.columns.chunks()
        yield from self._held_frame()
        yield from self._tables(self.tables.end(), self.last)
        self._end_of_pass()
        yield from self.settings.facts()
        yield from self.columns.chunks()
        yield from (RawTime(stamp) for stamp in self.stamps)
        yield RowsRead(self.rows, self.last)

    def _tables(self, rows: Sequence[TableRow], line: int) -> Iterator[Record]:
        """Put the rows of a table at their own place, or where the log stands."""
        if rows:
            yield from self._held_frame()
            yield from self.settings.facts()
        for row in rows:
            for one in placed(row, self._stand(row)):
                self.columns.add(one.key, one.x, one.value, one.line, one.epoch, one.of)
            if row.axis is Axis.EPOCH:
                self.header, self.header_line, self.epoch = TextRow(epoch=row.x), line, row.x
                if math.isfinite(row.of) and int(row.of) != self.planned:
                    self.planned = int(row.of)
                    yield RawFact("epochs", self.planned, line)
            self.rows += 1

    def _stand(self, row: TableRow) -> Stand:
        """Return where the log stands: at the last step or epoch printed before, or else at the count of rows with that name."""
        split, name = self.headings.split, row.cells[0].name
        self.seen[name] += row.axis is None
        if self.header.step is not None and not self.per_epoch:
            axis = Axis.STEP if self.header.word.startswith(("step", "global", "train")) else Axis.ITERATION
            return Stand(axis, self.header.step, self.epoch, split)
        if math.isfinite(self.epoch):
            return Stand(Axis.EPOCH, self.epoch, split=split)
        return Stand(Axis.ROW, float(self.seen[name] - 1), split=split)

    def _last_frames(self, row: TextRow, line: Line) -> Iterator[Record]:
        """Pass rows on; of the frames that a progress bar drew at one step only the last."""
        if self.frame is not None and not (row.is_bar and (row.epoch, row.step) == (self.frame[0].epoch, self.frame[0].step)):
            yield from self._held_frame()
        if row.is_bar:
            self.frame = (row, line)
        else:
            yield from self._row(row, line)

    def _held_frame(self) -> Iterator[Record]:
        frame, self.frame = self.frame, None
        if frame is not None:
            yield from self._row(*frame)

    def _row(self, row: TextRow, line: Line) -> Iterator[Record]:
        pairs = [pair for pair in row.pairs if pair.name in self.names]
        if row.epoch is not None:
            self.epoch = row.epoch
        if row.is_bar and row.step == row.steps:  # a bar that is full: what follows speaks of the epoch, not of its last batch
            if row.epoch is not None:
                self.header, self.header_line = TextRow(epoch=row.epoch, epochs=row.epochs), line.number
        elif row.epoch is not None or row.step is not None:
            self.header, self.header_line = row, line.number
        if not any(METRIC_LIKE.search(pair.name) for pair in pairs) or self._is_echo(row):
            return
        if self.passing[2] and row.epoch is None and row.step is None and SUMMARY.match(without_prefix(line.text)):
            self._sum_up(pairs, line.number)
            return
        place = self._place(row, line.number)
        if place is None:
            return
        self._stamp(line.text)
        if row.epochs and row.epochs != self.planned:
            self.planned = row.epochs
            yield RawFact("epochs", row.epochs, line.number)  # before the settings: a row knows what is left of them
        yield from self.settings.facts()
        axis, x, epoch = place
        training = row.split in ("", "train")
        if training and x < self.before.get(axis, -math.inf):
            yield RawSegment(line.number, "resume" if self.resumed else "restart")
            self.resumed = False
        if training:
            self.before[axis] = x
            self._end_of_pass()
        if not training and self._inside_a_pass(row):
            self.passing = (self._epoch(line.number), line.number, [(*pair, row.split) for pair in pairs])
            return
        for pair in pairs:
            self._add(pair.name, pair.value, pair.mean, row.split, axis, x, epoch, line.number)
        self.rows += 1

    def _is_echo(self, row: TextRow) -> bool:
        """Return whether a row with a step says just what the row before it said: two handlers of one logger print a message twice."""
        before, self.printed = self.printed, f"{row.epoch} {row.step} {row.split} {row.pairs}"
        return row.step is not None and before == self.printed

    def _place(self, row: TextRow, line: int) -> tuple[Axis, float, float] | None:
        """Return (axis, x, epoch beside it); None for a line without a place in a file whose rows have one: it is no row."""
        header = self.header if line - self.header_line <= HEADER_REACH else TextRow()
        bare = row.epoch is None and row.step is None
        validates = row.split not in ("", "train") and header.epoch is None  # it speaks of the state that the last step left
        if bare and header.step is not None and (validates or not header.has_metric):
            row = replace(row, epoch=header.epoch, step=header.step, word=header.word)
        epoch = row.epoch if row.epoch is not None else header.epoch
        if row.step is not None:
            inner = self.per_epoch and epoch is not None and not row.word.startswith(GLOBAL_WORDS)
            x = row.step + ((epoch or 0.0) - self.first_epoch) * self.per_epoch if inner else row.step
            step_like = row.word.startswith(("step", "global", "train"))
            return Axis.STEP if step_like and not inner else Axis.ITERATION, x, math.nan if epoch is None else epoch
        if epoch is not None:
            return Axis.EPOCH, epoch, math.nan
        return None if self.placed else (Axis.ROW, float(self.rows), math.nan)

    def _add(self, name: str, value: float, mean: float | None, line_split: str, axis: Axis, x: float, epoch: float, line: int) -> None:
        split, short = self._split(name, line_split or "train")
        self.columns.add(ColumnKey(short, split, axis, Statistic.UNKNOWN), x, value, line, epoch)
        if mean is not None and axis in (Axis.ITERATION, Axis.STEP):
            self.columns.add(ColumnKey(short, split, axis, Statistic.RUNNING_MEAN), x, mean, line, epoch)

    def _split(self, name: str, default: str) -> tuple[str, str]:
        if name.lower() in SPLITS:
            return SPLITS[name.lower()], UNNAMED
        return self.behind.get(name) or split_name(name, default)

    def _epoch(self, line: int) -> float:
        return self.header.epoch if self.header.epoch is not None else self.epoch

    def _inside_a_pass(self, row: TextRow) -> bool:
        """Return whether a row counts the batches of one validation pass: its step is no place on the axis of training.

        `Test: [85/86]` of the ImageNet example names no epoch: it is that of the training before.
        """
        placed = row.epoch is not None or (row.word == "batch" and row.steps is not None and math.isfinite(self.epoch))
        return placed and row.step is not None and bool(self.per_epoch) and not row.word.startswith(GLOBAL_WORDS)

    def _sum_up(self, pairs: Sequence[Pair], line: int) -> None:
        """Take the means over a validation pass from the line behind it, and from its last batch only what that does not name."""
        epoch, at, printed = self.passing
        summed = {pair.name for pair in pairs}
        self.passing = (epoch, at, [held for held in printed if held[0] not in summed])
        self._end_of_pass()
        for pair in pairs:
            split, short = self._split(pair.name, printed[0][3])
            if math.isfinite(epoch):
                self.columns.add(ColumnKey(short, split, Axis.EPOCH, Statistic.EPOCH_MEAN), epoch, pair.value, line)
        self.rows += 1

    def _end_of_pass(self) -> None:
        """Put down what the last batch of a validation pass printed: the means over the pass, or else its values."""
        epoch, line, printed = self.passing
        for name, value, mean, line_split in printed:
            split, short = self._split(name, line_split)
            statistic = Statistic.UNKNOWN if mean is None else Statistic.EPOCH_MEAN
            if math.isfinite(epoch):
                self.columns.add(ColumnKey(short, split, Axis.EPOCH, statistic), epoch, value if mean is None else mean, line)
        self.passing = (math.nan, 0, [])

    def _stamp(self, text: str) -> None:
        match = DATE.search(text[:40])
        if match:
            self.stamps[1:] = [match[0]] if self.stamps else []
            self.stamps = self.stamps or [match[0]]


PARSER = Parser(
    id="generic_text",
    title=Text(
        zh="文本日志（通用：手写训练循环、tqdm、nanoGPT、中文日志等）",
        en="text (generic: hand-written loops, tqdm, nanoGPT, Chinese logs, ...)",
    ),
    sniff=sniff,
    read=read,
)
