"""What is written where: a link is written through, a FIFO and a device are written into, stdout
may be gone, and a kill leaves one report.
"""

from __future__ import annotations

import os
import re
import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import lossreport
from lossreport import writing
from lossreport.errors import OutputError
from lossreport.writing import CHART, check_writable, write_document, write_file
from runs import seed_rows, write_log_train

LIMIT = 4000
"""Bytes that a file may take in the tests of a full disk: less than any report."""


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    write_log_train(folder / "log_train.txt", seed_rows())
    return folder


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "lossreport", *map(str, arguments)]


def temporary(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


# ---------------------------------------------------------------------------- links, FIFOs, devices
def test_a_symbolic_link_is_written_through_to_its_target(tmp_path: Path) -> None:
    target, link = tmp_path / "kept" / "real.html", tmp_path / "link.html"
    target.parent.mkdir()
    target.write_text("old")
    link.symlink_to(target)
    write_file(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_link_to_a_file_that_is_not_there_yet_makes_it(tmp_path: Path) -> None:
    (tmp_path / "link.html").symlink_to(tmp_path / "real.html")
    write_file(tmp_path / "link.html", "new")
    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "real.html").read_text() == "new"


def test_the_charts_of_a_linked_document_stand_beside_the_document(
    logs: Path, tmp_path: Path
) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "link.md").symlink_to(tmp_path / "kept" / "real.md")
    lossreport.build([logs], tmp_path / "link.md")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "link.md", "logs"]
    named = set(re.findall(r"\(real\.files/([^)]+)\)", (tmp_path / "kept" / "real.md").read_text()))
    assert named == {path.name for path in (tmp_path / "kept" / "real.files").iterdir()}


def test_a_link_to_itself_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "a.html").symlink_to("a.html")
    for act in (
        lambda: check_writable(tmp_path / "a.html"),
        lambda: write_file(tmp_path / "a.html", "new"),
    ):
        with pytest.raises(OutputError, match="leads to itself"):
            act()
    assert (tmp_path / "a.html").is_symlink()


def read_beside(fifo: Path, act: Callable[[], object]) -> bytes:
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_bytes()), daemon=True)
    reader.start()
    act()
    reader.join(60)
    return read[0]


@pytest.mark.parametrize("name", ["out.html", "out.md", "link.html"])
def test_a_fifo_is_written_into_and_stays_a_fifo(name: str, logs: Path, tmp_path: Path) -> None:
    fifo = tmp_path / ("out.html" if name == "link.html" else name)
    os.mkfifo(fifo)
    if name == "link.html":
        (tmp_path / name).symlink_to(fifo)
    found = read_beside(fifo, lambda: lossreport.build([logs], tmp_path / name))
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    assert b"closs" in found
    assert b".files/" not in found
    assert not (tmp_path / "out.files").exists()


