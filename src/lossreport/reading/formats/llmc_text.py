"""`main.log` of llm.c: `s:2 trl:10.8556 lr:0.000003 norm:14.84`, `s:250 tel:6.5`; one value a line, train (trl) and validation (tel).

Source: FORMATS.md section 5. All losses are cross-entropy in nats of one step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.rows import number
from lossreport.reading.parser import ColumnKey, Columns, Parser, RawSegment, Record, RowsRead, Score
from lossreport.text import Text

ROW: Final = re.compile(r"^s:(\d+)((?:\s+[a-z]+:[-+.\deEnaif]+)+)\s*$")
NAMES: Final = {
    "trl": ("train", "loss"),
    "tel": ("val", "loss"),
    "eval": ("val", "hellaswag_accuracy"),
    "lr": ("train", "lr"),
    "norm": ("train", "grad_norm"),
}


def sniff(log: LogFile) -> Score:
    """Claim lines of `s:STEP` with trl or tel."""
    lines = [line for line in log.head_lines if line.strip()]
    mine = sum(ROW.match(line) is not None for line in lines)
    if not mine or mine < 0.8 * len(lines):
        return Score(0.0, "no lines like s:2 trl:10.8")
    return Score(0.95, f"{mine} of {len(lines)} lines like s:2 trl:10.8")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the values of every line."""
    columns, rows, last, before = Columns(), 0, 0, -1.0
    for line in log.lines():
        last = line.number
        match = ROW.match(line.text)
        if match is None:
            continue
        x = float(match[1])
        if x < before:
            yield RawSegment(line.number, "restart")
        rows, before = rows + 1, x
        for item in match[2].split():
            short, _, text = item.partition(":")
            value = number(text)
            split, name = NAMES.get(short, ("train", short))
            if value is not None:
                columns.add(
                    ColumnKey(name, split, Axis.STEP, Statistic.VALUE, None, "nats" if name == "loss" else ""), x, value, line.number
                )
        if columns.full():
            yield from columns.chunks()
    yield from columns.chunks()
    yield RowsRead(rows, last)


PARSER = Parser(id="llmc_text", title=Text(zh="llm.c 的 main.log", en="main.log of llm.c"), sniff=sniff, read=read)
