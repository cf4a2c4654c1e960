"""Log of YOLOv6: a header and a bar an epoch (`0/99 0 0 0.5856: 100%|...`), then the scores:
`Epoch: 0 | mAP@0.5: 0.0 | mAP@0.50:0.95: 0.0`.

Source: `Trainer.print_details` and `Trainer.eval_model` of yolov6/core/engine.py (0.4) and logs of
public threads. The bar shows means since the start of the epoch; epochs count from 0 and the total
is the last one. Where pycocotools prints its summary, that is read too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.coco import NOT_MEASURED, summary_of
from lossreport.reading.kit.events import said
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.settings import Settings
from lossreport.reading.kit.table_cells import FRACTION, without_bar
from lossreport.reading.parser import ColumnKey, Columns, Parser, RawFact, Record, RowsRead, Score
from lossreport.text import Text
from lossreport.values import dataclass

LOSSES: Final = frozenset(("iou_loss", "dfl_loss", "cls_loss"))
SCORED: Final = re.compile(r"Epoch: (?P<epoch>\d{1,9}) \| mAP@")
SCORE: Final = re.compile(r"(?P<name>mAP@[\d.:]{1,12}): (?P<value>[-\w.]{1,20})")
"""Scores are named by their thresholds."""
RATE: Final = "lr"


def sniff(log: LogFile) -> Score:
    """Claim text with the header of YOLOv6's losses over rows of an epoch, or with its line of
    scores.
    """
    headers = sum(header_of(text) is not None for text in log.sample_lines)
    scores = sum(SCORED.search(text) is not None for text in log.sample_lines)
    rows = sum(row_of(text, 3) is not None for text in log.sample_lines) if headers else 0
    return (
        Score(0.94, f"{headers} headers, {rows} rows and {scores} lines of scores of YOLOv6")
        if headers and rows
        else Score(0.0, "no header of YOLOv6")
    )


def header_of(text: str) -> list[str] | None:
    """Return the names behind `Epoch` in a header of YOLOv6."""
    if "Epoch" not in text or "_loss" not in text:
        return None
    words = text.split()
    return (
        words[1:]
        if words[0] == "Epoch"
        and len(LOSSES & set(words)) >= 2
        and not any(number(word) is not None for word in words)
        else None
    )


def row_of(text: str, least: int) -> tuple[float, float, list[str]] | None:
    """Return (epoch, last epoch, cells) of a row of at least so many cells."""
    words = without_bar(text).split()
    match = FRACTION.fullmatch(words[0]) if len(words) > least else None
    if match is None or any(number(word) is None for word in words[1:]):
        return None
    return float(match["at"]), float(match["of"]), words[1:]


def read(log: LogFile) -> Iterator[Record]:
    """Yield the last state of every epoch's bar and the scores behind it."""
    reader, settings, last = _Reader(), Settings(), 0
    for line in log.lines():
        last = line.number
        yield from said(line.text, line.number)
        yield from settings.facts() if reader.take(line.text, line.number) else ()
        yield from reader.plan(line.number)
        settings.see(line.text, line.number)
    reader.close()
    yield from settings.facts()
    yield from reader.columns.chunks()
    yield RowsRead(reader.rows, last)


@dataclass
class _Reader:
    """The header that stands, and the row that the bar of an epoch showed last."""

    columns: Columns = field(default_factory=Columns)
    rows: int = 0
    names: list[str] = field(default_factory=list)
    held: tuple[float, list[str], int] | None = None
    epoch: float = 0.0
    planned: int = 0
    told: int = 0

    def take(self, text: str, line: int) -> bool:
        """Take a line; return whether it is of a table."""
        header, row = header_of(text), row_of(text, len(self.names)) if self.names else None
        if header is not None:
            self.close()
            self.names = header
        elif row is not None:
            self._row(row, line)
        elif (match := SCORED.search(text)) is not None:
            self._score(float(match["epoch"]), text, line)
        elif (summary := summary_of(text)) is not None:
            if summary.value != NOT_MEASURED:
                self.columns.add(
                    ColumnKey(summary.name, "val", Axis.EPOCH, Statistic.VALUE),
                    self.epoch,
                    summary.value,
                    line,
                )
        else:
            return False
        return True

    def plan(self, line: int) -> Iterator[RawFact]:
        """Yield the number of epochs where it was not told before."""
        if self.planned != self.told:
            self.told = self.planned
            yield RawFact("epochs", self.planned, line)

    def close(self) -> None:
        """Put down the last state of the epoch's bar."""
        if self.held is not None:
            epoch, cells, line = self.held
            for name, cell in zip(self.names, cells, strict=False):
                statistic = Statistic.VALUE if name == RATE else Statistic.EPOCH_MEAN
                self.columns.add(
                    ColumnKey(name, "train", Axis.EPOCH, statistic),
                    epoch,
                    number(cell) or 0.0,
                    line,
                )
            self.rows += 1
        self.held = None

    def _row(self, row: tuple[float, float, list[str]], line: int) -> None:
        if self.held is not None and self.held[0] != row[0]:
            self.close()
        self.held, self.epoch, self.planned = (row[0], row[2], line), row[0], int(row[1]) + 1

    def _score(self, epoch: float, text: str, line: int) -> None:
        self.close()
        for match in SCORE.finditer(text):
            value = number(match["value"])
            if value is not None:
                self.columns.add(
                    ColumnKey(match["name"], "val", Axis.EPOCH, Statistic.VALUE), epoch, value, line
                )


PARSER = Parser(
    id="yolov6_text",
    title=Text(zh="YOLOv6 的训练日志", en="log of YOLOv6"),
    sniff=sniff,
    read=read,
)
