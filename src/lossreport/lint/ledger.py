"""What the logs know, arranged for look-ups by metric, file and place: the other side of every
claim.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final

import numpy as np

from lossreport.knowledge.loss_type import loss_type
from lossreport.lint.claim import Metric, Place
from lossreport.lint.subjects import Vocabulary, family
from lossreport.model.analysis import Analysis, Finding, State
from lossreport.model.run import Axis, Fact, Run, Series
from lossreport.text import Phrase, Text
from lossreport.values import dataclass

EPOCH_LAST: Final = "epoch_last"
JOINED: Final = "joined"
ENOUGH: Final = 6
"""Rows of whole epochs show a course from six on, as a trend can be tested; of fewer the plain rows
do.
"""
PLACE: Final = Text(zh="{path} 第 {line} 行", en="{path} line {line}")
SPIKES: Final = ("spike", "batch_outlier", "above_chance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One value of the logs and where it stands."""

    value: float
    path: str
    line: int

    @property
    def place(self) -> Phrase:
        """The file and line, in words."""
        return PLACE(path=self.path, line=self.line)


@dataclass(frozen=True)
class Ledger:
    """The analysis of the logs, with the look-ups that checks share."""

    analysis: Analysis

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The metrics of all runs, as a text may name them."""
        return Vocabulary(tuple(series for run in self.analysis.runs for series in run.series))

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The paths of all files read."""
        return tuple(
            dict.fromkeys(source.path for run in self.analysis.runs for source in run.sources)
        )

    def values_of(self, name: str) -> list[tuple[Run, Fact]]:
        """Return a setting as each run has it."""
        return [(run, fact) for run in self.analysis.runs if (fact := run.fact(name)) is not None]

    @cached_property
    def facts(self) -> dict[str, tuple[Run, Fact]]:
        """The settings that count, by name."""
        return {
            fact.name: (run, run.fact(fact.name) or fact)
            for run in reversed(self.analysis.runs)
            for fact in run.facts
        }

    def series(self, metric: Metric, source: str | None) -> list[Series]:
        """Return the series of a metric and split, of one file where it is named and holds the
        metric, else of all.
        """
        named = [
            series
            for series in self.vocabulary.series
            if series.name == metric.name and metric.split in ("", family(series.split))
        ]
        inside = [series for series in named if source is not None and series.path == source]
        return inside or named

    def levels(self, metric: Metric, source: str | None) -> list[Series]:
        """Return the series that show the level of a metric: rows of a whole epoch where there are
        some, else plain rows.
        """
        named = [
            series for series in self.series(metric, source) if series.split == "train"
        ] or self.series(metric, source)
        copies = {agreement.copy for agreement in self.analysis.agreements}
        named = [series for series in named if series.id not in copies] or named
        named = [series for series in named if self._is_as_logged(series, source)]
        coarse = [s for s in named if s.axis is Axis.EPOCH]
        fine = [s for s in named if s.derived is None or s.derived.how == JOINED]
        if any(len(s) >= ENOUGH for s in fine) and not any(len(s) >= ENOUGH for s in coarse):
            coarse = []
        return [series for series in coarse or fine if np.isfinite(series.y).sum()]

    def candidates(self, metric: Metric, source: str | None) -> list[Series]:
        """Return the series of a metric that hold a finite value: as they were logged, and the last
        rows of their epochs.
        """
        named = [series for series in self.series(metric, source) if np.isfinite(series.y).any()]
        return [series for series in named if self._is_as_logged(series, source)]

    def _is_as_logged(self, series: Series, source: str | None) -> bool:
        """Return whether a series holds rows as they were logged; of a resumed run the joined ones
        stand for their parts, unless a file is named.
        """
        how = "" if series.derived is None else series.derived.how
        return how in ("", EPOCH_LAST, JOINED) and (
            source is not None or series.id not in self._parts
        )

    @cached_property
    def _parts(self) -> frozenset[str]:
        """The series that were joined to one over several launches."""
        return frozenset(
            part
            for series in self.vocabulary.series
            if series.derived is not None and series.derived.how == JOINED
            for part in series.derived.of
        )

    def measured(self) -> list[Series]:
        """Return what was measured on held-out rows: losses and scores as they were logged."""
        plain = [
            s
            for s in self.vocabulary.series
            if s.derived is None and family(s.split) != "train" and np.isfinite(s.y).any()
        ]
        return [
            series for series in plain if loss_type(series.metric_type).role in ("loss", "metric")
        ]

    def training_losses(self) -> list[Series]:
        """Return the losses of training rows as they were logged."""
        return [
            series
            for series in self.vocabulary.series
            if series.derived is None
            and series.split == "train"
            and loss_type(series.metric_type).role == "loss"
            and np.isfinite(series.y).any()
        ]

    def at(self, metric: Metric, place: Place, source: str | None) -> Iterator[Seen]:
        """Yield what the logs hold of a metric at an epoch or step: its row there, and the last row
        of that epoch.
        """
        for series in self.series(metric, source):
            yield from (seen(series, row) for row in rows_at(series, place))

    def everything(self, metric: Metric) -> Iterator[Series]:
        """Yield all series of a metric that hold a finite value."""
        yield from (series for series in self.series(metric, None) if np.isfinite(series.y).any())

    def spike_rows(self, series: Series) -> set[int]:
        """Return the rows of a series that are flagged as spikes, in it or in another view of its
        metric and file.
        """
        flagged: set[float] = set()
        for finding in self.spikes(Metric(name=series.name, split=family(series.split))):
            other = self.analysis.series(finding.series[0])
            if other.path == series.path and other.axis is series.axis:
                flagged |= {float(other.x[row]) for row in finding.rows}
        return {row for row, x in enumerate(series.x.tolist()) if x in flagged}

    def spikes(self, metric: Metric | None) -> list[Finding]:
        """Return the findings of spikes of a metric, or of any."""
        if metric is None:
            return [f for f in self.analysis.findings if f.kind in SPIKES]
        mine = {series.id for series in self.series(metric, None)}
        return [f for f in self.analysis.findings if f.kind in SPIKES and f.series[0] in mine]

    def is_in_several_splits(self, metric: Metric) -> bool:
        """Return whether a metric that the note names without a split is logged of held-out rows as
        well as of training.
        """
        return (
            not metric.split
            and "train" in self.vocabulary.splits[metric.name]
            and len(self.vocabulary.splits[metric.name]) > 1
        )

    def has(self, kind: str, series: Series) -> bool:
        """Return whether a finding of this kind is on the metric of a series in its file."""
        named = [
            self.analysis.series(one)
            for f in self.analysis.findings
            if f.kind == kind
            for one in f.series
        ]
        return any(
            (one.name, one.path, one.split) == (series.name, series.path, series.split)
            for one in named
        )

    def states(self, metric: Metric, source: str | None) -> list[tuple[Series, State]]:
        """Return the verdicts on a metric, with the series judged."""
        wanted = {series.id for series in self.series(metric, source)}
        judged = [v for v in self.analysis.verdicts if v.series and v.series[0] in wanted]
        return [(self.analysis.series(verdict.series[0]), verdict.state) for verdict in judged]


