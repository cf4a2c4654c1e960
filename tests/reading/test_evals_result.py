"""Gradient boosting's JSON: what it is, from which round it counts, and whose the data sets are."""

import json
from collections.abc import Mapping, Sequence

import pytest

from lossreport.errors import LogError
from lossreport.model.run import Axis
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.evals_result import read, sniff
from lossreport.reading.parser import ColumnChunk

Document = Mapping[str, Mapping[str, Sequence[object]]]


def log_of(document: object, indent: int | None = None) -> LogFile:
    return LogFile("evals.json", data=json.dumps(document, indent=indent).encode())


def curves(
    document: Document, indent: int | None = None
) -> dict[str, tuple[list[float], list[int]]]:
    found = [record for record in read(log_of(document, indent)) if isinstance(record, ColumnChunk)]
    assert {chunk.key.axis for chunk in found} == {Axis.ITERATION}
    return {
        f"{chunk.key.split}/{chunk.key.name}": (chunk.x.tolist(), chunk.line.tolist())
        for chunk in found
    }


@pytest.mark.parametrize(
    ("document", "first"),
    [
        ({"train": {"logloss": [1, 2]}, "eval": {"logloss": [1, 2]}}, 0),
        ({"learn": {"Logloss": [1, 2]}, "validation": {"Logloss": [1, 2]}}, 0),
        ({"validation_0": {"rmse": [1, 2]}}, 0),
        ({"training": {"l2": [1, 2]}, "valid_1": {"l2": [1, 2]}}, 1),
        ({"valid_0": {"binary_logloss": [1, 2]}}, 1),
    ],
    ids=["xgboost", "catboost", "scikit-learn way", "lightgbm", "lightgbm without training"],
)
def test_rounds_count_from_where_the_library_counts(document: Document, first: int) -> None:
    assert sniff(log_of(document)).value == 0.9
    assert {tuple(x) for x, _ in curves(document).values()} == {(first, first + 1)}


def test_data_sets_of_one_split_keep_their_names() -> None:
    found = curves(
        {"validation_0": {"auc": [1]}, "validation_1": {"auc": [1]}, "train": {"auc": [1]}}
    )
    assert list(found) == ["val/validation_0/auc", "val/validation_1/auc", "train/auc"]


def test_values_on_lines_of_their_own_keep_them() -> None:
    found = curves(
        {"train": {"logloss": [1, 2], "auc": [3, 4]}, "eval": {"logloss": [5, 6], "auc": [7, 8]}},
        indent=1,
    )
    assert [line for _, line in found.values()] == [[4, 5], [8, 9], [14, 15], [18, 19]]


@pytest.mark.parametrize(
    "document",
    [
        {"train": {"loss": [1.0, 2.0]}, "val": {"loss": [1.0, 2.0]}},
        {"train": {"rmse": [1.0], "loss": [2.0]}},
        {"fold_3": {"rmse": [1.0]}},
        {"train": {"rmse": [1.0]}, "note": "x"},
        {"train": {"rmse": {"0": 1.0}}},
        {"train": {"rmse": ["x"]}},
        {"rmse": [1.0, 2.0]},
        [1, 2],
    ],
    ids=[
        "a neural network's",
        "a metric of none",
        "no data set",
        "something else",
        "no list",
        "no numbers",
        "one level",
        "a list",
    ],
)
def test_other_histories_are_left_to_others(document: object) -> None:
    assert sniff(log_of(document)).value == 0


def test_half_a_document_is_no_source() -> None:
    data = json.dumps({"train": {"logloss": [1.0] * 50}}).encode()[:-20]
    assert sniff(LogFile("x.json", data=data)).value == 0
    with pytest.raises(LogError):
        list(read(LogFile("x.json", data=data)))
