"""The metric that a run is judged by, and the ground it is chosen on."""

from collections.abc import Sequence

import numpy as np
import pytest

import lossreport
from lossreport.analysis import goal as goal_module
from lossreport.analysis.context import Context
from lossreport.model.analysis import Goal
from lossreport.model.run import Run, Series
from runs import falling, make_run, make_series

UP, DOWN = np.linspace(0.1, 0.9, 30), falling(30)


def goal(run: Run) -> tuple[str, str] | None:
    """Return the label and the mode of the goal."""
    analysis = lossreport.analyze(run, strict=True)
    chosen: Goal | None = analysis.goal("r1")
    return None if chosen is None else (analysis.series(chosen.series).label, chosen.mode)


def why(run: Run) -> str:
    chosen = lossreport.analyze(run, strict=True).goal("r1")
    assert chosen is not None
    return chosen.why.plain("en")


def series(*metrics: tuple[str, str, object]) -> list[Series]:
    return [
        make_series(y, name, split, id=f"m{n}") for n, (split, name, y) in enumerate(metrics, 1)
    ]  # type: ignore[arg-type]


LOSSES = (("train", "loss", DOWN), ("val", "loss", DOWN))


@pytest.mark.parametrize(
    ("metrics", "chosen"),
    [
        ([("train", "loss", DOWN)], ("loss", "min")),
        (LOSSES, ("val/loss", "min")),
        ([*LOSSES, ("val", "accuracy", UP)], ("val/accuracy", "max")),
        ([*LOSSES, ("val", "top5", UP), ("val", "top1", UP)], ("val/top1", "max")),
        ([*LOSSES, ("val", "mAP50", UP), ("val", "mAP50-95", UP)], ("val/mAP50-95", "max")),
        ([*LOSSES, ("val", "mAP@0.5", UP), ("val", "precision", UP)], ("val/mAP@0.5", "max")),
        ([*LOSSES, ("val", "aAcc", UP), ("val", "mIoU", UP)], ("val/mIoU", "max")),
        (
            [*LOSSES, ("val", "acc", UP), ("val", "cer", DOWN), ("val", "wer", DOWN)],
            ("val/cer", "min"),
        ),
        ([*LOSSES, ("eval", "bleu", UP)], ("eval/bleu", "max")),
        ([*LOSSES, ("val", "psnr", UP), ("val", "ssim", UP)], ("val/psnr", "max")),
        (
            [("train", "d_loss", DOWN), ("train", "g_loss", DOWN), ("train", "fid", DOWN)],
            ("fid", "min"),
        ),
        ([("train", "policy_loss", DOWN), ("train", "ep_rew_mean", UP)], ("ep_rew_mean", "max")),
        (
            [
                ("train", "policy_loss", DOWN),
                ("train", "ep_rew_mean", UP),
                ("eval", "mean_reward", UP),
            ],
            ("eval/mean_reward", "max"),
        ),
        (
            [
                ("train", "policy_loss", DOWN),
                ("train", "ss_reward", UP),
                ("train", "total_reward", UP),
            ],
            ("total_reward", "max"),
        ),
        (
            [
                ("train", "policy_loss", DOWN),
                ("train", "rollout/return", UP),
                ("train", "rollout/return_history", UP),
            ],
            ("rollout/return_history", "max"),
        ),
        ([*LOSSES, ("valid", "Nsdr", UP)], ("valid/Nsdr", "max")),
        ([*LOSSES, ("val", "MAE", DOWN), ("val", "maxF1", UP)], ("val/maxF1", "max")),
        ([*LOSSES, ("val", "EPE", DOWN)], ("val/EPE", "min")),
        (
            [("train", "loss", DOWN), ("train", "hit_ratio@10", UP), ("train", "ndcg@10", UP)],
            ("ndcg@10", "max"),
        ),
        ([("train", "loss", DOWN), ("train", "hit_ratio@10", UP)], ("hit_ratio@10", "max")),
        ([("train", "Log-likelihood", -1e7 * DOWN)], ("Log-likelihood", "max")),
        ([("train", "loss", DOWN), ("train", "objective/non_score_reward", -UP)], ("loss", "min")),
        ([*LOSSES, ("val", "t2m/R10", UP)], ("val/t2m/R10", "max")),
        ([*LOSSES, ("val", "R@5", UP)], ("val/R@5", "max")),
        ([("train", "exploitability", DOWN)], ("exploitability", "min")),
        ([("train", "loss", DOWN), ("test", "loss", np.zeros(30))], ("loss", "min")),
        ([*LOSSES, ("val", "accuracy", UP), ("val", "FB1", UP)], ("val/FB1", "max")),
        (
            [*LOSSES, ("val", "perplexity", DOWN), ("val", "token_accuracy", UP)],
            ("val/loss", "min"),
        ),
        ([*LOSSES, ("val", "best_acc", UP)], ("val/loss", "min")),
        ([("train", "accuracy", UP)], ("accuracy", "max")),
        ([("train", "d_loss", DOWN), ("train", "g_loss", DOWN)], None),
        ([("train", "lr", DOWN), ("train", "grad_norm", DOWN)], None),
    ],
)
def test_the_score_of_the_field_decides_then_the_validation_loss_then_the_training_loss(
    metrics: Sequence[tuple[str, str, object]], chosen: tuple[str, str] | None
) -> None:
    assert goal(make_run(series(*metrics))) == chosen


