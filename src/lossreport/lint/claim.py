"""What a note can claim of a run: a closed union of checkable statements, each with the line and
the words it was read from.
"""

from __future__ import annotations

from typing import Final, Literal

from lossreport.values import dataclass

CUT: Final = 3
"""From so many significant digits on a value that was cut off instead of rounded (3.26 for 3.268)
is the same value; 0.5 is not 0.6.
"""
BRIEF: Final = 2
"""A round number of so many digits behind "about" may miss by one unit of its last."""
FULL: Final = 1.001
"""A share never passes one: what is written in per cent of a metric within this is a share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number as the note prints it: `unit` is one unit of its last digit, `digits` how many of
    them count; `about` where the note says so.
    """

    value: float
    unit: float
    digits: int = CUT
    percent: bool = False
    about: bool = False

    def fits(self, value: float) -> bool:
        """Return whether `value` is this number when it is written with as many digits: rounded, or
        cut off where they are three.
        """
        gap = abs(value) - abs(self.value)
        if abs(value - self.value) <= (0.5 + 1e-6) * self.unit:
            return True
        if self.about and self.digits >= BRIEF:
            return abs(gap) <= FULL * self.unit
        return self.digits >= CUT and value * self.value >= 0 and 0 <= gap < FULL * self.unit

    def on(self, scale: float) -> Number:
        """Return the number on the scale of a metric whose greatest value is `scale`: 80.3 % of an
        accuracy that is logged as 0.803.
        """
        factor = 0.01 if self.percent and scale <= FULL else 1.0
        # 0 and 1 of a share are no whole numbers
        unit = min(self.unit * factor, 0.1) if scale <= FULL else self.unit * factor
        return Number(value=self.value * factor, unit=unit, digits=self.digits, about=self.about)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What a note names: a metric of the logs, and the split where it says one (train, val, test;
    "" where it does not).
    """

    name: str
    split: str = ""

    def __str__(self) -> str:
        return f"{self.split}/{self.name}" if self.split and self.split != "train" else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a claim stands: the line of the note and its words; `source` is the log file that the
    passage is about, where it names one.

    `near`: the line itself names it.
    """

    line: int
    quote: str
    source: str | None = None
    near: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much, as an interval: a `share` of what it was (0.5: halved), what is `left` of it, a
    `factor`, `points` of a per cent (as a share), or a `gap` in the metric's own unit.
    """

    kind: str
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Return whether a value is so much."""
        return self.low <= value <= self.high


