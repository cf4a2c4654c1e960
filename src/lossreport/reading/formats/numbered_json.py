"""A JSON object of metrics for every epoch, step or checkpoint, the place in the name:
`eval_results_step_100.json`, `checkpoint-500/eval_results.json`.

The files of one store are one series with a row a file. A name that says of which split the values
are (`val_metrics_epoch_3.json`) counts for those whose own name does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport import regex as re
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.names import METRIC_LIKE, split_name
from lossreport.reading.kit.numbered_files import (
    flat_object,
    is_alone,
    key_lines,
    numbered,
    store_of,
)
from lossreport.reading.kit.rows import SUMMARY, RowWriter, is_axis, number
from lossreport.reading.parser import Parser, Record, RowsRead, Score
from lossreport.text import Text

RESULTS: Final = re.compile(
    r"(?:^|[^a-z])(?:metrics?|results?|eval(?:uation)?|valid(?:ation)?|test|scores?|stats|logs?)"
    r"(?:[^a-z]|$)",
    re.IGNORECASE,
)
"""What files of results are called; the configuration in a folder of a checkpoint is none of
them.
"""
SPEED: Final = re.compile(r".*(?:runtime|samples_per_second|steps_per_second|samples)")
ALONE: Final = 0.55
"""One file alone tells a single row: a parser that knows it better goes before."""


def sniff(log: LogFile) -> Score:
    """Claim flat JSON objects with a number called like a metric, in files whose names tell a place
    and that hold results.
    """
    place = numbered(log.shown) if log.shown.lower().endswith(".json") else None
    if place is None or not RESULTS.search(log.shown.rsplit("/", 1)[-1].rpartition(".")[0]):
        return Score(0.0, "no JSON file of results whose name says an epoch or a step")
    row = flat_object(log)
    found = [
        name
        for name, value in metrics_of(row or {}).items()
        if METRIC_LIKE.search(name) and number(value) is not None
    ]
    if not found:
        return Score(0.0, "no flat object with a number that is called like a metric")
    return Score(
        ALONE if is_alone(log) else 0.93,
        f"{place.axis.value} {place.x:g} in the name, and {', '.join(found[:6])}",
    )


def metrics_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is of this place alone: without speeds, and without what a trainer says once
    about the whole run.
    """
    return {
        name: value
        for name, value in row.items()
        if not SPEED.fullmatch(name) and not SUMMARY.fullmatch(name)
    }


def read(log: LogFile) -> Iterator[Record]:
    """Yield the one row of the file at the place that its name says."""
    row, place = metrics_of(flat_object(log) or {}), numbered(log.shown)
    text = log.text()
    if place is not None:
        split, _ = split_name(log.shown.rsplit("/", 1)[-1])
        own = {name: value for name, value in row.items() if not is_axis(name) or name == "epoch"}
        writer = RowWriter()
        yield from writer.add(
            {**own, place.axis.value: place.x},
            {**dict.fromkeys((place.axis.value,), 1), **key_lines(text, row)},
            split=split,
        )
        yield from writer.columns.chunks()
        yield RowsRead(writer.rows, text.count("\n") + 1)


PARSER = Parser(
    id="numbered_json",
    title=Text(
        zh="每个 epoch、步或检查点一个 JSON（通用：metrics_epoch_3.json、"
        "checkpoint-500/eval_results.json）",
        en="a JSON file an epoch, step or checkpoint (generic: metrics_epoch_3.json, "
        "checkpoint-500/eval_results.json)",
    ),
    sniff=sniff,
    read=read,
    gather=store_of,
)
