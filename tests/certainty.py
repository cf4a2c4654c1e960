"""Words that would state a cause as a fact; no text about a spike, its hypotheses or its notes may
hold one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lossreport.model.analysis import Analysis, Finding

CERTAIN = re.compile(
    r"\b(?:caused by|because of|is due to|was due to|the cause is|the reason is|proves?|"
    r"proven that|certainly|definitely|undoubtedly|clearly|must have been|exploded)\b"
    r"|原因是|导致|由于|证明|必然|肯定|无疑|显然|毫无疑问|发生了梯度爆炸|就是因为",
    re.IGNORECASE,
)
SPIKES = ("spike", "batch_outlier", "above_chance")


def texts(finding: Finding) -> Iterator[str]:
    phrases = [finding.text, *finding.notes]
    for hypothesis in finding.hypotheses:
        phrases += [
            hypothesis.title,
            hypothesis.decided_by,
            *hypothesis.support,
            *hypothesis.against,
        ]
    yield from (phrase.plain(lang) for phrase in phrases for lang in ("zh", "en"))


def certain(analysis: Analysis) -> list[str]:
    """Return the texts of hypotheses and of spikes that state a cause as a fact."""
    findings = [one for one in analysis.findings if one.kind in SPIKES or one.hypotheses]
    return [text for finding in findings for text in texts(finding) if CERTAIN.search(text)]