Unit = Literal["epoch", "step", "any", "first"]
"""What a place counts: epochs, steps or iterations, or what the logs count ("round 19"); `first` is
the first row, whatever its number.
"""
Which = Literal[
    "at",
    "somewhere",
    "first",
    "last",
    "least",
    "greatest",
    "best",
    "reached",
    "sunk",
    "risen",
    "began",
    "ended",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An epoch or step that the note names."""

    x: float
    unit: Unit = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueAt:
    """A metric has a value: at a place, at the start or the end, as its extreme, somewhere.

    `reached`: it comes so far, `sunk` and `risen` behind its highest or lowest row; `began` and
    `ended`: it begins or ends there, or has an extreme there.

    `metric` None: whichever metric has a spike.
    """

    origin: Origin
    metric: Metric | None
    number: Number
    place: Place | None = None
    which: Which = "somewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class BestAt:
    """A metric (None: the one that counts) has its least, greatest or best value at a place; None:
    in its last row.
    """

    origin: Origin
    metric: Metric | None
    which: Literal["least", "greatest", "best"]
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundOf:
    """Values of a metric lie above or below a number.

    Which of them: every one, some, or the last one, of all or of those at a place (`since`: from it
    on); `told` does not say ("is below 2"), `ends` is some and perhaps the last.
    """

    origin: Origin
    metric: Metric
    number: Number
    side: Literal["above", "below"]
    over: Literal["every", "some", "last", "ends", "told"]
    place: Place | None = None
    since: bool = False
    last_rows: int = 0
    way: Literal["", "sunk", "risen"] = ""
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSince:
    """From a place on a metric has one value."""

    origin: Origin
    metric: Metric
    number: Number
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantIs:
    """A metric has one value throughout."""

    origin: Origin
    metric: Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseOf:
    """How a metric goes: at every row, to the end, in its last rows, from a place on, or (`some`)
    as a whole or at its end. `worse` and `better` are told by what it should do; `flat`: it keeps
    its level.
    """

    origin: Origin
    metric: Metric
    direction: Literal["falls", "rises", "worse", "better", "flat"]
    over: Literal["every", "throughout", "end", "since", "some"]
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something is said to have happened to the run, or (`denied`) not to have: to one metric where
    it is named, at a place where one is.
    """

    origin: Origin
    what: Literal[
        "overfit",
        "nonfinite",
        "early_stop",
        "finished",
        "broke_off",
        "explosion",
        "spike",
        "restart",
        "healthy",
        "failed",
        "diverged",
        "recovered",
    ]
    denied: bool = False
    metric: Metric | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountOf:
    """So many steps were trained, so many evaluations made, so many spikes seen; an evaluation or
    a checkpoint came every so many steps.
    """

    origin: Origin
    what: Literal[
        "steps", "evaluations", "rounds", "spikes", "evaluation_interval", "save_interval"
    ]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeOf:
    """The rows of a metric lie between two numbers; `ordinary`: those that are no spike."""

    origin: Origin
    metric: Metric
    low: Number
    high: Number
    ordinary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendOf:
    """A metric falls or rises as a whole."""

    origin: Origin
    metric: Metric
    direction: Literal["falls", "rises"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A metric (None: the run) has converged or is stable, or has not."""

    origin: Origin
    metric: Metric | None
    word: Literal["converged", "stable", "not_converged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikesAt:
    """A metric has spikes at these epochs or steps; None: some metric."""

    origin: Origin
    metric: Metric | None
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareOf:
    """A term holds so much of the total loss (0..1)."""

    origin: Origin
    metric: Metric
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LowestPossible:
    """The logarithm of a number of classes is called the least loss possible."""

    origin: Origin
    classes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Logarithm:
    """A natural logarithm was worked out."""

    origin: Origin
    classes: int
    number: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class PerDimension:
    """A mean error was divided by the number of dimensions."""

    origin: Origin
    metric: Metric | None
    number: Number
    dimensions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FactIs:
    """A setting of the run has a value."""

    origin: Origin
    name: str
    number: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochCount:
    """So many epochs were trained, or (`planned`) set."""

    origin: Origin
    count: int
    planned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedBy:
    """A metric fell or rose by so much: from its first row, its best one (`since_best`), or the row
    at `start`, to its end or the row at `end`.

    `better` and `worse` are told by what it should do; `last_rows` counts the rows back from the
    end that are spoken of; `vaguely`: from when on is not said.
    """

    origin: Origin
    metric: Metric
    direction: Literal["falls", "rises", "worse", "better", "any"]
    amount: Amount
    start: Place | None = None
    end: Place | None = None
    since_best: bool = False
    last_rows: int = 0
    vaguely: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One metric stands above, below or at another: at the end, in every row, at a place or from it
    on (`since`), by so much where an amount is told.

    `near`: about equal; `far`: not; `widens` and `narrows`: what lies between them.
    """

    origin: Origin
    one: Metric
    other: Metric
    relation: Literal["above", "below", "apart", "near", "far", "widens", "narrows"]
    amount: Amount | None = None
    over: Literal["end", "every"] = "end"
    place: Place | None = None
    since: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyShare:
    """So much of all that a metric (None: the one that counts) got better came up to a place."""

    origin: Origin
    metric: Metric | None
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class EndsBeside:
    """A metric ends above or below where it began, or better or worse, by what it should do."""

    origin: Origin
    metric: Metric
    side: Literal["above", "below", "better", "worse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoBetterSince:
    """From a place on (None: ever), or in its last rows, a metric has no row better than the best
    before; `rising`: none higher, False: none lower.
    """

    origin: Origin
    metric: Metric
    place: Place | None
    rising: bool | None = None
    last_rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAt:
    """The row at a place (None: the last) is above or below the one before it."""

    origin: Origin
    metric: Metric
    direction: Literal["falls", "rises"]
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnsAt:
    """A metric falls first and rises then, or the other way round."""

    origin: Origin
    metric: Metric
    first: Literal["falls", "rises"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateIs:
    """The learning rate has a shape, or (`denied`) has not: `steps` long where it is a warm-up."""

    origin: Origin
    shape: Literal["warmup", "cosine", "linear", "decays", "to_zero", "constant"]
    steps: int | None = None
    denied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """The training took between `low` and `high` seconds."""

    origin: Origin
    low: float
    high: float


Claim = (
    ChangedBy
    | Compared
    | EarlyShare
    | EndsBeside
    | NoBetterSince
    | StepAt
    | TurnsAt
    | RateIs
    | Took
    | ValueAt
    | BestAt
    | BoundOf
    | LevelSince
    | ConstantIs
    | CourseOf
    | Happened
    | CountOf
    | RangeOf
    | TrendOf
    | Settled
    | SpikesAt
    | ShareOf
    | LowestPossible
    | Logarithm
    | PerDimension
    | FactIs
    | EpochCount
)
