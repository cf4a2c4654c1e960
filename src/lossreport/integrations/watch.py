"""Watches one training: keeps what it logs, and writes the report when it ends, however it ends.
Every hook of a framework uses this.

Nothing here ever raises into a training, changes its exit code or delays it beyond the bound:
errors become one line on stderr and the file `lossreport.error.txt`.
"""

from __future__ import annotations

import functools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, Final, ParamSpec

from lossreport.integrations import building
from lossreport.integrations.ending import Watched, install, is_main_process
from lossreport.integrations.memory import Memory, open_memory

ERROR: Final = "lossreport.error.txt"
P = ParamSpec("P")
OPEN: Final[dict[Path, Watch]] = {}
"""The training that is watched in each folder: one at a time."""


def watch(
    folder: str | os.PathLike[str],
    *,
    output: str | os.PathLike[str] | None = None,
    every: float | None = None,
    timeout: float = building.BOUND,
    resume: bool = False,
    facts: Mapping[str, Any] | None = None,
    main: bool | None = None,
    by: str = "python",
    options: Sequence[str] = (),
) -> Watch:
    """Watch a training whose logs are in `folder`; the report is `lossreport.html` there, or
    `output`.

    `every` rewrites it during training, in the background, at most once in so many minutes.
    `timeout` is the longest that the end of the training waits, in seconds. `resume` keeps the rows
    of an earlier attempt in the same folder. `main` is whether this process is the one that writes;
    None asks RANK, SLURM_PROCID and their kin. `options` are further options of `lossreport build`.
    Never raises.
    """
    place = Path(os.fspath(folder))
    report = Path(os.fspath(output)) if output is not None else place / "lossreport.html"
    watching = Watch(
        place, lambda first, *also: building.command(first, report, options, also), every, timeout
    )
    if is_main_process() if main is None else main:
        watching._open(by, resume, dict(facts or {}))
    return watching


def quietly(method: Callable[Concatenate[Any, P], None]) -> Callable[Concatenate[Any, P], None]:
    """Turn whatever a method raises into a warning: a training must not end because of its
    report.
    """

    def guarded(self: Any, /, *arguments: P.args, **named: P.kwargs) -> None:
        try:
            method(self, *arguments, **named)
        except Exception as error:
            self.warn(f"{type(error).__name__}: {error}", of="no report")

    functools.update_wrapper(guarded, method)
    return guarded


def harmless(method: Callable[..., None]) -> Callable[..., None]:
    """Keep a framework from what a method of a hook raises: it is said by the hook's `watching`, or
    on stderr before there is one.
    """

    def guarded(self: Any, /, *arguments: Any, **named: Any) -> None:
        try:
            method(self, *arguments, **named)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            watching = getattr(self, "watching", None)
            if isinstance(watching, Watch):
                watching.warn(said)
            else:
                _say(f"lossreport: {said} (training is not affected)")

    functools.update_wrapper(guarded, method)
    return guarded


