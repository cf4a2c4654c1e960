"""Opens SQLite databases that trackers keep, without writing anything beside them."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from lossreport.reading.bytes.reader import DATABASE, LogFile
from lossreport.text import Text

WAL: Final = "-wal"
"""Ending of the file beside a database that holds what was not yet put into it."""
MOST_ZEROS: Final = 1 << 32
"""A header that plans more than 4 GiB beyond the file is damaged itself."""
DAMAGED = Text(zh="数据库在此处损坏或中断", en="the database is damaged or truncated here")


@contextmanager
def opened(log: LogFile) -> Iterator[sqlite3.Connection]:
    """Open a database for reading; sqlite3.DatabaseError where it is none.

    Opened in place as immutable: SQLite then makes no `-wal` and `-shm` beside it. Where a writer
    left a `-wal` with content, the file is packed, cut short or a member of an archive, a copy in a
    temporary folder is read. Pages that a cut took are zeros in it: SQLite would refuse the whole
    file, and so gives the rows before them.
    """
    wal = None if log.path is None else log.path.with_name(log.path.name + WAL)
    has_wal = wal is not None and wal.is_file() and wal.stat().st_size > 0
    if (
        log.path is not None
        and not has_wal
        and not log.is_packed
        and log.path.stat().st_size >= _planned_bytes(log.head)
    ):
        with closing(_connected(log.path, "mode=ro&immutable=1")) as connection:
            yield connection
        return
    with tempfile.TemporaryDirectory(prefix="lossreport-") as folder:
        copy = Path(folder) / "copy.db"
        with log.open() as packed, copy.open("wb") as file:
            shutil.copyfileobj(packed, file)
            file.truncate(max(file.tell(), min(_planned_bytes(log.head), MOST_ZEROS + file.tell())))
        if wal is not None and has_wal:
            shutil.copyfile(wal, copy.with_name(copy.name + WAL))
        with closing(_connected(copy, "mode=rw")) as connection:
            yield connection


def _planned_bytes(head: bytes) -> int:
    """Return the size by the header: page size (byte 16, where 1 is 65536) times pages (byte 28);
    www.sqlite.org/fileformat.html 1.3.
    """
    page = int.from_bytes(head[16:18], "big")
    return (1 << 16 if page == 1 else page) * int.from_bytes(head[28:32], "big")


def is_cut(log: LogFile) -> bool:
    """Return whether the file is shorter than its header says: then indexes may be gone where rows
    are not.
    """
    if log.path is not None and not log.is_packed:
        return log.path.stat().st_size < _planned_bytes(log.head)
    with log.open() as file:
        return sum(len(block) for block in iter(lambda: file.read(1 << 20), b"")) < _planned_bytes(
            log.head
        )


def _connected(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)
    connection.text_factory = _text
    return connection


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def tables(log: LogFile) -> dict[str, frozenset[str]]:
    """Return the columns of every table by its name; nothing where the file is no database, or its
    first pages are damaged.
    """
    if not log.head.startswith(DATABASE):
        return {}
    try:
        with opened(log) as connection:
            names = [
                str(name)
                for (name,) in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table'"
                )
            ]
            return {name: columns(connection, name) for name in names}
    except sqlite3.DatabaseError:
        return {}


def columns(connection: sqlite3.Connection, table: str) -> frozenset[str]:
    """Return the columns of a table; none where there is no such table."""
    return frozenset(
        str(row[0]) for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    )
