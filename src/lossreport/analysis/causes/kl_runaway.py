"""A policy that runs away from its reference: KL by orders of magnitude, and the reward with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beside import beside, finite, start_and_end
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import Drift
from lossreport.text import Text, number

LOST: Final = 0.5
"""Half of the best reward is lost."""
UP: Final = 3.0

RAN = Text(
    zh="`{kl}` 从 {before} 升到 {after}，从第 {line} 行起失控。",
    en="`{kl}` rose from {before} to {after}, out of control from line {line} on.",
)
REWARD = Text(
    zh="`{reward}` 从最高 {best} 降到 {last}（第 {line} 行）。",
    en="`{reward}` fell from its best of {best} to {last} (line {line}).",
)
NORM = Text(
    zh="`{norm}` 在那之前就高出其中位数 {ratio} 倍（第 {line} 行）。",
    en="`{norm}` was {ratio} times its median before that (line {line}).",
)
NOW = Text(
    zh="退回 KL 失控之前的 checkpoint；把学习率 {lr} 降到 {less}，max_grad_norm 设为 0.2 "
    "左右，并打开或加大 KL 系数 beta。",
    en="Go back to a checkpoint before the KL ran away; lower the learning rate of {lr} to "
    "{less}, set max_grad_norm to about 0.2, and turn the KL coefficient beta on or raise "
    "it.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a distance to the reference that ran away."""
    for finding, drift in context.seen(Drift):
        series = context.subject(finding)
        if series.metric_type != "kl" or drift.negative:
            continue
        line = int(series.line[finding.start.row])
        signs = [
            strong(
                RAN(
                    kl=series.label,
                    before=number(drift.before),
                    after=number(drift.after),
                    line=line,
                )
            )
        ]
        reward = beside(context, series, r"(?:.*/)?rewards?(?:/mean)?")
        if reward is not None and len(finite(reward)) >= 4:
            y = finite(reward)
            last = start_and_end(y)[1]
            if last < LOST * float(y.max()):
                signs.append(
                    weak(
                        REWARD(
                            reward=reward.label,
                            best=number(float(y.max())),
                            last=number(last),
                            line=int(reward.line[-1]),
                        )
                    )
                )
        norm = beside(context, series, r"grad_?norm")
        if norm is not None and len(norm) > finding.start.row:
            early = norm.y[: finding.start.row]
            level = float(np.nanmedian(early)) if len(early) else 0.0
            if level > 0 and float(np.nanmax(early)) > UP * level:
                row = int(np.nanargmax(early))
                signs.append(
                    weak(
                        NORM(
                            norm=norm.label,
                            ratio=number(float(early[row]) / level, digits=2),
                            line=int(norm.line[row]),
                        )
                    )
                )
        rate = context.facts.get("learning_rate", context.facts.get("lr"))
        is_rate = isinstance(rate, int | float) and not isinstance(rate, bool) and rate > 0
        do = (
            NOW(lr=number(float(rate)), less=number(float(rate) / 5))
            if is_rate and isinstance(rate, int | float)
            else None
        )
        yield Suspicion(finding=finding, signs=tuple(signs), do=do)


CAUSE = Cause(
    id="kl_runaway",
    family="reinforcement",
    title=Text(
        zh="更新步长过大，策略离开参考策略后崩溃",
        en="Updates too large: the policy left its reference and collapsed",
    ),
    decided_by=Text(
        zh="看 grad_norm 与 KL 谁先升高：梯度先升是学习率或个别 batch，KL 先升是约束太弱。",
        en="See which rises first: the gradient norm points at the learning rate or single "
        "batches, the KL at a constraint that is too weak.",
    ),
    do=Text(
        zh="退回 KL 失控之前的 checkpoint；把学习率降到五分之一，max_grad_norm 设为 0.2 左右，"
        "并打开或加大 KL 系数 beta。",
        en="Go back to a checkpoint before the KL ran away; lower the learning rate to a "
        "fifth, set max_grad_norm to about 0.2, and turn the KL coefficient beta on or "
        "raise it.",
    ),
    reference="huggingface/open-r1 #257: Why will the final accuracy_reward be 0?",
    suspect=suspect,
)
