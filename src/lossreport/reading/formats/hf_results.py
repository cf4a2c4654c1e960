"""`all_results.json`, `train_results.json` and `eval_results.json` of the Hugging Face Trainer: the
last values of a run, as facts.

What an evaluation measured is a row at the epoch that the file names; where the state of the
trainer holds the same it is told once.

Source: Trainer.save_metrics (transformers/trainer_pt_utils.py): one flat JSON object of `train_*`,
`eval_*`, `epoch` and `total_flos`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lossreport import regex as re
from lossreport.errors import LogError
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.tracker import summary_facts
from lossreport.reading.kit.untrusted import json_of
from lossreport.reading.parser import ColumnKey, Columns, Parser, Record, RowsRead, Score
from lossreport.text import Text

SPEED: Final = re.compile(
    r".*(?:runtime|samples_per_second|steps_per_second|samples|model_preparation_time|"
    r"jit_compilation_time)|epoch|total_flos|(?:.*_)?total"
)
"""What says how fast, of how many, not how good."""
MARKS: Final = ("train_runtime", "eval_runtime", "test_runtime", "predict_runtime")
"""Written by speed_metrics for every phase; no other tool ends a flat object with it."""


def sniff(log: LogFile) -> Score:
    """Claim one flat JSON object with the runtime of a phase."""
    found = _object(log) if any(mark.encode() in log.head for mark in MARKS) else None
    if found is None or not any(mark in found for mark in MARKS):
        return Score(0.0, "not one flat object with train_runtime or eval_runtime")
    return Score(
        0.9, "one flat object with the runtime of a phase, as Trainer.save_metrics writes it"
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield the last values as facts; raises LogError where the file is no flat object."""
    found = _object(log)
    if found is None:
        raise LogError(
            f"Couldn't read {log.shown!r}: not one flat JSON object",
            hint="Mend the file, or leave it out with --ignore.",
        )
    lines = log.text().split("\n")
    yield from summary_facts(found, lines)
    columns, epoch = Columns(), number(found.get("epoch"))
    for printed, value in found.items():
        split, name = split_name(printed, "")
        measured = number(value)
        if split in ("", "train") or measured is None or SPEED.fullmatch(name):
            continue
        line = next((i for i, text in enumerate(lines, 1) if f'"{printed}"' in text), 1)
        axis, x = (Axis.ROW, 0.0) if epoch is None else (Axis.EPOCH, epoch)
        columns.add(ColumnKey(name, split, axis, Statistic.VALUE), x, measured, line)
    yield from columns.chunks()
    yield RowsRead(1, len(lines))


def _object(log: LogFile) -> dict[str, Any] | None:
    try:
        value = json_of(log.text())
    except ValueError:
        return None
    flat = isinstance(value, dict) and not any(
        isinstance(inner, dict | list) for inner in value.values()
    )
    return value if flat else None


PARSER = Parser(
    id="hf_results",
    title=Text(
        zh="Hugging Face Trainer 的 all_results.json",
        en="all_results.json and the like of the Hugging Face Trainer",
    ),
    sniff=sniff,
    read=read,
)
