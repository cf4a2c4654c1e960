"""A learning rate that starts anew at a resume, and the loss with it: the scheduler was not
restored.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.resumes import at_resumes, rate_around
from lossreport.analysis.signature import parsers
from lossreport.text import Text, number

JUMP: Final = 1.5
"""Half again as high as before the resume: no schedule rises so between two rows."""

RATE = Text(
    zh="续训处 `{rate}` 从 {before} 变为 {after}（第 {line} 行）。",
    en="`{rate}` goes from {before} to {after} at the resume (line {line}).",
)
LOSS = Text(
    zh="`{metric}` 同时从 {before} 变为 {after}。",
    en="`{metric}` goes from {before} to {after} with it.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss that jumps where a resume set the learning rate back."""
    for at in at_resumes(context):
        around = rate_around(context, at.series, at.row)
        if around is not None and around[2] > JUMP * around[1]:
            told = RATE(
                rate=around[0].label,
                before=number(around[1]),
                after=number(around[2]),
                line=int(at.series.line[at.row]),
            )
            loss = LOSS(metric=at.series.label, before=number(at.before), after=number(at.after))
            code = (
                "trainer.train(resume_from_checkpoint=True)"
                if "hf_" in parsers(context)
                else "scheduler.load_state_dict(state['scheduler'])"
            )
            yield Suspicion(finding=at.finding, signs=(strong(told), weak(loss)), code=code)


CAUSE = Cause(
    id="resume_rate_reset",
    family="checkpoint",
    title=Text(
        zh="续训没有恢复学习率调度器，学习率从头开始",
        en="The resume did not restore the scheduler, and the learning rate starts anew",
    ),
    decided_by=Text(
        zh="打印 checkpoint 里有没有 scheduler 的状态，以及载入后第一步的学习率。",
        en="See whether the checkpoint holds the state of the scheduler, and print the "
        "learning rate of the first step after loading.",
    ),
    do=Text(
        zh="保存并载入 scheduler 的 state_dict（在构造它之后），或以 last_epoch 续接；"
        "再从同一个 checkpoint 重新续训。",
        en="Save and load the state_dict of the scheduler (after making it), or go on with "
        "last_epoch, and resume again from the same checkpoint.",
    ),
    reference="ultralytics/yolov5 #292: --resume issues",
    suspect=suspect,
)
