"""A total whose weights change is not judged by its sum."""

import numpy as np
import pytest

import lossreport
from lossreport.analysis.reweighted import WORSE
from lossreport.model.analysis import Analysis
from lossreport.model.states import TROUBLES
from runs import falling, make_run, make_series

N = 40


def totals(weight: np.ndarray, second: np.ndarray) -> Analysis:
    first = np.array(falling(N, 1.1, 0.6, noise=0))
    made = []
    for number, split in enumerate(("train", "val")):
        parts = {"geom": second, "ener": first, "loss": second + weight * first}
        made += [make_series(y, name, split, id=f"m{number}{name}") for name, y in parts.items()]
    return lossreport.analyze(make_run(made), strict=True)


FALLING = np.linspace(0.5, 0.3, N)


@pytest.mark.parametrize(
    ("weight", "second", "expected"),
    [
        (np.linspace(5, 15, N), FALLING, True),
        (np.full(N, 5.0), np.linspace(0.5, 9.0, N), False),
    ],
    ids=["the weights grow", "a term rises"],
)
def test_a_total_that_rises_while_its_terms_fall_tells_of_its_weights(
    weight: np.ndarray, second: np.ndarray, expected: bool
) -> None:
    analysis = totals(weight, second)
    goal = analysis.goal("r1")
    assert goal is not None
    name = next(one.label for one in analysis.runs[0].series if one.id == goal.series)
    assert (name == "val/ener") is expected
    assert (analysis.run_verdict("r1").state in TROUBLES) is not expected
    assert not expected or not [
        f for f in analysis.findings if f.kind in ("overfitting", "worsening", "divergence")
    ]


@pytest.mark.parametrize(("factor", "expected"), [(1 + 2 * WORSE, True), (1 + WORSE / 2, False)])
def test_a_total_within_the_width_of_flat_is_not_called_reweighted(
    factor: float, expected: bool
) -> None:
    first, second = np.array(falling(N, 1.1, 0.6, noise=0)), FALLING
    total = np.r_[np.linspace(2 * factor, 2.0, N // 2), np.linspace(2.0, 2 * factor, N - N // 2)]
    parts = {"geom": second, "ener": first, "loss": total}
    made = [make_series(y, name, "val", id=f"m{name}") for name, y in parts.items()]
    analysis = lossreport.analyze(
        make_run([make_series(falling(N), "loss", id="m1"), *made]), strict=True
    )
    goal = analysis.goal("r1")
    assert goal is not None
    assert (goal.series == "mener") is expected
    assert not expected or not any(
        "best: val/loss" in one.text.plain("en") for one in analysis.recommendations
    )


def test_errors_that_fall_while_the_loss_rises_are_no_terms_of_it() -> None:
    """The loss of a validation turns up by confidence while its errors still fall: that is
    over-fitting, not another sum.
    """
    loss = np.r_[np.linspace(2.0, 1.0, N // 2), np.linspace(1.0, 1.8, N - N // 2)]
    made = [
        make_series(falling(N, 2.0, 0.1), "loss", id="m1"),
        make_series(loss, "loss", "val", id="m2"),
    ]
    made += [
        make_series(np.linspace(start, start / 2, N), name, "val", id=name)
        for name, start in (("error", 0.4), ("top5_error", 0.2))
    ]
    analysis = lossreport.analyze(make_run(made), strict=True)
    assert not any(
        "weights of the sum" in one.reason.plain("en") for one in analysis.not_applicable
    )


@pytest.mark.parametrize("end", [-4.95, -4.5], ids=["within 2%", "risen"])
def test_a_total_below_zero_has_the_same_width_of_flat(end: float) -> None:
    parts = {
        "kl": FALLING,
        "nll": np.array(falling(N, 1.1, 0.6, noise=0)),
        "loss": np.r_[np.linspace(0.0, -5.0, N // 2), np.linspace(-5.0, end, N - N // 2)],
    }
    made = [make_series(y, name, "val", id=f"m{name}") for name, y in parts.items()]
    analysis = lossreport.analyze(
        make_run([make_series(falling(N), "loss", id="m1"), *made]), strict=True
    )
    told = any("weights of the sum" in one.reason.plain("en") for one in analysis.not_applicable)
    assert told is (end == -4.5)
