"""Metrics that a table prints without a split beside marked losses are of the validation: fastai's
history.csv, and hand-written tables like it.
"""

from pathlib import Path

import pytest

from lossreport.reading.discover import ReadOptions, read_paths
from lossreport.reading.kit.names import unmarked_scores

HISTORY = (
    "epoch,train_loss,valid_loss,error_rate,time\n0,0.9,0.5,0.25,00:12\n1,0.6,0.4,0.125,00:11\n"
)


def test_the_metrics_of_fastai_are_of_the_validation_and_its_clock_is_none(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text(HISTORY)
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert {(series.label, series.statistic.value): series.y.tolist() for series in run.series} == {
        ("loss", "ema"): [0.9, 0.6],
        ("valid/loss", "epoch_mean"): [0.5, 0.4],
        ("valid/error_rate", "epoch_mean"): [0.25, 0.125],
    }


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (("epoch", "train_loss", "val_loss", "accuracy", "lr"), {"accuracy": "val"}),
        (("epoch", "train_loss", "val_loss", "accuracy", "val_accuracy"), {}),
        (("epoch", "loss", "val_loss", "accuracy"), {}),
        (("epoch", "train_loss", "val_loss", "test_loss", "f1"), {}),
    ],
)
def test_a_score_without_a_mark_is_of_the_only_other_split_that_is_marked(
    header: tuple[str, ...], found: dict[str, str]
) -> None:
    assert unmarked_scores(header) == found
