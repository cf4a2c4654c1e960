"""`trainer_state.json` of the Hugging Face Trainer and its kin (TRL, Axolotl, PaddleNLP): one JSON document that holds all logged rows.

Source: FORMATS.md 3.1 (transformers 4.30 to 5.23 read). `loss` is the mean since the row before; `train_loss` of the last record is
the mean of the whole run and never a point.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any, Final

from lossreport import regex as re
from lossreport.errors import LogError
from lossreport.model.run import Axis, Statistic, Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.json_lines import as_object
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.plans import STEPS_DONE
from lossreport.reading.kit.rows import ONCE, SUMMARY, number
from lossreport.reading.kit.untrusted import json_at, json_fast, json_of, mapping, whole
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    RawEvent,
    RawFact,
    RawSegment,
    RawStatus,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

HISTORY: Final = re.compile(r'"log_history"\s*:\s*\[')
STATE_KEYS: Final = ("global_step", "max_steps", "num_train_epochs", "best_metric", "is_world_process_zero", "log_history")
FACTS: Final = (
    "max_steps",
    "num_train_epochs",
    "logging_steps",
    "eval_steps",
    "save_steps",
    "train_batch_size",
    "best_metric",
    "best_model_checkpoint",
    "best_global_step",
    "num_input_tokens_seen",
    "total_flos",
    "trial_name",
)
ENDLESS: Final = 2**63 - 1
"""`num_train_epochs` over a stream of data: `sys.maxsize`, no plan."""
SPEED: Final = re.compile(
    r"(?:eval|test|predict)_(?:.*_)?(?:runtime|samples_per_second|steps_per_second|jit_compilation_time|model_preparation_time)$"
)
WINDOW_MEANS: Final = ("loss",)
TORN = Text(zh="文件在 log_history 中间结束，此前的记录已读出", en="the file ends inside log_history; the records before were read")


def sniff(log: LogFile) -> Score:
    """Claim one JSON object with the keys of a trainer's state; `log_history` may lie behind the head."""
    head = log.head.decode("utf-8", errors="replace")
    if not head.lstrip().startswith("{"):
        return Score(0.0, "not one JSON object")
    if len(log.head_lines) > 1 and as_object(log.head_lines[0]) is not None:
        return Score(0.0, "JSON lines, not one object")
    found = [key for key in STATE_KEYS if f'"{key}"' in head]
    if "log_history" in found and len(found) >= 2:
        return Score(0.95, f"a trainer's state: {', '.join(found)}")
    start = HISTORY.search(head)
    first = next((record for record, _ in _history(head, start.end()) if record is not None), {}) if start is not None else {}
    if "step" in first and _is_of_training(first):  # the other keys stand behind a long history
        return Score(0.95, f"a trainer's state that begins with its log_history: {', '.join(first)}")
    return Score(0.0, "no log_history")


def _is_of_training(record: dict[str, Any]) -> bool:
    """Return whether a record is what a trainer logs: of a step of the training, or of an evaluation."""
    return "loss" in record or any(name.startswith("eval_") for name in record)


def read(log: LogFile) -> Iterator[Record]:
    """Yield the rows of log_history with the line of every number, the run's summary and settings as facts."""
    text = log.text()
    start = HISTORY.search(text)
    if start is None:
        raise LogError(f"Couldn't read {log.shown!r}: it holds no log_history", hint="Leave it out with --ignore, or mend it.")
    lines = Lines(text)
    settings = _settings(text, start.start())
    yield from _told(settings, text, lines)
    columns, rows, before = Columns(), 0, (-math.inf, -math.inf)
    whole: tuple[dict[str, Any], int] | None = None
    window, keys = settings.get("logging_steps"), dict[tuple[str, Axis], ColumnKey | None]()
    for record, at in _history(text, start.end()):
        if record is None:
            yield SkippedLine(lines.at(at), TORN, torn=True)
            break
        if any(name in record for name in ONCE):
            yield from (RawFact(name, value, lines.of_key(text, name, at)) for name, value in record.items() if SUMMARY.fullmatch(name))
            yield RawStatus(Status.FINISHED, lines.at(at))
            whole = (record, at)
            continue
        step, place = number(record.get("step")), _place(record)
        if place is not None:
            if place[0] < before[0] or place[1] < before[1]:
                yield RawSegment(lines.at(at), "resume")
            before = place
        x = float(rows) if step is None else step
        epoch, axis = number(record.get("epoch")), Axis.ROW if step is None else Axis.STEP
        for name, raw in record.items():
            if (name, axis) not in keys:
                keys[name, axis] = _key(name, axis, window)
            key = keys[name, axis]
            value = number(raw) if key is not None else None
            if key is not None and value is not None:
                columns.add(key, x, value, lines.of_key(text, name, at), math.nan if epoch is None else epoch)
        if columns.full():
            yield from columns.chunks()
        rows += 1
    if not rows and whole is not None:
        record, at = whole
        rows += _add_whole(columns, record, lambda name: lines.of_key(text, name, at))
    yield from columns.chunks()
    yield RowsRead(rows, lines.count)