def test_a_character_device_is_written_into_and_stays_a_device(tmp_path: Path) -> None:
    device = tmp_path / "sink"
    try:
        # what the sink for nothing is made of, in a folder of our own
        os.mknod(device, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        device.write_bytes(b"x")
    except OSError as error:
        pytest.skip(f"no device can be made here: {error}")
    check_writable(device)
    write_file(device, "report")
    write_document(device, "report", {})
    assert stat.S_ISCHR(device.stat().st_mode)
    assert temporary(tmp_path) == []


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("old")
    (tmp_path / "a.html").chmod(0o600)
    write_file(tmp_path / "a.html", "new")
    assert stat.S_IMODE((tmp_path / "a.html").stat().st_mode) == 0o600


def test_logs_are_taken_out_into_plain_files_only(logs: Path, tmp_path: Path) -> None:
    lossreport.build([logs], tmp_path / "a.html", embed_logs=True)
    (tmp_path / "out").mkdir()
    os.mkfifo(tmp_path / "out" / "log_train.txt")
    done = subprocess.run(
        command("extract", tmp_path / "a.html", "-o", tmp_path / "out"),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_a_planted_link_at_the_name_of_a_temporary_file_leads_nowhere(
    logs: Path, tmp_path: Path
) -> None:
    lossreport.build([logs], tmp_path / "a.html", embed_logs=True)
    out, victim = tmp_path / "out", tmp_path / "victim"
    out.mkdir()
    victim.write_text("mine")
    for name in ("log_train.txt", "lossreport.json"):
        (out / f".{name}.tmp").symlink_to(victim)
    done = subprocess.run(
        command("extract", tmp_path / "a.html", "-o", out),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0
    assert victim.read_text() == "mine"
    assert not (out / "log_train.txt").is_symlink()


# ---------------------------------------------------------------------------------- standard output
SCHEMA = ("schema",)


def test_a_closed_standard_output_is_one_line_and_2(logs: Path) -> None:
    line = " ".join(f"'{part}'" for part in command("build", logs, "-q", "-o", "-"))
    done = subprocess.run(
        ["sh", "-c", f"{line} >&-"], capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 2
    assert done.stderr.decode().strip().split("\n") == [
        "lossreport: Couldn't write to standard output: it is closed. Name a file with -o FILE."
    ]


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))


@pytest.mark.parametrize("form", ["html", "json", "md", None])
def test_a_full_standard_output_is_one_line_and_2(
    form: str | None, logs: Path, tmp_path: Path
) -> None:
    given = (
        command("schema") if form is None else command("build", logs, "-q", "-f", form, "-o", "-")
    )
    with (tmp_path / "full").open("wb") as full:
        done = subprocess.run(
            given,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            preexec_fn=limit_files,
            timeout=120,
        )
    assert done.returncode == 2
    assert done.stderr.decode().startswith("lossreport: Couldn't write to standard output: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [("schema",), ("formats",), ("--help",), ("build", "--help"), "build"]
)
def test_a_reader_that_went_away_ends_quietly_with_0(
    arguments: tuple[str, ...] | str, logs: Path
) -> None:
    given = (
        command(*arguments)
        if isinstance(arguments, tuple)
        else command("build", logs, "-q", "-o", "-")
    )
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(given, stdout=write, stderr=subprocess.PIPE, check=False, timeout=120)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_reader_that_went_away_does_not_lose_the_gate(logs: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        given = command("build", logs, "-q", "-o", "-", "--fail-on", "low")
        done = subprocess.run(given, stdout=write, stderr=subprocess.PIPE, check=False, timeout=120)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (4, b"")


# ----------------------------------------------------------------------------- killed while writing
KILLED = """
import os, signal, sys
from pathlib import Path
from lossreport import writing

def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(writing.os if sys.argv[1] == "replace" else writing, sys.argv[1], kill)
writing.write_document(Path(sys.argv[2]), "new ![](report.files/loss-bbbbbbbbbbbb.svg)", {"loss-bbbbbbbbbbbb.svg": "<svg>new</svg>"})
"""
OLD = {"loss-aaaaaaaaaaaa.svg": "<svg>old</svg>"}


@pytest.mark.parametrize("moment", ["replace", "_put", "_remove_old"])
def test_a_kill_leaves_the_old_or_the_new_document_whole(moment: str, tmp_path: Path) -> None:
    target = tmp_path / "report.md"
    write_document(target, "old ![](report.files/loss-aaaaaaaaaaaa.svg)", OLD)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, moment, str(target)],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == -9
    (named,) = re.findall(r"\(report\.files/(.+?)\)", target.read_text())
    assert target.read_text()[:3] in (tmp_path / "report.files" / named).read_text()
    assert target.read_text()[:3] == ("new" if moment == "_remove_old" else "old")
    write_document(target, "next", {})
    assert temporary(tmp_path) == temporary(tmp_path / "report.files") == []


def test_what_a_killed_run_left_is_removed_by_the_next_and_what_is_in_use_is_not(
    tmp_path: Path,
) -> None:
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom lossreport import writing\nfile "
        "= writing._temporary(Path(sys.argv[1]))\nprint(file.name, "
        "flush=True)\nsys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        name = Path(writer.stdout.readline().decode().strip())
        write_file(tmp_path / "a.html", "new")
        assert name.exists()
        writer.kill()
    write_file(tmp_path / "a.html", "newer")
    assert not name.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_only_files_called_as_ours_are_removed(tmp_path: Path) -> None:
    others = [
        ".lossreport-notes",
        ".lossreport-toolong123.tmp",
        "lossreport-abcdefgh.tmp",
        ".other-abcdefgh.tmp",
    ]
    for name in others:
        (tmp_path / name).write_text("mine")
    (tmp_path / ".lossreport-abcdefgh.tmp").symlink_to(tmp_path / others[0])
    write_file(tmp_path / "a.html", "new")
    assert {path.name for path in tmp_path.iterdir()} == {
        *others,
        ".lossreport-abcdefgh.tmp",
        "a.html",
    }


def test_old_charts_are_removed_after_the_new_text_stands(tmp_path: Path) -> None:
    target, folder = tmp_path / "report.md", tmp_path / "report.files"
    write_document(target, "![](report.files/loss-aaaaaaaaaaaa.svg)", OLD)
    for name in ("loss-cccccccccccc.svg", "loss-dddddddddddd.svg", "mine.svg", "mine.png"):
        (folder / name).write_text("x")
    long_ago = writing.time.time() - 2 * writing.UNNAMED
    for name in ("loss-cccccccccccc.svg", "mine.svg"):
        os.utime(folder / name, (long_ago, long_ago))
    write_document(target, "new", {"loss-bbbbbbbbbbbb.svg": "<svg>new</svg>"})
    assert {path.name for path in folder.iterdir()} == {
        "loss-bbbbbbbbbbbb.svg",
        "loss-dddddddddddd.svg",
        "mine.svg",
        "mine.png",
    }


def test_charts_that_another_run_named_meanwhile_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.md"
    write_document(target, "![](report.files/loss-aaaaaaaaaaaa.svg)", OLD)
    monkeypatch.setattr(writing, "PATIENCE", 0.0)
    remove = writing._remove_old

    def after_another(*arguments: object) -> None:
        monkeypatch.setattr(writing, "_remove_old", remove)
        write_document(target, "again ![](report.files/loss-aaaaaaaaaaaa.svg)", OLD)
        remove(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "_remove_old", after_another)
    write_document(
        target,
        "new ![](report.files/loss-bbbbbbbbbbbb.svg)",
        {"loss-bbbbbbbbbbbb.svg": "<svg>new</svg>"},
    )
    assert target.read_text().startswith("again")
    assert (tmp_path / "report.files/loss-aaaaaaaaaaaa.svg").read_text() == "<svg>old</svg>"


def test_a_run_waits_for_another_that_writes_the_same_document(tmp_path: Path) -> None:
    target, new = tmp_path / "report.md", {"loss-bbbbbbbbbbbb.svg": "<svg>new</svg>"}
    write_document(target, "old ![](report.files/loss-aaaaaaaaaaaa.svg)", OLD)
    other = threading.Thread(
        target=write_document, args=(target, "new ![](report.files/loss-bbbbbbbbbbbb.svg)", new)
    )
    with writing._alone(tmp_path / "report.files") as alone:
        assert alone
        other.start()
        other.join(0.2)
        assert other.is_alive()
        assert target.read_text().startswith("old")
    other.join()
    assert target.read_text().startswith("new")
    assert [path.name for path in (tmp_path / "report.files").iterdir()] == list(new)


def test_a_chart_that_a_document_of_the_same_stem_names_stays(tmp_path: Path) -> None:
    for name in ("report.md", "report.markdown"):
        write_document(tmp_path / name, "![](report.files/loss-aaaaaaaaaaaa.svg)", OLD)
    write_document(tmp_path / "report.md", "none", {})
    assert [path.name for path in (tmp_path / "report.files").iterdir()] == list(OLD)
    write_document(tmp_path / "report.markdown", "none", {})
    write_document(tmp_path / "report.md", "![](report.files/loss-aaaaaaaaaaaa.svg)", OLD)
    write_document(tmp_path / "report.md", "none", {})
    assert list((tmp_path / "report.files").iterdir()) == []


def test_writers_of_one_document_leave_a_text_with_its_charts(tmp_path: Path) -> None:
    target = tmp_path / "report.md"
    names = [f"loss-{digit * 12}.svg" for digit in "abc"]

    def write(name: str) -> None:
        for _ in range(30):
            write_document(target, f"![](report.files/{name})", {name: f"<svg>{name}</svg>"})

    writers = [threading.Thread(target=write, args=(name,)) for name in names]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    (named,) = re.findall(r"\(report\.files/(.+?)\)", target.read_text())
    assert [path.name for path in (tmp_path / "report.files").iterdir()] == [named]


def test_the_name_of_every_chart_follows_from_its_content(logs: Path, tmp_path: Path) -> None:
    lossreport.build([logs], tmp_path / "report.md")
    names = {path.name for path in (tmp_path / "report.files").iterdir()}
    assert names
    assert all(CHART.fullmatch(name) for name in names)
    write_log_train(
        logs / "log_train.txt",
        [row | {"train_closs": row["train_closs"] / 2} for row in seed_rows()],
    )
    lossreport.build([logs], tmp_path / "report.md")
    named = set(re.findall(r"\(report\.files/([^)]+)\)", (tmp_path / "report.md").read_text()))
    assert named == {path.name for path in (tmp_path / "report.files").iterdir()}
    assert named != names


def test_a_full_disk_leaves_the_old_document_and_its_charts(logs: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.md"
    lossreport.build([logs], target)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    write_log_train(
        logs / "log_train.txt",
        [row | {"train_closs": row["train_closs"] / 2} for row in seed_rows()],
    )
    done = subprocess.run(
        command("build", logs, "-q", "-o", target),
        capture_output=True,
        check=False,
        preexec_fn=limit_files,
        timeout=120,
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in before if "logs" not in path.parts} == {
        path: text for path, text in before.items() if "logs" not in path.parts
    }
    assert temporary(tmp_path) == temporary(tmp_path / "report.files") == []


# ---------------------------------------------------------------------------------------- arguments
@pytest.mark.parametrize(
    "arguments",
    [
        ("build", ""),
        ("build", "logs", ""),
        ("formats", ""),
        ("compare", "", ""),
        ("index", ""),
        ("batch", ""),
        ("verify", ""),
        ("extract", "", "-o", "out"),
        ("ticket", "", "--for", "github"),
        ("lint", "", "logs"),
        ("lint", "note.md", ""),
    ],
    ids=" ".join,
)
def test_an_empty_argument_is_a_usage_error(arguments: tuple[str, ...], logs: Path) -> None:
    done = subprocess.run(
        command(*arguments), capture_output=True, check=False, cwd=logs.parent, timeout=60
    )
    assert done.returncode == 2
    assert b" is empty. Is a variable unset?" in done.stderr
    assert [path.name for path in logs.parent.iterdir()] == ["logs"]


def test_an_empty_path_is_a_usage_error_of_the_api() -> None:
    for act in (lossreport.read_runs, lossreport.build):
        with pytest.raises(lossreport.errors.UsageError, match="empty"):
            act([""])
