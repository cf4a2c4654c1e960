"""GRPO with a gradient of exactly 0 although rewards differ: the engine or frozen weights, not the
rewards.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analysis.beside import beside, finite
from lossreport.analysis.cause import Cause, Suspicion, against, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.no_gradient import NoGradient
from lossreport.analysis.signature import quoted, said
from lossreport.text import Text, number

RULED_OUT = Text(
    zh="`{spread}` 的中位数是 {level}，不是 0：奖励在组内有差异，优势不为 0，梯度本不该是 0。",
    en="`{spread}` has a median of {level}, not 0: rewards differ inside the groups, "
    "advantages are not 0, and neither should the gradient be.",
)
STILL = Text(
    zh="`{kl}` 在全部行里也是 0：权重没有离开过起点。",
    en="`{kl}` is 0 in all rows too: the weights have not left their start.",
)
RATE = Text(
    zh="`{rate}` 也是 0：可能还在 warm-up。",
    en="`{rate}` is 0 too: this may be the warm-up.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a gradient of 0 beside rewards that differ."""
    for finding, held in context.seen(NoGradient):
        series = context.subject(finding)
        spread = context.by_id[finding.series[1]]
        signs = [strong(RULED_OUT(spread=spread.label, level=number(held.reward_std)))]
        kl = beside(context, series, r"(?:.*/)?kl")
        if kl is not None and len(finite(kl)) and not np.any(finite(kl)):
            signs.append(weak(STILL(kl=kl.label)))
        event = said(context, r"requires_grad")
        if event is not None:
            signs.append(weak(quoted(context, event)))
        rate = beside(context, series, r"(?:learning_rate|lr)")
        if rate is not None and len(finite(rate)) and not np.any(finite(rate)):
            signs.append(against(RATE(rate=rate.label), 2))
        yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="grpo_gradient_not_reaching",
    family="reinforcement",
    title=Text(
        zh="梯度没有到达权重：训练引擎的版本（如 DeepSpeed）、被冻结的参数，或 gradient "
        "checkpointing 切断了图",
        en="The gradient does not reach the weights: the version of the engine (DeepSpeed, "
        "for example), frozen parameters, or gradient checkpointing that cuts the graph",
    ),
    decided_by=Text(
        zh="不用 DeepSpeed，单卡跑两步并打印可训练参数的 grad：若不再是 0，是引擎；若仍是 0 "
        "或 None，查 requires_grad 与 gradient checkpointing。",
        en="Run two steps on one GPU without DeepSpeed and print the gradients of trainable "
        "parameters: if they are not 0 it is the engine; if they are 0 or None look at "
        "requires_grad and gradient checkpointing.",
    ),
    do=Text(
        zh="停下来，不改就不会学到任何东西：换一个 DeepSpeed（或训练框架）版本再跑两步看 "
        "grad_norm；仍为 0 时检查参数是否被冻结，并以 use_reentrant=False 打开 gradient "
        "checkpointing。",
        en="Stop: nothing is learned as it is. Take another version of DeepSpeed (or of the "
        "framework) and look at grad_norm after two steps; if it is still 0, see whether "
        "parameters are frozen and use gradient checkpointing with use_reentrant=False.",
    ),
    reference="modelscope/ms-swift #5890: GRPO训练中的grad norm一直为0 , "
    "但是reward_std和reward都正常",
    suspect=suspect,
)
