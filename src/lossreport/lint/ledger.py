"""What the logs know, arranged for look-ups by metric, file and place: the other side of every claim."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final

import numpy as np

from lossreport.model.analysis import Analysis, Finding, State
from lossreport.model.run import Axis, Fact, Run, Series
from lossreport.text import Phrase, Text
from lossreport.values import dataclass

EPOCH_LAST: Final = "epoch_last"
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
    def metrics(self) -> tuple[str, ...]:
        """The names of all metrics."""
        return tuple(dict.fromkeys(series.name for run in self.analysis.runs for series in run.series))

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The paths of all files read."""
        return tuple(dict.fromkeys(source.path for run in self.analysis.runs for source in run.sources))

    @cached_property
    def facts(self) -> dict[str, tuple[Run, Fact]]:
        """The settings that count, by name."""
        return {fact.name: (run, run.fact(fact.name) or fact) for run in reversed(self.analysis.runs) for fact in run.facts}

    def series(self, metric: str, source: str | None) -> list[Series]:
        """Return the series of a metric, of one file where it is named and holds the metric, else of all."""
        named = [series for run in self.analysis.runs for series in run.series if series.name == metric]
        inside = [series for series in named if source is not None and series.path == source]
        return inside or named

    def levels(self, metric: str, source: str | None) -> list[Series]:
        """Return the series that show the level of a metric: rows of a whole epoch where there are some, else plain rows."""
        named = [series for series in self.series(metric, source) if series.split == "train"] or self.series(metric, source)
        copies = {agreement.copy for agreement in self.analysis.agreements}
        named = [series for series in named if series.id not in copies] or named
        coarse = [s for s in named if s.axis is Axis.EPOCH and (s.derived is None or s.derived.how == EPOCH_LAST)]
        return [series for series in coarse or [s for s in named if s.derived is None] if np.isfinite(series.y).sum()]

    def at(self, metric: str, x: float, source: str | None) -> Iterator[Seen]:
        """Yield what the logs hold of a metric at an epoch or step: its row there, and the last row of that epoch."""
        for series in self.series(metric, source):
            rows = np.flatnonzero(series.x == x).tolist()
            if len(series.epoch):
                inside = np.flatnonzero(series.epoch == x)
                rows += inside[-1:].tolist()
            yield from (seen(series, row) for row in dict.fromkeys(rows))

    def everything(self, metric: str) -> Iterator[Series]:
        """Yield all series of a metric that hold a finite value."""
        yield from (series for series in self.series(metric, None) if np.isfinite(series.y).any())

    def spike_rows(self, series: Series) -> set[int]:
        """Return the rows of a series that are flagged as spikes, in it or in another view of its metric and file."""
        flagged: set[float] = set()
        for finding in self.spikes(series.name):
            other = self.analysis.series(finding.series[0])
            if other.path == series.path and other.axis is series.axis:
                flagged |= {float(other.x[row]) for row in finding.rows}
        return {row for row, x in enumerate(series.x.tolist()) if x in flagged}

    def spikes(self, metric: str) -> list[Finding]:
        """Return the findings of spikes of a metric."""
        return [f for f in self.analysis.findings if f.kind in SPIKES and self.analysis.series(f.series[0]).name == metric]

    def has(self, kind: str, series: Series) -> bool:
        """Return whether a finding of this kind is on the metric of a series in its file."""
        named = [self.analysis.series(one) for f in self.analysis.findings if f.kind == kind for one in f.series]
        return any((one.name, one.path, one.split) == (series.name, series.path, series.split) for one in named)

    def states(self, metric: str, source: str | None) -> list[tuple[Series, State]]:
        """Return the verdicts on a metric, with the series judged."""
        wanted = {series.id for series in self.series(metric, source)}
        judged = [v for v in self.analysis.verdicts if v.series and v.series[0] in wanted]
        return [(self.analysis.series(verdict.series[0]), verdict.state) for verdict in judged]


def seen(series: Series, row: int) -> Seen:
    """Return one row of a series as a value with its place."""
    source = series.source_of(row)
    path = series.path if source == series.source else source
    return Seen(value=float(series.y[row]), path=path, line=int(series.line[row]))
