"""The file of a W&B run, of old and new versions: history, configuration, console and exit code."""

import json
import math
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from lossreport.model.run import Run, Status
from lossreport.reading.bytes.leveldb import HEADER
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.discover import ReadOptions, read_paths
from lossreport.reading.formats import wandb, wandb_files
from lossreport.reading.parser import RawFact
from wire import Field, message

SAMPLES = Path(__file__).resolve().parents[2] / "sample_logs" / "formats"


def history(row: Mapping[str, object]) -> bytes:
    return message(
        (
            2,
            message(
                *((1, message((1, name), (16, json.dumps(value)))) for name, value in row.items())
            ),
        )
    )


def write_run(folder: Path, *records: bytes) -> None:
    pieces = [
        HEADER.pack(zlib.crc32(b"\1" + record), len(record), 1) + record for record in records
    ]
    (folder / "run-x.wandb").write_bytes(wandb.MAGIC + b"\0" + b"".join(pieces))


def run_of(folder: Path, *records: bytes) -> Run:
    write_run(folder, *records)
    return read_paths([folder], ReadOptions(strict=True))[0]


def values(run: Run, name: str, split: str = "train") -> list[tuple[float, float]]:
    (series,) = (series for series in run.series if (series.name, series.split) == (name, split))
    return list(zip(series.x.tolist(), series.y.tolist(), strict=True))


def test_two_versions_of_wandb_give_the_same_numbers_and_settings() -> None:
    new, old = read_paths([SAMPLES / "wandb"], ReadOptions(strict=True))
    for name, split in (("loss", "train"), ("lr", "train"), ("loss", "eval"), ("parts.a", "train")):
        for i in (0, 1):
            assert [pair[i] for pair in values(new, name, split)] == pytest.approx(
                [pair[i] for pair in values(old, name, split)], nan_ok=True
            )
    for run in (new, old):
        assert [
            run.value(name) for name in ("lr", "epochs", "model.depth", "batch_size", "project")
        ] == [0.04, 3, 4, 32, "toy"]
        assert run.status is Status.FINISHED
        assert run.time[0] is not None
        assert [math.isnan(y) for _, y in values(run, "loss")] == [i == 10 for i in range(12)]


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ((6, 2.5), 2.5),
        ((5, -3), -3.0),
        ((8, "4.5"), 4.5),
        ((16, "NaN"), math.nan),
        ((16, '"Infinity"'), math.inf),
        ((6, math.nan), math.nan),
    ],
)
def test_every_way_of_writing_a_number_is_read(
    tmp_path: Path, item: tuple[int, Field], value: float
) -> None:
    rows = [
        message((2, message((1, message((1, "loss"), item)), (2, message((1, step))))))
        for step in (5, 6)
    ]
    found = values(run_of(tmp_path, *rows), "loss")
    assert [x for x, _ in found] == [5, 6]
    assert [y for _, y in found] == pytest.approx([value, value], nan_ok=True)


def test_without_a_step_metric_the_own_step_of_wandb_counts(tmp_path: Path) -> None:
    run = run_of(
        tmp_path, *(history({"loss": 1.0, "_step": step, "_runtime": 2.0}) for step in (0, 7))
    )
    assert values(run, "loss") == [(0, 1.0), (7, 1.0)]
    assert [series.name for series in run.series] == ["loss"]


def test_a_step_metric_counts_where_the_row_has_it(tmp_path: Path) -> None:
    defined = message((12, message((2, "val/*"), (4, "custom"))))
    rows = [{"val/loss": 1.0, "loss": 2.0, "custom": 30, "_step": 3}, {"val/loss": 4.0, "_step": 9}]
    run = run_of(tmp_path, defined, *map(history, rows))
    assert values(run, "loss", "val") == [(30, 1.0), (9, 4.0)]
    assert values(run, "loss") == [(3, 2.0)]


def test_validation_counted_otherwise_is_no_restart(tmp_path: Path) -> None:
    defined = message((12, message((1, "train/loss"), (4, "train/global_step"))))
    rows = [
        {"train/loss": 1.0, "other": 2.0, "train/global_step": 100 * i, "_step": i}
        for i in range(4)
    ]
    run = run_of(tmp_path, defined, *map(history, rows))
    assert [segment.why for segment in run.segments] == ["start"]


