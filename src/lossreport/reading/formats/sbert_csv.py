"""Results of an evaluator of Sentence Transformers: `similarity_evaluation_<name>_results.csv` and
kin, one row an evaluation.

Source: `evaluation/*.py` of Sentence Transformers 5. All start with `epoch,steps`; until 2024
`steps` is -1 at the end of an epoch, later the step of the training. A row of epoch -1 was written
apart from a training and stands at the beginning.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.rows import number
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

HEADER: Final = re.compile(r"^epoch,steps,(?=[A-Za-z])", re.IGNORECASE)
MEASURE: Final = re.compile(
    r"pearson|spearman|cosine|manhattan|euclidean|dot|accuracy|f1|precision|recall|ap\b|map|mrr|"
    r"ndcg|mse|neg",
    re.IGNORECASE,
)
SHORT = Text(zh="列数少于表头", en="fewer cells than the header")


def sniff(log: LogFile) -> Score:
    """Claim a table whose header begins with epoch and steps and goes on with measures only."""
    head = log.head_lines[0].strip() if log.head_lines else ""
    if not HEADER.match(head):
        return Score(0.0, "no header that begins with epoch,steps")
    names = head.split(",")[2:]
    if any("loss" in name.lower() or not MEASURE.search(name) for name in names):
        return Score(0.0, "columns that no evaluator writes")
    return Score(0.96, f"a table of an evaluator: {', '.join(names[:4])}")


def read(log: LogFile) -> Iterator[Record]:
    """Yield every measure of every evaluation."""
    columns, rows, last = Columns(), 0, 0
    lines = [(line.number, line.text) for line in log.lines() if line.text.strip()]
    names = lines[0][1].strip().split(",")[2:] if lines else []
    table = [(at, cells) for at, text in lines[1:] for cells in csv.reader([text])]
    steps = [number(cells[1]) for _, cells in table if len(cells) > 1]
    counts = [step for step in steps if step is not None and step >= 0]
    axis = (
        Axis.STEP
        if counts and counts == sorted(counts) and len(counts) >= len(steps) - 1
        else Axis.EPOCH
    )
    for at, cells in table:
        last = at
        epoch, step = (
            (number(cell) for cell in cells[:2]) if len(cells) >= len(names) + 2 else (None, None)
        )
        if epoch is None or step is None:
            yield SkippedLine(at, SHORT)
            continue
        for name, cell in zip(names, cells[2:], strict=False):
            value = number(cell)
            if value is not None:
                key = ColumnKey(name, "eval", axis, Statistic.VALUE)
                columns.add(
                    key,
                    max(0.0, step if axis is Axis.STEP else epoch),
                    value,
                    at,
                    epoch if axis is Axis.STEP else math.nan,
                )
        rows += 1
    yield from columns.chunks()
    yield RowsRead(rows, last)


PARSER = Parser(
    id="sbert_csv",
    title=Text(
        zh="Sentence Transformers 的评估结果（CSV）",
        en="results of an evaluator of Sentence Transformers (CSV)",
    ),
    sniff=sniff,
    read=read,
)
