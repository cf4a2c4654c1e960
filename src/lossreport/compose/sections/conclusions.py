"""The conclusions, one sentence each: the run, its gravest findings, how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.compose.section import SectionWriter, Story
from lossreport.model.analysis import Severity
from lossreport.model.report import Block, Prose, Section
from lossreport.model.run import Status
from lossreport.text import Phrase, Text, first_sentence, phrase
from lossreport.words import SEVERITIES, UNITS, title_of

MAX_FINDINGS: Final = 3

TITLE = Text(zh="结论汇总", en="Conclusions")
POINT = Text(zh="• {text}", en="• {text}")
FINDING = Text(zh="{kind}（{severity}，{id}）：{text}", en="{kind} ({severity}, {id}): {text}")
STOPPED = Text(
    zh="训练没有跑完：计划 {planned} 个 {unit}，已完成 {done} 个；从日志看不出是被中断还是仍在运行。",
    en="The run is not complete: {done} of {planned} planned {unit} are done; the logs do not show whether it was interrupted or is still running.",
)
CRASHED = Text(zh="训练异常退出：{path} 第 {line} 行写着“{quote}”。", en="The run crashed; {path}, line {line}, says “{quote}”.")
CRASHED_SILENTLY = Text(zh="训练异常退出，日志里没有说明原因。", en="The run crashed; the logs do not quote why.")


def write(story: Story) -> Section:
    """Write the verdict of the run, the gravest findings, and how it ended."""
    blocks: list[Block] = [Prose(text=POINT(text=text)) for text in _points(story)]
    return Section(id="conclusions", title=TITLE, answer=story.verdict.text, blocks=tuple(blocks), opened=0)


def _points(story: Story) -> Iterator[Phrase]:
    for finding in [f for f in story.findings if f.severity.rank >= Severity.HIGH.rank and f.explained_by is None][:MAX_FINDINGS]:
        kind = title_of(finding.kind, finding.numbers)
        yield FINDING(kind=kind, severity=SEVERITIES[finding.severity.value], id=finding.id, text=first_sentence(phrase(finding.text)))
    done, planned = story.run.progress.epochs
    if story.run.status is Status.INTERRUPTED and done is not None and planned is not None and done < planned:
        yield STOPPED(done=done, planned=planned, unit=UNITS["rounds" if story.run.counts_rounds else "epochs"])
    elif story.run.status is Status.CRASHED:
        end = story.ending
        yield CRASHED_SILENTLY() if end is None else CRASHED(path=story.run.source(end.source).path, line=end.line, quote=end.quote)


SECTION = SectionWriter(id="conclusions", order=80, write=write)
