"""Studies of Optuna: a trial that reported values on its way is a run; of many trials, or of mere
results, the best so far is told.
"""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from lossreport.model.run import Run, Status
from lossreport.reading.discover import ReadOptions, read_paths
from lossreport.reading.kit.trials import MOST_RUNS

TABLES = """
    CREATE TABLE studies (study_id INTEGER, study_name TEXT);
    CREATE TABLE study_directions (study_id INTEGER, direction TEXT, objective INTEGER);
    CREATE TABLE study_system_attributes (study_id INTEGER, key TEXT, value_json TEXT);
    CREATE TABLE trials (trial_id INTEGER, number INTEGER, study_id INTEGER, state TEXT, datetime_start TEXT, datetime_complete TEXT);
    CREATE TABLE trial_params (trial_id INTEGER, param_name TEXT, param_value FLOAT, distribution_json TEXT);
    CREATE TABLE trial_values (trial_id INTEGER, objective INTEGER, value FLOAT, value_type TEXT);
    CREATE TABLE trial_intermediate_values (trial_id INTEGER, step INTEGER, intermediate_value FLOAT, intermediate_value_type TEXT);
"""
FLOAT = json.dumps({"name": "FloatDistribution", "attributes": {"low": 0, "high": 1}})
CHOICE = json.dumps({"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}})


def runs(path: Path) -> tuple[Run, ...]:
    return read_paths([path], ReadOptions(strict=True))


def database(
    path: Path,
    trials: Iterable[tuple[str, float | None, list[float | None]]],
    direction: str = "MINIMIZE",
) -> Path:
    """Write one study whose trials have a state, a result and values on their way; None is NaN."""
    with sqlite3.connect(path) as connection:
        connection.executescript(TABLES)
        connection.execute("INSERT INTO studies VALUES (1, 'search')")
        connection.execute("INSERT INTO study_directions VALUES (1, ?, 0)", (direction,))
        connection.execute(
            "INSERT INTO study_system_attributes VALUES (1, 'study:metric_names', '[\"val loss\"]')"
        )
        for number, (state, result, reported) in enumerate(trials):
            connection.execute(
                "INSERT INTO trials VALUES (?, ?, 1, ?, '2026-05-01 10:00:00', NULL)",
                (number + 7, number, state),
            )
            connection.execute(
                "INSERT INTO trial_params VALUES (?, 'lr', ?, ?)", (number + 7, number / 10, FLOAT)
            )
            connection.execute(
                "INSERT INTO trial_params VALUES (?, 'optimiser', ?, ?)",
                (number + 7, number % 2, CHOICE),
            )
            if result is not None:
                connection.execute(
                    "INSERT INTO trial_values VALUES (?, 0, ?, 'FINITE')", (number + 7, result)
                )
            for step, value in enumerate(reported):
                row = (number + 7, step, value, "NAN" if value is None else "FINITE")
                connection.execute("INSERT INTO trial_intermediate_values VALUES (?, ?, ?, ?)", row)
    connection.close()
    return path


def test_a_trial_with_values_on_its_way_is_a_run_with_its_parameters_and_its_end(
    tmp_path: Path,
) -> None:
    trials = [
        ("COMPLETE", 0.5, [1.0, None, 0.5]),
        ("PRUNED", None, [2.0, 3.0]),
        ("FAIL", None, []),
        ("FAIL", None, [9.0]),
    ]
    first, pruned, failed = runs(database(tmp_path / "optuna.db", trials))
    (series,) = first.series
    assert (series.label, series.x.tolist(), str(series.y.tolist()), series.line.tolist()) == (
        "val/val loss",
        [0, 1, 2],
        "[1.0, nan, 0.5]",
        [2, 3, 4],
    )
    assert (
        first.name,
        first.status,
        first.value("lr"),
        first.value("optimiser"),
        first.value("final_val loss"),
    ) == (
        "trial 0",
        Status.FINISHED,
        0.0,
        "adam",
        0.5,
    )
    assert (pruned.name, pruned.status, pruned.value("optimiser")) == (
        "trial 1",
        Status.INTERRUPTED,
        "sgd",
    )
    assert (failed.name, failed.status, failed.value("lr")) == ("trial 3", Status.CRASHED, 0.3)


@pytest.mark.parametrize(("count", "expected"), [(MOST_RUNS, MOST_RUNS), (MOST_RUNS + 1, 1)])
def test_of_more_trials_than_anybody_reads_only_the_best_so_far_is_told(
    tmp_path: Path, count: int, expected: int
) -> None:
    assert (
        len(runs(database(tmp_path / "optuna.db", [("COMPLETE", 0.5, [1.0, 0.5])] * count)))
        == expected
    )


@pytest.mark.parametrize(("direction", "best"), [("MINIMIZE", [3, 1, 1]), ("MAXIMIZE", [3, 3, 4])])
def test_the_best_so_far_follows_the_direction_and_counts_completed_trials_only(
    tmp_path: Path, direction: str, best: list[float]
) -> None:
    trials: list[tuple[str, float | None, list[float | None]]] = [
        ("COMPLETE", 3, []),
        ("PRUNED", 0, []),
        ("COMPLETE", 1, []),
        ("COMPLETE", 4, []),
    ]
    (run,) = runs(database(tmp_path / "optuna.db", trials, direction))
    (series,) = run.series
    assert (series.label, series.y.tolist()) == ("val/best_val loss", best)
    assert (run.value("n_trials"), run.value("n_trials_pruned"), run.value("best_trial")) == (
        4,
        1,
        3 if direction == "MAXIMIZE" else 2,
    )
    # the best parameters are not those of a training that was read here
    assert run.value("lr") is None


def journal(path: Path, operations: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps({'worker_id': 'w', **one})}\n" for one in operations))
    return path


def create(study: int = 0) -> dict[str, Any]:
    return {"op_code": 4, "study_id": study, "datetime_start": "2026-05-01T10:00:00"}


def reported(trial: int, step: int, value: float) -> dict[str, Any]:
    return {"op_code": 7, "trial_id": trial, "step": step, "intermediate_value": value}


def done(trial: int, value: float) -> dict[str, Any]:
    return {
        "op_code": 6,
        "trial_id": trial,
        "state": 1,
        "values": [value],
        "datetime_complete": "2026-05-01T10:05:00",
    }


def test_trials_of_a_journal_stand_on_their_own_lines(tmp_path: Path) -> None:
    operations = [{"op_code": 0, "study_name": "search", "directions": [1]}]
    operations += [
        create(),
        reported(0, 0, 2.0),
        reported(0, 1, 1.0),
        done(0, 1.0),
        create(),
        reported(1, 0, 3.0),
        reported(1, 1, 2.5),
        done(1, 2.5),
    ]
    first, second = runs(journal(tmp_path / "journal.log", operations))
    assert [
        (run.name, run.series[0].line.tolist(), run.series[0].y.tolist()) for run in (first, second)
    ] == [
        ("trial 0", [3, 4], [2.0, 1.0]),
        ("trial 1", [7, 8], [3.0, 2.5]),
    ]


def test_trials_that_workers_wrote_in_turn_are_told_by_the_best_so_far(tmp_path: Path) -> None:
    operations = [{"op_code": 0, "study_name": "search", "directions": [1]}, create(), create()]
    operations += [
        reported(0, 0, 2.0),
        reported(1, 0, 3.0),
        reported(0, 1, 1.5),
        reported(1, 1, 1.0),
        done(1, 1.0),
        done(0, 1.5),
    ]
    (run,) = runs(journal(tmp_path / "journal.log", operations))
    (series,) = run.series
    assert (series.name, series.y.tolist(), series.line.tolist()) == (
        "best_objective",
        [1.0, 1.0],
        [8, 9],
    )
