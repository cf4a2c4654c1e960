"""Turns the text of a clean table into columns: short texts by hand, long ones by pandas, to the
bit the same.

Loading pandas takes as long as reading half a megabyte by hand; most logs are shorter.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Final

import numpy as np

from lossreport import regex as re

SHORT: Final = 1 << 19
"""Characters up to which a text is read by hand: so many take about as long as the import of
pandas.
"""
INTEGER: Final = re.compile(r"[+-]?+\d{1,18}+", re.ASCII)
NUMBER: Final = re.compile(r"[+-]?+(?:\d++(?:\.\d*+)?+|\.\d++)(?:[eE][+-]?+\d{1,3}+)?+", re.ASCII)
LARGE: Final = re.compile(r"[+-]?+(?:\d{19,}+|[\d.]++[eE][+-]?+\d{4,}+)", re.ASCII)
"""An integer or an exponent so large that pandas may take it for a word."""
UNSURE: Final = re.compile(r"[\r\t\f\v\"]")
"""With one of these, what is a cell or a blank is left to pandas to say."""
BOOLEANS: Final = frozenset(("true", "false", ""))


def columns_of(text: str, separator: str) -> dict[int, Any]:
    """Return the columns of lines of as many cells each: float64 where all cells are numbers or
    empty (NaN), else the cells as text.
    """
    return (_by_hand(text, separator) if len(text) <= SHORT else None) or _by_pandas(
        text, separator
    )


def _by_pandas(text: str, separator: str) -> dict[int, Any]:
    import pandas as pd

    frame = pd.read_csv(
        io.StringIO(text),
        sep=separator,
        header=None,
        skipinitialspace=" " in text,  # which takes half as long again
        low_memory=False,
        keep_default_na=False,
        na_values=[""],
    )
    columns: dict[int, Any] = {}
    for i in range(frame.shape[1]):
        column = frame[i]
        numeric = column.dtype.kind in "fiu"
        columns[i] = (
            column.to_numpy(dtype=np.float64)
            if numeric
            else [
                "" if isinstance(cell, float) and math.isnan(cell) else str(cell).strip()
                for cell in column
            ]
        )
    return columns


def _by_hand(text: str, separator: str) -> dict[int, Any] | None:
    """Return what pandas would, None where that is not certain."""
    if UNSURE.search(text.replace(separator, "")) is not None:
        return None
    rows = [line.split(separator) for line in text.split("\n")]
    columns = {
        i: _column([cell.strip(" ") for cell in cells])
        for i, cells in enumerate(zip_longest(*rows, fillvalue=""))
    }
    return columns if all(column is not None for column in columns.values()) else None


def _column(cells: Sequence[str]) -> Any:
    """Return a column as pandas does: of integers, of floats with NaN for what is empty, of words;
    None where that is not certain.
    """
    if all(map(INTEGER.fullmatch, cells)):
        return np.array([float(int(cell)) for cell in cells])
    if any(map(LARGE.fullmatch, cells)):
        return None
    numbers = [math.nan if cell == "" else number_of(cell) for cell in cells]
    if None not in numbers:
        return np.array(numbers, dtype=np.float64)
    return (
        None
        if all(cell.lower() in BOOLEANS for cell in cells)
        else [cell.strip() for cell in cells]
    )


def number_of(cell: str) -> float | None:
    """Return the number that a cell is, rounded once, as pandas does from version 3 on; None for a
    word.
    """
    return float(cell) if NUMBER.fullmatch(cell) else None
