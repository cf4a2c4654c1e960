"""What names and places of files say: folds and versions are runs, clients are entities, a sibling
holds another split, copies count once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import lossreport
from lossreport.model.run import Run


def runs(folder: Path, files: Mapping[str, str]) -> dict[str, Run]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return {run.name: run for run in lossreport.read_runs([folder])}


def table(values: Sequence[float], head: str = "epoch,loss", first: int = 0) -> str:
    return head + "\n" + "".join(f"{first + i},{value}\n" for i, value in enumerate(values))


FALLING = [3 / (1 + i) for i in range(8)]
RISING = [0.5 + i / 7 for i in range(8)]


def test_files_called_by_their_fold_are_runs(tmp_path: Path) -> None:
    found = runs(tmp_path, {"fold_0.csv": table(FALLING), "fold_1.csv": table(RISING[:5])})
    assert {name: len(run.series[0]) for name, run in found.items()} == {"fold_0": 8, "fold_1": 5}


def test_a_version_that_counts_on_is_another_run_all_the_same(tmp_path: Path) -> None:
    found = runs(tmp_path, {"log_v1.csv": table(FALLING), "log_v2.csv": table(FALLING, first=8)})
    assert list(found) == ["v1", "v2"]


def test_a_single_file_called_by_a_seed_is_no_other_run_than_its_folder(tmp_path: Path) -> None:
    found = runs(
        tmp_path, {"log_seed1.csv": table(FALLING), "config.json": '{"lr": 0.1, "batch_size": 4}'}
    )
    assert [run.value("lr") for run in found.values()] == [0.1]


def test_files_called_by_their_client_are_entities_of_one_run(tmp_path: Path) -> None:
    (run,) = runs(tmp_path, {"clientA.csv": table(FALLING), "clientB.csv": table(RISING)}).values()
    assert [str(series.entity) for series in run.series] == ["client A", "client B"]


def test_a_file_beside_that_of_the_training_is_of_the_split_it_is_called_by(tmp_path: Path) -> None:
    (run,) = runs(
        tmp_path, {"train_log.csv": table(FALLING), "val_log.csv": table(RISING)}
    ).values()
    assert sorted((series.split, series.path) for series in run.series) == [
        ("train", "train_log.csv"),
        ("val", "val_log.csv"),
    ]


def test_a_file_called_test_without_such_a_sibling_is_of_the_training(tmp_path: Path) -> None:
    (run,) = runs(tmp_path, {"test_log.csv": table(FALLING)}).values()
    assert [series.split for series in run.series] == ["train"]


def state(values: Sequence[float], steps: int) -> str:
    history = [
        {"step": i + 1, "epoch": (i + 1) / 4, "loss": value} for i, value in enumerate(values)
    ]
    return json.dumps(
        {
            "global_step": len(values),
            "max_steps": steps,
            "log_history": history,
            "is_world_process_zero": True,
        }
    )


def test_states_of_two_trainings_in_one_folder_are_two_runs_with_their_own_plans(
    tmp_path: Path,
) -> None:
    found = runs(
        tmp_path,
        {
            "checkpoint-8/trainer_state.json": state(FALLING, 8),
            "checkpoint-4/trainer_state.json": state(RISING[:4], 40),
        },
    )
    assert {name: run.progress.steps for name, run in found.items()} == {
        "checkpoint-4": (4, 40),
        "checkpoint-8": (8, 8),
    }


def test_the_state_of_an_earlier_checkpoint_is_a_copy(tmp_path: Path) -> None:
    files = {
        "checkpoint-8/trainer_state.json": state(FALLING, 8),
        "checkpoint-4/trainer_state.json": state(FALLING[:4], 8),
    }
    (run,) = runs(tmp_path, files).values()
    assert [skip.code for skip in run.skipped] == ["copy"]


def test_a_copy_whose_first_values_are_nan_is_a_copy_all_the_same(tmp_path: Path) -> None:
    whole = "epoch,loss,aux\n" + "".join(
        f"{epoch},{'nan' if epoch < 2 else 2 / epoch},{epoch * 0.3}\n" for epoch in range(9)
    )
    found = runs(
        tmp_path,
        {"metrics.csv": whole, "old/metrics.csv": "".join(whole.splitlines(keepends=True)[:6])},
    )
    assert len(found) == 1
    assert [skip.code for run in found.values() for skip in run.skipped] == ["copy"]


def test_a_curve_that_two_files_tell_on_two_axes_counts_once_on_that_of_the_epochs(
    tmp_path: Path,
) -> None:
    files = {
        "by_epoch.csv": table(FALLING, "epoch,val_loss"),
        "by_step.csv": table(FALLING, "step,val_loss"),
    }
    (run,) = runs(tmp_path, files).values()
    assert [(series.split, series.name, series.axis) for series in run.series] == [
        ("val", "loss", "epoch")
    ]
    assert (
        run.skipped[0].reason.plain("en")
        == "1 of its curves are those of by_epoch.csv, row by row: they count once"
    )


def by_epoch(values: Sequence[float], digits: int = 17) -> str:
    return "".join(
        json.dumps({"epoch": i, "loss": float(f"{value:.{digits}g}")}) + "\n"
        for i, value in enumerate(values)
    )


def test_curves_of_one_axis_in_two_files_stay_to_be_compared_where_they_differ(
    tmp_path: Path,
) -> None:
    (run,) = runs(
        tmp_path,
        {"a.csv": table(FALLING), "b.jsonl": by_epoch([*FALLING[:-1], FALLING[-1] * 1.01])},
    ).values()
    assert len(run.series) == 2


def test_a_curve_that_another_file_tells_with_other_digits_counts_once_with_most_digits(
    tmp_path: Path,
) -> None:
    (run,) = runs(tmp_path, {"a.jsonl": by_epoch(FALLING, 3), "b.csv": table(FALLING)}).values()
    assert [series.path for series in run.series] == ["b.csv"]
    assert (
        run.skipped[0].reason.plain("en")
        == "1 of its curves print again what b.csv holds: they count once"
    )


def test_a_shorter_record_of_the_same_values_and_one_in_percent_count_once(tmp_path: Path) -> None:
    scores = [0.5 + i / 20 for i in range(8)]
    head = "epoch,val_loss,val_acc"
    rows = "".join(f"{i},{FALLING[i]},{scores[i]}\n" for i in range(8))
    lines = "".join(
        f"Epoch {i}: val_loss {FALLING[i]:.3f} val_acc {100 * scores[i]:.1f}%\n" for i in range(6)
    )
    (run,) = runs(tmp_path, {"a.csv": f"{head}\n{rows}", "train.log": lines}).values()
    assert [(series.path, len(series.x)) for series in run.series] == [("a.csv", 8), ("a.csv", 8)]


def test_tables_of_one_program_called_after_different_things_are_runs(tmp_path: Path) -> None:
    head = "epoch,loss,acc"
    rows = [f"{value},{1 - value / 4}" for value in FALLING]
    found = runs(
        tmp_path,
        {"metrics_vit.csv": table(rows, head), "metrics_cnn.csv": table(rows[:1], head, first=8)},
    )  # type: ignore[arg-type]
    assert len(found) == 2


def test_a_table_called_a_resume_of_another_is_the_same_run(tmp_path: Path) -> None:
    head = "epoch,loss,acc"
    rows = [f"{value},{1 - value / 4}" for value in FALLING]
    found = runs(
        tmp_path,
        {"metrics.csv": table(rows, head), "metrics_resume.csv": table(rows, head, first=8)},
    )  # type: ignore[arg-type]
    assert len(found) == 1


def test_the_configuration_of_a_checkpoint_is_that_of_its_own_run(tmp_path: Path) -> None:
    config = json.dumps({"model_type": "bert", "vocab_size": 7, "architectures": ["A"]})
    files = {
        "checkpoint-8/trainer_state.json": state(FALLING, 8),
        "checkpoint-4/trainer_state.json": state(RISING[:4], 40),
    }
    found = runs(tmp_path, {**files, "checkpoint-4/config.json": config})
    assert {name: run.value("vocab_size") for name, run in found.items()} == {
        "checkpoint-4": 7,
        "checkpoint-8": None,
    }


def test_a_table_of_lightning_counts_the_batches_of_its_validation_apart(tmp_path: Path) -> None:
    head = "epoch,step,train_loss_step,val_loss_step,val_loss_epoch"
    rows = [
        f"{e},{10 * e + 9},{2 / (1 + e)},,"
        + f"\n{e},{3 * e},,{1 / (1 + e)},\n{e},{10 * e + 9},,,{1.5 / (1 + e)}"
        for e in range(4)
    ]
    (run,) = runs(tmp_path, {"metrics.csv": "\n".join([head, *rows, ""])}).values()
    assert {(s.label, s.axis.value): s.x.tolist() for s in run.series} == {
        ("loss", "step"): [9, 19, 29, 39],
        ("val/loss", "iteration"): [0, 3, 6, 9],
        ("val/loss", "epoch"): [0, 1, 2, 3],
    }


def test_the_state_beside_the_folders_of_two_runs_goes_with_the_one_it_repeats(
    tmp_path: Path,
) -> None:
    files = {
        "a_first/log.csv": table(FALLING, "step,loss", first=1),
        "b_second/log.csv": table(RISING, "step,loss", first=1),
    }
    found = runs(tmp_path, {**files, "trainer_state.json": state(RISING, 8)})
    assert {name: [source.path for source in run.sources] for name, run in found.items()} == {
        "a_first": ["a_first/log.csv"],
        "b_second": ["b_second/log.csv", "trainer_state.json"],
    }


SETTINGS = "lr: {lr}\nbatch_size: 8\nmodel: resnet\nepochs: 8\n"


def rates(found: Mapping[str, Run]) -> dict[str, object]:
    return {name: run.value("lr") for name, run in found.items()}


def test_the_settings_in_the_nearest_folder_count(tmp_path: Path) -> None:
    files = {"hparams.yaml": SETTINGS.format(lr=0.9), "b/hparams.yaml": SETTINGS.format(lr=0.2)}
    found = runs(tmp_path, {**files, "a/log.csv": table(FALLING), "b/log.csv": table(RISING)})
    assert rates(found) == {"a": 0.9, "b": 0.2}
    assert [len(run.facts) for run in found.values()] == [4, 4]


def test_settings_of_a_run_without_rows_are_no_other_runs(tmp_path: Path) -> None:
    files = {
        "a/hparams.yaml": SETTINGS.format(lr=0.9),
        "b/hparams.yaml": SETTINGS.format(lr=0.2),
        "a/log.csv": table(FALLING),
    }
    (run,) = runs(tmp_path, files).values()
    assert [fact.value for fact in run.facts if fact.name == "lr"] == [0.9]
    assert run.skipped[-1].path == "b/hparams.yaml"


def test_settings_in_a_folder_of_settings_are_those_of_the_run_beside_it(tmp_path: Path) -> None:
    (run,) = runs(
        tmp_path, {"config/args.yaml": SETTINGS.format(lr=0.9), "a/log.csv": table(FALLING)}
    ).values()
    assert run.value("lr") == 0.9


def test_two_tables_of_one_row_that_differ_are_two_runs(tmp_path: Path) -> None:
    found = runs(tmp_path, {"a.csv": table([0.5]), "b.csv": table([0.4])})
    assert {name: run.series[0].y.tolist() for name, run in found.items()} == {
        "a": [0.5],
        "b": [0.4],
    }


def test_an_older_run_in_a_folder_below_the_log_of_a_new_one_is_a_run_without_its_settings(
    tmp_path: Path,
) -> None:
    files = {
        "log.csv": table(FALLING),
        "opt.yaml": SETTINGS.format(lr=0.9),
        "old/log.csv": table(RISING),
    }
    found = runs(tmp_path, files)
    assert rates(found) == {"old": None, tmp_path.name: 0.9}


def test_terms_of_one_loss_in_files_of_their_own_are_one_run(tmp_path: Path) -> None:
    (run,) = runs(tmp_path, {"loss_g.csv": table(FALLING), "d_loss.csv": table(RISING)}).values()
    assert sorted(series.name for series in run.series) == ["loss/d", "loss/g"]


def test_losses_of_two_models_in_files_of_their_own_are_two_runs(tmp_path: Path) -> None:
    assert len(runs(tmp_path, {"loss_vit.csv": table(FALLING), "loss_cnn.csv": table(RISING)})) == 2
