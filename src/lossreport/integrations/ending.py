"""Notices how a training ends: SIGTERM, an uncaught exception, the end of the interpreter. Hooks
are chained, never replaced.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Final

from lossreport.values import dataclass

RANKS: Final = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK")
"""Where launchers put the number of a process, surest first: torchrun under srun sets the first
two, and the first is the global one.
"""
Handler = Callable[[int, FrameType | None], Any] | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What to call at which end.

    `signalled(chained)` at SIGTERM, where `chained` says that a handler of the user's comes next;
    `failed` with the uncaught exception; `left` at the end of the interpreter; `cell_began` and
    `cell_failed` in a notebook, whose exceptions reach no excepthook.
    """

    signalled: Callable[[bool], None]
    failed: Callable[[BaseException], None]
    left: Callable[[], None]
    cell_began: Callable[[], None]
    cell_failed: Callable[[BaseException], None]


def is_main_process() -> bool:
    """Return whether this is process zero of the job, by what launchers say in the environment;
    alone it is.
    """
    for name in RANKS:
        value = os.environ.get(name, "")
        if value.strip().isdigit():
            return int(value) == 0
    return True


def install(watched: Watched) -> Callable[[], None]:
    """Put hooks on SIGTERM (main thread only), uncaught exceptions and the end; return what takes
    the hooks out again.

    A process forked from this one passes everything on and calls nothing.
    """
    owner = os.getpid()
    take_out = [
        _hook_signal(watched, owner),
        _hook_exceptions(watched, owner),
        _hook_cells(watched),
    ]

    def at_exit() -> None:
        if os.getpid() == owner:
            watched.left()

    atexit.register(at_exit)

    def uninstall() -> None:
        for one in take_out:
            one()
        atexit.unregister(at_exit)

    return uninstall


def _hook_signal(watched: Watched, owner: int) -> Callable[[], None]:
    """Put a handler before the one there is. SIG_IGN stays: who ignores SIGTERM is not ended by it;
    None is a handler of C's.
    """
    previous: Handler = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or previous in (
        None,
        signal.SIG_IGN,
    ):
        return _nothing
    chain = None if isinstance(previous, int) else previous

    def handle(number: int, frame: FrameType | None) -> None:
        if os.getpid() == owner:
            watched.signalled(chain is not None)
        if chain is not None:
            chain(number, frame)
        else:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, handle)

    def restore() -> None:
        here = threading.current_thread() is threading.main_thread()
        if here and signal.getsignal(signal.SIGTERM) is handle:
            signal.signal(signal.SIGTERM, previous)

    return restore


def _hook_exceptions(watched: Watched, owner: int) -> Callable[[], None]:
    previous = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if os.getpid() == owner:
            watched.failed(error)
        previous(kind, error, trace)

    sys.excepthook = hook

    def restore() -> None:
        if sys.excepthook is hook:
            sys.excepthook = previous

    return restore


def _hook_cells(watched: Watched) -> Callable[[], None]:
    """Listen to the cells of IPython, where this is a session of it (a notebook, also Colab's)."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return _nothing

    def began(_info: Any) -> None:
        watched.cell_began()

    def ended(result: Any) -> None:
        if result.error_in_exec is not None:
            watched.cell_failed(result.error_in_exec)

    listeners = {"pre_run_cell": began, "post_run_cell": ended}
    for name, listener in listeners.items():
        shell.events.register(name, listener)

    def restore() -> None:
        for name, listener in listeners.items():
            shell.events.unregister(name, listener)

    return restore


def _nothing() -> None:
    """Take out nothing: no hook was put in."""
