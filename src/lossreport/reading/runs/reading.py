"""What one file gave: its records sorted by kind, its series as columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Final

import numpy as np

from lossreport import regex as re
from lossreport.errors import LogError
from lossreport.model.run import (
    Floats,
    Ints,
    SegmentWhy,
    Skipped,
    Weighing,
    frozen_floats,
    frozen_ints,
)
from lossreport.reading.bytes.encoding import WIDE
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.coco import measured
from lossreport.reading.kit.events import PREFIX, REACH, is_exception, quote, raised
from lossreport.reading.kit.phrases import word_of
from lossreport.reading.kit.tracebacks import own_frame
from lossreport.reading.parser import (
    ColumnChunk,
    ColumnKey,
    Numbers,
    Parser,
    RawEvent,
    RawFact,
    RawNote,
    RawSegment,
    RawStatus,
    RawTime,
    Refusal,
    RowsRead,
    Shared,
    SkippedLine,
    Unread,
)
from lossreport.reading.runs.sound import NOT_COUNTED, sound_chunk, sound_fact
from lossreport.text import Text
from lossreport.values import dataclass

NO_RECORD = Text(zh="{parser} 在其中没有找到记录", en="{parser} found no record in it")
BROKEN_OFF = Text(
    zh="压缩文件在此之后损坏或不完整",
    en="the compressed file is damaged or truncated after this line",
)
ZEROS = Text(
    zh="从这一行起有零字节，已跳过：那里原来的内容没有写到磁盘上",
    en="zero bytes from here on are skipped: what stood there was never written to the disk",
)
TEXTUAL: Final = re.compile(r"\.(?:csv|tsv|txt|log|out|err|jsonl?)$", re.IGNORECASE)
"""Names of files of text; stores of trackers hold zeros by right."""
REFUSED: Final = "refused"
"""Code of a file that a parser knows and cannot read."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """All values of one series of a file; see `ColumnChunk`. `of` is as long as x.

    `file` says in which of the reading's files each row stands, by its number; it is empty where
    all stand in one.
    """

    x: Floats
    y: Floats
    line: Ints
    epoch: Floats
    of: Floats
    file: Ints = field(default_factory=lambda: frozen_ints([]))

    def part(self, keep: slice | Ints) -> Column:
        """Return some of the rows."""
        return Column(
            x=frozen_floats(self.x[keep]),
            y=frozen_floats(self.y[keep]),
            line=frozen_ints(self.line[keep]),
            epoch=frozen_floats(self.epoch[keep]),
            of=frozen_floats(self.of[keep]),
            file=frozen_ints(self.file[keep] if len(self.file) else []),
        )


@dataclass(kw_only=True)
class Reading:
    """What one file, or one run of a file, gave before it is merged into a run: from `first_line`
    on, begun for the reason `why`.

    `begins` is the line where the program that wrote it was started, 0 where nothing tells. `name`
    is what the rows themselves call their run (fold 1), `weighing` how sure it is that they belong
    together. `curve_of` is the folder of the run whose single curve the file holds; None where it
    holds what its own folder says. `echoed` are the lines of rows that count in another file of the
    run. `unread` are the lines with numbers that neither its parser nor the second pass has read;
    see `leftovers.py`.
    """

    log: LogFile
    parser: Parser
    columns: dict[ColumnKey, Column] = field(default_factory=dict)
    facts: list[RawFact] = field(default_factory=list)
    events: list[RawEvent] = field(default_factory=list)
    segments: list[RawSegment] = field(default_factory=list)
    notes: list[RawNote] = field(default_factory=list)
    skips: list[SkippedLine] = field(default_factory=list)
    status: list[RawStatus] = field(default_factory=list)
    stamps: list[RawTime] = field(default_factory=list)
    unread: Ints = field(default_factory=lambda: frozen_ints([]))
    echoed: Ints = field(default_factory=lambda: frozen_ints([]))
    rows: int = 0
    lines: int = 0
    first_line: int = 1
    begins: int = 0
    part: int = 0
    why: SegmentWhy = "start"
    is_cut: bool = False
    name: str = ""
    curve_of: str | None = None
    weighing: Weighing = field(default_factory=Weighing)
    inner: frozenset[ColumnKey] = frozenset()
    """Columns of which `of` is not the total of the training but the place where the epoch of the
    row ends.
    """
    gathered: list[Reading] = field(default_factory=list)

    @property
    def files(self) -> list[Reading]:
        """The readings of single files of which this one was gathered, or only itself."""
        return self.gathered or [self]

    @property
    def path(self) -> str:
        """How the file is called in the report, or the store of a file an epoch."""
        shown = self.log.shown
        return (
            self.parser.gather(shown) if self.gathered and self.parser.gather is not None else shown
        )

    def without(self, keys: Collection[ColumnKey]) -> Reading:
        """Return the reading without columns that another file of the run tells; their lines are
        still those of its training.
        """
        left = {key: column for key, column in self.columns.items() if key not in keys}
        lines = [self.columns[key].line for key in keys if key.split == "train"]
        return (
            replace(
                self,
                columns=left,
                echoed=frozen_ints(np.unique(np.concatenate([self.echoed, *lines]))),
            )
            if keys
            else self
        )

    @property
    def longest(self) -> Column | None:
        """The column with the most rows, or None where there is none."""
        return max(self.columns.values(), key=lambda column: len(column.x), default=None)


def read_log(log: LogFile, parser: Parser) -> Reading | Skipped:
    """Read one file with its parser; a file without a record, or one that the parser refuses, is
    skipped with that reason.
    """
    reading = Reading(log=log, parser=parser)
    chunks: dict[ColumnKey, list[ColumnChunk]] = {}
    uncounted = set[int]()
    for record in parser.read(log):
        if isinstance(record, Refusal):
            return Skipped(path=log.shown, reason=record.reason, code=REFUSED)
        if isinstance(record, ColumnChunk):
            sound, lost = sound_chunk(record)
            uncounted.update(lost.tolist())
            if len(sound.x):
                chunks.setdefault(record.key, []).append(sound)
        else:
            _take(reading, record)
    joining = _Joining()
    first = {key: joining.column(parts) for key, parts in chunks.items()}
    more, reading.unread = _second_pass(log, reading.unread, first)
    reading.rows += len({line for column in more.values() for line in column.line.tolist()})
    reading.columns = dict(_measured(first | more))
    reading.skips += [SkippedLine(line, NOT_COUNTED) for line in sorted(uncounted)]
    reading.skips += [SkippedLine(line, CUT) for line in sorted(log.cut_lines)]
    reading.skips += [SkippedLine(line, SPENT) for line in sorted(log.out_of_time)[:1]]
    reading.events = list(_few_remarks(_with_exceptions(reading)))
    if (zeros := _zeros(log)) is not None:
        reading.skips.insert(0, zeros)
    if log.damaged:
        reading.skips.append(SkippedLine(reading.lines, BROKEN_OFF, torn=True))
    if not reading.columns and not reading.facts and not reading.events:
        if log.out_of_time:
            return Skipped(path=log.shown, reason=SPENT(), code=LogError.code)
        return Skipped(path=log.shown, reason=NO_RECORD(parser=parser.id), code="empty")
    return reading


def _second_pass(
    log: LogFile, unread: Ints, first: Mapping[ColumnKey, Column]
) -> tuple[dict[ColumnKey, Column], Ints]:
    """Return what the lines that a parser did not know say, and those with numbers that stay
    unread; see `leftovers.py`.
    """
    if not len(unread):
        return {}, unread
    from lossreport.reading.runs.leftovers import leftovers  # loads the reader of any text

    known = {
        key: ColumnChunk(key, held.x, held.y, held.line, held.epoch, held.of)
        for key, held in first.items()
    }
    found, left = leftovers(log, unread, known)
    joining = _Joining()
    return {key: joining.column([chunk]) for key, chunk in found.items() if key not in first}, left


def _zeros(log: LogFile) -> SkippedLine | None:
    """Return where a table or a log holds zero bytes: they are left out, and what they were written
    over is lost.
    """
    at = log.head.find(b"\0")
    if at < 0 or log.encoding in WIDE or not TEXTUAL.search(log.shown):
        return None
    return SkippedLine(log.head.count(b"\n", 0, at) + 1, ZEROS)


def _measured(columns: Mapping[ColumnKey, Column]) -> Iterator[tuple[ColumnKey, Column]]:
    """Yield the columns without the -1 that detection programs write where there was nothing to
    measure.
    """
    for key, column in columns.items():
        rows = measured(key.name, column.y)
        kept = column if rows is None else column.part(rows)
        if len(kept.x):
            yield key, kept


def _with_exceptions(reading: Reading) -> Iterator[RawEvent]:
    """Yield the events, of a traceback the exception that it ends with: the line that says why; the
    last few of many only.
    """
    open_ones = [event for event in reading.events if event.kind == "traceback"][-LAST_TRACEBACKS:]
    if not open_ones:
        yield from reading.events
        return
    found, frames = _exceptions(reading, [event.line for event in open_ones])
    said = {event.line for event in reading.events if event.kind not in ("traceback", "other")}
    of_tracebacks = {exception[0] for exception in found.values() if exception is not None}
    begun = 0  # of a traceback without its exception yet
    for event in reading.events:
        if event.kind == "traceback":
            exception, begun = found.get(event.line), event.line
            if exception == PASSED_OVER:
                continue
            if exception is None:
                yield event
            elif exception[0] not in said:
                # else the line is an event already: out of memory, an interrupt
                yield replace(
                    event,
                    line=exception[0],
                    quote=quote(exception[1]),
                    frame=frames.get(exception[0], ""),
                )
        elif (
            event.kind == "other"
            and (event.line in of_tracebacks or (begun and event.line - begun <= REACH))
            and is_exception(event.quote)
        ):
            begun = 0  # the end of a traceback, no exception by itself
        else:
            yield replace(event, frame=frames.get(event.line, ""))


def _few_remarks(events: Iterable[RawEvent]) -> Iterator[RawEvent]:
    """Yield the events, of warnings that say the same the first few: LightGBM prints one at every
    tree.
    """
    seen: Counter[str] = Counter()
    for event in events:
        if event.kind == "other" and event.ends is None:
            word = word_of(event.quote)
            seen[word] += 1
            if seen[word] > REMARKS_KEPT:
                continue
        yield event


REMARKS_KEPT: Final = 3


def _exceptions(
    reading: Reading, starts: Sequence[int]
) -> tuple[dict[int, tuple[int, str] | None], dict[int, str]]:
    """Return the exception (line, text) that each traceback ends with, by the line where it begins;
    and by its line the own frame.

    Python passes over exceptions of objects that are taken down, and says so above their traceback.
    """
    below: dict[int, list[tuple[int, str]]] = {start: [] for start in starts}
    passed_over, before = set[int](), ""
    for line in reading.log.lines():
        if line.number in below and before.lstrip().startswith(IGNORED):
            passed_over.add(line.number)
        before = line.text
        for start, held in below.items():
            if line.number > start and len(held) <= REACH:
                # of a large log no more than what a traceback may take
                held.append((line.number, line.text))
    found = {
        start: PASSED_OVER if start in passed_over else raised(lines)
        for start, lines in below.items()
    }
    frames = {
        end[0]: own_frame(
            PREFIX.sub("", text, count=1) for number, text in below[start] if number < end[0]
        )
        for start, end in found.items()
        if end is not None
    }
    return found, frames


SPENT = Text(
    zh="一个文件可用的处理器时间（60 秒，外加每 MB 30 秒）已经用完，从这一行起没有读",
    en="the processor time that a file may take (60 s, and 30 s for each megabyte) is spent; "
    "from this line on nothing was read",
)
CUT = Text(
    zh="这一行超过 32 MiB，其余部分没有读",
    en="the line has more than 32 MiB; what follows in it was not read",
)
IGNORED: Final = "Exception ignored in"
PASSED_OVER: Final = (0, IGNORED)


LAST_TRACEBACKS: Final = 8


def _take(reading: Reading, record: object) -> None:
    match record:
        case RawFact():
            reading.facts.append(sound_fact(record))
        case RawEvent():
            reading.events.append(record)
        case RawSegment():
            reading.segments.append(record)
        case RawNote():
            reading.notes.append(record)
        case RawStatus():
            reading.status.append(record)
        case RawTime():
            reading.stamps.append(record)
        case RowsRead():
            reading.rows, reading.lines = record.rows, record.lines
        case SkippedLine():
            reading.skips.append(record)
        case Unread():
            reading.unread = record.places
        case _:
            raise TypeError(f"{reading.parser.id} yielded {record!r}, which is no record")


class _Joining:
    """Joins the chunks of columns; what several columns say alike, places and lines, is joined and
    kept once.
    """

    def __init__(self) -> None:
        self._shared = Shared()
        self._made: dict[tuple[int, ...], Any] = {}
        self._unprinted: dict[int, Floats] = {}

    def column(self, chunks: Sequence[ColumnChunk]) -> Column:
        """Return a column as a whole; its chunks outlive the joining."""
        x = self._floats([chunk.x for chunk in chunks])
        return Column(
            x=x,
            y=_floats([chunk.y for chunk in chunks]),
            line=self._once([chunk.line for chunk in chunks], _ints),
            epoch=self._floats([chunk.epoch for chunk in chunks]),
            of=self._totals(chunks, len(x)),
        )

    def _totals(self, chunks: Sequence[ColumnChunk], count: int) -> Floats:
        if any(len(chunk.of) for chunk in chunks):
            return self._floats(
                [chunk.of if len(chunk.of) else np.full(len(chunk.x), np.nan) for chunk in chunks]
            )
        if count not in self._unprinted:
            self._unprinted[count] = self._shared.of(frozen_floats(np.full(count, np.nan)))
        return self._unprinted[count]

    def _floats(self, parts: Sequence[Floats]) -> Floats:
        return self._once(parts, _floats)

    def _once(
        self, parts: Sequence[Numbers], join: Callable[[Sequence[Numbers]], Numbers]
    ) -> Numbers:
        """Return parts as one array: that of the column before, where these are its very parts or
        say the same.
        """
        identity = tuple(map(id, parts))
        if identity not in self._made:
            # held on to, so that no other array can be called like them
            self._made[identity] = self._shared.of(join(parts)), parts
        return self._made[identity][0]  # type: ignore[no-any-return]


def _floats(parts: Sequence[Floats]) -> Floats:
    """Return parts as one read-only array; one that is read-only by itself is not copied."""
    whole = (
        parts[0]
        if len(parts) == 1 and not parts[0].flags.writeable
        else np.concatenate(parts, dtype=np.float64)
    )
    whole.setflags(write=False)
    return whole


def _ints(parts: Sequence[Ints]) -> Ints:
    whole = (
        parts[0]
        if len(parts) == 1 and not parts[0].flags.writeable
        else np.concatenate(parts, dtype=np.int64)
    )
    whole.setflags(write=False)
    return whole


def with_header(reading: Reading, line: int) -> int:
    """Return the line from which a launch's own lines count: its settings, and the word that it
    resumes, stand between the last row before and its first.

    How the launch before ended, and what its trainer summed up with it, stands before them.
    """
    before = max(
        [
            last_row(reading, line),
            *(status.line for status in reading.status if status.sure and status.line < line),
        ]
    )
    resumes = [event.line for event in reading.events if event.kind == "resume"]
    return min(
        (at for at in (*(fact.line for fact in reading.facts), *resumes) if before < at < line),
        default=line,
    )


def last_row(reading: Reading, before: int) -> int:
    """Return the line of the last row of any series before a line; 0 where there is none."""
    places = (
        (column, int(np.searchsorted(column.line, before))) for column in reading.columns.values()
    )
    return max((int(column.line[place - 1]) for column, place in places if place), default=0)


def row_after(reading: Reading, line: int) -> int:
    """Return the first line of any series behind a line; 0 where there is none."""
    places = (
        (column.line, int(np.searchsorted(column.line, line, side="right")))
        for column in reading.columns.values()
    )
    return min((int(lines[at]) for lines, at in places if at < len(lines)), default=0)