@pytest.mark.parametrize(
    ("code", "console", "status"),
    [
        ((), "done\n", Status.FINISHED),
        (((1, 1),), "Traceback (most recent call last):\n", Status.CRASHED),
        (((1, 255),), "KeyboardInterrupt\n", Status.INTERRUPTED),
        (None, "", Status.UNKNOWN),
    ],
    ids=["zero", "one", "interrupted", "none written"],
)
def test_the_exit_code_and_the_console_tell_how_it_ended(
    tmp_path: Path, code: tuple[tuple[int, int], ...] | None, console: str, status: Status
) -> None:
    ended = () if code is None else (message((18, message(*code))),)
    run = run_of(
        tmp_path, history({"loss": 1.0, "_step": 0}), message((13, message((3, console)))), *ended
    )
    assert run.status is status
    assert [(event.line, event.quote) for event in run.events] == (
        [(2, console.strip())] if status in (Status.CRASHED, Status.INTERRUPTED) else []
    )


def test_how_a_run_without_rows_ended_is_not_said_of_the_runs_beside_it(tmp_path: Path) -> None:
    stopped = (message((13, message((3, "KeyboardInterrupt\n")))), message((18, message((1, 255)))))
    for name, records in {
        "a": (history({"loss": 1.0, "_step": 0}),),
        "b": (history({"loss": 2.0, "_step": 0}),),
        "c": stopped,
    }.items():
        folder = tmp_path / f"run-20240102_03040{len(name)}-{name}"
        folder.mkdir()
        write_run(folder, *records)
    runs = read_paths([tmp_path], ReadOptions(strict=True))
    assert [run.status for run in runs] == [Status.UNKNOWN, Status.UNKNOWN]
    assert not any(run.events for run in runs)


def test_a_later_configuration_wins(tmp_path: Path) -> None:
    config = [message((5, message((1, message((1, "lr"), (16, str(lr))))))) for lr in (0.1, 0.2)]
    run = run_of(tmp_path, *config, history({"loss": 1.0, "_step": 0}))
    fact = run.fact("lr")
    assert fact is not None
    assert (fact.value, fact.line) == (0.2, 2)


def test_a_damaged_record_costs_only_itself(tmp_path: Path) -> None:
    path = next((SAMPLES / "wandb").rglob("*1lzr3y8h.wandb"))
    data = bytearray(path.read_bytes())
    whole = read_paths([path], ReadOptions(strict=True))[0]
    data[data.index(b"1.5417361058819703")] ^= 1
    (tmp_path / path.name).write_bytes(data[:-100])
    run = read_paths([tmp_path], ReadOptions(strict=True))[0]
    source = run.sources[0]
    assert (source.skipped, source.torn) == (2, True)
    assert len(values(whole, "loss")) - len(values(run, "loss")) == 1


# ---------------------------------------------------------------------------------- files beside it
def facts(name: str) -> dict[str, tuple[object, int]]:
    path = SAMPLES / "wandb" / "offline-run-20261125_155910-1lzr3y8h" / "files" / name
    return {
        fact.name: (fact.value, fact.line)
        for fact in wandb_files.read(LogFile(name, path=path))
        if isinstance(fact, RawFact)
    }


def test_a_configuration_is_unwrapped_and_keeps_its_lines() -> None:
    assert facts("config.yaml") == {
        "lr": (0.04, 3),
        "epochs": (3, 6),
        "model.depth": (4, 12),
        "batch_size": (32, 13),
    }


def test_the_summary_gives_last_values() -> None:
    found = facts("wandb-summary.json")
    assert found["summary/eval/loss"] == (0.38371139059126536, 1)
    assert "summary/_timestamp" not in found


def test_metadata_tell_of_the_training_and_of_nobody() -> None:
    found = facts("wandb-metadata.json")
    assert {name: value for name, (value, _) in found.items()} == {
        "metadata/python": "3.11.7",
        "metadata/startedAt": "2026-11-25T15:59:10.315115",
        "metadata/args": ("wb_old",),
        "metadata/codePath": "mkwb.py",
        "metadata/cpu_count": 2,
    }


@pytest.mark.parametrize(
    "text", ["lr: 0.1\nepochs: 3\n", "model:\n  depth: 4\n", "a:\n  value: 1\n"]
)
def test_a_plain_configuration_is_not_wrapped(text: str) -> None:
    assert wandb_files.sniff(LogFile("config.yaml", data=text.encode())).value == 0


def test_last_values_of_one_run_are_not_given_to_others(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "log.txt").write_text(
            "".join(f'{{"train_loss": {i}.5, "epoch": {i}}}\n' for i in range(3)), encoding="utf-8"
        )
        (tmp_path / "wandb-summary.json").write_text(
            '{"train/loss": 7.5, "_step": 3}', encoding="utf-8"
        )
    found = read_paths([tmp_path], ReadOptions(strict=True))
    assert [run.value("summary/train/loss") for run in found] == [None, None]
    assert [skip.path for skip in found[0].skipped] == ["wandb-summary.json"]
    assert (
        read_paths([tmp_path / "a", tmp_path / "wandb-summary.json"])[0].value("summary/train/loss")
        == 7.5
    )
