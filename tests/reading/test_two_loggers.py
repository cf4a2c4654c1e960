"""Two loggers of one program: each curve counts once, over the epoch where one of them says it."""

import json
from pathlib import Path

from lossreport.model.run import Run
from lossreport.reading.discover import ReadOptions, read_paths
from wire import scalar_record

VAL = [0.9, 0.7, 0.75, 0.6, 0.55]
LR = 0.125


def lightning(folder: Path, val: list[float]) -> Run:
    """Write the CSV and the event file of a Lightning run of five epochs of ten steps."""
    rows = [f"{epoch},{10 * epoch + 9},,{LR},{value}" for epoch, value in enumerate(VAL)]
    rows += [f"{epoch},{10 * epoch + 4},{1 / (1 + epoch)},," for epoch in range(5)]
    (folder / "metrics.csv").write_text(
        "\n".join(["epoch,step,train_loss_step,lr_epoch,val_loss", *rows, ""])
    )
    events = [
        scalar_record(10 * epoch + 9, tag, value)
        for epoch, y in enumerate(val)
        for tag, value in (("val_loss", y), ("lr_epoch", LR))
    ]
    (folder / "events.out.tfevents.1.host").write_bytes(b"".join(events))
    (run,) = read_paths([folder], ReadOptions(strict=True))
    return run


def shown(run: Run) -> list[tuple[str, str]]:
    return [
        (f"{series.label} {series.axis.value}", series.path)
        for series in run.series
        if series.name != "loss" or series.split != "train"
    ]


def test_a_curve_over_the_epoch_and_over_the_steps_at_its_ends_counts_once(tmp_path: Path) -> None:
    run = lightning(tmp_path, VAL)
    assert ("val/loss epoch", "metrics.csv") in shown(run)
    assert not any(path.startswith("events") for name, path in shown(run) if "loss" in name)
    assert [(skip.path, skip.code) for skip in run.skipped] == [
        ("events.out.tfevents.1.host", "copy")
    ]


def test_a_constant_beside_a_curve_that_counts_once_counts_once_too(tmp_path: Path) -> None:
    assert [name for name, _ in shown(lightning(tmp_path, VAL)) if "lr" in name] == ["lr epoch"]


def test_steps_with_the_epoch_beside_them_say_more_than_epochs_alone(tmp_path: Path) -> None:
    history = [
        {"step": 10 * epoch, "epoch": epoch, "eval_loss": value}
        for epoch, value in enumerate(VAL, 1)
    ]
    (tmp_path / "trainer_state.json").write_text(
        json.dumps({"global_step": 50, "max_steps": 50, "log_history": history})
    )
    (tmp_path / "log.csv").write_text(
        "\n".join(
            ["epoch,eval_loss", *(f"{epoch},{value}" for epoch, value in enumerate(VAL, 1)), ""]
        )
    )
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert shown(run) == [("eval/loss step", "trainer_state.json")]


def test_curves_that_differ_in_one_of_five_rows_stay_two(tmp_path: Path) -> None:
    run = lightning(tmp_path, [*VAL[:4], 0.5])
    assert [name for name, _ in shown(run) if "val" in name] == ["val/loss step", "val/loss epoch"]
