"""What detectors, verdicts and advice may ask: the run with typed series, what is known of each
metric, what was found before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, TypeVar

import numpy as np

from lossreport import regex as re
from lossreport.analysis.agreement import agreements
from lossreport.analysis.joining import JOINED
from lossreport.analysis.views import DEAVERAGE, EPOCH_LAST
from lossreport.curves.stats import without
from lossreport.knowledge.loss_type import GENERIC, Chance, Known, LossType, Start, loss_type
from lossreport.model.analysis import Agreement, Finding, Goal
from lossreport.model.guidance import Threshold
from lossreport.model.run import Axis, Floats, Run, Series, Statistic, is_epoch_level
from lossreport.values import dataclass

LOSS_WORD: Final = re.compile(r"loss|损失|損失|^cost$|(?<![a-z])rmse(?![a-z])", re.IGNORECASE)
"""A metric of unknown kind is minimised where its name says so."""
BEST_SO_FAR: Final = re.compile(r"(?:^|[_/ ])best(?:[_/ ]|$)", re.IGNORECASE)
"""The lowest value up to now repeats another series and never rises."""
REWARD_WORD: Final = re.compile(r"rew|return|奖励|回报", re.IGNORECASE)
GAMES: Final = ("gan", "policy", "value")
BOOTSTRAPPED: Final = (GENERIC, "mse", "l1", "huber")
"""In reinforcement learning the error of values that are themselves predicted, on data that the
policy makes.
"""
P = TypeVar("P")
FIRST_STEP: Final = 1
"""Loggers count steps from 0 or from 1."""


@dataclass(frozen=True)
class Context:
    """One run, ready to be looked at; `raw` is the run as it was read, re-run rows included.
    `found`: what was found before.

    `ignored` was found too, and the user asked to leave it alone: its rows are still no part of a
    trend. `goal` is what the run was trained for; it is chosen when all detectors have looked.
    """

    run: Run
    raw: Run
    found: tuple[Finding, ...] = ()
    ignored: tuple[Finding, ...] = ()
    goal: Goal | None = None

    @cached_property
    def facts(self) -> Mapping[str, object]:
        """All facts by name, the user's first."""
        return {fact.name: self.run.value(fact.name) for fact in self.run.facts}

    @cached_property
    def metrics(self) -> frozenset[str]:
        """The names of all metrics logged."""
        return frozenset(series.name for series in self.run.series)

    def kind(self, series: Series) -> LossType:
        """Return what is known about the kind of a series."""
        return loss_type(series.metric_type)

    def known(self, series: Series) -> Known:
        """Return what its kind may ask about this run."""
        return Known(
            name=series.name,
            split=series.split,
            facts=self.facts,
            metrics=self.metrics,
            parser=self._parsers.get(series.source, ""),
            start=self._start(series),
        )

    @cached_property
    def _parsers(self) -> dict[str, str]:
        return {source.id: source.parser for source in self.run.sources}

    def _start(self, series: Series) -> Start | None:
        """Return the value that the metric was first logged with, where that was at step 0 or 1: no
        mean of an epoch.
        """
        for one in self._by_metric[metric_of(series)]:
            first = one.axis in (Axis.STEP, Axis.ITERATION) and not one.derived and len(one) > 0
            if first and one.x[0] <= FIRST_STEP and np.isfinite(one.y[0]) and not one.pieces:
                return Start(value=float(one.y[0]), resolution=one.resolution or 0.0)
        return None

    @cached_property
    def _by_metric(self) -> dict[tuple[str, str, str], list[Series]]:
        return grouped(self.run.series)

    def threshold(self, one: Threshold) -> float:
        """Return the value in force of a threshold: the user's, or its default."""
        return self.run.guidance.in_force(one)

    def chance(self, series: Series) -> Chance | None:
        """Return the chance level of a series, where its kind has one and the facts suffice."""
        return self.kind(series).chance(self.known(series))

    @cached_property
    def losses(self) -> tuple[Series, ...]:
        """The series to judge: one view of every loss of every source, epoch means and finest
        training rows apart.

        A series that another source repeats is judged once, where it has the most rows and
        decimals.
        """
        return tuple(series for series in self.judged if self.is_loss(series))

    @cached_property
    def progress(self) -> tuple[Series, ...]:
        """The losses whose value is a measure of progress: all but regularisers, whose rise is no
        divergence.
        """
        return tuple(series for series in self.losses if self.kind(series).role == "loss")

    @cached_property
    def training(self) -> frozenset[str]:
        """The ids of the training losses among them."""
        return frozenset(series.id for series in self.progress if series.split == "train")

    def is_measure(self, series: Series) -> bool:
        """Return whether a loss measures how well the model does: not those of a GAN or of
        reinforcement learning (SCIENCE.md R22).
        """
        plays = series.metric_type in GAMES or (
            series.metric_type in BOOTSTRAPPED and self.is_rewarded
        )
        return not plays

    @cached_property
    def is_rewarded(self) -> bool:
        """Whether the run is one of reinforcement learning: a reward is logged. A `score` of a
        validation may be any metric.
        """
        rewards = (series for series in self.run.series if series.metric_type == "reward")
        return any(series.split == "train" or REWARD_WORD.search(series.name) for series in rewards)

    def is_loss(self, series: Series) -> bool:
        """Return whether a series is minimised: a kind of loss, or of unknown kind and called one,
        or said to be by its file.
        """
        kind = self.kind(series)
        direction = self.facts.get(f"direction.{series.name}")
        return (
            kind.role in ("loss", "regulariser")
            and direction != "max"
            and not BEST_SO_FAR.search(series.name)
            and bool(
                kind.id != GENERIC
                or direction == "min"
                or LOSS_WORD.search(series.name)
                or f"type.{series.name}" in self.facts
            )
        )

    @cached_property
    def judged(self) -> tuple[Series, ...]:
        """One view of every metric of every source; see `losses`."""
        repeated = {agreement.copy for agreement in self.agreements} | pieces(self.run)
        left = [
            s
            for s in self.run.series
            if not repeated
            & {s.id, *(s.derived.of if s.derived and s.derived.how != JOINED else ())}
        ]
        rivals = grouped(left)
        return tuple(series for series in left if _is_best_view(series, rivals[metric_of(series)]))

    @cached_property
    def agreements(self) -> tuple[Agreement, ...]:
        """Series that another source of the run repeats."""
        return tuple(agreements(self.run))

    def view(self, series: Series, how: str) -> Series | None:
        """Return the derived view of the same metric of the same source, e.g. its last row of every
        epoch.
        """
        found = self._by_metric.get(metric_of(series), ())
        return next((other for other in found if other.derived and other.derived.how == how), None)

    def spike_spans(self, series: Series) -> tuple[tuple[int, int], ...]:
        """Return (first row, last row) of the excursions found in a series."""
        both = (*self.found, *self.ignored)
        return tuple(
            (f.start.row, f.end.row)
            for f in both
            if f.kind in ("spike", "batch_outlier") and f.series == (series.id,)
        )

    @cached_property
    def answers(self) -> dict[str, list[Series]]:
        """What was worked out of all series and findings, by the name of the question."""
        return {}

    @cached_property
    def by_id(self) -> Mapping[str, Series]:
        """All series of the run by id."""
        return {series.id: series for series in self.run.series}

    def subject(self, finding: Finding) -> Series:
        """Return the series that a finding is about: the first that it names."""
        return self.by_id[finding.series[0]]

    def of_kind(self, *kinds: str, series: Series | None = None) -> tuple[Finding, ...]:
        """Return the findings of these kinds, anywhere or about one series, in their order."""
        return tuple(
            f for f in self.found if f.kind in kinds and (series is None or series.id in f.series)
        )

    def seen(self, payload: type[P], series: Series | None = None) -> tuple[tuple[Finding, P], ...]:
        """Return the findings that hold a payload of this class, anywhere or about one series, each
        with it.
        """
        found = ((f, f.payload) for f in self.found if series is None or series.id in f.series)
        return tuple((f, held) for f, held in found if isinstance(held, payload))

    def has(self, kind: str, series: Series | None = None) -> bool:
        """Return whether a kind was found, in that series or anywhere."""
        return any(f.kind == kind and (series is None or series.id in f.series) for f in self.found)

    @property
    def holds_another_run(self) -> bool:
        """Whether rows of another run follow inside the series: not where the file was cut and this
        run begins at row 0.
        """
        return any(finding.kind == "appended_run" and finding.start.row for finding in self.found)


