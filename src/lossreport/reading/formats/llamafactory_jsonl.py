"""`trainer_log.jsonl` of LLaMA-Factory: a JSON line for every logging step, heartbeats without a
loss between them.

Source: FORMATS.md 3.3. `loss` is the mean since the row before; `lr` and the rest are values. No
gradient norm is written here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.json_lines import head_objects, records
from lossreport.reading.kit.rows import RowWriter
from lossreport.reading.parser import Parser, Record, RowsRead, Score, SkippedLine
from lossreport.text import Text

SIGNS: Final = {"current_steps", "total_steps"}
NO_METRICS: Final = ("total_tokens",)


def sniff(log: LogFile) -> Score:
    """Claim JSON lines with current_steps and total_steps."""
    rows, seen = head_objects(log)
    mine = [row for row in rows if row.keys() >= SIGNS]
    if not mine:
        return Score(0.0, "no JSON line with current_steps and total_steps")
    return Score(
        0.95 * len(mine) / seen, f"{len(mine)} of {seen} lines have current_steps and total_steps"
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield the values of every row that has any; the planned steps are a fact."""
    writer, last = RowWriter(statistic=Statistic.WINDOW_MEAN), 0
    for record in records(log):
        last = record.line
        if record.reason is not None:
            yield SkippedLine(record.line, record.reason, torn=record.torn)
        if record.row is not None and record.row.keys() >= SIGNS:
            yield from writer.add(record.row, record.line, ignore=NO_METRICS)
            if writer.columns.full():
                yield from writer.columns.chunks()
    yield from writer.columns.chunks()
    yield RowsRead(writer.rows, last)


PARSER = Parser(
    id="llamafactory_jsonl",
    title=Text(zh="LLaMA-Factory 的 trainer_log.jsonl", en="trainer_log.jsonl of LLaMA-Factory"),
    sniff=sniff,
    read=read,
)
