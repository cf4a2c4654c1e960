"""A series that two sources print is judged once, however they round and count; what differs is
judged twice.
"""

from __future__ import annotations

import numpy as np
import pytest

import lossreport
from lossreport.analysis.agreement import MATCHED, MIN_ROWS, agreements, equal_rows
from lossreport.model.run import Floats
from runs import falling, make_run, make_series


def pairs(
    first: Floats, second: Floats, name: str = "loss", **other: object
) -> list[tuple[str, str, int]]:
    b = make_series(
        second, name, id="m2", source="s2", path="other.log", **{"axis": "step", **other}
    )  # type: ignore[arg-type]
    run = make_run([make_series(first, "loss", axis="step", id="m1"), b])
    return [(one.original, one.copy, one.rows) for one in agreements(run)]


def significant(y: Floats, digits: int) -> Floats:
    return np.array([float(f"{value:.{digits}g}") for value in y])


Y = falling(40)
SAME = {
    "the same": (Y, {}),
    "four decimals": (np.round(Y, 4), {"resolution": 1e-4}),
    "four significant digits": (significant(Y, 4), {}),
    "float32": (Y.astype(np.float32).astype(np.float64), {}),
    "on another axis": (Y, {"axis": "epoch", "statistic": "window_mean"}),
    "counted from 1": (Y, {"x": np.arange(1, 41)}),
    "the first part": (Y[:30], {}),
}


@pytest.mark.parametrize("how", SAME)
def test_a_copy_is_seen(how: str) -> None:
    y, other = SAME[how]
    assert pairs(Y, y, **other) == [("m1", "m2", len(y))]


OTHER = {
    "another curve": (falling(40, seed=1), {}),
    "three per mille off": (Y * 1.003, {}),
    "another metric": (Y, {"name": "closs"}),
    "of validation": (Y, {"split": "val"}),
    "a running mean": (Y, {"statistic": "running_mean"}),
    "shifted": (np.r_[Y[5:], falling(5)], {}),
}


@pytest.mark.parametrize("how", OTHER)
def test_what_is_no_copy_is_kept(how: str) -> None:
    y, other = OTHER[how]
    assert pairs(Y, y, **other) == []


@pytest.mark.parametrize(("rows", "expected"), [(MIN_ROWS - 1, 0), (MIN_ROWS, 1)])
def test_three_rows_are_needed(rows: int, expected: int) -> None:
    assert len(pairs(Y, Y[:rows])) == expected


@pytest.mark.parametrize(("wrong", "expected"), [(2, 1), (3, 0)])
def test_two_per_cent_of_the_rows_may_differ(wrong: int, expected: int) -> None:
    y = np.array(falling(100))
    y[:wrong] += 1
    assert len(pairs(falling(100), y)) == expected
    assert pytest.approx(0.02) == 1 - MATCHED


def test_rows_that_are_nan_in_both_are_equal() -> None:
    y = np.array([1.0, np.nan, np.nan, 2.0])
    assert equal_rows(make_series(y), make_series(y, id="m2")) == 4


def test_the_copy_with_more_decimals_is_the_one_judged() -> None:
    coarse = make_series(np.round(Y, 2), "loss", axis="step", id="m1", resolution=0.01)
    fine = make_series(Y, "loss", axis="step", id="m2", source="s2", path="fine.csv")
    analysis = lossreport.analyze(make_run([coarse, fine]))
    assert [(one.original, one.copy) for one in analysis.agreements] == [("m2", "m1")]
    assert [verdict.series for verdict in analysis.verdicts if verdict.series] == [("m2",)]


def test_the_report_says_that_the_sources_agree() -> None:
    run = make_run(
        [
            make_series(Y, "loss", id="m1"),
            make_series(Y, "loss", id="m2", source="s2", path="b.csv"),
        ]
    )
    page = lossreport.render(lossreport.compose(lossreport.analyze(run)), "md", "en")
    assert "b.csv and log\\_train.txt hold the same values" in page
