"""Studies of Optuna in SQLite (`optuna.db`) or in a journal of JSON lines: trials with parameters,
results and the values on their way.

Source: optuna/storages/_rdb/models.py and optuna/storages/journal/_storage.py of Optuna 5.0 (tables
since 2.4), and stores that they wrote. A value that is not finite is told by its type. Of a
database `line` is the number of the record: study after study, of each its trials in their order.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport.model.run import FactValue
from lossreport.reading.bytes.database import DAMAGED, columns, opened, tables
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.json_lines import head_objects, records
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.trials import Records, Study, Trial
from lossreport.reading.kit.untrusted import json_of, whole
from lossreport.reading.parser import Parser, Record, RowsRead, Score, SkippedLine
from lossreport.text import Text

NEEDED: Final = {
    "studies": {"study_id", "study_name"},
    "trials": {"trial_id", "number", "study_id", "state"},
    "trial_values": {"trial_id", "value"},
}
KINDS: Final = {"INF_POS": math.inf, "INF_NEG": -math.inf, "NAN": math.nan}
METRIC_NAMES: Final = "study:metric_names"
TRIALS: Final = (
    "SELECT trial_id, number, study_id, state, datetime_start, datetime_complete FROM trials "
    "ORDER BY study_id, number"
)
CREATED, DELETED, STUDY_ATTRIBUTE, TRIAL, PARAM, STATE, REPORTED = 0, 1, 3, 4, 5, 6, 7
"""Operations of a journal that tell of values (`JournalOperation`)."""
STATES: Final = ("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING")
"""`TrialState` by its number."""
DIRECTIONS: Final = ("not_set", "minimize", "maximize")


def sniff(log: LogFile) -> Score:
    """Claim databases with the tables of Optuna, and lines that are operations of its journal."""
    found = tables(log)
    if found:
        is_optuna = all(
            columns <= found.get(table, frozenset()) for table, columns in NEEDED.items()
        )
        return (
            Score(0.97, "a SQLite database with the tables of Optuna")
            if is_optuna
            else Score(0.0, "not a database of Optuna")
        )
    if b'"op_code"' not in log.head[:4096]:
        return Score(0.0, "no journal of Optuna")
    rows, seen = head_objects(log)
    mine = [row for row in rows if isinstance(row.get("op_code"), int) and "worker_id" in row]
    return (
        Score(0.96, f"{len(mine)} operations of a journal of Optuna")
        if mine and len(mine) == seen
        else Score(0.0, "no journal of Optuna")
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield every trial as a run, or what was the best so far where there are many; raises LogError
    where the file cannot be opened.
    """
    book = Records()
    if not log.head.startswith(b"SQLite"):
        yield from _journal(log, book)
        return
    studies: dict[int, Study] = {}
    try:
        with opened(log) as connection:
            _fill(connection, studies)
    except sqlite3.DatabaseError:  # what stands before the damage is used
        yield SkippedLine(1, DAMAGED, torn=True)
    yield from book.of(list(studies.values()))
    yield RowsRead(book.rows, book.last)


def _fill(connection: sqlite3.Connection, studies: dict[int, Study]) -> None:
    """Read the studies and their trials into `studies`."""
    for study_id, name in connection.execute(
        "SELECT study_id, study_name FROM studies ORDER BY study_id"
    ):
        studies[study_id] = Study(name=str(name))
    for study_id, study in studies.items():
        study.directions = [
            str(row[0]).lower() for row in connection.execute(DIRECTIONS_OF, (study_id,))
        ] or study.directions
        study.names = _names(connection.execute(NAMES_OF, (study_id, METRIC_NAMES)).fetchone())
    trials: dict[int, Trial] = {}
    for trial_id, trial_number, study_id, state, start, end in connection.execute(TRIALS):
        trials[trial_id] = Trial(
            number=int(trial_number),
            state=str(state),
            times=[str(time) for time in (start, end) if time],
        )
        if study_id in studies:
            studies[study_id].trials.append(trials[trial_id])
    for trial_id, name, value, distribution in connection.execute(
        "SELECT trial_id, param_name, param_value, distribution_json FROM trial_params"
    ):
        if trial_id in trials:
            trials[trial_id].params[str(name)] = _parameter(value, distribution)
    for trial_id, objective, value in _typed(connection, "trial_values", "objective", "value"):
        if trial_id in trials:
            trials[trial_id].values[objective] = value
    for trial_id, step, value in _typed(
        connection, "trial_intermediate_values", "step", "intermediate_value"
    ):
        if trial_id in trials:
            trials[trial_id].reported[step] = value


DIRECTIONS_OF: Final = (
    "SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective"
)
NAMES_OF: Final = "SELECT value_json FROM study_system_attributes WHERE study_id = ? AND key = ?"


