"""The one answer on a run, which page, ticket and terminal say alike: how it ended, how its goal
went, its main fault, what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lossreport.analysis.context import Context
from lossreport.analysis.early import only_begun
from lossreport.analysis.endings import ended_by
from lossreport.analysis.level import of_no_use
from lossreport.analysis.patience import common_wait
from lossreport.model.analysis import (
    Best,
    Finding,
    Outcome,
    Recommendation,
    Severity,
    State,
    Tone,
    Verdict,
)
from lossreport.model.run import Run, Status, shown_x
from lossreport.model.states import STATES
from lossreport.text import Phrase, Text
from lossreport.words import AXES, UNITS

ANSWER = Text(zh="{status}{goal}{early}{fault}", en="{status} {goal}{early}{fault}")
SILENT = Text(zh="{goal}{early}{fault}", en="{goal}{early}{fault}")
"""Of a run whose logs do not say whether it ended: that stands beside the other things that they
cannot tell.
"""
EARLY_END = Text(
    zh="训练在计划之前结束（{done} / {planned} {unit}）。",
    en="Ended before its plan was done ({done} of {planned} {unit}).",
)
DONE = Text(
    zh="训练已结束（{done} / {planned} {unit}）。", en="Finished ({done} of {planned} {unit})."
)
ENDED = Text(zh="训练已结束。", en="Finished.")
EARLY = Text(zh="训练按早停规则结束（{place}）。", en="Stopped early by its own rule ({place}).")
CRASHED = Text(zh="训练崩溃（{place}：“{quote}”）。", en="Crashed ({place}: “{quote}”).")
CRASHED_BY = Text(
    zh="训练崩溃：{title}（{place}：“{quote}”）。", en="Crashed: {title} ({place}: “{quote}”)."
)
"""Where the words of the error are known for something: the cause stands first."""
CRASHED_SILENTLY = Text(zh="训练崩溃，日志没有说明原因。", en="Crashed; the logs do not say why.")
KILLED = Text(
    zh="训练被中止（{place}：“{quote}”）。", en="Stopped from outside ({place}: “{quote}”)."
)
CUT = Text(
    zh="训练没有跑完（{done} / {planned} {unit}）：被中断或仍在运行。",
    en="Not complete ({done} of {planned} {unit}): interrupted or still running.",
)
CUT_OR_EARLY = Text(
    zh="训练没有跑完（{done} / {planned} {unit}）：早停、被中断或仍在运行。最后一行正好在 "
    "`{metric}` 最好值之后 {rows} 行，与 patience 为 {rows} 的早停相符。",
    en="Not complete ({done} of {planned} {unit}): stopped early, interrupted or still running. "
    "The last row stands {rows} rows behind the best `{metric}`, as early stopping with that "
    "patience leaves it.",
)
INTERRUPTED = Text(
    zh="训练没有跑完：被中断或仍在运行。", en="Not complete: interrupted or still running."
)
RUNNING = Text(zh="仍在运行。", en="Still running.")
FAULT = Text(
    zh="先看 #{id}：{kind}（`{metric}`，{axis} {x}）。",
    en=" First look at #{id}: {kind} (`{metric}`, {axis} {x}).",
)
EMPTY: Final = ""

OF_STATUS: Final[dict[Status, Tone]] = {
    Status.FINISHED: "good",
    Status.RUNNING: "good",
    Status.UNKNOWN: "good",
    Status.INTERRUPTED: "warn",
    Status.CRASHED: "bad",
}
OF_SEVERITY: Final[dict[Severity, Tone]] = {
    Severity.LOW: "good",
    Severity.MEDIUM: "open",
    Severity.HIGH: "warn",
    Severity.CRITICAL: "bad",
}
RETURNED: Final = ("spike", "above_chance")
"""Kinds that came back: of medium severity nothing was lost by them. A single row is of medium
severity only where it is huge.
"""
TONES: Final[tuple[Tone, ...]] = ("good", "open", "warn", "bad")
"""From the best to the worst: the tone of a run is the worst of its state, its findings and its
status.
"""


def outcome(
    context: Context, verdict: Verdict, advice: Sequence[Recommendation], bests: Sequence[Best]
) -> Outcome:
    """Return the answer on a run."""
    fault = main_fault(context, verdict)
    do = next((one for one in advice if one.when == "now"), advice[0] if advice else None)
    goal = context.goal
    best = next((one for one in bests if goal is not None and one.series == goal.series), None)
    told = FAULT(**_place(context, fault)) if fault is not None else EMPTY
    return Outcome(
        run=context.run.id,
        state=verdict.state,
        tone=tone(context, verdict),
        text=_text(context, verdict.text, told),
        goal=goal.series if goal is not None else None,
        do=do.text if do is not None else None,
        checkpoint=best.checkpoint if best is not None else None,
    )


def _text(context: Context, goal: Phrase, fault: Phrase | str) -> Phrase:
    ended, early = status(context.run), only_begun(context) or EMPTY
    said = {"goal": goal, "early": early, "fault": fault}
    return SILENT(**said) if ended is None else ANSWER(status=ended, **said)


def tone(context: Context, verdict: Verdict) -> Tone:
    """Return the worst of state, findings and status; no run is good that has only begun, or whose
    score is of no use yet.
    """
    found = [OF_SEVERITY[f.severity] for f in context.found if f.explained_by is None]
    goal = context.by_id[context.goal.series] if context.goal is not None else None
    doubtful = only_begun(context) is not None or (
        goal is not None and of_no_use(context, goal) is not None
    )
    level: Tone = "open" if doubtful else "good"
    return max(
        (STATES[verdict.state].tone, OF_STATUS[context.run.status], level, *found), key=TONES.index
    )


def main_fault(context: Context, verdict: Verdict) -> Finding | None:
    """Return the gravest finding that the verdict does not rest on already, None where none is of
    medium severity.
    """
    if verdict.state is State.BROKEN:
        return None
    grave = [
        f
        for f in context.found
        if f.severity.rank >= Severity.MEDIUM.rank
        and f.explained_by is None
        and f.id not in verdict.because
        and f.kind != "truncated_log"
        # it came back, and nothing was lost by it
        and not (f.kind in RETURNED and f.severity is Severity.MEDIUM)
    ]
    return max(grave, key=lambda f: f.severity.rank, default=None)


def _place(context: Context, finding: Finding) -> dict[str, str | int | float | Text]:
    series = context.subject(finding)
    return {
        "id": finding.id,
        "kind": finding.called,
        "metric": series.label,
        "axis": AXES[series.axis.value],
        "x": shown_x(finding.start.x),
    }


def status(run: Run) -> Phrase | None:
    """Return how the run ended, in one sentence; None where the logs do not say."""
    planned = _planned(run)
    match run.status:
        case Status.FINISHED:
            early = next((e for e in run.events if e.kind == "early_stop"), None)
            if early is not None:
                return EARLY(place=f"{run.source(early.source).path}:{early.line}")
            if not planned:
                return ENDED()
            return (DONE if run.progress.is_done else EARLY_END)(**planned)
        case Status.CRASHED | Status.INTERRUPTED:
            return _broken_off(run, planned)
        case Status.RUNNING:
            return RUNNING()
        case Status.UNKNOWN:
            return None


def _broken_off(run: Run, planned: dict[str, int | Text]) -> Phrase:
    found = ended_by(run)
    if found is not None:
        event, known = found
        said = {"place": f"{run.source(event.source).path}:{event.line}", "quote": event.quote}
        if run.status is Status.CRASHED and known is not None:
            return CRASHED_BY(title=known.title, **said)
        return (CRASHED if run.status is Status.CRASHED else KILLED)(**said)
    if run.status is Status.CRASHED:
        return CRASHED_SILENTLY()
    waited = common_wait(run)
    if planned and waited is not None:
        return CUT_OR_EARLY(**planned, metric=waited.series.label, rows=waited.rows)
    return CUT(**planned) if planned else INTERRUPTED()


def _planned(run: Run) -> dict[str, int | Text]:
    """Return what was done of what was planned, where the logs say both: by the plan that was done,
    else by the first.
    """
    epochs = "rounds" if run.counts_rounds else "epochs"
    known = [
        (done, planned, unit)
        for unit, (done, planned) in (
            (UNITS[epochs], run.progress.epochs),
            (UNITS["steps"], run.progress.steps),
        )
        if done is not None and planned is not None
    ]
    if not known:
        return {}
    done, planned, unit = next((one for one in known if one[0] >= one[1]), known[0])
    return {"done": done, "planned": planned, "unit": unit}
