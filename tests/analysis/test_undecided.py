"""An undecided curve is told as it is: standing, gaining more than before, without gain; and
advised so.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import lossreport
from lossreport.analysis.goal import LEAST_SAME
from lossreport.model.analysis import Analysis, Severity, State
from lossreport.model.run import Progress, Run, Source
from runs import falling, flat, make_run, make_series, rng

SEPARATE = "cannot separate flat from slowly improving"


def judged(run: Run) -> tuple[State, str, Analysis]:
    analysis = lossreport.analyze(run, strict=True)
    verdict = next(one for one in analysis.verdicts if not one.series)
    return verdict.state, verdict.text.plain("en"), analysis


def advice(analysis: Analysis) -> str:
    return " ".join(one.text.plain("en") for one in analysis.recommendations)


def test_a_flat_diffusion_loss_stands_still_and_is_not_called_undecided() -> None:
    y = np.r_[np.geomspace(0.013, 0.004, 20), flat(80, 0.004, 0.01)]
    state, text, analysis = judged(make_run([make_series(y, "diffusion_loss", axis="step")]))
    assert state is State.INCONCLUSIVE
    assert "it stands still" in text
    assert SEPARATE not in text + advice(analysis)


def test_a_gain_beyond_what_the_rows_before_bear_out_is_told_as_one() -> None:
    y = np.r_[flat(75, 2.0, 0.001), 2.0 * np.linspace(1, 0.8, 25)]
    state, text, analysis = judged(make_run([make_series(y, "loss", "val", axis="epoch")]))
    assert state in (State.INCONCLUSIVE, State.IMPROVING)
    assert SEPARATE not in text + advice(analysis)


def test_a_reward_that_accelerates_still_improves() -> None:
    y = np.exp(np.linspace(0, 6, 400)) * (1 + 0.2 * rng(3).standard_normal(400))
    state, _, _ = judged(
        make_run([make_series(y, "episode_reward", axis="step", metric_type="reward")])
    )
    assert state is State.IMPROVING


@pytest.mark.parametrize(("last", "same"), [(LEAST_SAME, True), (LEAST_SAME - 1, False)])
def test_few_evaluations_that_repeat_one_value_say_so(last: int, same: bool) -> None:
    y = [1.0, 0.5, -3.0, 0.9, 0.95][: 8 - last] + [1.0] * last
    _, text, _ = judged(
        make_run([make_series(y, "mean_reward", "eval", axis="step", metric_type="reward")])
    )
    assert (f"the last {last} of its" in text) is same


@pytest.mark.parametrize(
    ("y", "state"),
    [
        ([-3.0, -1.0, *[1.0] * 8], State.CONVERGED),  # solved, and stays so
        ([-3.0, -1.0, 1.5, *[1.0] * 7], State.INCONCLUSIVE),  # it was better
        ([1.0, -1.0, *[1.0] * 8], State.INCONCLUSIVE),  # back where it began
        ([-3.0, -1.0, 0.9, 1.0, 0.95, 0.99, 0.99, *[1.0] * 3], State.IMPROVING),
    ],
)
def test_a_score_that_rests_at_its_best_value_is_flat(y: list[float], state: State) -> None:
    found, _, _ = judged(
        make_run([make_series(y, "mean_reward", "eval", axis="step", metric_type="reward")])
    )
    assert found is state


def test_a_validation_that_no_longer_gains_is_not_advised_to_train_longer() -> None:
    y = np.array([0.46, 0.60, 0.87, 0.81, 0.81, 0.81, 0.87, 0.81, 0.81, 0.73, 0.46, 0.65, 0.56])
    run = make_run([make_series(falling(13), "loss"), make_series(y, "f1", "valid", id="m2")])
    _, _, analysis = judged(run)
    assert "train a little longer" not in advice(analysis)
    assert "0.87 at epoch" in advice(analysis)


@pytest.mark.parametrize(("steps", "cut"), [(1000, True), (101, False)])
def test_a_log_cut_long_before_its_training_ended_is_not_judged_by_its_end(
    steps: int, cut: bool
) -> None:
    source = Source(
        id="s1",
        path="run.wandb",
        parser="wandb",
        sha256="0" * 64,
        bytes=1,
        rows=100,
        lines=100,
        torn=True,
    )
    y = flat(100, 0.5, 0.01)
    run = replace(
        make_run([make_series(y, "loss", axis="step")], facts={"summary/_step": steps}),
        sources=(source,),
    )
    state, text, analysis = judged(run)
    (finding,) = [one for one in analysis.findings if one.kind == "truncated_log"]
    assert (finding.severity is Severity.MEDIUM) is cut
    assert ("break off long before the training ended" in text) is cut
    assert cut is (state is State.INCONCLUSIVE)


@pytest.mark.parametrize(("share", "told"), [(4.0, True), (2.5, False)])
def test_a_loss_that_worsens_while_the_learning_rate_rises_again_is_told_with_it(
    share: float, told: bool
) -> None:
    loss = np.r_[falling(50, 2.0, 0.2), np.linspace(0.2, 1.9, 50)]
    low = 0.002
    rate = np.r_[np.linspace(0.02, low, 50), np.linspace(low, share * low, 50)]
    run = make_run(
        [make_series(loss, "loss"), make_series(rate, "lr", id="m2", metric_type="learning_rate")]
    )
    _, _, analysis = judged(run)
    assert ("turns up again" in advice(analysis)) is told
    assert ("Diverging: loss. Stop" in advice(analysis)) is not told


@pytest.mark.parametrize(("reward", "shown"), [(-1.4, False), (1.4, True)])
def test_a_share_of_a_reward_below_zero_is_not_told(reward: float, shown: bool) -> None:
    y = np.r_[np.linspace(-25, reward, 20), np.linspace(reward, -30, 60)]
    _, _, analysis = judged(
        make_run([make_series(y, "mean_reward", "eval", axis="step", metric_type="reward")])
    )
    (finding,) = [one for one in analysis.findings if one.kind == "worsening"]
    assert ("%" in finding.text.plain("en")) is shown
    assert "smaller (learning rate, clip range" in advice(analysis)
    assert "regularisation" not in advice(analysis)


def test_the_score_of_the_whole_is_the_goal_where_every_loss_is_one_clients() -> None:
    losses = [
        make_series(falling(20, seed=n), f"loss_{key}", axis="step", id=f"m{n}")
        for n, key in enumerate(("c99f", "4b95", "9d07"), 1)
    ]
    score = make_series(
        np.linspace(0.5, 0.7, 20), "Mega Dice Score", axis="step", id="m9", metric_type="accuracy"
    )
    run = make_run([*losses, score])
    chosen = lossreport.analyze(run, strict=True).goal("r1")
    assert chosen is not None
    assert (chosen.series, chosen.mode) == ("m9", "max")
    # two names alone may be two terms
    two = lossreport.analyze(make_run([*losses[:2], score]), strict=True).goal("r1")
    assert two is not None
    assert two.series != "m9"


def test_per_round_is_a_preposition_and_per_an_error_rate() -> None:
    fairness = make_series(np.ones(20), "jfi_equal_per_round", axis="round")
    accuracy = make_series(
        flat(20, 0.94), "round_accuracies", axis="round", id="m2", metric_type="accuracy"
    )
    chosen = lossreport.analyze(make_run([fairness, accuracy]), strict=True).goal("r1")
    assert chosen is not None
    assert chosen.series == "m2"
    per = make_series(falling(20, 0.9, 0.2), "per", "val")
    chosen = lossreport.analyze(
        make_run([make_series(falling(20), "loss", id="m3"), per]), strict=True
    ).goal("r1")
    assert chosen is not None
    assert (chosen.series, chosen.mode) == ("m1", "min")


@pytest.mark.parametrize(("end", "state"), [(0.55, State.WORSENING), (0.685, State.CONVERGED)])
def test_the_score_of_the_whole_may_be_past_its_best(end: float, state: State) -> None:
    losses = [
        make_series(falling(40, seed=n), f"loss_{key}", axis="round", id=f"m{n}")
        for n, key in enumerate(("c99f", "4b95", "9d07"), 1)
    ]
    y = np.r_[
        np.linspace(0.5, 0.69, 10), np.linspace(0.69, end, 15), np.full(15, end)
    ] + 0.002 * rng(5).standard_normal(40)
    score = make_series(y, "Mega Dice Score", axis="round", id="m9", metric_type="accuracy")
    found, _, analysis = judged(make_run([*losses, score]))
    assert found is state
    assert ("Use the checkpoint" in advice(analysis)) is (state is State.WORSENING)


@pytest.mark.parametrize(("axis", "unit"), [("round", "rounds"), ("epoch", "epochs")])
def test_rounds_are_not_called_epochs(axis: str, unit: str) -> None:
    run = make_run([make_series(falling(20), "loss", axis=axis)], status="interrupted")
    run = replace(run, progress=Progress(epochs=(20, 200)))
    text = lossreport.render(
        lossreport.compose(lossreport.analyze(run, strict=True)), format="md", lang="en"
    )
    assert f"20 of 200 {unit}" in text
    assert f"{unit} completed" in text
    assert f"Not complete (20 of 200 {unit})" in text


@pytest.mark.parametrize(("last", "asked"), [(1e-8, False), (5e-5, True)])
def test_nobody_is_asked_to_train_longer_at_a_learning_rate_that_is_spent(
    last: float, asked: bool
) -> None:
    reward = make_series(
        1 + 0.3 * rng(7).standard_normal(60), "reward", axis="step", metric_type="reward"
    )
    rate = make_series(
        np.linspace(1e-4, last, 60), "lr", axis="step", id="m2", metric_type="learning_rate"
    )
    state, _, analysis = judged(make_run([reward, rate]))
    assert state is State.INCONCLUSIVE
    assert ("train a little longer" in advice(analysis)) is asked


def test_a_loss_whose_tail_lost_again_what_the_half_gained_is_not_still_improving() -> None:
    shape = np.r_[
        np.geomspace(1.0, 0.3, 50), np.geomspace(0.3, 0.1, 25), np.geomspace(0.1, 0.13, 25)
    ]
    y = shape * np.exp(0.6 * rng().standard_normal(100))
    analysis = lossreport.analyze(
        make_run([make_series(falling(100), "loss"), make_series(y, "loss", "val", id="m2")]),
        strict=True,
    )
    verdict = next(one for one in analysis.verdicts if one.series == ("m2",))
    assert verdict.state is not State.IMPROVING


def test_metrics_without_a_known_direction_are_left_to_the_user_to_name() -> None:
    text = judged(make_run([make_series(np.linspace(12, 11, 20), "top_marks")]))[1]
    assert "--set goal=NAME" in text
    assert "--set goal.mode=max" in text


@pytest.mark.parametrize(("later", "told"), [(0.45, True), (0.67, False)])
def test_of_a_validation_that_never_came_near_its_best_again_that_checkpoint_is_the_advice(
    later: float, told: bool
) -> None:
    start = [0.42, 0.43, 0.46, 0.47, 0.48, 0.35, 0.68]
    y = np.array([*start, 0.44, 0.19, 0.46, 0.34, 0.05, 0.36, later, 0.04, 0.22, 0.41])
    run = make_run(
        [
            make_series(falling(17), axis="epoch"),
            make_series(y, "Spearman", "val", axis="epoch", id="m2"),
        ]
    )
    state, _, analysis = judged(run)
    assert state is State.INCONCLUSIVE
    assert ("Use the checkpoint where the validation was best" in advice(analysis)) is told
    outcome = analysis.outcome("r1")
    assert outcome is not None
    assert ("it has not come near its best since" in outcome.text.plain("en")) is told
