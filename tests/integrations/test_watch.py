"""A training never notices its report: same exit code, bounded delay, nothing raised, handlers
chained, and the report is there.
"""

from __future__ import annotations

import enum
import errno
import json
import os
import signal
import struct
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import lossreport
from lossreport.integrations import building
from lossreport.integrations import memory as memory_module
from lossreport.integrations.ending import RANKS
from lossreport.integrations.known import MOST, beside, plain_settings
from lossreport.integrations.memory import NAME, PREVIOUS, plain_number
from lossreport.integrations.watch import ERROR, Watch, harmless

FAKE = """
import pathlib, sys, time
folder, report = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
lines = len((folder / "lossreport-memory.jsonl").read_text().splitlines())
with (folder / "lossreport.calls.txt").open("a") as calls:
    calls.write(f"{lines}\\n")
time.sleep(float(sys.argv[3]))
report.write_text("report")
sys.exit(int(sys.argv[4]))
"""
"""Stands for the command where a rule is about time or failure, which the real one does not do when
asked.
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in RANKS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Replace the command by one that takes `[seconds, exit code]`."""
    told = [0.0, 0]

    def command(folder: Path, report: Path, options: object = (), also: object = ()) -> list[str]:
        return [
            sys.executable,
            "-c",
            FAKE,
            str(folder),
            str(report),
            str(told[0]),
            str(int(told[1])),
        ]

    monkeypatch.setattr(building, "command", command)
    return told


def calls(folder: Path) -> list[int]:
    path = folder / "lossreport.calls.txt"
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []


def program(body: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    code = (
        f"import os, signal, sys, threading\nimport lossreport\nfolder = {str(folder)!r}\n"
        + textwrap.dedent(body)
    )
    clean = {name: value for name, value in os.environ.items() if name not in RANKS}
    return subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        env={**clean, **environment},
        timeout=120,
    )


def memory(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / NAME).read_text().splitlines()]


def status(folder: Path) -> object:
    return memory(folder)[-1].get("end")


# ---------------------------------------------------------------------------------- the ways to end
ROWS = (
    "w = lossreport.watch(folder)\nfor step in range(30): w.log(step=step, loss=3 / (step + 1))\n"
)
ENDS = {
    "the end of the program": ("", 0, None),
    "an exception": ("raise RuntimeError('no such shard')", 1, "crashed"),
    "sys.exit": ("sys.exit(7)", 7, None),
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, "interrupted"),
    "Ctrl-C": ("os.kill(os.getpid(), signal.SIGINT)", -signal.SIGINT, "interrupted"),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_report_is_written_and_the_exit_code_is_the_programs_own(
    end: str, tmp_path: Path
) -> None:
    body, code, said = ENDS[end]
    done = program(ROWS + body, tmp_path)
    assert done.returncode == code, done.stderr
    assert (tmp_path / "lossreport.html").read_text().startswith("<!DOCTYPE html>")
    assert status(tmp_path) == said
    assert not (tmp_path / ERROR).exists()
    assert "lossreport" not in done.stderr


def test_a_handler_of_the_users_is_called_and_decides_the_exit_code(tmp_path: Path) -> None:
    done = program(
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))\n"
        + ROWS
        + "os.kill(os.getpid(), signal.SIGTERM)",
        tmp_path,
    )
    assert done.returncode == 3
    assert (tmp_path / "lossreport.html").exists()


def test_a_user_who_saves_at_sigterm_and_goes_on_gets_the_last_rows_too(tmp_path: Path) -> None:
    body = "signal.signal(signal.SIGTERM, lambda *_: print('saving'))\n" + ROWS
    done = program(
        body + "os.kill(os.getpid(), signal.SIGTERM)\nw.log(step=30, loss=0.09)\nw.finish()",
        tmp_path,
    )
    assert (done.returncode, done.stdout) == (0, "saving\n")
    report = (tmp_path / "lossreport.html").read_text()
    assert f'"{NAME}"' in report
    assert '"last":{"x":30' in report.replace(" ", "")


def test_a_training_that_outlives_a_signal_has_time_for_its_report_again(
    tmp_path: Path, fake: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake[0] = 0.4
    monkeypatch.setattr(building, "TERM_BOUND", 0.01)
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        with lossreport.watch(tmp_path) as watching:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.1)
            watching.log(step=1, loss=1.0)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not (tmp_path / ERROR).exists()
    assert calls(tmp_path)[-1] == len(memory(tmp_path))