def _told(settings: dict[str, Any], text: str, lines: Lines) -> Iterator[Record]:
    """Yield what the keys beside the history say: settings, how far the training came, and what ended it."""
    known = [name for name in FACTS if settings.get(name) is not None and settings[name] != ENDLESS]
    yield from (RawFact(name, settings[name], lines.of_key(text, name, 0)) for name in known)
    if isinstance(reached := settings.get("global_step"), int) and reached > 0:  # the last steps need not be logged
        yield RawFact(STEPS_DONE, reached, lines.of_key(text, "global_step", 0))
        if reached == settings.get("max_steps"):
            yield RawStatus(Status.FINISHED, lines.of_key(text, "global_step", 0))
    yield from _early_stop(settings, text, lines)


STOPPER: Final = "early_stopping_patience_counter"


def _early_stop(settings: dict[str, Any], text: str, lines: Lines) -> Iterator[RawEvent]:
    """Yield that EarlyStoppingCallback ended the training: its counter has reached its patience (transformers/trainer_callback.py)."""
    callback = mapping(mapping(settings.get("stateful_callbacks")).get("EarlyStoppingCallback"))
    counter = number(mapping(callback.get("attributes")).get(STOPPER))
    patience = number(mapping(callback.get("args")).get("early_stopping_patience"))
    if counter is not None and patience is not None and counter >= patience > 0:
        yield RawEvent("early_stop", lines.of_key(text, STOPPER, 0), f'"{STOPPER}": {counter:g}')


def _place(record: dict[str, Any]) -> tuple[float, float] | None:
    """Return the step and the epoch of a record.

    A resumed Trainer goes on with both, but over a stream of data it counts the epoch from 0 again while the step goes on.
    """
    step, epoch = number(record.get("step")), number(record.get("epoch"))
    return None if step is None or epoch is None else (step, epoch)


def _add_whole(columns: Columns, record: dict[str, Any], line_of: Callable[[str], int]) -> int:
    """Add the mean loss of the whole run at its last step, all that is known of a run too short to log; return how many rows that is."""
    loss, step = number(record.get("train_loss")), number(record.get("step"))
    if loss is None or step is None:
        return 0
    columns.add(ColumnKey("loss", "train", Axis.STEP, Statistic.RUNNING_MEAN), step, loss, line_of("train_loss"))
    return 1


class Lines:
    """Tells the line of a place in a text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.count = len(self._starts) - text.endswith("\n")

    def at(self, place: int) -> int:
        """Return the 1-based line of a place."""
        return bisect_right(self._starts, place)

    def of_key(self, text: str, name: str, start: int) -> int:
        """Return the line of the first key of that name behind a place."""
        return self.at(max(text.find(f'"{name}"', start), start))


def _key(printed: str, axis: Axis, window: Any) -> ColumnKey | None:
    """Return the column of a name; None for a place and for what is measured of the machine."""
    if printed in ("step", "epoch") or SPEED.match(printed):
        return None
    split, name = split_name(printed)
    mean = split == "train" and name in WINDOW_MEANS
    steps = whole(window) if mean and isinstance(window, int | float) and window >= 1 else None
    return ColumnKey(name, split, axis, Statistic.WINDOW_MEAN if mean else Statistic.VALUE, steps)


def _history(text: str, place: int) -> Iterator[tuple[dict[str, Any] | None, int]]:
    """Yield (record, place) for each record; (None, place) where the list breaks off."""
    while True:
        while place < len(text) and text[place] in " \t\r\n,":
            place += 1
        if place < len(text) and text[place] == "]":
            return
        try:
            value, after = json_at(text, place)
        except ValueError:
            yield None, min(place, len(text) - 1)
            return
        if isinstance(value, dict):
            yield value, place
        place = after


def _settings(text: str, history: int) -> dict[str, Any]:
    """Return the state without its history: from the document, or what stands before the history of a torn one."""
    try:
        document = json_fast(text)
    except ValueError:
        try:
            document = json_of(text[:history].rstrip().rstrip(",") + "}")
        except ValueError:
            return {}
    return document if isinstance(document, dict) else {}


PARSER = Parser(
    id="hf_trainer_state",
    title=Text(
        zh="Hugging Face Trainer 的 trainer_state.json（TRL、PaddleNLP 等）",
        en="trainer_state.json of the Hugging Face Trainer (also TRL and PaddleNLP)",
    ),
    sniff=sniff,
    read=read,
)
