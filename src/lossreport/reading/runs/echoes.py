"""Leaves out the curves of a console log that the logger's own files hold: what a program prints
beside its metrics file is told once.

The files of a logger know the split, the step and all digits; the console gives events, the plan,
how it ended, and what the files lack.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.model.run import Axis, Floats, Ints, Skipped, Statistic
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.reading import Column, Reading
from lossreport.text import Text

CONSOLE: Final = re.compile(r"generic_(?:text|dict)|.*_(?:text|stdout)|rl_table|hf_results")
"""Parsers of what programs print, and of the files in which a trainer repeats its last row."""
ROUNDED: Final = {"rl_table", "sb3_evaluations"}
"""The table of an evaluation prints three digits of what the same callback keeps whole."""
LAST_ROW: Final = "hf_results"
ECHOED: Final = 0.8
"""A curve is an echo where this share of its values stands in a file of the same run: the console
may go on a little longer.
"""
MIN_VALUES: Final = 3
"""Fewer different values are equal by chance."""
HALF_DIGIT: Final = 0.51
"""A printed value is at most half of its last digit from the value behind it."""
MOST_DIGITS: Final = 9

ECHO = Text(
    zh="其中 {count} 条曲线只是重复打印 {other} 里的数值，只算一次",
    en="{count} of its curves print again what {other} holds: they count once",
)


def without_restatements(parts: Sequence[Reading]) -> tuple[list[Reading], list[Skipped]]:
    """Return the readings of one run without curves that another file tells place by place, to the
    digits that are printed.

    Of two such curves the one with fewer rows is the echo, else that of a console, else the one
    with fewer digits, else that of the later file. Curves that differ at a single place stay, to be
    held against each other.
    """
    gone: dict[tuple[int, ColumnKey], Reading] = {}
    for at, part in enumerate(parts):
        for other in parts[at + 1 :]:
            for key, twin in _restated(part, other):
                said = (
                    (part, key, other)
                    if _rank(part, key) > _rank(other, twin)
                    else (other, twin, part)
                )
                if (id(said[2]), twin if said[2] is other else key) not in gone:
                    gone.setdefault((id(said[0]), said[1]), said[2])
    kept, skipped = [], []
    for part in parts:
        kept.append(part.without([key for key in part.columns if (id(part), key) in gone]))
        others = [other for (owner, _), other in gone.items() if owner == id(part)]
        for path in dict.fromkeys(other.path for other in others):
            skipped.append(
                Skipped(
                    path=part.path,
                    reason=ECHO(count=sum(one.path == path for one in others), other=path),
                    code="copy",
                )
            )
    return kept, skipped


def _restated(part: Reading, other: Reading) -> Iterator[tuple[ColumnKey, ColumnKey]]:
    """Yield the curves that both files tell with the same values at the same places."""
    if part.log is other.log or part.log.path == other.log.path:
        return
    named: dict[tuple[object, ...], list[ColumnKey]] = {}
    for it in other.columns:
        named.setdefault(_meant(it), []).append(it)
    for key, column in part.columns.items():
        rounds = {part.parser.id, other.parser.id} == ROUNDED
        same = (
            it
            for it in named.get(_meant(key), ())
            if key.axis is not Axis.ROW and (rounds or _is_unsure(key, it))
        )
        twin = next((it for it in same if _are_equal(column, other.columns[it], key.axis)), None)
        if twin is not None:
            yield key, twin


def _meant(key: ColumnKey) -> tuple[object, ...]:
    """Return what a key means, whatever a value of it is a mean of."""
    return key.name.rsplit("/", 1)[-1].lower(), key.split, key.axis, key.entity, key.run


def _is_unsure(a: ColumnKey, b: ColumnKey) -> bool:
    """Return whether a parser does not know what one of two values is a mean of: two that are known
    are two records that agree.
    """
    return Statistic.UNKNOWN in (a.statistic, b.statistic)


def _are_equal(a: Column, b: Column, axis: Axis) -> bool:
    """Return whether the shorter of two columns tells what the longer does at the same places, as
    far as digits are printed.

    Epochs may be counted from 0 or from 1, a score may be printed in percent.
    """
    if len(a.x) > len(b.x):
        a, b = b, a
    at = _places(a, b, axis)
    if at is None:
        return False
    y = b.y[at]
    if max(len(np.unique(a.y)), len(np.unique(y))) < MIN_VALUES:
        # 116, 115, 116 of a table tell 115.8, 115.3, 116.3 of the file again
        return False
    return any(
        _are_close(a.y * mine, y * its)
        for mine, its in ((1.0, 1.0), (PERCENT, 1.0), (1.0, PERCENT))
    )


def _places(a: Column, b: Column, axis: Axis) -> Ints | None:
    """Return the rows of the longer column at the places of the shorter one; None where one of its
    places is none of the other's.
    """
    if len(a.x) == len(b.x):
        shift = np.unique(np.round(a.x - b.x, 6))
        same = len(shift) == 1 and (shift[0] == 0 or (axis is Axis.EPOCH and abs(shift[0]) == 1))
        return np.arange(len(a.x)) if same else None
    if len(np.unique(a.x)) < len(a.x) or len(np.unique(b.x)) < len(b.x):
        return None
    common, mine, its = np.intersect1d(a.x, b.x, return_indices=True)
    return np.asarray(its[np.argsort(mine)], dtype=np.int64) if len(common) == len(a.x) else None


def _are_close(a: Floats, b: Floats) -> bool:
    step = np.maximum(_steps(a), _steps(b))
    close = np.abs(a - b) <= np.maximum(HALF_DIGIT * step, 1e-6 * np.abs(a))
    return bool(np.all(close | (np.isnan(a) & np.isnan(b))))


PERCENT: Final = 100.0


def _rank(part: Reading, key: ColumnKey) -> tuple[int, bool, float]:
    """Return how much less a file says of a curve: few rows less than many, a console less than a
    file, few digits less than many.
    """
    column = part.columns[key]
    return (
        -len(column.x),
        CONSOLE.fullmatch(part.parser.id) is not None,
        float(np.nanmedian(_steps(column.y))),
    )


def _steps(values: Floats) -> Floats:
    """Return the step of the last printed decimal of a whole column: that of its most precise
    value, for a zero at the end is not printed.
    """
    finite = values[np.isfinite(values)].tolist()
    return np.full(len(values), min((_last_digit(value) for value in finite), default=0.0))


def without_marked(parts: Sequence[Reading]) -> tuple[list[Reading], list[Skipped]]:
    """Return the readings of one run without curves of a file that only their names tell apart,
    where a console names their owner.

    `loss_c99f` on the steps of a logger is the loss that a server prints round by round below
    `Client c99f:`, and so are the scores beside it.
    """
    consoles = [part for part in parts if CONSOLE.fullmatch(part.parser.id)]
    kept, skipped = [], []
    for part in parts:
        marked = (
            {}
            if part in consoles
            else {key: console for console in consoles for key in _marked(part, console)}
        )
        kept.append(part.without(list(marked)))
        for path in dict.fromkeys(console.path for console in marked.values()):
            count = sum(console.path == path for console in marked.values())
            skipped.append(
                Skipped(path=part.path, reason=ECHO(count=count, other=path), code="copy")
            )
    return kept, skipped


def _marked(file: Reading, console: Reading) -> list[ColumnKey]:
    """Return the curves of a file that a console tells with their owner, and where it does, those
    of the whole that it tells as well.
    """
    owned = {
        f"{key.name}_{key.entity.value}".lower(): column
        for key, column in console.columns.items()
        if key.entity is not None
    }
    whole = {
        key.name.lower(): column
        for key, column in console.columns.items()
        if key.entity is None and key.axis is not Axis.ROW
    }
    marked = [
        key for key, column in file.columns.items() if _is_told(column, owned.get(key.name.lower()))
    ]
    if not any(len(file.columns[key].x) >= MIN_VALUES for key in marked):
        return []
    return marked + [
        key
        for key, column in file.columns.items()
        if key not in marked and _is_told(column, whole.get(key.name.lower()))
    ]


def _is_told(column: Column, other: Column | None) -> bool:
    """Return whether another column has all rows of one and more, by their values."""
    if other is None or len(other.x) < len(column.x):
        return False
    held = np.unique(other.y[np.isfinite(other.y)])
    return float(np.mean(_stand_in(column.y, held))) >= ECHOED


def without_echoes(parts: Sequence[Reading]) -> tuple[list[Reading], list[Skipped]]:
    """Return the readings of one run without console curves that a file of a logger holds, and what
    was left out.
    """
    files = [part for part in parts if not CONSOLE.fullmatch(part.parser.id)]
    kept, skipped = [], []
    for part in parts:
        echoes = dict(_echoes(part, files)) if CONSOLE.fullmatch(part.parser.id) else {}
        kept.append(part.without(list(echoes)))
        for path in dict.fromkeys(other.path for other in echoes.values()):
            count = sum(other.path == path for other in echoes.values())
            skipped.append(
                Skipped(path=part.path, reason=ECHO(count=count, other=path), code="copy")
            )
    return kept, skipped


def _echoes(part: Reading, files: Sequence[Reading]) -> Iterator[tuple[ColumnKey, Reading]]:
    for key, column in part.columns.items():
        least = 1 if part.parser.id == LAST_ROW else MIN_VALUES
        other = next((file for file in files if _is_echo(key, column, file, least)), None)
        if other is not None:
            yield key, other


def _is_echo(key: ColumnKey, column: Column, file: Reading, least: int) -> bool:
    """Return whether nearly all values of a curve stand among those of the file's metrics of that
    name, to the digits that are printed.
    """
    if len(np.unique(column.y)) < least:
        return False
    named = [its for it, its in file.columns.items() if _means(it, key) and _may_hold(it, key)]
    if not named:
        return False
    held = np.unique(np.concatenate([its.y for its in named]))
    return float(np.mean(_stand_in(column.y, held[np.isfinite(held)]))) >= ECHOED


def _means(it: ColumnKey, key: ColumnKey) -> bool:
    """Return whether a name of the file is that of the console, or that with somebody's mark behind
    it: loss and loss_c99f.
    """
    mine, its = (name.rsplit("/", 1)[-1].lower() for name in (key.name, it.name))
    return its == mine or its.startswith(f"{mine}_")


def _may_hold(it: ColumnKey, key: ColumnKey) -> bool:
    """Return whether the file may tell the same: in the same split, or in one that the console does
    not print.
    """
    same_axis = it.axis is key.axis and key.axis is not Axis.ROW
    return (it.split == key.split or key.split == "train") and not same_axis


def _stand_in(values: Floats, held: Floats) -> Floats:
    if not len(held):
        return np.zeros(len(values))
    error = HALF_DIGIT * np.array([_last_digit(value) for value in values.tolist()])
    at = (
        np.clip(np.searchsorted(held, values), 1, len(held) - 1)
        if len(held) > 1
        else np.zeros(len(values), dtype=np.int64)
    )
    nearest = np.minimum(np.abs(held[at] - values), np.abs(held[np.maximum(at - 1, 0)] - values))
    return np.asarray(nearest <= np.maximum(error, 1e-6 * np.abs(values)), dtype=np.float64)


def _last_digit(value: float) -> float:
    """Return the step of the last printed decimal of a value: 0.01 for 1.25."""
    shown = f"{value:.{MOST_DIGITS}g}".lower()
    digits, _, exponent = shown.partition("e")
    decimals = len(digits.partition(".")[2])
    return float(10.0 ** (int(exponent or 0) - decimals))
