"""Makes findings: places, evidence, and a key that is stable from report to report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

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
    """Return the fields of a payload as the JSON has them, whole where all are counts and flags;
    what holds its default is left out.
    """
    told = {
        one.name: getattr(payload, one.name)
        for one in fields(payload)
        if getattr(payload, one.name) is not one.default
    }
    as_json = int if all(isinstance(value, int) for value in told.values()) else float
    return {name: as_json(value) for name, value in told.items()}


def make_finding(
    kind: str,
    series: Series,
    rows: Sequence[int],
    severity: Severity,
    text: Phrase,
    *,
    payload: object = None,
    numbers: Mapping[str, float] | None = None,
    others: Sequence[Series] = (),
    more_evidence: tuple[Evidence, ...] = (),
    hypotheses: tuple[Hypothesis, ...] = (),
    groups: tuple[tuple[int, ...], ...] = (),
) -> Finding:
    """Return a finding about `rows` (at least one, ascending) of `series`; its key is stable from
    report to report.

    What it saw is a typed `payload`, from which its numbers follow, or `numbers` by name.
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
        numbers=dict(numbers or {}) if payload is None else numbers_of(payload),
        payload=payload,
        evidence=tuple(dict.fromkeys((*evidence(series, rows[:EVIDENCE_ROWS]), *more_evidence))),
        hypotheses=hypotheses,
        groups=groups,
        text=text,
    )
