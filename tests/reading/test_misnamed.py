"""Event files whose tags are shifted against results.txt: the text file names the curves, and the
report says that they disagree.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import lossreport
from lossreport.model.run import Axis, Run, Statistic, frozen_floats, frozen_ints
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.yolov5_results_txt import is_pose
from lossreport.reading.parser import ColumnKey, parser
from lossreport.reading.runs.misnamed import without_misnamed
from lossreport.reading.runs.reading import Column, Reading

LENGTH = 12


def pose_rows() -> str:
    rows = []
    for i in range(LENGTH):
        box, obj, kpt, kptv = 0.05 - i / 1000, 0.004, 0.03 - i / 500, 0.002
        total = box + obj + kpt + kptv
        rows.append(
            f"  {i}/{LENGTH - 1}  1.5G  {box:.4g}  {obj:.4g}  0  {kpt:.4g}  {kptv:.4g}  "
            f"{total:.4g}  4  640  {0.5 + i / 50:.4g}  {0.4 + i / 50:.4g}  {0.45 + i / 50:.4g}  "
            f"{0.2 + i / 50:.4g}  0.013  0.002  0\n"
        )
    return "".join(rows)


def test_the_columns_of_key_points_are_named_by_their_total(tmp_path: Path) -> None:
    (tmp_path / "results.txt").write_text(pose_rows())
    run: Run = lossreport.read_run([tmp_path])
    found = {f"{series.split}/{series.name}": series.y.tolist()[0] for series in run.series}
    assert (found["train/kpt_loss"], found["val/precision"], found["val/mAP_0.5:0.95"]) == (
        0.03,
        0.5,
        0.2,
    )
    assert run.progress.epochs == (LENGTH, LENGTH)
    assert not is_pose(
        [
            "0.05",
            "0.004",
            "0.001",
            "0.055",
            "4",
            "640",
            "0.5",
            "0.4",
            "0.45",
            "0.2",
            "0.01",
            "0.002",
            "0",
        ]
    )


def reading(folder: Path, name: str, parser_id: str, curves: dict[str, list[float]]) -> Reading:
    path = folder / name
    path.write_text("")
    columns = {}
    for called, y in curves.items():
        split, short = called.split("/", 1)
        axis = Axis.EPOCH if parser_id.startswith("yolo") else Axis.STEP
        x = frozen_floats(np.arange(len(y)))
        line = frozen_ints(np.arange(1, len(y) + 1))
        nan = frozen_floats(np.full(len(y), np.nan))
        columns[ColumnKey(short, split, axis, Statistic.VALUE)] = Column(
            x, frozen_floats(y), line, nan, nan
        )
    return Reading(log=LogFile(name, path=path), parser=parser(parser_id), columns=columns)


TRUE = {
    "train/kpt_loss": [0.5, 0.4, 0.3, 0.25],
    "val/precision": [0.1, 0.3, 0.5, 0.6],
    "val/recall": [0.2, 0.25, 0.4, 0.7],
    "val/mAP_0.5": [0.15, 0.27, 0.45, 0.66],
}


def test_tags_that_hold_the_values_of_other_columns_are_left_out_and_told(tmp_path: Path) -> None:
    tags = {
        "val/precision": TRUE["train/kpt_loss"],
        "val/recall": TRUE["val/precision"],
        "val/mAP_0.5": TRUE["val/recall"],
    }
    events = reading(
        tmp_path, "events.out.tfevents.1", "tfevents", tags | {"train/lr": [0.1, 0.2, 0.3, 0.4]}
    )
    kept, skipped = without_misnamed(
        [events, reading(tmp_path, "results.txt", "yolov5_results_txt", TRUE)]
    )
    assert [key.name for key in kept[0].columns] == ["lr"]
    assert "val/precision, say, holds the values of train/kpt_loss" in skipped[0].reason.plain("en")


def test_tags_that_agree_stay(tmp_path: Path) -> None:
    events = reading(tmp_path, "events.out.tfevents.1", "tfevents", TRUE)
    kept, skipped = without_misnamed(
        [events, reading(tmp_path, "results.txt", "yolov5_results_txt", TRUE)]
    )
    assert (list(kept[0].columns), skipped) == (list(events.columns), [])
