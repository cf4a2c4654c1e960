"""The verdicts: on every loss, on the goal, and on the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.context import Context
from lossreport.analysis.judging import judge, judge_goal
from lossreport.analysis.run_verdict import run_verdict
from lossreport.analysis.series_verdict import is_unused, series_verdict
from lossreport.model.analysis import State, Verdict
from lossreport.model.run import Run
from lossreport.text import Text

UNJUDGED: Final = Text(
    zh="没能对这次训练作出判断（这是 lossreport 的缺陷）；原因见报告末尾未能跑完的检查。",
    en="This run could not be judged (a bug in lossreport); the failed checks are listed at the "
    "end.",
)


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


def unjudged(run: Run) -> Verdict:
    """Return the verdict on a run whose judging raised: none, and where to read why."""
    return Verdict(
        question="convergence",
        series=(),
        run=run.id,
        state=State.INCONCLUSIVE,
        confidence="low",
        text=UNJUDGED(),
    )
