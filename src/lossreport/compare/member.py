"""The runs of a comparison: read from logs and analysed, or taken out of reports made earlier. Both
become the same value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from lossreport.errors import UsageError, malformed
from lossreport.model.analysis import Analysis
from lossreport.model.run import FactValue, Run, Series, Source, extent_of
from lossreport.store.stored import read_report
from lossreport.values import dataclass

REPORTS: Final = (".html", ".htm", ".json")
FLAGGED: Final = ("spike", "batch_outlier", "nonfinite")
LEAST, MOST = 2, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One extraordinary row that a finding points at, and where it stands in the logs."""

    metric: str
    axis: str
    kind: str
    x: float
    place: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Member:
    """One run to compare. `states` holds the verdicts by series id, that on the whole run under an
    empty id.

    `thinned` says that its report holds only some rows of its long series, `goal` is the label of
    the metric that it is trained for.
    """

    id: str
    name: str
    origin: str
    series: tuple[Series, ...]
    sources: tuple[Source, ...]
    facts: Mapping[str, FactValue]
    states: Mapping[str, str]
    flags: tuple[Flag, ...]
    thinned: bool = False
    goal: str = ""

    @property
    def label(self) -> str:
        """How the comparison calls it."""
        return f"{self.id} · {self.name}"

    def as_run(self, kept: Sequence[Series]) -> Run:
        """Return it as a run that holds `kept`."""
        return Run(
            id=self.id,
            name=self.name,
            sources=self.sources,
            series=tuple(replace(s, run=self.id) for s in kept),
        )


def members(paths: Sequence[str | Path]) -> tuple[Member, ...]:
    """Return the runs at `paths`: folders and logs are analysed, HTML and JSON reports taken as
    they are.

    Raises UsageError where there are fewer than 2 or more than 50, and what reading raises.
    """
    found = [member for path in paths for member in _at(Path(path))]
    if not LEAST <= len(found) <= MOST:
        raise UsageError(
            f"{len(found)} runs cannot be compared",
            hint=f"Name {LEAST} to {MOST} runs: folders, or reports made earlier.",
        )
    return tuple(
        replace(member, id=f"r{number}", flags=member.flags)
        for number, member in enumerate(found, 1)
    )


def _at(path: Path) -> Iterator[Member]:
    if path.is_file() and path.suffix.lower() in REPORTS and _is_report(path):
        analysis = read_report(path).analysis
    else:
        from lossreport import api

        analysis = api.analyze(api.read_runs([path]))
    with malformed(path.name):
        found = [_of_run(run, analysis, path.name or str(path)) for run in analysis.runs]
    yield from found


def _is_report(path: Path) -> bool:
    """Return whether a file is a report: a .json may be a log."""
    if path.suffix.lower() != ".json":
        return True
    with path.open("rb") as file:
        return b'"schema": "lossreport/' in file.read(256).replace(b'"schema":"', b'"schema": "')


def _of_run(run: Run, analysis: Analysis, origin: str) -> Member:
    paths = {source.id: source.path for source in run.sources}
    by_id = {series.id: series for series in run.series}
    flags = tuple(
        Flag(
            metric=by_id[f.series[0]].label,
            axis=by_id[f.series[0]].axis.value,
            kind=f.kind,
            x=e.x,
            place=f"{paths.get(e.source, '?')}:{e.line}",
        )
        for f in analysis.findings
        if f.kind in FLAGGED and f.series[0] in by_id
        for e in f.evidence[:1]
    )
    return Member(
        id=run.id,
        name=run.name,
        origin=origin,
        # of what a report holds the rows that are kept, and no more, are compared
        series=tuple(replace(series, extent=None) for series in run.series),
        sources=run.sources,
        facts={fact.name: run.value(fact.name) for fact in run.facts},
        states={
            (v.series[0] if v.series else ""): v.state.value
            for v in analysis.verdicts
            if v.run == run.id
        },
        flags=flags,
        thinned=any(len(series) < extent_of(series).n for series in run.series),
        goal=next(
            (by_id[goal.series].label for goal in analysis.goals if goal.series in by_id), ""
        ),
    )
