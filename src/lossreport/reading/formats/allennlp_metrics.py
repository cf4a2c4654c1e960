"""AllenNLP's `metrics_epoch_N.json`, a file an epoch, and the `metrics.json` that it writes at the
end. All are one run.

Source: `GradientDescentTrainer._try_train` of allennlp/training/gradient_descent_trainer.py 2.10:
`training_*` and `validation_*` are of the epoch, `best_*` of the best one so far, `peak_*`,
durations and counts are bookkeeping. `metrics.json` repeats the last epoch: it only gives the best.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.numbered_files import flat_object, key_lines, numbered, store_of
from lossreport.reading.kit.rows import RowWriter, number
from lossreport.reading.parser import Parser, RawFact, Record, RowsRead, Score
from lossreport.text import Text

EPOCH: Final = re.compile(r"(?:.*/)?metrics_epoch_\d+\.json")
WHOLE: Final = re.compile(r"(?:.*/)?metrics\.json")
OWN: Final = re.compile(r"(?:training|validation)_\w+")
SIGNS: Final = frozenset(
    ("training_duration", "training_start_epoch", "training_epochs", "best_epoch")
)
COUNTS: Final = re.compile(
    r"peak_.*|(?:training|validation)_(?:duration|start_epoch|epochs|(?:worker|gpu)_.*memory.*)|"
    r"best_.*|batch_.*"
)
TOLD: Final = re.compile(r"best_.*|test_.*|training_duration")
"""What metrics.json says once about the whole run."""


def sniff(log: LogFile) -> Score:
    """Claim flat objects of training and validation metrics by their names and those of the
    files.
    """
    is_epoch, is_whole = EPOCH.fullmatch(log.shown), WHOLE.fullmatch(log.shown)
    row = flat_object(log) if is_epoch or is_whole else None
    if row is None or not any(
        OWN.fullmatch(name) and number(value) is not None for name, value in row.items()
    ):
        return Score(0.0, "no metrics_epoch_N.json with training_* or validation_*")
    if is_whole and SIGNS.isdisjoint(row):
        return Score(0.0, "a metrics.json without the best epoch or the duration of AllenNLP")
    return Score(
        0.96,
        "training_* and validation_* of one epoch"
        if is_epoch
        else "the metrics that AllenNLP writes at the end",
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield the one row of an epoch, or the facts of the whole run."""
    row = flat_object(log) or {}
    text = log.text()
    lines = key_lines(text, row)
    if WHOLE.fullmatch(log.shown):
        yield from (
            RawFact(name, value, lines[name])
            for name, value in row.items()
            if TOLD.fullmatch(name) and isinstance(value, int | float | str)
        )
        yield RowsRead(0, text.count("\n") + 1)
        return
    place = numbered(log.shown)
    epoch = number(row.get("epoch"))
    if epoch is None and place is not None:
        epoch = place.x
    writer = RowWriter(statistic=Statistic.EPOCH_MEAN)
    metrics = {
        name: value for name, value in row.items() if not COUNTS.fullmatch(name) and name != "epoch"
    }
    yield from writer.add({"epoch": epoch, **metrics}, {"epoch": 1, **lines})
    yield from writer.columns.chunks()
    yield RowsRead(writer.rows, text.count("\n") + 1)


PARSER = Parser(
    id="allennlp_metrics",
    title=Text(
        zh="AllenNLP 的 metrics_epoch_N.json 与 metrics.json",
        en="metrics_epoch_N.json and metrics.json of AllenNLP",
    ),
    sniff=sniff,
    read=read,
    gather=store_of,
)
