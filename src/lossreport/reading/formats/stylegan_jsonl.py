"""stats.jsonl of StyleGAN2-ADA and StyleGAN3, a row a tick of `{"Loss/G/loss": {"num": .., "mean":
.., "std": ..}, ...}`, and their metric-*.jsonl.

Source: `training_stats.Collector` and `metric_main.report_metric` of NVlabs. Each value is the mean
since the tick before; how many numbers it holds and how they spread are no metrics. Rows stand at
the images shown (`Progress/kimg`); a metric at those in the name of its snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.json_lines import head_objects, records
from lossreport.reading.kit.rows import INSTANT, number
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

KIMG: Final = "Progress/kimg"
KEPT: Final = re.compile(
    r"Loss/.+|Progress/augment|Timing/sec_per_kimg|Resources/peak_gpu_mem.*_gb"
)
SNAPSHOT: Final = re.compile(r"(\d{1,18}+)\.pkl$")


def sniff(log: LogFile) -> Score:
    """Claim lines that hold means with their spread by the thousands of images, or the results of a
    metric of a snapshot.
    """
    rows, _ = head_objects(log)
    mine = sum(_images(row) is not None for row in rows)
    return (
        Score(0.97, f"{mine} rows of StyleGAN")
        if mine and mine >= 0.5 * len(rows)
        else Score(0.0, "no rows of StyleGAN")
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield the means of every tick, and the metrics of every snapshot as those of an
    evaluation.
    """
    columns, rows, last = Columns(), 0, 0
    for record in records(log):
        last = record.line
        if record.reason is not None:
            yield SkippedLine(record.line, record.reason, torn=record.torn)
        x = _images(record.row) if record.row else None
        if record.row is None or x is None:
            continue
        rows += 1
        for key, value in _values(record.row):
            columns.add(key, x, value, record.line)
    yield from columns.chunks()
    yield RowsRead(rows, last)


def _images(row: Mapping[str, Any]) -> float | None:
    """Return how many images had been shown, None for what is no row of this program."""
    kimg = row.get(KIMG)
    if isinstance(kimg, dict) and (shown := number(kimg.get("mean"))) is not None:
        return 1000 * shown
    match = (
        SNAPSHOT.search(str(row.get("snapshot_pkl")))
        if isinstance(row.get("results"), dict)
        else None
    )
    return None if match is None else 1000 * float(match[1])


def _values(row: Mapping[str, Any]) -> Iterator[tuple[ColumnKey, float]]:
    for name, told in row.items():
        value = (
            number(told.get("mean")) if isinstance(told, dict) and KEPT.fullmatch(name) else None
        )
        if value is not None:
            how = Statistic.VALUE if INSTANT.fullmatch(name) else Statistic.WINDOW_MEAN
            yield ColumnKey(name, "train", Axis.SAMPLES, how), value
    results = row.get("results")
    for name, told in (results if isinstance(results, dict) else {}).items():
        if (value := number(told)) is not None:
            yield ColumnKey(name, "eval", Axis.SAMPLES, Statistic.VALUE), value


PARSER = Parser(
    id="stylegan_jsonl",
    title=Text(
        zh="StyleGAN2-ADA、StyleGAN3 的 stats.jsonl 和 metric-*.jsonl",
        en="stats.jsonl and metric-*.jsonl of StyleGAN2-ADA and StyleGAN3",
    ),
    sniff=sniff,
    read=read,
)
