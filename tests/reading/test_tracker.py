"""What trackers store one value at a time becomes columns: restarts are seen once, and media are no
numbers.
"""

import math

import pytest

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.names import canonical_names
from lossreport.reading.kit.tracker import (
    Points,
    numbers,
    parameter_facts,
    stamp,
    summary_facts,
    tag_fact,
)
from lossreport.reading.parser import RawFact, RawSegment


def feed(points: Points, *values: tuple[str, int]) -> list[RawSegment]:
    return [
        segment
        for line, (name, step) in enumerate(values, 1)
        for segment in points.add(name, step, 1.0, line)
    ]


def test_metrics_that_go_back_together_are_one_restart() -> None:
    steps = [0, 1, 2, 1, 2]
    found = feed(Points(), *((name, step) for step in steps for name in ("loss", "lr")))
    assert found == [RawSegment(7, "restart")]


def test_a_second_restart_is_told_again() -> None:
    assert [
        segment.line for segment in feed(Points(), *(("loss", step) for step in (0, 1, 0, 1, 0)))
    ] == [3, 5]


def test_a_metric_logged_once_at_the_end_is_no_restart() -> None:
    assert feed(Points(), ("loss", 0), ("loss", 1), ("final_loss", 0)) == []


def test_validation_that_goes_back_is_no_restart() -> None:
    assert feed(Points(), ("val/loss", 5), ("val/loss", 1)) == []


@pytest.mark.parametrize(
    ("steps", "axis", "x"),
    [
        ([0, 0, 0], Axis.ROW, [0, 1, 2]),
        ([0, 0, 1], Axis.STEP, [0, 0, 1]),
        ([7], Axis.STEP, [7]),
        ([0], Axis.ROW, [0]),
    ],
)
def test_values_that_all_stand_at_one_step_have_none(
    steps: list[int], axis: Axis, x: list[int]
) -> None:
    points = Points()
    feed(points, *(("loss", step) for step in steps))
    (chunk,) = points.chunks()
    assert (chunk.key.axis, chunk.x.tolist()) == (axis, x)


def test_names_tell_split_and_statistic_and_axes_are_no_metric() -> None:
    points = Points()
    feed(points, ("train/loss", 1), ("val/loss", 1), ("lr", 1), ("epoch", 1), ("global_step", 1))
    keys = [chunk.key for chunk in points.chunks()]
    assert [(key.split, key.name, key.statistic) for key in keys] == [
        ("train", "loss", Statistic.UNKNOWN),
        ("val", "loss", Statistic.VALUE),
        ("train", "lr", Statistic.VALUE),
    ]


def test_a_folder_gives_the_split_of_names_without_one() -> None:
    points = Points("eval")
    feed(points, ("loss", 1))
    assert next(points.chunks()).key.split == "eval"


def test_media_texts_and_truth_values_are_no_numbers() -> None:
    row = {
        "loss": 1,
        "image": {"_type": "image-file", "size": 5},
        "ok": True,
        "name": "x",
        "a": {"b": 2.5},
        "none": None,
        "text": "12",
        "n": "NaN",
    }
    found = dict(pair for name, value in row.items() for pair in numbers(name, value))
    assert {name: value for name, value in found.items() if not math.isnan(value)} == {
        "loss": 1.0,
        "a.b": 2.5,
    }
    assert math.isnan(found["n"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.05", 0.05),
        ("10", 10),
        ("True", True),
        ("None", None),
        ("adam", "adam"),
        ("[1, 2]", (1, 2)),
        ("1e-5", 1e-5),
        ("a b", "a b"),
    ],
)
def test_a_parameter_is_the_value_its_text_stands_for(text: str, value: object) -> None:
    ((name, found),) = [(fact.name, fact.value) for fact in parameter_facts("p", text, 1)]
    assert (name, found) == ("p", value)


def test_a_tag_that_is_a_document_is_left_out() -> None:
    assert [
        fact.name for tag in ("mlflow.note.content", "stage") for fact in tag_fact(tag, "x", 1)
    ] == ["tag/stage"]


def test_a_last_learning_rate_is_never_the_setting() -> None:
    summary = {"train.learning_rate": 1e-6, "opt": {"loss": 2}, "memory": 3, "_step": 11}
    lines = ['{"train.learning_rate": 1e-6,', ' "opt": {"loss": 2}, "memory": 3,', ' "_step": 11}']
    facts = [record for record in summary_facts(summary, lines) if isinstance(record, RawFact)]
    assert [(fact.name, fact.value, fact.line) for fact in facts] == [
        ("summary/train/learning_rate", 1e-6, 1),
        ("summary/opt/loss", 2.0, 2),
        ("summary/_step", 11, 3),
    ]
    assert [canonical_names(fact.name) for fact in facts] == [(fact.name,) for fact in facts]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "1970-01-01 00:00:00"), (math.nan, None), (1e30, None)]
)
def test_what_is_no_time_has_no_stamp(seconds: float, text: str | None) -> None:
    assert stamp(seconds) == text
