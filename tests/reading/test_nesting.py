"""Counters beside epochs: which begin again with every epoch and are counted on, which count the
whole training and stay as they are.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import lossreport
from lossreport.model.run import Series


def series(tmp_path: Path, lines: list[str], name: str = "loss", split: str = "train") -> Series:
    (tmp_path / "train.log").write_text("".join(f"{line}\n" for line in lines))
    (found,) = [
        one
        for one in lossreport.read_run([tmp_path]).series
        if (one.name, one.split) == (name, split)
    ]
    return found


def of_one_epoch(heading: str, first: int, total: int) -> list[str]:
    """The rows of the only epoch of a log, ten of them, 300 steps apart."""
    return [
        heading,
        *(f"Step {first + 300 * row}/{total} loss {1.0 - row / 50:.4f}" for row in range(10)),
    ]


@pytest.mark.parametrize(
    ("heading", "first", "total", "x"),
    [
        # of all epochs as many are done as of all steps: the step is global
        ("Epoch 50/50", 87000, 90000, 87000),
        # it begins at the beginning of its counter: the step is of the epoch
        ("Epoch 50/50", 300, 3000, 49 * 3000 + 300),
        # a fifth of the steps cannot be done in the second of fifty epochs
        ("Epoch 2/50", 1800, 9000, 9000 + 1800),
    ],
)
def test_a_step_in_a_single_epoch_is_global_where_it_stands_as_far_as_the_epochs_do(
    heading: str, first: int, total: int, x: int, tmp_path: Path
) -> None:
    assert series(tmp_path, of_one_epoch(heading, first, total)).x[0] == x


def test_a_step_that_stands_beyond_an_epoch_is_global_though_another_counter_begins_again(
    tmp_path: Path,
) -> None:
    lines = []
    for epoch in (1, 2, 3):
        lines.append(f"Epoch {epoch}/3")
        lines += [f"Iter {i}/100 loss: {3 / epoch - i / 1000:.4f}" for i in (25, 50, 75, 100)]
        lines.append(f"Step {5000 + 100 * epoch} reward: {epoch / 3:.3f}")
    assert series(tmp_path, lines).x.tolist() == [
        25,
        50,
        75,
        100,
        125,
        150,
        175,
        200,
        225,
        250,
        275,
        300,
    ]
    assert series(tmp_path, lines, "reward").x.tolist() == [5100, 5200, 5300]
