"""A loss that jumps at a resume and comes back, with a learning rate that goes on: the optimizer
began empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.resumes import at_resumes, is_from_scratch, rate_around
from lossreport.text import Text, number

SAME: Final = 1.2
"""The learning rate goes on within 20 %."""
ROSE: Final = 1.05
"""A rise of 5 % over the level before; a lower start is another cause."""

BACK = Text(
    zh="`{metric}` 在续训处从 {before} 跳到 {value}（第 {line} 行），之后回落。",
    en="`{metric}` jumps from {before} to {value} at the resume (line {line}) and comes back.",
)
GOES_ON = Text(
    zh="`{rate}` 在续训前后是连续的（{before} → {after}）。",
    en="`{rate}` goes on over the resume ({before} → {after}).",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a spike at a resume whose learning rate did not change."""
    for at in at_resumes(context):
        around = rate_around(context, at.series, at.row)
        value = float(at.series.y[at.row])
        if (
            at.finding.kind not in ("spike", "batch_outlier")
            or around is None
            or value < ROSE * at.before
            or is_from_scratch(at)
        ):
            continue
        if around[1] > 0 and 1 / SAME <= around[2] / around[1] <= SAME:
            back = BACK(
                metric=at.series.label,
                before=number(at.before),
                value=number(value),
                line=int(at.series.line[at.row]),
            )
            goes_on = GOES_ON(
                rate=around[0].label, before=number(around[1]), after=number(around[2])
            )
            code = "optimizer.load_state_dict(state['optimizer'])"
            yield Suspicion(finding=at.finding, signs=(strong(back), weak(goes_on)), code=code)


CAUSE = Cause(
    id="resume_optimizer_lost",
    family="checkpoint",
    title=Text(
        zh="续训没有恢复优化器状态（Adam 的动量从零开始）",
        en="The resume did not restore the optimizer (the moments of Adam begin at zero)",
    ),
    decided_by=Text(
        zh="打印载入后优化器的 state 是否为空，以及第一步的更新幅度与中断前相比。",
        en="See whether the optimizer's state is empty after loading, and compare the first "
        "update with those before the stop.",
    ),
    do=Text(
        zh="把优化器的 state_dict 存进 checkpoint 并在续训时载入；没有存下时，续训先用几百步 "
        "warm-up。",
        en="Save the optimizer's state_dict with the checkpoint and load it; where it was not "
        "saved, resume with a warm-up of a few hundred steps.",
    ),
    reference="IntelLabs/distiller #145: resume resets learning rate",
    suspect=suspect,
)
