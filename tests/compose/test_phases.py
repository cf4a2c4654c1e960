"""The course of a loss is told in two phases where it has them."""

from __future__ import annotations

import numpy as np
import pytest

import lossreport
from lossreport.compose.phases import EARLY, MOST_OF_IT, STAYS, phases, turning
from lossreport.compose.section import Story
from runs import falling, make_run

KNEE = np.array([13.18, 8.61, 8.56, 8.546, 8.536, 8.529, 8.524, 8.52, 8.517, 8.514, 8.512, 8.51])


def told(**columns: object) -> list[str]:
    run = make_run(**columns)  # type: ignore[arg-type]
    (story,) = Story.all_of(lossreport.analyze(run, strict=True))
    return [sentence.plain("en") for sentence in phases(story)]


def test_a_fall_at_the_start_and_a_long_rest_are_two_phases() -> None:
    assert told(closs=KNEE) == [
        "closs (log_train.txt) falls in two phases: fast from 13.18 to 8.61 over epoch 0 to 1, more "
        "than nine tenths of its fall; then slowly to 8.51 by epoch 11."
    ]


def test_a_loss_that_falls_all_the_time_or_turns_up_is_told_in_no_phases() -> None:
    assert told(loss=np.linspace(9.0, 2.0, 30)) == []
    assert told(loss=falling(30), val_loss=[*KNEE, *np.linspace(8.5, 11.0, 18)]) == []


def bent(share: float, at: float, rows: int = 101) -> np.ndarray:
    """Return a loss that falls by a share of its fall until a share of its rows, and then on."""
    turn = round(at * (rows - 1))
    return np.r_[
        np.linspace(1.0, 1.0 - share, turn + 1), np.linspace(1.0 - share, 0, rows - turn)[1:]
    ]


@pytest.mark.parametrize(
    ("y", "phased"),
    [
        (bent(MOST_OF_IT + 0.01, 0.2), True),
        (bent(MOST_OF_IT - 0.1, 0.2), False),
        (bent(MOST_OF_IT + 0.01, EARLY - 0.03), True),
        (bent(MOST_OF_IT + 0.01, EARLY + 0.03), False),
    ],
    ids=["most of it", "less", "early", "late"],
)
def test_most_of_the_fall_lies_in_the_first_third(y: np.ndarray, phased: bool) -> None:
    assert (turning(y) is not None) is phased


@pytest.mark.parametrize(("rise", "phased"), [(0.5 * STAYS, True), (2 * STAYS, False)])
def test_the_rest_may_end_hardly_above_its_lowest(rise: float, phased: bool) -> None:
    y = np.r_[np.linspace(1.0, 0.05, 10), np.linspace(0.04, -rise, 60), np.linspace(-rise, 0, 30)]
    assert (turning(y) is not None) is phased
