"""Rewards that a preference loss or a reward model computes of its own pairs: only their difference
means something, for the analyse step.
"""

from __future__ import annotations

from lossreport.knowledge.loss_type import LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Text

LOSS = LossType(
    id="implicit_reward",
    title=Text(zh="隐式奖励或奖励模型的得分", en="implicit reward, or score of a reward model"),
    names=metric_names(r"rewards?/(?:chosen|rejected|margins?)"),
    order=55,  # before the rewards that a policy is trained to raise
    unit="",
    goal="none",
    role="metric",
    why=Text(
        zh="零点没有意义：`rewards/chosen` 下降而差距仍在变大是常见的，差距本身没有上限。"
        "看准确率（chosen 得分更高的比例）、验证 loss 和独立评测。",
        en="Its zero means nothing: `rewards/chosen` often falls while the gap still grows, "
        "and the gap has no bound. Look at the accuracy (how often the chosen answer "
        "scores higher), the validation loss and a separate evaluation.",
    ),
)
