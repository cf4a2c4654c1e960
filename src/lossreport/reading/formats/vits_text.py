"""Log of VITS and its kin (so-vits-svc 3, GPT-SoVITS, Bert-VITS2): `Train Epoch: 9 [1%]`, and below it the bare list of losses, step and rate.

Source: train_ms.py of jaywalnut310/vits: `logger.info([x.item() for x in losses] + [global_step, lr])`. The losses carry no names, and their
order differs between the programs: they are numbered. The last two numbers are the step since the start and the learning rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.settings import Settings
from lossreport.reading.parser import ColumnKey, Columns, Parser, Record, RowsRead, Score
from lossreport.text import Text

HEADING: Final = re.compile(r"(?:^|[:\s])Train Epoch: (?P<epoch>\d{1,9}) \[\d{1,3}%\]\s*$")
VALUES: Final = re.compile(r"(?:^|[:\s])\[(?P<values>[-+\deE.naif, ]{5,2000})\]\s*$")
FEWEST: Final = 4
"""At least two losses before the step and the rate."""
LARGEST_RATE: Final = 1.0
MIN_ROWS: Final = 2


def sniff(log: LogFile) -> Score:
    """Claim text with such a heading and a list of numbers, of which the last but one counts steps, right below it."""
    found, heading = 0, False
    for text in log.sample_lines:
        found += heading and _values(text) is not None
        heading = HEADING.search(text) is not None
    return Score(0.96 if found >= MIN_ROWS else 0.0, f"{found} lists of losses below the heading of VITS")


def read(log: LogFile) -> Iterator[Record]:
    """Yield every list as a row over the step."""
    columns, settings, rows, last, epoch, heading = Columns(), Settings(), 0, 0, float("nan"), False
    for line in log.lines():
        last = line.number
        yield from said(line.text, line.number)
        if match := HEADING.search(line.text):
            epoch, heading = float(match["epoch"]), True
            continue
        values = _values(line.text) if heading else None
        heading = False
        if values is None:
            settings.see(line.text, line.number)
            continue
        yield from settings.facts()
        *losses, step, rate = values
        for index, value in enumerate(losses):
            columns.add(ColumnKey(f"loss_{index}", "train", Axis.STEP, Statistic.VALUE), step, value, line.number, epoch)
        columns.add(ColumnKey("learning_rate", "train", Axis.STEP, Statistic.VALUE), step, rate, line.number, epoch)
        rows += 1
        if columns.full():
            yield from columns.chunks()
    yield from settings.facts()
    yield from columns.chunks()
    yield RowsRead(rows, last)


def _values(text: str) -> list[float] | None:
    """Return the losses, the step and the learning rate of a list; None for any other line."""
    match = VALUES.search(text) if len(text) < LONGEST else None
    found = [number(part) for part in match["values"].split(",")] if match else []
    values = [value for value in found if value is not None]
    if len(values) < FEWEST or len(values) < len(found):
        return None
    step, rate = values[-2:]
    return values if step >= 0 and step.is_integer() and 0 <= rate < LARGEST_RATE else None


LONGEST: Final = 4_000

PARSER = Parser(
    id="vits_text",
    title=Text(zh="VITS 系列的日志（VITS、GPT-SoVITS、Bert-VITS2）", en="log of VITS (VITS itself, GPT-SoVITS, Bert-VITS2)"),
    sniff=sniff,
    read=read,
)
