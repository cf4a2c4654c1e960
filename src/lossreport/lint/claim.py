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
        return Number(
            value=self.value * factor, unit=self.unit * factor, digits=self.digits, about=self.about
        )


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


Unit = Literal["epoch", "step", "any"]
"""What a place counts: epochs, steps or iterations, or what the logs count ("round 19")."""
Which = Literal[
    "at", "somewhere", "first", "last", "least", "greatest", "best", "reached", "began", "ended"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An epoch or step that the note names."""

    x: float
    unit: Unit = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueAt:
    """A metric has a value: at a place, at the start or the end, as its extreme, somewhere.

    `reached`: it comes so far; `began` and `ended`: it begins or ends there, or has an extreme
    there.

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
    as a whole or at its end. `worse` and `better` are told by what it should do.
    """

    origin: Origin
    metric: Metric
    direction: Literal["falls", "rises", "worse", "better"]
    over: Literal["every", "throughout", "end", "since", "some"]
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something is said to have happened to the run, or (`denied`) not to have: to one metric where
    it is named, at a place where one is.
    """

    origin: Origin
    what: Literal[
        "overfit", "nonfinite", "early_stop", "finished", "broke_off", "explosion", "spike"
    ]
    denied: bool = False
    metric: Metric | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountOf:
    """So many steps were trained, so many evaluations made."""

    origin: Origin
    what: Literal["steps", "evaluations", "rounds"]
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


Claim = (
    ValueAt
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
