"""A program that is wrapped ends as it would have ended: same output, same exit code, same signal;
and the report says how.
"""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from lossreport.integrations.building import PYTHON
from lossreport.integrations.ending import RANKS
from lossreport.integrations.program import OUTPUT, PREVIOUS
from lossreport.integrations.tee import Kept, Tee
from lossreport.run import ENDING_FILE, ERROR, RUNS

TRAIN = """
import os, signal, sys, time
for epoch in range(1, 21):
    for done in (0, 50, 100):
        sys.stderr.write(f"\\repoch {epoch}: {done}%")
    sys.stderr.write("\\n")
    sys.stderr.flush()
    print(f"epoch {epoch} train_loss {3 / (epoch + 1):.4f} val_loss {3.2 / (epoch + 1):.4f}")
sys.stdout.flush()
"""
ENDS = {
    "success": ("", 0, "finished"),
    "exit code 3": ("sys.exit(3)", 3, "crashed"),
    "exception": ("raise RuntimeError('no such shard')", 1, "crashed"),
    "segmentation fault": ("os.kill(os.getpid(), signal.SIGSEGV)", -signal.SIGSEGV, "crashed"),
    "abort": ("os.abort()", -signal.SIGABRT, "crashed"),
    "out of memory": ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, "interrupted"),
}
SAYS = {
    "exit code 3": "the program ended with exit code 3",
    "exception": "RuntimeError: no such shard",
    "segmentation fault": "Segmentation fault (SIGSEGV)",
    "abort": "Aborted (SIGABRT)",
    "out of memory": "Killed (SIGKILL)",
}
WAIT = "print('waiting', flush=True)\ntime.sleep(60)\n"
BOUND = 120


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "train.py"


def wrapped(script: Path, *options: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "lossreport.run",
        "--folder",
        str(script.parent / "run"),
        *options,
        "--",
        sys.executable,
        str(script),
    ]


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in RANKS} | more


def run(command: Sequence[str], **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        env=environment(**more),
        timeout=BOUND,
        stdin=subprocess.DEVNULL,
    )


def without_ours(stderr: bytes) -> bytes:
    return b"\n".join(
        line for line in stderr.split(b"\n") if not line.startswith(b"lossreport: report: ")
    )


def reported(folder: Path) -> tuple[str, str]:
    """Return the status of the run and the first sentence of its outcome, of a report."""
    html = (folder / "lossreport.html").read_text(encoding="utf-8")
    data = json.loads(
        html.split('<script type="application/json" id="lossreport-data">', 1)[1].split(
            "</script>", 1
        )[0]
    )
    (one,) = data["runs"]
    return one["status"], one["outcome"]["text"]["en"]


@pytest.mark.parametrize("end", ENDS)
def test_output_and_exit_code_are_the_programs_and_the_report_says_how_it_ended(
    end: str, script: Path
) -> None:
    body, code, status = ENDS[end]
    script.write_text(TRAIN + body)
    alone = run([sys.executable, str(script)])
    done = run(wrapped(script))
    assert (done.returncode, alone.returncode) == (code, code)
    assert done.stdout == alone.stdout
    assert without_ours(done.stderr) == alone.stderr
    said, outcome = reported(script.parent / "run")
    assert said == status
    assert SAYS.get(end, "Finished") in outcome


