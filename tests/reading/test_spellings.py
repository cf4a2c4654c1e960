"""How programs spell one row: each spelling gives the same places, names, splits and values."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

import lossreport
from lossreport.model.run import Run
from lossreport.reading.kit.rows import number

LOSS, OTHER = [2.25, 1.5, 0.75], [2.5, 1.75, 1.25]
STEP = 100

Spelt = dict[str, tuple[str, list[float], list[float]]]
"""What is read by the label of a series: its axis, its places, its values."""


def told(run: Run) -> Spelt:
    return {one.label: (one.axis.value, one.x.tolist(), one.y.tolist()) for one in run.series}


def epochs(values: list[float]) -> tuple[str, list[float], list[float]]:
    return "epoch", [1, 2, 3], values


def steps(values: list[float], axis: str = "iteration") -> tuple[str, list[float], list[float]]:
    return axis, [STEP, 2 * STEP, 3 * STEP], values


def frame(step: int, text: str, title: str = "") -> str:
    return f"{title} {step // 3}%|###   | {step}/300 [00:0{step // STEP}<00:03,  9.1it/s{text}]"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            lambda e, a, b: f"Train {e}, loss: {a}\nTest {e}, loss: {b}",
            {"loss": epochs(LOSS), "test/loss": epochs(OTHER)},
        ),
        (lambda e, a, b: f"[1: {e * STEP}/300] train loss {a}", {"loss": steps(LOSS)}),
        (
            lambda e, a, b: frame(e * STEP, f", loss - {a}, dice_loss - {b}"),
            {"loss": steps(LOSS), "dice_loss": steps(OTHER)},
        ),
        (lambda e, a, b: f"Epoch 1/3 - {e * STEP}/300 dice_loss - {a}", {"dice_loss": steps(LOSS)}),
        (
            lambda e, a, b: f"{e * STEP} | train {a} | test {b}",
            {"value": steps(LOSS), "test/value": steps(OTHER)},
        ),
        (
            lambda e, a, b: f"[{e * STEP}] loss {a} / acc {b}",
            {"loss": steps(LOSS), "acc": steps(OTHER)},
        ),
        (
            lambda e, a, b: f"INFO:tensorflow:loss = {a}, step = {e * STEP} (3.2 sec)",
            {"loss": steps(LOSS, "step")},
        ),
        (
            lambda e, a, b: f"Epoch {e}: Train acc/Test acc: {a}/{b}",
            {"acc": epochs(LOSS), "test/acc": epochs(OTHER)},
        ),
        (
            lambda e, a, b: f"Epoch {e} train==[loss={a} + acc={b}]",
            {"loss": epochs(LOSS), "acc": epochs(OTHER)},
        ),
        (
            lambda e, a, b: f"[Epoch 1, Batch {e * STEP}]\nd_loss: {a}\ng_loss: {b}",
            {"d_loss": steps(LOSS, "step"), "g_loss": steps(OTHER, "step")},
        ),
        (
            lambda e, a, b: (
                f"Epoch 1, batch {e * STEP}, loss[loss={a}, over 5023.00 frames. ], "
                f"tot_loss[loss={b}, over 10123.00 frames. ]"
            ),
            {"loss": steps(LOSS), "tot_loss": steps(OTHER)},
        ),
        (
            lambda e, a, b: f"Epoch 1, batch {e * STEP}, loss[{a}] tot_loss[{b}]",
            {"loss": steps(LOSS), "tot_loss": steps(OTHER)},
        ),
        (
            lambda e, a, b: f"At round {e} accuracy: {a}\nAt round {e} training accuracy: {b}",
            {"test/accuracy": ("round", [1, 2, 3], LOSS), "accuracy": ("round", [1, 2, 3], OTHER)},
        ),
        (
            lambda e, a, b: f"Round {e}\n{{'loss': {a}, 'test_acc': {b}}}",
            {"loss": ("round", [1, 2, 3], LOSS), "test/acc": ("round", [1, 2, 3], OTHER)},
        ),
        (
            lambda e, a, b: f"Epoch {e}: Train {a}\nEpoch {e}: Valid {b}",
            {"value": epochs(LOSS), "valid/value": epochs(OTHER)},
        ),
        (
            lambda e, a, b: frame(e * STEP, "", f"d: {a};gen: {b}:"),
            {"d": steps(LOSS), "gen": steps(OTHER)},
        ),
        (
            lambda e, a, b: f"Epoch {e}: loss {b} -> {a}, acc {a} → {b}",
            {"loss": epochs(LOSS), "acc": epochs(OTHER)},
        ),
        (
            lambda e, a, b: f"Epoch {e}: loss {b}\nlr reduced {b} -> {a}",
            {"loss": epochs(OTHER), "lr": epochs(LOSS)},
        ),
        (
            lambda e, a, b: f"Epoch {e}: loss {b}\nReducing lr: {b} -> {a}",
            {"loss": epochs(OTHER), "lr": epochs(LOSS)},
        ),
        (lambda e, a, b: frame(300, "", "") + f"Epoch {e} loss {a}", {"loss": epochs(LOSS)}),
        (
            lambda e, a, b: frame(300, "", "") + f"  Step {e * STEP}: loss {a}",
            {"loss": steps(LOSS, "step")},
        ),
    ],
)
def test_a_row_is_read_however_it_is_spelt(
    line: Callable[[int, float, float], str], expected: Spelt, tmp_path: Path
) -> None:
    lines = [line(e, a, b) for e, a, b in zip((1, 2, 3), LOSS, OTHER, strict=True)]
    (tmp_path / "train.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = told(lossreport.read_run([tmp_path]))
    assert {
        label: (axis.replace("iteration", "step"), x, y) for label, (axis, x, y) in found.items()
    } == {
        label: (axis.replace("iteration", "step"), x, y) for label, (axis, x, y) in expected.items()
    }


@pytest.mark.parametrize(
    "line", ["Train: {a} s\nVal: {b} s", "Train: {a}", "epoch took {a}, over {b} frames"]
)
def test_times_shares_and_counts_are_no_metrics(line: str, tmp_path: Path) -> None:
    lines = [line.format(a=a, b=b) for a, b in zip(LOSS, OTHER, strict=True)]
    (tmp_path / "train.log").write_text(
        "\n".join(f"Epoch {e}\n{text}" for e, text in enumerate(lines, 1)) + "\n", encoding="utf-8"
    )
    with pytest.raises(lossreport.errors.NothingReadError):
        lossreport.read_run([tmp_path])


def test_the_value_that_improved_is_a_memory_called_by_its_metric(tmp_path: Path) -> None:
    lines = "".join(
        f"Epoch {e}: loss {a}\nval_loss improved {b} -> {a}\n"
        for e, a, b in zip((1, 2, 3), LOSS, OTHER, strict=True)
    )
    (tmp_path / "train.log").write_text(lines)
    run = lossreport.read_run([tmp_path])
    assert ([one.label for one in run.series], run.value("best_val_loss")) == (["loss"], 0.75)


@pytest.mark.parametrize("text", ["nan(ind)", "-nan(ind)", "-1.#IND", "1.#QNAN"])
def test_a_nan_of_windows_is_a_number(text: str) -> None:
    value = number(text)
    assert value is not None
    assert math.isnan(value)