def test_a_score_that_was_measured_once_comes_behind_one_with_a_course() -> None:
    assert goal(
        make_run(series(*LOSSES, ("test", "accuracy", [0.5]), ("val", "accuracy", UP)))
    ) == ("val/accuracy", "max")


@pytest.mark.parametrize(
    ("scores", "losses", "chosen"),
    [([0.5], DOWN, "val/loss"), ([0.4, 0.5], DOWN, "val/mIoU"), ([0.5], [2.0], "val/mIoU")],
)
def test_a_score_that_was_measured_once_comes_behind_a_validation_loss_with_a_course(
    scores: object, losses: object, chosen: str
) -> None:
    told = goal(
        make_run(series(("train", "loss", DOWN), ("val", "loss", losses), ("val", "mIoU", scores)))
    )
    assert told is not None
    assert told[0] == chosen


def test_preference_training_is_judged_by_its_accuracy_not_by_the_reward_of_one_side() -> None:
    rewards = (
        ("eval", f"rewards/{name}", UP) for name in ("chosen", "rejected", "margins", "accuracies")
    )
    assert goal(make_run(series(*LOSSES, *rewards))) == ("eval/rewards/accuracies", "max")


FULL = np.ones(30)
PREFERENCE = (
    ("eval", "rewards/chosen", UP),
    ("eval", "rewards/rejected", DOWN),
    ("eval", "rewards/margins", UP),
)
TRAINED = (
    ("train", "rewards/chosen", UP),
    ("train", "rewards/rejected", DOWN),
    ("train", "rewards/margins", UP),
)
REWARD_MODEL = (
    ("eval", "margin", UP),
    ("eval", "min_reward", DOWN),
    ("eval", "mean_reward", DOWN),
    ("eval", "max_reward", UP),
)
TRAINERS = {
    "SFT": ((("train", "loss", DOWN), ("train", "mean_token_accuracy", UP), ("eval", "loss", DOWN), ("eval", "mean_token_accuracy", UP)), ("eval/loss", "min")),
    "DPO": ((("train", "loss", DOWN), ("eval", "loss", DOWN), *PREFERENCE, ("eval", "rewards/accuracies", UP)), ("eval/rewards/accuracies", "max")),
    "DPO, told apart at once": ((("train", "loss", DOWN), ("eval", "loss", DOWN), *PREFERENCE, ("eval", "rewards/accuracies", FULL)), ("eval/loss", "min")),
    "DPO without a validation": ((("train", "loss", DOWN), *TRAINED), ("loss", "min")),
    "KTO": ((("train", "loss", DOWN), ("eval", "loss", DOWN), *PREFERENCE, ("eval", "kl", UP)), ("eval/loss", "min")),
    "ORPO": ((("train", "loss", DOWN), ("train", "nll_loss", DOWN), ("eval", "loss", DOWN), *PREFERENCE, ("eval", "nll_loss", DOWN), ("eval", "log_odds_ratio", UP)), ("eval/loss", "min")),
    "reward": ((("train", "loss", DOWN), ("eval", "loss", DOWN), *REWARD_MODEL, ("eval", "accuracy", UP)), ("eval/accuracy", "max")),
    "reward, told apart at once": ((("train", "loss", DOWN), ("eval", "loss", DOWN), *REWARD_MODEL, ("eval", "accuracy", FULL)), ("eval/loss", "min")),
    "GRPO and RLOO": ((("train", "loss", DOWN), ("train", "reward", UP), ("train", "reward_std", DOWN), ("train", "rewards/length/mean", DOWN), ("train", "kl", UP), ("train", "completions/clipped_ratio", UP), ("train", "frac_reward_zero_std", UP)), ("reward", "max")),
}  # fmt: skip
"""What the trainers of TRL 1.16 log, and what each is judged by."""


