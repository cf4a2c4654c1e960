"""Lets one finding explain others: an outlier that a logging artefact accounts for is not as severe as it looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lossreport.model.analysis import Finding, Severity

EXPLAINABLE = ("spike", "above_chance", "mixture", "source_disagreement")


def explained(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings; those on rows of a suspected mixed reduction name it, carry its hypotheses, and are high at most."""
    causes = [finding for finding in findings if finding.kind == "mixed_reduction"]
    return tuple(_explain(finding, causes) for finding in findings)


def _explain(finding: Finding, causes: Sequence[Finding]) -> Finding:
    sources = {item.source for item in finding.evidence}
    for cause in causes:
        if finding.kind in EXPLAINABLE and cause.evidence[0].source in sources and finding.evidence[0].source == cause.evidence[0].source:
            severity = Severity.HIGH if finding.severity is Severity.CRITICAL else finding.severity
            return replace(finding, explained_by=cause.key, severity=severity, hypotheses=cause.hypotheses or finding.hypotheses)
    return finding
