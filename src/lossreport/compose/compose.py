"""Puts the sections together, run by run, in the order of the hand-written analysis this program replaces."""

from __future__ import annotations

from dataclasses import replace

from lossreport import __version__
from lossreport.compose.section import Story, section_writers
from lossreport.errors import NothingReadError
from lossreport.model.analysis import Analysis
from lossreport.model.report import Meta, Report, Section
from lossreport.text import Phrase, Text

TITLE = Text(zh="训练状态分析：{name}", en="Training report: {name}")
GIVEN = Text(zh="{title}", en="{title}")


def compose_report(analysis: Analysis, title: str | None = None) -> Report:
    """Return the report of an analysis; sections of a second run and further ones carry the run's id in their anchor."""
    if not analysis.runs:
        raise NothingReadError("There is no run to report", hint="Analyse a run first.")
    sections = [section for run in analysis.runs for section in _of_run(Story(analysis, run), first=run is analysis.runs[0])]
    name = ", ".join(run.name for run in analysis.runs)
    heading: Phrase = GIVEN(title=title) if title else TITLE(name=name)
    return Report(analysis=analysis, meta=Meta(title=heading, version=__version__), sections=tuple(sections))


def _of_run(story: Story, *, first: bool) -> list[Section]:
    written = [section for writer in section_writers() if (section := writer.write(story)) is not None]
    return written if first else [replace(section, id=f"{story.run.id}-{section.id}") for section in written]
