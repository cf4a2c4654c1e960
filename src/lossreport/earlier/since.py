"""Says in one line of the first screen what became better or worse since an earlier report of the
same training.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from lossreport.compose.short import MOST_RUNS
from lossreport.curves.stats import mad
from lossreport.earlier.changes import pairs, partner
from lossreport.earlier.moved import Moved, line_of, moved
from lossreport.earlier.reports import findings_of, read_report
from lossreport.model.report import Block, Brief, Callout, Prose, Report, Section
from lossreport.model.run import Series
from lossreport.render.to_json import to_dict
from lossreport.text import Phrase, Text

Json = Mapping[str, Any]

SINCE = Text(zh="与 `{old}` 相比：{line}{judged}", en="Against `{old}`: {line}{judged}")
BETTER = Text(
    zh="目标变好，超过了单行的波动。", en=" The goal is better, by more than its rows scatter."
)
WORSE = Text(
    zh="目标变差，超过了单行的波动。", en=" The goal is worse, by more than its rows scatter."
)
WITHIN = Text(
    zh="目标的差别没有超过单行的波动。", en=" The goal differs by no more than its rows scatter."
)
UNPAIRED = Text(zh="`{old}` 中没有这次训练。", en="`{old}` does not have this run.")
OF_RUN = Text(zh="{id}：{line}", en="{id}: {line}")
WITH_LINE = Text(zh="{first}{line}", en="{first} {line}")
SURE: Final = 2.0
"""Two best values differ where they lie more than two standard deviations of a row apart; a seed
may change more, and one run does not tell.
"""


def against(report: Report, old: str | os.PathLike[str]) -> Report:
    """Return a report with a line on each of its runs since an earlier one (HTML, JSON); raises
    UsageError where that is none.
    """
    before, now = read_report(os.fspath(old)), to_dict(report.analysis)
    # a report is mostly called lossreport.html: its folder tells which
    name = "/".join(Path(os.path.abspath(old)).parts[-2:])
    lines = [(run["id"], _line(report, before, now, run, name)) for run in now["runs"]]
    first, *rest = report.sections
    if len(lines) > 1:
        told = [Prose(text=OF_RUN(id=run, line=line)) for run, line in lines[:MOST_RUNS]]
        return replace(report, sections=(_beside_answer(first, told), *rest))
    ((_, line),) = lines
    told_first = replace(first, blocks=_below_answer(first.blocks, line))
    return replace(report, sections=(told_first, *rest), short=_below_answer(report.short, line))


def _beside_answer(section: Section, told: Sequence[Block]) -> Section:
    """Return the first screen of several runs with a line on each behind its answer."""
    at = (
        next(number for number, block in enumerate(section.blocks) if isinstance(block, Callout))
        + 1
    )
    opened = section.opened + len(told) if section.opened is not None else None
    return replace(
        section, blocks=(*section.blocks[:at], *told, *section.blocks[at:]), opened=opened
    )


def _line(report: Report, old: Json, new: Json, run: Json, name: str) -> Phrase:
    before = partner(old, new, run)
    if before is None:
        return UNPAIRED(old=name)
    paired = pairs(findings_of(old, before), findings_of(new, run))
    found = moved(old, before, new, run)
    line = line_of(found, len(paired.new), len(paired.gone))
    return SINCE(old=name, line=line, judged=_judged(report, run, found))


def _judged(report: Report, run: Json, found: Moved) -> Phrase | str:
    """Return whether the goal is better or worse than it was, or neither beyond the scatter of its
    rows; nothing where it did not move.
    """
    if found.gained is None:
        return ""
    series = report.analysis.series(str(run["goal"]["series"]))
    scatter = _scatter(series)
    if not math.isfinite(scatter):
        return ""
    if abs(found.gained) <= SURE * scatter:
        return WITHIN()
    return (BETTER if (found.gained > 0) == (run["goal"]["mode"] == "max") else WORSE)()


def _scatter(series: Series) -> float:
    """Return the standard deviation of single rows around their neighbours, in the last half; NaN
    for fewer than four of them.
    """
    y = series.y[np.isfinite(series.y)]
    steps = np.diff(y[len(y) // 2 :])
    return mad(steps) / math.sqrt(2) if len(steps) >= 3 else math.nan


def _below_answer(blocks: tuple[Block, ...], line: Phrase) -> tuple[Block, ...]:
    at = next(number for number, block in enumerate(blocks) if isinstance(block, Callout))
    said = blocks[at]
    assert isinstance(said, Callout)
    brief = said.brief
    seen = (
        Brief(seen=WITH_LINE(first=brief.seen, line=line), rest=brief.rest)
        if brief is not None
        else None
    )
    return (*blocks[:at], replace(said, body=(*said.body, line), brief=seen), *blocks[at + 1 :])
