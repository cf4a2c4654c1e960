"""What to do about a warm-up that is longer than the run: the learning rate never reached what was
set, and never fell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.adviser import Advice, Case
from lossreport.analysis.schedule import rises_to_the_end
from lossreport.model.analysis import Recommendation
from lossreport.model.run import Axis, Series, Status, shown_x
from lossreport.text import Phrase, Text, number
from lossreport.words import AXES

SHARE: Final = (0.03, 0.1)
"""Warm-ups take 3 to 10 % of the steps of a run (Deep Learning Tuning Playbook; transformers
examples).
"""

NEVER = Text(
    zh="`{metric}` 到最后一行还在上升（{axis} {x} 为 {last}，首行 {first}）：warm-up "
    "比整次训练还长，学习率没有到过设定值，也没有下降过。缩短 warm-up{steps}，或训练更久。"
    "代价：重新训练。",
    en="`{metric}` rises in every row to the last ({last} at {axis} {x}, from {first}): the "
    "warm-up is longer than the run, so the learning rate never reached its peak and never "
    "decayed. Shorten the warm-up{steps} or train longer. Cost: another run.",
)
STEPS = Text(zh="（{least} 到 {most} 个 step 即可）", en=" ({least} to {most} steps are enough)")
NOTHING: Final = ""


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step where a run that is over ends inside its warm-up."""
    for series in case.context.judged:
        if (
            series.metric_type == "learning_rate"
            and series.split == "train"
            and rises_to_the_end(series.y)
            and _is_over(case)
        ):
            yield Recommendation(
                id="",
                when="next",
                text=NEVER(
                    metric=series.label,
                    axis=AXES[series.axis.value],
                    x=shown_x(series.x[-1]),
                    last=number(float(series.y[-1])),
                    first=number(float(series.y[0])),
                    steps=_steps(series),
                ),
                source="Deep Learning Tuning Playbook",
            )
            return


def _is_over(case: Case) -> bool:
    """Return whether the run has ended by itself or done all that was planned: while one is running
    its warm-up is only not over yet.
    """
    done = (pair for pair in (case.context.run.progress.steps, case.context.run.progress.epochs))
    complete = any(
        did is not None and planned is not None and did >= planned for did, planned in done
    )
    return complete or case.context.run.status is Status.FINISHED


def _steps(series: Series) -> Phrase | str:
    if series.axis not in (Axis.STEP, Axis.ITERATION):
        return NOTHING
    least, most = (max(1, round(share * float(series.x[-1]))) for share in SHARE)
    return STEPS(least=least, most=most)


ADVICE = Advice(id="warmup", advise=advise, order=42)
