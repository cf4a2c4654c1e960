"""Trackio's database: runs apart, NaN spelled as text, old versions without run ids."""

import json
import math
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from lossreport.model.run import Run
from lossreport.reading.discover import ReadOptions, read_paths

SAMPLE = Path(__file__).resolve().parents[2] / "sample_logs" / "formats" / "trackio"


def values(run: Run, name: str) -> list[float]:
    (series,) = (series for series in run.series if f"{series.split}/{series.name}" == name)
    return series.y.tolist()


def write(path: Path, rows: Sequence[tuple[str, int, Mapping[str, object] | str]]) -> Path:
    """A database as versions without run ids made it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE metrics (id INTEGER PRIMARY KEY, timestamp TEXT, run_name TEXT, step "
            "INTEGER, metrics TEXT)"
        )
        connection.executemany(
            "INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES "
            "('2026-01-01T00:00:00', ?, ?, ?)",
            [
                (name, step, row if isinstance(row, str) else json.dumps(row))
                for name, step, row in rows
            ],
        )
    return path


def test_two_runs_keep_their_names_settings_and_values() -> None:
    first, second = read_paths([SAMPLE], ReadOptions(strict=True))
    assert [run.name for run in (first, second)] == ["first", "second"]
    assert [(run.value("lr"), run.value("model.depth")) for run in (first, second)] == [
        (0.1, 4),
        (0.05, 4),
    ]
    assert values(first, "train/loss") == [2.3 * math.exp(-step / 5) for step in range(12)]
    assert math.isnan(values(second, "train/loss")[10])
    assert values(second, "train/loss")[11] == math.inf
    assert len(values(first, "val/loss")) == 3
    assert [run.time[0] is not None and run.time[0][:10] for run in (first, second)] == [
        "2026-11-25",
        "2026-11-25",
    ]


def test_rows_of_runs_that_write_at_once_are_sorted_out(tmp_path: Path) -> None:
    rows = [
        (name, step, {"loss": base + step})
        for step in range(4)
        for name, base in (("a", 0), ("b", 100))
    ]
    first, second = read_paths([write(tmp_path / "x.db", rows)], ReadOptions(strict=True))
    assert (values(first, "train/loss"), values(second, "train/loss")) == (
        [0, 1, 2, 3],
        [100, 101, 102, 103],
    )
    assert [series.line.tolist() for run in (first, second) for series in run.series] == [
        [2, 3, 4, 5],
        [7, 8, 9, 10],
    ]


def test_a_run_without_configuration_takes_none_from_another(tmp_path: Path) -> None:
    path = write(tmp_path / "x.db", [("a", 0, {"loss": 1}), ("b", 0, {"loss": 2})])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE configs (id INTEGER PRIMARY KEY, run_name TEXT, config TEXT)"
        )
        connection.execute(
            "INSERT INTO configs (run_name, config) VALUES ('a', "
            '\'{"lr": 0.5, "_Username": "someone"}\')'
        )
    first, second = read_paths([path], ReadOptions(strict=True))
    assert [run.value("lr") for run in (first, second)] == [0.5, None]
    assert first.value("_Username") is None


def test_a_record_that_is_no_json_is_named(tmp_path: Path) -> None:
    (run,) = read_paths(
        [write(tmp_path / "x.db", [("a", 0, {"loss": 1}), ("a", 1, "{")])], ReadOptions(strict=True)
    )
    assert [(source.rows, source.skips[0][0]) for source in run.sources] == [(1, 3)]


def test_a_database_cut_short_gives_what_stands_before(tmp_path: Path) -> None:
    path = write(tmp_path / "x.db", [("a", step, {"loss": step}) for step in range(5000)])
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    (run,) = read_paths([path], ReadOptions(strict=True))
    assert (run.sources[0].torn, run.sources[0].skipped) == (True, 1)
    assert 1000 < len(values(run, "train/loss")) < 4000


def test_a_database_in_use_is_read_with_what_stands_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("CREATE TABLE configs (id INTEGER, run_name TEXT, config TEXT)")
        write(path, [("a", step, {"loss": step}) for step in range(3)])
        assert (tmp_path / "x.db-wal").is_file()
        (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert (values(run, "train/loss"), run.skipped) == ([0, 1, 2], ())
