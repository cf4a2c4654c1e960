"""Where a training breaks, and how: the one answer for verdicts, causes, advice and notes.

A value is not finite, or a logger hides that; the log says so and stops; a loss explodes, stands at
a clamp or at exactly 0, diverges for good. How the program itself crashed is `knowledge/ending.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.payloads import AtClamp, Explosion, NonFinite, ZeroLoss
from lossreport.model.analysis import Finding, Severity
from lossreport.model.run import Floats, Series
from lossreport.values import dataclass


class How(StrEnum):
    """In what way a training breaks."""

    NONFINITE = "nonfinite"
    MASKED = "masked"
    REPORTED = "reported"
    DIVERGENCE = "divergence"
    EXPLOSION = "explosion"
    CLAMP = "clamp"
    ZERO = "zero"
    LOST = "lost"


DEAD: Final = frozenset((How.EXPLOSION, How.CLAMP, How.ZERO, How.LOST))
"""Nothing is trained any more, whatever the other metrics print."""
LOSSES_BREAK: Final = (How.NONFINITE, How.MASKED, How.DIVERGENCE, How.EXPLOSION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage:
    """The finding that tells how a series breaks, and the row from which it does.

    `aside` where the training went on nevertheless; `lasts` where it never recovers.
    """

    finding: Finding
    series: Series
    row: int
    how: How
    aside: bool = False
    lasts: bool = True

    @property
    def line(self) -> int:
        """The line of that row."""
        return int(self.series.line[self.row])

    @property
    def before(self) -> Floats:
        """The finite values of the series before it."""
        y = self.series.y[: self.row]
        kept: Floats = y[np.isfinite(y)]
        return kept


def breakages(context: Context, *hows: How, series: Series | None = None) -> Iterator[Breakage]:
    """Yield all that breaks, in these ways or in any, anywhere or in one series."""
    for finding in context.found:
        how = how_it_breaks(finding)
        if how is None or (hows and how not in hows):
            continue
        if series is None or series.id in finding.series:
            yield _breakage(context.subject(finding), finding, how)


def breaks(context: Context, *hows: How) -> Iterator[Breakage]:
    """Yield what breaks training losses for good, the first of each way."""
    seen: set[How] = set()
    for one in breakages(context, *(hows or LOSSES_BREAK)):
        of_training = one.series.split == "train" and context.is_loss(one.series)
        if of_training and one.lasts and one.how not in seen:
            seen.add(one.how)
            yield one


def is_dead(context: Context) -> bool:
    """Return whether nothing is trained any more."""
    return any(breakages(context, *DEAD))


def is_masked(context: Context, series: Series) -> bool:
    """Return whether a logger hides that a series is not finite."""
    return any(breakages(context, How.MASKED, series=series))


def is_reported(context: Context) -> bool:
    """Return whether the log only says, at its end, that a loss is not finite."""
    return any(breakages(context, How.REPORTED))


def row_of_failure(series: Series, finding: Finding) -> int:
    """Return the row behind the last finite one, where a series ends in values that are not finite,
    else the first row of the finding.
    """
    finite = np.flatnonzero(np.isfinite(series.y))
    if not ends_nonfinite(series):
        return finding.start.row
    return int(finite[-1]) + 1 if len(finite) else 0


def ends_nonfinite(series: Series) -> bool:
    """Return whether a series ends in values that are not finite."""
    return bool(len(series)) and not bool(np.isfinite(series.y[-1]))


def how_it_breaks(finding: Finding) -> How | None:
    """Return in what way a series breaks by a finding; None where it does not."""
    held = finding.payload
    if isinstance(held, NonFinite):
        return How.REPORTED if held.aside is None else How.NONFINITE
    if finding.is_dead:
        return WAYS.get(type(held), How.LOST)
    return {"masked_nonfinite": How.MASKED, "divergence": How.DIVERGENCE}.get(finding.kind)


WAYS: Final[dict[type, How]] = {
    Explosion: How.EXPLOSION,
    AtClamp: How.CLAMP,
    ZeroLoss: How.ZERO,
}


def _breakage(series: Series, finding: Finding, how: How) -> Breakage:
    row, lasts = finding.start.row, True
    if how is How.NONFINITE:
        row, lasts = row_of_failure(series, finding), ends_nonfinite(series)
    elif how is How.DIVERGENCE:
        # of one term, or under a validation that gets better: nothing breaks
        lasts = finding.severity is Severity.CRITICAL
    aside = isinstance(finding.payload, NonFinite) and bool(finding.payload.aside)
    return Breakage(finding=finding, series=series, row=row, how=how, aside=aside, lasts=lasts)
