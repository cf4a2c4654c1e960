"""`trainer_state.json` of the Hugging Face Trainer and its kin (TRL, Axolotl, PaddleNLP): one JSON
document that holds all logged rows.

Source: FORMATS.md 3.1 (transformers 4.30 to 5.23 read). `loss` is the mean since the row before;
`train_loss` of the last record is the mean of the whole run and never a point.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from typing import Any, Final

import numpy as np

from lossreport import regex as re
from lossreport.errors import LogError
from lossreport.model.run import Axis, Floats, Ints, Statistic, Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats._history import Group, Layout, Value, laid_out
from lossreport.reading.kit.json_lines import as_object
from lossreport.reading.kit.line_by_line import is_line_by_line
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
from lossreport.values import dataclass

HISTORY: Final = re.compile(r'"log_history"\s*:\s*\[')
SURE: Final = 0.97
"""Surer than any line of a text can be, so that their formats are not asked."""
STATE_KEYS: Final = (
    "global_step",
    "max_steps",
    "num_train_epochs",
    "best_metric",
    "is_world_process_zero",
    "log_history",
)
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
    r"(?:eval|test|predict)_(?:.*_)?(?:runtime|samples_per_second|steps_per_second|"
    r"jit_compilation_time|model_preparation_time)$"
)
WINDOW_MEANS: Final = ("loss",)
TORN = Text(
    zh="文件在 log_history 中间结束，此前的记录已读出",
    en="the file ends inside log_history; the records before were read",
)


def sniff(log: LogFile) -> Score:
    """Claim one JSON object with the keys of a trainer's state; `log_history` may lie behind the
    head.
    """
    head = log.head.decode("utf-8", errors="replace")
    if not head.lstrip().startswith("{"):
        return Score(0.0, "not one JSON object")
    if len(log.head_lines) > 1 and as_object(log.head_lines[0]) is not None:
        return Score(0.0, "JSON lines, not one object")
    found = [key for key in STATE_KEYS if f'"{key}"' in head]
    if "log_history" in found and len(found) >= 2:
        return Score(SURE, f"a trainer's state: {', '.join(found)}")
    start = HISTORY.search(head)
    first = (
        next((record for record, _ in _history(head, start.end()) if record is not None), {})
        if start is not None
        else {}
    )
    if "step" in first and _is_of_training(first):  # the other keys stand behind a long history
        return Score(
            SURE, f"a trainer's state that begins with its log_history: {', '.join(first)}"
        )
    return Score(0.0, "no log_history")


def _is_of_training(record: dict[str, Any]) -> bool:
    """Return whether a record is what a trainer logs: of a step of the training, or of an
    evaluation.
    """
    return "loss" in record or any(name.startswith("eval_") for name in record)


def read(log: LogFile) -> Iterator[Record]:
    """Yield the rows of log_history with the line of every number, the run's summary and settings
    as facts.
    """
    text = log.text()
    start = HISTORY.search(text)
    if start is None:
        raise LogError(
            f"Couldn't read {log.shown!r}: it holds no log_history",
            hint="Leave it out with --ignore, or mend it.",
        )
    lines = Lines(text)
    settings = _settings(text, start.start())
    yield from _told(settings, text, lines)
    history = _History(text=text, lines=lines, window=settings.get("logging_steps"))
    layout = None if is_line_by_line() else laid_out(text, start.end(), settings.get("log_history"))
    yield from history.one_by_one(start.end()) if layout is None else history.in_bulk(layout)
    yield from history.end()


@dataclass(kw_only=True)
class _History:
    """Reads the records of a history, each by itself or many at once, and keeps what goes from one
    to the next.
    """

    text: str
    lines: Lines
    window: Any
    columns: Columns = field(default_factory=Columns)
    rows: int = 0
    before: tuple[float, float] = (-math.inf, -math.inf)
    """The step and the epoch of the last record that has both."""
    whole: tuple[dict[str, Any], int] | None = None
    """The summary of the run, and its place."""
    keys: dict[tuple[str, Axis], ColumnKey | None] = field(default_factory=dict)

    def one_by_one(self, start: int) -> Iterator[Record]:
        """Yield what the records behind a place of the text say."""
        for record, at in _history(self.text, start):
            if record is None:
                yield SkippedLine(self.lines.at(at), TORN, torn=True)
                return
            yield from self.one(record, at)

    def in_bulk(self, layout: Layout) -> Iterator[Record]:
        """Yield what the records say, those of numbers alone many at once."""
        for found in layout.stretches():
            if isinstance(found, int):
                yield from self.one(layout.records[found], int(layout.places[found]))
            else:
                yield from self.many(found, layout.lines)

    def one(self, record: dict[str, Any], at: int) -> Iterator[Record]:
        """Yield what one record says that stands at a place of the text."""
        if any(name in record for name in ONCE):
            yield from (
                RawFact(name, value, self.lines.of_key(self.text, name, at))
                for name, value in record.items()
                if SUMMARY.fullmatch(name)
            )
            yield RawStatus(Status.FINISHED, self.lines.at(at))
            self.whole = (record, at)
            return
        step, place = number(record.get("step")), _place(record)
        if place is not None:
            if place[0] < self.before[0] or place[1] < self.before[1]:
                yield RawSegment(self.lines.at(at), "resume")
            self.before = place
        x = float(self.rows) if step is None else step
        epoch, axis = number(record.get("epoch")), Axis.ROW if step is None else Axis.STEP
        for name, raw in record.items():
            key = self._key(name, axis)
            value = number(raw) if key is not None else None
            if key is not None and value is not None:
                self.columns.add(
                    key,
                    x,
                    value,
                    self.lines.of_key(self.text, name, at),
                    math.nan if epoch is None else epoch,
                )
        if self.columns.full():
            yield from self.columns.chunks()
        self.rows += 1

    def many(self, groups: Sequence[Group], lines: Ints) -> Iterator[Record]:
        """Yield what records without a gap say, each with a step."""
        records = np.concatenate([group.records for group in groups])
        order = np.argsort(records, kind="stable")
        first = int(records[order[0]])
        step, epoch, placed = (
            np.full(len(records), math.nan),
            np.full(len(records), math.nan),
            np.zeros(len(records), dtype=bool),
        )
        for group in groups:
            at = group.records - first
            step[at] = group.values["step"].y
            if "epoch" in group.values:
                epoch[at], placed[at] = group.values["epoch"].y, group.values["epoch"].given
        yield from self._resumes(
            step, epoch, np.flatnonzero(placed), lines[first : first + len(records)]
        )
        columns: dict[ColumnKey, list[tuple[Ints, Value]]] = {}
        for group in groups:
            for name, value in group.values.items():
                if (key := self._key(name, Axis.STEP)) is not None and value.given.any():
                    columns.setdefault(key, []).append((group.records, value))
        for key, parts in columns.items():
            its = np.concatenate([numbers[value.given] for numbers, value in parts])
            y = np.concatenate([value.y[value.given] for _, value in parts])
            line = np.concatenate(
                [lines[numbers[value.given]] + value.below for numbers, value in parts]
            )
            rows = np.argsort(its, kind="stable")
            at = its[rows] - first
            self.columns.extend(
                key, step[at], y[rows], line[rows], epoch[at], np.full(len(at), math.nan)
            )
        if self.columns.full():
            yield from self.columns.chunks()
        self.rows += len(records)

    def _resumes(self, step: Floats, epoch: Floats, both: Ints, lines: Ints) -> Iterator[Record]:
        """Yield where a step or an epoch is set back, among the records that print both."""
        if not len(both):
            return
        earlier_step, earlier_epoch = (
            np.concatenate([[was], its[both][:-1]])
            for was, its in zip(self.before, (step, epoch), strict=True)
        )
        for at in both[(step[both] < earlier_step) | (epoch[both] < earlier_epoch)].tolist():
            yield RawSegment(int(lines[at]), "resume")
        self.before = (float(step[both[-1]]), float(epoch[both[-1]]))

    def _key(self, name: str, axis: Axis) -> ColumnKey | None:
        if (name, axis) not in self.keys:
            self.keys[name, axis] = _key(name, axis, self.window)
        return self.keys[name, axis]

    def end(self) -> Iterator[Record]:
        """Yield what is left, and how much was read."""
        if not self.rows and self.whole is not None:
            record, at = self.whole
            self.rows += _add_whole(
                self.columns, record, lambda name: self.lines.of_key(self.text, name, at)
            )
        yield from self.columns.chunks()
        yield RowsRead(self.rows, self.lines.count)


def _told(settings: dict[str, Any], text: str, lines: Lines) -> Iterator[Record]:
    """Yield what the keys beside the history say: settings, how far the training came, and what
    ended it.
    """
    known = [name for name in FACTS if settings.get(name) is not None and settings[name] != ENDLESS]
    yield from (RawFact(name, settings[name], lines.of_key(text, name, 0)) for name in known)
    if isinstance(reached := settings.get("global_step"), int) and reached > 0:
        # the last steps need not be logged
        yield RawFact(STEPS_DONE, reached, lines.of_key(text, "global_step", 0))
        if reached == settings.get("max_steps"):
            yield RawStatus(Status.FINISHED, lines.of_key(text, "global_step", 0))
    yield from _early_stop(settings, text, lines)


STOPPER: Final = "early_stopping_patience_counter"


def _early_stop(settings: dict[str, Any], text: str, lines: Lines) -> Iterator[RawEvent]:
    """Yield that EarlyStoppingCallback ended the training: its counter has reached its patience
    (transformers/trainer_callback.py).
    """
    callback = mapping(mapping(settings.get("stateful_callbacks")).get("EarlyStoppingCallback"))
    counter = number(mapping(callback.get("attributes")).get(STOPPER))
    patience = number(mapping(callback.get("args")).get("early_stopping_patience"))
    if counter is not None and patience is not None and counter >= patience > 0:
        yield RawEvent("early_stop", lines.of_key(text, STOPPER, 0), f'"{STOPPER}": {counter:g}')


def _place(record: dict[str, Any]) -> tuple[float, float] | None:
    """Return the step and the epoch of a record.

    A resumed Trainer goes on with both, but over a stream of data it counts the epoch from 0 again
    while the step goes on.
    """
    step, epoch = number(record.get("step")), number(record.get("epoch"))
    return None if step is None or epoch is None else (step, epoch)


def _add_whole(columns: Columns, record: dict[str, Any], line_of: Callable[[str], int]) -> int:
    """Add the mean loss of the whole run at its last step, all that is known of a run too short to
    log; return how many rows that is.
    """
    loss, step = number(record.get("train_loss")), number(record.get("step"))
    if loss is None or step is None:
        return 0
    columns.add(
        ColumnKey("loss", "train", Axis.STEP, Statistic.RUNNING_MEAN),
        step,
        loss,
        line_of("train_loss"),
    )
    return 1


def _line_starts(text: str) -> list[int]:
    """Return where the lines of a text begin."""
    if not text.isascii():
        return [0, *(match.end() for match in re.finditer("\n", text))]
    raw = np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    return [0, *(np.flatnonzero(raw == ord("\n")) + 1).tolist()]


class Lines:
    """Tells the line of a place in a text."""

    def __init__(self, text: str) -> None:
        self._starts = _line_starts(text)
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
    """Return the state without its history: from the document, or what stands before the history of
    a torn one.
    """
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
