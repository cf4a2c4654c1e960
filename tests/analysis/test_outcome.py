"""The one answer on a run: how it ended, how its goal went, its main fault; its tone is the worst
of them.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lossreport
from lossreport.model.analysis import Outcome
from lossreport.model.run import Event, Progress, Run, Status
from runs import falling, make_run, make_series


def of(run: Run) -> Outcome:
    outcome = lossreport.analyze(run, strict=True).outcome("r1")
    assert outcome is not None
    return outcome


def said(run: Run) -> str:
    return of(run).text.plain("en")


HEALTHY = make_run(loss=falling(60), val_loss=falling(60))
EARLY = Event(kind="early_stop", source="s1", line=9, quote="Early stopping")
KILLED = Event(kind="killed", source="s1", line=900, quote="CANCELLED", ends=Status.INTERRUPTED)


@pytest.mark.parametrize(
    ("run", "begins"),
    [
        (replace(HEALTHY, status=Status.FINISHED), "Finished. val/loss"),
        (
            replace(HEALTHY, status=Status.FINISHED, progress=Progress(epochs=(60, 60))),
            "Finished (60 of 60 epochs). val/loss",
        ),
        (
            replace(
                HEALTHY, status=Status.FINISHED, progress=Progress(epochs=(0, 1), steps=(90, 90))
            ),
            "Finished (90 of 90 steps). val/loss",
        ),
        (
            replace(HEALTHY, status=Status.FINISHED, progress=Progress(epochs=(1, 10))),
            "Ended before its plan was done (1 of 10 epochs). val/loss",
        ),
        (
            replace(HEALTHY, status=Status.FINISHED, events=(EARLY,)),
            "Stopped early by its own rule (log_train.txt:9). val/loss",
        ),
        (
            replace(HEALTHY, status=Status.INTERRUPTED, progress=Progress(steps=(60, 90))),
            "Not complete (60 of 90 steps)",
        ),
        (
            replace(HEALTHY, status=Status.INTERRUPTED, events=(KILLED,)),
            "Stopped from outside (log_train.txt:900: “CANCELLED”).",
        ),
        (replace(HEALTHY, status=Status.CRASHED), "Crashed; the logs do not say why."),
        (replace(HEALTHY, status=Status.RUNNING), "Still running."),
        (HEALTHY, "val/loss is still improving"),
    ],
)
def test_it_begins_with_how_the_run_ended_where_the_logs_say(run: Run, begins: str) -> None:
    assert said(run).startswith(begins)


@pytest.mark.parametrize(
    ("run", "tone"),
    [
        (replace(HEALTHY, status=Status.FINISHED), "good"),
        (replace(HEALTHY, status=Status.INTERRUPTED), "warn"),
        (replace(HEALTHY, status=Status.CRASHED), "bad"),
        (make_run(loss=[*falling(30), np.nan]), "bad"),
        (
            make_run(
                loss=falling(60), val_loss=np.r_[falling(30, 6, 2), 2 * np.linspace(1, 1.5, 30)]
            ),
            "warn",
        ),
        (make_run(loss=falling(3)), "open"),
    ],
)
def test_the_tone_is_the_worst_of_state_findings_and_status(run: Run, tone: str) -> None:
    assert of(run).tone == tone


def test_a_validation_that_is_past_its_best_stands_before_a_training_loss_that_falls() -> None:
    run = make_run(loss=falling(60), val_loss=np.r_[falling(30, 6, 2), 2 * np.linspace(1, 1.5, 30)])
    assert said(run).startswith("The run overfits: val/loss best")
    assert "checkpoint where the validation was best" in of(run).do.plain("en")  # type: ignore[union-attr]


def test_a_validation_loss_that_turns_up_under_a_score_that_still_rises_is_no_headline() -> None:
    score = make_series(np.linspace(0.1, 0.9, 60), "mAP50-95", "val", id="m3")
    val = make_series(np.r_[falling(30, 6, 2), 2 * np.linspace(1, 1.5, 30)], "loss", "val", id="m2")
    assert said(make_run([make_series(falling(60), "loss"), val, score])).startswith(
        "val/mAP50-95 is still improving"
    )


def test_the_gravest_finding_that_the_sentence_does_not_rest_on_is_named() -> None:
    spiked = falling(200, noise=0.003)
    spiked[100] *= 6
    assert "First look at #F1:" in said(make_run(loss=spiked, val_loss=falling(200)))


@pytest.mark.parametrize(("height", "is_named"), [(1.6, False), (6.0, True)])
def test_a_spike_that_came_back_and_cost_little_is_not_what_to_look_at_first(
    height: float, is_named: bool
) -> None:
    spiked = falling(200, noise=0.003)
    spiked[100:102] *= height
    run = make_run(loss=spiked, val_loss=falling(200))
    assert [f.kind for f in lossreport.analyze(run, strict=True).findings][:1] == ["spike"]
    assert ("First look at" in said(run)) is is_named


def test_every_run_of_a_folder_has_its_own(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        rows = "\n".join(f"{n},{2 / (n + 1)}" for n in range(20))
        (tmp_path / name / "log.csv").write_text(f"epoch,loss\n{rows}\n")
    runs = lossreport.read_runs([tmp_path])
    analysis = lossreport.analyze(runs, strict=True)
    assert (
        [outcome.run for outcome in analysis.outcomes]
        == [run.id for run in runs]
        == [goal.run for goal in analysis.goals]
    )


def test_the_checkpoint_of_the_best_place_is_the_one_that_the_logs_name() -> None:
    score = make_series([30.0, 25.0, 27.0], "wer", "eval", axis="step", x=[100, 200, 300], id="m2")
    run = make_run(
        [make_series(falling(30), "loss", axis="step"), score],
        facts={"best_model_checkpoint": "out/checkpoint-200"},
    )
    assert of(run).checkpoint == "out/checkpoint-200"
    other = make_run(
        [make_series(falling(30), "loss", axis="step"), score],
        facts={"best_model_checkpoint": "out/checkpoint-300"},
    )
    assert of(other).checkpoint is None


@pytest.mark.parametrize(
    ("end", "status", "state"),
    [
        (1e-7, "finished", "converged"),
        (1e-5, "finished", "improving"),
        (1e-7, "unknown", "improving"),
    ],
)
def test_a_loss_that_falls_to_the_end_of_a_spent_rate_is_not_called_still_improving(
    end: float, status: str, state: str
) -> None:
    rate = make_series(np.linspace(1e-4, end, 200), "lr", axis="step", id="m2")
    run = make_run([make_series(falling(200), "loss", axis="step"), rate], status=status)
    assert of(run).state.value == state


def test_a_score_that_ends_behind_does_not_outrun_a_loss_that_turned() -> None:
    accuracy = np.r_[np.linspace(0.5, 0.735, 5), np.linspace(0.70, 0.65, 20)]
    run = make_run(
        loss=falling(25, 1.2, 0.16),
        val_loss=np.r_[falling(4, 1.1, 0.78), np.linspace(0.8, 1.46, 21)],
        val_accuracy=accuracy,
    )
    assert of(run).state.value == "overfitting"


@pytest.mark.parametrize(("end", "state"), [(0.200, "inconclusive"), (0.245, "improving")])
def test_an_evaluation_that_comes_back_to_its_old_level_is_not_improving(
    end: float, state: str
) -> None:
    score = np.r_[np.linspace(0.02, 0.205, 48), np.linspace(0.18, end, 27)] * (
        1 + 0.002 * np.sin(np.arange(75))
    )
    run = make_run(
        [make_series(score, "mAP50-95", "val"), make_series(falling(75), "box_loss", id="m2")]
    )
    assert of(run).state.value == state


@pytest.mark.parametrize(("level", "state"), [(0.99, "plateau_high"), (0.5, "plateau_high")])
def test_a_score_that_stands_near_the_full_one_is_not_at_a_poor_level(
    level: float, state: str
) -> None:
    score = level * (1 + 0.002 * np.sin(np.arange(60)))
    run = make_run(
        [make_series(score, "accuracy", "val"), make_series(falling(60), "loss", id="m2")]
    )
    assert (of(run).state.value == state) is (level == 0.5)


@pytest.mark.parametrize(("gain", "slow"), [(0.013, True), (0.06, False)])
def test_a_slow_gain_is_told_with_its_size(gain: float, slow: bool) -> None:
    y = np.r_[np.linspace(2, 1, 60), np.linspace(1, 1 - gain, 20)] * (
        1 + 1e-5 * np.sin(np.arange(80))
    )
    text = said(make_run(loss=falling(80), val_loss=y))
    assert text.startswith("val/loss is still improving")
    assert ("but slowly" in text and "over the last 20 rows" in text) is slow


@pytest.mark.parametrize(("axis", "unit"), [("epoch", "epochs"), ("round", "rounds")])
def test_rounds_are_not_told_as_epochs(axis: str, unit: str) -> None:
    run = replace(
        make_run([make_series(falling(60), "loss", "val", axis=axis)]),
        status=Status.FINISHED,
        progress=Progress(epochs=(60, 60)),
    )
    assert said(run).startswith(f"Finished (60 of 60 {unit})")
    told = lossreport.compose(lossreport.analyze(run, strict=True))
    assert f"{unit} completed" in lossreport.render(told, "md", lang="en")


@pytest.mark.parametrize(
    ("best", "begins"),
    [(60, "val/top1 is flat"), (25, "The run overfits")],
    ids=["long behind the loss", "with it"],
)
def test_a_score_that_was_best_long_after_the_lowest_validation_loss_decides(
    best: int, begins: str
) -> None:
    """The loss is lowest at 20 of 100; the accuracy rises to its best and stands there: it was
    confidence that grew, not errors.
    """
    val = np.r_[falling(21, 6, 2), 2 * np.linspace(1, 1.2, 79)]
    top1 = np.r_[np.linspace(0.2, 0.70, best), np.full(100 - best, 0.695)] + 1e-4 * np.sin(
        np.arange(100)
    )
    series = [
        make_series(falling(100), "loss"),
        make_series(val, "loss", "val", id="m2"),
        make_series(top1, "top1", "val", id="m3"),
    ]
    assert said(make_run(series)).startswith(begins)


@pytest.mark.parametrize(
    ("name", "best"), [("Nsdr", 13), ("thr", None)], ids=["the score of a field", "a setting"]
)
def test_the_best_of_the_score_of_a_field_is_told_beside_the_loss_that_the_checkpoint_is_kept_by(
    name: str, best: int | None
) -> None:
    score = make_series(np.r_[np.linspace(2, 8, 14), np.full(16, 7.5)], name, "val", id="m3")
    series = [
        make_series(falling(30), "loss"),
        make_series(falling(30), "loss", "val", id="m2"),
        score,
    ]
    bests = lossreport.analyze(
        make_run(series, facts={"checkpoint_kept_by": "val_loss"}), strict=True
    ).bests
    assert {one.series: one.at.x for one in bests}.get("m3") == best
