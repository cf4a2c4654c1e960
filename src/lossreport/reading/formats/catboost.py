"""CatBoost's folder `catboost_info`: `learn_error.tsv` and `test_error.tsv`, a row a round, and
`catboost_training.json` with the same and the times.

Rounds are counted from 0. `catboost_training.json` is read line by line, since CatBoost closes it
only when the training ends. Source: catboost.ai/docs/features/visualization and files written by
catboost 1.2.10.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.untrusted import json_of, listing
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    RawFact,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

TABLE: Final = re.compile(r"(?P<set>learn|test(?:_\d+)?)_error\.tsv$")
ROW: Final = '{"learn"'
DIRECTIONS: Final = {"Min": "min", "Max": "max"}
"""Which way a metric is better; of some, CatBoost says a fixed value or nothing."""
TORN = Text(zh="文件在这一行中间结束", en="the file ends in the middle of this line")
NO_ROW = Text(zh="不是完整的一行", en="not a complete row")


def sniff(log: LogFile) -> Score:
    """Claim tables that begin with `iter` and are called like CatBoost's, and its JSON by the names
    in it.
    """
    lines = log.head_lines
    if TABLE.search(log.shown) and lines and lines[0].startswith("iter\t"):
        return Score(0.95, "a table of rounds, as CatBoost writes it")
    head = log.head[:4096].decode("utf-8", errors="replace")
    if head.lstrip().startswith("{") and all(
        f'"{name}"' in head for name in ("meta", "learn_metrics", "launch_mode")
    ):
        return Score(0.97, "the JSON that CatBoost writes while it trains")
    return Score(0.0, "not of CatBoost's folder")


def read(log: LogFile) -> Iterator[Record]:
    """Yield every metric over the round; a torn last row costs only itself."""
    table = TABLE.search(log.shown)
    yield from _table(log, table["set"]) if table else _training(log)


def _key(dataset: str, metric: str) -> ColumnKey:
    split = "train" if dataset.startswith("learn") else "test"
    return ColumnKey(
        metric if dataset in ("learn", "test") else f"{dataset}/{metric}",
        split,
        Axis.ITERATION,
        Statistic.VALUE,
    )


def _table(log: LogFile, dataset: str) -> Iterator[Record]:
    columns, rows, last, keys = Columns(), 0, 0, list[ColumnKey]()
    for line in log.lines():
        last = line.number
        cells = line.text.split("\t")
        if cells[0] == "iter":
            keys = [_key(dataset, name) for name in cells[1:]]
            continue
        values = [number(cell) for cell in cells]
        if len(values) == len(keys) + 1 and line.complete and (x := values[0]) is not None:
            rows += 1
            for key, value in zip(keys, values[1:], strict=True):
                if value is not None:
                    columns.add(key, x, value, line.number)
        elif line.text.strip():
            yield SkippedLine(
                line.number, NO_ROW if line.complete else TORN, torn=not line.complete
            )
    yield from columns.chunks()
    yield RowsRead(rows, last)


def _training(log: LogFile) -> Iterator[Record]:
    columns, rows, last, meta = Columns(), 0, 0, dict[str, Any]()
    for line in log.lines():
        last = line.number
        text = line.text.strip().rstrip(",")
        if text.startswith('"meta":'):
            meta = _object(text.removeprefix('"meta":')) or {}
            yield from _said(meta, line.number)
        elif text.startswith(ROW):
            row = _object(text)
            if row is None:
                yield SkippedLine(
                    line.number, NO_ROW if line.complete else TORN, torn=not line.complete
                )
                continue
            x = number(row.get("iteration"))
            if x is None:
                yield SkippedLine(line.number, NO_ROW)
                continue
            rows += 1
            for key, value in _values(row, meta):
                columns.add(key, x, value, line.number)
    yield from columns.chunks()
    yield RowsRead(rows, last)


def _said(meta: Mapping[str, Any], line: int) -> Iterator[RawFact]:
    """Yield the name, the rounds that are planned, and which way every metric is better."""
    if isinstance(meta.get("name"), str):
        yield RawFact("name", meta["name"], line)
    if isinstance(meta.get("iteration_count"), int):
        yield from (
            RawFact(name, meta["iteration_count"], line)
            for name in ("iteration_count", "max_steps")
        )
    for metric in (*_metrics(meta, "learn"), *_metrics(meta, "test")):
        if (best := str(metric.get("best_value"))) in DIRECTIONS:
            yield RawFact(f"direction.{metric.get('name')}", DIRECTIONS[best], line)


def _values(row: Mapping[str, Any], meta: Mapping[str, Any]) -> Iterator[tuple[ColumnKey, float]]:
    for kind in ("learn", "test"):
        names = [str(metric.get("name")) for metric in _metrics(meta, kind)]
        for dataset in map(str, listing(meta.get(f"{kind}_sets"))):
            values = listing(row.get(dataset))
            for name, value in zip(names, values, strict=False):
                # a round may leave out metrics that cost much
                found = number(value)
                if found is not None:
                    yield _key(dataset, name), found


def _metrics(meta: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    """Return the metrics that are described; a file that was cut or edited may describe none, or in
    another form.
    """
    return [metric for metric in listing(meta.get(f"{kind}_metrics")) if isinstance(metric, dict)]


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json_of(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


PARSER = Parser(
    id="catboost",
    title=Text(zh="CatBoost 的 catboost_info 目录", en="the folder catboost_info of CatBoost"),
    sniff=sniff,
    read=read,
)
