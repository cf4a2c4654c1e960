"""What a note can claim of a run: a closed union of checkable statements, each with the line and the words it was read from."""

from __future__ import annotations

from typing import Literal

from lossreport.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number as the note prints it; `unit` is one unit of its last digit, which rounding and truncation both stay within."""

    value: float
    unit: float

    def fits(self, value: float) -> bool:
        """Return whether `value` may have been printed like this."""
        return abs(value - self.value) <= 1.001 * self.unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a claim stands: the line of the note and its words; `source` is the log file that the passage is about, where it names one."""

    line: int
    quote: str
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueAt:
    """A metric has a value at an epoch or step; `x` None: somewhere."""

    origin: Origin
    metric: str
    number: Number
    x: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeOf:
    """The rows of a metric lie between two numbers; `ordinary`: those that are no spike."""

    origin: Origin
    metric: str
    low: Number
    high: Number
    ordinary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendOf:
    """A metric falls or rises as a whole."""

    origin: Origin
    metric: str
    direction: Literal["falls", "rises"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A metric (None: the run) has converged or is stable, or has not."""

    origin: Origin
    metric: str | None
    word: Literal["converged", "stable", "not_converged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikesAt:
    """A metric has spikes at these epochs or steps."""

    origin: Origin
    metric: str
    x: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareOf:
    """A term holds so much of the total loss (0..1)."""

    origin: Origin
    metric: str
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
    metric: str | None
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
    """So many epochs were trained."""

    origin: Origin
    count: int


Claim = ValueAt | RangeOf | TrendOf | Settled | SpikesAt | ShareOf | LowestPossible | Logarithm | PerDimension | FactIs | EpochCount
