"""What a claim is held against: the run as read and as analysed, the series and the finding that it
is about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from functools import cached_property, lru_cache, wraps
from typing import Any, Final, TypeVar

import numpy as np

from lossreport.checking.measures import bridged
from lossreport.checking.printed import Candidate, names
from lossreport.model.analysis import Analysis, Finding
from lossreport.model.run import Floats, Run, Series
from lossreport.text import Phrase
from lossreport.values import dataclass

T = TypeVar("T")
EXCURSIONS = ("spike", "batch_outlier")


@dataclass(frozen=True)
class Ground:
    """The run of an analysis, and what a claim is about.

    `raw` is the run as it was read, rows that a resumed run wrote again included; `beside` are
    other runs, which a note may name.
    """

    analysis: Analysis
    run: Run
    raw: Run
    series: tuple[Series, ...] = ()
    finding: Finding | None = None
    beside: tuple[Run, ...] = ()
    known: dict[tuple[str, int], Any] = field(default_factory=dict, compare=False, repr=False)
    """What was worked out of the whole of a series, which a thousand findings may be about."""

    def once(self, what: Callable[[Series], T], series: Series) -> T:
        """Return what follows from the whole of a series, worked out at the first question."""
        key = (what.__name__, id(series))
        if key not in self.known:
            self.known[key] = what(series)
        found: T = self.known[key]
        return found

    @cached_property
    def answers(self) -> dict[str, Any]:
        """What was worked out of this claim; see `remembered`."""
        return {}

    @property
    def subject(self) -> Series:
        """The series that the claim is about."""
        return self.series[0]

    @property
    def rows(self) -> tuple[int, ...]:
        """The rows that the finding names."""
        return self.finding.rows if self.finding is not None else ()

    @property
    def numbers(self) -> Mapping[str, float]:
        """What the finding declares."""
        return self.finding.numbers if self.finding is not None else {}

    def of(self, finding: Finding, *, as_read: bool = False) -> Ground:
        """Return the ground of a finding; `as_read` where its rows are those of the run as it was
        read.
        """
        held = self.raw if as_read else self.run
        by_id = {one.id: one for one in held.series}
        return replace(self, finding=finding, series=tuple(by_id[one] for one in finding.series))

    def about(self, *series: Series) -> Ground:
        """Return the ground of a claim on these series."""
        return replace(self, series=series, finding=None)

    def within(self, phrase: Phrase) -> Ground:
        """Return the ground of one sentence: the series that it names, else those of the claim it
        is part of.
        """
        called = self.called(phrase)
        ids = {one.id for one in called}
        mine = tuple(one for one in self.series if one.id in ids) or called or self.series
        return self if mine == self.series else replace(self, series=mine)

    def called(self, phrase: Phrase) -> tuple[Series, ...]:
        """Return the series that a sentence names: by label, else by name alone; of the file that
        it names, where it names one.
        """
        said = set(names(phrase))
        if isinstance(split := phrase.values.get("split"), str):
            said |= {f"{split}/{name}" if split != "train" else name for name in said}
        held = _index(self.run)
        called = held.of(held.labels, said) or held.of(held.names, said)
        return tuple(one for one in called if one.path in said) or tuple(called)

    def of_paths(self, phrase: Phrase) -> tuple[Series, ...]:
        """Return the series of the files that a sentence names."""
        held = _index(self.run)
        return tuple(held.of(held.paths, set(names(phrase))))

    def by_id(self, series_id: str) -> Series:
        """Return a series of the run; raises KeyError where it holds none of that id."""
        return _index(self.run).by_id[series_id]

    def value(self, name: str) -> object:
        """Return the value of a fact, None where nothing says it."""
        return self.run.value(name)

    def threshold(self, name: str) -> float:
        """Return the value in force of a threshold: the user's, or what a report says where none
        was set.
        """
        return self.run.guidance.thresholds.get(name, THRESHOLDS[name])

    def quiet(self, series: Series) -> Floats:
        """Return a series with its excursions and what is not finite interpolated: they are told
        apart from its level.
        """
        y = np.array(series.y, dtype=np.float64)
        for finding in self.excursions:
            if finding.series == (series.id,):
                y[finding.start.row : finding.end.row + 1] = np.nan
        return bridged(y)

    @cached_property
    def excursions(self) -> tuple[Finding, ...]:
        """The spikes that were found, those that the user asked to ignore included."""
        every = (*self.analysis.findings, *(one.finding for one in self.analysis.ignored))
        return tuple(finding for finding in every if finding.kind in EXCURSIONS)


def remembered(rule: Callable[[Ground], T]) -> Callable[[Ground], T]:
    """Return a measure of a claim that is taken once, however many numbers ask for it."""

    @wraps(rule)
    def answer(ground: Ground) -> T:
        if rule.__name__ not in ground.answers:
            ground.answers[rule.__name__] = rule(ground)
        found: T = ground.answers[rule.__name__]
        return found

    return answer


class _Index:
    """The series of a run by what sentences call them: looked for in all of them at every sentence,
    a run of a thousand metrics took a million steps.
    """

    def __init__(self, run: Run) -> None:
        self._series = run.series
        self.by_id = {one.id: one for one in run.series}
        self.labels, self.names, self.paths = (
            defaultdict[str, list[int]](list),
            defaultdict[str, list[int]](list),
            defaultdict[str, list[int]](list),
        )
        for at, one in enumerate(run.series):
            self.labels[one.label].append(at)
            self.names[one.name].append(at)
            self.paths[one.path].append(at)

    def of(self, places: Mapping[str, list[int]], said: Iterable[str]) -> list[Series]:
        """Return the series that are called one of some words, in their order."""
        found = {at for word in said for at in places.get(word, ())}
        return [self._series[at] for at in sorted(found)]


_index = lru_cache(maxsize=2)(_Index)
"""Of the run that is checked, as analysed and as read."""

THRESHOLDS: Final = {"flat_gain": 0.02, "data_wait": 0.30}
"""What the check holds the thresholds for that a user has not set: told in the criteria of a
report, and in the sentence on waiting.
"""


def finite_rows(series: Series) -> list[int]:
    """Return the rows with finite values."""
    return [int(row) for row in np.flatnonzero(np.isfinite(series.y))]


Rule = Callable[[Ground, Phrase], Iterable[Candidate]]
"""Gives, from the rows, what a number of a sentence may be."""
Rules = Mapping[str, Rule]
"""Rules by the name of the place, or of the entry of `Finding.numbers`."""
Holds = Callable[[Ground], Iterator[str]]
"""Yields what the rows say against a claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How findings of one kind are checked.

    `holds` yields what contradicts one. `values` says, by name, what its numbers may be, in
    `Finding.numbers` and in the text alike. `declares` are the entries of `Finding.numbers` that
    its rules stand on: a finding of the kind that has others is of another detector, and held by
    its numbers alone. `as_read` where its rows are those of the run as it was read.
    """

    holds: Holds
    values: Rules = field(default_factory=dict)
    declares: tuple[str, ...] = ()
    as_read: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The kinds of finding that one module checks, by name."""

    id: str
    kinds: Mapping[str, Kind]
