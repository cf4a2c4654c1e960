"""Leaves out the curves of a console log that the logger's own files hold: what a program prints beside its metrics file is told once.

The files of a logger know the split, the step and all digits; the console gives events, the plan, how it ended, and what the files lack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport.model.run import Axis, Floats, Skipped
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.reading import Column, Reading
from lossreport.text import Text

CONSOLE: Final = re.compile(r"generic_(?:text|dict)|.*_(?:text|stdout)|rl_table|hf_results")
"""Parsers of what programs print, and of the files in which a trainer repeats its last row."""
LAST_ROW: Final = "hf_results"
ECHOED: Final = 0.8
"""A curve is an echo where this share of its values stands in a file of the same run: the console may go on a little longer."""
MIN_VALUES: Final = 3
"""Fewer different values are equal by chance."""
HALF_DIGIT: Final = 0.51
"""A printed value is at most half of its last digit from the value behind it."""
MOST_DIGITS: Final = 9

ECHO = Text(
    zh="其中 {count} 条曲线只是重复打印 {other} 里的数值，只算一次",
    en="{count} of its curves print again what {other} holds: they count once",
)


def without_echoes(parts: Sequence[Reading]) -> tuple[list[Reading], list[Skipped]]:
    """Return the readings of one run without console curves that a file of a logger holds, and what was left out."""
    files = [part for part in parts if not CONSOLE.fullmatch(part.parser.id)]
    kept, skipped = [], []
    for part in parts:
        echoes = dict(_echoes(part, files)) if CONSOLE.fullmatch(part.parser.id) else {}
        left = {key: column for key, column in part.columns.items() if key not in echoes}
        kept.append(replace(part, columns=left) if echoes else part)
        for path in dict.fromkeys(other.path for other in echoes.values()):
            count = sum(other.path == path for other in echoes.values())
            skipped.append(Skipped(path=part.path, reason=ECHO(count=count, other=path), code="copy"))
    return kept, skipped


def _echoes(part: Reading, files: Sequence[Reading]) -> Iterator[tuple[ColumnKey, Reading]]:
    for key, column in part.columns.items():
        least = 1 if part.parser.id == LAST_ROW else MIN_VALUES
        other = next((file for file in files if _is_echo(key, column, file, least)), None)
        if other is not None:
            yield key, other


def _is_echo(key: ColumnKey, column: Column, file: Reading, least: int) -> bool:
    """Return whether nearly all values of a curve stand among those of the file's metrics of that name, to the digits that are printed."""
    if len(np.unique(column.y)) < least:
        return False
    named = [its for it, its in file.columns.items() if _means(it, key) and _may_hold(it, key)]
    if not named:
        return False
    held = np.unique(np.concatenate([its.y for its in named]))
    return float(np.mean(_stand_in(column.y, held[np.isfinite(held)]))) >= ECHOED


def _means(it: ColumnKey, key: ColumnKey) -> bool:
    """Return whether a name of the file is that of the console, or that with somebody's mark behind it: loss and loss_c99f."""
    mine, its = (name.rsplit("/", 1)[-1].lower() for name in (key.name, it.name))
    return its == mine or its.startswith(f"{mine}_")


def _may_hold(it: ColumnKey, key: ColumnKey) -> bool:
    """Return whether the file may tell the same: in the same split, or in one that the console does not print."""
    same_axis = it.axis is key.axis and key.axis is not Axis.ROW
    return (it.split == key.split or key.split == "train") and not same_axis


def _stand_in(values: Floats, held: Floats) -> Floats:
    if not len(held):
        return np.zeros(len(values))
    error = HALF_DIGIT * np.array([_last_digit(value) for value in values.tolist()])
    at = np.clip(np.searchsorted(held, values), 1, len(held) - 1) if len(held) > 1 else np.zeros(len(values), dtype=np.int64)
    nearest = np.minimum(np.abs(held[at] - values), np.abs(held[np.maximum(at - 1, 0)] - values))
    return np.asarray(nearest <= np.maximum(error, 1e-6 * np.abs(values)), dtype=np.float64)


def _last_digit(value: float) -> float:
    """Return the step of the last printed decimal of a value: 0.01 for 1.25."""
    shown = f"{value:.{MOST_DIGITS}g}".lower()
    digits, _, exponent = shown.partition("e")
    decimals = len(digits.partition(".")[2])
    return float(10.0 ** (int(exponent or 0) - decimals))
