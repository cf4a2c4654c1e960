"""Drops curves that carry a wrong name: event files of YOLO forks whose tags are shifted against
the columns of `results.txt`.

A fork that adds a loss (key points) writes the same tuple of values to both files, but keeps the
old tuple of tags: `precision` then holds a loss and `val/box_loss` an mAP. Where the values say so,
the text file counts, and the report says that the two disagree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from lossreport.model.run import Floats, Skipped
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.reading import Reading
from lossreport.text import Text

RESULTS: Final = "yolov5_results_txt"
EVENTS: Final = "tfevents"
LEAST: Final = 3
"""So many tags that hold another column's values are no chance; and so many different values make a
curve.
"""
ERROR: Final = 1e-3
"""`results.txt` prints four significant digits: half of the last one is at most 5e-4 of the
value.
"""
SHIFTED = Text(
    zh="标签与 {other} 的列对不上：例如 `{tag}` 里其实是 `{column}` 的数值；名称以 {other} 为准",
    en="its tags disagree with the columns of {other}: `{tag}`, say, holds the values of "
    "`{column}`; the names of {other} count",
)


def without_misnamed(parts: Sequence[Reading]) -> tuple[list[Reading], list[Skipped]]:
    """Return the readings of one run without event curves that are called after other columns of
    its `results.txt`, and what was left out.
    """
    tables = [part for part in parts if part.parser.id == RESULTS]
    kept, skipped = [], []
    for part in parts:
        found = (
            [(table, dict(_shifted(part, table))) for table in tables]
            if part.parser.id == EVENTS
            else []
        )
        table, wrong = max(found, key=lambda one: len(one[1]), default=(part, {}))
        if len(wrong) < LEAST:
            kept.append(part)
            continue
        tag, column = next(iter(wrong.items()))
        names = {
            key: column
            for key in part.columns
            if key.split != "" and (key in wrong or _is_held(part, key, table))
        }
        kept.append(part.without(list(names)))
        reason = SHIFTED(other=table.path, tag=_name(tag), column=_name(column))
        skipped.append(Skipped(path=part.path, reason=reason, code="copy"))
    return kept, skipped


def _shifted(part: Reading, table: Reading) -> Iterator[tuple[ColumnKey, ColumnKey]]:
    """Yield the curves of an event file with the column that they hold, where it is called
    otherwise and the one of their name differs.
    """
    for key, column in part.columns.items():
        same = [it for it in table.columns if _name(it) == _name(key)]
        if len(np.unique(column.y)) < LEAST or any(
            _are_equal(column.y, table.columns[it].y) for it in same
        ):
            continue
        other = next(
            (
                it
                for it, its in table.columns.items()
                if it not in same and _are_equal(column.y, its.y)
            ),
            None,
        )
        if other is not None:
            yield key, other


def _is_held(part: Reading, key: ColumnKey, table: Reading) -> bool:
    """Return whether a curve is any column of the table, or one that the table calls by its name
    with other values.
    """
    y = part.columns[key].y
    return any(_name(it) == _name(key) or _are_equal(y, its.y) for it, its in table.columns.items())


def _are_equal(a: Floats, b: Floats) -> bool:
    return len(a) == len(b) and bool(np.allclose(a, b, rtol=ERROR, atol=1e-9, equal_nan=True))


def _name(key: ColumnKey) -> str:
    return f"{key.split}/{key.name.rsplit('/', 1)[-1]}"