@pytest.mark.parametrize(
    ("number", "body", "code", "whom"),
    [
        (signal.SIGTERM, WAIT, -signal.SIGTERM, "wrapper"),
        (signal.SIGINT, WAIT, -signal.SIGINT, "wrapper"),
        (signal.SIGKILL, WAIT, -signal.SIGKILL, "program"),
        (signal.SIGTERM, "signal.signal(signal.SIGTERM, lambda *_: (print('saved'), "
            "sys.exit(7)))\n" + WAIT, 7, "wrapper"),
        (signal.SIGINT, "try:\n    print('waiting', flush=True)\n    time.sleep(60)\nexcept "
            "KeyboardInterrupt:\n    sys.exit(0)\n", 0, "wrapper"),
    ],
)  # fmt: skip
def test_a_signal_reaches_the_program_once_and_decides_as_without_us(
    number: int, body: str, code: int, whom: str, script: Path
) -> None:
    script.write_text(TRAIN + "print('pid', os.getpid(), flush=True)\n" + body)
    with subprocess.Popen(
        wrapped(script),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        stdin=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        pid = 0
        for line in process.stdout:
            if line.startswith(b"pid"):
                pid = int(line.split()[1])
            if line == b"waiting\n":
                break
        os.kill(process.pid if whom == "wrapper" else pid, number)
        output, _ = process.communicate(timeout=BOUND)
    assert process.returncode == code
    assert output == (b"saved\n" if code == 7 else b"")
    status, outcome = reported(script.parent / "run")
    assert status == "interrupted"
    assert signal.Signals(number).name in outcome or "KeyboardInterrupt" in outcome


def test_a_signal_while_the_report_is_written_ends_the_waiting_not_the_exit_code(
    script: Path, tmp_path: Path
) -> None:
    script.write_text("import sys\nprint('over', flush=True)\nsys.exit(5)\n")
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\ntouch '" + str(tmp_path / "began") + "'\nsleep 60\n")
    slow.chmod(0o755)
    command = wrapped(script)
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment(**{PYTHON: str(slow)}),
    ) as process:
        end = time.monotonic() + BOUND
        while not (tmp_path / "began").exists():
            assert time.monotonic() < end
            time.sleep(0.02)
        process.terminate()
        _, said = process.communicate(timeout=30)
    assert process.returncode == 5
    assert b"no report" in said


def test_what_two_streams_write_is_kept_in_whole_lines_with_carriage_returns(script: Path) -> None:
    script.write_text(TRAIN)
    run(wrapped(script), **{PYTHON: "/bin/false"})
    kept = (script.parent / "run" / OUTPUT).read_bytes()
    assert kept.count(b"\r") == 60
    assert kept.count(b"train_loss") == 20
    assert all(line.startswith((b"epoch", b"\r")) or line == b"" for line in kept.split(b"\n"))


@pytest.mark.parametrize("python", ["/bin/false", "/no/such/python"])
def test_a_report_that_fails_changes_neither_output_nor_exit_code(
    python: str, script: Path
) -> None:
    script.write_text("import sys\nprint('hello')\nsys.exit(4)\n")
    done = run(wrapped(script), **{PYTHON: python})
    assert (done.returncode, done.stdout) == (4, b"hello\n")
    assert done.stderr.startswith(b"lossreport: no report")
    assert python == "/no/such/python" or (script.parent / "run" / ERROR).exists()


def test_nowhere_to_keep_it_the_program_runs_all_the_same(script: Path, tmp_path: Path) -> None:
    script.write_text("import sys\nprint('hello')\nsys.exit(4)\n")
    (tmp_path / "run").write_text("a file, not a folder")
    done = run(wrapped(script))
    assert (done.returncode, done.stdout) == (4, b"hello\n")
    assert b"nothing is kept" in done.stderr


@pytest.mark.parametrize(("mode", "code"), [(None, 127), (0o644, 126)])
def test_a_program_that_cannot_be_started_ends_as_in_a_shell(
    mode: int | None, code: int, tmp_path: Path
) -> None:
    path = tmp_path / "program"
    if mode is not None:
        path.write_text("no program")
        path.chmod(mode)
    done = run(
        [sys.executable, "-m", "lossreport.run", "--folder", str(tmp_path / "run"), "--", str(path)]
    )
    assert done.returncode == code
    assert str(path).encode() in done.stderr


def test_without_a_program_it_says_what_to_write(tmp_path: Path) -> None:
    done = run([sys.executable, "-m", "lossreport.run", "--folder", str(tmp_path)])
    assert done.returncode == 2
    assert b"name the program after --" in done.stderr


def test_another_rank_is_the_program_alone(script: Path) -> None:
    script.write_text("import sys\nprint('rank one')\nsys.exit(6)\n")
    done = run(wrapped(script), RANK="1")
    assert (done.returncode, done.stdout) == (6, b"rank one\n")
    assert not (script.parent / "run").exists()


