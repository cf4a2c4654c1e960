"""An accuracy that jumps between the share of one class and that of the other."""

import numpy as np
import pytest

import lossreport
from lossreport.analysis.detectors.two_values import LEAST, SHARE
from runs import falling, make_run, make_series


def found(values: list[float]) -> bool:
    score = make_series(values, "accuracy", "val", id="m2")
    findings = lossreport.analyze(
        make_run([make_series(falling(30), "loss"), score]), strict=True
    ).findings
    return any("takes only two values" in one.text.plain("en") for one in findings)


@pytest.mark.parametrize(("rows", "told"), [(LEAST, True), (LEAST - 1, False)])
def test_six_evaluations_are_the_least(rows: int, told: bool) -> None:
    assert found([0.585 if n % 3 else 0.415 for n in range(rows)]) is told


@pytest.mark.parametrize(("share", "told"), [(SHARE + 0.05, True), (SHARE - 0.1, False)])
def test_four_in_five_rows_take_them(share: float, told: bool) -> None:
    two = [0.585 if n % 3 else 0.415 for n in range(int(100 * share))]
    assert found([*two, *np.linspace(0.5, 0.58, 100 - len(two)).tolist()]) is told


@pytest.mark.parametrize(
    "values",
    [[0.585, 0.4] * 10, np.linspace(0.4, 0.6, 20).tolist(), [0.0, 1.0] * 10],
    ids=["no rest", "learns", "all or none"],
)
def test_other_values_are_none_of_its_business(values: list[float]) -> None:
    assert not found(values)


def test_percent_add_up_to_a_hundred() -> None:
    assert found([58.5 if n % 3 else 41.5 for n in range(20)])
