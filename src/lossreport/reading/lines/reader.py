"""Reads the rows of a text log one after another: finds the place of each, gathers passes over other sets, notes plans and settings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from lossreport.model.run import Axis, Entity, EntityKind, Statistic
from lossreport.reading.bytes.reader import Line
from lossreport.reading.kit.events import said
from lossreport.reading.kit.names import SPLITS, is_metric_like, split_name
from lossreport.reading.kit.passes import Latest, Passes
from lossreport.reading.kit.settings import Settings
from lossreport.reading.kit.table_rows import Stand, Tables, placed
from lossreport.reading.kit.table_state import TableRow
from lossreport.reading.lines.chatter import Traces, is_chatter
from lossreport.reading.lines.pairs import Pair
from lossreport.reading.lines.places import Kind, Place
from lossreport.reading.lines.prefix import DATE, message_of
from lossreport.reading.lines.row import BARE_BAR, TextRow, pieces
from lossreport.reading.lines.scope import ABOVE, Scope
from lossreport.reading.lines.survey import Survey, kind_of, read_row, sign_of
from lossreport.reading.lines.tokens import LONGEST
from lossreport.reading.parser import ColumnKey, Columns, RawEvent, RawFact, RawSegment, RawTime, Record, RowsRead, SkippedLine
from lossreport.text import Text

UNNAMED: Final = "metric"
"""What is printed under the name of a split alone: `Train: 0.91, Val: 0.78, Test: 0.80`."""
STAMP_REACH: Final = 60
BELOW: Final = 3
"""Lines under a placed row in which a row without a place belongs to it."""
AXES: Final = {
    Kind.ROUND: Axis.ROUND, Kind.EPISODE: Axis.EPISODE, Kind.EPOCH: Axis.EPOCH, Kind.STEP: Axis.STEP,
    Kind.ITERATION: Axis.ITERATION, Kind.BATCH: Axis.ITERATION, Kind.SAMPLE: Axis.ITERATION,
}  # fmt: skip
TOO_LONG = Text(zh="这一行过长，只看了开头部分", en="the line is too long; only its beginning was looked at")
NOWHERE = Text(zh="这一行有指标，但看不出属于哪一步", en="the line holds metrics and nothing says at which step")


class Where(NamedTuple):
    """Where a row stands; see `ColumnKey` and `ColumnChunk` for what the fields mean."""

    axis: Axis
    x: float
    epoch: float = math.nan
    of: float = math.nan
    nested: bool = False


class Held(NamedTuple):
    """A row with its line, and whether it is the last of a pass (its means are those of the pass) or the summary of one."""

    row: TextRow
    line: int
    passed: bool = False


@dataclass(kw_only=True)
class TextReader:
    """Reads lines one after another; knows from the survey what kind of file it is."""

    survey: Survey
    columns: Columns = field(default_factory=Columns)
    scope: Scope = field(default_factory=Scope)
    traces: Traces = field(default_factory=Traces)
    settings: Settings = field(default_factory=Settings)
    frames: Latest[Held] = field(default_factory=Latest)
    passes: Passes[Held] = field(default_factory=Passes)
    tables: Tables = field(default_factory=Tables)
    seen: Counter[str] = field(default_factory=Counter)
    waiting: list[Held] = field(default_factory=list)
    early: list[Held] = field(default_factory=list)
    postfix: dict[str, tuple[Pair, TextRow, int]] = field(default_factory=dict)
    at: Where | None = None
    inside: bool = False
    block: tuple[int, str] = (0, "")
    above: frozenset[str] = frozenset()
    below: int = 0
    closed: float = math.nan
    ordinal: int = 0
    counter: float = math.inf
    local: tuple[float, float, Entity | None] | None = None
    means: bool = False
    rows: int = 0
    last: int = 0
    trained: int = 0
    printed: tuple[object, ...] = ()
    stamps: list[str] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)
    doubts: dict[str, int] = field(default_factory=dict)
    best: dict[str, RawFact] = field(default_factory=dict)
    final: dict[str, RawFact] = field(default_factory=dict)
    before: dict[Axis, tuple[float, float]] = field(default_factory=dict)
    resumed: bool = False

    def read(self, lines: Iterator[Line]) -> Iterator[Record]:
        """Yield the records of all lines."""
        for line in lines:
            self.last = line.number
            if BARE_BAR.fullmatch(line.text):
                continue
            for word in said(line.text, line.number):
                self.resumed = self.resumed or (isinstance(word, RawEvent) and word.kind == "resume")
                yield word
            is_table, rows = self.tables.see(line.text, line.number)
            yield from self._tables(rows)
            if not is_table:
                yield from self._line(line)
            if self.columns.full():
                yield from self.columns.chunks()
        yield from self._end()

    def _end(self) -> Iterator[Record]:
        for held in self.frames.end():
            yield from self._row(held)
        yield from self._tables(self.tables.end())
        yield from self._end_of_pass()
        yield from self._resolve(self.closed + 1 if math.isfinite(self.closed) else math.nan)
        self._flush_postfix()
        yield from self._place_early(Where(Axis.ROW, 0.0), None)
        yield from self.settings.facts()
        yield from self.best.values()
        yield from (fact for fact in self.final.values() if fact.line > self.trained)
        yield from self.columns.chunks()
        yield from (RawTime(stamp) for stamp in self.stamps)
        yield RowsRead(self.rows, self.last)

    def _tables(self, rows: Sequence[TableRow]) -> Iterator[Record]:
        """Put the rows of a printed table at their own place, or where the log stands."""
        if rows:
            for held in self.frames.end():
                yield from self._row(held)
            yield from self.settings.facts()
        for row in rows:
            for one in placed(row, self._stand(row)):
                self.columns.add(one.key, one.x, one.value, one.line, one.epoch, one.of)
            if row.axis is Axis.EPOCH:
                self.at, self.inside = Where(Axis.EPOCH, row.x), False
                if math.isfinite(row.of) and self.told.get("epochs") != int(row.of):
                    self.told["epochs"] = int(row.of)
                    yield RawFact("epochs", int(row.of), row.cells[0].line)
            self.rows += 1

    def _stand(self, row: TableRow) -> Stand:
        """Return where the log stands: at the heading or the last row above, or else at the count of tables with that name."""
        above = self.scope.applied(TextRow())
        where = self._where(above, Held(above, 0)) if above.places else self.at
        name = row.cells[0].name
        self.seen[name] += row.axis is None
        if where is None or where.axis is Axis.ROW:
            return Stand(Axis.ROW, float(self.seen[name] - 1), split=above.split)
        if where.nested and math.isfinite(where.epoch):
            return Stand(Axis.EPOCH, where.epoch, split=above.split)
        return Stand(where.axis, where.x, where.epoch, above.split)

    def _line(self, line: Line) -> Iterator[Record]:
        if self.traces.hold(line.text) or is_chatter(line.text):
            self.settings.see(line.text, line.number)
            return
        for text in pieces(line.text):
            row = read_row(text, self.survey.totals, episodes=self.survey.episodes)
            if row is None or not self._metrics(row):
                yield from self._other(text, row, line.number)
                continue
            if len(text) > LONGEST:
                yield SkippedLine(line.number, TOO_LONG)
            row = self.scope.applied(self._without_others(row))
            self._stamp(line.text)
            yield from self._frame(Held(row, line.number))

    def _metrics(self, row: TextRow) -> bool:
        """Return whether a line is a row: one of its names is a metric of the file, and it heads nothing."""
        named = any(pair.name in self.survey.names for pair in row.pairs) or any(pair.name in self.survey.memories for pair in row.memories)
        if self.scope.summary and not row.places:
            return False  # it sums up runs that are done
        return named and (row.section is None or not row.places) and (row.has_metric or bool(self._known(row)))

    def _known(self, row: TextRow) -> list[Pair]:
        known = self.survey.companions | self.survey.memories
        return [pair for pair in (*row.pairs, *row.memories) if pair.name in known]

    def _without_others(self, row: TextRow) -> TextRow:
        pairs = [pair for pair in row.pairs if pair.name in self.survey.names]
        pairs += [pair for pair in row.memories if pair.name in self.survey.memories]
        return replace(row, pairs=tuple(pairs))

    def _other(self, text: str, row: TextRow | None, line: int) -> Iterator[Record]:
        """Take in a line that is no row: a heading, a setting, a memory."""
        if row is not None and (row.is_bar or row.section is not None):
            for held in self.frames.end():
                yield from self._row(held)
        if self.scope.see(text, row) and row is not None and row.section is not None:
            yield from self._heading(row)
        elif text.strip() and (row is None or not row.is_bar):
            self.below += 1
        self.settings.see(message_of(text).text, line)
        if row is not None:
            self._remember(row, line)
            self._measured_once(row, line)

    def _heading(self, row: TextRow) -> Iterator[Record]:
        """Place what waited for an epoch, and stand where the heading says."""
        yield from self._end_of_pass()
        epoch = row.epoch
        if epoch is not None and row.section is not None and not row.section.loads:
            yield from self._resolve(epoch if row.section.ends or not math.isfinite(self.closed) else self.closed)
            self.closed = epoch if row.section.ends else self.closed

    def _measured_once(self, row: TextRow, line: int) -> None:
        """Keep what is measured behind the training and printed once: a test with the last state is no point of a curve."""
        if not self.rows or row.places or row.owners:
            return
        for pair in row.pairs:
            if is_metric_like(pair.name) and pair.name not in self.survey.names:
                split, name = self._meaning(pair, row)
                said = name.lower().removeprefix("final").strip(" _-")
                fact = f"final_{'' if split == 'train' and 'train' not in pair.name.lower() else f'{split}_'}{said.replace(' ', '_')}"
                self.final[fact] = RawFact(fact, pair.value, line)

    def _remember(self, row: TextRow, line: int) -> None:
        """Keep the last of every best value as a setting of the run: it is no point of a curve."""
        if self.survey.runs:
            return  # a setting says nothing of which run it is
        for pair in row.memories:
            if not (is_metric_like(pair.name) or pair.name.lower().startswith("best")):
                continue
            name = pair.name.lower().removeprefix("new ").removeprefix("best").strip(" _-./") or "value"
            self.best[name] = RawFact(f"best_{name.replace(' ', '_')}", pair.value, line)

    def _frame(self, held: Held) -> Iterator[Record]:
        """Pass rows on; of the frames that a progress bar drew at one step only the last."""
        row = held.row
        if not row.is_bar:
            for before in self.frames.end():
                yield from self._row(before)
            yield from self._row(held)
            return
        for before in self.frames.take((row.epoch, row.step, row.split), held):
            yield from self._row(before)

    def _row(self, held: Held) -> Iterator[Record]:
        row = held.row
        if self._is_echo(row):
            return
        if row.memories:
            self._remember(row, held.line)
        yield from self._plans(row, held.line)
        if self._is_pass(row):
            yield from self._pass(held)
        elif self.passes and self._is_summary(row):
            yield from self._sum_up(held)
        else:
            if self.passes and (row.counter is not None or row.places or self._splits(row) != self._passing()):
                yield from self._end_of_pass()
            yield from self._placed(held)

    def _is_echo(self, row: TextRow) -> bool:
        """Return whether a row with a step says just what the row before it said: two handlers of one logger print a message twice."""
        before, self.printed = self.printed, (row.places, row.split, row.owners, repr(row.pairs))
        return row.step is not None and before == self.printed

    # Passes over other sets

    def _is_pass(self, row: TextRow) -> bool:
        """Return whether a row counts the batches of a pass that is not the training: its counter is no place on the axis of training."""
        counter = row.counter
        if counter is None or counter.broad:
            return False
        if self.survey.unnumbered is not None and row.is_bar and row.epoch is None:
            return counter.of in self.survey.unnumbered[1]
        sign = sign_of(row)
        if sign in self.survey.minor:
            return True
        if sign.split == "train":
            return False
        track = self.survey.tracks.get(sign)
        if track is not None:
            return track.again > 0 or (bool(track.totals) and not self._shares_total(row))
        return counter.of is not None and not self._shares_total(row)

    def _shares_total(self, row: TextRow) -> bool:
        """Return whether the training prints the same counter with the same total: a validation at a step of the training."""
        counter = row.counter
        training = self.survey.tracks.get(sign_of(replace(row, split="train")))
        return training is not None and counter is not None and counter.of in training.totals

    def _pass(self, held: Held) -> Iterator[Record]:
        row = held.row
        split = row.split or ("val" if self.survey.unnumbered else "")
        for pair in row.pairs:
            self.means = self.means or pair.mean is not None
        self.passes.hold((split, self._owner(row)), held._replace(row=replace(row, split=split), passed=True))
        yield from ()

    def _passing(self) -> set[str]:
        return {held.row.split or "train" for held in self.passes.held()}

    def _splits(self, row: TextRow) -> set[str]:
        return {self._meaning(pair, row)[0] for pair in row.pairs}

    def _is_summary(self, row: TextRow) -> bool:
        """Return whether a row behind the batches of a pass tells its means: `* Acc@1 56.5`, `Valid Summary | Epoch 1 | Loss=..`."""
        if row.counter is not None:
            return False
        held = self.passes.held()
        named = {self._meaning(pair, one.row)[1].lower() for one in held for pair in one.row.pairs}
        own = {self._meaning(pair, row)[1].lower() for pair in row.pairs}
        splits = self._splits(row)
        if splits & self._passing() and "train" not in splits:
            return True
        if any(not one.row.split for one in held) and "train" not in splits:
            return True  # the pass named no split: it is that of its summary
        return (
            splits == {"train"} and not row.split and row.place(Kind.EPOCH) is None and bool(own & named) and "train" not in self._passing()
        )

    def _sum_up(self, held: Held) -> Iterator[Record]:
        """Take the means over a pass from the line behind it, and from its last batch only what that does not name."""
        passed = self.passes.end()
        splits = self._splits(held.row)
        split = next(iter(sorted(splits - {"train"})), "") or next((one.row.split for one in passed), "")
        named = {self._meaning(pair, held.row)[1].lower() for pair in held.row.pairs}
        for one in passed:
            row = replace(one.row, split=one.row.split or split)
            rest = tuple(pair for pair in row.pairs if self._meaning(pair, row)[1].lower() not in named)
            if rest:
                yield from self._place_pass(one._replace(row=replace(row, pairs=rest)))
        row = held.row if held.row.split or splits != {"train"} else replace(held.row, split=split)
        above = next((one.row for one in passed if one.row.epoch is not None), None)
        if row.place(Kind.EPOCH) is None and above is not None:
            row = replace(row, places=tuple(place for place in above.places if place.kind is Kind.EPOCH))
        yield from self._placed(held._replace(row=row, passed=self.means))

    def _end_of_pass(self) -> Iterator[Record]:
        """Put down what the last batch of each pass printed: the means over the pass, or else its values."""
        for held in self.passes.end():
            yield from self._place_pass(held)

    def _place_pass(self, held: Held) -> Iterator[Record]:
        """Place the last row of a pass at its epoch, or where the training stood; its own counter is no place."""
        row = held.row
        kept = tuple(place for place in row.places if place.kind in (Kind.EPOCH, Kind.ROUND, Kind.EPISODE))
        if self.survey.unnumbered is not None:
            kept = (Place(Kind.EPOCH, float(max(self.ordinal, 1)), None, "", False, -1, -1),)
        yield from self._placed(held._replace(row=replace(row, places=kept)))

    # Places

    def _placed(self, held: Held) -> Iterator[Record]:
        row = self._in_block(held.row, held.line)
        held = held._replace(row=row)
        if self._waits(row):
            self.waiting.append(held)
            return
        if row.epoch is not None and row.counter is None and not held.passed:
            yield from self._resolve(row.epoch)
            self.closed = row.epoch
        where = self._where(row, held)
        if where is None:
            if self.at is None and self.survey.placed:
                self.early.append(held)
            else:
                yield SkippedLine(held.line, NOWHERE)
            return
        yield from self._put(held, where)

    def _in_block(self, row: TextRow, line: int) -> TextRow:
        """Return a row without a place or a split as one of the split of the line right above it: a block of several lines."""
        splits, (before, split) = self._splits(row), self.block
        if row.places or len(splits) != 1:
            self.block = (0, "")
            return row
        if splits == {"train"} and not row.split and split and line == before + 1 and self._is_new(row):
            row, splits = replace(row, split=split), {split}
        self.block = (line, next(iter(splits - {"train"}), ""))
        return row

    def _waits(self, row: TextRow) -> bool:
        """Return whether a row waits for the line behind it that names its epoch."""
        if not self.survey.footers or row.epoch is not None or row.place(Kind.ROUND, Kind.EPISODE) is not None:
            return False
        if row.counter is not None:
            return not row.counter.broad and self.survey.begins_again(row)
        return bool(self.waiting) and self.survey.begins_again(self.waiting[-1].row)

    def _resolve(self, epoch: float) -> Iterator[Record]:
        """Place the rows that waited for their epoch."""
        waiting, self.waiting = self.waiting, []
        for held in waiting:
            place = Place(Kind.EPOCH, epoch, None, "", False, -1, -1)
            row = replace(held.row, places=(*held.row.places, *((place,) if math.isfinite(epoch) else ())))
            where = self._where(row, held)
            if where is not None:
                yield from self._put(held._replace(row=row), where)

    def _where(self, row: TextRow, held: Held) -> Where | None:
        rounds, episode, epoch, counter = row.place(Kind.ROUND), row.place(Kind.EPISODE), row.place(Kind.EPOCH), row.counter
        if rounds is not None:
            return self._in_round(rounds, epoch, counter, row)
        if episode is not None:
            cumulative = counter is not None and not self.survey.begins_again(row)
            return _counted(counter, math.nan, nested=False) if counter is not None and cumulative else Where(Axis.EPISODE, episode.x)
        at = math.nan if epoch is None else epoch.x
        if counter is not None:
            if self.survey.unnumbered is not None and row.is_bar and epoch is None:
                self.ordinal += counter.x <= self.counter
                self.counter = counter.x
                return _counted(counter, float(self.ordinal), nested=True)
            again = self.survey.begins_again(row)
            nested = not counter.broad and (epoch is not None or (self.survey.footers and again))
            where = _counted(counter, at, nested=nested)
            return where._replace(axis=Axis.ITERATION) if nested and again else where
        if epoch is not None:
            repeated = kind_of(row) in self.survey.repeated and not held.passed
            return Where(Axis.ROW, float(self.rows), at) if repeated else Where(Axis.EPOCH, at)
        return self._unplaced(row)

    def _in_round(self, rounds: Place, epoch: Place | None, counter: Place | None, row: TextRow) -> Where:
        """Return the place of a row of a federated training: local epochs and batches begin again with every round.

        Batches of local epochs are counted on over all of them: `epoch` is then the number of local epochs since the start.
        """
        if counter is not None and epoch is not None:
            local = (rounds.x, epoch.x, self._owner(row)[0])
            self.ordinal += local != self.local
            self.local = local
            return _counted(counter, float(self.ordinal), nested=True)
        if counter is not None:
            return _counted(counter, rounds.x, nested=True)
        if epoch is not None:
            return Where(Axis.EPOCH, epoch.x, rounds.x, math.nan if epoch.of is None else float(epoch.of), nested=True)
        return Where(Axis.ROUND, rounds.x)

    def _unplaced(self, row: TextRow) -> Where | None:
        """Return the place of a row without one: where the training stands, or a row of its own in a file without places."""
        if not self.survey.placed:
            return Where(Axis.ROW, float(self.rows))
        if self.at is None:
            return None
        training = "train" in self._splits(row)
        if not training:
            at = self.at
            ended = self.inside and at.nested and math.isfinite(at.epoch) and not self.survey.within
            return Where(Axis.EPOCH, at.epoch) if ended else at  # of the epoch whose batches are done
        return self.at if self._is_new(row) or (self.below <= BELOW and not self._is_told(row)) else None

    def _is_new(self, row: TextRow) -> bool:
        """Return whether a row without a place names nothing that the placed rows of training name."""
        return not any(name in self._trained for name in (self._meaning(pair, row)[1] for pair in row.pairs))

    def _is_told(self, row: TextRow) -> bool:
        """Return whether the row above, which has a place, tells all of the names of a row."""
        return all(self._meaning(pair, row)[1] in self.above for pair in row.pairs)

    @property
    def _trained(self) -> set[str]:
        return self._names

    _names: set[str] = field(default_factory=set)

    def _place_early(self, where: Where, first: TextRow | None) -> Iterator[Record]:
        """Place what was measured before the training began: at the beginning of its axis, which the first row may take itself."""
        early, self.early = self.early, []
        taken = {self._meaning(pair, first) for pair in first.pairs} if first is not None and not where.x else set()
        for held in early:
            if any(self._meaning(pair, held.row) in taken for pair in held.row.pairs):
                yield from (RawFact(f"initial_{pair.name}", pair.value, held.line) for pair in held.row.pairs)
                continue
            yield from self._put(held, where._replace(x=0.0 if where.axis is not Axis.ROW else float(self.rows)))

    # Values

    def _put(self, held: Held, where: Where) -> Iterator[Record]:
        row = held.row
        splits = self._splits(row)
        if any(one.epoch != row.epoch for _, one, _ in self.postfix.values()):
            self._flush_postfix()
        yield from self.settings.facts()
        if self.early and where.axis is not Axis.ROW:
            yield from self._place_early(where, row)
        if "train" in splits and not held.passed:
            self.trained = held.line
            yield from self._launch(where, held.line)
        for pair in row.pairs:
            if row.is_bar and self._is_of_epoch(pair, row, where):
                if where.x >= where.of - 1:  # of a frame that is not full they are of the epoch before
                    self.postfix[pair.name] = (pair, row, held.line)
            else:
                self._add(pair, row, where, held)
        if row.places and not held.passed and ("train" in splits or where.axis is Axis.EPOCH or self.at is None):
            self.at, self.inside = where, self.survey.begins_again(row)
            self.above = frozenset(self._meaning(pair, row)[1] for pair in row.pairs)
        self.below = 0
        self.rows += 1

    def _is_of_epoch(self, pair: Pair, row: TextRow, where: Where) -> bool:
        """Return whether a number in a bar is of the whole epoch: shown in every frame until the next one replaces it."""
        return (
            math.isfinite(where.epoch)
            and (self._meaning(pair, row)[0] != "train" or pair.name.endswith("_epoch"))
            and row.split in ("", "train")
        )

    def _flush_postfix(self) -> None:
        postfix, self.postfix = self.postfix, {}
        for pair, row, line in postfix.values():
            if row.epoch is not None:
                self._add(pair, row, Where(Axis.EPOCH, row.epoch), Held(row, line))

    def _add(self, pair: Pair, row: TextRow, where: Where, held: Held) -> None:
        split, name = self._meaning(pair, row)
        entity, run = self._owner(row)
        statistic = Statistic.EPOCH_MEAN if held.passed and self.means else Statistic.UNKNOWN
        mean = pair.mean if pair.mean is not None else pair.value
        value = mean if held.passed else pair.value
        if split == "train" and row.places:
            self._names.add(name)
        key = ColumnKey(name, split, where.axis, statistic, entity=entity, run=run, nested=where.nested)
        self.columns.add(key, where.x, value, held.line, where.epoch, where.of)
        if pair.mean is not None and not held.passed and where.axis in (Axis.ITERATION, Axis.STEP):
            self.columns.add(key._replace(statistic=Statistic.RUNNING_MEAN), where.x, pair.mean, held.line, where.epoch, where.of)

    def _meaning(self, pair: Pair, row: TextRow) -> tuple[str, str]:
        """Return (split, name) of a pair: what its own name says counts before what the line says."""
        if pair.name.lower() in SPLITS:
            return SPLITS[pair.name.lower()], UNNAMED
        split, short = self.survey.meanings.get(pair.name) or split_name(pair.name, "")
        return split or pair.split or row.split or "train", short

    def _owner(self, row: TextRow) -> tuple[Entity | None, str]:
        """Return (whose a row is, the run it is of), as far as the file tells several apart."""
        entity, run = None, ""
        for owner in row.owners:
            if owner.kind not in self.survey.owners or (owner.first == ABOVE and owner.kind in self.survey.labelled):
                continue
            if owner.is_run:
                run = owner.label if self.survey.runs else run
            elif entity is None:
                entity = Entity(kind=EntityKind(owner.kind), value=owner.value)
        return entity, run

    # What is said beside the rows

    def _plans(self, row: TextRow, line: int) -> Iterator[RawFact]:
        """Yield the totals printed beside places: those of the survey first, another one where rows in a row print it."""
        for name, total in _totals(row, self.survey):
            if total == self.told.get(name):
                self.doubts.pop(name, None)
            elif (name not in self.told and total == self.survey.plans.get(name, total)) or self.doubts.get(name) == total:
                self.told[name] = total
                yield RawFact(name, total, line)
            else:
                self.doubts[name] = total

    def _launch(self, where: Where, line: int) -> Iterator[RawSegment]:
        """Yield a segment where the log says in words that the training is taken up; one that goes back has plans of its own.

        That a training goes back is found by its columns, when all of them are read.
        """
        order = (where.epoch, where.x) if where.nested and math.isfinite(where.epoch) else (where.x, 0.0)
        before = self.before.get(where.axis)
        self.before[where.axis] = order
        if before is not None and where.axis is not Axis.ROW and order < before:
            self.told.clear()
        if self.resumed and before is not None:
            yield RawSegment(line, "resume")
        self.resumed = False

    def _stamp(self, text: str) -> None:
        match = DATE.search(text, 0, STAMP_REACH)
        if match:
            self.stamps[1:] = [match[0]] if self.stamps else []
            self.stamps = self.stamps or [match[0]]


def _counted(counter: Place, epoch: float, *, nested: bool) -> Where:
    return Where(AXES[counter.kind], counter.x, epoch, math.nan if counter.of is None else float(counter.of), nested=nested)


def _totals(row: TextRow, survey: Survey) -> Iterator[tuple[str, int]]:
    """Yield (fact, total) of the places of a row that count the whole training."""
    for kind, name in ((Kind.EPOCH, "epochs"), (Kind.ROUND, "rounds"), (Kind.EPISODE, "episodes")):
        place = row.place(kind)
        if place is not None and place.of and not (kind is Kind.EPOCH and row.place(Kind.ROUND) is not None):
            yield name, place.of
    counter = row.counter
    if counter is not None and counter.of and "max_steps" in survey.plans and row.split in ("", "train"):
        yield "max_steps", counter.of


def places_of(rows: Sequence[TextRow]) -> int:
    """Return how many rows say where they stand."""
    return sum(bool(row.places) for row in rows)
