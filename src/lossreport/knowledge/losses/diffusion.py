"""Denoising losses of diffusion models: 1.0 for predicting nothing, and no measure of sample
quality, for the analyse step.
"""

from __future__ import annotations

from typing import Final

from lossreport.knowledge.loss_type import Chance, Known, Level, LossType, Reference
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import against
from lossreport.knowledge.losses._facts import is_positive
from lossreport.text import Phrase, Text

EPSILON: Final = frozenset(("epsilon", "eps", "noise"))
VELOCITY: Final = frozenset(("v_prediction", "v-prediction", "v"))

NOISE = Text(
    zh="预测单位方差的噪声、恒定输出 0、未按时间步加权",
    en="for always predicting 0 of unit-variance noise, without weighting by time step",
)
NOISE_IF = Text(
    zh="**若**预测的是单位方差的噪声（ε）、未按时间步加权，恒定输出 0",
    en="**if** unit-variance noise (ε) is predicted without weighting by time step, for "
    "always predicting 0",
)
V_IF = Text(
    zh="**若**数据的方差为 1、未按时间步加权（v 预测），恒定输出 0",
    en="**if** the data has unit variance and time steps are not weighted (v-prediction), for "
    "always predicting 0",
)
BELOW = Text(
    zh="数值本身不说明采样质量：样本在变好时 loss 可以走平，应看 FID 或样本。",
    en="The number says nothing about samples: they can improve while the loss is flat, so "
    "look at FID or at samples.",
)
AT = Text(
    zh="停在 1.0 附近与没有学到东西一致。",
    en="Staying around 1.0 is consistent with learning nothing.",
)
ABOVE = Text(
    zh="高于它意味着差于恒定输出 0，或者 loss 加了权、求了和，或者预测目标不是这一种。",
    en="Above it a constant 0 would score lower, unless the loss is weighted or summed or "
    "something else is predicted.",
)


def _target(known: Known) -> str | None:
    """Return eps or v, as the configuration or the name says, else None."""
    for fact in ("prediction_type", "parameterization"):
        value = str(known.fact(fact, "")).lower()
        if value in EPSILON:
            return "eps"
        if value in VELOCITY:
            return "v"
        if value:
            return "other"
    return "eps" if known.name.lower().startswith(("eps", "noise_pred")) else None


def _chance(known: Known) -> Chance | None:
    """Return 1, the variance of the noise, where the noise is what is predicted."""
    return (
        Chance(value=1.0, assumption="Var(noise) = 1, predicting 0")
        if _target(known) == "eps"
        else None
    )


def _levels(known: Known) -> tuple[Level, ...]:
    match _target(known):
        case "eps":
            return (Level(value=1.0, condition=NOISE()),)
        case "v":
            return (Level(value=1.0, condition=V_IF()),)
        case "other":
            return ()
        case _:
            return (Level(value=1.0, condition=NOISE_IF()),)


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not is_positive(value):
        return ()
    return tuple(
        note
        for level in _levels(known)
        for note in against(value, level, below=BELOW, at=AT, above=ABOVE)
    )


LOSS = LossType(
    id="diffusion",
    title=Text(zh="扩散模型去噪 loss", en="denoising loss of a diffusion model"),
    names=metric_names(
        r"(?:eps|epsilon|noise_pred(?:iction)?|diffusion|denois(?:e|ing)|ddpm)_?loss",
        r"loss_(?:diffusion|denois(?:e|ing)|ddpm)",
    ),
    order=45,
    unit="",
    goal="down",
    role="loss",
    chance=_chance,
    levels=_levels,
    notes=_notes,
    needs=("prediction_type",),
    why=Text(
        zh="它是各噪声水平上平方误差的均值，随机抽到的时间步让单步的值大幅波动；"
        "下限未知且大于 0，loss 走平时样本仍可能在变好。",
        en="A mean of squared errors over noise levels; time steps are drawn at random, so "
        "single values vary widely. Its floor is unknown and above 0, and samples can "
        "still improve while it is flat.",
    ),
    references=(
        Reference(
            value=Text(zh="DiT-S/8：从 0.19 降到 0.17。", en="DiT-S/8: from 0.19 to 0.17."),
            source="facebookresearch/DiT, issue #17",
        ),
        Reference(
            value=Text(
                zh="0.15 到 0.18；维护者说明 loss 走平时样本仍在改善。",
                en="0.15 to 0.18; the maintainers say that samples improve while it is flat.",
            ),
            source="baofff/U-ViT, issue #13",
        ),
        Reference(value=Text(zh="约 0.25。", en="About 0.25."), source="LTH14/mar, issue #20"),
        Reference(
            value=Text(
                zh="停在约 1.0：报告者认为没有学到东西。",
                en="Stuck around 1.0: reported as not learning.",
            ),
            source="CompVis/latent-diffusion, issue #369",
        ),
    ),
)