def metric_of(series: Series) -> tuple[str, str, str]:
    """Return what makes two series the same metric of the same source."""
    return series.source, series.split, series.name


def same_metric(a: Series, b: Series) -> bool:
    """Return whether two series are the same metric of the same source."""
    return metric_of(a) == metric_of(b)


def grouped(series: Iterable[Series]) -> dict[tuple[str, str, str], list[Series]]:
    """Return the series of each metric of each source, in their order."""
    found: dict[tuple[str, str, str], list[Series]] = {}
    for one in series:
        found.setdefault(metric_of(one), []).append(one)
    return found


def pieces(run: Run) -> set[str]:
    """Return the ids of the series that a joined one holds."""
    return {
        one
        for series in run.series
        if series.derived and series.derived.how == JOINED
        for one in series.derived.of
    }


def _is_best_view(series: Series, among: Sequence[Series]) -> bool:
    """Return whether a series is the one view to judge among those of its metric."""
    if series.derived and series.derived.how == EPOCH_LAST:
        return False
    if series.statistic is Statistic.EPOCH_MEAN:
        return True
    rivals = [other for other in among if is_epoch_level(other) == is_epoch_level(series)]
    return series is min(rivals, key=_coarseness)


def _coarseness(series: Series) -> int:
    if series.derived and series.derived.how != JOINED:
        return 1 if series.derived.how == DEAVERAGE else 9
    order = [
        Statistic.VALUE,
        Statistic.WINDOW_MEDIAN,
        Statistic.WINDOW_MEAN,
        Statistic.EMA,
        Statistic.SUM,
        Statistic.UNKNOWN,
    ]
    if series.statistic is Statistic.VALUE:
        return 0
    return 2 + order.index(series.statistic) if series.statistic in order else 8


def clean(series: Series, spans: tuple[tuple[int, int], ...]) -> Floats:
    """Return the values of a series with excursions and non-finite rows interpolated."""
    return without(series.y, spans)
