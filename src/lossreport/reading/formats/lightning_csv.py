"""`metrics.csv` of Lightning's CSVLogger: one row a log call, most cells empty.

Source: FORMATS.md 4.1. `step` is the 0-based optimiser step. `*_step` is the value at the step,
`*_epoch` the mean of the epoch; without a suffix it is a value at the step for training and the
epoch's mean for validation, which Lightning reduces at the epoch's end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic, Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.rows import BOOKKEEPING, is_axis
from lossreport.reading.kit.table import Meaning, Table, find_table, looks_like_training, read_table
from lossreport.reading.parser import ColumnChunk, Parser, RawStatus, Record, Score
from lossreport.text import Text

SUFFIXES: Final = (("_step", Statistic.VALUE), ("_epoch", Statistic.EPOCH_MEAN))
EMPTY_SHARE: Final = 0.1
"""A table of Lightning has empty cells wherever it logs training and validation; one without any is
some other CSV.
"""


def sniff(log: LogFile) -> Score:
    """Claim comma-separated tables with `epoch` and `step` whose rows are sparse or whose names end
    in _step or _epoch.
    """
    table = find_table(log)
    if (
        table is None
        or table.separator != ","
        or not {"epoch", "step"} <= set(table.header)
        or not looks_like_training(table, meaning)
    ):
        return Score(0.0, "no table with epoch, step and a metric")
    suffixed = [name for name in table.header if name.endswith(("_step", "_epoch"))]
    body = [line for line in log.head_lines[table.line :] if line.strip()]
    empty = sum(",," in line or line.endswith(",") or line.startswith(",") for line in body)
    if suffixed or (body and empty > EMPTY_SHARE * len(body)):
        return Score(
            0.92, f"epoch, step and {'sparse rows' if empty else 'names ending in _step or _epoch'}"
        )
    return Score(0.0, "epoch and step, but neither empty cells nor names ending in _step or _epoch")


def meaning(name: str) -> Meaning | None:
    """Return what a column is; None for axes and bookkeeping."""
    if is_axis(name) or BOOKKEEPING.fullmatch(name):
        return None
    for suffix, statistic in SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix):
            split, short = split_name(name.removesuffix(suffix))
            if statistic is Statistic.EPOCH_MEAN:
                return _by_epoch(short, split)
            return (
                Meaning(short, split, statistic)
                if split == "train"
                else Meaning(short, split, statistic, axis=Axis.ITERATION)
            )
    split, short = split_name(name)
    return Meaning(short, split, Statistic.VALUE) if split == "train" else _by_epoch(short, split)


def _beside(log: LogFile, table: Table) -> Callable[[str], Meaning | None]:
    """Return `meaning` for one table: a name without a split that is filled in rows of a validation
    alone was measured there.
    """
    rows = [
        cells
        for line in log.head_lines[table.line :]
        if len(cells := table.cells(line)) == len(table.header)
    ]
    filled = {
        name: {at for at, cells in enumerate(rows) if cells[i]}
        for i, name in enumerate(table.header)
    }
    marked = {name: split_name(name, "")[0] for name in table.header if meaning(name) is not None}
    validation = set().union(*(filled[name] for name, split in marked.items() if split in HELD_OUT))
    training = set().union(*(filled[name] for name, split in marked.items() if split == "train"))
    aside = {
        name
        for name, split in marked.items()
        if not split
        and MEASURED.search(name)
        and filled[name]
        and filled[name] <= validation - training
    }

    def known(name: str) -> Meaning | None:
        return meaning(name) if name not in aside else _by_epoch(split_name(name, "")[1], "val")

    return known


MEASURED: Final = re.compile(
    r"error|acc|precision|recall|score|f1|auc|iou|dice|map|bleu|rouge|[wcd]er$|psnr|ssim|loss|r2|"
    r"mae|mse",
    re.IGNORECASE,
)
"""What is measured on a set; a learning rate or a time may be logged beside it at any moment."""
HELD_OUT: Final = ("val", "valid", "validation", "eval", "dev")


def _by_epoch(name: str, split: str) -> Meaning:
    return Meaning(name, split, Statistic.EPOCH_MEAN, axis=Axis.EPOCH)


def read(log: LogFile) -> Iterator[Record]:
    """Yield the filled cells; the axis is the step. A test behind the last row of the training says
    that `fit` came to its end.
    """
    table = find_table(log)
    trained = tested = 0
    for record in read_table(log, table, _beside(log, table)) if table is not None else ():
        if isinstance(record, ColumnChunk):
            last = int(record.line.max())
            tested = max(tested, last) if record.key.split == "test" else tested
            trained = max(trained, last) if record.key.split != "test" else trained
        yield record
    if tested > trained > 0:
        yield RawStatus(Status.FINISHED, tested, word="test", sure=False)


PARSER = Parser(
    id="lightning_csv",
    title=Text(
        zh="Lightning 的 metrics.csv（CSVLogger）", en="metrics.csv of Lightning (CSVLogger)"
    ),
    sniff=sniff,
    read=read,
)
