"""The answer in a few lines, for places that hold no page: what the first screen says, each event
on one line with its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from lossreport.compose.section import Story
from lossreport.compose.sections.answer import DO, lasts, peak, told_bests
from lossreport.model.analysis import Finding, Severity, State
from lossreport.model.report import (
    Block,
    Callout,
    Chart,
    Column,
    Curve,
    FindingList,
    LineChart,
    Prose,
    Row,
    Section,
    Spark,
    Step,
    Steps,
    Table,
)
from lossreport.model.run import Floats, Series, shown_x
from lossreport.model.states import STATES
from lossreport.text import Join, Phrase, Text, Value, number
from lossreport.values import dataclass
from lossreport.words import AXES

MOST_EVENTS: Final = 3
MOST_STEPS: Final = 2
MOST_CURVES: Final = 2
MOST_RUNS: Final = 10
"""A ticket of 25 lines has ten left for runs; a terminal shows the gravest of them."""

CHECKPOINT = Text(zh="{label}：{at}", en="{label}: {at}")
PLACED = Text(
    zh="`{metric}` {value}，{axis} {x}（`{place}`）",
    en="`{metric}` {value} at {axis} {x} (`{place}`)",
)
LASTING = Text(
    zh="`{metric}`，{axis} {x} 到 {last}（`{place}`）",
    en="`{metric}`, {axis} {x} to {last} (`{place}`)",
)
UNVALUED = Text(zh="`{metric}`，{axis} {x}（`{place}`）", en="`{metric}` at {axis} {x} (`{place}`)")
SEVERAL = Text(zh="{count} 次训练：{tally}", en="{count} runs: {tally}")
COUNTED = Text(zh="{count} 次{state}", en="{count} {state}")
MOST_STATES: Final = 4
OTHERS = Text(zh="其余 {count} 次", en="{count} others")
OTHER = Text(zh="其余 1 次", en="1 other")
NAMED = Text(zh="{id} · {name}", en="{id} · {name}")
RUN, STATE, COURSE, SEVERE = (
    Text(zh="训练", en="run"),
    Text(zh="判断", en="verdict"),
    Text(zh="目标的走势", en="course of the goal"),
    Text(zh="需要看的发现", en="findings to look at"),
)
GRAVEST = Text(
    zh="只列结论最严重的 {count} 次。", en="Listed are the {count} with the gravest verdicts."
)
WHERE = Text(zh="各次训练", en="The runs")

Placed = Callable[[Finding], Phrase]
"""Says where a finding stands: metric, value, place on the axis, file and line."""


def short(stories: Sequence[Story], sections: Sequence[Section]) -> tuple[Block, ...]:
    """Return the answer of a report: of a single run what its first screen says, of several a line
    each.

    A picture of another metric than a loss or the goal, as a page has where those are all NaN, says
    nothing in one line.
    """
    if len(stories) > 1:
        told = [block for section in sections if section.id == "runs" for block in section.blocks]
        steps = [block.steps[:1] for block in told if isinstance(block, Steps)]
        return short_of_runs(
            run_lines(stories),
            said=next((one.body[:1] for one in told if isinstance(one, Callout)), ()),
            steps=next(iter(steps), ()),
        )
    story = stories[0]
    answer = next(section for section in sections if section.id == "answer")
    named = {series.label for series in story.main} | {series.label for series in _goal(story)}
    blocks = [
        block
        for block in answer.blocks
        if not isinstance(block, Chart) or block.title.values.get("metric", "") in named
    ]
    first = next((series.label for series in _goal(story)), "")
    return shortened(blocks, lambda finding: _placed(story, finding), best_of(story), first)


def _goal(story: Story) -> list[Series]:
    goal = story.analysis.goal(story.run.id)
    return [] if goal is None else [story.series(goal.series)]


def shortened(
    blocks: Sequence[Block], placed: Placed, best: Phrase | None = None, first: str = ""
) -> tuple[Block, ...]:
    """Return of the blocks of a first screen the verdict, the picture, the events, the checkpoint
    and the first things to do.

    Of the curves of the picture that of the series called `first` comes first, and the events stand
    in it.
    """
    made: list[Block] = []
    made += [replace(block, body=block.body[:1]) for block in blocks if isinstance(block, Callout)][
        :1
    ]
    made += [_brief(block, first) for block in blocks if isinstance(block, Chart)][:1]
    lists = [block for block in blocks if isinstance(block, FindingList) and block.findings]
    made += [replace(one, findings=_lines(one.findings, placed), brief=True) for one in lists[:1]]
    if best is not None:
        made.append(Prose(text=best))
    steps = [one.steps[:MOST_STEPS] for one in blocks if isinstance(one, Steps) and one.steps]
    made += [Prose(text=DO()), Steps(steps=steps[0])] if steps else []
    return tuple(made)


def best_of(story: Story) -> Phrase | None:
    """Return which checkpoint to use, by the goal where it has a best value, and what that was;
    None where none is told.
    """
    goal = story.analysis.goal(story.run.id)
    told = sorted(told_bests(story), key=lambda one: goal is None or one.best.series != goal.series)
    return CHECKPOINT(label=told[0].label, at=told[0].at) if told else None


def placed_text(
    finding: Finding, metric: str, value: float | None, unit: str, axis: Value, x: float, place: str
) -> Phrase:
    """Return where a finding stands, on one line: at x, with the value there, or from its first row
    to its last.
    """
    at = {
        "metric": metric,
        "axis": axis,
        "x": shown_x(finding.start.x if lasts(finding) else x),
        "place": place,
    }
    if lasts(finding):
        return LASTING(**at, last=shown_x(finding.end.x))
    return UNVALUED(**at) if value is None else PLACED(**at, value=number(value, unit, digits=5))


def _lines(findings: Sequence[Finding], placed: Placed) -> tuple[Finding, ...]:
    return tuple(replace(finding, text=placed(finding)) for finding in findings[:MOST_EVENTS])


def _placed(story: Story, finding: Finding) -> Phrase:
    series = story.series(finding.series[0])
    row = None if lasts(finding) else peak(series, finding)
    x, line = (
        (finding.start.x, finding.start.line)
        if row is None
        else (float(series.x[row]), int(series.line[row]))
    )
    path = story.run.source(series.source_of(finding.start.row if row is None else row)).path
    value = float(series.y[row]) if row is not None else None
    return placed_text(
        finding, series.label, value, series.unit, AXES[series.axis.value], x, f"{path}:{line}"
    )


def _brief(chart: Chart, first: str) -> Chart:
    """Return the picture in one line a curve, each named as the report calls its series."""
    spec, metric = chart.spec, chart.title.values.get("metric")
    if not isinstance(spec, LineChart):
        return replace(chart, brief=True)
    named = tuple(
        _named(spec, curve, str(metric)) if metric else curve for curve in spec.curves[:MOST_CURVES]
    )
    return replace(
        chart,
        brief=True,
        spec=replace(spec, curves=tuple(sorted(named, key=lambda curve: curve.name != first))),
    )


def _named(spec: LineChart, curve: Curve, metric: str) -> Curve:
    """Return a curve under the name of its series: of one alone that is the metric, of several the
    split stands before it.
    """
    if len(spec.curves) == 1:
        return replace(curve, name=metric)
    return replace(curve, name=metric if curve.name == "train" else f"{curve.name}/{metric}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """What the short answer says of one run among several: its state and what that is called, and
    how many findings want a look.
    """

    id: str
    name: str
    state: State
    called: Text
    severe: int
    course: Floats | None = None
    """The values of its goal."""


def short_of_runs(
    runs: Sequence[RunLine], *, said: Sequence[Phrase] = (), steps: tuple[Step, ...] = ()
) -> tuple[Block, ...]:
    """Return what is said of all runs, a line for each or for those with the gravest verdicts, and
    what to do first.
    """
    first, *others = sorted(runs, key=lambda run: list(State).index(run.state))[:MOST_RUNS]
    shown = [run for run in runs if run in (first, *others)]
    cut = (GRAVEST(count=len(shown)),) if len(shown) < len(runs) else ()
    columns = (
        Column(title=RUN),
        Column(title=STATE),
        Column(title=COURSE),
        Column(title=SEVERE, align="right"),
    )
    rows = tuple(
        Row(
            cells=(
                NAMED(id=run.id, name=run.name),
                run.called,
                "" if run.course is None else Spark(y=run.course),
                run.severe,
            ),
            tone=STATES[run.state].shade,
        )
        for run in shown
    )
    verdict = Callout(tone=STATES[first.state].shade, title=tally(runs), body=(*said, *cut))
    do: tuple[Block, ...] = (Prose(text=DO()), Steps(steps=steps)) if steps else ()
    return (verdict, Table(caption=WHERE(), columns=columns, rows=rows), *do)


def tally(runs: Sequence[RunLine]) -> Phrase:
    """Return how many runs stand how, the gravest first."""
    counts = Counter(
        run.called.en for run in sorted(runs, key=lambda run: list(State).index(run.state))
    )
    called = {run.called.en: run.called for run in runs}
    told = [COUNTED(count=count, state=called[name]) for name, count in counts.items()][
        :MOST_STATES
    ]
    left = len(runs) - sum(list(counts.values())[:MOST_STATES])
    others = {0: (), 1: (OTHER(),)}.get(left, (OTHERS(count=left),))
    return SEVERAL(count=len(runs), tally=Join(items=(*told, *others)))


def gravest(stories: Sequence[Story]) -> list[Story]:
    """Return the stories of runs, those with the gravest verdicts first."""
    return sorted(stories, key=lambda story: list(State).index(story.verdict.state))


def run_lines(stories: Sequence[Story]) -> list[RunLine]:
    """Return what the short answer says of each run."""
    return [_run_line(story) for story in stories]


def _run_line(story: Story) -> RunLine:
    severe = sum(finding.severity.rank >= Severity.MEDIUM.rank for finding in story.findings)
    return RunLine(
        id=story.run.id,
        name=story.run.name,
        state=story.verdict.state,
        called=story.state_name,
        severe=severe,
        course=next((series.y for series in _goal(story)), None),
    )
