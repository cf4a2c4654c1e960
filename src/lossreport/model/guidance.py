"""What the user knows and the logs do not: other thresholds, references of their own, findings to
leave alone. Facts are apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import field
from datetime import date
from typing import Final

import numpy as np

from lossreport.text import Text
from lossreport.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A threshold that a user may set under `[threshold]`: its name, its default, the least and the
    largest value that make sense, what it decides.

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


LEAST: Final = 8
"""Runs that a range needs: with fewer, 10 and 90 % are the extremes themselves."""


def spread_of(values: Sequence[float]) -> tuple[float, float, float]:
    """Return 10 %, median and 90 % of values."""
    low, median, high = (float(q) for q in np.quantile(values, (0.1, 0.5, 0.9)))
    return low, median, high


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Where one run of an archive ended: the last value of a metric, what tells the run from
    others, and the days of its log.
    """

    value: float
    marks: tuple[str, ...]
    days: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedRange:
    """Where one metric ended in the runs of the user's own archive that were trained for the same
    `goal`, on the same `data`.

    `unit` is "" for none, `goal` the label of the metric, `rises` whether more of it is better,
    `data` what the settings say; `source` names the file.
    """

    metric_type: str
    name: str
    split: str
    unit: str
    goal: str
    rises: bool
    data: str
    ended: tuple[Ended, ...]
    source: str

    def without(self, marks: Set[str]) -> tuple[Ended, ...]:
        """Return the runs of the range that have none of the marks of a run; none of them where
        fewer than 8 are left.
        """
        left = tuple(one for one in self.ended if not marks & set(one.marks))
        return left if len(left) >= LEAST else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRule:
    """Findings that the user has looked at and wants left out, why, and until which day; None fits
    every kind, metric or place.

    `until` is compared with the last time stamp of the run, not with the clock: the same input
    gives the same report for ever.
    """

    reason: str
    kind: str | None = None
    metric: str | None = None
    key: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """All of it. `origins` says where the user's facts and thresholds were written
    ("lossreport.toml:4"), by name.
    """

    thresholds: Mapping[str, float] = field(default_factory=dict)
    references: tuple[OwnReference, ...] = ()
    learned: tuple[LearnedRange, ...] = ()
    ignored: tuple[IgnoreRule, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)

    def in_force(self, threshold: Threshold) -> float:
        """Return the value of a threshold: the user's, or its default."""
        return self.thresholds.get(threshold.name, threshold.default)
