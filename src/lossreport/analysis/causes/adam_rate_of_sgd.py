"""A learning rate of 0.1 to 2 under Adam: that of SGD, or the factor of a schedule that is not
switched on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Sign, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signs import is_noam, number_fact, rate_of_sgd, said_adam, set_rate
from lossreport.model.analysis import Finding, Severity
from lossreport.text import Text, number

KINDS: Final = (
    "broken_metric",
    "nonfinite",
    "masked_nonfinite",
    "divergence",
    "no_learning",
    "above_chance",
    "constant_metric",
)
RATE = Text(
    zh="学习率是 {lr}，优化器是 {optimizer}：Adam 每步把每个权重移动大约一个学习率（默认 "
    "0.001），这样的学习率只有 SGD 能用。",
    en="The learning rate is {lr} and the optimiser {optimizer}: Adam moves every weight by "
    "about the learning rate in each step (0.001 by default), and only SGD stands one like "
    "this.",
)
BY_DEFAULT = Text(
    zh="命令里的优化器是 {optimizer}，却没有给学习率：OpenNMT-py 的默认值 1.0 是给 SGD 的"
    "（adam 应为 0.001）。",
    en="The command names {optimizer} and no learning rate: the default of OpenNMT-py, 1.0, is "
    "made for SGD (0.001 for adam).",
)
UNNAMED = Text(
    zh="学习率是 {lr}，`{metric}` 从第一行（第 {line} 行）起就不可能是训练出来的值："
    "这样的学习率只有不带动量归一化的 SGD 才能用。",
    en="The learning rate is {lr}, and `{metric}` is lost from its first row on (line "
    "{line}): only plain SGD stands such a rate.",
)
NO_SCHEDULE = Text(
    zh="设置里有 {name} = {steps}，而 `{metric}` 在第 {line} 行已是 {lr}，没有升温："
    "调度没有生效（例如缺少 -decay_method noam，{lr} 本是它的系数）。",
    en="The settings hold {name} = {steps}, yet `{metric}` is {lr} at line {line} already, "
    "without a warm-up: no schedule is applied (-decay_method noam is missing, for "
    "example, of which {lr} is the factor).",
)
WARMUPS: Final = ("warmup_steps", "num_warmup_steps", "warmup")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion where a training that gets nowhere has such a rate; without a named
    optimiser only where it is lost from its first row.
    """
    rate = rate_of_sgd(context)
    if rate is None:
        return
    for finding in context.of_kind(*KINDS):
        series = context.subject(finding)
        lost = finding.is_dead and finding.start.row == 0
        if (
            series.split != "train"
            or finding.severity is Severity.LOW
            or not (said_adam(context) or lost)
        ):
            continue
        yield Suspicion(
            finding=finding,
            signs=tuple(_signs(context, finding, rate)),
            code="-optim adam -learning_rate 0.001",
        )


def _signs(context: Context, finding: Finding, rate: float) -> Iterator[Sign]:
    series, adam = context.subject(finding), said_adam(context)
    if adam is not None and set_rate(context) is None:
        yield strong(BY_DEFAULT(optimizer=adam))
    elif adam is not None:
        yield strong(RATE(lr=number(rate), optimizer=adam))
    else:
        yield strong(UNNAMED(lr=number(rate), metric=series.label, line=int(series.line[0])))
    steps, logged = number_fact(context, *WARMUPS), _logged(context)
    if steps and steps > 1 and logged is not None and not is_noam(context):
        name = next(one for one in WARMUPS if number_fact(context, one) == steps)
        label, line, value = logged
        if value >= rate * KEPT:
            yield strong(
                NO_SCHEDULE(
                    name=name, steps=number(steps), metric=label, line=line, lr=number(value)
                )
            )
    elif logged is not None:
        yield weak(LOGGED(metric=logged[0], line=logged[1], lr=number(logged[2])))


LOGGED = Text(
    zh="`{metric}` 在第 {line} 行打印为 {lr}。", en="`{metric}` is printed as {lr} at line {line}."
)
KEPT: Final = 0.99


def _logged(context: Context) -> tuple[str, int, float] | None:
    """Return name, line and value of the first learning rate that is logged; None where none is."""
    for one in context.judged:
        if one.metric_type == "learning_rate" and len(one) and np.isfinite(one.y[0]):
            return one.label, int(one.line[0]), float(one.y[0])
    return None


CAUSE = Cause(
    id="adam_rate_of_sgd",
    family="learning_rate",
    title=Text(
        zh="Adam 用了 SGD 的学习率（0.1 到 2），或 noam 调度没有启用",
        en="Adam is given a learning rate of SGD (0.1 to 2), or the noam schedule is not "
        "switched on",
    ),
    decided_by=Text(
        zh="只把学习率改成 0.001 重跑几百步：困惑度降到词表大小以下，就是它。",
        en="Run a few hundred steps at a learning rate of 0.001 and nothing else changed: a "
        "perplexity below the size of the vocabulary decides it.",
    ),
    do=Text(
        zh="Adam 的学习率设为 0.001 或更小（Transformer 1e-4 到 5e-4），从头训练；想用 noam，"
        "就把 -decay_method noam 与 warmup_steps 一起设置，学习率 2 只是它的系数。",
        en="Give Adam a learning rate of 0.001 or less (a Transformer 1e-4 to 5e-4) and start "
        "anew; for noam set -decay_method noam together with warmup_steps, of which a "
        "learning rate of 2 is only the factor.",
    ),
    reference="OpenNMT/OpenNMT-py #805 and #869: -learning_rate with Adam, -decay_method noam",
    suspect=suspect,
)