def test_sigterm_that_the_user_ignores_stays_ignored(tmp_path: Path) -> None:
    done = program(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        + ROWS
        + "os.kill(os.getpid(), signal.SIGTERM)\nprint('alive')",
        tmp_path,
    )
    assert (done.returncode, done.stdout) == (0, "alive\n")


def test_an_excepthook_of_the_users_is_called(tmp_path: Path) -> None:
    done = program(
        "sys.excepthook = lambda *_: print('mine')\n" + ROWS + "raise RuntimeError", tmp_path
    )
    assert (done.returncode, done.stdout) == (1, "mine\n")


def test_a_forked_worker_ends_by_sigterm_without_a_report(tmp_path: Path) -> None:
    body = """
    import time
    child = os.fork()
    if child == 0:
        w.log(step=99, loss=1.0)
        time.sleep(60)
    time.sleep(0.3)
    os.kill(child, signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM
    assert not os.path.exists(folder + "/lossreport.html")
    """
    done = program(ROWS + textwrap.dedent(body), tmp_path)
    assert done.returncode == 0, done.stderr
    assert not any(row.get("step") == 99 for row in memory(tmp_path))
    assert (tmp_path / "lossreport.html").exists()


def test_outside_the_main_thread_no_signal_is_touched(tmp_path: Path, fake: list[float]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def train() -> None:
        with lossreport.watch(tmp_path) as watching:
            watching.log(step=1, loss=1.0)
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert seen == [before]
    assert (tmp_path / "lossreport.html").exists()


def test_after_the_end_all_hooks_are_out(tmp_path: Path, fake: list[float]) -> None:
    before = (signal.getsignal(signal.SIGTERM), sys.excepthook)
    with lossreport.watch(tmp_path):
        assert (signal.getsignal(signal.SIGTERM), sys.excepthook) != before
    assert (signal.getsignal(signal.SIGTERM), sys.excepthook) == before


def test_an_exception_goes_through_a_with_block(tmp_path: Path, fake: list[float]) -> None:
    with pytest.raises(ValueError, match="shard"), lossreport.watch(tmp_path):
        raise ValueError("shard")
    assert status(tmp_path) == "crashed"


def test_a_program_that_catches_the_exception_says_so_itself(
    tmp_path: Path, fake: list[float]
) -> None:
    watching = lossreport.watch(tmp_path)
    watching.failed(ValueError("shard"))
    watching.finish()
    assert status(tmp_path) == "crashed"
    assert (tmp_path / "lossreport.html").exists()


# --------------------------------------------------------------------------------------- who writes
@pytest.mark.parametrize(
    ("environment", "writes"),
    [
        ({}, True),
        ({"RANK": "0"}, True),
        ({"RANK": "1"}, False),
        ({"SLURM_PROCID": "3"}, False),
        ({"RANK": "0", "SLURM_PROCID": "1"}, True),
        ({"OMPI_COMM_WORLD_RANK": "2"}, False),
        ({"RANK": "none"}, True),
    ],
)
def test_rank_zero_alone_writes(
    environment: dict[str, str],
    writes: bool,
    tmp_path: Path,
    fake: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with lossreport.watch(tmp_path) as watching:
        watching.log(step=1, loss=1.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == (
        ["lossreport-memory.jsonl", "lossreport.calls.txt", "lossreport.html"] if writes else []
    )


# ------------------------------------------------------------------------------ bounds and failures
def test_a_report_that_takes_too_long_is_given_up_at_the_bound(
    tmp_path: Path, fake: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    fake[0] = 60
    began = time.monotonic()
    with lossreport.watch(tmp_path, timeout=0.5):
        pass
    assert time.monotonic() - began < 5
    assert "longer than" in (tmp_path / ERROR).read_text()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("lossreport: no report for")


@pytest.mark.parametrize(("code", "warned"), [(0, False), (4, False), (1, True), (3, False)])
def test_a_command_that_fails_is_one_line_and_a_file(
    code: int, warned: bool, tmp_path: Path, fake: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    fake[1] = code
    with lossreport.watch(tmp_path):
        pass
    assert len(capsys.readouterr().err.splitlines()) == int(warned)
    assert (tmp_path / ERROR).exists() == warned


def test_a_missing_interpreter_is_said_and_not_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(building.PYTHON, str(tmp_path / "no-python"))
    with lossreport.watch(tmp_path) as watching:
        watching.log(step=1, loss=1.0)
    assert "no-python" in capsys.readouterr().err
    assert "FileNotFoundError" in (tmp_path / ERROR).read_text()


def test_a_folder_that_cannot_be_made_is_said_and_not_raised(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    with lossreport.watch(tmp_path / "file" / "runs") as watching:
        watching.log(step=1, loss=1.0)
    assert "NotADirectoryError" in capsys.readouterr().err


def test_the_last_error_goes_when_a_report_succeeds(tmp_path: Path, fake: list[float]) -> None:
    (tmp_path / ERROR).write_text("old")
    with lossreport.watch(tmp_path):
        pass
    assert not (tmp_path / ERROR).exists()


def test_another_interpreter_does_not_get_this_ones_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert building._environment()["PYTHONPATH"] == str(tmp_path)
    monkeypatch.setenv(building.PYTHON, sys.executable)
    assert "PYTHONPATH" not in building._environment()
    assert building.command(tmp_path, tmp_path / "r.html")[0] == sys.executable


# ------------------------------------------------------------------------ rewriting during training
def until(done: object, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not callable(done) or not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_report_is_rewritten_in_the_background_never_two_at_once(
    tmp_path: Path, fake: list[float]
) -> None:
    fake[0] = 0.6
    with lossreport.watch(tmp_path, every=0.001) as watching:
        time.sleep(0.1)
        began = time.monotonic()
        for step in range(40):
            watching.log(step=step, loss=1.0)
            time.sleep(0.01)
        assert time.monotonic() - began < 5
        assert len(calls(tmp_path)) <= 1
        until(lambda: watching._build is not None and watching._build.process.poll() is not None)
        assert (tmp_path / "lossreport.html").exists()
    assert calls(tmp_path)[-1] == len(memory(tmp_path))


def test_without_every_nothing_is_written_during_training(
    tmp_path: Path, fake: list[float]
) -> None:
    with lossreport.watch(tmp_path) as watching:
        watching.log(step=1, loss=1.0)
        assert watching._build is None


# ------------------------------------------------------------------------------------- what is kept
def test_a_new_run_in_the_same_folder_sets_the_old_memory_aside(
    tmp_path: Path, fake: list[float]
) -> None:
    for loss in (1.0, 2.0):
        with lossreport.watch(tmp_path) as watching:
            watching.log(step=1, loss=loss)
    assert '"loss": 1.0' in (tmp_path / PREVIOUS).read_text()
    assert [row["values"] for row in memory(tmp_path) if "values" in row] == [{"loss": 2.0}]


def test_a_resumed_run_goes_on_in_the_same_memory(tmp_path: Path, fake: list[float]) -> None:
    for _ in range(2):
        with lossreport.watch(tmp_path, resume=True) as watching:
            watching.log(step=1, loss=1.0)
    kept = [next(iter(row)) for row in memory(tmp_path)]
    assert kept == ["lossreport_memory", "step", "end", "lossreport_memory", "event", "step", "end"]


class Scalar:
    ndim = 0

    def __init__(self, value: object) -> None:
        self.value = value

    def item(self) -> object:
        return self.value


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1, 1),
        (0.5, 0.5),
        (Scalar(2.5), 2.5),
        (True, None),
        (None, None),
        ("0.5", None),
        ([1.0], None),
        (Scalar("x"), None),
        (Scalar(True), None),
    ],
)
def test_numbers_are_kept_and_nothing_else(value: object, number: float | None) -> None:
    assert plain_number(value) == number


def test_what_raises_while_it_is_logged_does_not_reach_the_training(
    tmp_path: Path, fake: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        ndim = 0

        def item(self) -> float:
            raise RuntimeError("the device is gone")

    with lossreport.watch(tmp_path) as watching:
        watching.log(step=1, loss=Broken())
        watching.log(step=2, loss=1.0)
    assert "the device is gone" in capsys.readouterr().err
    assert [row["step"] for row in memory(tmp_path) if "values" in row] == [2]


def test_after_the_end_calls_do_nothing(tmp_path: Path, fake: list[float]) -> None:
    watching = lossreport.watch(tmp_path)
    assert isinstance(watching, Watch)
    watching.finish("finished")
    watching.log(step=1, loss=1.0)
    watching.finish()
    assert len(calls(tmp_path)) == 1
    assert status(tmp_path) == "finished"


# -------------------------------------------------------------------------------------- a full disk
def full(monkeypatch: pytest.MonkeyPatch, free: list[int]) -> None:
    """Let the memory's disk take so many bytes more."""
    write = os.write

    def bounded(handle: int, data: bytes) -> int:
        if free[0] <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = write(handle, data[: free[0]])
        free[0] -= done
        return done

    monkeypatch.setattr(memory_module.os, "write", bounded)


def test_rows_lost_to_a_full_disk_are_counted_and_told_and_the_report_is_still_asked_for(
    tmp_path: Path,
    fake: list[float],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / "elsewhere.html"
    with lossreport.watch(tmp_path, output=output) as watching:
        watching.log(step=1, loss=1.0)
        free = [10]
        with monkeypatch.context() as patched:
            full(patched, free)
            watching.log(step=2, loss=1.0)
            watching.log(step=3, loss=1.0)
        watching.log(step=4, loss=1.0)
    assert output.exists()
    assert "rows are lost" in capsys.readouterr().err
    lines = (tmp_path / NAME).read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines if line.endswith("}}")] == [1, 4]
    assert any("2 lines before this one were lost" in line for line in lines)


def test_a_folder_that_takes_nothing_does_not_keep_the_report_from_being_written_elsewhere(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    output = tmp_path / "report.html"
    done = program(
        f"w = lossreport.watch({str(tmp_path / 'file' / 'runs')!r}, output={str(output)!r})\nfor "
        f"s in range(9): w.log(step=s, loss=1 / (s + 1))",
        tmp_path,
    )
    assert done.returncode == 0
    assert "is kept in" in done.stderr
    assert output.exists(), done.stderr


def test_a_second_watch_of_a_folder_takes_it_over(tmp_path: Path, fake: list[float]) -> None:
    first = lossreport.watch(tmp_path)
    first.log(step=1, loss=1.0)
    with lossreport.watch(tmp_path) as second:
        first.log(step=2, loss=2.0)
        second.log(step=1, loss=3.0)
    assert [row["values"] for row in memory(tmp_path) if "values" in row] == [{"loss": 3.0}]
    assert len(calls(tmp_path)) == 1


# --------------------------------------------------------------------------- what a framework knows
class Kind(enum.Enum):
    COSINE = "cosine"


def test_settings_are_plain_bounded_and_without_secrets() -> None:
    given = {
        "lr": 0.1, "kind": Kind.COSINE, "nested": {"a": 1, "deep": {"b": True}}, "betas": (0.9, 0.999), "object": object(), "none": None, "long": "x" * 300,
        "many": list(range(99)), "hub_token": "hf_" + "aB3" * 12, "url": "https://me:secretpass@host/x", "empty": "",
    }  # fmt: skip
    found = plain_settings(given, world_size=2)
    assert {name: found[name] for name in ("lr", "kind", "nested.a", "nested.deep.b", "betas", "world_size")} == {
        "lr": 0.1, "kind": "cosine", "nested.a": 1, "nested.deep.b": True, "betas": [0.9, 0.999], "world_size": 2,
    }  # fmt: skip
    assert not {"object", "none", "long", "many", "empty"} & set(found)
    assert plain_settings(
        {"lr": struct.unpack("f", struct.pack("f", 0.1))[0], "eps": 1e-300, "third": 1 / 3}
    ) == {
        "lr": 0.1,
        "eps": 1e-300,
        "third": 1 / 3,
    }
    assert "aB3" not in str(found)
    assert "secretpass" not in str(found)
    assert len(plain_settings({str(i): i for i in range(10 * MOST)})) == MOST


def test_settings_are_redacted_without_the_packages_of_the_report() -> None:
    code = (
        "import sys\nfor one in ('numpy', 'pandas', 'pydantic', 'orjson'): sys.modules[one] = "
        "None\nimport lossreport.integrations.huggingface, lossreport.run"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


class Hook:
    """A hook of a framework that knows less than it thinks."""

    def __init__(self, watching: Watch | None = None) -> None:
        self.watching = watching
        self.beside: list[object] = []

    @harmless
    def __call__(self, trainer: object) -> None:
        self.beside = list(beside(self))
        raise AttributeError("a newer release has no such field")


class Trainer:
    def __init__(self, callbacks: list[object]) -> None:
        self.callbacks = callbacks

    def fit(self) -> None:
        for one in self.callbacks:
            if callable(one):
                one(self)


def test_what_a_hook_raises_never_reaches_the_training(
    tmp_path: Path, fake: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    Trainer([Hook()]).fit()
    assert "no such field (training is not affected)" in capsys.readouterr().err
    with lossreport.watch(tmp_path) as watching:
        Trainer([Hook(watching)]).fit()
    assert "not all is kept for" in capsys.readouterr().err
    assert len(calls(tmp_path)) == 1


def test_a_hook_finds_the_callbacks_that_are_called_with_it(tmp_path: Path) -> None:
    hook, other = Hook(), object()
    Trainer([other, hook]).fit()
    assert hook.beside == [other, hook]
    assert list(beside(hook)) == []
