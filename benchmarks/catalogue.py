"""What every kind of loss says of a value above, at and far below its reference value: `python
benchmarks/catalogue.py [ID...]`.

A table to be read line by line for truth. Where a kind has neither chance level nor conditional
level, 10, 1 and 0.1 are shown.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

from lossreport.knowledge.loss_type import Known, LossType, loss_types

FACTS: Final[Mapping[str, Any]] = {
    "vocab_size": 50304,
    "num_classes": 10,
    "label_smoothing": 0.1,
    "focal_alpha": 0.25,
    "focal_gamma": 2.0,
    "batch_size": 128,
    "world_size": 8,
    "num_experts": 8,
    "num_experts_per_tok": 2,
    "loss_type": "sigmoid",
    "prediction_type": "epsilon",
    "reg_max": 16,
    "num_actions": 6,
    "clip_grad": 1.0,
    "action_dim": 7,
}
NAMES: Final = {
    "cross_entropy": "closs",
    "dfl": "dfl_loss",
    "box": "box_loss",
    "bits_per_byte": "bpb",
    "accuracy": "acc",
}
METRICS: Final = frozenset(("box_loss", "dfl_loss"))
ABOVE, BELOW = 1.5, 0.2
"""Multiples of the reference value that stand for above and far below it."""


def known_of(unit: LossType, *, with_facts: bool) -> Known:
    """Return what a kind may ask of a run that has all facts, or none."""
    name = NAMES.get(unit.id, unit.id)
    own = {
        f"range.{name}": (-1.0, 1.0),
        f"margin.{name}": 0.2,
        f"beta.{name}": 0.1,
        f"target_var.{name}": 4.0,
        f"dims.{name}": 3072,
    }
    metrics = METRICS if unit.id in ("box", "cls", "dfl") else frozenset((name,))
    return Known(name=name, facts={**FACTS, **own} if with_facts else {}, metrics=metrics)


def reference_of(unit: LossType, known: Known) -> float | None:
    """Return the chance level of a kind, else its first conditional level above 0, else None."""
    chance = unit.chance(known)
    levels = [chance.value] if chance is not None else [level.value for level in unit.levels(known)]
    return next((level for level in levels if level > 0), None)


def values_of(unit: LossType, known: Known) -> dict[str, float]:
    """Return a value above, at and far below the reference value of a kind."""
    level = reference_of(unit, known)
    return (
        {"10": 10.0, "1": 1.0, "0.1": 0.1}
        if level is None
        else {"above": ABOVE * level, "at": level, "far below": BELOW * level}
    )


def lines(unit: LossType) -> list[str]:
    """Return the rows of the table about one kind."""
    rows = [f"| {unit.id} | why | | {unit.why.zh} | {unit.why.en} |"]
    for with_facts in (True, False):
        known = known_of(unit, with_facts=with_facts)
        floor = unit.floor(known)
        for place, value in values_of(unit, known).items():
            said = unit.notes(known, value)
            texts = (
                " ".join(note.plain("zh") for note in said),
                " ".join(note.plain("en") for note in said),
            )
            facts = "" if with_facts else ", no facts"
            rows.append(
                f"| {unit.id} | {place}{facts} | "
                f"{value:.4g}{f' (floor {floor.value:.4g})' if floor else ''} | {texts[0]} | "
                f"{texts[1]} |"
            )
    return rows


def main(ids: list[str]) -> None:
    """Print the table."""
    print("| kind | where | value | 中文 | English |\n|---|---|---|---|---|")
    for unit in loss_types():
        if not ids or unit.id in ids:
            print("\n".join(lines(unit)))


if __name__ == "__main__":
    main(sys.argv[1:])