def seen(series: Series, row: int) -> Seen:
    """Return one row of a series as a value with its place."""
    source = series.source_of(row)
    path = series.path if source == series.source else source
    return Seen(value=float(series.y[row]), path=path, line=int(series.line[row]))


def rows_at(series: Series, place: Place) -> list[int]:
    """Return the rows of a series at an epoch or step; an epoch is also the last row that stands in
    it.
    """
    counts_epochs = series.axis is Axis.EPOCH
    if place.unit == "first":
        return [0] if len(series) else []
    rows: list[int] = []
    if place.unit == "any" or (place.unit == "epoch") is counts_epochs:
        rows += np.flatnonzero(series.x == place.x).tolist()
    if len(series.epoch) and place.unit != "step":
        rows += np.flatnonzero(series.epoch == place.x)[-1:].tolist()
    return list(dict.fromkeys(rows))


def rows_since(series: Series, place: Place) -> list[int]:
    """Return the rows of a series from an epoch or step on, whether or not there is a row right
    there.
    """
    counts_epochs = series.axis is Axis.EPOCH
    if place.unit == "first":
        return list(range(len(series)))
    if len(series.epoch) and place.unit == "epoch":
        return np.flatnonzero(series.epoch >= place.x).tolist()
    return (
        np.flatnonzero(series.x >= place.x).tolist()
        if place.unit == "any" or (place.unit == "epoch") is counts_epochs
        else []
    )
