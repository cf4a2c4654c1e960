"""A table of two columns, a metric and its value: what an evaluation measured once, `Metric,Value`
over `Accuracy,0.912`.

Written by hand after the training (`pd.DataFrame(results.items(), columns=["Metric", "Value"])`);
every metric is a series of one row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.names import METRIC_LIKE, split_name
from lossreport.reading.kit.table import Table, cell_number, find_table
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

NAMES: Final = re.compile(
    r"metrics?|measures?|metric[ _]?name|指标|指标名称|评价指标", re.IGNORECASE
)
VALUES: Final = re.compile(r"values?|scores?|results?|值|数值|得分|结果", re.IGNORECASE)
MEASURED: Final = "eval"
"""The split of what neither its name nor the file's says one: it was measured, not trained on."""
NO_NUMBER: Final = Text(zh="没有数值", en="has no number")


def sniff(log: LogFile) -> Score:
    """Claim tables of a metric and its value, of which one is called like a metric and no name
    comes twice.
    """
    table = _table(log)
    if table is None:
        return Score(0.0, "no table of metrics and their values")
    rows = [
        cells
        for line in log.head_lines[table.line :]
        if len(cells := table.cells(line)) == len(table.header)
    ]
    names = [cells[0] for cells in rows]
    found = [name for name in names if METRIC_LIKE.search(name)]
    if not found or len(set(names)) < len(names):
        return Score(0.0, "no column of names that are called like metrics")
    return Score(0.8, f"a table of metrics and their values with {', '.join(found[:6])}")


def _table(log: LogFile) -> Table | None:
    table = find_table(log)
    two = (
        table is not None
        and len(table.header) == 2
        and NAMES.fullmatch(table.header[0])
        and VALUES.fullmatch(table.header[1])
    )
    return table if two else None


def read(log: LogFile) -> Iterator[Record]:
    """Yield every metric at the only row; a cell that is no number is told."""
    table = _table(log)
    own, _ = split_name(log.shown.rsplit("/", 1)[-1], MEASURED)
    columns, last = Columns(), 0
    for line in log.lines():
        last = line.number
        if table is None or line.number <= table.line or not line.text.strip():
            continue
        name, *rest = table.cells(line.text)
        value = cell_number(rest[0]) if len(rest) == 1 else None
        if value is None:
            yield SkippedLine(line.number, NO_NUMBER)
            continue
        split, short = split_name(name, own)
        columns.add(ColumnKey(short, split, Axis.ROW, Statistic.VALUE), 0.0, value, line.number)
    yield from columns.chunks()
    yield RowsRead(1, last)


PARSER = Parser(
    id="metric_value_csv",
    title=Text(zh="两列的结果表：指标与数值", en="a table of two columns: metric and value"),
    sniff=sniff,
    read=read,
)
