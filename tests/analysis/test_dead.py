"""Values with which nothing is trained are found as that, and nothing else is: clamps, explosions,
zeros, levels of guessing, lost terms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pytest

import lossreport
from lossreport.analysis.detectors.constant_metric import FEW_SCORES, LEAST_EPISODES
from lossreport.analysis.detectors.explosion import BEYOND, GROWN, HIGH
from lossreport.analysis.detectors.no_hits import MIN_ROWS as HIT_ROWS
from lossreport.analysis.detectors.nothing_processed import MANY_ROWS as ALONE_ROWS
from lossreport.analysis.uniform import TOLERANCE as UNIFORM
from lossreport.model.analysis import Finding, Severity, State
from lossreport.model.run import Run, Series
from runs import falling, flat, make_run, make_series, rng

Curve = npt.NDArray[np.float64]


def found(run: Run, kind: str | None = None, name: str | None = None) -> list[Finding]:
    analysis = lossreport.analyze(run, strict=True)
    ids = {one.id for one in analysis.runs[0].series if name is None or one.name == name}
    return [f for f in analysis.findings if kind in (None, f.kind) and set(f.series) & ids]


def dead(run: Run) -> list[Finding]:
    return [f for f in found(run) if f.numbers.get("dead")]


def stands(level: float, rows: int, before: tuple[float, ...] = (9.2,)) -> Curve:
    return np.array([*before, *[level] * rows])


# ------------------------------------------------------------------------------------------- clamps
@pytest.mark.parametrize(
    "level", [87.3365, 100.0, 50.0, 16.1181, 15.9424, 8.05905, 27.631, 13.8155, 69.0776]
)
def test_a_loss_that_stands_at_a_clamp_or_half_of_it_is_not_trained(level: float) -> None:
    (finding,) = found(make_run(loss=stands(level, 4)), "broken_metric")
    assert finding.severity is Severity.CRITICAL
    assert finding.numbers["dead"]
    assert finding.start.row == 1


@pytest.mark.parametrize(("rows", "expected"), [(2, 0), (3, 1)])
def test_three_rows_at_a_clamp_are_needed(rows: int, expected: int) -> None:
    assert (
        len(found(make_run(loss=stands(87.3365, rows, (9.2, 8.1, 7.7))), "broken_metric"))
        == expected
    )


def test_the_share_that_a_constant_accuracy_misses_stands_at_the_clamp() -> None:
    assert dead(make_run(loss=stands(0.9 * 16.1181, 6), acc=np.full(7, 0.1)))
    assert not found(make_run(loss=stands(0.9 * 16.1181, 6), acc=np.full(7, 0.4)), "broken_metric")


def test_a_loss_that_only_passes_a_clamp_is_none() -> None:
    assert not found(
        make_run(loss=np.array([95.0, 87.3365, 87.3365, 60.0, 31.0, 14.0])), "broken_metric"
    )


def test_a_weighted_loss_stands_at_the_clamp_times_its_weight() -> None:
    assert dead(make_run(loss=stands(1746.73, 5), facts={"loss_weight.loss": 20.0}))


def test_a_validation_at_a_clamp_alone_does_not_say_that_nothing_is_trained() -> None:
    run = make_run(loss=falling(12), val_loss=np.full(12, 87.3365))
    assert [f.severity for f in found(run, "broken_metric")] == [Severity.HIGH]
    assert not dead(run)


# --------------------------------------------------------------------------------------- explosions
@pytest.mark.parametrize(
    ("end", "expected"),
    [(GROWN * 2.0 * 0.9, 0), (HIGH * 0.9, 0), (HIGH * 1.5, 1)],
    ids=["less grown", "less high", "beyond both"],
)
def test_an_explosion_is_beyond_a_hundred_million_and_a_million_times_the_start(
    end: float, expected: int
) -> None:
    assert (
        len(
            found(
                make_run(loss=np.array([2.0, 2.1, 1.9, 2.0, 40.0, end, end, end])), "broken_metric"
            )
        )
        == expected
    )


@pytest.mark.parametrize(("level", "expected"), [(BEYOND * 0.5, 0), (BEYOND * 2, 1)])
def test_without_a_start_only_what_no_target_squared_reaches_is_an_explosion(
    level: float, expected: int
) -> None:
    assert (
        len(found(make_run(loss=falling(12, level * 1.2, level, noise=0)), "broken_metric"))
        == expected
    )


def test_a_detector_loss_needs_no_start_to_be_seen_exploded_and_the_terms_are_told_together() -> (
    None
):
    run = make_run(
        loss=np.full(6, 5e22) * falling(6, 1.1, 1.0),
        loss_bbox=np.full(6, 4e9),
        loss_cls=np.full(6, 3e12),
    )
    (finding,) = found(run, "broken_metric")
    assert set(finding.series) == {"m1", "m2", "m3"}


def test_a_spike_that_comes_back_is_no_explosion() -> None:
    assert not found(
        make_run(loss=np.array([2.0, 2.1, 1.9, 2.0, 1e12, 2.1, 2.0, 1.9, 1.8])), "broken_metric"
    )


# -------------------------------------------------------------------------------------------- zeros
def test_box_losses_of_0_in_all_rows_mean_that_no_box_is_a_target() -> None:
    (finding,) = dead(
        make_run(loss_cls=falling(9), loss_bbox=np.zeros(9), loss_rpn_bbox=np.zeros(9))
    )
    assert finding.kind == "broken_metric"
    assert finding.series == ("m1", "m2", "m3")


@pytest.mark.parametrize(
    "columns",
    [
        {"loss_cls": falling(9), "loss_bbox": np.r_[np.zeros(8), 0.1]},
        {"loss_cls": falling(9), "loss_bbox": np.zeros(9), "val_mAP": np.linspace(0.1, 0.4, 9)},
        {"loss_cls": np.zeros(9), "box_loss": falling(9)},
    ],
    ids=["one is not", "boxes are found", "one class"],
)
def test_other_zeros_of_a_detector_are_no_missing_targets(columns: Mapping[str, Curve]) -> None:
    assert not dead(make_run(**columns))


@pytest.mark.parametrize(
    ("witness", "value", "expected"),
    [("grad_norm", 0.0, 1), ("acc", 0.0, 1), ("grad_norm", 0.3, 0), ("acc", 1.0, 0)],
)
def test_a_loss_of_0_needs_a_witness_that_nothing_is_learned(
    witness: str, value: float, expected: int
) -> None:
    run = make_run(axis="step", loss=np.r_[0.4, np.zeros(5)], **{witness: np.full(6, value)})
    assert len(found(run, "broken_metric")) == expected


def test_equal_rewards_are_no_dead_loss() -> None:
    run = make_run(axis="step", loss=np.zeros(9), grad_norm=np.zeros(9), reward=flat(9, 0.5))
    assert not found(run, "broken_metric")


# ----------------------------------------------------------------------------------- few equal rows
def test_the_same_nine_digits_in_six_of_seven_rows_are_enough() -> None:
    (finding,) = dead(make_run(loss=np.array([16771.4619, *[16771.4415] * 6])))
    assert finding.kind == "constant_metric"
    assert finding.severity is Severity.HIGH


@pytest.mark.parametrize(
    "y",
    [
        [0.7, 0.69, 0.69, 0.69, 0.69],
        [2.8817, 2.1434, 1.8221, 1.5119, 1.5119, 1.5119],
        [0.5119, 0.5119],
    ],
)
def test_rounding_and_a_late_stop_are_no_constant(y: list[float]) -> None:
    assert not found(make_run(loss=np.array(y)), "constant_metric")


@pytest.mark.parametrize(("rows", "expected"), [(FEW_SCORES - 1, 0), (FEW_SCORES, 1)])
def test_five_equal_validations_of_an_accuracy_are_told_as_one_class(
    rows: int, expected: int
) -> None:
    run = make_run(loss=falling(rows), val_acc=np.full(rows, 0.79269))
    made = found(run, "constant_metric", "acc")
    assert len(made) == expected
    assert all("one class" in f.text.plain("en") for f in made)


@pytest.mark.parametrize(
    ("split", "words"), [("train", "was never above 0"), ("val", "validations")]
)
def test_only_a_validation_that_is_0_may_never_have_run(split: str, words: str) -> None:
    series = [
        make_series(falling(9), "loss"),
        make_series(np.zeros(9), "acc", split=split, id="m2"),
    ]
    (finding,) = found(make_run(series), "constant_metric", "acc")
    assert words in finding.text.plain("en")


def test_a_full_score_is_not_called_never_learned() -> None:
    (finding,) = found(make_run(loss=falling(9), val_acc=np.ones(9)), "constant_metric", "acc")
    assert finding.severity is Severity.LOW


def test_minus_1_of_a_coco_score_is_not_measured() -> None:
    (finding,) = found(
        make_run(loss=falling(9), val_mAP_s=np.full(9, -1.0)), "constant_metric", "mAP_s"
    )
    assert finding.severity is Severity.LOW
    assert "not measured" in finding.text.plain("en")


def test_a_constant_of_two_digits_is_told_as_rounding() -> None:
    (finding,) = found(make_run(loss=falling(12), reg_loss=np.full(12, 0.024)), name="reg_loss")
    assert (finding.kind, finding.severity) == ("constant_metric", Severity.LOW)


# ------------------------------------------------------------------------------- levels of guessing
@pytest.mark.parametrize(("off", "expected"), [(0.5 * UNIFORM, True), (2.5 * UNIFORM, False)])
def test_a_flat_loss_at_ln_10_says_so(off: float, expected: bool) -> None:
    (finding,) = found(
        make_run(loss=flat(16, math.log(10) * (1 + off), noise=0.001)), "no_learning"
    )
    assert ("ln 10" in finding.text.plain("en")) is expected
    assert "resumed" not in finding.text.plain("en")


def test_a_loss_that_fell_to_ln_10_and_stays_learns_nothing() -> None:
    y = np.r_[np.linspace(6.0, 2.4, 8), flat(24, math.log(10), noise=0.001)]
    (finding,) = found(make_run(loss=y), "no_learning")
    assert finding.start.row == 8
    assert finding.numbers["uniform"] == 10


def test_a_loss_that_goes_on_below_ln_10_learns() -> None:
    y = np.r_[
        np.linspace(6.0, 2.4, 8), flat(12, math.log(10), noise=0.001), np.linspace(2.2, 1.2, 6)
    ]
    assert not found(make_run(loss=y), "no_learning")


@pytest.mark.parametrize(
    ("zeros", "rows", "expected"), [(29, 30, 1), (15, 30, 0), (HIT_ROWS - 1, HIT_ROWS - 1, 0)]
)
def test_an_accuracy_of_0_beside_a_flat_loss_is_no_learning_however_noisy(
    zeros: int, rows: int, expected: int
) -> None:
    acc = np.r_[np.zeros(zeros), np.full(rows - zeros, 0.0625)]
    run = make_run(axis="step", loss=flat(rows, 7.0, noise=0.04), acc=acc)
    assert len([f for f in found(run, "no_learning") if f.numbers.get("dead")]) == expected


def test_an_accuracy_of_0_beside_a_falling_loss_may_come() -> None:
    assert not dead(make_run(axis="step", loss=falling(30), acc=np.zeros(30)))


# ----------------------------------------------------------------------------------- learning rates
SECONDS = 8362.8 + np.arange(12.0)


def test_seconds_in_the_column_of_the_learning_rate_are_no_learning_rate_and_no_advice_quotes_them() -> (
    None
):
    run = make_run(loss=falling(12), learning_rate=SECONDS, epoch_time=np.linspace(1e-7, 6e-7, 12))
    (finding,) = found(run, "broken_metric")
    assert "swapped" in finding.text.plain("en")
    assert finding.numbers["swapped"]
    analysis = lossreport.analyze(run, strict=True)
    assert not any("8 3" in one.text.plain("en") for one in analysis.recommendations)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (np.full(12, 30.0), 0),
        (np.r_[0, 1e-7, np.full(10, 1e-3)], 0),
        (np.r_[np.full(6, 0.025), np.full(6, 1e4)], 1),
        (np.r_[np.full(6, 0.025), np.full(6, 2.0)], 0),
        (np.r_[np.full(6, 1e-3), np.full(6, -1e-6)], 1),
    ],
    ids=["linear probe", "warm-up", "jump", "less of a jump", "negative"],
)
def test_a_learning_rate_that_jumps_or_is_beyond_all_range_is_told(
    rate: Curve, expected: int
) -> None:
    assert len(found(make_run(loss=falling(12), lr=rate), "broken_metric")) == expected


def test_a_rate_that_rises_to_the_last_row_has_no_class_and_a_run_that_is_over_is_told_to_shorten_its_warm_up() -> (
    None
):
    def analysed(status: str) -> lossreport.Analysis:
        rate = 1e-6 * np.arange(1, 9)
        return lossreport.analyze(
            make_run(axis="step", status=status, loss=falling(8), lr=rate), strict=True
        )

    def advised(status: str) -> bool:
        return any(
            "warm-up is longer than the run" in one.text.plain("en")
            for one in analysed(status).recommendations
        )

    assert [one.schedule for one in analysed("finished").lr_schedules] == ["unknown"]
    assert advised("finished")
    assert not advised("running")


# ----------------------------------------------------- terms that vanish, NaN behind rounded places
def megatron(missing: int, *, skipped: bool = False) -> Run:
    from dataclasses import replace

    n = 12
    x = np.arange(100, 100 + n)
    loss = make_series(
        falling(n - missing, 1.0, 0.7), "lm loss", axis="iteration", x=x[: n - missing], id="m1"
    )
    scale = make_series(np.ones(n), "loss scale", axis="iteration", x=x, id="m2")
    drops = make_series(
        np.r_[np.zeros(n - missing), np.full(missing, float(skipped))],
        "number of skipped iterations",
        axis="iteration",
        x=x,
        id="m3",
    )
    run = make_run([loss, scale, drops])
    return replace(
        run, sources=tuple(replace(source, parser="megatron_text") for source in run.sources)
    )


@pytest.mark.parametrize(("missing", "severity"), [(1, Severity.HIGH), (3, Severity.CRITICAL)])
def test_a_row_of_megatron_without_its_loss_is_one_whose_loss_is_nan(
    missing: int, severity: Severity
) -> None:
    (finding,) = found(megatron(missing), "lost_metric")
    assert finding.severity is severity
    assert bool(finding.numbers.get("dead")) is (missing >= 3)


def test_a_row_of_megatron_that_skips_its_step_has_no_loss_either() -> None:
    assert not found(megatron(2, skipped=True), "lost_metric")


def test_a_nan_gradient_is_seen_behind_zeros_that_share_a_rounded_epoch() -> None:
    x = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.01, 0.01, 0.01])
    loss = make_series([1.4, 1.2, 0.9, 0, 0, 0, 0, 0], "loss", x=x, id="m1", statistic="value")
    norm = make_series([0.3, 0.4, 0.5, *[np.nan] * 5], "grad_norm", x=x, id="m2", statistic="value")
    assert [f.start.row for f in found(make_run([loss, norm]), "masked_nonfinite")] == [3]


def test_the_term_that_is_nan_first_is_told_first() -> None:
    run = make_run(tem_loss=np.r_[np.ones(8), np.nan], class_loss=np.r_[np.ones(7), np.nan, np.nan])
    assert [f.series[0] for f in found(run, "nonfinite")] == ["m2", "m1"]


def test_a_run_whose_first_gradient_is_nan_has_no_checkpoint_to_go_back_to() -> None:
    run = make_run(axis="step", loss=np.r_[2.6, np.zeros(7)], grad_norm=np.full(8, np.nan))
    texts = [one.text.plain("en") for one in lossreport.analyze(run, strict=True).recommendations]
    assert any("no checkpoint to go back to" in text for text in texts)
    assert not any("checkpoint before" in text for text in texts)


# ---------------------------------------------------------------------- the resolution of the print
def printed(end: Callable[[int], Curve]) -> Series:
    y = np.r_[np.round(falling(120, 0.3, 0.002), 4), end(80)]
    return make_series(y, "loss", axis="step")


def test_one_unit_of_the_last_digit_is_no_spike_and_no_shift_but_told_as_coarse() -> None:
    run = make_run([printed(lambda n: np.where(rng().random(n) < 0.2, 0.0002, 0.0001))])
    assert not [
        f
        for f in found(run)
        if f.kind in ("spike", "batch_outlier", "level_shift") and f.start.row >= 120
    ]
    assert found(run, "quantised")


def test_a_spike_of_many_units_is_one() -> None:
    y = np.full(80, 0.0001)
    y[40] = 0.03
    assert [
        f
        for f in found(make_run([printed(lambda n: y)]))
        if f.kind in ("spike", "batch_outlier") and f.start.row == 160
    ]


def test_a_rate_beyond_all_range_that_breaks_the_run_was_really_used() -> None:
    run = make_run(axis="step", loss=np.r_[2.0, 2.1, np.full(8, 5e30)], lr=np.full(10, 1e5))
    (said,) = [f.text.plain("en") for f in found(run, "broken_metric", "lr")]
    assert "breaks with it" in said
    assert "implausible" not in said


@pytest.mark.parametrize(
    ("rate", "loss", "decimals", "told"),
    [
        (0.0, flat(20, 2.3, 0.001), 12, True),
        (1e-9, flat(20, 2.3, 0.001), 12, False),
        (0.0, falling(20), 12, False),
        (0.0, flat(20, 2.3, 0.001), 4, False),
    ],
    ids=["0 and still", "tiny", "0 and falling", "printed with four decimals"],
)
def test_a_rate_of_exactly_0_under_a_loss_that_stands_is_named_in_the_answer(
    rate: float, loss: Curve, decimals: int, told: bool
) -> None:
    lr = make_series(np.full(20, rate), "lr", id="m2", resolution=10.0**-decimals)
    analysis = lossreport.analyze(make_run([make_series(loss, "loss"), lr]), strict=True)
    found = [one for one in analysis.findings if one.series[0] == "m2"]
    assert [one.kind for one in found] == (["constant_metric"] if told else [])
    assert ("(lr, epoch 0)" in analysis.outcomes[0].text.plain("en")) is told


@pytest.mark.parametrize(
    ("rows", "accuracy", "expected"),
    [(ALONE_ROWS, None, True), (ALONE_ROWS - 1, None, False), (ALONE_ROWS, 0.9, False)],
    ids=["alone", "too few rows", "an accuracy tells of learning"],
)
def test_a_loss_printed_as_0_in_every_row_with_nothing_beside_it_is_no_result(
    rows: int, accuracy: float | None, expected: bool
) -> None:
    series = [make_series(np.zeros(rows), "loss")]
    if accuracy is not None:
        series.append(make_series(np.full(rows, accuracy), "accuracy", id="m2"))
    analysis = lossreport.analyze(make_run(series), strict=True)
    told = [one.text.plain("en") for one in analysis.findings if one.kind == "broken_metric"]
    assert any("nothing beside it tells of learning" in text for text in told) is expected
    verdict = analysis.run_verdict("r1")
    # it may be rounded: not judged, not broken
    assert ("not measured" in verdict.text.plain("en")) is expected
    assert verdict.state is not State.BROKEN


@pytest.mark.parametrize(
    ("rewards", "expected"),
    [
        (np.full(LEAST_EPISODES, -100.0), True),
        (np.full(LEAST_EPISODES - 1, -100.0), False),
        (np.r_[np.full(40, -100.0), -99.0], False),
    ],
    ids=["all alike", "too few", "one differs"],
)
def test_a_reward_that_is_the_same_in_every_episode_is_told(
    rewards: npt.NDArray[np.float64], expected: bool
) -> None:
    series = [
        make_series(rewards, "episode_reward", axis="episode"),
        make_series(np.ones(len(rewards)), "episode_length", axis="episode", id="m2"),
    ]
    found = [
        one.text.plain("en")
        for one in lossreport.analyze(make_run(series), strict=True).findings
        if one.kind == "constant_metric"
    ]
    assert any("every episode ends alike" in text for text in found) is expected


@pytest.mark.parametrize(
    ("name", "beside"),
    [("rewards/format", np.linspace(0.2, 0.7, 40)), ("reward_scale", np.full(40, 0.1))],
    ids=["a term", "a setting"],
)
def test_a_term_of_the_reward_or_its_scale_says_nothing_of_the_episodes(
    name: str, beside: npt.NDArray[np.float64]
) -> None:
    series = [make_series(np.ones(40), name, axis="step")]
    if np.ptp(beside):
        series.append(make_series(beside, "reward", axis="step", id="m2"))
    found = [
        one.text.plain("en") for one in lossreport.analyze(make_run(series), strict=True).findings
    ]
    assert not any("every episode ends alike" in text for text in found)
