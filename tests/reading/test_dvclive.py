"""DVCLive: many tables are one run, named by their place; last values are facts."""

import math
import shutil
from pathlib import Path

import pytest

from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.discover import MIN_SCORE, ReadOptions, read_paths
from lossreport.reading.formats.dvclive import PARSER, read, sniff
from lossreport.reading.parser import ColumnChunk, SkippedLine

SAMPLE = Path(__file__).resolve().parents[2] / "sample_logs" / "formats" / "dvclive"
TABLE = "plots/metrics/train/loss.tsv"


def values(text: str) -> list[list[float]]:
    found = [
        record
        for record in read(LogFile(TABLE, data=text.encode()))
        if isinstance(record, ColumnChunk)
    ]
    return [
        [*pair] for chunk in found for pair in zip(chunk.x.tolist(), chunk.y.tolist(), strict=True)
    ]


@pytest.mark.parametrize("below", ["", "plots", "plots/metrics"])
def test_a_run_may_be_named_at_any_depth(tmp_path: Path, below: str) -> None:
    shutil.copytree(SAMPLE, tmp_path / "dvclive")
    (run,) = read_paths([tmp_path / "dvclive" / below], ReadOptions(strict=True))
    assert sorted(f"{series.split}/{series.name}" for series in run.series) == [
        "train/loss",
        "val/heads/action_loss",
    ]


def test_two_runs_side_by_side_stay_apart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        shutil.copytree(SAMPLE, tmp_path / name)
        (tmp_path / name / "metrics.json").write_text(
            f'{{"train": {{"loss": {ord(name)}}}, "step": 3}}', encoding="utf-8"
        )
    found = read_paths([tmp_path], ReadOptions(strict=True))
    assert [(run.name, run.value("summary/train/loss")) for run in found] == [
        ("a", 97.0),
        ("b", 98.0),
    ]


def test_nan_is_nan_and_missing_is_nothing() -> None:
    assert values("step\tloss\n0\t0.5\n1\tnan\n2\t\n")[0] == [0, 0.5]
    assert math.isnan(values("step\tloss\n0\t0.5\n1\tnan\n2\t\n")[1][1])
    assert len(values("step\tloss\n0\t0.5\n1\tnan\n2\t\n")) == 2


def test_a_time_stamp_before_the_step_and_a_second_header_are_known() -> None:
    assert values(
        "timestamp\tstep\tloss\n1700000000\t0\t0.5\ntimestamp\tstep\tloss\n1700000001\t1\t0.25\n"
    ) == [[0, 0.5], [1, 0.25]]


def test_a_torn_end_is_named() -> None:
    log = LogFile(TABLE, data=b"step\tloss\n0\t0.5\n1\t0.2")
    assert [
        (record.line, record.torn) for record in read(log) if isinstance(record, SkippedLine)
    ] == [(3, True)]
    assert values("step\tloss\n0\t0.5\n1\t0.2") == [[0, 0.5]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("loss.tsv", "step\tloss\n0\t1\n"),
        ("plots/metrics/acc.tsv", "step\tloss\n0\t1\n"),
        (TABLE, "step\tepoch\tloss\n0\t0\t1\n"),
        ("metrics.json", '{"train": {"loss": 1}}'),
        ("metrics.json", '{"step": 3, "note": "text"}'),
        ("metrics.json", '{"step": 3, "loss": [1, 2]}'),
    ],
)
def test_what_only_looks_like_it_is_not_claimed(name: str, text: str) -> None:
    assert sniff(LogFile(name, data=text.encode())).value < MIN_SCORE


def test_the_folder_of_a_run_lies_above_plots() -> None:
    assert PARSER.run_folder is not None
    assert [PARSER.run_folder(shown) for shown in (TABLE, f"a/b/{TABLE}", "a/metrics.json")] == [
        "",
        "a/b",
        "a",
    ]
