"""Words that several rooms share: axes, severities, states, statistics. A text that only one unit
says lives in that unit.
"""

from __future__ import annotations

from typing import Final

from lossreport.text import Text

AXES: Final = {
    "step": Text(zh="step", en="step"),
    "epoch": Text(zh="epoch", en="epoch"),
    "iteration": Text(zh="iteration", en="iteration"),
    "samples": Text(zh="样本数", en="samples"),
    "tokens": Text(zh="token 数", en="tokens"),
    "time": Text(zh="时间", en="time"),
    "row": Text(zh="行序号", en="row"),
    "round": Text(zh="轮次", en="round"),
    "episode": Text(zh="回合", en="episode"),
}

ENTITIES: Final = {
    "client": Text(zh="客户端", en="client"),
    "rank": Text(zh="rank", en="rank"),
    "env": Text(zh="环境", en="environment"),
    "agent": Text(zh="智能体", en="agent"),
    "worker": Text(zh="worker", en="worker"),
    "domain": Text(zh="域", en="domain"),
    "dataset": Text(zh="数据集", en="dataset"),
    "label": Text(zh="标签", en="label"),
    "trial": Text(zh="重复实验", en="repetition"),
}

SEVERITIES: Final = {
    "low": Text(zh="低", en="low"),
    "medium": Text(zh="中", en="medium"),
    "high": Text(zh="高", en="high"),
    "critical": Text(zh="严重", en="critical"),
}

CONFIDENCES: Final = {
    "low": Text(zh="低", en="low"),
    "medium": Text(zh="中", en="medium"),
    "high": Text(zh="高", en="high"),
}

STATUSES: Final = {
    "finished": Text(zh="正常结束", en="finished"),
    "interrupted": Text(
        zh="未完成（被中断或仍在运行）", en="incomplete (interrupted or still running)"
    ),
    "crashed": Text(zh="崩溃", en="crashed"),
    "running": Text(zh="运行中", en="running"),
    "unknown": Text(zh="未知", en="unknown"),
}

STATISTICS: Final = {
    "value": Text(zh="单次数值", en="single value"),
    "window_mean": Text(zh="滑动窗口均值", en="window mean"),
    "window_median": Text(zh="滑动窗口中位数", en="window median"),
    "running_mean": Text(zh="epoch 内累计均值", en="running mean since the start of the epoch"),
    "epoch_mean": Text(zh="epoch 均值", en="epoch mean"),
    "ema": Text(zh="指数滑动平均", en="exponential moving average"),
    "sum": Text(zh="求和", en="sum"),
    "unknown": Text(zh="统计口径未知", en="unknown statistic"),
}

UNITS: Final = {
    "epochs": Text(zh="epoch", en="epochs"),
    "rounds": Text(zh="轮", en="rounds"),
    "steps": Text(zh="step", en="steps"),
}
"""What a plan counts."""
