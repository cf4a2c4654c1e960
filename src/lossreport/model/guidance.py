"""What the user knows and the logs do not: other thresholds, references of their own, findings to leave alone. Facts are apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date

from lossreport.text import Text
from lossreport.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A threshold that a user may set under `[threshold]`: its name, its default, the least and the largest value that make sense, what it decides.

    It is declared by the detector that uses it. All are relative (0.1 is 10 %).
    """

    name: str
    default: float
    low: float
    high: float
    meaning: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReference:
    """A value the user compares a metric with, and where it is from."""

    metric: str
    value: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedRange:
    """Where the last values of one metric lay in the user's own archive: how many runs, median, 10 and 90 %, and of which days.

    `days` is empty where no log prints a date; `source` names the file.
    """

    metric_type: str
    name: str
    split: str
    n: int
    median: float
    low: float
    high: float
    days: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRule:
    """Findings that the user has looked at and wants left out, why, and until which day; None fits every kind, metric or place.

    `until` is compared with the last time stamp of the run, not with the clock: the same input gives the same report for ever.
    """

    reason: str
    kind: str | None = None
    metric: str | None = None
    key: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """All of it. `origins` says where the user's facts and thresholds were written ("lossreport.toml:4"), by name."""

    thresholds: Mapping[str, float] = field(default_factory=dict)
    references: tuple[OwnReference, ...] = ()
    learned: tuple[LearnedRange, ...] = ()
    ignored: tuple[IgnoreRule, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)

    def in_force(self, threshold: Threshold) -> float:
        """Return the value of a threshold: the user's, or its default."""
        return self.thresholds.get(threshold.name, threshold.default)