def test_without_a_folder_each_run_has_one_of_its_own(script: Path, tmp_path: Path) -> None:
    script.write_text("print('hello')\n")
    subprocess.run(
        [sys.executable, "-m", "lossreport.run", "--", sys.executable, str(script)],
        check=True, capture_output=True, cwd=tmp_path, env=environment(**{PYTHON: "/bin/false"}),
    )  # fmt: skip
    (folder,) = (tmp_path / RUNS).iterdir()
    assert {path.name for path in folder.iterdir()} == {OUTPUT, ENDING_FILE, ERROR}


def test_programs_that_a_loop_starts_in_one_second_share_no_folder(
    script: Path, tmp_path: Path
) -> None:
    script.write_text("import sys, time\nprint('seed', sys.argv[1], flush=True)\ntime.sleep(1)\n")
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "lossreport.run", "--", sys.executable, str(script), str(seed)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=tmp_path, env=environment(**{PYTHON: "/bin/false"}),
        )
        for seed in range(4)
    ]  # fmt: skip
    assert [one.wait(timeout=BOUND) for one in started] == [0] * 4
    assert sorted(path.read_text() for path in (tmp_path / RUNS).glob(f"*/{OUTPUT}")) == [
        f"seed {seed}\n" for seed in range(4)
    ]
    assert [*(tmp_path / RUNS).glob(f"*/{PREVIOUS}")] == []


@pytest.mark.parametrize("resume", [False, True])
def test_a_second_program_in_a_folder_replaces_the_first_unless_it_goes_on(
    resume: bool, script: Path
) -> None:
    for word in ("first", "second"):
        script.write_text(f"print('{word}')\n")
        run(wrapped(script, *(["--resume"] if resume else [])), **{PYTHON: "/bin/false"})
    folder = script.parent / "run"
    assert (folder / OUTPUT).read_text() == ("first\nsecond\n" if resume else "second\n")
    assert (folder / PREVIOUS).exists() != resume


def test_on_a_terminal_the_program_has_a_terminal_of_the_same_size(script: Path) -> None:
    script.write_text(
        "import os, sys\nprint(os.isatty(1), os.isatty(2), "
        "os.get_terminal_size())\nsys.stderr.write('a\\rb\\n')\nsys.exit(9)\n"
    )
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        wrapped(script, "-q"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(**{PYTHON: "/bin/false"}),
    )
    os.close(theirs)
    seen = b""
    while select.select([ours], [], [], BOUND)[0]:
        try:
            seen += os.read(ours, 4096)
        except OSError:  # the last one has closed it
            break
    os.close(ours)
    assert process.wait(BOUND) == 9
    assert b"True True os.terminal_size" in seen
    assert b"a\rb\r\n" in seen


def test_a_reader_that_leaves_ends_the_program_as_it_would_have(script: Path) -> None:
    script.write_text(
        "import signal\nsignal.signal(signal.SIGPIPE, signal.SIG_DFL)\nwhile True: print('x' * "
        "1000)\n"
    )
    head = f"{' '.join(wrapped(script))} | head -c 10; exit ${{PIPESTATUS[0]}}"
    done = run(["bash", "-c", head], **{PYTHON: "/bin/false"})
    assert done.returncode == 128 + signal.SIGPIPE
    assert done.stdout == b"xxxxxxxxxx"


def test_a_disk_that_is_full_ends_the_keeping_not_the_passing_on(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"")
    # writing to it fails, as it does where nothing is left
    kept = Kept(os.open(tmp_path / "log", os.O_RDONLY))
    source, end = os.pipe()
    out, into = os.pipe()
    tee = Tee({source: into}, kept)
    os.write(end, b"one\ntwo\n")
    os.close(end)
    tee.join(10)
    assert os.read(out, 100) == b"one\ntwo\n"
    assert kept.lost == 8
    assert kept.why
    kept.close()
    os.close(out)
    os.close(into)
