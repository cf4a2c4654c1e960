"""A history as one JSON object: `{"loss": [...], "val_loss": [...]}` of Keras, or of a hand-written
loop, and Megatron's golden values.

Keras' `History.history` holds the mean of every epoch; epochs are counted from 0 in the order of
the list. Evaluation results of XGBoost and LightGBM (`{"train": {"logloss": [...]}}`) have the same
form; their lists hold the value after every round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from lossreport import regex as re
from lossreport.errors import LogError
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import HEAD_BYTES, LogFile
from lossreport.reading.kit.json_tree import WRONG_LENGTH, Curve, Records, Tree, tree_of
from lossreport.reading.kit.names import METRIC_LIKE, plain_facts
from lossreport.reading.kit.rows import RowWriter, flat, is_axis
from lossreport.reading.kit.untrusted import json_of
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    RawEvent,
    RawFact,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

LIST_OF_NUMBERS: Final = re.compile(r'"([^"\\]{1,80})"\s*:\s*\[\s*(?:-?\d|NaN|-?Infinity|null)')
STEPS_TO_VALUES: Final = re.compile(
    r'"([^"\\]{1,80})"\s*:\s*\{\s*"start_step"\s*:\s*\d+|"'
    r'([^"\\]{1,80})"\s*:\s*\{\s*"\d+"\s*:\s*-?\d'
)
BOOSTING: Final = re.compile(
    r"(?:training|train|learn|(?:valid(?:ation)?|val|eval|test)(?:_?\d+)?)/(?:(?:binary_|multi_|"
    r"m)?logloss|rmsle|merror|(?:multi|binary)_error|aucpr|l[12])"
)
"""A set and one of the metrics that XGBoost and LightGBM name so: the lists count rounds, not
epochs.
"""
LIGHTGBM: Final = re.compile(r"(?:training|valid_\d+)/.*")
"""Sets as LightGBM names them; its rounds count from 1."""
SURE, LIKELY = 0.9, 0.7
"""As sure as the readers of JSON lines that may take the one object for their first line, and
before them by name.
"""
NOT_LOGGED: Final = "nan"
"""Megatron fills golden values up to the planned end with this text; a value that is not finite
stands there as bare NaN.
"""


def sniff(log: LogFile) -> Score:
    """Claim one JSON object that maps names of metrics to lists of numbers or of records, or to
    values by step.
    """
    head = log.head.decode("utf-8", errors="replace").lstrip()
    if not head.startswith("{") or '"log_history"' in head:
        return Score(0.0, "not one JSON object of lists")
    if len(log.head) < HEAD_BYTES:
        return _score(_names(log))
    lists = [name for name in LIST_OF_NUMBERS.findall(head) if METRIC_LIKE.search(name)]
    return _score(
        lists or [a or b for a, b in STEPS_TO_VALUES.findall(head) if METRIC_LIKE.search(a or b)]
    )


def _names(log: LogFile) -> list[str]:
    """Return the curves of a small file that are called like metrics, those of one value left
    out.
    """
    document = _document(log)
    if document is None:
        return []
    tree = tree_of(_plain(document))
    curves = [
        curve.name for curve in tree.curves if len(curve.x) > 1 and METRIC_LIKE.search(curve.name)
    ]
    rows = [
        name
        for held in tree.records
        if any(is_axis(name) for name in held.rows[0])
        for name, _ in flat(held.rows[0])
    ]
    return curves + [name for name in rows if METRIC_LIKE.search(name)]


def _score(found: Sequence[str]) -> Score:
    if not found:
        return Score(0.0, "no list of numbers that is called like a metric")
    return Score(
        SURE if len(found) > 1 else LIKELY,
        f"one JSON object with the curves {', '.join(found[:5])}",
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield every list as a curve; raises LogError where the file is no whole JSON object."""
    document = _document(log)
    if document is None:
        raise LogError(
            f"Couldn't read {log.shown!r}: not one whole JSON object",
            hint="Mend the file, or leave it out with --ignore.",
        )
    lines = log.text().split("\n")
    tree = tree_of(_plain(document))
    columns, rows = Columns(), 0
    first, counts = _rounds(tree)
    for curve in tree.curves:
        axis = curve.axis if curve.stated or counts is None else counts
        statistic = Statistic.EPOCH_MEAN if axis is Axis.EPOCH else Statistic.VALUE
        key = ColumnKey(
            curve.name, curve.split, axis, statistic, entity=curve.entity, run=curve.run
        )
        for at, value, line in zip(curve.x, curve.y, _lines(lines, curve), strict=True):
            columns.add(key, at if curve.stated else at + first, value, line)
        rows = max(rows, len(curve.x))
    for held in tree.records:
        writer = RowWriter(columns=columns)
        yield from _records(held, writer, _lines_of_records(lines, held), _count_of(held, tree))
        rows = max(rows, writer.rows)
    yield from columns.chunks()
    yield from _configured(document, lines)  # before `total_epochs`, which says what was done
    yield from (
        RawFact(name, value, _line_of(lines, name))
        for name, value in document.items()
        if isinstance(value, bool | int | float | str)
    )
    if document.get("stopped_early") is True:
        yield RawEvent("early_stop", _line_of(lines, "stopped_early"), '"stopped_early": true')
    yield from (
        _left_out(_line_of(lines, name), name, count, usual) for name, count, usual in tree.left_out
    )
    yield RowsRead(rows, len(lines))


