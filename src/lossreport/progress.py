"""How far the work is. The rooms that do it say so; nobody hears it unless a command listens, and
then it costs a call a block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from lossreport.values import dataclass

Stage = Literal["reading", "analysing", "checking", "writing", "reporting"]
Listener = Callable[[Stage, float], None]


@dataclass
class _Work:
    """The stage that runs, what there is to do in it, and what is done."""

    listener: Listener | None = None
    stage: Stage = "reading"
    total: float = 0.0
    done: float = 0.0


_work = _Work()


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Let `listener` hear of each step: the stage and the share that is done, from 0 to 1."""
    _work.listener = listener
    try:
        yield
    finally:
        _work.listener = None


def begin(stage: Stage, total: float) -> None:
    """Say that a stage begins, with so much to do."""
    _work.stage, _work.total, _work.done = stage, total, 0.0
    advance(0.0)


def advance(amount: float) -> None:
    """Say that so much more of the stage is done. What is unpacked can be more than the files told:
    the share stays below 1 then.
    """
    if _work.listener is not None:
        _work.done += amount
        _work.listener(_work.stage, min(1.0, _work.done / _work.total) if _work.total > 0 else 0.0)
