"""Damaged files and boxes: what is sound is read, what is lost is said, a box stands at the step it
names.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import lossreport

ROWS = "".join(f"{e},{2 / e:.4f}\n" for e in range(1, 9)).encode()


@pytest.mark.parametrize(
    ("damaged", "line"), [(b"\0" * 300 + b"\nepoch,loss\n", 1), (b"epoch,loss\n" + b"\0" * 80, 2)]
)
def test_a_table_with_zero_bytes_is_read_and_says_what_was_skipped(
    damaged: bytes, line: int, tmp_path: Path
) -> None:
    (tmp_path / "log.csv").write_bytes(damaged + ROWS)
    run = lossreport.read_run([tmp_path])
    assert run.series[0].x.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [(at, why.plain("en").split(" from")[0]) for at, why in run.sources[0].skips] == [
        (line, "zero bytes")
    ]


def test_a_sound_table_says_nothing_of_zero_bytes(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_bytes(b"epoch,loss\n" + ROWS)
    assert lossreport.read_run([tmp_path]).sources[0].skips == ()


@pytest.mark.parametrize(
    ("row", "steps"),
    [
        (
            "-------------\n| step | {step} |\n| loss | {loss:.4f} |\n-------------\n",
            [100, 200, 300, 400],
        ),
        ("| step {step} | loss {loss:.4f} |\n", [100, 200, 300, 400]),
        ("│ step {step} │ loss {loss:.4f} │\n", [100, 200, 300, 400]),
    ],
)
def test_a_box_stands_at_the_step_that_it_names(row: str, steps: list[int], tmp_path: Path) -> None:
    (tmp_path / "train.log").write_text(
        "".join(row.format(step=step, loss=200 / step) for step in steps), encoding="utf-8"
    )
    (found,) = lossreport.read_run([tmp_path]).series
    assert (found.axis, found.x.tolist()) == ("step", steps)


def test_steps_that_are_printed_with_few_digits_only_count_the_boxes(tmp_path: Path) -> None:
    box = "-------------\n| step | {step:.3g} |\n| loss | {loss:.4f} |\n-------------\n"
    (tmp_path / "train.log").write_text(
        "".join(box.format(step=step, loss=20000 / step) for step in range(11100, 11200, 10))
    )
    (found,) = lossreport.read_run([tmp_path]).series
    assert (found.axis, found.x.tolist()) == ("row", list(range(10)))


def test_hidden_copies_of_a_notebook_are_no_logs(tmp_path: Path) -> None:
    (tmp_path / ".ipynb_checkpoints").mkdir()
    for place in (".ipynb_checkpoints/log-checkpoint.csv", "log.csv"):
        (tmp_path / place).write_bytes(b"epoch,loss\n" + ROWS)
    assert [source.path for source in lossreport.read_run([tmp_path]).sources] == ["log.csv"]
