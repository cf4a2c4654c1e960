"""A folder of many runs: a table of none of them is a run of its own, and what a tracker says of
itself is none.
"""

from __future__ import annotations

import json
from pathlib import Path

import lossreport
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.generic_dict import sniff

ID = "run-20240102_030405-ab12cd34"


def keep(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def rows(start: float) -> str:
    return "".join(
        f"epoch {n}/6 loss={start / n:.4f} val_loss={start / n + 0.1:.4f}\n" for n in range(1, 7)
    )


def test_the_log_that_a_tracker_keeps_of_itself_is_not_read(tmp_path: Path) -> None:
    hyp = {"lr0": 0.01, "momentum": 0.937, "iou_t": 0.2, "box": 0.05, "cls": 0.5}
    keep(tmp_path / "train.log", rows(3))
    keep(
        tmp_path / "wandb" / "debug.log",
        "".join(f"2024-01-02 INFO config_cb None None {hyp}\n" for _ in range(3)),
    )
    (run,) = lossreport.read_runs([tmp_path])
    assert {series.name for series in run.series} == {"loss"}


def test_one_dict_of_settings_told_again_holds_no_metric(tmp_path: Path) -> None:
    hyp = {"lr0": 0.01, "momentum": 0.937, "iou_t": 0.2, "box": 0.05, "cls": 0.5}
    keep(tmp_path / "out.log", "".join(f"INFO hyperparameters: {hyp}\n" for _ in range(3)))
    assert sniff(LogFile("out.log", path=tmp_path / "out.log")).value == 0


def test_the_copy_of_the_link_to_the_newest_run_is_no_second_run(tmp_path: Path) -> None:
    history = "".join(json.dumps({"epoch": n, "loss": 3 / n}) + "\n" for n in range(1, 7))
    for folder in (ID, "latest-run"):
        keep(tmp_path / "wandb" / folder / "files" / "history.jsonl", history)
        keep(tmp_path / "wandb" / folder / "run-ab12cd34.wandb", ":W&B")
    assert len(lossreport.read_runs([tmp_path])) == 1
    keep(tmp_path / "other" / "latest-run" / "history.jsonl", history)
    assert len(lossreport.read_runs([tmp_path])) == 2


def test_a_table_that_agrees_with_none_of_many_runs_is_a_run_of_its_own(tmp_path: Path) -> None:
    for number, name in enumerate(("distill", "widen", "human", "walls"), 1):
        keep(tmp_path / f"train_{name}.log", rows(number))
    keep(
        tmp_path / "metrics.csv",
        "stamp,games,eval_score,policy_loss\n"
        + "".join(f"t{n},{n % 7},{n / 40},{2 - n / 30}\n" for n in range(30)),
    )
    runs = lossreport.read_runs([tmp_path])
    assert [
        name for run in runs for name in (series.name for series in run.series) if name == "score"
    ] == ["score"]
    (table,) = [run for run in runs if any(series.name == "score" for series in run.series)]
    assert {source.path for source in table.sources} == {"metrics.csv"}
