"""Rows of a cross-entropy above ln V: a note at the start, critical later, silence without a
vocabulary.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from lossreport.analysis.context import Context
from lossreport.analysis.detectors.above_chance import DETECTOR, MARGIN, WARM_UP
from lossreport.analysis.views import enrich
from lossreport.model.analysis import Finding, NotApplicable, Severity
from lossreport.model.run import Floats
from runs import SEED_CLOSS, SEED_LOSS_CT, falling, make_run

V = 65536
CHANCE = math.log(V)


def found(
    y: Floats, name: str = "closs", facts: dict[str, object] | None = None
) -> list[Finding | NotApplicable]:
    run = make_run(**{name: y}, facts={"vocab_size": V} if facts is None else facts)  # type: ignore[arg-type]
    return list(DETECTOR.detect(Context(enrich(run), run)))


@pytest.mark.parametrize(
    ("factor", "expected"),
    [(1 + MARGIN + 0.005, 1), (1 + MARGIN - 0.005, 0)],
    ids=["above", "below"],
)
def test_two_per_cent_above_chance_counts(factor: float, expected: int) -> None:
    y = np.array(falling(30, 9, 4))
    y[20] = CHANCE * factor
    assert len(found(y)) == expected


@pytest.mark.parametrize(
    ("rows", "severity"),
    [(WARM_UP, Severity.MEDIUM), (WARM_UP + 0.05, Severity.CRITICAL)],
    ids=["start", "later"],
)
def test_the_first_tenth_is_the_start(rows: float, severity: Severity) -> None:
    y = np.array(falling(100, 9, 4))
    y[: int(rows * 100) + 1] = 13.0
    (finding,) = found(y)
    assert isinstance(finding, Finding)
    assert finding.severity is severity


def test_the_rows_of_the_document() -> None:
    (finding,) = found(np.array(SEED_CLOSS))
    assert isinstance(finding, Finding)
    assert finding.rows == (7, 10)
    assert finding.numbers["ratio"] == pytest.approx(8.583, abs=0.001)


def test_an_l1_loss_has_no_chance_level_of_this_kind() -> None:
    assert found(np.array(SEED_LOSS_CT) + 50, "loss_ct", {"range.loss_ct": (-1, 1)}) == []


def test_without_a_vocabulary_it_says_what_it_needs() -> None:
    (only,) = found(np.array(SEED_CLOSS), facts={})
    assert isinstance(only, NotApplicable)
    assert "--set vocab_size=" in only.reason.plain("en")
