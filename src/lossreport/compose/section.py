"""What a section is, and what it may tell from: one file a section in `compose/sections/`, made of
existing blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, cached_property
from typing import Final

import numpy as np

from lossreport.knowledge.loss_type import LossType, loss_type
from lossreport.model.analysis import Analysis, Finding, Scale, Severity, State, Verdict, parted
from lossreport.model.report import Section
from lossreport.model.run import Event, Run, Series, Statistic, ending
from lossreport.model.states import STATES
from lossreport.registry import load_units
from lossreport.text import Quantity, Text, Value
from lossreport.values import dataclass

TO_THE_END: Final = Text(zh="改善到了计划结束", en="improved to the end of its schedule")


def called(state: State, of_goal: State | None) -> Text:
    """Return what the state of a run is called, given that of its goal."""
    return (
        TO_THE_END
        if state is State.CONVERGED and of_goal is State.IMPROVING
        else STATES[state].name
    )


@dataclass(frozen=True)
class Story:
    """One run of the analysis with the look-ups that sections share."""

    analysis: Analysis
    run: Run

    @classmethod
    def all_of(cls, analysis: Analysis) -> tuple[Story, ...]:
        """Return the story of every run, each with what was found out about it."""
        return tuple(
            cls(part, run) for part, run in zip(parted(analysis), analysis.runs, strict=True)
        )

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of this run, most severe first."""
        ids = {series.id for series in self.run.series}
        return tuple(finding for finding in self.analysis.findings if ids & set(finding.series))

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts on single series of this run."""
        return tuple(
            verdict
            for verdict in self.analysis.verdicts
            if verdict.run == self.run.id and verdict.series
        )

    @property
    def verdict(self) -> Verdict:
        """The verdict on the whole run."""
        return self.analysis.run_verdict(self.run.id)

    @property
    def state_name(self) -> Text:
        """What the state of the whole run is called; a goal that improved until its schedule had
        run out is not called flat.
        """
        goal = self.analysis.goal(self.run.id)
        return called(
            self.verdict.state,
            next(
                (v.state for v in self.verdicts if goal is not None and v.series == (goal.series,)),
                None,
            ),
        )

    @cached_property
    def scales(self) -> tuple[Scale, ...]:
        """The scales of this run's losses, the terms of the total first."""
        ids = {series.id for series in self.run.series}
        mine = [scale for scale in self.analysis.scales if scale.series[0] in ids]
        return tuple(
            sorted(mine, key=lambda scale: self.series(scale.series[0]).name not in self.term_names)
        )

    @cached_property
    def term_names(self) -> tuple[str, ...]:
        """The names of the terms of the total loss, in the order of the shares; empty where the
        total is not known.
        """
        mine = [share for share in self.analysis.shares if share.run == self.run.id]
        return tuple(term.name for term in mine[0].terms) if mine else ()

    def series(self, series_id: str) -> Series:
        """Return a series of this run; raises KeyError where it is unknown."""
        return self._by_id[series_id]

    @cached_property
    def _by_id(self) -> dict[str, Series]:
        return {series.id: series for series in self.run.series}

    def kind(self, series: Series) -> LossType:
        """Return what is known about the kind of a series."""
        return loss_type(series.metric_type)

    def name(self, series: Series) -> str:
        """Return how a series is called in the report: its name, with the split where it is not
        training.
        """
        return series.label

    @cached_property
    def main(self) -> tuple[Series, ...]:
        """The judged series of the losses that matter most: terms of the total, else all, the total
        (`loss`) first.
        """
        judged = [self.series(verdict.series[0]) for verdict in self.verdicts]
        wanted = [series for series in judged if series.name in self.term_names] or judged
        return tuple(
            sorted(wanted, key=lambda s: (s.name not in ("loss", "total_loss"), s.split != "train"))
        )

    @cached_property
    def ending(self) -> Event | None:
        """The first event of those that ended a run which did not end by itself, None where the log
        quotes none.
        """
        return ending(self.run)

    def flagged(self, series: Series) -> dict[int, Severity]:
        """Return the rows of a series that findings point at as extraordinary, with the gravest
        severity of each.
        """
        rows: dict[int, Severity] = {}
        for finding in self.findings:
            if finding.kind in POINTING and finding.series[0] == series.id:
                for row in finding.rows:
                    rows[row] = max(
                        finding.severity,
                        rows.get(row, finding.severity),
                        key=lambda severity: severity.rank,
                    )
        return rows

    def view(self, series: Series, how: str) -> Series | None:
        """Return a derived view of the same metric of the same source."""
        for other in self.run.series:
            same = (other.source, other.split, other.name) == (
                series.source,
                series.split,
                series.name,
            )
            if same and other.derived and other.derived.how == how:
                return other
        return None

    @cached_property
    def names(self) -> dict[str, str]:
        """What to print for the ids of series and sources."""
        return {s.id: s.path for s in self.run.sources} | {
            s.id: f"{self.name(s)} ({s.path})" for s in self.run.series
        }


POINTING: Final = ("spike", "batch_outlier", "above_chance", "nonfinite")
"""Kinds of finding whose rows are single extraordinary values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionWriter:
    """Writes one section, or None where the run gives nothing to tell. Sections stand by `order`,
    in tens.
    """

    id: str
    order: int
    write: Callable[[Story], Section | None]


@cache
def section_writers() -> tuple[SectionWriter, ...]:
    """Return all sections in the order of the report."""
    units = load_units(
        "lossreport.compose.sections", "SECTION", SectionWriter, "lossreport.sections"
    )
    return tuple(sorted(units, key=lambda unit: unit.order))


def shown(value: float, digits: int = 4) -> Value:
    """Return a measured number for a table cell."""
    return Quantity(value=float(value), digits=digits)


def last_finite(series: Series) -> float | None:
    """Return the last finite value of a series, or None."""
    finite = series.y[np.isfinite(series.y)]
    return float(finite[-1]) if len(finite) else None


def statistics(series: Iterable[Series]) -> set[Statistic]:
    """Return the statistics that a source's own series carry."""
    return {one.statistic for one in series if not one.derived}
