"""CSV, TSV and other tables with a header that no other parser knows: the columns chosen are named
in the reason and in the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from lossreport import regex as re
from lossreport.errors import LogError
from lossreport.model.run import Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.experiments import RESULTS, are_experiments
from lossreport.reading.kit.names import METRIC_LIKE, split_name
from lossreport.reading.kit.rows import is_axis
from lossreport.reading.kit.table import (
    Meaning,
    Table,
    find_table,
    looks_like_training,
    meaning_beside,
    plain_meaning,
    read_table,
)
from lossreport.reading.parser import Parser, Record, Refusal, Score
from lossreport.text import Text

EXPORT = frozenset(("wall time", "step", "value"))
"""What TensorBoard and W&B write for one downloaded curve: the metric is named by the file."""


NOTEBOOK = frozenset(("training loss", "validation loss"))
"""What the Hugging Face Trainer heads its table in a notebook with."""
SCORE = re.compile(r"(?!train|lr|learning rate|grad|step|epoch|time|tok).*", re.IGNORECASE)


def sniff(log: LogFile) -> Score:
    """Claim tables with a header in which at least one column is called like a metric."""
    table = find_table(log)
    if table is None:
        return Score(0.0, "no table with a header")
    if table.names() >= EXPORT:
        return Score(0.6, "an exported curve: wall time, step, value")
    if _is_long(log, table):
        return Score(0.6, f"a curve of {_stem(log)}, the value of a step a line")
    if not looks_like_training(table):
        return Score(0.0, "no column of the table is called like a metric")
    metrics = [means.name for name in table.header if (means := plain_meaning(name))]
    return Score(
        0.6,
        f"a table with the columns {', '.join(metrics[:6])}{' ...' if len(metrics) > 6 else ''}",
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield the metrics of the table; raises LogError where none is found (a parser chosen by the
    user).
    """
    table = find_table(log)
    if table is None:
        raise LogError(
            f"Couldn't read {log.shown!r}: no table with a header was found",
            hint="Give it a header line, or another parser.",
        )
    if are_experiments(
        table.header, [table.cells(line) for line in log.head_lines[table.line :] if line.strip()]
    ):
        yield Refusal(RESULTS())
        return
    meaning = _shown if table.names() >= NOTEBOOK else meaning_beside(table.header)
    yield from read_table(
        log, table, _exported(log) if table.names() >= EXPORT or _is_long(log, table) else meaning
    )


def _shown(column: str) -> Meaning | None:
    """Return what a column of the table is that the Trainer shows in a notebook: scores are of the
    validation.
    """
    means = plain_meaning(column)
    return (
        means._replace(split="val")
        if means is not None and SCORE.fullmatch(column) and means.split == "train"
        else means
    )


def _is_long(log: LogFile, table: Table) -> bool:
    """Return whether a table has a count and a column `value`, which the file's name calls a
    metric: `loss.csv` of `Model,Step,Value`.
    """
    others = [name for name in table.header if name.lower() != "value"]
    counts = any(is_axis(name) for name in others)
    return (
        len(others) < len(table.header) <= MOST_LONG
        and counts
        and METRIC_LIKE.search(_stem(log)) is not None
    )


MOST_LONG: Final = 3
"""Columns of a long table: whose value it is, its place, the value."""


def _stem(log: LogFile) -> str:
    return log.shown.rsplit("/", 1)[-1].rsplit(".", 1)[0]


def _exported(log: LogFile) -> Callable[[str], Meaning | None]:
    tag = _stem(log).rsplit("-tag-", 1)[-1]
    split, name = split_name(tag)
    return lambda column: (
        Meaning(name, split, Statistic.UNKNOWN) if column.lower() == "value" else None
    )


PARSER = Parser(
    id="generic_csv",
    title=Text(
        zh="带表头的 CSV、TSV 等表格（通用）",
        en="CSV, TSV and other tables with a header (generic)",
    ),
    sniff=sniff,
    read=read,
)
