"""Makes findings: places, evidence, and a key that is stable from report to report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any, Final

from lossreport.analysis.detector import title_of
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
        Evidence(
            source=series.source_of(row),
            line=int(series.line[row]),
            x=float(series.x[row]),
            value=float(series.y[row]),
        )
        for row in rows
    )


def numbers_of(payload: Any) -> dict[str, float]:
    """Return the fields of a payload as the JSON has them; what holds its default is left out.

    A count is whole, and so is a flag beside counts only; of `from_` the underscore is Python's.
    """
    if payload is None:
        return {}
    told = {
        one.name.rstrip("_"): getattr(payload, one.name)
        for one in fields(payload)
        if getattr(payload, one.name) is not one.default
    }
    counts = {name for name, value in told.items() if type(value) is int}
    whole = bool(counts) and all(isinstance(value, int) for value in told.values())
    return {
        name: int(value) if whole or name in counts else float(value)
        for name, value in told.items()
    }


def make_finding(
    kind: str,
    series: Series,
    rows: Sequence[int],
    severity: Severity,
    text: Phrase,
    *,
    payload: object = None,
    others: Sequence[Series] = (),
    more_evidence: tuple[Evidence, ...] = (),
    hypotheses: tuple[Hypothesis, ...] = (),
    groups: tuple[tuple[int, ...], ...] = (),
) -> Finding:
    """Return a finding about `rows` (at least one, ascending) of `series`; its key is stable from
    report to report.

    What it saw is a typed `payload`, a frozen class, from which its numbers follow.
    """
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
        numbers=numbers_of(payload),
        payload=payload,
        evidence=tuple(dict.fromkeys((*evidence(series, rows[:EVIDENCE_ROWS]), *more_evidence))),
        hypotheses=hypotheses,
        groups=groups,
        text=text,
    )


def seen_besides(finding: Finding, payload: object) -> Finding:
    """Return a finding whose numbers also tell what was seen of its place afterwards."""
    numbers = {**finding.numbers, **numbers_of(payload)}
    return replace(finding, numbers=numbers, surroundings=payload)


def titled(finding: Finding) -> Finding:
    """Return a finding with what its detector calls such a one."""
    return replace(finding, title=title_of(finding.kind, finding.numbers))
