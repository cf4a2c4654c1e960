"""A database is read without a trace beside it, also one that a writer left open, a packed one and
a damaged one.
"""

import lzma
import sqlite3
from pathlib import Path

import pytest

from lossreport.reading.bytes.database import opened, tables
from lossreport.reading.bytes.reader import LogFile


def make(path: Path, rows: int = 3, journal: str = "delete") -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute("CREATE TABLE metrics (step INTEGER, value REAL)")
    connection.executemany("INSERT INTO metrics VALUES (?, ?)", ((i, i / 2) for i in range(rows)))
    connection.commit()
    return connection


def count(log: LogFile) -> int:
    with opened(log) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM metrics").fetchone()[0])


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_reading_leaves_no_trace(tmp_path: Path, journal: str) -> None:
    path = tmp_path / "a b%20#?.db"
    make(path, journal=journal).close()
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert count(LogFile(path.name, path=path)) == 3
    assert tables(LogFile(path.name, path=path)) == {"metrics": frozenset({"step", "value"})}
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_rows_still_in_the_write_ahead_log_are_read_and_left_there(tmp_path: Path) -> None:
    path = tmp_path / "open.db"
    connection = make(path, journal="wal")
    before = {
        file.name: file.read_bytes()
        for file in tmp_path.iterdir()
        if not file.name.endswith("-shm")
    }
    assert f"{path.name}-wal" in before
    assert count(LogFile(path.name, path=path)) == 3
    assert {
        file.name: file.read_bytes()
        for file in tmp_path.iterdir()
        if not file.name.endswith("-shm")
    } == before
    connection.close()


def test_a_packed_database_and_one_in_memory_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    make(path, journal="wal").close()
    data = path.read_bytes()
    packed = tmp_path / "x.db.xz"
    packed.write_bytes(lzma.compress(data))
    assert [count(LogFile("x", path=packed)), count(LogFile("x", data=data))] == [3, 3]


@pytest.mark.parametrize("data", [b"no database", b"SQLite format 3\0" + bytes(200), b""])
def test_what_is_no_database_has_no_tables(data: bytes) -> None:
    assert tables(LogFile("x", data=data)) == {}


def test_text_that_is_no_utf8_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    connection = make(path)
    connection.execute("CREATE TABLE names (name TEXT)")
    connection.execute("INSERT INTO names VALUES (CAST(x'ff41' AS TEXT))")
    connection.commit()
    connection.close()
    with opened(LogFile("x", path=path)) as found:
        assert found.execute("SELECT name FROM names").fetchall() == [("\ufffdA",)]
