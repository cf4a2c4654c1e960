"""Guild AI keeps a run in a hidden folder that is looked at; Aim keeps its points where they cannot
be read, which is said with what to do.
"""

import sqlite3
from pathlib import Path

import pytest

from lossreport.errors import NothingReadError
from lossreport.model.run import Status
from lossreport.reading.discover import ReadOptions, read_paths


def test_flags_and_end_of_a_run_of_guild_are_facts_of_its_log(tmp_path: Path) -> None:
    run_folder = tmp_path / "runs" / "0a1b"
    attrs = run_folder / ".guild" / "attrs"
    attrs.mkdir(parents=True)
    (run_folder / "history.csv").write_text("step,loss\n1,2\n2,1\n")
    for name, text in {
        "flags": "lr: 0.2\nnet:\n  depth: 3\n",
        "exit_status": "1",
        "started": "1700000000000000",
        "env": "TOKEN: abc\n",
        "id": "0a1b",
    }.items():
        (attrs / name).write_text(text)
    (run_folder / ".guild" / "sourcecode").mkdir()
    (run_folder / ".guild" / "sourcecode" / "config.yaml").write_text("lr: 0.9\nepochs: 3\n")
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    facts = {fact.name: fact.value for fact in run.facts}
    assert facts == {"exit_status": 1, "lr": 0.2, "net.depth": 3, "started": "2023-11-14 22:13:20"}
    assert run.status is Status.CRASHED
    assert run.skipped == ()


def test_a_repository_of_aim_is_refused_with_the_way_to_export_it(tmp_path: Path) -> None:
    (tmp_path / ".aim" / "seqs").mkdir(parents=True)
    with sqlite3.connect(tmp_path / ".aim" / "run_metadata.sqlite") as connection:
        connection.executescript(
            "CREATE TABLE run (hash TEXT, is_archived INTEGER, finalized_at TEXT); CREATE TABLE "
            "run_tag (run_id INTEGER); INSERT INTO run VALUES ('0a', 0, NULL);"
        )
    connection.close()
    (tmp_path / ".aim" / "seqs" / "000009.sst").write_bytes(b"\x00\x01")
    with pytest.raises(
        NothingReadError, match=r"a repository of Aim \(runs: 1\).*export them as CSV"
    ):
        read_paths([tmp_path])
    (tmp_path / "log.csv").write_text("step,loss\n1,2\n2,1\n")
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert [(skip.path, skip.code) for skip in run.skipped] == [
        (".aim/run_metadata.sqlite", "refused")
    ]
