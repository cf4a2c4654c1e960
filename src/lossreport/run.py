"""Wraps any program: `python -m lossreport.run -- python train.py ...` keeps what it prints and
writes the report when it has ended.

The program's output goes where it would have gone, its exit code and signals are its own, and a
report that fails changes neither. Needs nothing but the standard library until the report is
written.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final, NoReturn

from lossreport.integrations import building
from lossreport.integrations.ending import is_main_process
from lossreport.integrations.memory import Memory, open_memory
from lossreport.integrations.program import (
    ENDING,
    NOT_EXECUTABLE,
    NOT_FOUND,
    OUTPUT,
    Ended,
    Program,
    end_like,
    kept_in,
)
from lossreport.integrations.tee import Kept

ERROR: Final = "lossreport.error.txt"
ENDING_FILE: Final = "lossreport-ending.jsonl"
"""How the program was started and how it ended: a memory of its own, beside that of a hook inside
the program.
"""
PREVIOUS_ENDING: Final = "lossreport.previous-ending.jsonl"
RUNS: Final = "lossreport-runs"
BY_CRASH: Final = (
    signal.SIGSEGV,
    signal.SIGABRT,
    signal.SIGBUS,
    signal.SIGFPE,
    signal.SIGILL,
    signal.SIGSYS,
    signal.SIGTRAP,
)
SAID: Final = {
    signal.SIGKILL: "Killed",
    signal.SIGSEGV: "Segmentation fault",
    signal.SIGABRT: "Aborted",
    signal.SIGBUS: "Bus error",
}
"""What a shell says of a program that a signal ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program named after `--`; return its exit code, or end by the signal that ended
    it.
    """
    given = _parsed(sys.argv[1:] if arguments is None else arguments)
    if not is_main_process():
        _become(given.program)
    try:
        place = _place(given.folder)
        kept = kept_in(place / OUTPUT, resume=given.resume)
        memory = open_memory(
            place, "lossreport.run", resume=given.resume, name=ENDING_FILE, previous=PREVIOUS_ENDING
        )
        memory.facts({"command": shlex.join(given.program)})
    except OSError as error:
        _say(f"nothing is kept and no report will be written: {error}")
        _become(given.program)
    report = Path(given.output) if given.output else place / "lossreport.html"
    return _watched(given, place, report, kept, memory)


def _place(folder: str | None) -> Path:
    """Make the folder, or one of this moment that no other program has: a loop starts several in
    one second. Raises OSError.
    """
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        return Path(folder)
    Path(RUNS).mkdir(exist_ok=True)
    now = time.strftime("%Y%m%d-%H%M%S")
    for number in count(1):
        place = Path(RUNS) / (now if number == 1 else f"{now}-{number}")
        with suppress(FileExistsError):
            place.mkdir()
            break
    return place


def _watched(
    given: argparse.Namespace, place: Path, report: Path, kept: Kept, memory: Memory
) -> int:
    program = Program(given.program)
    try:
        ended = program.run(kept)
    except OSError as error:
        _say(f"{given.program[0]}: {error.strerror}")
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
    try:
        why = _reported(given, place, report, program, ended, memory)
        _tell(why, place, report, given.quiet)
    except Exception as error:
        _say(f"no report: {type(error).__name__}: {error}")
    return end_like(ended.code)


def _reported(
    given: argparse.Namespace,
    place: Path,
    report: Path,
    program: Program,
    ended: Ended,
    memory: Memory,
) -> str:
    """Keep how the program ended and write the report; return why there is none, or an empty
    string.
    """
    try:
        for kind, quote, ends in _events(ended):
            memory.event(kind, quote, ends)
        memory.facts({"exit_code": ended.code if ended.code >= 0 else 128 - ended.code})
        memory.end(_status(ended))
        memory.close()
    except OSError as error:
        _say(f"how the program ended could not be kept: {error}")
    bound = (
        building.TERM_BOUND
        if any(number in ENDING for number in ended.handed_on)
        else given.timeout
    )
    deadline = time.monotonic() + min(bound, given.timeout)
    options = [*(("--lang", given.lang) if given.lang else ())]
    build = building.start(building.command(place, report, options), 0)
    building.wait(build, lambda: 0.0 if program.late.is_set() else deadline)
    return building.end(build)


def _status(ended: Ended) -> str:
    """Return the contract's word for the end. Who was told to stop and leaves with any code was
    interrupted.
    """
    if -ended.code in BY_CRASH:
        return "crashed"
    if ended.code < 0 or any(number in ENDING for number in ended.handed_on):
        return "interrupted"
    return "crashed" if ended.code else "finished"


def _events(ended: Ended) -> list[tuple[str, str, str | None]]:
    """Return what happened, in the words of a shell: kind, words, and the status with which it
    ended the run.
    """
    status = _status(ended)
    told: list[tuple[str, str, str | None]] = []
    for number in dict.fromkeys(ended.handed_on):
        told.append(
            (
                "killed" if number in ENDING else "other",
                f"sent to the program: {signal.Signals(number).name}",
                None,
            )
        )
    if ended.code < 0:
        number = signal.Signals(-ended.code)
        told.append(
            (
                "killed" if status == "interrupted" else "other",
                f"{SAID.get(number, 'Ended')} ({number.name})",
                status,
            )
        )
    elif ended.code:
        told.append(
            (
                "other",
                f"the program ended with exit code {ended.code}",
                status if status == "crashed" else None,
            )
        )
    if ended.lost:
        told.append(
            ("other", f"{ended.lost} bytes of its output were not kept: {ended.why_lost}", None)
        )
    return told


def _tell(why: str, place: Path, report: Path, quiet: bool) -> None:
    error = place / ERROR
    if why:
        _say(
            f"no report for {place}: {why.splitlines()[0]} (the program is not affected; see "
            f"{ERROR})"
        )
        error.write_text(why + "\n", encoding="utf-8")
    else:
        error.unlink(missing_ok=True)
        if not quiet:
            _say(f"report: {report}")


def _become(program: Sequence[str]) -> NoReturn:
    """Run the program in our place: another rank, or nowhere to keep its output."""
    try:
        os.execvp(program[0], list(program))
    except OSError as error:
        _say(f"{program[0]}: {error.strerror}")
        sys.exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE)


def _say(line: str) -> None:
    try:
        sys.stderr.write(f"lossreport: {line}\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        # nobody reads stderr any more; the program's exit code still counts
        return


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m lossreport.run",
        usage="python -m lossreport.run [OPTIONS] -- PROGRAM [ARGUMENTS]...",
        description="Run a program, keep what it prints, and write the report when it has ended, "
        "however it ends. Exit code and signals are the program's own.",
    )
    parser.add_argument(
        "--folder",
        help=f"where its output is kept, read together with what else lies there (default: "
        f"{RUNS}/TIME)",
    )
    parser.add_argument(
        "-o", "--output", help="where the report goes (default: lossreport.html in the folder)"
    )
    parser.add_argument("--lang", choices=("both", "zh", "en"), help="languages of the report")
    parser.add_argument(
        "--timeout",
        type=float,
        default=building.BOUND,
        help="seconds that the report may take (default: %(default)s)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on in the output of an earlier attempt in the same folder",
    )
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="do not name the report on stderr"
    )
    parser.add_argument("program", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.program[:1] == ["--"]:
        given.program = given.program[1:]
    if not given.program:
        parser.error("name the program after --")
    return given


if __name__ == "__main__":
    sys.exit(main())
