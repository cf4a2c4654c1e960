"""The runs of a comparison: read from logs and analysed, or taken out of reports made earlier. Both
become the same value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from lossreport.errors import UsageError, malformed
from lossreport.model.analysis import Analysis
from lossreport.model.run import (
    Axis,
    Derived,
    FactValue,
    Run,
    Series,
    Source,
    Statistic,
    frozen_floats,
    frozen_ints,
)
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
        stored = read_report(path)
        with malformed(path.name):
            found = [_of_data(run, stored.data, path.name) for run in stored.data["runs"]]
        yield from found
        return
    from lossreport import api

    analysis = api.analyze(api.read_runs([path]))
    yield from (_of_run(run, analysis, path.name or str(path)) for run in analysis.runs)


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
            place=f"{paths[e.source]}:{e.line}",
        )
        for f in analysis.findings
        if f.kind in FLAGGED and f.series[0] in by_id
        for e in f.evidence[:1]
    )
    return Member(
        id=run.id,
        name=run.name,
        origin=origin,
        series=run.series,
        sources=run.sources,
        facts={fact.name: run.value(fact.name) for fact in run.facts},
        states={
            (v.series[0] if v.series else ""): v.state.value
            for v in analysis.verdicts
            if v.run == run.id
        },
        flags=flags,
        goal=next(
            (by_id[goal.series].label for goal in analysis.goals if goal.series in by_id), ""
        ),
    )


# ---------------------------------------------------------------------------------- out of a report
def _of_data(run: Mapping[str, Any], data: Mapping[str, Any], origin: str) -> Member:
    paths = {source["id"]: source["path"] for source in run["sources"]}
    series = tuple(_series(one, paths) for one in data["series"] if one["run"] == run["id"])
    by_id = {one.id: one for one in series}
    flags = tuple(
        Flag(
            metric=by_id[f["series"][0]].label,
            axis=by_id[f["series"][0]].axis.value,
            kind=f["kind"],
            x=_float(f["evidence"][0]["x"]),
            place=f"{paths.get(f['evidence'][0]['source'], '?')}:{f['evidence'][0]['line']}",
        )
        for f in data["findings"]
        if f["kind"] in FLAGGED and f["series"][0] in by_id
    )
    return Member(
        id=run["id"],
        name=run["name"],
        origin=origin,
        series=series,
        sources=tuple(
            Source(
                id=s["id"], path=s["path"], parser=s["parser"], sha256=s["sha256"], rows=s["rows"]
            )
            for s in run["sources"]
        ),
        facts=_facts(run["facts"]),
        states={
            (v["series"][0] if v["series"] else ""): v["state"]
            for v in data["verdicts"]
            if v["run"] == run["id"]
        },
        flags=flags,
        thinned=any(one["points"]["thinned"] for one in data["series"] if one["run"] == run["id"]),
        goal=by_id[goal["series"]].label
        if isinstance(goal := run.get("goal"), dict) and goal.get("series") in by_id
        else "",
    )


def _facts(listed: Sequence[Mapping[str, Any]]) -> dict[str, FactValue]:
    """Return facts by name: the user's before the files', the first of the files' first."""
    found: dict[str, FactValue] = {}
    for fact in sorted(listed, key=lambda one: one["source"] != "user"):
        value = fact["value"]
        found.setdefault(fact["name"], tuple(value) if isinstance(value, list) else value)
    return found


def _series(one: Mapping[str, Any], paths: Mapping[str, str]) -> Series:
    points, derived = one["points"], one.get("derived")
    return Series(
        id=one["id"],
        run=one["run"],
        name=one["name"],
        split=one["split"],
        axis=Axis(one["axis"]),
        statistic=Statistic(one["statistic"]),
        source=one["source"],
        path=paths.get(one["source"], "?"),
        x=frozen_floats([_float(x) for x in points["x"]]),
        y=frozen_floats([_float(y) for y in points["y"]]),
        line=frozen_ints(points["line"]),
        window=one["window"],
        unit=one["unit"],
        metric_type=one["metric_type"],
        derived=None if derived is None else Derived(of=tuple(derived["from"]), how=derived["how"]),
        resolution=one.get("resolution"),
    )


def _float(value: float | str) -> float:
    """Return a number of the JSON: non-finite ones are words there."""
    return (
        {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}[value]
        if isinstance(value, str)
        else float(value)
    )
