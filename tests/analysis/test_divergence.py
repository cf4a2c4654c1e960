"""A loss that rises from its best level to the end diverges; a level shift, an excursion and a
validation loss do not.
"""

from __future__ import annotations

import numpy as np
import pytest

import lossreport
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.divergence import DETECTOR, MIN_RISE, STILL
from lossreport.model.analysis import Severity
from lossreport.model.run import Floats
from runs import falling, flat, make_run, make_series, rng


def found(y: Floats, name: str = "closs") -> list[float]:
    run = make_run(**{name: y})
    return [one.numbers["rise"] for one in DETECTOR.detect(Context(run, run))]  # type: ignore[union-attr]


def turning(rise: float, n: int = 200) -> Floats:
    half = n // 2
    return np.r_[falling(half, 8, 2), 2 * np.linspace(1, 1 + rise, half)] * (
        1 + 0.001 * flat(n, 0, 1)
    )


@pytest.mark.parametrize(
    ("rise", "expected"), [(MIN_RISE * 1.5, 1), (MIN_RISE * 0.6, 0)], ids=["above", "below"]
)
def test_the_end_lies_fifteen_per_cent_above_the_best(rise: float, expected: int) -> None:
    assert len(found(turning(rise))) == expected


@pytest.mark.parametrize("n", [16, 40, 1000])
def test_a_loss_that_turns_and_doubles_diverges_at_any_length(n: int) -> None:
    assert found(turning(1.0, n)) == [pytest.approx(1.0, rel=0.25)]


def test_a_step_up_that_is_learned_away_again_is_no_divergence() -> None:
    assert found(np.r_[falling(100, 8, 2), falling(100, 4, 2.2)]) == []


def test_a_step_up_that_keeps_most_progress_is_no_divergence() -> None:
    assert found(np.r_[falling(100, 8, 2), flat(100, 2.6)]) == []


def test_a_step_up_that_loses_all_progress_is_divergence() -> None:
    assert len(found(np.r_[falling(100, 8, 2), flat(100, 7.9)])) == 1


def test_fewer_than_eight_rows_are_not_judged() -> None:
    y = np.array([8.0, 4, 2, 1, 3, 6, 9, 12])
    assert (len(found(y[:7])), len(found(y))) == (0, 1)


def test_a_validation_loss_that_turns_is_not_called_divergence() -> None:
    assert found(turning(1.0), "val_closs") == []


def test_it_is_critical_and_stands_on_best_and_last_row() -> None:
    run = make_run(closs=turning(1.0))
    (one,) = DETECTOR.detect(Context(run, run))
    assert one.severity is Severity.CRITICAL  # type: ignore[union-attr]
    assert [row.line for row in one.evidence][-1] == 200  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("drift", "expected"), [(0.4 * STILL, 0), (3 * STILL, 1)], ids=["a step", "a step that goes on"]
)
def test_a_step_that_does_not_rise_further_is_no_divergence(drift: float, expected: int) -> None:
    y = flat(400, 4.0, 0.0005) * np.where(np.arange(400) < 200, 1.0, 1.2)
    y[200:] += 0.8 * drift * np.linspace(0, 1, 200)
    assert len(found(y)) == expected


@pytest.mark.parametrize(
    ("end", "expected"),
    [((3.32, 3.34), 1), ((2.05, 3.34), 0), ((1.85, 3.34), 0)],
    ids=["above all", "one is not", "one high row"],
)
def test_two_rows_at_the_end_of_a_short_curve_must_stand_out(
    end: tuple[float, float], expected: int
) -> None:
    y = np.array([3.44, 2.74, 2.44, 2.28, 2.15, 2.08, 2.02, 1.97, 1.92, 1.9, *end])
    assert len(found(y)) == expected


@pytest.mark.parametrize(
    ("level", "expected"), [(0.28, 0), (0.48, 1)], ids=["a step up", "doubled"]
)
def test_where_the_first_row_is_the_best_nothing_was_gained_that_could_be_lost(
    level: float, expected: int
) -> None:
    assert len(found(np.r_[0.225, flat(13, level, 0.004)])) == expected


@pytest.mark.parametrize("total", ["Loss", "total loss", "loss"])
def test_a_term_beside_a_total_of_any_spelling_is_of_medium_weight(total: str) -> None:
    run = make_run(
        [make_series(falling(200), total), make_series(turning(1.0), "cos_sim_loss", id="m2")]
    )
    assert {one.severity for one in DETECTOR.detect(Context(run, run))} <= {Severity.MEDIUM}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("trend", "diverges"),
    [(0.0, False), (1.0, True)],
    ids=["the same cycle", "rising from cycle to cycle"],
)
def test_a_cycle_that_ends_high_diverges_only_where_its_means_rise(
    trend: float, diverges: bool
) -> None:
    rows = np.arange(500)
    y = (
        (2.0 + 0.8 * ((rows % 50) / 50 - 0.5))
        * (1 + trend * np.maximum(rows - 250, 0) / 250)
        * (1 + 0.01 * rng(3).standard_normal(500))
    )
    analysis = lossreport.analyze(
        make_run([make_series(y, "loss", axis="step", epoch=rows // 50)]), strict=True
    )
    assert any(one.kind == "divergence" for one in analysis.findings) is diverges


@pytest.mark.parametrize(
    ("risen", "told"),
    [(1.1, True), (1.4, False)],
    ids=["within its noise", "well above its lowest"],
)
def test_a_loss_that_has_turned_up_does_not_still_fall_under_a_rising_norm(
    risen: float, told: bool
) -> None:
    loss = np.r_[falling(90, 9.0, 3.0, 0.001), np.linspace(3.0, 3.0 * risen, 10)]
    norm = np.r_[flat(90, 1.0, 0.05), np.exp(np.arange(10) / 2.2)]
    analysis = lossreport.analyze(make_run(axis="step", loss=loss, grad_norm=norm), strict=True)
    assert any("still falls" in one.text.plain("en") for one in analysis.findings) is told


AROUND_ZERO = np.array([0.018, -0.005, -0.043, -0.018, -0.0002, -0.0004, -0.02, 0.006, 0.047])


def test_a_few_rows_around_zero_have_no_level_to_rise_from_unless_they_leave_it() -> None:
    assert not found(AROUND_ZERO)
    assert found(np.r_[AROUND_ZERO[:-2], 0.6, 0.9])
