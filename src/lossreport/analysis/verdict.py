"""The verdicts: on every loss, on the goal, and on the run."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.context import Context
from lossreport.analysis.judging import judge, judge_goal
from lossreport.analysis.run_verdict import run_verdict
from lossreport.analysis.series_verdict import is_unused, series_verdict
from lossreport.model.analysis import Verdict


def verdicts(context: Context) -> Iterator[Verdict]:
    """Yield a verdict for every loss and the goal, and, last, one for the run. `context.found` must
    carry final ids.
    """
    made = [
        (series, judge(context, series))
        for series in context.progress
        if not is_unused(context, series)
    ]
    goal = context.by_id[context.goal.series] if context.goal is not None else None
    if (
        context.goal is not None
        and goal is not None
        and all(series is not goal for series, _ in made)
    ):
        made.append((goal, judge_goal(context, context.goal)))
    for series, judged in made:
        yield series_verdict(context, series, judged)
    yield run_verdict(context, made)
