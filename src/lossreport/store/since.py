"""Says in one line of the first screen what became better or worse since an earlier report of the
same training.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from lossreport.compose.short import MOST_RUNS
from lossreport.errors import malformed
from lossreport.model.analysis import Analysis
from lossreport.model.report import Block, Brief, Callout, Prose, Report, Section
from lossreport.model.run import Run
from lossreport.reading.privacy.redaction import redact
from lossreport.store.changes import pairs, partner
from lossreport.store.moved import Moved, line_of, moved
from lossreport.store.stored import read_report
from lossreport.store.told import findings_of
from lossreport.text import Phrase, Text

SINCE = Text(zh="与 `{old}` 相比：{line}{judged}", en="Against `{old}`: {line}{judged}")
BETTER = Text(
    zh="目标变好，超过了两次训练后半段的波动（各只有一次，换 seed 的差别可能更大）。",
    en=" The goal is better, by more than the last half of either run varies (one run each: "
    "another seed may differ by more).",
)
WORSE = Text(
    zh="目标变差，超过了两次训练后半段的波动（各只有一次，换 seed 的差别可能更大）。",
    en=" The goal is worse, by more than the last half of either run varies (one run each: "
    "another seed may differ by more).",
)
WITHIN = Text(
    zh="目标的差别没有超过训练后半段的波动。",
    en=" The difference of the goal is within what the last half of a run varies.",
)
TOO_FEW = Text(
    zh="目标的值太少，看不出这个差别是否只是波动。",
    en=" The goal has too few values to tell whether that is more than noise.",
)
UNPAIRED = Text(zh="`{old}` 中没有这次训练。", en="`{old}` does not have this run.")
OF_RUN = Text(zh="{id}：{line}", en="{id}: {line}")
MORE = Text(
    zh="另有 {count} 次训练没有与旧报告比较。",
    en="{count} more runs are not held against the earlier report here.",
)
WITH_LINE = Text(zh="{first}{line}", en="{first} {line}")
SURE: Final = 2.5
"""Standard deviations of the last half of the rows, the larger of both runs, by which two best
values differ. Of two runs of one process (a curve that levels off, with noise whose neighbours are
correlated by 0, 0.5 and 0.9) that many or more part the best values in at most 5 % of 1,500 pairs
of 12 to 200 rows; 2 in up to 11 %.
"""
LEAST: Final = 12
"""Rows of each run below which that was not tried."""


def against(report: Report, old: str | os.PathLike[str]) -> Report:
    """Return a report with a line on each of its runs since an earlier one (HTML, JSON); raises
    MissingPathError where there is no file, ReportError where it is no sound report.
    """
    before, now, name = read_report(old).analysis, report.analysis, _name(old)
    with malformed(os.fspath(old)):
        lines = [(run.id, _line(before, now, run, name)) for run in now.runs]
    first, *rest = report.sections
    if len(lines) > 1:
        told = [Prose(text=OF_RUN(id=run, line=line)) for run, line in lines[:MOST_RUNS]]
        told += [Prose(text=MORE(count=len(lines) - MOST_RUNS))] if len(lines) > MOST_RUNS else []
        return replace(report, sections=(_beside_answer(first, told), *rest))
    ((_, line),) = lines
    told_first = replace(first, blocks=_below_answer(first.blocks, line))
    return replace(report, sections=(told_first, *rest), short=_below_answer(report.short, line))


def _name(old: str | os.PathLike[str]) -> str:
    """Return folder and name of a report, which is mostly called lossreport.html; the folder is not
    told where it is somebody's home.
    """
    return "/".join(Path(redact(os.path.abspath(old))).parts[-2:])


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


def _line(old: Analysis, new: Analysis, run: Run, name: str) -> Phrase:
    before = partner(old, new, run)
    if before is None:
        return UNPAIRED(old=name)
    paired = pairs(findings_of(old, before), findings_of(new, run))
    found = moved(old, before, new, run)
    line = line_of(found, len(paired.new), len(paired.gone))
    return SINCE(old=name, line=line, judged=_judged(before, new, run, found))


def _judged(before: Run, new: Analysis, run: Run, found: Moved) -> Phrase | str:
    """Return whether the goal is better or worse than it was, or neither beyond its noise; nothing
    where it did not move.
    """
    goal = new.goal(run.id)
    if found.gained is None or goal is None:
        return ""
    series = new.series(goal.series)
    earlier = next(one for one in before.series if one.label == series.label)
    rows = [y[np.isfinite(y)] for y in (earlier.y, series.y)]
    if min(map(len, rows)) < LEAST:
        return TOO_FEW()
    if abs(found.gained) <= SURE * max(float(np.std(y[len(y) // 2 :])) for y in rows):
        return WITHIN()
    return (BETTER if (found.gained > 0) == (goal.mode == "max") else WORSE)()


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
