"""`history.json` of skorch: a list with one object an epoch, each with the list of its batches.

The value of an epoch is the mean of its batches, weighted by their size
(skorch/callbacks/logging.py and scoring.py); epochs count from 1. Batches carry no number: x of
their values is their row. Those of validation are left out: row by row they stand beside other
training batches, and would be compared with them. Source: skorch.history.History.to_file of skorch
1.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport import regex as re
from lossreport.errors import LogError
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.rows import RowWriter, number
from lossreport.reading.kit.untrusted import json_of, listing, mapping
from lossreport.reading.parser import ColumnKey, Parser, Record, RowsRead, Score
from lossreport.text import Text

BEGIN: Final = re.compile(r'\s*\[\s*\{\s*"batches"\s*:\s*\[')
COUNTS: Final = re.compile(r"(?:train|valid)_batch_(?:count|size)|event_.*|.*_best")
"""Sizes, marks of saved checkpoints, and marks of the best epoch: no metrics."""


def sniff(log: LogFile) -> Score:
    """Claim a JSON list whose first object begins with its batches."""
    if BEGIN.match(log.head.decode("utf-8", errors="replace")):
        return Score(0.95, "a list of epochs with their batches, as skorch writes it")
    return Score(0.0, "not a list of epochs with batches")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the values of epochs, and those of batches where they were kept; raises LogError where
    the file is no such list.
    """
    epochs = _epochs(log)
    lines = log.text().split("\n")
    writer, place, counts = RowWriter(statistic=Statistic.EPOCH_MEAN), 0, dict[str, int]()
    for row in epochs:
        for batch in listing(row.get("batches")):
            _batch(writer, mapping(batch), counts, place + 1)
        place = next(
            (i for i in range(place, len(lines)) if f'"epoch": {row.get("epoch")}' in lines[i]),
            place,
        )
        yield from writer.add(
            {
                name: value
                for name, value in row.items()
                if not COUNTS.fullmatch(name) and name != "batches"
            },
            place + 1,
        )
    yield from writer.columns.chunks()
    yield RowsRead(writer.rows, len(lines))


def _batch(writer: RowWriter, batch: Mapping[str, Any], counts: dict[str, int], line: int) -> None:
    for name, value in batch.items():
        found = number(value)
        if found is None or COUNTS.fullmatch(name):
            continue
        split, short = split_name(name)
        if split != "train":
            continue
        writer.columns.add(
            ColumnKey(short, split, Axis.ROW, Statistic.VALUE),
            float(counts.get(name, 0)),
            found,
            line,
        )
        counts[name] = counts.get(name, 0) + 1


def _epochs(log: LogFile) -> list[dict[str, Any]]:
    try:
        value = json_of(log.text())
    except ValueError as error:
        raise LogError(
            f"Couldn't read {log.shown!r}: not one whole JSON list ({error})",
            hint="Mend the file, or leave it out with --ignore.",
        ) from error
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise LogError(
            f"Couldn't read {log.shown!r}: not a list of epochs",
            hint="Name another parser with --parser.",
        )
    return value


PARSER = Parser(
    id="skorch_history",
    title=Text(zh="skorch 的 history.json", en="history.json of skorch"),
    sniff=sniff,
    read=read,
)
