"""Over-fitting: the validation loss turned up and stayed up while the training loss did not; else
nothing, or why nothing.
"""

from __future__ import annotations

import numpy as np
import pytest

import lossreport
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.overfitting import DETECTOR, HIGH_RISE, MIN_RISE
from lossreport.model.analysis import Finding, NotApplicable, Severity
from lossreport.model.run import Floats
from runs import falling, flat, make_run, make_series


def turned(rise: float, n: int = 60) -> Floats:
    half = n // 2
    return np.r_[falling(half, 6, 2), 2 * np.linspace(1, 1 + rise, n - half)] * (
        1 + 0.0005 * flat(n, 0, 1)
    )


def found(**columns: Floats) -> list[Finding]:
    run = make_run(**columns)
    return [one for one in DETECTOR.detect(Context(run, run)) if isinstance(one, Finding)]


@pytest.mark.parametrize(
    ("rise", "expected"), [(MIN_RISE * 1.5, 1), (MIN_RISE * 0.6, 0)], ids=["above", "below"]
)
def test_the_end_lies_three_per_cent_above_the_minimum(rise: float, expected: int) -> None:
    assert len(found(loss=falling(60), val_loss=turned(rise))) == expected


@pytest.mark.parametrize(
    ("rise", "severity"),
    [(HIGH_RISE * 1.3, Severity.HIGH), (HIGH_RISE * 0.7, Severity.MEDIUM)],
    ids=["above", "below"],
)
def test_ten_per_cent_is_severe(rise: float, severity: Severity) -> None:
    assert found(loss=falling(60), val_loss=turned(rise))[0].severity is severity


def test_a_training_loss_that_rises_as_well_is_no_overfitting() -> None:
    assert found(loss=turned(0.5), val_loss=turned(0.5)) == []


def test_a_minimum_just_before_the_end_is_too_early_to_tell() -> None:
    assert found(loss=falling(60), val_loss=np.r_[falling(58), 2.3, 2.4]) == []


def test_a_term_that_got_worse_while_the_total_did_not_is_low() -> None:
    (finding,) = found(
        loss=falling(60), val_loss=falling(60), obj_loss=falling(60), val_obj_loss=turned(0.5)
    )
    assert (finding.severity, finding.numbers["component"]) == (Severity.LOW, 1.0)


def test_the_checkpoint_named_is_that_of_the_minimum() -> None:
    (finding,) = found(loss=falling(60), val_loss=turned(0.5))
    assert abs(finding.start.x - 29) <= 1


@pytest.mark.parametrize(
    "columns",
    [{"loss": falling(30)}, {"loss": falling(30), "val_loss": falling(5)}],
    ids=["none", "five"],
)
def test_without_enough_validation_it_says_that_it_cannot_tell(columns: dict[str, Floats]) -> None:
    run = make_run(**columns)
    (only,) = DETECTOR.detect(Context(run, run))
    assert isinstance(only, NotApplicable)


@pytest.mark.parametrize(("train", "expected"), [("falls", 1), ("rises", 0)])
def test_a_training_loss_logged_more_often_than_the_validation_is_looked_at_as_well(
    train: str, expected: int
) -> None:
    after = np.linspace(2, 1, 120) if train == "falls" else np.linspace(2, 4, 120)
    loss = make_series(
        np.r_[np.linspace(4, 2, 80), after], "loss", axis="step", x=10 * np.arange(1, 201)
    )
    val = make_series(
        np.r_[np.linspace(4, 2, 8), np.linspace(2.1, 4, 12)],
        "loss",
        "val",
        axis="step",
        x=100 * np.arange(1, 21),
        id="m2",
    )
    found = [
        one
        for one in lossreport.analyze(make_run([loss, val])).findings
        if one.kind == "overfitting"
    ]
    assert len(found) == expected


@pytest.mark.parametrize(
    ("train_end", "val_end", "score", "severity"),
    [
        (0.02, 1.9, 0.3, Severity.MEDIUM),
        (0.02, 1.2, 0.3, Severity.LOW),
        (0.9, 2.25, 0.3, Severity.LOW),
        (0.02, 1.9, 0.97, Severity.LOW),
    ],
    ids=["learned by heart", "carried over", "little was learned", "a score near the full one"],
)
def test_a_training_that_does_not_carry_over_is_named_in_the_answer(
    train_end: float, val_end: float, score: float, severity: Severity
) -> None:
    fall = np.exp(-np.arange(50) / 6)
    run = make_run(
        loss=train_end + (2.3 - train_end) * fall,
        val_loss=val_end + (2.3 - val_end) * fall,
        val_acc=score * (1 - 0.2 * fall),
    )
    analysis = lossreport.analyze(run, strict=True)
    (finding,) = [one for one in analysis.findings if one.kind == "train_val_gap"]
    assert finding.severity is severity
    assert ("First look at" in analysis.outcomes[0].text.plain("en")) is (
        severity is Severity.MEDIUM
    )
