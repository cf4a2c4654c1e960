"""Formats by what their trainers train: the name of a format tells it where no row does."""

from __future__ import annotations

from typing import Final

LANGUAGE: Final = frozenset(
    ("hf_stdout", "hf_trainer_state", "llamafactory_jsonl", "msswift_jsonl", "xtuner_text")
)
"""Trainers of pretrained language models, on the Trainer of Transformers or shaped like it: a NaN
of fp16 or masked labels is printed as 0.
"""
IMITATION: Final = frozenset(("lerobot_text", "openpi_text", "openvla_text"))
"""Trainers of robot policies by imitation: the actions are normalised before the loss."""
