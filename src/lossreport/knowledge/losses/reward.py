"""Reward, return, score and margin: what a policy is trained to raise, for the analyse step."""

from __future__ import annotations

from lossreport.knowledge.loss_type import LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Text

_NOT = r"(?!.*(?:std|loss|reject|accurac|zero|coef|weight|length|non_?score))"
"""Spreads, lengths and the rewards of rejected answers are not to be raised;
`objective/non_score_reward` of TRL is minus beta times the KL divergence.
"""

LOSS = LossType(
    id="reward",
    title=Text(zh="奖励", en="reward"),
    names=metric_names(
        _NOT + r"(?:\w+_)?(?:reward|rewards)(?:_(?:mean|max|min|train|total|\d+))*",
        _NOT + r"(?:.*/)?(?:rewards?|scores?|returns?)/.+",
        _NOT + r"(?:(?:mean|episode|episodic|avg|average|eval|test|reward)(?:_?\d{1,4})?_)*"
        r"(?:return|returns|score|scores)(?:_(?:mean|history))?",
        r"(?:ep|episode)_rew(?:ard)?_mean",
        r"rew",
        r"(?:average|max|min)?(?:test)?ep_?ret(?:urn)?",
        r"(?:\w+_)?margins?",
    ),
    order=60,  # rewards/accuracies is an accuracy
    unit="",
    goal="up",
    role="metric",
    why=Text(
        zh="刻度由奖励函数决定，没有通用的零点；奖励上升而实际质量下降（reward hacking）"
        "只能靠独立评测发现。",
        en="Its scale is that of the reward function and has no general zero; a reward that "
        "rises while quality falls (reward hacking) shows only in a separate evaluation.",
    ),
)
