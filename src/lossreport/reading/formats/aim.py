"""A repository of Aim, told by the database that lies in it: its points are in RocksDB and cannot
be read here, so how to export them is said.

Source: aim/storage/structured/sql_engine/models.py of aim 3.29, and a repository that it wrote:
`.aim/run_metadata.sqlite` lists the runs; values are in `.aim/seqs/chunks/<run>/*.sst`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from lossreport.reading.bytes.database import opened, tables
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.parser import Parser, Record, Refusal, Score
from lossreport.text import Text

NEEDED: Final = {
    "run": frozenset(("hash", "is_archived", "finalized_at")),
    "run_tag": frozenset(("run_id",)),
}
EXPORT = Text(
    zh="Aim 仓库（运行数：{count}）：数据点存放在 RocksDB 中，没有 Aim 无法读取；请用 `aim "
    "up` 在 Metrics 页面导出 CSV，或在 Python 中把 `Run(hash).metrics()` 逐个转为 "
    "`dataframe()` 写成 CSV，再把该文件交给 lossreport",
    en="a repository of Aim (runs: {count}), whose points lie in RocksDB and cannot be read "
    "without Aim: export them as CSV from the Metrics page of `aim up`, or write "
    "`dataframe()` of each of `Run(hash).metrics()` to a CSV in Python, and give that file",
)


def sniff(log: LogFile) -> Score:
    """Claim the database of runs in a repository."""
    found = tables(log) if log.shown.endswith(".sqlite") else {}
    if all(columns <= found.get(table, frozenset()) for table, columns in NEEDED.items()):
        return Score(0.97, "the database of runs of Aim")
    return Score(0.0, "not the database of runs of Aim")


def read(log: LogFile) -> Iterator[Record]:
    """Refuse the repository with the number of its runs and the way to export them."""
    with opened(log) as connection:
        try:
            (count,) = connection.execute("SELECT count(*) FROM run").fetchone()
        except sqlite3.DatabaseError:  # a damaged database is still the sign of a repository
            count = 0
    yield Refusal(EXPORT(count=int(count)))


PARSER = Parser(
    id="aim",
    title=Text(
        zh="Aim 仓库（.aim，只说明如何导出）",
        en="a repository of Aim (.aim; only how to export it is told)",
    ),
    sniff=sniff,
    read=read,
)
