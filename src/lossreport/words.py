"""Words that several rooms share: axes, severities, states, statistics. A text that only one unit says lives in that unit."""

from __future__ import annotations

from collections.abc import Mapping
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
    "interrupted": Text(zh="未完成（被中断或仍在运行）", en="incomplete (interrupted or still running)"),
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

KINDS: Final = {
    "spike": Text(zh="尖峰", en="spike"),
    "batch_outlier": Text(zh="单行离群", en="single-row outlier"),
    "divergence": Text(zh="发散", en="divergence"),
    "nonfinite": Text(zh="非有限值（NaN / Inf）", en="non-finite value (NaN / Inf)"),
    "above_chance": Text(zh="高于随机猜测水平", en="above chance"),
    "implausible_loss": Text(zh="loss 低得不可信", en="loss too low to be true"),
    "no_learning": Text(zh="没有变化（可能没有在学）", en="no change (may not be learning)"),
    "overfitting": Text(zh="过拟合", en="overfitting"),
    "rollback": Text(zh="回退 / 续训", en="rollback / resume"),
    "appended_run": Text(zh="多次运行写入同一文件", en="runs appended to one file"),
    "duplicate_rows": Text(zh="重复行", en="duplicate rows"),
    "mixture": Text(zh="多组数据混杂", en="mixture of regimes"),
    "source_disagreement": Text(zh="来源不一致", en="sources disagree"),
    "mixed_reduction": Text(zh="跨 rank 归约错位（疑似）", en="mixed cross-rank reduction (suspected)"),
    "masked_nonfinite": Text(zh="被日志掩盖的 NaN", en="NaN hidden by the logger"),
    "frozen_metric": Text(zh="数值不再变化", en="frozen value"),
    "lost_metric": Text(zh="指标中途消失", en="metric that disappears"),
    "poisoned_mean": Text(zh="被 NaN 污染的均值", en="mean poisoned by a NaN"),
    "skipped_steps": Text(zh="跳过的 step", en="skipped steps"),
    "plateau": Text(zh="走平", en="flat tail"),
    "oscillation": Text(zh="周期性振荡", en="oscillation"),
    "schedule": Text(zh="学习率计划", en="learning-rate schedule"),
    "harmless": Text(zh="无需处理的现象", en="nothing to repair"),
    "memorising": Text(zh="很可能在背训练集", en="training set most likely memorised"),
    "train_val_gap": Text(zh="训练与验证的差距", en="gap between training and validation"),
    "log_gap": Text(zh="日志缺行", en="gap in the log"),
    "level_shift": Text(zh="水平突变", en="level shift"),
    "staircase": Text(zh="台阶状下降", en="staircase at epoch ends"),
    "clip_saturation": Text(zh="多数步被裁剪", en="most steps clipped"),
    "throughput_drop": Text(zh="吞吐下降", en="throughput drop"),
    "data_stall": Text(zh="等待数据", en="waiting for data"),
    "memory_growth": Text(zh="显存持续增长", en="memory keeps growing"),
    "constant_metric": Text(zh="指标从不变化", en="metric that never changes"),
    "broken_metric": Text(zh="不可能的数值", en="impossible values"),
    "quantised": Text(zh="数值被量化（bfloat16）", en="quantised values (bfloat16)"),
    "worsening": Text(zh="变差（已过最佳点）", en="worse than its best"),
    "truncated_log": Text(zh="日志不完整", en="truncated log"),
}
"""Names of the kinds of finding."""
OWN_TITLES: Final = {
    ("above_chance", "finetune"): Text(zh="微调起点异常高", en="high start of a fine-tuning"),
    ("clip_saturation", "answers"): Text(zh="多数回答被截断", en="most answers cut"),
    ("clip_saturation", "ratios"): Text(zh="多数概率比被裁剪", en="most ratios clipped"),
}
"""Titles of findings that their kind's name does not fit, by a number that only they declare."""


def title_of(kind: str, numbers: Mapping[str, object]) -> Text | str:
    """Return what a finding is called: by its kind, unless a number marks it as one that is called otherwise."""
    for (one, mark), title in OWN_TITLES.items():
        if one == kind and numbers.get(mark):
            return title
    return KINDS.get(kind, kind)
