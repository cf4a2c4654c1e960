"""The first section of a report on several runs: which runs the input holds, how each stands, and that they are judged apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lossreport.compose.comparing import comparisons
from lossreport.compose.overlay import overlay
from lossreport.compose.section import Story, last_finite
from lossreport.compose.sections.answer import read_as
from lossreport.model.analysis import Analysis, Severity, State
from lossreport.model.report import Column, Prose, Row, Section, Table, Tone
from lossreport.model.run import Status, shown_x
from lossreport.model.states import STATES
from lossreport.text import Join, Text, Value, number
from lossreport.words import STATUSES

TITLE = Text(zh="这里有几次训练", en="The runs in this input")
ANSWER = Text(
    zh="共 {count} 次训练，逐次单独判断；模型、数据和 loss 函数都相同，loss 才能互相比较。",
    en="{count} runs, each judged by itself; their losses compare only where model, data and loss function are the same.",
)
CAPTION = Text(zh="各次训练", en="The runs")
RUN, STATE = Text(zh="训练", en="run"), Text(zh="判断", en="verdict")
JUDGED = Text(zh="{state}（{status}）", en="{state} ({status})")
LAST, BEST = Text(zh="末值", en="last"), Text(zh="最佳", en="best")
SEVERE = Text(zh="待查", en="to look at")
NAMED = Text(zh="{id} · {name}", en="{id} · {name}")
VALUE = Text(zh="`{metric}` {value}", en="`{metric}` {value}")
AT = Text(zh="`{metric}` {value}（{x}）", en="`{metric}` {value} ({x})")
NONE: Final = ""
MAX_VALUES: Final = 2


def overview(analysis: Analysis, stories: Sequence[Story], full: Sequence[Story]) -> Section:
    """Return the section on all runs of an analysis, of which the `full` ones have sections of their own."""
    head = (RUN, STATE, LAST, BEST, SEVERE)
    columns = tuple(Column(title=title, align="right" if title is SEVERE else "left") for title in head)
    rows = tuple(_row(story) for story in stories)
    table = Table(caption=CAPTION(), columns=columns, rows=rows)
    verdicts = tuple(Prose(text=NAMED_VERDICT(id=story.run.id, text=story.verdict.text)) for story in full)
    doubts = [(story.run.id, read_as(story.run)) for story in full]
    told = tuple(Prose(text=NAMED_VERDICT(id=name, text=doubt)) for name, doubt in doubts if doubt is not None)
    other = next((story.run.id for story in stories if story not in full), None)
    left_out = () if other is None else (Prose(text=SHORTENED(full=len(full), count=len(stories), run=other)),)
    compared = tuple(Prose(text=text) for text in comparisons(analysis))
    seen = (*overlay(analysis), *left_out, *_in_turn(stories), *compared, table, *told)
    return Section(id="runs", title=TITLE, answer=ANSWER(count=len(rows)), blocks=(*seen, *verdicts), opened=len(seen))


SHORTENED = Text(
    zh="下面只详细写出 {count} 次训练中结论最严重的 {full} 次；其余各次只列在本表和 JSON 里，用 `--run {run}` 这样的选项可以单独生成报告。",
    en="Below, only the {full} of the {count} runs with the gravest verdicts are told in full; the others stand in this table and in the JSON, and"
    " an option like `--run {run}` makes the report of one.",
)
IN_TURN = Text(
    zh="**几个进程轮流写入 {path}**：{runs}。先确认没有误把同一个训练启动两次、没有互相覆盖 checkpoint。",
    en="**Several processes wrote {path} in turn**: {runs}. See that no training was started twice by mistake and none overwrote the checkpoints of another.",
)


def _in_turn(stories: Sequence[Story]) -> tuple[Prose, ...]:
    """Return a sentence for each file that several processes wrote at the same time."""
    found: dict[str, list[str]] = {}
    for story in stories:
        for path in {story.run.source(one.source).path for one in story.run.segments if one.why == "interleaved"}:
            found.setdefault(path, []).append(story.run.id)
    return tuple(Prose(text=IN_TURN(path=path, runs=Join(items=tuple(runs[:MOST_NAMED])))) for path, runs in found.items())


MOST_NAMED: Final = 12
NAMED_VERDICT = Text(zh="**{id}**：{text}", en="**{id}**: {text}")


def _row(story: Story) -> Row:
    run, verdict = story.run, story.verdict
    severe = sum(finding.severity.rank >= Severity.MEDIUM.rank for finding in story.findings)
    known = run.status is not Status.UNKNOWN
    cells: tuple[Value, ...] = (
        NAMED(id=run.id, name=run.name),
        JUDGED(state=story.state_name, status=STATUSES[run.status.value]) if known else story.state_name,
        _last(story),
        _best(story),
        severe,
    )
    return Row(cells=cells, tone=_tone(verdict.state))


def _last(story: Story) -> Value:
    """Return the last value of the goal and of the first loss, where they have one."""
    goal = story.analysis.goal(story.run.id)
    wanted = [*([story.series(goal.series)] if goal is not None else []), *(story.series(one.series[0]) for one in story.scales)]
    chosen = list({series.id: series for series in wanted}.values())[:MAX_VALUES]
    ends = [(series, last_finite(series)) for series in chosen]
    told = [VALUE(metric=story.name(series), value=number(value, series.unit)) for series, value in ends if value is not None]
    return Join(items=tuple(told)) if told else NONE


def _tone(state: State) -> Tone | None:
    """Return the tone of a row that needs a look, None where it needs none."""
    shade = STATES[state].shade
    return None if shade in ("good", "info") else shade


def _best(story: Story) -> Value:
    mine = [(best, story.series(best.series)) for best in story.analysis.bests if best.run == story.run.id]
    told = [AT(metric=story.name(s), value=number(best.value, s.unit), x=shown_x(best.at.x)) for best, s in mine[:2]]
    return Join(items=tuple(told)) if told else NONE
