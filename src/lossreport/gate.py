"""What must hold of a run for a pipeline to go on: no finding of some severity, and metrics that
reach their limits.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.errors import UsageError
from lossreport.model.analysis import Analysis, Severity
from lossreport.model.run import Run, Series
from lossreport.text import Phrase, Text, Value, show_number
from lossreport.values import dataclass
from lossreport.words import AXES

REQUIREMENT: Final = re.compile(
    r"\s*(?P<metric>\S[^<>=]{0,200}?)\s*(?P<relation>>=|<=|>|<)\s*(?P<limit>[-+]?[\d.]+"
    r"(?:e[-+]?\d+)?)\s*",
    re.IGNORECASE,
)
RELATIONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One condition, as `--require` gives it: the metric as the report calls it, a relation, a
    limit.
    """

    metric: str
    relation: str
    limit: float

    def __str__(self) -> str:
        return f"{self.metric} {self.relation} {show_number(self.limit)}"


def requirement(text: str) -> Requirement:
    """Return a condition like `val/mAP>=0.3`. Raises UsageError where it is none."""
    match = REQUIREMENT.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        return Requirement(
            metric=match["metric"], relation=match["relation"], limit=float(match["limit"])
        )
    except ValueError as error:
        hint = (
            "Write the metric as the report calls it, a relation and a number: --require "
            "'val/mAP>=0.3'."
        )
        raise UsageError(f"--require {text!r} is no condition", hint=hint) from error


UNREAD: Final = Text(
    zh="{run}：{wanted}：没有读到这个指标", en="{run}: {wanted}: no such metric was read"
)
IS: Final = Text(
    zh="{run}：{wanted}：实为 {value}（{axis} {x}，{place}）",
    en="{run}: {wanted}: {value} ({axis} {x}, {place})",
)


def missed(analysis: Analysis, wanted: Sequence[Requirement]) -> Iterator[Phrase]:
    """Yield a line for each condition that a run does not meet, or that cannot be checked.

    Held against the limit is the best value of a validation, a score or a reward, and the last of a
    training loss: by that a checkpoint can be chosen, by this it cannot.
    """
    for run in analysis.runs:
        for one in wanted:
            yield from _missed(analysis, run, one)


def _missed(analysis: Analysis, run: Run, wanted: Requirement) -> Iterator[Phrase]:
    found = [s for s in run.series if s.label == wanted.metric and np.isfinite(s.y).any()]
    if not found:
        yield UNREAD(run=run.name, wanted=str(wanted))
        return
    series = max(found, key=lambda s: (s.derived is None, len(s)))
    row = _row(analysis, series, up=wanted.relation.startswith(">"))
    value = float(series.y[row])
    if not RELATIONS[wanted.relation](value, wanted.limit):
        at: dict[str, Value] = {
            "axis": AXES[series.axis.value],
            "x": f"{series.x[row]:g}",
            "place": f"{series.path}:{series.line[row]}",
        }
        yield IS(run=run.name, wanted=str(wanted), value=show_number(value), **at)


def _row(analysis: Analysis, series: Series, *, up: bool) -> int:
    rows = np.flatnonzero(np.isfinite(series.y))
    chosen = series.split != "train" or any(best.series == series.id for best in analysis.bests)
    if not chosen:
        return int(rows[-1])
    values = series.y[rows]
    return int(rows[np.argmax(values) if up else np.argmin(values)])


def reaches(analysis: Analysis, limit: str) -> bool:
    """Return whether a finding is at least as severe as `limit`. Raises UsageError where that is no
    severity.
    """
    if limit not in list(Severity):
        raise UsageError(
            f"fail_on = {limit!r} is no severity", hint=f"Use one of: {', '.join(Severity)}."
        )
    return any(finding.severity.rank >= Severity(limit).rank for finding in analysis.findings)
