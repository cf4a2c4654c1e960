"""A history as one JSON object: `{"loss": [...], "val_loss": [...]}` of Keras, or of a hand-written loop, and Megatron's golden values.

Keras' `History.history` holds the mean of every epoch; epochs are counted from 0 in the order of the list. Evaluation results of XGBoost and
LightGBM (`{"train": {"logloss": [...]}}`) have the same form; their lists hold the value after every round.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport.errors import LogError
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import HEAD_BYTES, LogFile
from lossreport.reading.kit.names import METRIC_LIKE, split_name
from lossreport.reading.kit.rows import number
from lossreport.reading.parser import ColumnKey, Columns, Parser, Record, RowsRead, Score
from lossreport.text import Text

LIST_OF_NUMBERS: Final = re.compile(r'"([^"\\]{1,80})"\s*:\s*\[\s*(?:-?\d|NaN|-?Infinity|null)')
STEPS_TO_VALUES: Final = re.compile(r'"([^"\\]{1,80})"\s*:\s*\{\s*"start_step"\s*:\s*\d+|"([^"\\]{1,80})"\s*:\s*\{\s*"\d+"\s*:\s*-?\d')
BOOSTING: Final = re.compile(
    r"(?:training|train|learn|(?:valid(?:ation)?|val|eval|test)(?:_?\d+)?)/(?:(?:binary_|multi_|m)?logloss|rmsle|merror|(?:multi|binary)_error|aucpr|l[12])"
)
"""A set and one of the metrics that XGBoost and LightGBM name so: the lists count rounds, not epochs."""
LIGHTGBM: Final = re.compile(r"(?:training|valid_\d+)/.*")
"""Sets as LightGBM names them; its rounds count from 1."""
WRAPPERS: Final = ("history", "params", "metrics", "results", "logs")

NOT_LOGGED: Final = "nan"
"""Megatron fills golden values up to the planned end with this text; a value that is not finite stands there as bare NaN."""


def sniff(log: LogFile) -> Score:
    """Claim one JSON object that maps names of metrics to lists of numbers, or to values by step."""
    head = log.head.decode("utf-8", errors="replace").lstrip()
    if not head.startswith("{") or '"log_history"' in head:
        return Score(0.0, "not one JSON object of lists")
    lists = [name for name in LIST_OF_NUMBERS.findall(head) if METRIC_LIKE.search(name)]
    stepped = [a or b for a, b in STEPS_TO_VALUES.findall(head) if METRIC_LIKE.search(a or b)]
    found = lists or stepped
    if not found or (len(log.head) < HEAD_BYTES and _document(log) is None):
        return Score(0.0, "no list of numbers that is called like a metric")
    return Score(0.85 if len(found) > 1 else 0.7, f"one JSON object with the curves {', '.join(found[:5])}")


def read(log: LogFile) -> Iterator[Record]:
    """Yield every list as a curve; raises LogError where the file is no whole JSON object."""
    document = _document(log)
    if document is None:
        raise LogError(f"Couldn't read {log.shown!r}: not one whole JSON object", hint="Mend the file, or leave it out with --ignore.")
    lines = log.text().split("\n")
    columns, rows = Columns(), 0
    for name, x, y, axis in curves(document):
        split, short = split_name(name)
        leaf = name.rsplit("/", 1)[-1]
        line = next((i for i, text in enumerate(lines, 1) if f'"{leaf}"' in text), 1)
        own = lines[line - 1].rstrip().endswith(("[", "{"))  # every value on a line of its own
        key = ColumnKey(short, split, axis, Statistic.EPOCH_MEAN if axis is Axis.EPOCH else Statistic.VALUE)
        for i, (at, value) in enumerate(zip(x, y, strict=True), 1):
            columns.add(key, at, value, min(line + i, len(lines)) if own else line)
        rows = max(rows, len(x))
    yield from columns.chunks()
    yield RowsRead(rows, len(lines))


def curves(document: Mapping[str, Any]) -> Iterator[tuple[str, list[float], list[float], Axis]]:
    """Yield (name, x, y, axis) for every list of at least one number, and for every mapping of steps to numbers."""
    leaves = list(_leaves(document))
    counts = Axis.ITERATION if any(BOOSTING.fullmatch(name) for name, _ in leaves) else Axis.EPOCH
    first = 1.0 if counts is Axis.ITERATION and any(LIGHTGBM.fullmatch(name) for name, _ in leaves) else 0.0
    for name, value in leaves:
        if isinstance(value, list):
            y = [float("nan") if item is None else number(item) for item in value]
            if y and all(item is not None for item in y):
                yield name, [first + i for i in range(len(y))], [item for item in y if item is not None], counts
        elif isinstance(value, dict):
            pairs = [(number(step), number(item)) for step, item in value.items()]
            kept = [(a, b) for a, b in pairs if a is not None and b is not None]
            if kept:
                yield name, [a for a, _ in kept], [b for _, b in kept], Axis.STEP


def _leaves(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict) and isinstance(value.get("values"), dict):
            yield prefix + name, {step: item for step, item in value["values"].items() if item != NOT_LOGGED or "start_step" not in value}
        elif isinstance(value, dict) and value and all(str(key).lstrip("-").isdigit() for key in value):
            yield prefix + name, value
        elif isinstance(value, dict):
            yield from _leaves(value, prefix if name in WRAPPERS else f"{prefix}{name}/")
        else:
            yield prefix + name, value


def _document(log: LogFile) -> dict[str, Any] | None:
    try:
        value = json.loads(log.text())
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


PARSER = Parser(
    id="keras_history",
    title=Text(
        zh="一个 JSON 对象里的训练历史（Keras History、Megatron golden values）",
        en="a history as one JSON object (Keras History, Megatron golden values)",
    ),
    sniff=sniff,
    read=read,
)
