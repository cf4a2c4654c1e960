"""What lies in a folder and is no file is skipped and said; settings that came with the logs name
no file outside their folder.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import lossreport
from lossreport.errors import ConfigError
from runs import seed_rows, write_log_train


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    write_log_train(folder / "log_train.txt", seed_rows())
    return folder


def put(kind: str, place: Path) -> None:
    if kind == "fifo":
        os.mkfifo(place)
    elif kind == "socket":
        here = Path.cwd()
        os.chdir(place.parent)  # the path of a socket may have 107 bytes
        try:
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(place.name)
        finally:
            os.chdir(here)
    elif kind == "loop":
        place.symlink_to(place.name)
    elif kind == "dangling":
        place.symlink_to("gone.log")
    elif kind == "linked fifo":
        os.mkfifo(place.parent / ".hidden")
        place.symlink_to(".hidden")


SAID = {
    "fifo": "it is a pipe (FIFO) and no regular file",
    "linked fifo": "it is a pipe (FIFO) and no regular file",
    "socket": "it is a socket and no regular file",
    "loop": "it is a symbolic link that leads to itself",
    "dangling": "it is a symbolic link to a file that does not exist",
}


@pytest.mark.parametrize("kind", SAID)
@pytest.mark.parametrize(
    "name", ["a.log", "metrics.json", "sub/events.out.tfevents.1.host", "log.db", "z.zip"]
)
def test_what_is_no_file_is_skipped_and_said(kind: str, name: str, logs: Path) -> None:
    (logs / name).parent.mkdir(exist_ok=True)
    put(kind, logs / name)
    run = lossreport.read_run([logs])
    assert [(skip.path, skip.reason.plain("en"), skip.code) for skip in run.skipped] == [
        (name, SAID[kind], "log")
    ]
    assert {series.name for series in run.series} >= {"closs"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("build", "logs", "-o", "a.html"),
        ("formats", "logs"),
        ("batch", "."),
        ("build", "logs", "--embed-logs"),
    ],
)
def test_every_command_over_a_folder_passes_what_is_no_file(
    arguments: tuple[str, ...], logs: Path
) -> None:
    put("fifo", logs / "a.log")
    put("loop", logs / "b.log")
    put("fifo", logs / "run.log")
    put("loop", logs.parent / "c")
    done = subprocess.run(
        [sys.executable, "-m", "lossreport", *arguments],
        capture_output=True,
        check=False,
        cwd=logs.parent,
        timeout=60,
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    if arguments[0] != "batch":
        said = (done.stdout + done.stderr).decode()
        assert all(
            f"{name}.log: {why}" in said.replace("not read: ", "")
            for name, why in (("a", SAID["fifo"]), ("b", SAID["loop"]))
        )


def test_an_index_passes_what_is_no_file(logs: Path) -> None:
    lossreport.build([logs])
    for number, kind in enumerate(SAID):
        (logs.parent / str(number)).mkdir()
        put(kind, logs.parent / str(number) / "lossreport.html")
    done = subprocess.run(
        [sys.executable, "-m", "lossreport", "index", "."],
        capture_output=True,
        check=False,
        cwd=logs.parent,
        timeout=60,
    )
    assert done.returncode == 0
    assert b"1 reports" in done.stderr


def test_a_fifo_that_is_named_is_read_once_like_standard_input(logs: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    content = (logs / "log_train.txt").read_bytes()
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(content), daemon=True)
    writer.start()
    assert "closs" in {series.name for series in lossreport.read_run([tmp_path / "pipe"]).series}


@pytest.mark.parametrize("option", ["notes", "references"])
@pytest.mark.parametrize("name", ["../secret.md", "{outside}", "link.md"])
def test_settings_beside_the_logs_name_no_file_outside_their_folder(
    option: str, name: str, logs: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("the key of the house", encoding="utf-8")
    (logs / "link.md").symlink_to(secret)
    (logs / "lossreport.toml").write_text(
        f'{option} = "{name.format(outside=secret)}"\n', encoding="utf-8"
    )
    with pytest.raises(ConfigError, match="names no file in the folder of the logs"):
        lossreport.build([logs])


def test_settings_beside_the_logs_name_notes_beside_them(logs: Path, tmp_path: Path) -> None:
    (logs / "notes.md").write_text("Seen by the owner", encoding="utf-8")
    (logs / "lossreport.toml").write_text('notes = "notes.md"\n', encoding="utf-8")
    lossreport.build([logs], tmp_path / "a.html")
    assert "Seen by the owner" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_settings_that_the_user_names_may_name_notes_elsewhere(logs: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("Seen by the owner", encoding="utf-8")
    (tmp_path / "mine.toml").write_text('notes = "../notes.md"\n', encoding="utf-8")
    lossreport.build([logs], tmp_path / "a.html", config=str(tmp_path / "mine.toml"))
    assert "Seen by the owner" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_notes_of_the_settings_that_are_a_pipe_are_refused(logs: Path) -> None:
    os.mkfifo(logs / "notes.md")
    (logs / "lossreport.toml").write_text('notes = "notes.md"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="names no file"):
        lossreport.build([logs])
