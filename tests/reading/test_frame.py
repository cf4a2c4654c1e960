"""DataFrames in memory: axes, splits, and the difference between NaN and not logged."""

import numpy as np
import pandas as pd
import pytest

from lossreport import run_from_frame
from lossreport.errors import NothingReadError
from lossreport.model.run import Axis, Run, Series


def only(run: Run, name: str, split: str = "train") -> Series:
    found = [series for series in run.series if (series.name, series.split) == (name, split)]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("column", "axis"),
    [(name, Axis(name)) for name in ("step", "iteration", "epoch", "tokens", "samples", "time")]
    + [("something", Axis.ROW)],
)
def test_an_axis_column_is_the_x_and_no_metric(column: str, axis: Axis) -> None:
    run = run_from_frame(pd.DataFrame({column: [10, 20], "loss": [2.0, 1.0]}))
    series = only(run, "loss")
    assert series.axis is axis
    assert series.x.tolist() == ([0, 1] if axis is Axis.ROW else [10, 20])
    assert ("something" in {s.name for s in run.series}) is (axis is Axis.ROW)


def test_the_line_is_the_row_from_1_and_the_values_are_single_ones() -> None:
    series = only(run_from_frame(pd.DataFrame({"train_closs": [3.0, 2.0]})), "closs")
    assert (series.line.tolist(), series.statistic.value) == ([1, 2], "value")


def test_a_float_nan_is_a_non_finite_value() -> None:
    series = only(run_from_frame(pd.DataFrame({"loss": [2.0, np.nan, np.inf]})), "loss")
    assert series.y.tolist() == pytest.approx([2.0, np.nan, np.inf], nan_ok=True)


@pytest.mark.parametrize("split", ["val", "eval"])
def test_nan_of_a_validation_column_beside_finite_values_was_not_logged(split: str) -> None:
    frame = pd.DataFrame(
        {"loss": [2.0, 1.5, 1.2, np.nan], f"{split}_loss": [np.nan, 1.9, np.nan, np.nan]}
    )
    series = only(run_from_frame(frame), "loss", split)
    assert series.line.tolist() == [2, 4]
    assert series.y.tolist() == pytest.approx([1.9, np.nan], nan_ok=True)


@pytest.mark.parametrize("dtype", ["Float64", object])
def test_na_was_never_logged(dtype: str) -> None:
    series = only(
        run_from_frame(pd.DataFrame({"loss": pd.array([2.0, pd.NA, 1.0], dtype=dtype)})), "loss"
    )
    assert (series.y.tolist(), series.line.tolist()) == ([2.0, 1.0], [1, 3])


def test_in_an_object_column_nan_is_a_value_and_na_is_not() -> None:
    series = only(
        run_from_frame(
            pd.DataFrame({"loss": pd.Series([2.0, float("nan"), pd.NA, None], dtype=object)})
        ),
        "loss",
    )
    assert series.y.tolist() == pytest.approx([2.0, np.nan], nan_ok=True)


def test_words_and_truth_values_are_no_metrics() -> None:
    run = run_from_frame(pd.DataFrame({"loss": [1.0], "note": ["x"], "best": [True]}))
    assert [series.name for series in run.series] == ["loss"]


def test_several_frames_are_sources_of_one_run() -> None:
    run = run_from_frame(
        {"rank0.log": pd.DataFrame({"loss": [2.0]}), "epoch.txt": pd.DataFrame({"loss": [3.0]})},
        {"vocab_size": 9},
    )
    assert [(s.id, s.path, s.parser, s.rows) for s in run.sources] == [
        ("s1", "rank0.log", "frame", 1),
        ("s2", "epoch.txt", "frame", 1),
    ]
    assert [(s.id, s.source) for s in run.series] == [("m1", "s1"), ("m2", "s2")]
    assert run.value("vocab_size") == 9


def test_a_frame_does_not_change_with_the_run() -> None:
    frame = pd.DataFrame({"loss": [2.0, 1.0]})
    run = run_from_frame(frame)
    frame.loc[0, "loss"] = 99.0
    assert only(run, "loss").y.tolist() == [2.0, 1.0]
    with pytest.raises(ValueError, match="read-only"):
        only(run, "loss").y[0] = 0.0


@pytest.mark.parametrize(
    "frame",
    [pd.DataFrame(), pd.DataFrame({"step": [1]}), pd.DataFrame({"a": ["x"]})],
    ids=["empty", "axis", "words"],
)
def test_a_frame_without_numbers_is_nothing_read(frame: pd.DataFrame) -> None:
    with pytest.raises(NothingReadError):
        run_from_frame(frame)
