"""A sawtooth of the temporal-difference error: the target network is copied at fixed intervals."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import Oscillation
from lossreport.analysis.signature import setting
from lossreport.text import Text, number

PERIOD = Text(
    zh="`{metric}` 以约 {period} 行为周期重复同样的走势，而且这是强化学习的误差："
    "目标随网络一起变。",
    en="`{metric}` repeats its course every {period} rows or so, and it is an error of "
    "reinforcement learning, whose target moves with the network.",
)
SET = Text(zh="配置写明 {name} = {value}。", en="The configuration says {name} = {value}.")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a periodic error where a reward is logged."""
    for finding, swing in context.seen(Oscillation):
        series = context.subject(finding)
        if context.is_measure(series) or not context.is_rewarded:
            continue
        signs = [strong(PERIOD(metric=series.label, period=number(swing.period, digits=2)))]
        every = setting(
            context,
            "target_update_interval",
            "target_network_update_freq",
            "target_update",
            "target_network_frequency",
        )
        if every is not None:
            signs.append(weak(SET(name=every[0], value=every[1])))
        yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="target_network_copies",
    family="reinforcement",
    title=Text(
        zh="target network 定期更新，误差随之跳高再学下来",
        en="The target network is copied at intervals; the error jumps at each copy and is "
        "learned away",
    ),
    decided_by=Text(
        zh="核对周期是否等于 target network 的更新间隔：改间隔，周期随之改变就是它。",
        en="See whether the period is the interval of the copies: a period that follows when "
        "the interval is changed decides it.",
    ),
    do=Text(
        zh="这属于方法本身，不必处理；看奖励判断进展。想要平滑可改用软更新（tau 约 0.005）。",
        en="It belongs to the method and needs no repair; judge by the reward. For a smooth "
        "curve use soft updates (tau of about 0.005).",
    ),
    reference="Mnih et al. (2015), Human-level control through deep reinforcement learning: target "
    "network",
    suspect=suspect,
)
