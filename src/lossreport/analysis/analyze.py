"""Runs everything over a run: detectors, then scales, shares, schedules, verdicts and advice. A
unit that raises is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lossreport import progress
from lossreport.analysis.adviser import Case, advices
from lossreport.analysis.best import bests
from lossreport.analysis.cause import with_causes
from lossreport.analysis.composition import shares
from lossreport.analysis.context import Context
from lossreport.analysis.detector import detectors
from lossreport.analysis.endings import with_cause
from lossreport.analysis.explain import explained, weighed
from lossreport.analysis.forecast import forecasts
from lossreport.analysis.forensics import examined
from lossreport.analysis.found import titled
from lossreport.analysis.goal import goals
from lossreport.analysis.happenings import gathered
from lossreport.analysis.ignoring import remarks, without_ignored
from lossreport.analysis.jury import juries
from lossreport.analysis.outcome import outcome
from lossreport.analysis.patience import with_early_stop
from lossreport.analysis.run_verdict import PASSING
from lossreport.analysis.scale import scales
from lossreport.analysis.schedule import lr_schedules
from lossreport.analysis.verdict import unjudged, verdicts
from lossreport.analysis.views import enrich
from lossreport.model.analysis import (
    Analysis,
    Finding,
    NotApplicable,
    Recommendation,
    Severity,
    Share,
)
from lossreport.model.run import Run, id_prefix
from lossreport.model.work import Work

LOOKING = 0.6
"""The share of an analysis that is detectors: measured on five runs of 80 to 1 600 rows, 0.46 to
0.82.
"""


def analyze_run(run: Run, *, strict: bool = False) -> Analysis:
    """Analyse one run. With `strict` a unit that raises stops the program instead of becoming a
    failure of the report.
    """
    work = Work(strict)
    context = Context(with_cause(with_early_stop(enrich(run))), run)
    not_applicable: list[NotApplicable] = []
    for detector in detectors():
        found = work.take(
            f"detector {detector.id}",
            lambda detector=detector, context=context: detector.detect(context),  # type: ignore[misc]
        )
        not_applicable += [item for item in found if isinstance(item, NotApplicable)]
        if findings := [titled(item) for item in found if isinstance(item, Finding)]:
            context = replace_found(context, (*context.found, *findings))
        progress.advance(LOOKING / len(detectors()))
    kept, ignored = without_ignored(context.run, context.found)
    not_applicable += remarks(context.run)
    context = replace_found(context, explained(kept), tuple(one.finding for one in ignored))
    context = replace(context, goal=next(iter(work.take("goal", lambda: goals(context))), None))
    context = replace_found(context, weighed(context), context.ignored)
    context = replace_found(context, ranked(gathered(context), id_prefix(run.id)), context.ignored)
    looked = work.take("forensics", lambda: examined(context))
    context = replace_found(
        context, looked if len(looked) == len(context.found) else context.found, context.ignored
    )
    context = replace_found(context, with_causes(context, work), context.ignored)
    composition = work.take("composition", lambda: shares(context))
    judged = tuple(work.take("verdict", lambda: verdicts(context)))
    if all(verdict.series for verdict in judged):
        judged = (*judged, unjudged(context.run))
    case = Case(context, judged)
    best = tuple(work.take("best", lambda: bests(context)))
    advice = _recommendations(work, case)
    progress.advance(1 - LOOKING)
    return Analysis(
        runs=(context.run,),
        goals=(context.goal,) if context.goal is not None else (),
        outcomes=tuple(work.take("outcome", lambda: [outcome(context, judged[-1], advice, best)])),
        bests=best,
        agreements=context.agreements,
        scales=tuple(work.take("scale", lambda: scales(context))),
        shares=tuple(item for item in composition if isinstance(item, Share)),
        findings=context.found,
        ignored=ignored,
        verdicts=judged,
        lr_schedules=tuple(work.take("schedule", lambda: lr_schedules(context))),
        forecasts=tuple(work.take("forecast", lambda: forecasts(context))),
        recommendations=advice,
        juries=tuple(work.take("jury", lambda: juries(context))),
        not_applicable=(
            *not_applicable,
            *(item for item in composition if isinstance(item, NotApplicable)),
        ),
        failures=tuple(work.failures),
    )


def ranked(findings: Sequence[Finding], prefix: str = "") -> tuple[Finding, ...]:
    """Return the findings, most severe first (causes before what they explain, what came back
    behind what did not), with ids F1, F2, ... behind `prefix`.
    """
    ordered = sorted(
        findings,
        key=lambda f: (
            -f.severity.rank,
            f.explained_by is not None,
            f.kind not in CAUSES,
            f.kind in PASSING,
        ),
    )
    return tuple(
        replace(finding, id=f"{prefix}F{number}") for number, finding in enumerate(ordered, 1)
    )


CAUSES = ("nonfinite", "mixed_reduction", "source_disagreement", "divergence", "mixture")
"""Kinds that come first among findings of one severity: they decide how the others are read."""


def replace_found(
    context: Context, found: Sequence[Finding], ignored: tuple[Finding, ...] = ()
) -> Context:
    """Return a context with other findings; what follows from the run alone is not worked out
    again.
    """
    made = Context(context.run, context.raw, tuple(found), ignored, context.goal)
    made.__dict__.update(
        {name: value for name, value in context.__dict__.items() if name in OF_THE_RUN}
    )
    return made


OF_THE_RUN = ("facts", "metrics", "agreements", "judged", "losses", "progress")
"""Properties of a context that do not depend on what was found."""


def _recommendations(work: Work, case: Case) -> tuple[Recommendation, ...]:
    made: list[Recommendation] = []
    run_id = case.context.run.id
    for advice in advices():
        made += work.take(f"advice {advice.id}", lambda advice=advice: advice.advise(case))  # type: ignore[misc]
    low = {finding.id for finding in case.context.found if finding.severity is Severity.LOW}
    made.sort(
        key=lambda item: (item.when != "now", bool(item.because) and low.issuperset(item.because))
    )
    return tuple(
        replace(item, id=f"{id_prefix(run_id)}R{number}", run=run_id)
        for number, item in enumerate(made, 1)
    )
