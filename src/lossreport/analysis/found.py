"""Makes findings: places, evidence, and a key that is stable from report to report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from lossreport.model.analysis import Evidence, Finding, Hypothesis, Position, Severity
from lossreport.model.run import Series
from lossreport.text import Phrase

EVIDENCE_ROWS: Final = 20
"""Rows quoted as evidence by one finding; `rows` names all."""


def position(series: Series, row: int) -> Position:
    """Return the place of a row."""
    return Position(x=float(series.x[row]), row=int(row), line=int(series.line[row]))


def evidence(series: Series, rows: Iterable[int]) -> tuple[Evidence, ...]:
    """Return the rows as evidence: source, line, x and value."""
    return tuple(
        Evidence(source=series.source_of(row), line=int(series.line[row]), x=float(series.x[row]), value=float(series.y[row]))
        for row in rows
    )


def make_finding(
    kind: str,
    series: Series,
    rows: Sequence[int],
    severity: Severity,
    text: Phrase,
    *,
    numbers: Mapping[str, float] | None = None,
    others: Sequence[Series] = (),
    more_evidence: tuple[Evidence, ...] = (),
    hypotheses: tuple[Hypothesis, ...] = (),
    groups: tuple[tuple[int, ...], ...] = (),
) -> Finding:
    """Return a finding about `rows` (at least one, ascending) of `series`; its key is stable from report to report."""
    first, last = rows[0], rows[-1]
    place = f"{series.x[first]:g}"
    return Finding(
        id="",
        kind=kind,
        key=f"{kind}:{series.key}#{place}",
        severity=severity,
        series=(series.id, *(other.id for other in others)),
        start=position(series, first),
        end=position(series, last),
        rows=tuple(int(row) for row in rows),
        numbers=dict(numbers or {}),
        evidence=tuple(dict.fromkeys((*evidence(series, rows[:EVIDENCE_ROWS]), *more_evidence))),
        hypotheses=hypotheses,
        groups=groups,
        text=text,
    )