def _typed(
    connection: sqlite3.Connection, table: str, place: str, name: str
) -> Iterator[tuple[int, int, float]]:
    """Yield (trial, place, value); the type of a value stands beside it since Optuna 3."""
    kind = f"{name}_type"
    kinds = kind if kind in columns(connection, table) else "'FINITE'"
    for trial_id, at, value, typed in connection.execute(
        f"SELECT trial_id, {place}, {name}, {kinds} FROM {table} ORDER BY trial_id, {place}"
    ):
        found = KINDS.get(str(typed), value)
        if found is not None:
            yield int(trial_id), int(at), float(found)


def _names(row: tuple[Any, ...] | None) -> tuple[str, ...]:
    try:
        value = json_of(row[0]) if row is not None else ()
    except ValueError:
        return ()
    return tuple(str(name) for name in value) if isinstance(value, list) else ()


def _parameter(value: object, distribution: object) -> FactValue:
    """Return a parameter as the program got it: the choice itself of a category, a whole number of
    whole numbers.
    """
    try:
        described = json_of(str(distribution))
    except ValueError:
        described = {}
    described = described if isinstance(described, dict) else {}
    found, kind = number(value), str(described.get("name", ""))
    if found is None:
        return None
    attributes = described.get("attributes")
    choices = attributes.get("choices") if isinstance(attributes, dict) else None
    if isinstance(choices, list) and 0 <= found < len(choices):
        choice = choices[int(found)]
        return choice if isinstance(choice, bool | int | float | str) else str(choice)
    return whole(found) if kind.startswith("Int") else found


def _journal(log: LogFile, book: Records) -> Iterator[Record]:
    studies, trials = list[Study](), list[Trial]()
    gone, last = set[int](), 0
    for record in records(log):
        last = record.line
        if record.reason is not None:
            yield SkippedLine(record.line, record.reason, torn=record.torn)
        if record.row is not None:
            _operate(record.row, record.line, studies, trials, gone)
    yield from book.of([study for place, study in enumerate(studies) if place not in gone])
    yield RowsRead(book.rows, last)


def _operate(
    row: Mapping[str, Any], line: int, studies: list[Study], trials: list[Trial], gone: set[int]
) -> None:
    """Do what one operation of a journal says; studies and trials are numbered in the order they
    were made.
    """
    code, trial_id, study_id = row.get("op_code"), row.get("trial_id"), row.get("study_id")
    trial = trials[trial_id] if isinstance(trial_id, int) and 0 <= trial_id < len(trials) else None
    study = (
        studies[study_id] if isinstance(study_id, int) and 0 <= study_id < len(studies) else None
    )
    if code == CREATED:
        directions = [
            DIRECTIONS[at] for at in row.get("directions") or () if at in range(len(DIRECTIONS))
        ]
        studies.append(
            Study(name=str(row.get("study_name")), directions=directions or ["minimize"])
        )
    elif code == DELETED and isinstance(study_id, int):
        gone.add(study_id)
    elif code == STUDY_ATTRIBUTE and study is not None:
        study.names = (
            tuple(row["system_attr"].get(METRIC_NAMES, study.names))
            if isinstance(row.get("system_attr"), dict)
            else study.names
        )
    elif code == TRIAL and study is not None:
        trials.append(Trial(number=len(study.trials), state="RUNNING", lines=[line]))
        study.trials.append(trials[-1])
        _finish(trials[-1], row)
    elif trial is not None:
        _change(trial, row, line)


def _change(trial: Trial, row: Mapping[str, Any], line: int) -> None:
    code = row.get("op_code")
    if code == PARAM:
        trial.params[str(row.get("param_name"))] = _parameter(
            row.get("param_value_internal"), row.get("distribution")
        )
    elif code == STATE:
        _finish(trial, row)
        trial.lines.append(line)
    elif code == REPORTED:
        step, value = number(row.get("step")), number(row.get("intermediate_value"))
        at = None if step is None else whole(step)
        if at is not None and value is not None and at not in trial.reported:
            trial.reported[at] = value
            trial.lines.append(line)


def _finish(trial: Trial, row: Mapping[str, Any]) -> None:
    """Take the state, the results and the times of a trial, where an operation names them."""
    state = row.get("state")
    trial.state = (
        STATES[state] if isinstance(state, int) and 0 <= state < len(STATES) else trial.state
    )
    values = [number(value) for value in row.get("values") or ()]
    trial.values |= {
        objective: value for objective, value in enumerate(values) if value is not None
    }
    trial.times += [
        str(row[name]) for name in ("datetime_start", "datetime_complete") if row.get(name)
    ]


PARSER = Parser(
    id="optuna",
    title=Text(
        zh="Optuna 的 study（SQLite 或日志文件）", en="studies of Optuna (SQLite or journal)"
    ),
    sniff=sniff,
    read=read,
)
