"""Runs a program as if nothing stood between: its output, its signals and its exit code are its
own, and its output is kept.

Where the input is a terminal the program shares its process group, so that Ctrl-C and Ctrl-Z reach
it from the terminal itself; elsewhere it has a group of its own, and every signal sent to us is
handed on, once.
"""

from __future__ import annotations

import os
import pty
import resource
import signal
import subprocess
import termios
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, Final

from lossreport.integrations.tee import Kept, Tee
from lossreport.values import dataclass

HANDED_ON: Final = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
OF_THE_TERMINAL: Final = (signal.SIGINT, signal.SIGQUIT)
"""What a terminal sends to all of its foreground group: a program in our group has it already."""
ENDING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
LINGER: Final = 5.0
"""Seconds that we wait for the output of processes that outlive the program."""
NOT_FOUND: Final = 127
NOT_EXECUTABLE: Final = 126
"""What a shell ends with where a program cannot be started; POSIX, Shell Command Language,
2.8.2.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended: `code` as `subprocess` gives it (negative for a signal); which signals
    we handed on before; bytes not kept.
    """

    code: int
    handed_on: tuple[int, ...]
    lost: int = 0
    why_lost: str = ""


class Program:
    """One program. `run` returns when it has ended; what is sent to us from then on is counted in
    `late`.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = list(arguments)
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: list[int] = []
        self._sent: list[int] = []
        self._ended = False
        self._shares_terminal = os.isatty(0)
        self.late = threading.Event()

    def run(self, kept: Kept) -> Ended:
        """Start the program and wait for its end. Raises OSError where it cannot be started."""
        for number in HANDED_ON:
            if signal.getsignal(number) is not signal.SIG_IGN:
                # what we were told to ignore (nohup), the program ignores too
                signal.signal(number, self._handle)
        streams = _Streams(kept)
        try:
            self._process = subprocess.Popen(
                self._arguments,
                stdout=streams.ends[0],
                stderr=streams.ends[1],
                process_group=None if self._shares_terminal else 0,
                env=_environment(os.environ),
            )
        except BaseException:
            streams.abandon()
            raise
        for early in self._waiting:
            self._hand_on(early)
        streams.follow()
        code = self._process.wait()
        self._ended = True
        streams.join()
        return Ended(code=code, handed_on=tuple(self._sent), lost=kept.lost, why_lost=kept.why)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._ended:
            self.late.set()
        elif self._process is None:
            self._waiting.append(number)
        else:
            self._hand_on(number)

    def _hand_on(self, number: int) -> None:
        self._sent.append(number)
        if self._process is not None and not (self._shares_terminal and number in OF_THE_TERMINAL):
            with suppress(ProcessLookupError):  # it ended between the two looks
                self._process.send_signal(number)


def end_like(code: int) -> int:
    """End this process by the signal that ended the program, where one did; else return its exit
    code.
    """
    if code >= 0:
        return code
    # the program's core is the one wanted
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if -code not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
    return 128 - code  # what a shell says of such an end; reached only where the signal is blocked


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """Let Python write at once, as it does on a terminal: a killed program would take the last
    lines with it.
    """
    return {"PYTHONUNBUFFERED": "1", **given}


class _Streams:
    """Where the program writes: a pseudo-terminal in place of a terminal, so that progress bars are
    drawn; a pipe in place of anything else.
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._tee: Tee | None = None
        self._targets: dict[int, int] = {}
        self.ends: list[int] = []
        shared: int | None = None
        for target in (1, 2):
            if not os.isatty(target):
                source, end = os.pipe()
                self._targets[source] = target
            elif shared is None:
                source, end = _pseudo_terminal(target)
                shared = end
                self._targets[source] = target
            else:
                end = shared
            self.ends.append(end)

    def follow(self) -> None:
        """Pass on what is written; the program holds the other ends alone from now on."""
        self._close_ends()
        self._tee = Tee(self._targets, self._kept)

    def abandon(self) -> None:
        """Close everything: there is no program."""
        self._close_ends()
        for source in self._targets:
            os.close(source)

    def join(self) -> None:
        """Wait for what is still in the pipes."""
        if self._tee is not None:
            self._tee.join(LINGER)

    def _close_ends(self) -> None:
        for end in set(self.ends):
            os.close(end)


def _pseudo_terminal(target: int) -> tuple[int, int]:
    """Return both ends of a terminal of the size of `target`, which passes bytes on as they are."""
    source, end = pty.openpty()
    modes: list[Any] = termios.tcgetattr(end)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(end, termios.TCSANOW, modes)
    with suppress(OSError):  # a terminal without a size
        termios.tcsetwinsize(end, termios.tcgetwinsize(target))
    return source, end


def kept_in(path: Path, *, resume: bool) -> Kept:
    """Open the file that keeps the output; what an earlier program wrote there is moved away unless
    this one goes on. Raises OSError.
    """
    if path.exists() and not resume:
        os.replace(path, path.with_name(PREVIOUS))
    return Kept(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666))


OUTPUT: Final = "lossreport-output.log"
"""What the program wrote; read with the folder."""
PREVIOUS: Final = "lossreport.previous.log"
"""What the program before wrote, never read."""
