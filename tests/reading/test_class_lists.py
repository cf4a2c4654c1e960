"""Scores of single classes: each belongs to its class, whichever way a log lists them; the mean
over them stays the metric.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import lossreport
from lossreport.model.run import Series

ROAD, CAR = [0.55, 0.6, 0.65, 0.7], [0.45, 0.5, 0.55, 0.6]


def of_classes(tmp_path: Path, listing: str) -> dict[str, Series]:
    """The series of `iou` by class of four epochs of a log that lists two classes so."""
    text = "".join(
        f"Epoch {e}/4 train loss: "
        f"{2 / e:.3f}\n{listing.format(a=ROAD[e - 1], b=CAR[e - 1])}\nValidation mIoU: "
        f"{e / 10:.3f}\n"
        for e in range(1, 5)
    )
    (tmp_path / "train.log").write_text(text, encoding="utf-8")
    run = lossreport.read_run([tmp_path])
    assert {one.name for one in run.series if one.entity is None} == {"loss", "mIoU"}
    return {one.entity.value: one for one in run.series if one.entity is not None}


@pytest.mark.parametrize(
    ("listing", "names"),
    [
        ("Validation per class iou:\nroad: {a}\ncar: {b}", ("road", "car")),
        ("per-class IoU:\n  class 0: {a}\n  class 1: {b}", ("0", "1")),
        ("Class IoU: [{a}, {b}]", ("0", "1")),
        ("Validation per class iou: [{a}\n {b}]", ("0", "1")),
        ("Validation per class iou: {{'road': {a}, 'car': {b}}}", ("road", "car")),
        ("IoU per class: road: {a}, car: {b}", ("road", "car")),
        ("Class 0 IoU: {a}\nClass 1 IoU: {b}", ("0", "1")),
        ("Class_0 result: iou {a}\nClass_1 result: iou {b}", ("Class_0", "Class_1")),
        ("各类别IoU:\n道路: {a}\n车辆: {b}", ("道路", "车辆")),
    ],
)
def test_the_score_of_a_class_belongs_to_the_class(
    listing: str, names: tuple[str, str], tmp_path: Path
) -> None:
    found = of_classes(tmp_path, listing)
    assert tuple(found) == names
    assert [one.y.tolist() for one in found.values()] == [ROAD, CAR]
    assert [(one.split, one.axis, one.x.tolist()) for one in found.values()] == [
        ("val", "epoch", [1, 2, 3, 4])
    ] * 2


def test_the_split_that_the_head_of_a_list_names_is_that_of_the_list(tmp_path: Path) -> None:
    assert {
        one.split for one in of_classes(tmp_path, "Train per class iou: [{a}, {b}]").values()
    } == {"train"}


def test_a_single_number_behind_the_words_is_the_mean_over_the_classes(tmp_path: Path) -> None:
    lines = "".join(
        f"Epoch {e} loss: {2 / e:.3f}\nval per-class accuracy: {e / 10:.3f}\n" for e in range(1, 6)
    )
    (tmp_path / "train.log").write_text(lines)
    assert {one.label for one in lossreport.read_run([tmp_path]).series} == {
        "loss",
        "val/per-class accuracy",
    }


def test_classes_that_are_listed_once_are_told_apart(tmp_path: Path) -> None:
    lines = "".join(f"Epoch {e} loss: {2 / e:.3f}\n" for e in range(1, 6))
    (tmp_path / "train.log").write_text(
        f"{lines}Class IoU: [0.5, 0.25, 0.75]\nClass Dice: [0.6, 0.4, 0.8]\n"
    )
    found = [one for one in lossreport.read_run([tmp_path]).series if one.entity is not None]
    assert [(one.name, one.y.tolist()) for one in found][:3] == [
        ("IoU", [0.5]),
        ("IoU", [0.25]),
        ("IoU", [0.75]),
    ]


@pytest.mark.parametrize("line", ["Accuracy of {:>5} : {} %", "Accuracy for class: {:5s} is {} %"])
def test_the_lines_of_the_tutorial_are_of_their_class(line: str, tmp_path: Path) -> None:
    rows = "".join(
        f"Epoch {e} loss: "
        f"{2 / e:.3f}\n{line.format('car', 50.5 + e)}\n{line.format('plane', 60.5 + e)}\n"
        for e in range(1, 5)
    )
    whole = (
        "Accuracy of the model on the test images: 55.5 %\nAccuracy of the model on the test "
        "images: 56.5 %\n"
    )
    (tmp_path / "train.log").write_text(rows + whole)
    found = {
        one.entity.value if one.entity else one.label: one.y.tolist()
        for one in lossreport.read_run([tmp_path]).series
    }
    assert found["car"] == [51.5, 52.5, 53.5, 54.5]
    assert found["plane"] == [61.5, 62.5, 63.5, 64.5]
    assert set(found) >= {"loss", "car", "plane"}
    assert found["test/Accuracy"] == [55.5, 56.5]