@pytest.mark.parametrize("trainer", TRAINERS)
def test_what_a_trainer_of_trl_is_judged_by(trainer: str) -> None:
    metrics, chosen = TRAINERS[trainer]
    assert goal(make_run(series(*metrics))) == chosen


def test_where_every_score_is_full_from_the_start_the_ground_says_so() -> None:
    metrics, _ = TRAINERS["DPO, told apart at once"]
    assert "full from their first value on" in why(make_run(series(*metrics)))


def test_scores_of_a_reward_model_that_drift_are_no_worsening() -> None:
    metrics, _ = TRAINERS["reward"]
    assert not [
        finding
        for finding in lossreport.analyze(make_run(series(*metrics))).findings
        if finding.kind in ("worsening", "overfitting")
    ]


@pytest.mark.parametrize(
    ("values", "chosen"), [([-1.0] * 30, "val/loss"), ([-1.0] * 28 + [0.2, 0.3], "val/AP")]
)
def test_minus_one_of_a_share_is_not_measured(values: list[float], chosen: str) -> None:
    told = goal(make_run(series(*LOSSES, ("val", "AP", values))))
    assert told is not None
    assert told[0] == chosen


@pytest.mark.parametrize(
    ("facts", "chosen"),
    [
        ({"goal": "val/loss"}, ("val/loss", "min")),
        ({"goal": "val_accuracy", "goal.mode": "min"}, ("val/accuracy", "min")),
        ({"goal": "loss"}, ("val/loss", "min")),
        ({"goal": "train/loss"}, ("loss", "min")),
        ({"metric_for_best_model": "eval_loss"}, ("val/loss", "min")),
        ({"metric_for_best_model": "loss", "greater_is_better": False}, ("val/loss", "min")),
        ({"monitor": "val_loss"}, ("val/loss", "min")),
        ({"monitor": "val_nothing"}, ("val/accuracy", "max")),
        ({"goal": "val/loss", "monitor": "val_accuracy"}, ("val/loss", "min")),
    ],
)
def test_the_user_and_the_configuration_decide_before_the_task(
    facts: dict[str, object], chosen: tuple[str, str]
) -> None:
    assert goal(make_run(series(*LOSSES, ("val", "accuracy", UP)), facts=facts)) == chosen


def test_the_ground_is_told() -> None:
    assert (
        why(make_run(series(*LOSSES), facts={"goal": "val/loss"}))
        == "you named it (goal = val/loss)"
    )
    assert "metric_for_best_model = loss" in why(
        make_run(series(*LOSSES), facts={"metric_for_best_model": "loss"})
    )
    assert "classification" in why(make_run(series(*LOSSES, ("val", "accuracy", UP))))
    assert "no validation" in why(make_run(series(("train", "loss", DOWN))))


def test_the_score_that_the_checkpoint_is_kept_by_is_the_goal() -> None:
    scores = series(*LOSSES, ("val", "f1", UP), ("val", "auc", UP))
    assert goal(make_run(scores)) == ("val/f1", "max")
    assert goal(make_run(scores, facts={"checkpoint_kept_by": "AUC"})) == ("val/auc", "max")
    assert goal(make_run(scores, facts={"checkpoint_kept_by": "loss"})) == ("val/loss", "min")
    of_training = series(*LOSSES, ("train", "auc", UP), ("val", "f1", UP))
    assert goal(make_run(of_training, facts={"checkpoint_kept_by": "AUC"})) == ("val/f1", "max")


def test_a_divergence_that_is_better_neither_way_is_not_worse_than_its_best() -> None:
    run = make_run(
        series(
            ("train", "loss", DOWN),
            ("val", "accuracy", UP),
            ("val", "kl", np.linspace(5.8, 87.0, 30)),
        )
    )
    assert not [
        one
        for one in lossreport.analyze(run, strict=True).findings
        if one.kind in ("worsening", "overfitting")
    ]


def test_the_scores_of_the_whole_are_worked_out_once_for_all_series(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    worked_out = goal_module._scores_of_the_whole

    def counted(context: Context) -> list[Series]:
        asked.append(1)
        return worked_out(context)

    monkeypatch.setattr(goal_module, "_scores_of_the_whole", counted)

    def asks(metrics: int) -> int:
        asked.clear()
        series = [
            make_series(falling(40, seed=n), f"loss_{n}", id=f"m{n}") for n in range(1, metrics + 1)
        ]
        lossreport.analyze(make_run(series))
        return len(asked)

    assert asks(12) == asks(3)
