"""What the stores of experiment trackers have in common: values with media among them, parameters
kept as text, metrics logged one by one.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from lossreport import regex as re
from lossreport.model.run import Axis, FactValue, Statistic, frozen_floats, frozen_ints
from lossreport.reading.kit.names import METRIC_LIKE, plain_facts, split_name
from lossreport.reading.kit.rows import BOOKKEEPING, INSTANT, NOT_FINITE, is_axis, number
from lossreport.reading.kit.untrusted import literal_of
from lossreport.reading.parser import (
    SUMMARY,
    ColumnChunk,
    ColumnKey,
    RawFact,
    RawSegment,
    Record,
    RowsRead,
)

LITERAL_LENGTH: Final = 8000
"""MLflow keeps at most so many characters of a parameter; what is longer was cut."""
STEPS: Final = ("step", "_step")
LONG_TAGS: Final = ("mlflow.log-model.history", "mlflow.note.content")
"""Tags that are documents and no settings."""


def numbers(key: str, value: Any) -> Iterator[tuple[str, float]]:
    """Yield the plain numbers of a logged value by name; images, tables and histograms are
    dictionaries with a `_type` and give none.
    """
    if isinstance(value, Mapping):
        if "_type" not in value:
            for name, inner in value.items():
                yield from numbers(f"{key}.{name}", inner)
    elif isinstance(value, int | float) and (held := number(value)) is not None:
        yield key, held
    elif isinstance(value, str) and value.lower() in NOT_FINITE:
        yield key, NOT_FINITE[value.lower()]


def parameter_facts(name: str, text: str, line: int) -> Iterator[RawFact]:
    """Yield a parameter that the tracker keeps as the text of a Python value."""
    for full, value in plain_facts({name: _literal(text)}):
        yield RawFact(full, value, line)


def tag_fact(name: str, text: str, line: int) -> Iterator[RawFact]:
    """Yield a tag as a fact, unless it is a document; people and machines in it are taken out
    later, as in all facts.
    """
    if name not in LONG_TAGS:
        yield RawFact(f"tag/{name}", text, line)


def summary_facts(summary: Mapping[str, Any], lines: Sequence[str]) -> Iterator[Record]:
    """Yield the last values of a run as facts `summary/<name>`: those called like a metric, and the
    last step.

    Dots become slashes, so that a last learning rate is never taken for the setting `lr`.
    """
    place = 0
    for name, value in (pair for key, inner in summary.items() for pair in numbers(key, inner)):
        leaf = name.rsplit(".", 1)[-1]
        place = next(
            (
                i
                for i in range(place, len(lines))
                if f'"{leaf}"' in lines[i] or f'"{name}"' in lines[i]
            ),
            place,
        )
        if METRIC_LIKE.search(name) or leaf in STEPS:
            yield RawFact(
                f"{SUMMARY}{name.replace('.', '/')}",
                int(value) if leaf in STEPS and value.is_integer() else value,
                place + 1,
            )
    yield RowsRead(0, len(lines))


def unwrapped(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a configuration that wraps each of them: `lr: {desc: null, value:
    0.1}`.
    """
    return {
        name: inner["value"]
        for name, inner in config.items()
        if isinstance(inner, Mapping) and "value" in inner
    }


def line_of(name: str, lines: Sequence[str]) -> int:
    """Return the line of a dotted name in YAML or JSON: of its outermost part, then of the
    innermost below it.
    """
    parts = name.split(".")
    first = _find(parts[0], lines, 0)
    return (_find(parts[-1], lines, first) if len(parts) > 1 else first) + 1


def _find(part: str, lines: Sequence[str], start: int) -> int:
    pattern = re.compile(rf"""^\s*["']?{re.escape(part)}["']?\s*:""")
    return next((i for i in range(start, len(lines)) if pattern.match(lines[i])), start)


def _literal(text: str) -> FactValue:
    if len(text) >= LITERAL_LENGTH:
        return text
    try:
        value: FactValue = literal_of(text)
    except ValueError:
        return text
    return value


def stamp(seconds: float) -> str | None:
    """Return a time since 1970 as UTC; None where it is no time."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return None


class Points:
    """Metrics of one run that were logged one value at a time, each with its step."""

    def __init__(self, split: str = "train") -> None:
        """`split` is that of metrics whose name tells none."""
        self._split = split
        self._columns: dict[str, tuple[array[float], array[float], array[int], array[float]]] = {}
        self._restarted = 0
        self.count = 0

    def add(
        self, name: str, step: float, value: float, line: int, epoch: float = math.nan
    ) -> Iterator[RawSegment]:
        """Append a value, with the epoch where one is logged beside the step. Yields a restart
        where the steps of a metric go back, once for all metrics that go back together.
        """
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = (array("d"), array("d"), array("q"), array("d"))
        elif (
            step < column[0][-1]
            and column[2][-1] > self._restarted
            and self._key(name, Axis.STEP).split == "train"
        ):
            self._restarted = line
            yield RawSegment(line, "restart")
        column[0].append(step)
        column[1].append(value)
        column[2].append(line)
        column[3].append(epoch)
        self.count += 1

    def chunks(self) -> Iterator[ColumnChunk]:
        """Yield a chunk a metric. Where all values of one were logged at the same step, the program
        gave none: x is their number.
        """
        for name, (x, y, line, epoch) in self._columns.items():
            steps = np.array(x)
            unstepped = bool(np.all(steps == steps[0])) and (len(steps) > 1 or steps[0] == 0)
            key = self._key(name, Axis.ROW if unstepped else Axis.STEP)
            if is_axis(key.name) or BOOKKEEPING.fullmatch(key.name):
                continue
            places = np.arange(len(steps), dtype=float) if unstepped else steps
            yield ColumnChunk(
                key,
                frozen_floats(places),
                frozen_floats(y),
                frozen_ints(line),
                frozen_floats(epoch),
            )

    def _key(self, name: str, axis: Axis) -> ColumnKey:
        split, short = split_name(name, self._split)
        known = split != "train" or INSTANT.fullmatch(short) is not None
        return ColumnKey(short, split, axis, Statistic.VALUE if known else Statistic.UNKNOWN)
