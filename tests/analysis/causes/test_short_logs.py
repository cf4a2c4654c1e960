"""Causes of logs of a few rows, as people paste them: named where something in those rows decides,
and nowhere else.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lossreport
from lossreport.analysis.cause import causes
from lossreport.model.analysis import Analysis, Finding
from lossreport.model.run import FactValue, Run
from runs import make_run, make_series

IDS = {cause.id for cause in causes()}
NAN = np.nan


def analysed(folder: Path, log: str, **files: str) -> Analysis:
    """Analyse a log of these words, and beside it files by their stem, as JSON."""
    (folder / "train.log").write_text(log, encoding="utf-8")
    for stem, text in files.items():
        (folder / f"{stem}.json").write_text(text, encoding="utf-8")
    return lossreport.analyze(lossreport.read_run([folder]), strict=True)


def judged(run: Run) -> Analysis:
    return lossreport.analyze(run, strict=True)


def named(analysis: Analysis) -> set[str]:
    return {one.id for finding in analysis.findings for one in finding.hypotheses} & IDS


def first(analysis: Analysis) -> Finding:
    return analysis.findings[0]


def advice(analysis: Analysis) -> str:
    return " | ".join(one.text.plain("en") for one in analysis.recommendations)


# ---------------------------------------------------------------------------- NaN in the second row
@pytest.mark.parametrize(
    ("apart", "facts", "expected"),
    [
        (1, {"lr": 2e-5}, True),
        (1, {}, True),
        (1, {"lr": 0.1}, False),
        (10, {}, False),
        (100, {"lr": 2e-5}, False),
        (100, {"precision": "fp16"}, True),
        (100, {"load_in_8bit": True}, True),
        (1, {"precision": "fp32", "lr": 2e-5}, False),
    ],
)
def test_only_half_precision_or_successive_steps_show_that_the_first_update_did_it(
    apart: int, facts: dict[str, FactValue], expected: bool
) -> None:
    loss = make_series([5.1, NAN, NAN, NAN, NAN], "loss", axis="step", x=np.arange(5) * apart)
    assert ("half_weights_second_step" in named(judged(make_run([loss], facts=facts)))) is expected


# --------------------------------------------------------------- what to look at first behind a NaN
RISING = [2.0, 1.9, 1.8, 2.6, 4.1, 9.7]
STILL = [2.0, 1.9, 1.8, 1.7, 1.6, 1.5]


@pytest.mark.parametrize(
    ("before", "facts", "words"),
    [
        (RISING, {"lr": 1e-5}, "The learning rate comes first: loss had risen to 9.7"),
        (STILL, {"lr": 1e-4}, "The data come first: the learning rate is only 1e-4"),
        (
            STILL,
            {"lr": 1e-4, "precision": "fp16"},
            "The precision comes first: the settings say precision = fp16",
        ),
        (STILL, {"lr": 2e-3}, "Nothing in the log says which comes first"),
        ([2.0], {"lr": 0.1}, "The learning rate comes first: 0.1 is too high"),
        ([2.0], {"lr": 1e-3}, "Finite rows before it: 1, which orders nothing"),
        (
            [1.1, 1.6, 0.9, 1.4, 1.3],
            {"lr": 2e-3},
            "The learning rate comes first: loss jumped between 0.9 and 1.6",
        ),
    ],
)
def test_the_steps_behind_a_nan_stand_in_the_order_that_the_log_gives(
    before: list[float], facts: dict[str, FactValue], words: str
) -> None:
    loss = make_series(
        [*before, NAN, NAN, NAN], "loss", axis="step", x=10 * np.arange(len(before) + 3)
    )
    said = advice(judged(make_run([loss], facts=facts)))
    assert words in said
    first_step = said.split("In this order: ")[1]
    beginning = {
        "The learning": "try a lower",
        "The data": "check the batches",
        "The precision": "rule out",
        "Nothing": "try a lower",
    }
    assert first_step.startswith(
        beginning.get(
            words.split(" ")[0] + " " + words.split(" ")[1],
            beginning.get(words.split(" ")[0], "check"),
        )
    )


def test_a_term_that_is_nan_alone_puts_the_data_first_whatever_the_rate() -> None:
    terms = {
        "loss": [2.0, 1.9, 1.8, 1.7, NAN, NAN],
        "cls_loss": [1.0, 0.9, 0.9, 0.8, 0.8, 0.7],
        "mask_loss": [1.0, 1.0, 0.9, 0.9, NAN, NAN],
    }
    run = make_run(
        [
            make_series(y, name, axis="step", id=f"m{n}")
            for n, (name, y) in enumerate(terms.items())
        ],
        facts={"lr": 0.02},
    )
    assert (
        "The data come first: at line 5 only mask_loss is not finite while cls_loss still are"
        in advice(judged(run))
    )


@pytest.mark.parametrize(("x", "rate"), [(0, False), (20, True)])
def test_a_loss_that_is_nan_before_the_first_update_is_no_matter_of_the_rate(
    x: int, rate: bool
) -> None:
    loss = make_series([NAN] * 5, "loss", axis="step", x=x + np.arange(5))
    said = advice(judged(make_run([loss], facts={"lr": 0.01})))
    assert ("Check the learning rate (now 0.01)" in said) is rate
    assert ("before any update, so it is not the learning rate" in said) is not rate


@pytest.mark.parametrize(("rates", "expected"), [([0.0] * 5, True), ([1e-6] * 5, False)])
def test_a_loss_that_is_wild_at_a_rate_of_0_was_broken_before_any_update(
    rates: list[float], expected: bool
) -> None:
    loss = [410.0, 1390.0, 205.0, 960.0, 2200.0, NAN, NAN, NAN]
    lr = [*rates, 3e-6, 6e-6, 9e-6]
    run = make_run(
        [
            make_series(loss, "loss", axis="step"),
            make_series(lr, "lr", axis="step", id="m2", metric_type="learning_rate"),
        ]
    )
    assert ("numerics_before_update" in named(judged(run))) is expected
    assert ("Use no weights of this run and start anew" in advice(judged(run))) is expected


# --------------------------------------------------------------------- a box term that is NaN alone
@pytest.mark.parametrize(
    ("other", "class_is_nan", "expected"),
    [("rpn_cls_loss", False, True), ("rpn_cls_loss", True, False), ("kl_loss", False, False)],
)
def test_a_box_term_that_is_nan_beside_sound_classes_has_wrong_targets(
    other: str, class_is_nan: bool, expected: bool
) -> None:
    terms = {
        "total loss": [1.0, 1.2, NAN, NAN],
        "rpn_box_loss": [0.4, 0.5, NAN, NAN],
        other: [0.6, 0.7, NAN if class_is_nan else 0.6, NAN if class_is_nan else 0.5],
    }
    run = make_run(
        [make_series(y, name, axis="step", id=f"m{n}") for n, (name, y) in enumerate(terms.items())]
    )
    causes_named = [one.id for finding in judged(run).findings for one in finding.hypotheses]
    assert ("box_targets_invalid" in causes_named) is expected
    if expected:
        assert causes_named[0] == "box_targets_invalid"


# -------------------------------------------------------------- a few rows at the level of guessing
def at_level(
    size: float,
    rows: int,
    *,
    off: float = 0.0,
    axis: str = "epoch",
    start: int = 0,
    **other: object,
) -> Run:
    wiggle = np.resize([0.002, -0.0015, 0.001, -0.001], rows)
    loss = np.log(size) * (1 + wiggle + off)
    made = [make_series(loss, "loss", axis=axis, x=start + np.arange(rows))]
    for number, (name, y) in enumerate(other.items()):
        made.append(
            make_series(
                np.resize(y, rows), name, axis=axis, x=start + np.arange(rows), id=f"n{number}"
            )
        )
    return make_run(made)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (at_level(10, 3), True),
        (at_level(10, 8), True),
        (at_level(300, 4), True),
        (at_level(10, 2), False),
        (at_level(10, 5, off=0.012), False),
        (at_level(37, 5), False),
        (at_level(37, 5, accuracy=[1 / 37]), True),
        (at_level(1000, 5, axis="step"), False),
        (at_level(1000, 5, axis="step", start=4000), True),
        (at_level(1000, 5, axis="step", accuracy=[0.001]), False),
        (at_level(1000, 5, axis="row"), False),
        (at_level(1000, 5, axis="row", accuracy=[0.001]), True),
    ],
)
def test_a_few_rows_at_ln_k_are_guessing(run: Run, expected: bool) -> None:
    analysis = judged(run)
    assert ("uniform_output" in named(analysis)) is expected
    assert (analysis.run_verdict("r1").state == "plateau_high") is expected
    if expected:
        assert first(analysis).kind == "no_learning"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"lr": 0.1}, True),
        ({"lr": 0.02, "optimizer": "Adam"}, True),
        ({"lr": 0.02, "optimizer": "SGD"}, False),
    ],
)
def test_a_rate_that_kills_units_stands_before_the_other_reasons_for_guessing(
    facts: dict[str, FactValue], expected: bool
) -> None:
    run = make_run(loss=np.log(10) * (1 + np.resize([0.002, -0.0015, 0.001], 6)), facts=facts)
    causes_named = [one.id for finding in judged(run).findings for one in finding.hypotheses]
    assert (causes_named[0] == "dead_relu") is expected


# -------------------------------------------------------------------- perfect from the first row on
@pytest.mark.parametrize(
    ("loss", "accuracy", "start", "expected"),
    [
        ([0.0, 0.0], [1.0, 1.0], 1, True),
        ([0.0] * 5, [100.0] * 5, 1, True),
        ([0.0], [1.0], 1, False),
        ([0.0] * 3, [0.998, 1.0, 1.0], 1, False),
        ([0.01, 0.0, 0.0], [1.0, 1.0, 1.0], 1, False),
        ([0.0] * 3, [1.0] * 3, 400, False),
    ],
)
def test_a_perfect_first_row_is_no_convergence(
    loss: list[float], accuracy: list[float], start: int, expected: bool
) -> None:
    x = start + np.arange(len(loss))
    analysis = judged(
        make_run([make_series(loss, "loss", x=x), make_series(accuracy, "accuracy", x=x, id="m2")])
    )
    assert ("one_class_softmax" in named(analysis)) is expected
    assert (analysis.run_verdict("r1").state == "broken") is expected


def test_the_accuracy_of_a_decode_head_is_an_accuracy() -> None:
    run = make_run(**{"loss": [0.0, 0.0, 0.0], "decode.acc_seg": [100.0, 100.0, 100.0]})
    assert "one_class_softmax" in named(judged(run))


# --------------------------------------------------------------------- the accuracy of a regression
HITS = [0.0, 0.0056, 0.0056, 0.0, 0.0056, 0.0]


@pytest.mark.parametrize(
    ("loss", "accuracy", "name", "expected"),
    [
        ([0.9, 0.5, 0.3, 0.2, 0.1, 0.05], [0.0] * 6, "loss", True),
        ([0.9, 0.5, 0.3, 0.2, 0.1, 0.05], HITS, "loss", True),
        ([9.0, 7.0, 5.0, 4.0, 3.0, 2.5], HITS, "mse_loss", True),
        ([4.6, 4.5, 4.4, 4.2, 4.0, 3.9], HITS, "loss", False),
        ([0.9, 0.5, 0.3, 0.2, 0.1, 0.05], [0.1, 0.4, 0.6, 0.8, 0.9, 0.9], "loss", False),
        ([0.0301, 0.0300, 0.0302, 0.0300, 0.0301, 0.0300], [0.0] * 6, "loss", False),
        ([0.9, 0.5, 0.3, 0.2, 0.1, 0.05], [0.0] * 6, "cross_entropy", False),
    ],
)
def test_an_accuracy_that_its_loss_rules_out_is_that_of_a_regression(
    loss: list[float], accuracy: list[float], name: str, expected: bool
) -> None:
    series = [
        make_series(loss, name),
        make_series(loss, name, "val", id="m2"),
        make_series(accuracy, "acc", "val", id="m3"),
    ]
    analysis = judged(make_run(series))
    goal = {one.id: one for one in analysis.runs[0].series}[analysis.goals[0].series]
    assert ("accuracy_beside_regression" in named(analysis)) is expected
    assert (goal.name == name) is expected
    assert not (expected and "argmax" in advice(analysis))


# --------------------------------------------------- a perplexity at its cap, Adam at a rate of SGD
CAP = float("26881171418161356094253400435962903554686976.00")


@pytest.mark.parametrize(
    ("perplexity", "facts", "lost", "expected"),
    [
        ([CAP] * 5, {"optim": "adam", "lr": 1.0}, True, True),
        ([CAP] * 2, {"lr": 2.0}, True, True),
        ([CAP] * 5, {"optim": "sgd", "lr": 1.0}, True, False),
        ([CAP] * 5, {"optim": "prodigy", "lr": 1.0}, True, False),
        ([CAP] * 5, {"optim": "adam", "lr": 1e-3}, True, False),
        ([CAP] * 5, {"optim": "adam", "lr": 2.0, "decay_method": "noam"}, True, False),
        ([CAP] * 4 + [400.0], {"optim": "adam", "lr": 1.0}, False, False),
        ([CAP], {"optim": "adam", "lr": 1.0}, False, False),
    ],
)
def test_a_perplexity_at_its_cap_in_every_row_is_lost_and_adam_does_not_stand_a_rate_of_sgd(
    perplexity: list[float], facts: dict[str, FactValue], lost: bool, expected: bool
) -> None:
    rows = len(perplexity)
    series = [
        make_series(perplexity, "ppl", axis="step"),
        make_series(np.resize([0.3, 0.1], rows), "acc", axis="step", id="m2"),
    ]
    analysis = judged(make_run(series, facts=facts))
    assert ("adam_rate_of_sgd" in named(analysis)) is expected
    assert (analysis.run_verdict("r1").state == "broken") is lost
    if lost:
        assert "ppl" in analysis.run_verdict("r1").text.plain("en")


@pytest.mark.parametrize(
    ("loss", "rate", "expected"), [(6776.0, 2.0, True), (9.0, 2.0, False), (6776.0, 2e-3, False)]
)
def test_a_cross_entropy_above_50_nats_is_lost_only_at_such_a_rate(
    loss: float, rate: float, expected: bool
) -> None:
    rows = {"cross_entropy": [loss, loss * 1.01, loss * 0.99], "lr": [rate] * 3}
    run = make_run(
        [make_series(y, name, axis="step", id=f"m{n}") for n, (name, y) in enumerate(rows.items())],
        facts={"warmup_steps": 8000},
    )
    assert ("adam_rate_of_sgd" in named(judged(run))) is expected


# -------------------------------------------------------------------- a supervised loss far below 0
DEEP = [-1080.0, -2470.0, -2210.0, -1270.0, -1240.0, -3080.0]


@pytest.mark.parametrize(
    ("loss", "beside", "facts", "expected"),
    [
        (DEEP, {"val_dice": [1.97, 1.95]}, {}, "masks_not_scaled"),
        (DEEP, {}, {"final_val_dice_coeff": 1.97}, "masks_not_scaled"),
        (DEEP, {}, {"criterion": "BCEWithLogitsLoss"}, "targets_outside_unit"),
        (DEEP, {}, {}, None),
        ([-0.2, -0.5, -0.7, -0.8, -0.9, -0.95], {"val_dice": [0.5, 0.9]}, {}, None),
        (DEEP, {"reward": [1.0, 2.0], "val_iou": [0.1, 0.2]}, {}, None),
        (DEEP, {"loss_G": [1.0, 2.0], "loss_D": [0.6, 0.7], "seg_iou": [0.1, 0.2]}, {}, None),
        (DEEP, {"kl_loss": [1.0, 2.0], "val_dice": [0.1, 0.2]}, {}, None),
    ],
)
def test_a_loss_of_masks_far_below_0_has_targets_outside_0_and_1(
    loss: list[float],
    beside: dict[str, list[float]],
    facts: dict[str, FactValue],
    expected: str | None,
) -> None:
    series = [make_series(loss, "loss")]
    for count, (name, y) in enumerate(beside.items()):
        split, _, rest = name.partition("_")
        named_as = (rest, "val") if split == "val" else (name, "train")
        series.append(make_series(np.resize(y, len(loss)), *named_as, id=f"n{count}"))
    analysis = judged(make_run(series, facts=facts))
    found = named(analysis) & {"masks_not_scaled", "targets_outside_unit"}
    assert found == ({expected} if expected else set())
    if expected:
        assert first(analysis).severity == "critical"
        assert "not improving" not in analysis.run_verdict("r1").text.plain("en")


def test_a_likelihood_may_be_far_below_0() -> None:
    run = make_run([make_series(DEEP, "nll_loss"), make_series([0.1] * 6, "dice", "val", id="m2")])
    assert not any(finding.kind == "broken_metric" for finding in judged(run).findings)


# ---------------------------------------------------------------------------------- nothing counted
@pytest.mark.parametrize(
    ("val_loss", "val_acc", "train", "expected"),
    [
        ([NAN], [NAN], None, True),
        ([NAN], [NAN], [2.0, 1.5, 1.2, 1.0], True),
        ([NAN], [0.1], [2.0, 1.5, 1.2, 1.0], False),
        ([NAN], [NAN], [2.0, 1.5, NAN, NAN], False),
        ([0.7, NAN, 0.6], [0.5, NAN, 0.6], [2.0, 1.5, 1.2, 1.0], True),
    ],
)
def test_an_accuracy_that_is_nan_with_its_loss_counted_no_sample(
    val_loss: list[float], val_acc: list[float], train: list[float] | None, expected: bool
) -> None:
    series = [make_series(val_loss, "loss", "val"), make_series(val_acc, "acc", "val", id="m2")]
    if train is not None:
        series.append(make_series(train, "loss", id="m3"))
    analysis = judged(make_run(series))
    assert ("empty_validation" in named(analysis)) is expected
    if expected:
        assert "run is broken" not in analysis.run_verdict("r1").text.plain("en")
        assert "lower learning rate" not in advice(analysis)


@pytest.mark.parametrize(
    ("warned", "expected"), [("before", True), ("behind", False), ("never", False)]
)
def test_a_reward_that_is_nan_behind_the_warning_of_an_empty_mean_was_not_measured(
    tmp_path: Path, warned: str, expected: bool
) -> None:
    warning = "RuntimeWarning: Mean of empty slice.\n"
    rows = "".join(
        f"step {step} mean_reward = {value}\n"
        for step, value in ((100, -8.5), (200, -7.25), (300, -6.5))
    )
    bad = "step 400 mean_reward = nan\nstep 500 mean_reward = nan\n"
    parts = {"before": (rows, warning, bad), "behind": (rows, bad, warning), "never": (rows, bad)}
    analysis = analysed(tmp_path, "".join(parts[warned]))
    assert ("mean_of_no_episode" in named(analysis)) is expected
    assert analysis.run_verdict("r1").state != "broken"


# ----------------------------------------------------------- a total that is NaN beside sound terms
@pytest.mark.parametrize(
    ("total", "term", "expected"),
    [
        ([NAN] * 4, [0.4, 0.3, 0.3, 0.2], True),
        ([1.0, NAN, NAN, NAN], [0.4, 0.3, 0.3, 0.2], False),
        ([NAN] * 4, [0.4, NAN, NAN, NAN], False),
    ],
)
def test_a_total_without_a_finite_row_beside_finite_terms_has_one_that_is_not_printed(
    total: list[float], term: list[float], expected: bool
) -> None:
    rows = {"total_loss": total, "cls_loss": [0.9, 0.8, 0.7, 0.6], "mask_loss": term}
    run = make_run(
        [
            make_series(y, name, axis="step", id=f"m{n}", x=10 + np.arange(4))
            for n, (name, y) in enumerate(rows.items())
        ]
    )
    assert ("unprinted_term" in named(judged(run))) is expected


# ------------------------------------------------------------------------------------- boosting
RISING_LOGLOSS = "".join(
    f"[{n}]\ttraining's binary_logloss: {0.7 + 0.02 * n:.4f}\tvalid_1's binary_logloss: "
    f"{0.71 + 0.02 * n:.4f}\n"
    for n in range(1, 9)
)
FALLING_LOGLOSS = "".join(
    f"[{n}]\ttraining's binary_logloss: {0.7 - 0.02 * n:.4f}\tvalid_1's binary_logloss: "
    f"{0.71 - 0.02 * n:.4f}\n"
    for n in range(1, 9)
)


@pytest.mark.parametrize(
    ("log", "settings", "expected"),
    [
        (RISING_LOGLOSS, '{"num_leaves": 15, "max_depth": 6, "objective": "binary", "is_unbalance": true, "scale_pos_weight": 9.5}', {"boosting_weighted_twice"}),
        (RISING_LOGLOSS, '{"num_leaves": 15, "max_depth": 6, "objective": "binary", "is_unbalance": true}', set()),
        (RISING_LOGLOSS, '{"num_leaves": 15, "max_depth": 6, "is_unbalance": true, "scale_pos_weight": 1}', {"boosting_wrong_gradient"}),
        (FALLING_LOGLOSS, '{"num_leaves": 15, "max_depth": 6, "is_unbalance": true, "scale_pos_weight": 9.5}', set()),
    ],
)  # fmt: skip
def test_weights_of_a_class_given_twice_are_named_where_the_metric_rises(
    tmp_path: Path, log: str, settings: str, expected: set[str]
) -> None:
    analysis = analysed(tmp_path, log, params=settings)
    assert {one for one in named(analysis) if one.startswith("boosting")} == expected
    assert "learning rate (now" not in advice(analysis)


NO_SPLIT = (
    "[LightGBM] [Warning] Stopped training because there are no more leaves that meet the "
    "split requirements.\n"
)


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (NO_SPLIT + "[1]\tvalid_0's l1: 51.25\n", True),
        ("[1]\tvalid_0's l1: 51.25\n", False),
        ("[1]\tvalid_0's l1: 51.25\n[2]\tvalid_0's l1: 50.75\n" + NO_SPLIT, False),
    ],
)
def test_a_boosting_that_finds_no_split_before_its_first_round_is_a_constant(
    tmp_path: Path, log: str, expected: bool
) -> None:
    assert ("boosting_no_split" in named(analysed(tmp_path, log))) is expected


# ----------------------------------------------------------------------------- a loss at its margin
AT_ONE = [1.007, 1.006, 1.005, 1.003, 1.004, 1.001]


@pytest.mark.parametrize(
    ("loss", "name", "beside", "facts", "expected"),
    [
        (AT_ONE, "loss", {"mAP": [0.16, 0.2, 0.3]}, {}, True),
        (AT_ONE, "triplet_loss", {}, {}, True),
        (AT_ONE, "loss", {}, {"loss_fn": "contrastive"}, True),
        ([0.3 * one for one in AT_ONE], "loss", {"recall@5": [0.1, 0.2]}, {}, True),
        ([0.4 * one for one in AT_ONE], "triplet_loss", {}, {"margin": 0.4}, True),
        (AT_ONE, "loss", {}, {}, False),
        (AT_ONE, "loss", {"mAP": [0.16, 0.2], "box_loss": [0.5, 0.4]}, {}, False),
        ([1.0, 0.98, 0.96, 0.9, 0.8, 0.7], "triplet_loss", {}, {}, False),
        (AT_ONE[:4], "triplet_loss", {}, {}, False),
    ],
)
def test_a_loss_of_metric_learning_at_its_margin_has_collapsed(
    loss: list[float],
    name: str,
    beside: dict[str, list[float]],
    facts: dict[str, FactValue],
    expected: bool,
) -> None:
    series = [make_series(loss, name), make_series(loss, name, "val", id="m2")]
    series += [
        make_series(np.resize(y, len(loss)), other, id=f"n{count}")
        for count, (other, y) in enumerate(beside.items())
    ]
    analysis = judged(make_run(series, facts=facts))
    assert ("triplet_collapse" in named(analysis)) is expected
    if expected:
        assert first(analysis).kind == "no_learning"


def test_a_loss_at_its_margin_within_the_first_steps_is_a_beginning() -> None:
    series = [make_series(AT_ONE, "triplet_loss", axis="step", x=10 * np.arange(6))]
    assert "triplet_collapse" not in named(judged(make_run(series)))


# -------------------------------------------------------- a loss of NaN printed behind the last row
PRINTED_NAN = "loss_dict = {'loss_cls': tensor(nan, device='cuda:0'), 'loss_box_reg': tensor(911.02, device='cuda:0')}\n"
CRASH = "Process finished with exit code 139 (interrupted by signal 11: SIGSEGV)\n"


def detectron(*rates: float) -> str:
    return "".join(
        f"[03/07 10:00:{n:02d} d2.utils.events]: eta: 2:00:00  iter: {20 * n + 19}  total_loss: "
        f"{1.7 + 0.01 * (n % 3):.3f}  loss_cls: 1.2  loss_box_reg: 0.5  time: 0.2000  data_time: "
        f"0.0030  lr: {rate:.6f}  max_mem: 3000M\n"
        for n, rate in enumerate(rates)
    )


WARMING = (0.0011, 0.0021, 0.0031, 0.0041, 0.0051, 0.0061)


@pytest.mark.parametrize(
    ("log", "broken", "expected"),
    [
        (detectron(*WARMING) + PRINTED_NAN + CRASH, True, True),
        (detectron(*[0.0025] * 6) + PRINTED_NAN + CRASH, True, False),
        (detectron(*WARMING) + CRASH, False, False),
        (PRINTED_NAN + detectron(*WARMING), False, False),
    ],
)
def test_a_loss_of_nan_printed_before_a_crash_is_the_fault_and_the_crash_its_consequence(
    tmp_path: Path, log: str, broken: bool, expected: bool
) -> None:
    analysis = analysed(tmp_path, log)
    assert (analysis.run_verdict("r1").state == "broken") is broken
    assert ("linear_scaling" in named(analysis)) is expected
    assert ("faulthandler" in advice(analysis)) is (CRASH in log and not broken)


@pytest.mark.parametrize(("optimizer", "expected"), [("SGD", True), ("AdamW", False)])
def test_a_warm_up_of_adam_leads_to_no_default_of_sgd(
    tmp_path: Path, optimizer: str, expected: bool
) -> None:
    settings = (
        f'{{"optimizer": "{optimizer}", "batch_size": 2, "epochs": 3, "weight_decay": 0.0001}}'
    )
    analysis = analysed(tmp_path, detectron(*WARMING) + PRINTED_NAN + CRASH, config=settings)
    assert any(fact.value == optimizer for fact in analysis.runs[0].facts)
    assert ("linear_scaling" in named(analysis)) is expected


# ---------------------------------------------- a gradient norm that runs away under a falling loss
FALLING = [9.41, 9.40, 9.39, 9.38, 9.37, 9.36]


@pytest.mark.parametrize(
    ("norm", "statistic", "loss", "clip", "expected"),
    [
        ([2.60, 2.59, 2.58, 2.63, 2.79, 3.40], "running_mean", FALLING, None, True),
        ([2.60, 2.59, 2.58, 2.63, 2.68, 2.73], "running_mean", FALLING, None, False),
        ([2.60, 2.59, 2.58, 2.63, 2.79, 3.40], "value", FALLING, None, False),
        ([2.0, 1.9, 2.1, 4.0, 9.0, 55.0], "value", FALLING, None, True),
        ([2.0, 1.9, 2.1, 2.0, 1.8, 80000.0], "value", FALLING, 100.0, True),
        ([2.0, 1.9, 2.1, 2.0, 1.8, 80000.0], "value", FALLING, 4.0, False),
        ([2.60, 2.59, 2.58, 2.63, 2.79, 3.40], "running_mean", FALLING[::-1], None, False),
        ([2.0, 1.9, 2.1, 2.0, 1.8, 2.2], "value", FALLING, 100.0, False),
    ],
)
def test_a_gradient_norm_that_runs_away_is_an_early_warning(
    norm: list[float], statistic: str, loss: list[float], clip: float | None, expected: bool
) -> None:
    x = 10 * np.arange(160, 166)
    series = [
        make_series(loss, "loss", axis="step", x=x, statistic=statistic),
        make_series(norm, "gnorm", axis="step", x=x, id="m2", statistic=statistic),
    ]
    if clip is not None:
        series.append(make_series([clip] * 6, "clip", axis="step", x=x, id="m3"))
    analysis = judged(make_run(series, facts={"lr": 0.2}))
    assert ("lr_too_high" in named(analysis)) is expected
    assert ("Lower the learning rate from 0.2 to 0.02" in advice(analysis)) is expected
    assert analysis.run_verdict("r1").state != "diverging"
