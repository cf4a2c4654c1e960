"""Logs of other places are read as local ones; a key in an address is used and never shown; nothing
is imported without need.
"""

import functools
import http.server
import io
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import fsspec
import pytest

import lossreport
from lossreport.errors import LogError, LossreportError, MissingPathError, UsageError
from lossreport.reading.bytes import remote
from lossreport.reading.bytes.remote import is_remote, name_of, shown_address, without_secrets
from lossreport.reading.discover import read_paths

LOG = b"".join(b'{"train_loss": %d.5, "epoch": %d}\n' % (9 - i, i) for i in range(6))
EVAL = b"".join(b'{"val_loss": %d.75, "epoch": %d}\n' % (9 - i, i) for i in range(6))
KEY = "s3cr3tkey"


@pytest.fixture
def memory() -> Iterator[Any]:
    system = fsspec.filesystem("memory")
    system.pipe(
        {
            "/bucket/run 1/train/log.txt": LOG,
            "/bucket/run 1/eval/log_eval.txt": EVAL,
            "/bucket/run 1/model.pt": b"x",
        }
    )
    yield system
    system.rm("/bucket", recursive=True)


class Handler(http.server.SimpleHTTPRequestHandler):
    asked: list[tuple[str, str]] = []  # noqa: RUF012  one server a test

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization", "")))
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server on this machine, and the folder it shows."""
    folder = tmp_path / "shown"
    folder.mkdir()
    Handler.asked.clear()
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}", folder
        server.shutdown()
        thread.join()


def sources(*paths: str | Path) -> list[str]:
    return sorted(source.path for run in read_paths(paths) for source in run.sources)


# ------------------------------------------------------------------------------------- what is read
@pytest.mark.parametrize("end", ["", "/"])
def test_a_folder_elsewhere_is_a_run_of_its_name(memory: Any, end: str) -> None:
    (run,) = read_paths([f"memory://bucket/run 1{end}"])
    assert sorted(source.path for source in run.sources) == ["eval/log_eval.txt", "train/log.txt"]
    assert run.skipped == ()
    if end:
        assert run.name == "run 1"


def test_a_file_elsewhere_is_read_beside_a_local_one(memory: Any, tmp_path: Path) -> None:
    (tmp_path / "local.txt").write_bytes(EVAL)
    assert sources("memory://bucket/run 1/train/log.txt", tmp_path / "local.txt") == [
        "local.txt",
        "log.txt",
    ]


def test_an_archive_elsewhere_is_a_folder(memory: Any) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as made:
        info = tarfile.TarInfo("train/log.txt")
        info.size = len(LOG)
        made.addfile(info, io.BytesIO(LOG))
    memory.pipe("/bucket/run.tar.gz", out.getvalue())
    assert sources("memory://bucket/run.tar.gz") == ["train/log.txt"]


def test_a_file_and_a_folder_of_a_server_are_read(web: tuple[str, Path]) -> None:
    place, folder = web
    (folder / "run" / "train").mkdir(parents=True)
    (folder / "run" / "train" / "log 1.txt").write_bytes(LOG)
    (folder / "run" / "log_eval.txt").write_bytes(EVAL)
    assert sources(f"http://{place}/run/train/log%201.txt") == ["log 1.txt"]
    assert sources(f"http://{place}/run/") == ["log_eval.txt", "train/log 1.txt"]


def test_the_report_of_a_remote_run_goes_to_the_current_folder(
    memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lossreport.build(["memory://bucket/run 1"])
    assert [path.name for path in tmp_path.iterdir()] == ["lossreport.html"]


def test_copies_are_gone_afterwards(
    memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sources("memory://bucket/run 1")
    assert list(tmp_path.iterdir()) == []


def test_names_elsewhere_cannot_leave_the_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hostile:
        def find(self, root: str, maxdepth: int) -> Mapping[str, object]:
            return {
                f"{root}/../../../escaped.txt": {},
                f"{root}//etc/x.txt": {},
                "elsewhere/y.txt": {},
            }

        def isdir(self, root: str) -> bool:
            return True

        def get_file(self, name: str, target: str) -> None:
            Path(target).write_bytes(LOG if "etc" in name else EVAL)

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    monkeypatch.setattr(remote, "_opened", lambda address: (Hostile(), "root"))
    assert sources("memory://root") == ["escaped.txt", "etc/x.txt"]
    assert list(tmp_path.iterdir()) == [scratch]


# ------------------------------------------------------------------------------------------ secrets
def test_a_key_is_used_and_stands_nowhere(web: tuple[str, Path], tmp_path: Path) -> None:
    place, folder = web
    (folder / "log.txt").write_bytes(LOG)
    for form in ("html", "json", "md"):
        lossreport.build(
            [f"http://{KEY}:{KEY}@{place}/log.txt?signature={KEY}"], tmp_path / f"r.{form}"
        )
        assert KEY not in (tmp_path / f"r.{form}").read_text(encoding="utf-8")
    assert all(
        KEY in path and authorization.startswith("Basic ") for path, authorization in Handler.asked
    )


@pytest.mark.parametrize("path", ["gone.txt", "gone/"])
def test_an_error_does_not_show_the_key(web: tuple[str, Path], path: str) -> None:
    with pytest.raises(LossreportError) as caught:
        read_paths([f"http://u:{KEY}@{web[0]}/{path}?signature={KEY}"])
    assert KEY not in str(caught.value)
    assert caught.value.__suppress_context__
    assert "gone" in str(caught.value)


def test_nothing_read_does_not_show_the_key(web: tuple[str, Path]) -> None:
    (web[1] / "notes.txt").write_text("milk", encoding="utf-8")
    with pytest.raises(LossreportError) as caught:
        read_paths([f"http://u:{KEY}@{web[0]}/notes.txt?signature={KEY}"])
    assert KEY not in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://u:p@host/a/log.txt?X-Amz-Signature=1&b=2#f", "https://host/a/log.txt"),
        ("s3://key:secret@bucket/run", "s3://bucket/run"),
        ("s3://bucket/a@b/run", "s3://bucket/a@b/run"),
        ("runs/what?/a@b", "runs/what?/a@b"),
    ],
)
def test_an_address_is_shown_without_user_and_query(address: str, shown: str) -> None:
    assert shown_address(address) == shown


def test_secrets_inside_a_message_are_taken_out() -> None:
    text = "404, message='Not Found', url='https://u:p@host/x?token=1' (see http://host/y#t)"
    assert (
        without_secrets(text)
        == "404, message='Not Found', url='https://host/x' (see http://host/y)"
    )


# ---------------------------------------------------------------------------------- what goes wrong
def test_nothing_at_an_address_is_a_missing_path(memory: Any) -> None:
    with pytest.raises(MissingPathError, match="memory://bucket/gone"):
        read_paths(["memory://bucket/gone"])


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(LogError, match=r"http://127\.0\.0\.1:9/log\.txt"):
        read_paths(["http://127.0.0.1:9/log.txt"])


def test_a_file_that_cannot_be_fetched_costs_only_itself(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = type(memory).get_file

    def get_file(self: Any, name: str, target: str) -> None:
        if "eval" in name:
            raise PermissionError(f"denied: memory://u:{KEY}@bucket")
        take(self, name, target)

    monkeypatch.setattr(type(memory), "get_file", get_file)
    (run,) = read_paths(["memory://bucket/run 1"])
    assert [(skip.path, KEY in skip.reason.plain("en")) for skip in run.skipped] == [
        ("eval/log_eval.txt", False)
    ]


@pytest.mark.parametrize(("limit", "is_read"), [(3, True), (2, False)])
def test_a_bucket_is_no_run(
    memory: Any, monkeypatch: pytest.MonkeyPatch, limit: int, is_read: bool
) -> None:
    monkeypatch.setattr(remote, "MOST_FILES", limit)
    if is_read:
        assert len(sources("memory://bucket/run 1")) == 2
    else:
        with pytest.raises(UsageError, match="3 files"):
            read_paths(["memory://bucket/run 1"])


@pytest.mark.parametrize(
    ("address", "module", "command"),
    [
        ("https://host/log.txt", "fsspec", "pip install 'lossreport[remote]'"),
        ("s3://bucket/run", "s3fs", "pip install 'lossreport[remote]' s3fs"),
        (
            "hf://datasets/a/b",
            "huggingface_hub",
            "pip install 'lossreport[remote]' huggingface_hub",
        ),
    ],
)
def test_a_missing_package_is_named_with_the_command(
    monkeypatch: pytest.MonkeyPatch, address: str, module: str, command: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    if module == "fsspec":
        monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(UsageError) as caught:
        read_paths([address])
    assert command in str(caught.value)


def test_an_unknown_kind_of_address_is_named() -> None:
    with pytest.raises(UsageError, match="nowhere://"):
        read_paths(["nowhere://x"])


def test_local_paths_import_nothing_for_it(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_bytes(LOG)
    code = (
        "import sys, lossreport; lossreport.read_runs([sys.argv[1]]); print('fsspec' in "
        "sys.modules, 'aiohttp' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [("s3://x", True), ("https://x", True), ("C://x", False), ("a/b", False), ("-", False)],
)
def test_an_address_is_told_from_a_path(path: str, expected: bool) -> None:
    assert is_remote(path) is expected


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("s3://b/a/run/", "run"),
        ("https://h/log%201.txt?x=1", "log 1.txt"),
        ("s3://bucket", "bucket"),
        ("https://h/", "h"),
    ],
)
def test_a_copy_is_called_by_the_last_name(address: str, name: str) -> None:
    assert name_of(address) == name
