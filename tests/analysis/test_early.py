"""A run that has only begun is told so: within its warm-up, at the start of its plan, or a
trial.
"""

from dataclasses import replace

import pytest

import lossreport
from lossreport.analysis.early import BEGUN, TRIAL
from lossreport.model.analysis import Outcome
from lossreport.model.run import Progress, Status
from runs import falling, make_run


def of(progress: Progress, status: Status = Status.UNKNOWN, **facts: float) -> Outcome:
    run = replace(
        make_run(loss=falling(30), val_loss=falling(30), facts=facts),
        progress=progress,
        status=status,
    )
    made = lossreport.analyze(run, strict=True).outcome("r1")
    assert made is not None
    return made


@pytest.mark.parametrize(("done", "told"), [(3, True), (4, False)])
def test_a_run_within_its_warm_up_says_little(done: int, told: bool) -> None:
    made = of(Progress(epochs=(done, done)), Status.FINISHED, warmup_epochs=3.0)
    assert ("its warm-up" in made.text.plain("en")) is told
    assert (made.tone == "good") is not told


@pytest.mark.parametrize(
    ("done", "told"), [(int(300 * BEGUN), True), (int(300 * BEGUN) + 1, False)]
)
def test_the_first_twentieth_of_a_plan_is_only_the_start(done: int, told: bool) -> None:
    assert (
        "about the start of the run" in of(Progress(epochs=(done, 300))).text.plain("en")
    ) is told


@pytest.mark.parametrize(("steps", "told"), [(TRIAL, True), (TRIAL + 1, False)])
def test_a_plan_of_a_few_steps_is_a_trial(steps: int, told: bool) -> None:
    assert (
        "a trial of the program"
        in of(Progress(steps=(steps, steps)), Status.FINISHED).text.plain("en")
    ) is told


@pytest.mark.parametrize(("first", "told"), [(2e-5, True), (1e-3, False)])
def test_a_rate_that_is_logged_at_its_value_is_in_no_warm_up(first: float, told: bool) -> None:
    rates = [first, 1e-3, 1e-3]
    run = make_run(
        axis="step", loss=[3.0, 2.9, 2.8], lr=rates, facts={"lr": 1e-3, "warmup_steps": 500}
    )
    made = lossreport.analyze(
        replace(run, progress=Progress(steps=(3, None))), strict=True
    ).outcome("r1")
    assert made is not None
    assert ("its warm-up" in made.text.plain("en")) is told
