"""Megatron's golden values: steps that were not reached are no NaN, and a NaN is."""

import json
import math
from pathlib import Path

import lossreport
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.keras_history import read
from lossreport.reading.parser import ColumnChunk


def curve(values: dict[str, object], **more: int) -> list[tuple[float, float]]:
    data = json.dumps({"lm loss": {**more, "values": values}}).encode()
    (chunk,) = [
        record
        for record in read(LogFile("golden.json", data=data))
        if isinstance(record, ColumnChunk)
    ]
    return list(zip(chunk.x.tolist(), chunk.y.tolist(), strict=True))


def test_steps_that_were_not_reached_are_not_logged() -> None:
    values = {"1": 1.5, "5": 1.25, "10": "nan", "15": "nan"}
    assert curve(values, start_step=1, end_step=15, step_interval=5) == [(1, 1.5), (5, 1.25)]


def test_a_bare_nan_is_one() -> None:
    found = curve({"1": 1.5, "5": math.nan}, start_step=1, end_step=5, step_interval=5)
    assert [math.isnan(y) for _, y in found] == [False, True]


def test_a_nan_printed_as_text_elsewhere_is_one() -> None:
    assert [math.isnan(y) for _, y in curve({"1": 1.5, "5": "nan"})] == [False, True]


def test_the_configuration_beside_the_curves_holds_the_plan_and_an_early_stop_is_said(
    tmp_path: Path,
) -> None:
    curve = [3 / (e + 1) for e in range(44)]
    document = {
        "val_losses": curve,
        "stopped_early": True,
        "total_epochs": 44,
        "config": {"num_epochs": 100, "learning_rate": 5e-6},
    }
    (tmp_path / "training_history.json").write_text(json.dumps(document, indent=1))
    run = lossreport.read_run([tmp_path])
    assert (run.progress.epochs, run.value("lr"), [event.kind for event in run.events]) == (
        (44, 100),
        5e-6,
        ["early_stop"],
    )


def test_records_beside_lists_of_epochs_stand_at_their_epochs_and_lines(tmp_path: Path) -> None:
    history = {
        "train_loss": [3 / (e + 1) for e in range(12)],
        "val_metrics": [{"mae": 2 / (e + 1), "r2": 0.05 * e} for e in range(12)],
        "learning_rates": [1e-3] * 12,
    }
    path = tmp_path / "history.json"
    path.write_text(json.dumps(history, indent=2))
    (run,) = lossreport.read_runs([path])
    r2 = next(one for one in run.series if one.name == "metrics/r2")
    starts = [n for n, text in enumerate(path.read_text().splitlines(), 1) if text == "    {"]
    assert (r2.axis.value, r2.split, r2.x.tolist()) == ("epoch", "val", list(range(12)))
    assert r2.line.tolist() == starts
