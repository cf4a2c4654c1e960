"""A table of experiments is no course of a training: it is refused, and so is a table of results
that a log prints.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import lossreport
from lossreport.errors import NothingReadError
from lossreport.reading.kit.experiments import are_experiments

GRID = [(lr, dropout) for lr in ("0.1", "0.01", "0.001") for dropout in ("0.1", "0.3", "0.5")]
MODELS = ("svm", "forest", "mlp", "cnn")


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("model,accuracy,f1", [f"{name},0.8{at},0.7{at}" for at, name in enumerate(MODELS)]),
        (
            "exp_id,model,lr,acc,notes",
            [f"{at},{MODELS[at % 4]},{lr},0.8{at}," for at, (lr, _) in enumerate(GRID)],
        ),
        (
            "lr,dropout,val_loss",
            [f"{lr},{dropout},0.{4 + at}" for at, (lr, dropout) in enumerate(GRID)],
        ),
        ("model,epochs,val_loss", [f"{name},20,0.{4 + at}" for at, name in enumerate(MODELS)]),
        (
            "model,seed,loss",
            [f"{name},{seed},0.{4 + seed}" for name in MODELS for seed in (1, 2, 3)],
        ),
        (
            "Experiment,Best epoch,val_loss,Comment",
            [f"exp_{at},{30 - at},0.{4 + at}," for at in range(6)],
        ),
    ],
)
def test_a_table_of_experiments_is_refused_with_its_reason(
    header: str, rows: list[str], tmp_path: Path
) -> None:
    (tmp_path / "results.csv").write_text("\n".join([header, *rows]) + "\n")
    with pytest.raises(NothingReadError, match="it is a table of experiments"):
        lossreport.read_run([tmp_path])


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        # a column counts
        (
            "model,epoch,loss",
            [[name, str(e), f"{2 / e}"] for name in ("a", "b") for e in range(1, 8)],
        ),
        # one configuration in all rows
        ("model,lr,loss", [["vit", "0.1", f"{2 / e}"] for e in range(1, 8)]),
        ("lr,loss", [[f"{0.1 / e}", f"{2 / e}"] for e in range(1, 8)]),  # a schedule
        # and a last batch
        (
            "lr,batch_size,loss",
            [[f"{0.1 / e}", "64" if e < 7 else "12", f"{2 / e}"] for e in range(1, 8)],
        ),
        # rows of two runs
        ("model,loss", [["a" if e < 8 else "b", f"{2 / e}"] for e in range(1, 15)]),
        ("seed,acc", [[str(seed), f"0.8{seed}"] for seed in range(1, 6)]),  # repetitions
    ],
)
def test_rows_of_a_training_are_no_experiments(header: str, rows: list[list[str]]) -> None:
    assert not are_experiments(header.split(","), rows)


def test_a_table_of_experiments_beside_a_log_is_left_out_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "results.csv").write_text(
        "model,accuracy\n" + "".join(f"{name},0.8{at}\n" for at, name in enumerate(MODELS))
    )
    (tmp_path / "log.csv").write_text(
        "epoch,loss\n" + "".join(f"{e},{2 / e}\n" for e in range(1, 9))
    )
    run = lossreport.read_run([tmp_path])
    assert [one.label for one in run.series] == ["loss"]
    assert run.skipped[0].path == "results.csv"


def test_a_printed_table_of_models_and_their_settings_is_no_row_of_the_log(tmp_path: Path) -> None:
    table = "| Model | lr | val acc |\n|---|---|---|\n" + "".join(
        f"| {name} | 0.{at} | 0.8{at} |\n" for at, name in enumerate(MODELS)
    )
    (tmp_path / "train.log").write_text(
        "".join(f"Epoch {e} loss: {2 / e:.3f}\n" for e in range(1, 6)) + table
    )
    assert [one.label for one in lossreport.read_run([tmp_path]).series] == ["loss"]


def test_how_far_a_training_was_in_percent_is_no_metric_and_no_step(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(
        "percent loss\n" + "".join(f"{p} {2 / (p + 1):.4f}\n" for p in range(0, 101, 10))
    )
    (tmp_path / "val_loss.log").write_text(
        "".join(f"{p}% {3 / (p + 2):.4f}\n" for p in range(0, 101, 10))
    )
    assert [(one.label, one.axis) for one in lossreport.read_run([tmp_path]).series] == [
        ("loss", "row"),
        ("val/loss", "row"),
    ]
