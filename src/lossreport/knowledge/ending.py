"""What the words by which runs break off mean, and what to do about each. One family of them a file
in `knowledge/endings/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from lossreport import regex as re
from lossreport.registry import load_units
from lossreport.text import Phrase, Text
from lossreport.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One way in which a run ends, by the words of its last lines.

    `numbers` finds the figures of the message that `said` puts into words, by the names of its
    groups. `codes` are lines to type, each behind a pattern of the parsers and words that its
    framework is known by; the first that fits counts. A `broad` ending says that something broke
    and not what: another line near it may know more. `yields_to` names endings that know what was
    meant where they stand beside it: no space was left in the shared memory, not on the disk.
    `is_own` says that the fault lies in the code or the data of the run, so that starting again
    without a change ends in the same way.
    """

    id: str
    pattern: re.Pattern[str]
    title: Text
    means: Text
    do: Text
    reference: str
    numbers: re.Pattern[str] | None = None
    said: Text | None = None
    codes: tuple[tuple[str, str], ...] = ()
    broad: bool = False
    yields_to: tuple[str, ...] = ()
    is_own: bool = False

    def figures(self, quote: str) -> Phrase | None:
        """Return what the figures of the message say, or None where it holds none of them."""
        if self.numbers is None or self.said is None:
            return None
        match = self.numbers.search(quote)
        return None if match is None else self.said(**match.groupdict())

    def code(self, framework: str) -> str:
        """Return one line to type under a framework (its parser and the words of the log), or
        nothing.
        """
        return next(
            (line for known, line in self.codes if re.search(known, framework, re.IGNORECASE)), ""
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """The endings of one family, the special ones before the general; lower `order` is asked
    first.
    """

    id: str
    endings: tuple[Ending, ...]
    order: int = 50


def words(pattern: str) -> re.Pattern[str]:
    """Return a pattern of the words of a message, in any case."""
    return re.compile(pattern, re.IGNORECASE)


@cache
def endings() -> tuple[Ending, ...]:
    """Return all endings in the order in which they are asked."""
    units = load_units("lossreport.knowledge.endings", "ENDINGS", Endings)
    return tuple(one for unit in sorted(units, key=lambda unit: unit.order) for one in unit.endings)


def ending_of(quote: str) -> Ending | None:
    """Return the ending that a line tells of, or None where its words are not known."""
    return next((one for one in endings() if one.pattern.search(quote)), None)


def told(quotes: Sequence[str]) -> tuple[int, Ending] | None:
    """Return which of the last lines tells how the run ended, and the ending: the first line,
    unless it knows too little.

    Where the first only says that something broke, or is the head of a traceback whose exception is
    lost, another line that knows more is taken. None where the first line is not known for
    anything: what follows it is its consequence.
    """
    known = [ending_of(quote) for quote in quotes]
    first = known[0] if known else None
    if not known or (first is None and HEADLESS not in quotes[0]):
        return None
    if first is not None and not first.broad:
        nearer = (
            (place, one)
            for place, one in enumerate(known)
            if one is not None and one.id in first.yields_to
        )
        return next(nearer, (0, first))
    special = next(
        ((place, one) for place, one in enumerate(known) if one is not None and not one.broad), None
    )
    return special or (None if first is None else (0, first))


HEADLESS: Final = "Traceback (most recent call last)"
"""What is quoted of a traceback that breaks off."""
CPU_FIRST: Final = "CUDA_LAUNCH_BLOCKING=1 python ..."
"""Makes the GPU report an error at the call that made it."""
