"""Puts the sections together, run by run, in the order of the hand-written analysis this program replaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lossreport import __version__
from lossreport.compose.overview import overview
from lossreport.compose.section import Story, section_writers
from lossreport.errors import NothingReadError
from lossreport.model.analysis import Analysis
from lossreport.model.report import Meta, Report, Section
from lossreport.text import Join, Phrase, Text

TITLE = Text(zh="训练状态分析：{name}", en="Training report: {name}")
MAX_NAMES = 3
SEVERAL = Text(zh="训练状态分析：{count} 次训练（{names}）", en="Training report: {count} runs ({names})")
GIVEN = Text(zh="{title}", en="{title}")


def compose_report(
    analysis: Analysis, title: str | None = None, owner: str = "", tags: Sequence[str] = (), link: str = "", notes: str = ""
) -> Report:
    """Return the report of an analysis; of several runs, an overview first, then all sections of each run."""
    if not analysis.runs:
        raise NothingReadError("There is no run to report", hint="Analyse a run first.")
    several = len(analysis.runs) > 1
    sections = [section for run in analysis.runs for section in _of_run(Story(analysis, run), several=several)]
    first = [overview(analysis)] if several else []
    meta = Meta(title=_title(analysis, title), version=__version__, owner=owner, tags=tuple(tags), link=link, notes=notes)
    return Report(analysis=analysis, meta=meta, sections=(*first, *sections))


def _title(analysis: Analysis, title: str | None) -> Phrase:
    if title:
        return GIVEN(title=title)
    names = [run.name for run in analysis.runs]
    if len(names) == 1:
        return TITLE(name=names[0])
    return SEVERAL(count=len(names), names=Join(items=tuple(names[:MAX_NAMES])) if len(names) <= MAX_NAMES else names[0])


def _of_run(story: Story, *, several: bool) -> list[Section]:
    written = [section for writer in section_writers() if (section := writer.write(story)) is not None]
    return [replace(section, id=f"{story.run.id}-{section.id}", of=story.run.id) for section in written] if several else written
