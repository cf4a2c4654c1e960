"""Says where the evidence of a finding stands: file and line, the metric, x on its axis and the
value. Used by HTML and Markdown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from lossreport.model.analysis import Analysis, Evidence, Finding
from lossreport.model.run import Series
from lossreport.render import labels
from lossreport.text import Phrase, Text, Value, number
from lossreport.values import dataclass
from lossreport.words import AXES

VISIBLE: Final = 5
"""Rows of evidence that are shown; more of one kind tell a reader nothing new, and JSON has all."""
X: Final = Text(zh="{axis} {x}", en="{axis} {x}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """One row of evidence as it is printed; `metric` is empty where the value is of no single
    series.

    `placed` says that the axis of `x` is known.
    """

    path: str
    line: int
    metric: str
    x: Phrase
    value: Value
    placed: bool = True

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.path}:{self.line}"

    @property
    def text(self) -> Phrase:
        """The row on one line: the metric, its value, where on the axis, and where in the logs."""
        if not self.placed:
            return labels.UNNAMED(value=self.value, place=self.place)
        if not self.metric:
            return labels.STANDS(value=self.value, x=self.x, place=self.place)
        return labels.CITED(metric=self.metric, value=self.value, x=self.x, place=self.place)


def citations(analysis: Analysis, finding: Finding, names: Mapping[str, str]) -> list[Citation]:
    """Return the evidence of a finding in its own order, each row once."""
    cited = []
    for evidence in dict.fromkeys(finding.evidence):
        metric, axis = _told(analysis, finding, evidence)
        cited.append(
            Citation(
                path=names.get(evidence.source, evidence.source),
                line=evidence.line,
                metric=metric,
                x=X(axis=AXES.get(axis, "x ="), x=shown_x(evidence.x)),
                value=number(evidence.value, digits=5),
                placed=axis in AXES,
            )
        )
    return cited


def _told(analysis: Analysis, finding: Finding, evidence: Evidence) -> tuple[str, str]:
    """Return the metric and the axis of a row, each empty where neither the evidence nor a series
    of its source tells it.
    """
    if evidence.axis:
        return evidence.metric, evidence.axis
    series, holds = cited_series(analysis, finding, evidence)
    return (series.name if holds else "", series.axis.value) if series is not None else ("", "")


def cited_series(
    analysis: Analysis, finding: Finding, evidence: Evidence
) -> tuple[Series | None, bool]:
    """Return the series that a row of evidence is of, and whether it holds the value; else one of
    the source with the same x.
    """
    series = _series(analysis, finding, evidence)
    return series, series is not None and _holds(series, evidence)


def shown_x(x: float) -> Value:
    """Return an x as the log prints it: whole numbers without a decimal point."""
    return int(x) if math.isfinite(x) and float(x).is_integer() else float(x)


def _series(analysis: Analysis, finding: Finding, evidence: Evidence) -> Series | None:
    """Return the series that holds the value, else one of the same source with the same x, the
    finding's own first.
    """
    holding = next(
        (
            series
            for series in _candidates(analysis, finding, evidence.source)
            if _holds(series, evidence)
        ),
        None,
    )
    return holding or next(
        (
            series
            for series in _candidates(analysis, finding, evidence.source)
            if _has_x(series, evidence)
        ),
        None,
    )


def _candidates(analysis: Analysis, finding: Finding, source: str) -> Iterator[Series]:
    mine = set(finding.series)
    for own in (True, False):
        yield from (series for series in analysis.series_of(source) if (series.id in mine) is own)


def _rows(series: Series, line: int) -> slice:
    """Return the rows of a series that stand on a line; lines rise within a series, but for logs in
    no order.
    """
    first, last = np.searchsorted(series.line, [line, line + 1])
    return slice(int(first), int(last)) if last > first else slice(*_out_of_order(series, line))


def _out_of_order(series: Series, line: int) -> tuple[int, int]:
    """Return the rows of a line of a log whose rows stand in no order, where bisection finds
    nothing.
    """
    found = np.flatnonzero(series.line == line)
    return (int(found[0]), int(found[0]) + 1) if len(found) else (0, 0)


def _holds(series: Series, evidence: Evidence) -> bool:
    y = series.y[_rows(series, evidence.line)]
    return bool(np.any(np.isnan(y) if math.isnan(evidence.value) else y == evidence.value))


def _has_x(series: Series, evidence: Evidence) -> bool:
    return bool(np.any(series.x[_rows(series, evidence.line)] == evidence.x))
