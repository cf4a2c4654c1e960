"""The verdict is the first state of the contract that holds; each state has a curve that is it and
one that just is not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

import lossreport
from lossreport.analysis import analyze
from lossreport.analysis.judging import LEAST_ROWS, run_state
from lossreport.analysis.trend import (
    CONSISTENT,
    FLAT_GAIN,
    FLAT_HIGH,
    LEAST_FINITE,
    MIN_ROWS,
    SURE_GAIN,
    WIDE_TAIL,
    flat_trend,
    is_improving,
    tail_trend,
)
from lossreport.curves.stats import fill
from lossreport.model.analysis import State, Trend, Verdict
from lossreport.model.run import Floats, Run
from runs import falling, flat, make_run, make_series, rng

NAN = float("nan")


def verdict(run: Run, series: str = "m1") -> Verdict:
    analysis = lossreport.analyze(run, strict=True)
    return next(v for v in analysis.verdicts if v.series == (series,))


def tail(gain: float, n: int = 200) -> Floats:
    """A curve whose last quarter falls by `gain` of its level, in a straight line, after a steep
    start.
    """
    head = falling(n - n // 4, 8, 2, noise=0.0)
    return np.r_[head, 2 * np.linspace(1, 1 - gain, n // 4)] * (1 + 1e-4 * rng().standard_normal(n))


STATES: dict[State, Callable[[], Run]] = {
    State.BROKEN: lambda: make_run(closs=[*falling(30), NAN]),
    State.MIXED: lambda: make_run(closs=np.tile([1.0, 8.0], 12) * flat(24, 1.0, 0.02)),
    State.DIVERGING: lambda: make_run(closs=np.r_[falling(50), 2 * np.linspace(1, 4, 50)]),
    State.UNSTABLE: lambda: make_run(closs=np.where(np.isin(np.arange(100), (60, 80)), 20.0, falling(100))),
    State.OVERFITTING: lambda: make_run(val_closs=np.r_[falling(30, 6, 2), 2 * np.linspace(1, 1.5, 30)], closs=falling(60)),
    State.WORSENING: lambda: make_run(val_closs=np.r_[falling(30, 6, 2), 2 * np.linspace(1, 1.5, 30)]),
    State.INSUFFICIENT: lambda: make_run(closs=falling(LEAST_ROWS - 1)),
    State.PLATEAU_HIGH: lambda: make_run(closs=flat(100, math.log(1000)), facts={"vocab_size": 1000}),
    State.CONVERGED: lambda: make_run(closs=np.r_[falling(100, noise=0.001), flat(200, 2.0, 0.001)]),
    State.IMPROVING: lambda: make_run(closs=tail(0.1)),
    State.INCONCLUSIVE: lambda: make_run(closs=flat(MIN_ROWS - 1)),
}  # fmt: skip


def test_every_state_has_a_case_here() -> None:
    assert list(STATES) == list(State)


@pytest.mark.parametrize("state", State)
def test_a_state_is_reached(state: State) -> None:
    made = verdict(STATES[state]())
    assert made.state is state
    assert made.text.plain("zh")
    assert made.text.plain("en")


@pytest.mark.parametrize(
    ("rows", "state"), [(LEAST_ROWS - 1, State.INSUFFICIENT), (LEAST_ROWS, State.IMPROVING)]
)
def test_five_rows_are_the_least(rows: int, state: State) -> None:
    assert verdict(make_run(closs=falling(rows))).state is state


@pytest.mark.parametrize(("rows", "slope"), [(MIN_ROWS - 1, False), (MIN_ROWS, True)])
def test_below_twelve_rows_no_slope_is_given(rows: int, slope: bool) -> None:
    assert (verdict(make_run(closs=falling(rows))).trend is not None) is slope


@pytest.mark.parametrize(
    ("at", "state"),
    [((60, 80), State.UNSTABLE), ((80,), State.IMPROVING), ((20, 30, 80), State.IMPROVING)],
)
def test_two_spikes_in_the_second_half_are_unstable(at: tuple[int, ...], state: State) -> None:
    y = np.where(np.isin(np.arange(100), at), 20.0, falling(100))
    assert verdict(make_run(closs=y)).state is state


@pytest.mark.parametrize(("rows", "state"), [(20, State.UNSTABLE), (30, State.IMPROVING)])
def test_in_a_very_short_run_two_spikes_anywhere_are_unstable(rows: int, state: State) -> None:
    y = np.array(falling(rows, 4, 2))
    y[[4, 8]] *= 6
    assert verdict(make_run(closs=y)).state is state


@pytest.mark.parametrize(("row", "state"), [(50, State.UNSTABLE), (0, State.IMPROVING)])
def test_an_epoch_above_chance_is_unstable_after_the_warm_up(row: int, state: State) -> None:
    y = np.array(falling(100, 6, 2))
    y[row] = 8.0
    assert verdict(make_run(closs=y, facts={"vocab_size": 1000})).state is state


@pytest.mark.parametrize(
    ("gain", "flat_"), [(FLAT_GAIN * 0.5, True), (FLAT_HIGH * 1.5, False)], ids=["below", "above"]
)
def test_flat_is_a_gain_below_one_per_cent_with_an_interval_below_two(
    gain: float, flat_: bool
) -> None:
    series = make_series(np.r_[flat(200, 2.0, 1e-4), 2 * np.linspace(1, 1 - gain, 66)])
    assert (flat_trend(series, series.y, decays=False) is not None) is flat_


def tails(y: Floats) -> tuple[Trend, Trend]:
    made = make_series(y)
    tail_, wide = tail_trend(made, y), tail_trend(made, y, WIDE_TAIL)
    assert tail_ is not None
    assert wide is not None
    return tail_, wide


@pytest.mark.parametrize(("finite", "told"), [(LEAST_FINITE - 1, False), (LEAST_FINITE, True)])
def test_a_tail_of_nan_is_not_called_flat_by_the_values_put_in_for_it(
    finite: int, told: bool
) -> None:
    y = np.r_[falling(150), np.full(50 - finite, NAN), flat(finite, 2.0, 0.001)]
    assert (tail_trend(make_series(y), fill(y)) is not None) is told


def test_a_long_stretch_shows_that_a_noisy_tail_is_flat_if_the_rate_did_not_change() -> None:
    y = np.r_[falling(100, 4, 2, noise=0.02), flat(500, 2.0, 0.06, seed=3)]
    series = make_series(y)
    assert flat_trend(series, y, decays=False) is None
    assert flat_trend(series, y, decays=True) is not None


@pytest.mark.parametrize(
    ("before", "expected"), [(2.2, True), (1.9, False)], ids=["fell before", "rose before"]
)
def test_a_gain_of_the_tail_counts_if_the_half_before_it_gained_as_well(
    before: float, expected: bool
) -> None:
    y = np.r_[
        flat(200, 3.0, 1e-3),
        before * np.linspace(1, 2 / before, 100),
        2 * np.linspace(1, 0.95, 100),
    ] * (1 + 1e-3 * flat(400, 0, 1))
    assert is_improving(*tails(y), decays=True) is expected
    assert is_improving(*tails(y), decays=False) is True
    assert CONSISTENT < 1


def test_noise_alone_is_neither_flat_nor_improving() -> None:
    y = flat(40, 2.0, 0.2, seed=5)
    assert flat_trend(make_series(y), y, decays=True) is None
    assert not is_improving(*tails(y), decays=True)


def test_the_interval_of_a_flat_noisy_tail_covers_zero_nine_times_in_ten() -> None:
    covered = 0
    for seed in range(200):
        trend = tail_trend(make_series(y := flat(400, 2.0, 0.02, seed=seed)), y)
        assert trend is not None
        covered += trend.low <= 0 <= trend.high
    assert covered >= 170


@pytest.mark.parametrize("kind", ["diffusion", "gan", "policy"])
def test_a_flat_loss_that_is_not_the_metric_is_never_converged(kind: str) -> None:
    y = np.r_[falling(100, noise=0.001), flat(200, 2.0, 0.001)]
    assert verdict(make_run(loss=y, facts={"type.loss": kind})).state is State.INCONCLUSIVE


def test_a_flat_loss_above_its_target_is_high() -> None:
    y = np.r_[falling(100, noise=0.001), flat(200, 2.0, 0.001)]
    assert verdict(make_run(closs=y, facts={"target.closs": 1.0})).state is State.PLATEAU_HIGH
    assert verdict(make_run(closs=y, facts={"target.closs": 1.95})).state is State.CONVERGED


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((State.CONVERGED, State.CONVERGED), State.CONVERGED),
        ((State.CONVERGED, State.IMPROVING), State.IMPROVING),
        ((State.CONVERGED, State.INCONCLUSIVE), State.INCONCLUSIVE),
        ((State.IMPROVING, State.UNSTABLE), State.UNSTABLE),
        ((State.OVERFITTING, State.MIXED), State.MIXED),
        ((State.INSUFFICIENT, State.CONVERGED), State.CONVERGED),
        ((State.INSUFFICIENT,), State.INSUFFICIENT),
        ((), State.INSUFFICIENT),
    ],
)
def test_the_run_is_in_the_first_trouble_of_its_losses(
    states: tuple[State, ...], expected: State
) -> None:
    assert run_state(states) is expected


def test_an_inconclusive_verdict_says_what_would_change_it() -> None:
    made = verdict(make_run(closs=flat(40, 2.0, 0.2, seed=5)))
    assert made.state is State.INCONCLUSIVE
    assert made.change_mind is not None


def test_the_run_verdict_names_the_findings_it_rests_on() -> None:
    analysis = lossreport.analyze(STATES[State.DIVERGING]())
    because = analysis.run_verdict("r1").because
    assert [finding.kind for finding in analysis.findings if finding.id in because] == [
        "divergence"
    ]


def spiked_rows(*rows: int, n: int = 1000) -> Floats:
    y = falling(n, noise=0.003)
    for row in rows:
        y[row : row + 3] *= 3
    return y


@pytest.mark.parametrize(
    ("rows", "state"),
    [((700, 708), "improving"), ((700, 760), "unstable")],
    ids=["one burst", "two spikes"],
)
def test_spikes_within_one_percent_of_the_rows_are_one_event(
    rows: tuple[int, int], state: str
) -> None:
    made = make_run([make_series(spiked_rows(*rows), "loss", axis="step")])
    assert lossreport.analyze(made, strict=True).run_verdict("r1").state == state


@pytest.mark.parametrize(
    ("train", "unstable"), [(False, False), (True, True)], ids=["validation alone", "training too"]
)
def test_spikes_of_a_validation_alone_are_no_instability(train: bool, unstable: bool) -> None:
    loss = falling(40, noise=0.003)
    validation = falling(40, 8, 3, noise=0.003, seed=1)
    validation[[25, 32]] *= 2
    if train:
        loss[25] *= 2
    analysis = lossreport.analyze(make_run(loss=loss, val_loss=validation), strict=True)
    (judged,) = [
        v for v in analysis.verdicts if v.series and analysis.series(v.series[0]).split == "val"
    ]
    assert (judged.state == "unstable") is unstable


def test_a_log_without_a_loss_is_not_called_short_and_tells_how_its_metrics_went() -> None:
    run = make_run(val_accuracy=np.r_[np.full(20, 0.2), np.full(20, 0.9), 0.95, np.full(4, 0.9)])
    verdict = lossreport.analyze(run, strict=True).run_verdict("r1")
    assert verdict.state is State.CONVERGED
    assert (
        "val/accuracy is flat at this learning rate: best 0.95 at epoch 40, last 0.9 at epoch 44"
        in verdict.text.plain("en")
    )


def test_a_run_of_losses_that_measure_nothing_is_told_by_its_rewards() -> None:
    run = make_run(policy_loss=flat(100), reward=np.linspace(1, 100, 100), axis="step")
    said = lossreport.analyze(run, strict=True).run_verdict("r1").text.plain("en")
    assert said == "reward is still improving: from 1 to 100, best at its last value (step 99)."


@pytest.mark.parametrize(
    ("cls", "judged"),
    [(0.0, False), (0.3, True)],
    ids=["a term not in use", "a term that never moves"],
)
def test_a_term_that_is_zero_throughout_is_not_judged(cls: float, judged: bool) -> None:
    analysis = lossreport.analyze(
        make_run(box_loss=falling(60), cls_loss=np.full(60, cls)), strict=True
    )
    names = [
        analysis.series(verdict.series[0]).name for verdict in analysis.verdicts if verdict.series
    ]
    assert ("cls_loss" in names) is judged
    assert "constant_metric" in {finding.kind for finding in analysis.findings}


def test_a_loss_that_is_zero_and_alone_is_judged() -> None:
    assert [
        v for v in lossreport.analyze(make_run(loss=np.zeros(60)), strict=True).verdicts if v.series
    ]


def test_a_score_in_the_validation_is_not_the_reward_of_a_policy() -> None:
    scored = make_run(
        [
            make_series(falling(40), "loss ner", axis="step"),
            make_series(falling(40), "score", "dev", axis="step", id="m2"),
        ]
    )
    played = make_run(
        [
            make_series(falling(40), "loss", axis="step"),
            make_series(falling(40), "score", axis="step", id="m2"),
        ]
    )
    assert lossreport.analyze(scored).run_verdict("r1").state is not State.INCONCLUSIVE
    assert lossreport.analyze(played).run_verdict("r1").state is State.INCONCLUSIVE


def test_the_best_value_so_far_is_no_loss_to_judge() -> None:
    loss = make_series(falling(40), "loss", "valid")
    best = make_series(np.minimum.accumulate(falling(40)), "best_loss", "valid", id="m2")
    judged = {
        verdict.series
        for verdict in lossreport.analyze(make_run([loss, best])).verdicts
        if verdict.series
    }
    assert judged == {("m1",)}


@pytest.mark.parametrize(("low", "expected"), [(SURE_GAIN + 0.01, True), (SURE_GAIN, False)])
def test_a_tail_that_falls_by_half_is_a_gain_whatever_came_before(
    low: float, expected: bool
) -> None:
    trend, wide = tails(falling(40))
    assert wide is not None
    assert (
        is_improving(
            replace(trend, gain=0.9, low=low, high=1.2), replace(wide, gain=0.1), decays=True
        )
        is expected
    )


def test_a_loss_that_falls_at_last_improves() -> None:
    (judged,) = [
        v
        for v in lossreport.analyze(
            make_run(loss=np.r_[np.linspace(8.2, 8, 9), 6.0, 2.5, 0.3])
        ).verdicts
        if v.series
    ]
    assert judged.state is State.IMPROVING, judged.text.plain("en")


@pytest.mark.parametrize(
    ("spacing", "words"), [(0.1, None), (0.5, None), (1.0, "over the last 3 epochs (21 → 24)")]
)
def test_rows_inside_an_epoch_are_not_counted_as_epochs(spacing: float, words: str | None) -> None:
    loss = make_series(falling(24), "loss", x=spacing * np.arange(1, 25))
    text = next(
        v.text.plain("en") for v in lossreport.analyze(make_run([loss])).verdicts if v.series
    )
    assert words is None or words in text, text
    assert words is not None or "epochs (" not in text


def test_a_run_that_only_plays_is_told_by_its_reward_and_not_as_flat_or_improving() -> None:
    reward = make_series(np.linspace(0, 1, 40), "reward", axis="step", id="m2")
    run = make_run(
        [
            make_series(np.zeros(40), "loss", axis="step"),
            reward,
            make_series(np.ones(40), "reward_std", axis="step", id="m3"),
        ]
    )
    analysis = lossreport.analyze(run, strict=True)
    text = analysis.run_verdict("r1").text.plain("en").replace("`", "")
    assert text == "reward is still improving: from 0 to 1, best at its last value (step 39)."
    assert not any(finding.kind == "constant_metric" for finding in analysis.findings), (
        "a policy updated once has a loss of 0"
    )
    assert not any("validation set" in one.text.plain("en") for one in analysis.recommendations)


def of_run(**metrics: Floats) -> str:
    (verdict,) = [
        v for v in lossreport.analyze(make_run(**metrics), strict=True).verdicts if not v.series
    ]
    return verdict.text.plain("en")


def test_a_log_without_a_loss_is_not_called_short() -> None:
    assert "val/fid is still improving: best" in of_run(val_fid=falling(200, 90, 20))
    assert "was measured 3 times, too few to judge" in of_run(loss=falling(3))


def test_a_run_of_adversarial_losses_is_undecided_for_that_reason() -> None:
    game = of_run(d_loss=flat(200), g_loss=flat(200))
    assert "no measure of quality" in game
    assert "flat from slowly" not in game
    assert "d_loss from 1.999 to 1.999" in game


def test_of_a_game_of_several_domains_one_loss_of_each_player_is_told() -> None:
    told = of_run(
        D_0=falling(200, 0.1, 0.05),
        D_1=flat(200),
        G_0=flat(200, 0.15),
        Cyc_0=falling(200, 0.06, 0.005),
    )
    levels = told.split("first and the last tenth: ")[1].split(" Besides")[0]
    assert levels.count("D_") == levels.count("G_") == 1
    assert "Cyc_0 (log_train.txt) is still improving" in told


@pytest.mark.parametrize(("rows", "is_told"), [(19, False), (20, True)])
def test_medians_of_tenths_take_two_rows_at_least(rows: int, is_told: bool) -> None:
    assert ("medians of the first" in of_run(d_loss=flat(rows), g_loss=flat(rows))) is is_told
    assert "still improving" in of_run(d_loss=flat(200), recon_loss=falling(200))


def test_a_run_of_reinforcement_learning_is_told_by_its_reward() -> None:
    run = make_run(
        policy_loss=flat(30, -0.02, 0.3),
        value_loss=flat(30, 0.5, 0.2),
        ep_rew_mean=np.linspace(1.0, 30.0, 30),
    )
    text = lossreport.analyze(run).run_verdict("r1").text.plain("en")
    assert "ep_rew_mean is still improving: from 1 to 30" in text
    assert "flat from slowly improving" not in text


def test_a_run_without_a_loss_is_not_called_too_short() -> None:
    text = (
        lossreport.analyze(make_run(accuracy=np.linspace(0.1, 0.9, 40)))
        .run_verdict("r1")
        .text.plain("en")
    )
    assert (
        text == "accuracy is still improving: from 0.1 to 0.9, best at its last value (epoch 39)."
    )


@pytest.mark.parametrize(("metric", "split"), [("accuracy", "val"), ("ep_rew_mean", "train")])
def test_no_validation_set_is_asked_for_where_one_is_measured_or_the_reward_decides(
    metric: str, split: str
) -> None:
    series = [make_series(falling(30), "loss"), make_series(falling(30), metric, split, id="m2")]
    steps = lossreport.analyze(make_run(series)).recommendations
    assert not any("Add a validation set" in step.text.plain("en") for step in steps)


def test_logs_without_a_loss_are_not_called_too_short() -> None:
    scores = make_series(np.linspace(0.5, 0.9, 30), "cosine_spearman", "eval", axis="step")
    verdict = lossreport.analyze(make_run([scores]), strict=True).run_verdict("r1")
    assert verdict.state is State.IMPROVING
    assert "eval/cosine_spearman is still improving" in verdict.text.plain("en")


def test_a_total_that_is_0_throughout_leaves_the_run_to_the_other_losses() -> None:
    series = [
        make_series(falling(40), "policy_loss", axis="step"),
        make_series(np.zeros(40), "unsuper_loss", axis="step", id="m2"),
    ]
    assert "no measure of quality" in lossreport.analyze(make_run(series), strict=True).run_verdict(
        "r1"
    ).text.plain("en")


def test_rows_inside_an_epoch_are_no_means_of_whole_epochs() -> None:
    y = np.array([*falling(12, 3.0, 2.0), 6.0, *falling(11, 2.0, 1.8, seed=2)])
    inside = make_run([make_series(y, "loss", x=0.13 * np.arange(1, 25), statistic="window_mean")])
    texts = [
        one.text.plain("en") for one in lossreport.analyze(inside, strict=True).recommendations
    ]
    assert not any("whole epoch" in text for text in texts), texts
    whole = [
        one.text.plain("en")
        for one in lossreport.analyze(make_run(loss=y), strict=True).recommendations
    ]
    assert any("whole epoch" in text for text in whole)


def advised(**columns: object) -> list[str]:
    return [
        step.text.plain("en") for step in lossreport.analyze(make_run(**columns)).recommendations
    ]  # type: ignore[arg-type]


def test_a_validation_that_stays_while_the_training_falls_is_not_blamed_on_the_learning_rate() -> (
    None
):
    steps = advised(loss=np.linspace(5.3, 3.6, 40), val_loss=flat(40, 5.35, 0.004))
    assert any("does not carry over" in step for step in steps)
    assert not any("learning rate is above 0" in step for step in steps)


def test_a_loss_that_rises_from_the_first_row_on_is_not_sent_back_to_a_checkpoint() -> None:
    steps = advised(loss=np.linspace(1.0, 9.0, 40))
    assert any("Rising from the first row on" in step for step in steps)
    assert not any("restart from a checkpoint before" in step for step in steps)


def test_a_change_of_more_than_half_says_of_what_it_is_a_share() -> None:
    texts = [
        v.text.plain("en")
        for y in (np.geomspace(1, 1e-4, 40), falling(40))
        for v in lossreport.analyze(make_run(loss=y)).verdicts
    ]
    assert ["of its median level there" in text for text in texts if "changed by" in text] == [
        True,
        False,
    ]


def test_several_rows_of_one_epoch_are_not_told_as_epochs() -> None:
    series = make_series(falling(40), "loss", x=np.repeat(np.arange(10), 4))
    assert not any(
        "over the last 0 epochs" in v.text.plain("en")
        for v in lossreport.analyze(make_run([series])).verdicts
    )


@pytest.mark.parametrize(("rows", "few"), [(MIN_ROWS - 1, True), (MIN_ROWS, False)])
def test_few_rows_are_told_from_where_to_where_they_went_and_get_no_slope(
    rows: int, few: bool
) -> None:
    (loss, run) = lossreport.analyze(make_run(loss=np.linspace(8, 2, rows)), strict=True).verdicts
    assert ("from 8 to 2" in loss.text.plain("en")) is few
    assert ("no slope is given" in loss.text.plain("en")) is few
    assert (loss.trend is None) is few
    assert run.state is State.IMPROVING


@pytest.mark.parametrize(("rows", "state"), [(2, State.INSUFFICIENT), (3, State.IMPROVING)])
def test_a_validation_is_judged_from_three_evaluations_on(rows: int, state: State) -> None:
    assert (
        lossreport.analyze(make_run(val_loss=np.linspace(2, 1, rows)), strict=True)
        .run_verdict("r1")
        .state
        is state
    )


def test_a_flat_loss_beside_those_of_a_game_is_not_called_undecidable() -> None:
    told = of_run(
        d_loss=flat(400),
        g_loss=flat(400, seed=1),
        recon_loss=np.r_[falling(100, 4, 2), flat(300, 2.0, seed=2)],
    )
    assert "no measure of quality" in told, told


def after_drop(rows: int, level: float) -> Run:
    """A loss that falls, and at row 80 at once by the drop of the learning rate to `level`, where
    it stays.
    """
    lr = np.where(np.arange(80 + rows) < 80, 1e-3, 1e-4)
    return make_run(loss=np.r_[falling(80, 4, 1.8, 0.003), flat(rows, level, 0.004)], lr=lr)


def test_a_loss_that_is_flat_since_the_learning_rate_dropped_is_not_still_improving() -> None:
    assert verdict(after_drop(20, 1.65)).state is State.CONVERGED
    falls = after_drop(20, 1.65)
    series = replace(falls.series[0], y=np.r_[falls.series[0].y[:80], np.linspace(1.65, 1.5, 20)])
    assert verdict(replace(falls, series=(series, *falls.series[1:]))).state is State.IMPROVING


@pytest.mark.parametrize(
    ("last", "state"), [(0.9868, State.IMPROVING), (0.985, State.INCONCLUSIVE)]
)
def test_of_few_evaluations_the_later_half_must_have_gained(last: float, state: State) -> None:
    """0.87 -> 0.97 at the first step makes no loss of the last evaluation small."""
    score = np.array([0.87, 0.973, 0.979, 0.981, 0.987, last])
    run = make_run([make_series(score, "f1", split="eval", axis="step")])
    assert lossreport.analyze(run, strict=True).run_verdict("r1").state is state


@pytest.mark.parametrize(
    ("levels", "state"), [((0.5, 0.3, 0.17, 0.115), State.INCONCLUSIVE), (None, State.IMPROVING)]
)
def test_a_staircase_whose_last_step_is_flat_is_not_still_improving(
    levels: tuple[float, ...] | None, state: State
) -> None:
    noise = np.exp(0.15 * rng(5).standard_normal(864))
    y = (np.repeat(levels, 216) if levels else np.exp(np.linspace(-0.7, -2.2, 864))) * noise
    assert (
        verdict(make_run([make_series(y, "loss", axis="step", epoch=np.arange(864) / 216)])).state
        is state
    )


def test_a_tail_that_stands_and_steps_and_stands_again_is_not_flat() -> None:
    still, step = np.full(400, 3.0), np.r_[np.full(350, 3.0), np.full(50, 2.6)]
    of = {
        name: lossreport.analyze(make_run(loss=y, axis="step"), strict=True).findings
        for name, y in (("still", still), ("step", step))
    }
    assert not any(finding.kind == "plateau" for finding in of["step"])


@pytest.mark.parametrize(("rows", "told"), [(MIN_ROWS - 1, True), (2 * MIN_ROWS, False)])
def test_a_constant_score_of_many_rows_is_not_said_to_have_too_few(rows: int, told: bool) -> None:
    run = make_run(
        [
            make_series(np.zeros(rows), "acc", split="val"),
            make_series(falling(rows), "loss", id="m2"),
        ]
    )
    assert ("no slope is given" in verdict(run).text.plain("en")) is told


@pytest.mark.parametrize(
    ("first", "rows", "state"), [(-4.0, 40, State.PLATEAU_HIGH), (-4.0, 19, None), (-6.1, 40, None)]
)
def test_a_reward_that_never_came_back_to_its_first_value_gained_nothing(
    first: float, rows: int, state: State | None
) -> None:
    reward = np.r_[first, flat(rows - 1, -6.0, noise=0.01)]
    series = [
        make_series(reward, "ep_rew_mean", axis="step"),
        make_series(flat(rows), "policy_loss", axis="step", id="m2"),
    ]
    analysis = lossreport.analyze(make_run(series), strict=True)
    verdict = analysis.run_verdict("r1")
    told = "was never better than its first value" in verdict.text.plain("en")
    assert (told, verdict.state if told else None) == (state is not None, state)
    asked = [one.text.plain("en") for one in analysis.recommendations]
    assert not told or any("No gain: ep_rew_mean" in one for one in asked)


@pytest.mark.parametrize(("dip", "is_told"), [(0.79, True), (0.94, False)])
def test_a_score_that_comes_back_from_a_dip_to_a_new_best_is_not_called_maybe_flat(
    dip: float, is_told: bool
) -> None:
    """Rising, then a dip, then back and a little further: the whole interval of the tail is a gain,
    and the rows before it were a loss.
    """
    score = np.r_[
        np.linspace(0.5, 0.97, 47), np.linspace(0.96, dip, 9), np.linspace(dip, 0.975, 19)
    ]
    told = (
        lossreport.analyze(make_run([make_series(score, "accuracy", "val")]), strict=True)
        .run_verdict("r1")
        .text.plain("en")
    )
    assert ("by more than the rows before them bear out" in told) is is_told
    assert "cannot separate flat" not in told


@pytest.mark.parametrize(
    ("height", "rows", "state"),
    [(1.5, 3, State.IMPROVING), (1.5, 10, State.UNSTABLE), (2.5, 3, State.UNSTABLE)],
    ids=["small and few", "many rows", "doubled"],
)
def test_small_excursions_of_few_rows_make_a_long_run_no_unstable_one(
    height: float, rows: int, state: State
) -> None:
    y = np.array(falling(1000, 5.0, 0.5, noise=0.002))
    for at in (550, 700, 850, 950):
        y[at : at + rows] *= height
    made = lossreport.analyze(make_run([make_series(y, "loss", axis="step")]), strict=True)
    assert made.run_verdict("r1").state is state
    assert sum(finding.kind == "spike" for finding in made.findings) >= 4


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        ((0.4355, 0.438, 0.4412), "no gain over its last"),
        ((0.436, 0.425, 0.4365), "cannot separate flat"),
    ],
    ids=["worse", "either"],
)
def test_a_tail_that_surely_got_a_little_worse_is_not_called_perhaps_improving(
    tail: tuple[float, ...], words: str
) -> None:
    y = np.r_[0.8, 0.66, 0.58, 0.53, 0.5, 0.475, 0.46, 0.449, 0.441, 0.437, 0.4345, 0.433, tail]
    analysis = lossreport.analyze(make_run(loss=falling(15, 0.9, 0.3), val_loss=y), strict=True)
    (verdict,) = [
        one for one in analysis.verdicts if not one.series and one.question == "convergence"
    ]
    assert verdict.state is State.INCONCLUSIVE
    assert words in verdict.text.plain("en")


@pytest.mark.parametrize(
    ("gain", "gains"), [(0.4, True), (0.0, False)], ids=["the tail alone", "none"]
)
def test_a_tail_that_surely_gains_is_not_said_to_be_inseparable_from_flat(
    gain: float, gains: bool
) -> None:
    y = np.r_[
        falling(10, 3.0, 1.0), flat(35, 1.0, 0.02, seed=1), 1.0 - gain * np.linspace(0.02, 1, 15)
    ] * (1 + 0.06 * rng(2).standard_normal(60))
    analysis = lossreport.analyze(make_run([make_series(y, "loss", axis="step")]), strict=True)
    (verdict,) = [
        one for one in analysis.verdicts if not one.series and one.question == "convergence"
    ]
    told = verdict.text.plain("en")
    assert ("it gained over its last rows" in told or "still improving" in told) is gains
    assert not (gains and "cannot separate" in told)


def test_a_run_that_could_not_be_judged_has_a_report_that_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where judging raised, the report ended with a KeyError."""

    def broken(_: object) -> Iterator[Verdict]:
        raise ZeroDivisionError("no slope")
        yield

    monkeypatch.setattr(analyze, "verdicts", broken)
    report = lossreport.compose(lossreport.analyze(make_run(loss=falling(40))))
    (failure,) = report.analysis.failures
    assert failure.unit == "verdict"
    assert report.analysis.run_verdict("r1").state is State.INCONCLUSIVE
    for form, said in (("html", "could not be judged"), ("md", "没能对这次训练作出判断")):
        assert said in lossreport.render(report, form)  # type: ignore[arg-type]
    assert json.loads(lossreport.render(report, "json"))["failures"]
