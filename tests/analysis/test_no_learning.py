"""A training loss that ends where it began did not learn: less than 2 % gained, blocks within 4
%.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from lossreport.analysis.context import Context
from lossreport.analysis.detectors.no_learning import DETECTOR, MIN_GAIN, SPREAD
from lossreport.analysis.views import enrich
from lossreport.model.analysis import Finding, Severity
from lossreport.model.run import Floats
from runs import flat, make_run, rng


def found(y: Floats, facts: dict[str, int] | None = None) -> list[Finding]:
    run = make_run(closs=y, facts=facts)
    return list(DETECTOR.detect(Context(enrich(run), run)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("gain", "expected"), [(MIN_GAIN * 0.5, 1), (MIN_GAIN * 1.5, 0)], ids=["below", "above"]
)
def test_two_per_cent_is_the_limit_of_the_gain(gain: float, expected: int) -> None:
    y = 5 * np.linspace(1, 1 - gain, 200) * (1 + 1e-4 * rng().standard_normal(200))
    assert len(found(y)) == expected


@pytest.mark.parametrize(
    ("swing", "expected"), [(SPREAD * 0.6, 1), (SPREAD * 2, 0)], ids=["within", "beyond"]
)
def test_blocks_in_between_must_not_have_moved(swing: float, expected: int) -> None:
    y = 5 * (1 - swing * np.sin(np.linspace(0, np.pi, 240)))
    assert len(found(y)) == expected


@pytest.mark.parametrize(("rows", "expected"), [(11, 0), (12, 1)])
def test_twelve_rows_are_needed(rows: int, expected: int) -> None:
    assert len(found(flat(rows))) == expected


@pytest.mark.parametrize(
    ("level", "severity"),
    [(math.log(1000), Severity.HIGH), (3.0, Severity.MEDIUM)],
    ids=["chance", "elsewhere"],
)
def test_at_the_chance_level_it_is_worse(level: float, severity: Severity) -> None:
    (finding,) = found(flat(100, level), {"vocab_size": 1000})
    assert finding.severity is severity


@pytest.mark.parametrize(("end", "expected"), [(0.58, 1), (0.9, 0)], ids=["below a tenth", "above"])
def test_a_loss_that_hardly_moves_beside_an_accuracy_that_rises_learns(
    end: float, expected: int
) -> None:
    """A DPO loss falls by 1.8 % while its accuracy rises from 0.5 to 0.9: the margins are small,
    the model learns.
    """
    run = make_run(loss=flat(16, 0.69), accuracy=np.linspace(0.5, end, 16))
    assert len(list(DETECTOR.detect(Context(enrich(run), run)))) == expected
