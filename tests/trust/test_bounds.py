"""What a file or an archive may cost: a line without an end, members larger than memory, however
the archive is packed.
"""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

import lossreport
from lossreport.errors import NothingReadError
from lossreport.reading.bytes import packed, reader, spool
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.bytes.spool import Spool

ROWS = "".join(f"epoch {i} loss {3 * 0.97**i:.5f}\n" for i in range(60))


def test_a_line_without_an_end_is_cut_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "LONGEST_LINE", 1 << 21)
    long = "x" * (5 << 20)
    for place, text in (
        ("middle", f"{ROWS}{long}\nepoch 60 loss 0.5\n"),
        ("end", f"{ROWS}epoch 60 loss 0.5\n{long}"),
    ):
        (tmp_path / place).mkdir()
        (tmp_path / place / "train.log").write_text(text)
        run = lossreport.read_run([tmp_path / place])
        assert run.series[0].x.tolist() == list(range(61))
        assert [why.plain("en")[:29] for _, why in run.sources[0].skips] == [
            "the line has more than 32 MiB"
        ]
        assert [line for line, _ in run.sources[0].skips] == [61 if place == "middle" else 62]


@pytest.mark.parametrize("by_line", ["", "1"])
def test_a_file_whose_time_is_spent_keeps_what_was_read_and_says_so(
    by_line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOSSREPORT_LINE_BY_LINE", by_line)
    (tmp_path / "train.log").write_text(
        "".join(f"epoch {i} loss {3 * 0.999**i:.5f}\n" for i in range(20_000))
    )
    seconds = itertools.count()
    monkeypatch.setattr(reader, "BLOCK_BYTES", 4096)
    monkeypatch.setattr(reader.time, "thread_time", lambda: next(seconds))
    monkeypatch.setattr(reader, "TIME_A_MEGABYTE", 0.0)
    run = lossreport.read_run([tmp_path])
    (line, why) = run.sources[0].skips[-1]
    assert why.plain("en").startswith("the processor time that a file may take")
    assert 100 < len(run.series[0].x) == line - 1 < 19_000
    assert run.status.value != "interrupted"


def test_a_file_whose_time_is_spent_before_its_first_row_is_skipped_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "train.log").write_text(ROWS)
    monkeypatch.setattr(reader, "LEAST_TIME", -1.0)
    with pytest.raises(NothingReadError, match="the processor time that a file may take"):
        lossreport.read_run([tmp_path])


def test_a_line_of_numbers_without_end_costs_what_its_length_costs(tmp_path: Path) -> None:
    """Each number of such a line was looked for among all others: 4 MB took gigabytes."""
    (tmp_path / "train.log").write_text(
        ROWS + "y=1 " * 1_000_000 + "\n" + " ".join(f"m{i}: {i}.5" for i in range(900)) + "\n"
    )
    tracemalloc.start()
    try:
        assert lossreport.read_run([tmp_path]).series[0].x.tolist() == list(range(60))
        assert tracemalloc.get_traced_memory()[1] < 200e6
    finally:
        tracemalloc.stop()


def test_lines_stay_whole_wherever_the_blocks_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "".join(f"{i} " + "ab训" * (i % 50) + "\n" for i in range(400)) + "no end"
    (tmp_path / "a.log").write_text(text, encoding="utf-8")
    for size in (1, 7, 64, 1000):
        monkeypatch.setattr(reader, "BLOCK_BYTES", size)
        log = LogFile("a.log", path=tmp_path / "a.log")
        assert [line.text for line in log.lines()] == text.split("\n")
        assert [line.number for line in log.lines()] == list(range(1, 402))
        assert log.cut_lines == set()


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_a_large_member_is_read_as_a_small_one_is(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "run/train.log": ROWS.encode(),
        "run/log.csv": b"epoch,acc\n" + b"".join(f"{i},{i / 60}\n".encode() for i in range(60)),
    }
    archive = tmp_path / f"run.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as made:
            for name, content in files.items():
                made.writestr(name, content)
    else:
        with tarfile.open(archive, "w:gz" if kind == "tar.gz" else "w") as made:
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                made.addfile(info, io.BytesIO(content))
    before = lossreport.read_run([archive])
    monkeypatch.setattr(packed, "IN_MEMORY", 0)
    after = lossreport.read_run([archive])
    assert [(s.key, s.y.tolist()) for s in before.series] == [
        (s.key, s.y.tolist()) for s in after.series
    ]
    assert [(s.path, s.sha256) for s in before.sources] == [
        (s.path, s.sha256) for s in after.sources
    ]


def test_a_spool_is_opened_twice_at_once_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool.tempfile, "tempdir", str(tmp_path))
    held = Spool(io.BytesIO(bytes(range(256)) * 100))
    with held.open() as one, held.open() as other:
        assert one.read(3) == b"\0\1\2"
        assert other.read(2) == b"\0\1"
        assert one.read(1) == b"\3"
        one.seek(-1, io.SEEK_END)
        assert one.read() == b"\xff"
    assert list(tmp_path.iterdir()) == []


MEASURED = """
import resource, sys
from pathlib import Path
from lossreport.reading.bytes.packed import members
from lossreport.reading.bytes.reader import LogFile
place = Path(sys.argv[1])
found = list(members(LogFile(place.name, path=place), lambda name: True))
assert len(found) == 2 and sum(len(line.text) for log in found for line in log.lines()) > 1000
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def measured(archive: Path) -> int:
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, archive], capture_output=True, check=True, timeout=120
    )
    return int(done.stdout)


def test_the_memory_of_an_archive_does_not_grow_with_its_members(tmp_path: Path) -> None:
    """Two members of 100 MiB take no more than two of 1 MiB and some room: held in memory they
    would take 200 MiB more.
    """

    def made(name: str, megabytes: int) -> Path:
        block = ("epoch 1 loss 2.5 " + "note " * 200 + "\n").encode() * 1000
        with zipfile.ZipFile(
            tmp_path / name, "w", zipfile.ZIP_DEFLATED, compresslevel=1
        ) as archive:
            for folder in ("a", "b"):
                with archive.open(f"{folder}/train.log", "w") as member:
                    for _ in range(megabytes):
                        member.write(block)
        return tmp_path / name

    assert measured(made("large.zip", 100)) < measured(made("small.zip", 1)) + 80
