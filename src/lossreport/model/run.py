"""What was read from disk: sources, series, facts and events of one training run. `reading` makes
it, `analysis` reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from lossreport.model.guidance import Guidance
from lossreport.text import Phrase
from lossreport.values import dataclass

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FactValue = bool | int | float | str | tuple["FactValue", ...] | None
USER = "user"
"""The source id of facts given by --set, lossreport.toml or `facts=`."""
LONGEST_NAME: Final = 200
"""Characters of a name beyond which nobody asks what it means; the longest in our logs, of a
flattened configuration, has 150.
"""


class Axis(StrEnum):
    """What the x of a series counts."""

    STEP = "step"
    EPOCH = "epoch"
    ITERATION = "iteration"
    SAMPLES = "samples"
    TOKENS = "tokens"
    TIME = "time"
    ROW = "row"
    ROUND = "round"
    EPISODE = "episode"


class Statistic(StrEnum):
    """What one value of a series is: a single value, or some mean of many."""

    VALUE = "value"
    WINDOW_MEAN = "window_mean"
    WINDOW_MEDIAN = "window_median"
    RUNNING_MEAN = "running_mean"
    EPOCH_MEAN = "epoch_mean"
    EMA = "ema"
    SUM = "sum"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """How the run ended, as far as its logs tell."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    CRASHED = "crashed"
    RUNNING = "running"
    UNKNOWN = "unknown"


class EntityKind(StrEnum):
    """What tells series of one name apart: rows at one place under different keys are of different
    entities.
    """

    CLIENT = "client"
    RANK = "rank"
    ENV = "env"
    AGENT = "agent"
    WORKER = "worker"
    DOMAIN = "domain"
    DATASET = "dataset"
    LABEL = "label"
    TRIAL = "trial"


SegmentWhy = Literal["start", "resume", "restart", "new_run", "stage", "interleaved"]
GroundBy = Literal["declared", "name", "metrics", "config", "parser", "none"]
"""What told the kind of a metric; none: nothing did."""
EventKind = Literal[
    "nonfinite_exit",
    "oom",
    "traceback",
    "overflow",
    "resume",
    "killed",
    "timeout",
    "early_stop",
    "checkpoint",
    "other",
]


