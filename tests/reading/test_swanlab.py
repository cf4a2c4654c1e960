"""SwanLab's run folder: scalars, settings, the console and how it ended."""

import struct
import zlib
from pathlib import Path

import pytest

from lossreport.model.run import Run, Status
from lossreport.reading.bytes.leveldb import HEADER
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.discover import MIN_SCORE, ReadOptions, read_paths
from lossreport.reading.formats.swanlab import MAGIC, sniff
from wire import Field, message

SAMPLE = Path(__file__).resolve().parents[2] / "sample_logs" / "formats" / "swanlab"


def scalar(name: str, step: int, value: float | None) -> bytes:
    number = b"" if value is None else b"\x09" + struct.pack("<d", value)
    at = () if step == 0 else ((2, step),)
    return message(
        (13, message((1, name), *at, (3, 1), (4, message((1, 1_800_000_000 + step))), (5, number)))
    )


def run_of(folder: Path, *records: bytes) -> Run:
    pieces = [
        HEADER.pack(zlib.crc32(b"\1" + record), len(record), 1) + record for record in records
    ]
    (folder / "run-x.swanlab").write_bytes(MAGIC + b"\2" + b"".join(pieces))
    return read_paths([folder], ReadOptions(strict=True))[0]


def test_settings_and_state_belong_to_the_run() -> None:
    (run,) = read_paths([SAMPLE], ReadOptions(strict=True))
    assert [run.value(name) for name in ("project", "run_name", "lr", "model.depth")] == [
        "toy",
        "sample",
        0.05,
        4,
    ]
    assert run.status is Status.FINISHED
    assert run.time == ("2026-11-25 16:25:31", "2026-11-25 16:25:31")
    assert int(next(series for series in run.series if series.name == "loss").y.size) == 12


def test_zeros_are_not_written_and_are_values(tmp_path: Path) -> None:
    run = run_of(tmp_path, scalar("loss", 0, 0.5), scalar("loss", 1, None), scalar("loss", 2, 0.25))
    assert [(series.x.tolist(), series.y.tolist()) for series in run.series] == [
        ([0, 1, 2], [0.5, 0.0, 0.25])
    ]


def test_metrics_of_the_machine_are_passed_over(tmp_path: Path) -> None:
    column = message((12, message((1, 2), (3, "__swanlab__.cpu.pct"))))
    run = run_of(tmp_path, column, scalar("__swanlab__.cpu.pct", 1, 50.0), scalar("loss", 1, 0.5))
    assert [series.name for series in run.series] == ["loss"]


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (((1, 1),), Status.FINISHED),
        (((1, 2),), Status.CRASHED),
        (((1, 3),), Status.INTERRUPTED),
        ((), Status.UNKNOWN),
    ],
)
def test_the_state_at_the_end_is_told(
    tmp_path: Path, end: tuple[tuple[int, Field], ...], status: Status
) -> None:
    assert run_of(tmp_path, scalar("loss", 1, 0.5), message((11, message(*end)))).status is status


def test_the_console_tells_events(tmp_path: Path) -> None:
    run = run_of(
        tmp_path, scalar("loss", 1, 0.5), message((16, message((1, "CUDA out of memory"))))
    )
    assert [(event.kind, event.line) for event in run.events] == [("oom", 2)]


@pytest.mark.parametrize(
    "text", ["lr: 0.1\n", "lr:\n  desc: null\n  value: 0.1\nepochs:\n  desc: null\n  value: 2\n"]
)
def test_other_configurations_are_left_to_others(text: str) -> None:
    assert sniff(LogFile("config.yaml", data=text.encode())).value < MIN_SCORE
