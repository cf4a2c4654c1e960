"""A sample run for `lossreport demo`: 400 rows of a language model that spikes once and over-fits
in the end, the same on every machine.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lossreport.errors import OutputError
from lossreport.writing import write_file

LOG: Final = "train.log"
STEPS, EVERY, VALIDATED = 4000, 10, 200
SPIKE: Final = 1730
"""Where one batch throws the loss and the gradient up; it takes some fifty steps to come back."""
TURN: Final = 2600
"""Where the validation loss is lowest: from there on the model learns the training data by
heart.
"""
WARM_UP: Final = 200
PEAK: Final = 0.0006
README: Final = """This folder was written by `lossreport demo`. train.log is the log of no real run: a small language model (vocabulary of 512)
whose loss spikes at step {spike} and whose validation turns at step {turn}. lossreport.html is what `lossreport build` makes of it.
"""  # noqa: E501
SETTINGS: Final = 'vocab_size = 512\n\n[type]\nloss = "cross_entropy"\n'


def write_sample(folder: Path) -> None:
    """Write the log, the settings and a word about both into a folder, which is made where it is
    missing; raises OutputError.

    A folder that holds anything else is left as it is: its files would be replaced, or mixed with
    those of the sample.
    """
    said = README.format(spike=SPIKE, turn=TURN)
    if not _is_ours(folder, said):
        raise OutputError(
            f"Couldn't write the sample into {str(folder)!r}: it holds files already",
            hint="Name a new or an empty folder.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Couldn't make {str(folder)!r}: {error.strerror}", hint="Name another folder."
        ) from error
    write_file(folder / LOG, "".join(f"{line}\n" for line in lines()))
    write_file(folder / "lossreport.toml", SETTINGS)
    write_file(folder / "README.md", said)


def _is_ours(folder: Path, said: str) -> bool:
    """Return whether a folder is missing, empty, or one that this sample was written into
    before.
    """
    readme = folder / "README.md"
    if readme.is_file():
        return readme.read_text(encoding="utf-8", errors="replace") == said
    return not folder.is_dir() or not any(folder.iterdir())


def lines() -> Iterator[str]:
    """Yield the lines of the log."""
    chance = random.Random(1)
    for step in range(EVERY, STEPS + 1, EVERY):
        loss, norm = _loss(step), 0.9 + 0.2 * chance.random()
        if SPIKE <= step < SPIKE + 50:
            fading = math.exp(-(step - SPIKE) / 20)
            loss, norm = loss + 3.1 * fading, norm + 24 * fading
        loss += 0.06 * (chance.random() - 0.5)
        yield f"step {step} | loss {loss:.4f} | lr {_rate(step):.3e} | grad_norm {norm:.3f}"
        if step % VALIDATED == 0:
            yield f"step {step} | val_loss {_validation(step) + 0.01 * (chance.random() - 0.5):.4f}"
    yield f"training finished after {STEPS} steps"


def _loss(step: int) -> float:
    return 1.35 + (math.log(512) - 1.35) * math.exp(-step / 900)


def _validation(step: int) -> float:
    return (
        _loss(step)
        + 0.12
        + 0.5 * math.pow(max(0, step - TURN) / 1000, 1.5)
        + 0.25 * math.exp(-step / 1500)
    )


def _rate(step: int) -> float:
    return PEAK * (
        step / WARM_UP
        if step < WARM_UP
        else 0.5 * (1 + math.cos(math.pi * (step - WARM_UP) / (STEPS - WARM_UP)))
    )
