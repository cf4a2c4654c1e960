"""Puts the sections together, run by run, in the order of the hand-written analysis this program
replaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lossreport import __version__
from lossreport.compose.overview import in_order, overview
from lossreport.compose.section import SectionWriter, Story, section_writers
from lossreport.compose.sections import answer
from lossreport.compose.short import short
from lossreport.errors import NothingReadError, UsageError
from lossreport.model.analysis import Analysis
from lossreport.model.report import Callout, Meta, Report, Section
from lossreport.model.work import Work
from lossreport.text import Join, Phrase, Text, safe_address

TITLE = Text(zh="训练状态分析：{name}", en="Training report: {name}")
MAX_NAMES = 3
MAX_LENGTH = 60
"""Characters of names that stand in the title: of more it counts the runs, and the table names
all.
"""
MOST_RUNS = 5
"""Runs with sections of their own, ten each: a book already. What the others show is told
together.
"""
SEVERAL = Text(
    zh="训练状态分析：{count} 次训练（{names}）", en="Training report: {count} runs ({names})"
)
MANY = Text(zh="训练状态分析：{count} 次训练", en="Training report: {count} runs")
GIVEN = Text(zh="{title}", en="{title}")
FAILED = Text(
    zh="这一节没能写出（这是 lossreport 的缺陷）",
    en="This section could not be written (a bug in lossreport)",
)
FAILURE = Text(zh="`{unit}`：{error}", en="`{unit}`: {error}")


def compose_report(
    analysis: Analysis,
    title: str | None = None,
    owner: str = "",
    tags: Sequence[str] = (),
    link: str = "",
    notes: str = "",
    *,
    strict: bool = False,
    whole: bool = True,
) -> Report:
    """Return the report of an analysis; of several runs, an overview first, then all sections of
    each run.

    A section that raises says so in its place and becomes a failure of the analysis, unless
    `strict`. Where no page is written (not `whole`) it holds no more than the short answer needs.
    """
    if not analysis.runs:
        raise NothingReadError("There is no run to report", hint="Analyse a run first.")
    if link and not safe_address(link):
        raise UsageError(
            f"Couldn't use the link {link!r}",
            hint="Give an address that begins with https://, http:// or mailto:.",
        )
    several = len(analysis.runs) > 1
    work = Work(strict)
    stories = Story.all_of(analysis)
    full = in_order(stories, MOST_RUNS)
    in_short = () if several else (answer.SECTION,)
    writers = section_writers() if whole else in_short
    sections = [
        section for story in full for section in _of_run(story, writers, work, several=several)
    ]
    first = [overview(analysis, stories, full)] if several and whole else []
    meta = Meta(
        title=_title(analysis, title),
        version=__version__,
        owner=owner,
        tags=tuple(tags),
        link=link,
        notes=notes,
    )
    analysis = replace(analysis, failures=(*analysis.failures, *work.failures))
    return Report(
        analysis=analysis,
        meta=meta,
        sections=(*first, *sections),
        short=short(stories, (*first, *sections)),
    )


def _title(analysis: Analysis, title: str | None) -> Phrase:
    if title:
        return GIVEN(title=title)
    names = [run.name for run in analysis.runs]
    if len(names) == 1:
        return TITLE(name=names[0])
    short = len(names) <= MAX_NAMES and sum(map(len, names)) <= MAX_LENGTH
    return (
        SEVERAL(count=len(names), names=Join(items=tuple(names)))
        if short
        else MANY(count=len(names))
    )


def _of_run(
    story: Story, writers: Sequence[SectionWriter], work: Work, *, several: bool
) -> list[Section]:
    written = [section for writer in writers for section in _written(story, writer, work)]
    return (
        [
            replace(section, id=f"{story.run.id}-{section.id}", of=story.run.id)
            for section in written
        ]
        if several
        else written
    )


def _written(story: Story, writer: SectionWriter, work: Work) -> list[Section]:
    """Return the section, nothing where there is nothing to tell, or in its place that it
    failed.
    """
    before = len(work.failures)
    made = work.take(f"section {writer.id}", lambda: [writer.write(story)])
    if failed := work.failures[before:]:
        body = tuple(FAILURE(unit=failure.unit, error=failure.error) for failure in failed)
        return [
            Section(
                id=writer.id,
                title=FAILED,
                blocks=(Callout(tone="critical", title=FAILED(), body=body),),
            )
        ]
    return [section for section in made if section is not None]