def frozen_floats(values: npt.ArrayLike) -> Floats:
    """Return a read-only float64 copy of one dimension."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def frozen_ints(values: npt.ArrayLike) -> Ints:
    """Return a read-only int64 copy of one dimension."""
    array = np.array(values, dtype=np.int64)
    array.setflags(write=False)
    return array


LAST_WORDS = 2
"""Rows that other ranks or a buffer still print behind the event that ends a run; after more of
them the training went on.
"""


def distinct(parts: Iterable[Ints]) -> Ints:
    """Return the values of arrays, each once, ascending. An array that stands there twice is looked
    at once, and one that rises throughout is taken as it is: the lines of all columns of a file are
    mostly one array.
    """
    held = unlike(list(parts))
    if len(held) == 1 and bool(np.all(held[0][1:] > held[0][:-1])):
        return held[0]
    return frozen_ints(np.unique(np.concatenate(held))) if held else frozen_ints([])


def unlike(arrays: Sequence[Ints]) -> list[Ints]:
    """Return the arrays without those that are equal to one before them."""
    held: list[Ints] = []
    known: dict[int, list[Ints]] = {}
    for one in {id(one): one for one in arrays}.values():
        alike = known.setdefault(hash(one.tobytes()), [])
        if not any(np.array_equal(one, other) for other in alike):
            alike.append(one)
            held.append(one)
    return held


def went_on(rows: Ints, line: int) -> bool:
    """Return whether training rows, by their lines, show that an event was not the end: it was
    caught, or the run resumed behind it.
    """
    lines = distinct([rows])
    after = int(np.count_nonzero(lines > line))
    return after > LAST_WORDS or (after > 0 and after == len(lines))


def id_prefix(run_id: str) -> str:
    """Return what stands before the ids of a run's series and findings: nothing for the first run,
    "r2-" for the second.
    """
    return "" if run_id == "r1" else f"{run_id}-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file (or one frame in memory) that numbers came from.

    `rows` counts the records read, `skipped` the lines that looked like records and could not be
    read, each with its reason in `skips` (line, reason; the first few). `unread` counts lines with
    numbers under a name that no reader knew. `torn` says that the last line ends in the middle.
    """

    id: str
    path: str
    parser: str
    sha256: str = ""
    bytes: int = 0
    rows: int = 0
    skipped: int = 0
    unread: int = 0
    skips: tuple[tuple[int, Phrase], ...] = ()
    encoding: str = "utf-8"
    lines: int = 0
    torn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSpan:
    """Rows of a series (first and last, from 0, both included) that belong to one uninterrupted
    stretch of training.
    """

    first_row: int
    last_row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """From `first_row` on the rows of a series stand in this source: of a series that a resumed run
    wrote into several files.
    """

    first_row: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """How a series was computed from others: their ids and the method ("deaverage", "epoch_last",
    "joined").
    """

    of: tuple[str, ...]
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """Whose values a series holds where several log the same metric: client 3, rank 0, the dataset
    "kitti".
    """

    kind: EntityKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind.value} {self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeGround:
    """On what ground a metric counts as its kind: what told (`by`), in words, and the names of the
    facts that were read for it.
    """

    by: GroundBy
    text: Phrase
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One row of a series: where it stands, and its value."""

    x: float
    row: int
    line: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Extent:
    """What is told of all `n` rows of a series: how many are not finite and the first of them, the
    first, last, lowest and highest of those that are, and which `rows` its arrays hold.
    """

    n: int
    nonfinite: int
    first_nonfinite: int | None
    first: Point | None
    last: Point | None
    lowest: Point | None
    highest: Point | None
    rows: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """One metric of one source: x as the log prints it, y, and the 1-based line of every row.
    Arrays are read-only, of equal length.

    `epoch` is the epoch of every row where the log prints one beside x, else empty. `window` counts
    logger iterations. `metric_type`, `type_ground` and `unit` are filled in by `analysis`.
    `resolution` is the step of the last printed decimal (0.0001 for "8.5123"), None where the log
    prints full precision. `pieces` is empty where all rows stand in `source`. `extent` is what a
    report made earlier tells of all rows, of which its arrays may hold some only.
    """

    id: str
    run: str
    name: str
    split: str
    axis: Axis
    statistic: Statistic
    source: str
    path: str
    x: Floats
    y: Floats
    line: Ints
    epoch: Floats = field(default_factory=lambda: frozen_floats([]))
    window: int | None = None
    unit: str = ""
    metric_type: str = "generic"
    type_ground: TypeGround | None = None
    derived: Derived | None = None
    segments: tuple[SegmentSpan, ...] = ()
    resolution: float | None = None
    pieces: tuple[Piece, ...] = ()
    entity: Entity | None = None
    extent: Extent | None = None

    def source_of(self, row: int) -> str:
        """Return the id of the source that a row stands in."""
        return next(
            (piece.source for piece in reversed(self.pieces) if piece.first_row <= row), self.source
        )

    @property
    def label(self) -> str:
        """Return how a reader calls the series: its name, its split before it where it is not of
        training, its entity behind it.
        """
        name = self.name if self.split == "train" else f"{self.split}/{self.name}"
        return name if self.entity is None else f"{name} [{self.entity}]"

    @property
    def key(self) -> str:
        """Return the name that is stable from report to report:
        `train/closs@log_train.txt:epoch_mean`.
        """
        whose = f"[{self.entity.kind.value}={self.entity.value}]" if self.entity else ""
        how = f":{self.derived.how}" if self.derived else ""
        return f"{self.split}/{self.name}{whose}@{self.path}:{self.statistic.value}{how}"

    def __len__(self) -> int:
        return len(self.y)


def extent_of(series: Series) -> Extent:
    """Return what all rows of a series come to: as it is told, else by its arrays."""
    if series.extent is not None:
        return series.extent
    finite = np.flatnonzero(np.isfinite(series.y))
    broken = np.flatnonzero(~np.isfinite(series.y))
    y = series.y[finite]

    def point(at: int) -> Point | None:
        row = int(finite[at])
        x, value = float(series.x[row]), float(series.y[row])
        return Point(x=x, row=row, line=int(series.line[row]), value=value)

    return Extent(
        n=len(series),
        nonfinite=len(broken),
        first_nonfinite=int(broken[0]) if len(broken) else None,
        first=point(0) if len(finite) else None,
        last=point(-1) if len(finite) else None,
        lowest=point(int(y.argmin())) if len(finite) else None,
        highest=point(int(y.argmax())) if len(finite) else None,
        rows=frozen_ints(np.arange(len(series))),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something known about the run besides its metrics; `source` is a source id or "user", `line`
    is None for the user's.

    `origin` says where the user wrote it: "--set", "lossreport.toml:4", or nothing where a call
    gave it.
    """

    name: str
    value: FactValue
    source: str
    line: int | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something the log says in words: an exit on a non-finite loss, a resume, a traceback.

    `ends` is set on those by which a launch ended: how it did. `frame` is the place in the run's
    own code that a traceback shows, `train.py:42`; `cause` the id of the ending that the words are
    known for (`knowledge/endings/`), filled in by `analysis`.
    """

    kind: EventKind
    source: str
    line: int
    quote: str
    ends: Status | None = None
    frame: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of lines of one source that was written by one uninterrupted process."""

    source: str
    first_line: int
    last_line: int
    why: SegmentWhy


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What was completed and what was planned; None where the logs do not say."""

    epochs: tuple[int | None, int | None] = (None, None)
    steps: tuple[int | None, int | None] = (None, None)

    @property
    def is_done(self) -> bool:
        """Whether the epochs or the steps that were planned are all there."""
        return any(
            done is not None and planned is not None and done >= planned
            for done, planned in (self.epochs, self.steps)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What one process (or one start of it) wrote into one source: its lines, how it ended, how far
    it came, its own settings.
    """

    source: str
    first_line: int
    last_line: int
    status: Status = Status.UNKNOWN
    progress: Progress = field(default_factory=Progress)
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """How sure it is that the rows of a run belong together: 0 (a tie) to 1, on what ground, and
    the reading that comes next.

    `chosen` says in words how they are read. `other` is None where no other reading comes near; it
    names the `option` that would choose it (`read.runs=writers`).
    """

    margin: float = 1.0
    because: tuple[Phrase, ...] = ()
    other: Phrase | None = None
    option: str = ""
    chosen: Phrase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNote:
    """What a parser noticed about the form of one source, for the checks of `analysis`: a kind, the
    lines, and details.
    """

    kind: Literal["key_order", "averaged_stats"]
    source: str
    lines: tuple[int, ...]
    details: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file or path that was looked at and not used, with the reason."""

    path: str
    reason: Phrase
    code: str = "unrecognised"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """One training run: all that its files say, each number with its source and line."""

    id: str
    name: str
    sources: tuple[Source, ...]
    series: tuple[Series, ...]
    facts: tuple[Fact, ...] = ()
    events: tuple[Event, ...] = ()
    segments: tuple[Segment, ...] = ()
    status: Status = Status.UNKNOWN
    progress: Progress = field(default_factory=Progress)
    time: tuple[str | None, str | None] = (None, None)
    notes: tuple[SourceNote, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    guidance: Guidance = field(default_factory=Guidance)
    launches: tuple[Launch, ...] = ()
    reading: Weighing = field(default_factory=Weighing)

    @property
    def counts_rounds(self) -> bool:
        """Whether what `progress` counts as epochs are the rounds of a federation: some series
        stands on rounds, none on epochs.
        """
        axes = {series.axis for series in self.series}
        return Axis.ROUND in axes and Axis.EPOCH not in axes

    def fact(self, name: str) -> Fact | None:
        """Return the fact of that name that counts: the user's before the files', a config file's
        before a log's dump.
        """
        found = [fact for fact in self.facts if fact.name == name]
        return next((fact for fact in found if fact.source == USER), found[0] if found else None)

    def value(self, name: str, default: Any = None) -> Any:
        """Return the value of a fact, or `default`."""
        fact = self.fact(name)
        return default if fact is None else fact.value

    def source(self, source_id: str) -> Source:
        """Return a source by id; raises KeyError where it is unknown."""
        for source in self.sources:
            if source.id == source_id:
                return source
        raise KeyError(source_id)


ENDINGS: Final[Mapping[Status, tuple[EventKind, ...]]] = {
    Status.CRASHED: ("nonfinite_exit", "oom", "traceback"),
    Status.INTERRUPTED: ("killed", "timeout"),
    Status.FINISHED: ("early_stop",),
}
"""How a run has ended that says such an event last, unless its words tell otherwise."""


def last_words(run: Run) -> tuple[Event, ...]:
    """Return the events behind which no training goes on, in their order."""
    mine = [series for series in run.series if series.split == "train" and not series.derived]
    lines = {
        source.id: [series.line for series in mine if series.source == source.id]
        for source in run.sources
    }
    return tuple(
        event
        for event in run.events
        if not any(went_on(rows, event.line) for rows in lines.get(event.source, ()))
    )


def ending(run: Run) -> Event | None:
    """Return the first event of those that ended a run which did not end by itself; None where the
    log quotes none.

    Of a signal and a traceback the first is the cause, the other its consequence. What a program
    itself printed says more than what stood beside it and noted its exit code.
    """
    if run.status not in (Status.CRASHED, Status.INTERRUPTED):
        return None
    last = last_words(run)
    told = [event for event in last if event.ends is run.status]
    ends = told or [
        event for event in last if event.ends is None and event.kind in ENDINGS[run.status]
    ]
    beside = {source.id for source in run.sources if source.parser == MEMORY}
    return min(ends, key=lambda event: (event.source in beside, event.line), default=None)


MEMORY: Final = "lossreport_memory"
"""What our own hooks and the wrapper of a program write."""


def is_epoch_level(series: Series) -> bool:
    """Return whether each row already averages a whole epoch (or is the only row of one); rows at
    0.13 and 0.27 stand inside one.

    Rows without a place that name the same epoch again and again stand inside it, too.
    """
    if series.axis is Axis.ROW:
        return len(series.epoch) < 2 or float(np.mean(np.diff(series.epoch) == 0)) < MOSTLY
    return series.axis is Axis.EPOCH and bool(np.all(series.x == np.floor(series.x)))


MOSTLY: Final = 0.5
"""A row in two names the epoch of the row before: those that an evaluation or a resume repeats are
fewer.
"""


def shown_x(x: float) -> int | float:
    """Return an x as the log prints it: whole numbers without a decimal point."""
    return int(x) if float(x).is_integer() else float(x)
