"""When a run began and ended is read from the dates that JSON records give, however they name
them.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lossreport

ROWS = [("2026-01-02T03:04:05", 2.0), ("2026-01-02T03:14:05", 1.5), ("2026-01-02T04:04:05", 1.0)]
TIME = ("2026-01-02 03:04:05", "2026-01-02 04:04:05")


def written(folder: Path, name: str, times: list[object], *, as_list: bool) -> Path:
    rows = [
        {name: time, "step": step, "loss": loss, "val_loss": loss + 0.1}
        for step, (time, (_, loss)) in enumerate(zip(times, ROWS, strict=True))
    ]
    text = json.dumps(rows) if as_list else "".join(json.dumps(row) + "\n" for row in rows)
    (folder / ("log.json" if as_list else "log.jsonl")).write_text(text)
    return folder


@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize("name", ["time", "ts", "timestamp", "created_at", "date_time", "时间"])
@pytest.mark.parametrize("more", ["", ".250", "Z", "+08:00"])
def test_dates_in_the_rows_are_when_the_run_began_and_ended(
    name: str, more: str, as_list: bool, tmp_path: Path
) -> None:
    (run,) = lossreport.read_runs(
        [written(tmp_path, name, [time + more for time, _ in ROWS], as_list=as_list)]
    )
    assert run.time == TIME
    assert {series.name for series in run.series} == {"loss"}


@pytest.mark.parametrize("times", [[0.1, 0.2, 0.3], ["fast", "slow", "fast"], [None, None, None]])
def test_a_duration_or_a_word_is_no_date(times: list[object], tmp_path: Path) -> None:
    (run,) = lossreport.read_runs([written(tmp_path, "time", times, as_list=False)])
    assert run.time == (None, None)


def test_a_date_beside_another_meaning_is_none(tmp_path: Path) -> None:
    times: list[object] = [time for time, _ in ROWS]
    (run,) = lossreport.read_runs([written(tmp_path, "data_version", times, as_list=False)])
    assert run.time == (None, None)