class Watch:
    """A training under watch. Without an open memory (another rank, an unwritable folder) every
    call does nothing.
    """

    def __init__(
        self, folder: Path, command: Callable[..., list[str]], every: float | None, timeout: float
    ) -> None:
        """`command` gives the command that writes the report, for one or several places of logs."""
        self._folder, self._every, self._timeout = folder, every, timeout
        self._make_command, self._command = command, command(folder)
        self._memory: Memory | None = None
        self._owner = os.getpid()
        self._uninstall: Callable[[], None] | None = None
        self._build: building.Build | None = None
        self._refreshed = time.monotonic()
        self._deadline = float("inf")
        self._finishing = False
        self._warned: set[str] = set()
        self._touched = self._failed = False
        self.ask: Callable[[], str | None] | None = None
        """Asked how it ended where nobody has said so by the end; a framework whose callbacks are
        not told of the end knows it afterwards.
        """

    @property
    def watching(self) -> bool:
        """Whether what is logged here is kept: this process is the one that writes, and the
        training has not ended.
        """
        return self._memory is not None and not self._finishing and os.getpid() == self._owner

    @property
    def continued(self) -> bool:
        """Whether the rows of an earlier attempt stand in the memory already."""
        return self._memory is not None and self._memory.continued

    @quietly
    def log(
        self,
        values: Mapping[str, Any] | None = None,
        /,
        *,
        step: float | None = None,
        iteration: float | None = None,
        epoch: float | None = None,
        of: str | None = None,
        window: int | None = None,
        **more: Any,
    ) -> None:
        """Keep the numbers of one moment: `w.log(step=10, loss=0.3)`.

        `of` says what the values of training are, where it is known: value, window_mean (over
        `window` steps), epoch_mean, running_mean.
        """
        if self.watching and self._memory is not None:
            place = {"step": step, "iteration": iteration, "epoch": epoch}
            self._touched = True
            self._memory.row({**(values or {}), **more}, place, of=of, window=window)
            self._tell_lost()
            self._refresh()

    @quietly
    def facts(self, facts: Mapping[str, Any]) -> None:
        """Keep settings: lr, batch_size, max_steps and whatever else the report should know."""
        if self.watching and self._memory is not None:
            self._memory.facts(facts)

    @quietly
    def event(self, kind: str, quote: str) -> None:
        """Keep something that happened: `w.event("checkpoint", "saved step-200.pt")`; `kind` is one
        of the contract's kinds of event.
        """
        if self.watching and self._memory is not None:
            self._memory.event(kind, quote)

    def failed(self, error: BaseException) -> None:
        """Keep that training ends by an exception; the report is written by `finish`, or at the end
        of the program.
        """
        self._note(error)

    @quietly
    def finish(self, status: str | None = None) -> None:
        """Write the report, now; `status` is "finished" where training came to its end. Later calls
        do nothing.
        """
        if not self.watching or self._memory is None:
            return
        if status is None and not self._failed and self.ask is not None:
            status = self.ask()
        self._finishing = True
        if status is not None:
            self._memory.end(status)
        now = time.monotonic()
        # who outlives the grace of a signal has time again
        after_signal = self._deadline if self._deadline > now else float("inf")
        self._deadline = min(after_signal, now + self._timeout)
        try:
            self._write_report(self._memory.lines)
        finally:
            OPEN.pop(self._folder.resolve(), None)
            self._memory.close()
            if self._uninstall is not None:
                self._uninstall()

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._note(error)
        self.finish("finished" if error is None else None)

    # --------------------------------------------------------------------------------------- inside
    @quietly
    def _open(self, by: str, resume: bool, facts: dict[str, Any]) -> None:
        """Open the memory; where the folder takes none it lies in a temporary one, and the report
        may still go elsewhere.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._memory = open_memory(self._folder, by, resume=resume)
        except OSError as error:
            elsewhere = Path(tempfile.mkdtemp(prefix="lossreport-"))
            self._memory = open_memory(elsewhere, by)
            self._command = self._make_command(
                *([self._folder] if self._folder.is_dir() else []), elsewhere
            )
            self.warn(f"{type(error).__name__}: {error}; what is logged is kept in {elsewhere}")
        self._memory.facts(facts)
        place = self._folder.resolve()
        if (earlier := OPEN.get(place)) is not None:
            earlier._superseded()
        OPEN[place] = self
        self._uninstall = install(
            Watched(
                signalled=self._signalled,
                failed=self._note,
                left=self.finish,
                cell_began=self._cell_began,
                cell_failed=self._cell_failed,
            )
        )

    def _superseded(self) -> None:
        """Let go of the folder: a cell of a notebook was run again, and what it makes anew is the
        run that counts.
        """
        self._finishing = True
        if self._memory is not None:
            self._memory.close()
        if self._uninstall is not None:
            self._uninstall()

    def _tell_lost(self) -> None:
        if self._memory is not None and self._memory.lost == 1:
            self.warn("the disk takes no more: rows are lost from here on")

    def _cell_began(self) -> None:
        self._touched = False

    @quietly
    def _cell_failed(self, error: BaseException) -> None:
        """Keep that the cell of a notebook which logged here raised, and write the report; the
        notebook may go on and log again.
        """
        if not self.watching or self._memory is None or not self._touched:
            return
        self._touched = False
        self._note(error)
        self._deadline = time.monotonic() + self._timeout
        self._write_report(self._memory.lines)
        self._deadline = float("inf")

    @quietly
    def _note(self, error: BaseException) -> None:
        """Keep an exception. Leaving by SystemExit is said as it is; that alone tells neither
        success nor failure.
        """
        if not self.watching or self._memory is None:
            return
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        self._failed = True
        if isinstance(error, KeyboardInterrupt):
            self._memory.event("killed", said)
            self._memory.end("interrupted")
        elif isinstance(error, SystemExit):
            self._memory.event("other", said)
        else:
            self._memory.event("traceback", said)
            self._memory.end("crashed")

    @quietly
    def _signalled(self, chained: bool) -> None:
        """Note SIGTERM. Where a handler of the user's comes next, it must not wait: the report is
        begun beside it.
        """
        self._deadline = time.monotonic() + min(building.TERM_BOUND, self._timeout)
        if self._finishing:
            if not chained:
                # the process ends when this returns; else what waits already sees the new deadline
                self._wait()
            return
        if not self.watching or self._memory is None:
            return
        self._failed = True
        self._memory.event("killed", "SIGTERM")
        self._memory.end("interrupted")
        if not chained:
            self.finish()
        elif self._build is None or self._build.process.poll() is not None:
            self._start()

    def _refresh(self) -> None:
        """Rewrite the report in the background when it is time, never two at once, none longer than
        the bound.
        """
        if self._build is not None:
            late = time.monotonic() - self._build.started > self._timeout
            if self._build.process.poll() is None and not late:
                return
            self._end()
        if self._every is not None and time.monotonic() - self._refreshed >= self._every * 60:
            self._start()

    def _start(self) -> None:
        if self._memory is not None:
            self._refreshed = time.monotonic()
            self._build = building.start(self._command, self._memory.lines)

    def _write_report(self, lines: int) -> None:
        if self._build is not None and (
            self._build.lines < lines or self._build.process.poll() is not None
        ):
            self._end(warn=False)  # it did not see the last lines
        if self._build is None:
            self._start()
        self._wait()
        self._end()

    def _wait(self) -> None:
        if self._build is not None:
            building.wait(self._build, lambda: self._deadline)

    def _end(self, *, warn: bool = True) -> None:
        build, self._build = self._build, None
        if build is None:
            return
        why = building.end(build)
        if why and warn:
            self.warn(why, of="no report")
        elif warn:
            (self._folder / ERROR).unlink(missing_ok=True)

    def warn(self, what: str, *, of: str = "not all is kept") -> None:
        """Say once of a kind on stderr, and in full in a file, what went wrong; a full disk or a
        closed stderr must not matter either.
        """
        first = what.splitlines()[0] if what else ""
        if of not in self._warned:
            _say(
                f"lossreport: {of} for {self._folder}: {first} (training is not affected; see "
                f"{ERROR})"
            )
        self._warned.add(of)
        with suppress(OSError, ValueError):  # nowhere is left to say it
            (self._folder / ERROR).write_text(
                f"{what}\ncommand: {' '.join(self._command)}\n", encoding="utf-8"
            )


def _say(line: str) -> None:
    with suppress(OSError, ValueError, AttributeError):  # a training without stderr
        sys.stderr.write(f"{line}\n")
