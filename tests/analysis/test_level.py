"""A score that is near nothing, or no better than a guess, is told so, and no run is good by its
curve alone.
"""

import numpy as np
import pytest

import lossreport
from lossreport.analysis.level import GUESSING, LOW, NOTHING
from lossreport.model.analysis import Outcome, State
from runs import falling, make_run, make_series


def of(best: float, name: str = "mAP", rows: int = 30, **facts: float) -> Outcome:
    score = make_series(np.linspace(0.3 * best, best, rows), name, split="val", id="m2")
    made = lossreport.analyze(
        make_run([make_series(falling(rows), "loss"), score], facts=facts), strict=True
    ).outcome("r1")
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("best", "told", "tone"), [(0.9 * NOTHING, True, "open"), (1.1 * NOTHING, False, "good")]
)
def test_two_per_cent_of_the_full_score_is_near_nothing(best: float, told: bool, tone: str) -> None:
    made = of(best)
    assert ("near nothing" in made.text.plain("en")) is told
    assert made.tone == tone


@pytest.mark.parametrize(
    ("best", "told"), [(0.99 * GUESSING / 10, True), (1.5 * GUESSING / 10, False)]
)
def test_an_accuracy_of_one_in_k_is_a_guess(best: float, told: bool) -> None:
    assert ("guessing" in of(best, "acc", num_classes=10).text.plain("en")) is told


def test_a_percentage_is_weighed_by_a_hundred() -> None:
    assert "where 100 is the full score" in of(1.8, "acc").text.plain("en")
    assert "near nothing" not in of(18.0, "acc").text.plain("en")


def test_a_ranking_over_many_items_is_small_by_nature() -> None:
    assert "near nothing" not in of(0.9 * NOTHING, "recall@10").text.plain("en")


def test_a_score_that_was_never_above_0_is_told_so() -> None:
    assert "never above 0" in of(0.0, rows=4).text.plain("en")


@pytest.mark.parametrize(
    ("best", "name", "facts", "told"),
    [
        (0.99 * LOW, "acc", {}, True),
        (1.01 * LOW, "acc", {}, False),
        (0.99 * LOW, "mAP", {}, False),
        (0.99 * LOW, "acc", {"num_classes": 10}, False),
    ],
)
def test_a_low_accuracy_among_an_unknown_number_of_classes_is_told_as_low(
    best: float, name: str, facts: dict[str, float], told: bool
) -> None:
    made = of(best, name, **facts)
    assert ("the logs do not say K" in made.text.plain("en")) is told
    assert made.tone == ("open" if told else "good")


@pytest.mark.parametrize(("level", "state"), [(0.989, State.CONVERGED), (0.5, State.PLATEAU_HIGH)])
def test_a_score_that_stands_near_the_full_one_stands_at_no_poor_level(
    level: float, state: State
) -> None:
    score = make_series(np.full(10, level), "F1 Score (Weighted)", split="val", id="m2")
    analysis = lossreport.analyze(make_run([make_series(falling(10), "loss"), score]), strict=True)
    assert next(one.state for one in analysis.verdicts if not one.series) is state
