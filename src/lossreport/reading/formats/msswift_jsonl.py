"""`logging.jsonl` of ms-swift: rows of the Hugging Face Trainer with the step as text, "5/94".

Source: FORMATS.md 3.4. The rows at the end that hold the whole history, or only a summary, are no
points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport.model.run import Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.json_lines import head_objects, records
from lossreport.reading.kit.rows import RowWriter, number
from lossreport.reading.parser import Parser, RawFact, Record, RowsRead, Score, SkippedLine
from lossreport.text import Text

STEPS: Final = ("global_step/max_steps", "iteration")
ONCE: Final = ("train_runtime", "total_flos", "log_history", "best_model_checkpoint")
SUMMARY_FACTS: Final = (
    "best_metric",
    "best_model_checkpoint",
    "train_runtime",
    "train_loss",
    "total_flos",
    "model_info",
    "last_model_checkpoint",
)


def sniff(log: LogFile) -> Score:
    """Claim JSON lines whose step is written as "5/94"."""
    rows, seen = head_objects(log)
    mine = [row for row in rows if _steps(row) is not None]
    if not mine:
        return Score(0.0, 'no JSON line with a step like "5/94"')
    return Score(0.95 * len(mine) / seen, f'{len(mine)} of {seen} lines have a step like "5/94"')


def read(log: LogFile) -> Iterator[Record]:
    """Yield the values of every row with its step; summaries become facts."""
    writer, last = RowWriter(statistic=Statistic.WINDOW_MEAN), 0
    for record in records(log):
        last = record.line
        if record.reason is not None:
            yield SkippedLine(record.line, record.reason, torn=record.torn)
        if record.row is None:
            continue
        if any(name in record.row for name in ONCE):
            yield from (
                RawFact(name, record.row[name], record.line)
                for name in SUMMARY_FACTS
                if isinstance(record.row.get(name), int | float | str)
            )
            continue
        steps = _steps(record.row)
        if steps is not None:
            row = {name: value for name, value in record.row.items() if name not in STEPS}
            yield from writer.add(
                {**row, "global_step": steps[0], "max_steps": steps[1]}, record.line
            )
            if writer.columns.full():
                yield from writer.columns.chunks()
    yield from writer.columns.chunks()
    yield RowsRead(writer.rows, last)


def _steps(row: Mapping[str, Any]) -> tuple[float, float] | None:
    for name in STEPS:
        step, slash, planned = str(row.get(name, "")).partition("/")
        x, most = number(step), number(planned)
        if slash and x is not None and most is not None:
            return x, most
    return None


PARSER = Parser(
    id="msswift_jsonl",
    title=Text(zh="ms-swift 的 logging.jsonl", en="logging.jsonl of ms-swift"),
    sniff=sniff,
    read=read,
)
