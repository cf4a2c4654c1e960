"""What to look at where the loss is no measure of quality: diffusion, adversarial training,
reinforcement learning, preferences.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.adviser import Advice, Case
from lossreport.analysis.context import GAMES
from lossreport.analysis.judging import NO_METRIC
from lossreport.model.analysis import Recommendation
from lossreport.text import Join, Text

LOOK: Final = {
    "diffusion": Text(
        zh="扩散模型的去噪 loss（{names}）在样本变好时常常是平的：定期用固定种子采样，"
        "看样本或 FID。代价：每次采样几分钟。",
        en="The denoising loss of a diffusion model ({names}) is often flat while samples "
        "improve: sample regularly with fixed seeds and look at the samples or FID. Cost: "
        "minutes each time.",
    ),
    "game": Text(
        zh="对抗训练或强化学习的 loss（{names}）不反映好坏：看奖励、胜率或 FID，"
        "并从这些指标选 checkpoint。代价：定期评测。",
        en="Losses of adversarial training or reinforcement learning ({names}) are no measure "
        "of quality: look at reward, win rate or FID, and choose checkpoints by them. "
        "Cost: a regular evaluation.",
    ),
    "preference": Text(
        zh="偏好优化的 loss（{names}）：同时看 rewards/accuracies、rewards/margins "
        "和被选答案的 logp 是否一起下降，再用独立评测决定。代价：一次评测。",
        en="Preference loss ({names}): check rewards/accuracies, rewards/margins and whether "
        "the log-probability of the chosen answers falls as well; decide by a separate "
        "evaluation. Cost: one evaluation.",
    ),
}
SOURCES: Final = {
    "diffusion": "U-ViT issue #13, MAR issue #20",
    "game": "TRL documentation",
    "preference": "TRL documentation",
}


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step a family of losses that is no measure."""
    families: dict[str, list[str]] = {}
    for series in case.context.progress:
        if series.metric_type in (*NO_METRIC, *GAMES) and series.split == "train":
            kind = series.metric_type
            family = "preference" if kind == "preference" else "diffusion"
            families.setdefault("game" if kind in GAMES else family, []).append(series.name)
    for family, names in families.items():
        shown = Join(items=tuple(dict.fromkeys(names))[:4])
        yield Recommendation(
            id="", when="next", text=LOOK[family](names=shown), source=SOURCES[family]
        )


ADVICE = Advice(id="other_metric", advise=advise, order=50)
