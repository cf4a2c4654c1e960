"""The first section of a report on several runs: which runs the input holds, how each stands, and
that they are judged apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from lossreport.compose.alike import (
    Alike,
    alike,
    alike_table,
    named,
    of_most,
    others_table,
    own_findings,
    together,
)
from lossreport.compose.brief import brief
from lossreport.compose.comparing import comparisons
from lossreport.compose.overlay import overlay
from lossreport.compose.section import Story, last_finite
from lossreport.compose.sections.answer import (
    DO,
    MOST_STEPS,
    first_steps,
    place,
    read_as,
    top_findings,
)
from lossreport.compose.short import gravest, run_lines, tally
from lossreport.model.analysis import Analysis, Best, State
from lossreport.model.report import (
    Block,
    Callout,
    Column,
    Prose,
    Row,
    Section,
    Step,
    Steps,
    Table,
    Tone,
)
from lossreport.model.run import Series, Status, shown_x
from lossreport.model.states import STATES
from lossreport.text import Join, Phrase, Text, Value, number
from lossreport.words import AXES, STATUSES

TITLE = Text(zh="这里有几次训练", en="The runs in this input")
APART = Text(
    zh="逐次单独判断；模型、数据和 loss 函数都相同，loss 才能互相比较。",
    en="Each is judged by itself; their losses compare only where model, data and loss "
    "function are the same.",
)
CAPTION = Text(zh="各次训练", en="The runs")
RUN, STATE = Text(zh="训练", en="run"), Text(zh="判断", en="verdict")
JUDGED = Text(zh="{state}（{status}）", en="{state} ({status})")
LAST, BEST = Text(zh="末值", en="last"), Text(zh="最佳", en="best")
LAST_OF, BEST_OF = (
    Text(zh="`{metric}` 末值", en="last `{metric}`"),
    Text(zh="最佳 `{metric}`（{axis}）", en="best `{metric}` ({axis})"),
)
BARE = Text(zh="{value}（{x}）", en="{value} ({x})")
LOOK = Text(zh="先看什么", en="first to look at")
EVENT = Text(zh="{kind}：{place}", en="{kind}: {place}")
STEP_OF = Text(zh="**{id}**：{text}", en="**{id}**: {text}")
NAMED = Text(zh="{id} · {name}", en="{id} · {name}")
VALUE = Text(zh="`{metric}` {value}", en="`{metric}` {value}")
AT = Text(zh="`{metric}` {value}（{x}）", en="`{metric}` {value} ({x})")
NONE: Final = ""
COMPARED_WORDS: Final = 24
STEP_WORDS: Final = 30
"""The best run and the step for the gravest one: the table below holds as many words again."""


def overview(analysis: Analysis, stories: Sequence[Story], full: Sequence[Story]) -> Section:
    """Return the section on all runs of an analysis, of which the `full` ones have sections of
    their own; what the others have alike is told here, once.
    """
    in_full = {story.run.id for story in full}
    others = [story for story in stories if story.run.id not in in_full]
    groups = alike(stories) if others else []
    first, *further = (*comparisons(analysis), APART())
    said = Callout(
        tone=STATES[gravest(stories)[0].verdict.state].shade,
        title=tally(run_lines(stories)),
        body=(first,),
        brief=brief(first, COMPARED_WORDS),
    )
    steps = first_steps_of(stories)
    do: tuple[Block, ...] = (Prose(text=DO()), Steps(steps=steps, opened=1)) if steps else ()
    figure = (replace(chart, told=True) for chart in overlay(analysis))
    seen = (
        said,
        *figure,
        *_in_turn(stories),
        *do,
        *alike_table(groups),
        *_runs(stories, of_most(groups, len(stories))),
        *_shortened(stories, full, others),
        *_of_each(full, lambda story: read_as(story.run)),
    )
    rest = (
        *(Prose(text=text) for text in further),
        *_of_each(full, lambda story: story.verdict.text),
        *others_table(others, groups),
    )
    return Section(id="runs", title=TITLE, blocks=(*seen, *rest), opened=len(seen))


def _runs(stories: Sequence[Story], usual: Sequence[Alike]) -> Iterator[Block]:
    """Yield the table of the runs; of more than a page holds that of the gravest, and how many
    there are.
    """
    shared = _shared(stories)
    titles: list[Text | Phrase] = [
        RUN,
        STATE,
        *(
            (LAST, BEST)
            if shared is None
            else (LAST_OF(metric=shared[0]), BEST_OF(metric=shared[0], axis=shared[1]))
        ),
        LOOK,
    ]
    rows = [_row(story, usual, plain=shared is not None) for story in in_order(stories, MOST_ROWS)]
    kept = [n for n in range(len(titles)) if n == 0 or any(row.cells[n] != NONE for row in rows)]
    yield Table(
        caption=CAPTION(),
        columns=tuple(Column(title=titles[n]) for n in kept),
        rows=tuple(replace(row, cells=tuple(row.cells[n] for n in kept)) for row in rows),
    )
    if len(rows) < len(stories):
        yield Prose(text=LISTED(shown=len(rows), count=len(stories)))


def _shortened(
    stories: Sequence[Story], full: Sequence[Story], others: Sequence[Story]
) -> Iterator[Block]:
    if others:
        yield Prose(text=SHORTENED(full=len(full), count=len(stories), run=others[0].run.id))


def _of_each(stories: Sequence[Story], told: Callable[[Story], Phrase | None]) -> Iterator[Block]:
    """Yield a paragraph for each text that is told of a run, under the names of those it is told
    of.
    """
    for text, of in together(stories, told).values():
        yield Prose(text=NAMED_VERDICT(id=named(of), text=text))


def in_order(stories: Sequence[Story], most: int) -> tuple[Story, ...]:
    """Return so many of the stories of runs, those with the gravest verdicts, in their order."""
    kept = {story.run.id for story in gravest(stories)[:most]}
    return tuple(story for story in stories if story.run.id in kept)


def first_steps_of(stories: Sequence[Story]) -> tuple[Step, ...]:
    """Return what to do first in the runs with the gravest verdicts, each under the names of the
    runs it is told of.
    """
    steps: dict[str, Step] = {}

    def text_of(story: Story) -> Phrase | None:
        for step in first_steps(story)[:1]:
            return steps.setdefault(step.text.plain("en"), step).text
        return None

    made = []
    for key, (text, of) in list(together(gravest(stories), text_of).items())[:MOST_STEPS]:
        said = STEP_OF(id=named(of), text=text)
        made.append(replace(steps[key], text=said, brief=brief(said, STEP_WORDS)))
    return tuple(made)


MOST_ROWS: Final = 1000
"""Runs in the table: a browser shows so many at once, and a reader looks for one by its name."""
LISTED = Text(
    zh="表中列出 {count} 次训练中结论最严重的 {shown} 次；全部在 JSON 中。",
    en="The table lists the {shown} of the {count} runs with the gravest verdicts; all of them "
    "are in the JSON.",
)
SHORTENED = Text(
    zh="下面只详细写出 {count} 次训练中结论最严重的 {full} 次；其余各次只列在本表和 JSON 里，"
    "用 `--run {run}` 这样的选项可以单独生成报告。",
    en="Below, only the {full} of the {count} runs with the gravest verdicts are told in "
    "full; the others stand in this table and in the JSON, and an option like `--run "
    "{run}` makes the report of one.",
)
IN_TURN = Text(
    zh="**几个进程轮流写入 {path}**：{runs}。先确认没有误把同一个训练启动两次、没有互相覆盖 "
    "checkpoint。",
    en="**Several processes wrote {path} in turn**: {runs}. See that no training was started "
    "twice by mistake and none overwrote the checkpoints of another.",
)


def _in_turn(stories: Sequence[Story]) -> tuple[Prose, ...]:
    """Return a sentence for each file that several processes wrote at the same time."""
    found: dict[str, list[str]] = {}
    for story in stories:
        for path in {
            story.run.source(one.source).path
            for one in story.run.segments
            if one.why == "interleaved"
        }:
            found.setdefault(path, []).append(story.run.id)
    return tuple(
        Prose(text=IN_TURN(path=path, runs=Join(items=tuple(runs[:MOST_NAMED]))))
        for path, runs in found.items()
    )


MOST_NAMED: Final = 12
NAMED_VERDICT = Text(zh="**{id}**：{text}", en="**{id}**: {text}")


def _row(story: Story, usual: Sequence[Alike], *, plain: bool) -> Row:
    run, verdict = story.run, story.verdict
    told = run.status not in (Status.UNKNOWN, Status.FINISHED)
    cells: tuple[Value, ...] = (
        NAMED(id=run.id, name=run.name),
        JUDGED(state=story.state_name, status=STATUSES[run.status.value])
        if told
        else story.state_name,
        _last(story, plain=plain),
        _best(story, plain=plain),
        _first_finding(story, usual),
    )
    return Row(cells=cells, tone=_tone(verdict.state))


def _told(story: Story) -> Series | None:
    """Return the series that stands for a run: its goal, else its first loss; None where it has
    neither.
    """
    goal = story.analysis.goal(story.run.id)
    wanted = [goal.series] if goal is not None else [one.series[0] for one in story.scales]
    return story.series(wanted[0]) if wanted else None


def _shared(stories: Sequence[Story]) -> tuple[str, Text] | None:
    """Return the metric and the axis that stand for all runs, None where they differ: then each
    cell names its own.
    """
    told = {(one.label, one.axis) for one in map(_told, stories) if one is not None}
    best = {
        (story.series(one.series).label, story.series(one.series).axis)
        for story in stories
        for one in _bests(story)
    }
    if len(told) != 1 or not best <= told:
        return None
    ((label, axis),) = told
    return label, AXES[axis.value]


def _bests(story: Story) -> list[Best]:
    return [best for best in story.analysis.bests if best.run == story.run.id][:1]


def _first_finding(story: Story, usual: Sequence[Alike]) -> Value:
    """Return the gravest finding that is not told of most runs, and its place; nothing where none
    asks for a look.
    """
    own = {finding.id for finding in own_findings(story, usual)}
    top = next((one for one in top_findings(story) if one.id in own), None)
    return NONE if top is None else EVENT(kind=top.called, place=place(story, top))


def _last(story: Story, *, plain: bool) -> Value:
    """Return the last value of what stands for a run."""
    series = _told(story)
    value = last_finite(series) if series is not None else None
    if series is None or value is None:
        return NONE
    return (
        number(value, series.unit)
        if plain
        else VALUE(metric=story.name(series), value=number(value, series.unit))
    )


def _tone(state: State) -> Tone | None:
    """Return the tone of a row that needs a look, None where it needs none."""
    shade = STATES[state].shade
    return None if shade in ("good", "info") else shade


def _best(story: Story, *, plain: bool) -> Value:
    """Return the best value that a checkpoint of the run can be chosen by, and where it stands."""
    for best in _bests(story):
        series = story.series(best.series)
        at = {"value": number(best.value, series.unit), "x": shown_x(best.at.x)}
        return BARE(**at) if plain else AT(metric=story.name(series), **at)
    return NONE
