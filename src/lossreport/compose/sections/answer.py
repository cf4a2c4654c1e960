"""The first screen: is this run all right, what happened, what to do now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from lossreport.compose.brief import MARGIN, MOST_WORDS, fitted, words
from lossreport.compose.goal_figure import goal_figure
from lossreport.compose.section import POINTING, SectionWriter, Story, last_finite
from lossreport.model.analysis import Best, Finding, Severity, State
from lossreport.model.report import (
    Block,
    Callout,
    Column,
    FindingList,
    LineChart,
    Prose,
    Row,
    Section,
    Step,
    Steps,
    Table,
)
from lossreport.model.run import Run, Series, shown_x
from lossreport.model.states import SHADES, STATES
from lossreport.text import Join, Phrase, Text, Value, number
from lossreport.values import dataclass
from lossreport.words import AXES, STATUSES

TOP: Final = 3
"""Findings on the first screen: one of each kind, the most severe."""
CONFIG: Final = ("lr", "batch_size", "world_size", "vocab_size", "clip_grad", "precision")

TITLE = Text(zh="结论", en="Verdict")
HEAD = Text(zh="{state}", en="{state}")
HEAD_UNDONE = Text(zh="{status}，{state}", en="{status}, {state}")
UNDONE: Final = {
    "interrupted": Text(zh="没有跑完", en="not complete"),
    "crashed": Text(zh="已崩溃", en="crashed"),
}
GLANCE = Text(zh="训练概况", en="The run at a glance")
BEST_VALUE = Text(zh="**{label}**：{at}", en="**{label}**: {at}")
STARRED = Text(zh="★ **{label}**：{at}", en="★ **{label}**: {at}")
LEAST_MEASURED: Final = 2
MOST_BESTS: Final = 2
MOST_STEPS: Final = 3
STATUS = Text(zh="状态", en="status")
ENDED = Text(zh="日志的结尾", en="how the log ends")
ENDING = Text(zh="{path} 第 {line} 行：“{quote}”", en="{path}, line {line}: “{quote}”")
DONE = Text(zh="完成的 epoch", en="epochs completed")
ROUNDS_DONE = Text(zh="完成的轮数", en="rounds completed")
TAKEN = Text(zh="完成的 step", en="steps completed")
OF = Text(zh="{done} / 计划 {planned}", en="{done} of {planned} planned")
ONLY = Text(zh="{done}（计划未知）", en="{done} (plan unknown)")
RESUMED = Text(zh="续训", en="resumed")
TIMES = Text(zh="{count} 次（{places}）", en="{count}× ({places})")
MAX_PLACES: Final = 3
TIME = Text(zh="时间", en="time")
FROM_TO = Text(zh="{first} 至 {last}", en="{first} to {last}")
LAST = Text(zh="末值", en="last values")
VALUE = Text(zh="`{metric}` {value}", en="`{metric}` {value}")
BEST = Text(zh="验证集最佳", en="Best validation")
BEST_OF_TRAINING = Text(zh="训练中的最佳值", en="Best value of the training")
BEST_OF_TEST = Text(zh="测试集上的最佳值", en="Best on the test set")
USE = Text(zh="可用的 checkpoint（按验证 loss）", en="Checkpoint to use (by validation loss)")
LOSS_WORD: Final = "loss"
OTHER_THAN_LOSS: Final = ("generic", "error_rate", "image_distance")
"""Kinds that are a loss by their name alone: an EPE or a word error rate is chosen by, and is no
validation loss.
"""
LOWEST = Text(zh="验证 loss 最低", en="Lowest validation loss")
TESTED = Text(zh="训练后的测试", en="Test after the training")
FINAL_TEST: Final = "final_test_"
"""What a log measures once behind its last row of training, as `reading/lines/remarks.py` keeps
it.
"""
AT_FILE = Text(zh="{at}：`{path}`", en="{at}: `{path}`")
PLACED = Text(zh="`{metric}`，{axis} {x}", en="`{metric}` at {axis} {x}")
LASTS = Text(zh="`{metric}`，{axis} {first} 到 {last}", en="`{metric}`, {axis} {first} to {last}")
BEST_AT = Text(zh="`{metric}` {value}（{axis} {x}）", en="`{metric}` {value} at {axis} {x}")
CONFIGURED = Text(zh="主要配置", en="main settings")
SETTING = Text(zh="{name} = {value}", en="{name} = {value}")
QUIET = Text(zh="没有发现异常。", en="No anomaly was found.")
MINOR = Text(zh="只有低级别的发现，见下文。", en="Only findings of low severity, see below.")
QUIET_END = Text(
    zh="数字里没有发现需要处理的异常，但训练不是正常结束的。",
    en="No anomaly found in the numbers that calls for action, but the run did not end by itself.",
)
DO = Text(zh="**现在做什么**", en="**What to do now**")

READ_AS = Text(
    zh="这些行怎样归为一次训练并不确定：按“{chosen}”来读；{other}。",
    en="How these rows belong together is not certain: they are read as {chosen}; {other}.",
)


def write(story: Story) -> Section:
    """Write the answer, the picture of the goal, the events in it, what to do now, the checkpoint;
    nothing else.
    """
    verdict, outcome = story.verdict, story.analysis.outcome(story.run.id)
    text = verdict.text if outcome is None else outcome.text
    shade = SHADES[outcome.tone] if outcome is not None else STATES[verdict.state].shade
    top = top_findings(story)
    doubt = [read for read in (read_as(story.run),) if read is not None]
    figure = list(goal_figure(story, top))
    chosen = list(
        _checkpoints(
            story, starred=any(isinstance(one.spec, LineChart) and one.spec.star for one in figure)
        )
    )
    around = [
        *doubt,
        *(one.title for one in figure),
        *(one.caption for one in figure if one.caption is not None),
        DO(),
        *chosen,
    ]
    room = MOST_WORDS - MARGIN - words([story.run.name, story.state_name, *around])
    screen = fitted(
        _without_fault(text, top), top, [place(story, one) for one in top], first_steps(story), room
    )
    callout = Callout(
        tone=shade,
        title=headline(story.state_name, verdict.state, story.run.status.value),
        body=(text,),
        brief=screen.outcome,
    )
    blocks: list[Block] = [callout, *(Prose(text=read) for read in doubt), *figure, *_quiet(story)]
    if screen.events:
        blocks.append(
            FindingList(findings=screen.events, names=story.names, brief=True, numbered=True)
        )
    if screen.steps:
        blocks += [Prose(text=DO()), Steps(steps=screen.steps, opened=1)]
    return Section(id="answer", title=TITLE, blocks=(*blocks, *(Prose(text=one) for one in chosen)))


def headline(called: Text, state: State, status: str) -> Phrase:
    """Return the state of a run as its heading; of one that looks sound, that it did not come to
    its end.
    """
    undone = UNDONE.get(status)
    if undone is None or STATES[state].tone not in ("good", "open"):
        return HEAD(state=called)
    return HEAD_UNDONE(status=undone, state=called)


def _without_fault(text: Phrase, events: Sequence[Finding]) -> Phrase:
    """Return an outcome without the fault that it ends with, where that is one of the events that
    stand below it.
    """
    fault = text.values.get("fault")
    told = isinstance(fault, Phrase) and fault.values.get("id") in {one.id for one in events}
    return Phrase(text=text.text, values={**text.values, "fault": ""}) if told else text


def place(story: Story, finding: Finding) -> Phrase:
    """Return where a finding stands, by metric, value and place on the axis."""
    series = story.series(finding.series[0])
    row = peak(series, finding)
    at: dict[str, Value] = {"metric": series.label, "axis": AXES[series.axis.value]}
    if lasts(finding):
        return LASTS(**at, first=shown_x(finding.start.x), last=shown_x(finding.end.x))
    if row is None:
        return PLACED(**at, x=shown_x(finding.start.x))
    return BEST_AT(
        **at, x=shown_x(float(series.x[row])), value=number(float(series.y[row]), series.unit)
    )


def lasts(finding: Finding) -> bool:
    """Return whether a finding is told from where to where it holds: the value of one of its rows
    would say nothing of it.
    """
    return finding.end.x != finding.start.x and finding.kind not in POINTING


def peak(series: Series, finding: Finding) -> int | None:
    """Return the row of a finding that its text is about: the one with its value, else the first;
    None where the series lacks it.
    """
    rows = [row for row in (finding.start.row, *finding.rows) if 0 <= row < len(series)]
    value = getattr(finding.payload, "value", None)
    return next(
        (row for row in rows if value is not None and series.y[row] == value),
        next(iter(rows), None),
    )


def _quiet(story: Story) -> list[Block]:
    """Return that nothing was found: only where the goal was judged, for else it would reassure of
    nothing.
    """
    if not _is_judged(story) or any(
        f.severity is not Severity.LOW and f.explained_by is None for f in story.findings
    ):
        return []
    if story.findings:
        return [] if story.ending is not None else [Prose(text=MINOR())]
    if story.ending is not None:
        return [Prose(text=QUIET_END())]
    return [Prose(text=QUIET())]


def _is_judged(story: Story) -> bool:
    """Return whether the goal was judged by its rows: improving, flat, or between the two within
    its noise.
    """
    if story.verdict.state is not State.INCONCLUSIVE:
        return story.verdict.state in (State.IMPROVING, State.CONVERGED)
    goal = story.analysis.goal(story.run.id)
    return goal is not None and any(
        one.series == (goal.series,)
        and one.state is State.INCONCLUSIVE
        and one.trend is not None
        and one.trend.high > 0
        for one in story.analysis.verdicts
    )


def read_as(run: Run) -> Phrase | None:
    """Return how the rows of a run are read and how they might be, where another reading comes
    near; None where none does.
    """
    reading = run.reading
    if reading.other is None or reading.chosen is None:
        return None
    return READ_AS(chosen=reading.chosen, other=reading.other)


def top_findings(story: Story) -> tuple[Finding, ...]:
    """Return the most severe findings, one a kind; low ones only where there is nothing else."""
    chosen: dict[str, Finding] = {}
    for finding in story.findings:
        if finding.severity is not Severity.LOW and finding.explained_by is None:
            chosen.setdefault(finding.kind, finding)
    return tuple(chosen.values())[:TOP]


def first_steps(story: Story) -> tuple[Step, ...]:
    """Return what to do now; where nothing is pressing, the first of what to do next."""
    steps = steps_of(story)
    pressing = sum(
        one.when == "now" for one in story.analysis.recommendations if one.run == story.run.id
    )
    return steps[: min(pressing, MOST_STEPS) or 1]


def steps_of(story: Story) -> tuple[Step, ...]:
    """Return all steps of a run, those of now first."""
    mine = [one for one in story.analysis.recommendations if one.run == story.run.id]
    mine.sort(key=lambda one: one.when != "now")
    return tuple(
        Step(text=one.text, because=one.because, source=one.source, code=one.code) for one in mine
    )


def glance(story: Story) -> Table:
    """Return the run at a glance: how it ended, how far it came, its settings, its last and its
    best values.
    """
    run = story.run
    rows = [Row(cells=(STATUS, STATUSES[run.status.value]))]
    if story.ending is not None:
        path = run.source(story.ending.source).path
        rows.append(
            Row(cells=(ENDED, ENDING(path=path, line=story.ending.line, quote=story.ending.quote)))
        )
    done, planned = run.progress.epochs
    if done is not None:
        counted = ROUNDS_DONE if run.counts_rounds else DONE
        rows.append(
            Row(
                cells=(
                    counted,
                    OF(done=done, planned=planned) if planned is not None else ONLY(done=done),
                )
            )
        )
    taken, limit = run.progress.steps
    if taken is not None and limit is not None:
        rows.append(Row(cells=(TAKEN, OF(done=taken, planned=limit))))
    rows += _resumed(story)
    first, last = run.time
    if first and last:
        rows.append(Row(cells=(TIME, FROM_TO(first=first, last=last))))
    values = [
        VALUE(metric=story.name(story.series(s.series[0])), value=number(s.value, s.unit))
        for s in story.scales[:4]
    ]
    values = values or _last_scores(story)
    if values:
        rows.append(Row(cells=(LAST, Join(items=tuple(values)))))
    rows += [Row(cells=(told.label, told.at)) for told in told_bests(story)][:MOST_BESTS]
    settings: list[Phrase] = [
        SETTING(name=name, value=value)
        for name in CONFIG
        if isinstance(value := run.value(name), int | float | str)
    ]
    if settings:
        rows.append(Row(cells=(CONFIGURED, Join(items=tuple(settings)))))
    columns = (Column(title=ITEM), Column(title=HERE))
    return Table(caption=GLANCE(), columns=columns, rows=tuple(rows), folded=True)


def _checkpoints(story: Story, *, starred: bool) -> Iterator[Phrase]:
    """Yield the best values that a checkpoint can be chosen by, that of the goal first, each with
    its place and, where one is named, its file.
    """
    goal = story.analysis.goal(story.run.id)
    for told in sorted(
        told_bests(story), key=lambda one: goal is None or one.best.series != goal.series
    )[:MOST_BESTS]:
        yield (STARRED if starred else BEST_VALUE)(label=told.label, at=told.at)
    tested = [
        VALUE(metric=name.removeprefix("final_"), value=number(value))
        for name, value in _finals(story)
    ]
    if tested:
        yield BEST_VALUE(label=TESTED, at=Join(items=tuple(tested[:MAX_TESTS])))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldBest:
    """A best value, what it is called, and where it stands with the checkpoint that the logs
    name.
    """

    best: Best
    label: Text
    at: Phrase


def told_bests(story: Story) -> Iterator[ToldBest]:
    """Yield the best values of a run, none of one that is broken; of what was measured once there
    is no best.
    """
    if story.verdict.state is State.BROKEN:
        return
    for best in story.analysis.bests:
        if best.run == story.run.id:
            series = story.series(best.series)
            if np.isfinite(series.y).sum() < LEAST_MEASURED or np.nanmin(series.y) == np.nanmax(
                series.y
            ):
                continue  # measured once, or the same throughout: no row is better than another
            at = BEST_AT(
                metric=story.name(series),
                value=number(best.value, series.unit),
                axis=AXES[series.axis.value],
                x=shown_x(best.at.x),
            )
            yield ToldBest(
                best=best,
                label=_label(story, best),
                at=AT_FILE(at=at, path=best.checkpoint) if best.checkpoint else at,
            )


MAX_TESTS: Final = 4


def _finals(story: Story) -> list[tuple[str, float]]:
    """Return what a test behind the training measured."""
    named = {
        fact.name: story.run.value(fact.name)
        for fact in story.run.facts
        if fact.name.startswith(FINAL_TEST)
    }
    return [
        (name, float(value))
        for name, value in named.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]


def _last_scores(story: Story) -> list[Phrase]:
    """Return the last scores and rewards of a run that logs no loss."""
    ends = [
        (series, last_finite(series))
        for series in story.run.series
        if series.derived is None and story.kind(series).role == "metric"
    ]
    return [
        VALUE(metric=story.name(series), value=number(value, series.unit))
        for series, value in ends[:4]
        if value is not None
    ]


def _label(story: Story, best: Best) -> Text:
    """Return what the best value of a series is called: by its split, and a validation loss by what
    it is for.
    """
    series, goal = story.series(best.series), story.analysis.goal(story.run.id)
    is_score = goal is not None and goal.series == series.id and goal.mode == "max"
    is_loss = story.kind(series).role == "loss" and series in story.main and not is_score
    return best_label(
        series.split,
        is_loss=is_loss and is_called_loss(series.name, series.metric_type),
        contested=bool(best.contested),
    )


def is_called_loss(name: str, metric_type: str) -> bool:
    """Return whether a person calls a metric a loss."""
    return LOSS_WORD in name.lower() or metric_type not in OTHER_THAN_LOSS


def best_label(split: str, *, is_loss: bool, contested: bool) -> Text:
    """Return what a best value is called: by its split, and that of a main loss of the validation
    by what it is for.
    """
    if split in ("train", "test"):
        return BEST_OF_TRAINING if split == "train" else BEST_OF_TEST
    if not is_loss:
        return BEST
    return LOWEST if contested else USE


def _resumed(story: Story) -> list[Row]:
    """Return how often the run was resumed and where, by the files of one kind that tell it most
    often.
    """
    path = {source.id: source for source in story.run.sources}
    places: dict[str, list[str]] = {}
    for segment in story.run.segments:
        if segment.why == "resume" and segment.source in path:
            source = path[segment.source]
            places.setdefault(source.parser, []).append(f"{source.path}:{segment.first_line}")
    if not places:
        return []
    told = max(places.values(), key=len)
    shown = tuple(told[:MAX_PLACES]) if len(told) <= MAX_PLACES else (*told[:MAX_PLACES], "…")
    return [Row(cells=(RESUMED, TIMES(count=len(told), places=Join(items=shown))))]


ITEM = Text(zh="项目", en="item")
HERE = Text(zh="内容", en="value")


SECTION = SectionWriter(id="answer", order=10, write=write)
