"""Runs `python -m lossreport build` beside a training: in a process of its own, never longer than a
bound, never two at once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, Final

from lossreport.errors import NO_METRIC
from lossreport.values import dataclass

PYTHON: Final = "LOSSREPORT_PYTHON"
"""Environment variable: the interpreter that has lossreport, where the training's own has not."""
BOUND: Final = 60.0
"""Seconds that the end of a training waits for its report, unless told otherwise. A report of a
million rows takes below 10 s.
"""
TERM_BOUND: Final = 20.0
"""Seconds after SIGTERM. Kubernetes (terminationGracePeriodSeconds), Slurm (KillWait) and torchrun
all kill for good after 30 s.
"""
POLL: Final = 0.05
WRITTEN: Final = (0, 4)
"""Exit codes with which the report was written: 4 is `fail_on` of a settings file, which must not
fail a training.
"""
TAIL: Final = 2000
"""Characters of the command's last words that an error keeps."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Build:
    """A report being written; `lines` is how much of the memory it could see when it began."""

    process: subprocess.Popen[bytes]
    output: IO[bytes]
    started: float
    lines: int


def command(
    folder: Path, report: Path, options: Sequence[str] = (), also: Sequence[Path] = ()
) -> list[str]:
    """Return the command that writes the report of a folder, and of what lies elsewhere (`also`)
    with it.

    `-P` keeps the files of the training's folder from shadowing modules.
    """
    python = os.environ.get(PYTHON) or sys.executable
    return [
        python,
        "-P",
        "-m",
        "lossreport",
        "build",
        *map(str, (folder, *also)),
        "-o",
        str(report),
        "-q",
        *options,
    ]


def start(arguments: Sequence[str], lines: int) -> Build:
    """Start a build in a session of its own, so that a Ctrl-C meant for the training does not reach
    it. Raises OSError.
    """
    output = tempfile.TemporaryFile()  # noqa: SIM115  closed by `end`; a pipe could fill up and stop the command
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
    try:
        process = subprocess.Popen(arguments, start_new_session=True, env=_environment(), **streams)
    except BaseException:
        output.close()
        raise
    return Build(process=process, output=output, started=time.monotonic(), lines=lines)


def _environment() -> dict[str, str]:
    """Return the environment of the command: another interpreter must not find this one's
    modules.
    """
    foreign = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP") if os.environ.get(PYTHON) else ()
    return {name: value for name, value in os.environ.items() if name not in foreign}


def wait(build: Build, deadline: Callable[[], float]) -> None:
    """Wait until the build has ended or the deadline (monotonic seconds, asked again and again) has
    passed.
    """
    while build.process.poll() is None and time.monotonic() < deadline():
        time.sleep(POLL)


def end(build: Build) -> str:
    """Kill a build that still runs, with all its children; return why there is no report, or an
    empty string where there is one.
    """
    late = build.process.poll() is None
    if late:
        _kill(build.process)
    with build.output as output:
        output.seek(0)
        said = output.read().decode("utf-8", "replace").strip()[-TAIL:]
    seconds = time.monotonic() - build.started
    if late:
        return f"writing the report took longer than {seconds:.0f} s and was stopped"
    code = build.process.returncode
    if code in WRITTEN or (code == NO_METRIC and not said):
        return ""  # a refusal says why; a report of a training that logged nothing is written
    return f"writing the report failed with exit code {code}: {said or 'it said nothing'}"


def _kill(process: subprocess.Popen[Any]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:  # it ended between the two looks
        return
    finally:
        process.wait()
