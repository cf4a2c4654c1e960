"""`results.csv` of Ultralytics and YOLOv5 from 2021 on: one row an epoch, names with a slash, cells
padded in older versions.

Source: FORMATS.md 4.3. Training losses are means of the epoch; validation losses and metrics are
those of the epoch's validation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.table import Meaning, find_table, plain_meaning, read_table
from lossreport.reading.parser import Parser, Record, Score
from lossreport.text import Text

SIGNS: Final = ("train/", "val/", "metrics/")
RATES: Final = ("lr/", "x/lr")


def sniff(log: LogFile) -> Score:
    """Claim tables with an epoch and columns called train/..., metrics/... and val/... or lr/..."""
    table = find_table(log)
    if table is None or "epoch" not in table.header:
        return Score(0.0, "no table with an epoch")
    found = [sign for sign in SIGNS if any(name.startswith(sign) for name in table.header)]
    rates = any(name.startswith(RATES) for name in table.header)
    if "metrics/" in found and len(found) >= 2 and rates:
        return Score(0.95, f"epoch, {', '.join(found)} and learning rates of Ultralytics")
    return Score(0.0, "no columns of Ultralytics")


def meaning(name: str) -> Meaning | None:
    """Return what a column is. `metrics/` are measured on the validation set."""
    if name == "time":
        return None  # the seconds since the start: no metric
    if name.startswith("metrics/"):
        return Meaning(name.removeprefix("metrics/"), "val", Statistic.VALUE)
    if name.startswith(RATES):
        return Meaning(name, "train", Statistic.VALUE)
    plain = plain_meaning(name)
    return None if plain is None else plain._replace(statistic=Statistic.EPOCH_MEAN)


def read(log: LogFile) -> Iterator[Record]:
    """Yield every row; epochs count as the file prints them, from 1 (YOLOv5: from 0)."""
    table = find_table(log)
    if table is not None:
        yield from read_table(log, table, meaning)


PARSER = Parser(
    id="ultralytics_csv",
    title=Text(
        zh="Ultralytics / YOLOv5 的 results.csv", en="results.csv of Ultralytics and YOLOv5"
    ),
    sniff=sniff,
    read=read,
)
