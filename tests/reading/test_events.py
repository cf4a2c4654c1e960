"""Lines that name a saved checkpoint are events; lines that only speak of checkpoints are none."""

from __future__ import annotations

import pytest

from lossreport.reading.kit.events import find_event


@pytest.mark.parametrize(
    "line",
    [
        "Saving model checkpoint to out/checkpoint-500",
        "INFO:transformers.trainer: Saving model checkpoint to /tmp/x/checkpoint-20",
        "[2022-04-08 21:30:47,167][fairseq.checkpoint_utils][INFO] - Saved checkpoint "
        "checkpoints/checkpoint_best.pt (epoch 10 @ 4791 updates)",
        "  successfully saved checkpoint at iteration    1000 to checkpoints/gpt",
        "saving checkpoint to out-wikitext",
    ],
)
def test_a_saved_checkpoint_is_an_event(line: str) -> None:
    assert find_event(line) == "checkpoint"


@pytest.mark.parametrize(
    "line",
    [
        "checkpoint_activations: True",
        "save_checkpoint_to=out",
        "no checkpoint was saved",
        "loss: 3.1 checkpoint 5",
    ],
)
def test_speaking_of_checkpoints_is_none(line: str) -> None:
    assert find_event(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "FloatingPointError: Loss became infinite or NaN at iteration=521!",
        "INFO:tensorflow:Error reported to Coordinator: <class 'InvalidArgumentError'>, "
        "LossTensor is inf or nan. : Tensor had NaN values",
        "ERROR:tensorflow:Model diverged with loss = NaN.",
        "E0521 14:44:30.8 1400 hooks.py:760] Model diverged with loss = NaN.",
        "Batch 3: Invalid loss, terminating training",
        "Loss is nan, stopping training",
    ],
)
def test_an_exit_for_a_loss_that_is_not_finite_is_an_event(line: str) -> None:
    assert find_event(line) == "nonfinite_exit"