CONFIGURATION: Final = (
    "config",
    "args",
    "hparams",
    "hyperparameters",
    "hyperparams",
    "params",
    "settings",
    "training_config",
)


def _configured(document: Mapping[str, Any], lines: list[str]) -> Iterator[RawFact]:
    """Yield the settings that a program writes beside its curves, as one mapping."""
    for name in CONFIGURATION:
        held = document.get(name)
        if isinstance(held, dict):
            yield from (
                RawFact(leaf, value, _line_of(lines, leaf.rpartition(".")[2]))
                for leaf, value in plain_facts(held)
            )


def _rounds(tree: Tree) -> tuple[float, Axis | None]:
    """Return from where lists are counted, and what: the rounds of gradient boosting where the
    names are of its libraries.
    """
    names = [f"{curve.split}/{curve.name}" for curve in tree.curves] + [
        curve.name for curve in tree.curves
    ]
    if not any(BOOSTING.fullmatch(name) for name in names):
        return 0.0, None
    return (1.0 if any(LIGHTGBM.fullmatch(name) for name in names) else 0.0), Axis.ITERATION


def _lines(lines: list[str], curve: Curve) -> Iterator[int]:
    """Yield the line of every value: of an indented list each has its own."""
    line = _line_of(lines, curve.leaf)
    own = lines[line - 1].rstrip().endswith(("[", "{"))
    yield from (min(line + i, len(lines)) if own else line for i in range(1, len(curve.x) + 1))


def _line_of(lines: list[str], leaf: str) -> int:
    return next((i for i, text in enumerate(lines, 1) if f'"{leaf}"' in text), 1)


def _records(
    held: Records, writer: RowWriter, lines: Sequence[int], count: str | None
) -> Iterator[RawFact]:
    """Put a list of records into the columns, as rows below the branch it stands on."""
    for at, (row, line) in enumerate(zip(held.rows, lines, strict=True)):
        named = {
            f"{held.branch.prefix}{name}" if not is_axis(name) else name: value
            for name, value in flat(row)
        }
        if count is not None:
            named[count] = float(at)
        yield from writer.add(named, line, split=held.branch.split)


def _count_of(held: Records, tree: Tree) -> str | None:
    """Return the name of the count that records without one of their own share with the lists of
    the file: of as many values, and of as many epochs then.
    """
    if any(is_axis(name) for row in held.rows for name in row):
        return None
    beside = [curve for curve in tree.curves if len(curve.x) == len(held.rows)]
    shared = beside and not any(curve.stated for curve in beside)
    return "epoch" if shared and all(one.axis is Axis.EPOCH for one in beside) else None


def _lines_of_records(lines: list[str], held: Records) -> list[int]:
    """Return the line on which each record begins: of an indented list each has its own."""
    first = _line_of(lines, held.leaf)
    found, depth = list[int](), 0
    for number, text in enumerate(lines[first:], first + 1):
        if len(found) == len(held.rows):
            break
        if depth == 0 and "{" in text:
            found.append(number)
        depth += text.count("{") - text.count("}")
        if depth <= 0 and text.lstrip().startswith("]"):
            break
    return found if len(found) == len(held.rows) else [first] * len(held.rows)


def _left_out(line: int, name: str, count: int, usual: int) -> SkippedLine:
    text = {
        lang: WRONG_LENGTH.of(lang).format(name=name, count=count, usual=usual)
        for lang in ("zh", "en")
    }
    return SkippedLine(line, Text(**text))


def _plain(level: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with Megatron's golden values as mappings of steps to values, those of
    the planned end that is not reached left out.
    """
    return {
        name: _golden(value) if isinstance(value, dict) else value for name, value in level.items()
    }


def _golden(value: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(value.get("values"), dict):
        return _plain(value)
    return {
        step: item
        for step, item in value["values"].items()
        if item != NOT_LOGGED or "start_step" not in value
    }


def _document(log: LogFile) -> dict[str, Any] | None:
    try:
        value = json_of(log.text())
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
    columnar=True,
)
