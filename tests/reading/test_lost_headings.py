"""Rows behind an epoch heading that a progress bar overwrote are on their own epochs; lists without
places take those of the records beside them.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import lossreport
from lossreport.model.run import Axis, Status
from lossreport.reading.runs.headings import epochs_of


def log(headed: list[int], rows: int) -> str:
    """Return a log in which only some epochs have a heading: `-- test accuracy` closes every one of
    them.
    """
    text = []
    for epoch in range(rows):
        text += [f" epoch {epoch}"] if epoch in headed else []
        text += [f'-- "test accuracy 0.{60 + 2 * epoch}']
    return "epochs: 8\n" + "\n".join(text) + "\n"


def test_rows_that_fill_the_gaps_of_the_headings_are_one_an_epoch(tmp_path: Path) -> None:
    (tmp_path / "output.log").write_text(log([0, 2, 3, 4, 6], 8), encoding="utf-8")
    (run,) = lossreport.read_runs([tmp_path])
    (series,) = [one for one in run.series if one.name == "accuracy"]
    assert series.x.tolist() == list(range(8))
    assert run.progress.epochs == (8, 8)
    assert run.status is Status.FINISHED


def test_a_time_of_day_is_no_name_of_an_epoch(tmp_path: Path) -> None:
    lines = log([0, 2, 3, 4, 6], 8).splitlines()
    stamped = "\n".join(f"12:{at:02d}:{(7 * at) % 60:02d} {line}" for at, line in enumerate(lines))
    (tmp_path / "output.log").write_text(stamped + "\n", encoding="utf-8")
    (run,) = lossreport.read_runs([tmp_path])
    (series,) = [one for one in run.series if one.name == "accuracy"]
    assert series.x.tolist() == list(range(8))


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([0, 0, 2, 3, 3, 5, 6], [0, 1, 2, 3, 4, 5, 6]),
        ([0, 0, 2, 3, 4, 4], None),  # once: the last epoch may be cut
        ([1, 2, 2, 2, 5, 6], [1, 2, 3, 4, 5, 6]),
        ([0, 0, 2, 2, 4, 4], None),  # two rows at every second epoch are two rows of it
        ([0, 1, 2, 3, 4, 5], None),
        ([0, 0, 1, 2, 3, 3], None),  # a row was written twice: no epoch is skipped
        ([0, 0, 3, 4, 5, 5], None),  # two rows, three epochs
        ([0, 0.5, 2, 3, 4, 4], None),
    ],
)
def test_only_gaps_that_are_filled_to_the_last_row_are_closed(
    x: list[float], expected: list[float] | None
) -> None:
    found = epochs_of(np.array(x, dtype=np.float64))
    assert (None if found is None else found.tolist()) == expected


@pytest.mark.parametrize(
    "line",
    [
        '{{"epoch": {at}, "val_acc": {acc}}}',
        "Epoch {at} val_acc {acc}",
        "Epoch {at:03d} val_acc {acc}",
    ],
)
def test_rows_that_name_their_own_epoch_stay_there(line: str, tmp_path: Path) -> None:
    epochs = [1, 2, 3, 4, 5, 5, 7, 8, 8, 10]  # two epochs run twice, two rows lost
    text = "\n".join(line.format(at=at, acc=f"0.6{row}1") for row, at in enumerate(epochs))
    (tmp_path / ("log.jsonl" if line.startswith("{{") else "log.txt")).write_text(
        text + "\n", encoding="utf-8"
    )
    run = lossreport.read_runs([tmp_path])[-1]
    assert {5.0, 7.0, 8.0} <= {
        float(x)
        for one in lossreport.read_runs([tmp_path])
        for series in one.series
        for x in series.x
    }
    assert 9.0 not in {float(x) for series in run.series for x in series.x}


@pytest.mark.parametrize(("rows", "first"), [(12, 1.0), (11, 0.0)])
def test_lists_of_rounds_take_the_rounds_that_records_of_as_many_rows_print(
    rows: int, first: float, tmp_path: Path
) -> None:
    accuracies = [0.5 + 0.02 * i for i in range(12)]
    records = [{"round": i + 1, "norm": 0.1 * i} for i in range(rows)]
    document = {"round_accuracies": accuracies, "num_rounds": 12, "detection_log": records}
    (tmp_path / "results.json").write_text(json.dumps(document), encoding="utf-8")
    (run,) = lossreport.read_runs([tmp_path])
    (series,) = [one for one in run.series if one.name == "round_accuracies"]
    assert (series.axis, float(series.x[0])) == (Axis.ROUND, first)


LOOKUP = """cifar10-valid  FLOP= 11.72 M, Params=0.101 MB, latency=13.77 ms.
cifar10        train : [loss = 0.071, top1 = 97.75%], test  : [loss = {loss}, top1 = 88.93%]
"""


def test_results_looked_up_in_a_benchmark_are_no_rows(tmp_path: Path) -> None:
    lines = "".join(
        f"epoch {at} lr 0.02\ntrain_loss "
        f"{2 / (at + 1):.3f}\n{LOOKUP.format(loss=0.3 + 0.1 * (at % 2))}"
        for at in range(12)
    )
    (tmp_path / "log.txt").write_text(lines, encoding="utf-8")
    (run,) = lossreport.read_runs([tmp_path])
    assert {one.label for one in run.series if "loss" in one.name} == {"loss"}
    assert not [one for one in run.series if one.name in ("top1", "latency", "Params")]
