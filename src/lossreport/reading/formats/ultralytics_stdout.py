"""Progress output of Ultralytics and YOLOv5: a header of column names, `1/100 2.5G 1.23 3.45 ...`
drawn again and again, then the `all` row.

Source: FORMATS.md section 5. The bar shows means since the start of the epoch, so its last state is
the epoch's mean. Epochs count as printed: from 1 (YOLOv5: from 0). results.csv holds more digits
and is to be preferred where it exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.rows import number
from lossreport.reading.parser import ColumnKey, Columns, Parser, RawFact, Record, RowsRead, Score
from lossreport.text import Text

HEADER: Final = re.compile(r"^\s*+Epoch\s++(?:GPU_mem|gpu_mem)\s++(?P<names>\S.*)$")
ROW: Final = re.compile(
    r"^\s*+(?P<at>\d{1,12}+)/(?P<of>\d{1,12}+)\s++(?P<memory>[\d.]{1,20}+[GMK]?+)\s++"
    r"(?P<values>[-\d.eEnaif+]{1,40}+(?:\s{1,40}+"
    r"(?!\d{1,12}+:)[-\d.eEnaif+]{1,40}+){0,60}+)\s{1,40}+\d{1,12}+:\s"
)
ALL_HEADER: Final = re.compile(
    r"^\s*+Class\s++Images\s++(?:Instances|Labels|[Tt]argets)\s++(?P<names>\S.*)$"
)
ALL: Final = re.compile(r"^\s*+all\s++(?P<values>[-\d.eEnaif+\s]++)$")
NAMES: Final = {"Box(P": "precision(B)", "P": "precision", "R": "recall"}
TERMS: Final = {name: f"{name}_loss" for name in ("box", "obj", "cls", "GIoU", "seg", "kpt")}
"""Losses that YOLOv5 before 6.2 and YOLOv7 print without the word."""
FROM_ZERO: Final = frozenset(("obj", "obj_loss"))
"""Losses of YOLOv3, v5 and v7, which count epochs from 0 and print the last one as the total;
Ultralytics dropped both with v8.
"""
COUNTS: Final = ("Instances", "Size", "labels", "targets", "img_size", "total")


def sniff(log: LogFile) -> Score:
    """Claim text with the header of column names over rows of an epoch."""
    headers = sum(HEADER.match(line) is not None for line in log.sample_lines)
    rows = sum(ROW.match(line) is not None for line in log.sample_lines)
    if not headers or not rows:
        return Score(0.0, "no header Epoch GPU_mem ... over rows of an epoch")
    return Score(0.92, f"{headers} headers and {rows} rows of an epoch")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the last state of every epoch and the validation behind it."""
    reader = _Reader()
    for line in log.lines():
        reader.last = line.number
        yield from said(line.text, line.number)
        yield from reader.read(line.text, line.number)
    reader.close()
    yield from reader.columns.chunks()
    yield RowsRead(reader.rows, reader.last)


class _Reader:
    def __init__(self) -> None:
        self.columns = Columns()
        self.names: Sequence[str] = ()
        self.all_names: Sequence[str] = ()
        self.values: Sequence[str] = ()
        self.epoch, self.validated = -1, -1
        self.planned, self.line, self.rows, self.last = 0, 0, 0, 0

    def read(self, text: str, line: int) -> Iterator[Record]:
        if match := HEADER.match(text):
            self.names = match["names"].split()
        elif match := ROW.match(text):
            epoch = int(match["at"])
            if epoch != self.epoch:
                self.close()
                planned = int(match["of"]) + (epoch == 0 or not FROM_ZERO.isdisjoint(self.names))
                if planned != self.planned:
                    self.planned = planned
                    yield RawFact("epochs", self.planned, line)
            self.epoch, self.values, self.line = epoch, match["values"].split(), line
        elif match := ALL_HEADER.match(text):
            self.all_names = _measured(match["names"].split())
        elif (match := ALL.match(text)) and self.all_names:
            values = match["values"].split()[2:]
            if self.epoch > self.validated:
                self._put("val", self.all_names, values, line, Statistic.VALUE)
                self.validated = self.epoch
            else:  # the best checkpoint is validated once more at the end: no point of the curve
                yield from _of_best(self.all_names, values, line)

    def close(self) -> None:
        """Put down the last state of the epoch's bar."""
        if self.values:
            self._put("train", self.names, self.values, self.line, Statistic.EPOCH_MEAN)
            self.rows += 1
        self.values = ()

    def _put(
        self,
        split: str,
        names: Sequence[str],
        values: Sequence[str],
        line: int,
        statistic: Statistic,
    ) -> None:
        for name, text in zip(names, values, strict=False):
            value = number(text)
            if value is not None and name not in COUNTS:
                self.columns.add(
                    ColumnKey(
                        (TERMS if split == "train" else NAMES).get(name, name),
                        split,
                        Axis.EPOCH,
                        statistic,
                    ),
                    float(self.epoch),
                    value,
                    line,
                )


def _measured(words: Sequence[str]) -> Sequence[str]:
    """Return the names of a heading: `Box(P R mAP50 mAP50-95): 50%|#####` without the bar and the
    bracket that it closes.
    """
    names = list(takewhile(lambda word: "%" not in word, words))
    return [*names[:-1], names[-1].removesuffix(":").removesuffix(")")] if names else []


def _of_best(names: Sequence[str], values: Sequence[str], line: int) -> Iterator[RawFact]:
    """Yield what the best checkpoint is worth, as facts of the run."""
    for name, text in zip(names, values, strict=False):
        value = number(text)
        if value is not None and name not in COUNTS:
            yield RawFact(f"best_{NAMES.get(name, name)}", value, line)


PARSER = Parser(
    id="ultralytics_stdout",
    title=Text(
        zh="Ultralytics / YOLOv5 的屏幕输出", en="progress output of Ultralytics and YOLOv5"
    ),
    sniff=sniff,
    read=read,
)
