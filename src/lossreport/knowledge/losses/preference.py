"""Preference losses (DPO, IPO, KTO, ORPO ...): what they start from before the policy has moved,
for the analyse step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from lossreport.knowledge.loss_type import Chance, Known, Level, LossType, Reference
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import against
from lossreport.knowledge.losses._facts import own_number
from lossreport.text import Phrase, Text, number

KTO_START: Final = 0.5
"""1 - sigmoid(0), times the weights of the two sides (SCIENCE.md 2, kto)."""

SIGMOID = Text(
    zh="策略与参考模型相同（第 0 步）、loss 是 sigmoid 形式（DPO 默认）",
    en="while the policy equals the reference model (step 0), in the sigmoid form (DPO's default)",
)
SIGMOID_IF = Text(
    zh="**若** loss 是 sigmoid 形式（DPO 默认），策略与参考模型相同（第 0 步）",
    en="**if** the loss has the sigmoid form (DPO's default), while the policy equals the "
    "reference model (step 0)",
)
IPO = Text(
    zh="策略与参考模型相同（第 0 步）、loss 是 IPO 形式（β = {beta}）",
    en="while the policy equals the reference model (step 0), in the IPO form (β = {beta})",
)
KTO = Text(
    zh="策略与参考模型相同（第 0 步）、loss 是 KTO 形式、两侧权重为 1",
    en="while the policy equals the reference model (step 0), in the KTO form with weights of 1",
)
BELOW = Text(
    zh="低于它说明 chosen 相对 rejected 的平均差距为正（−ln σ 是凸函数）；若 `rewards/chosen` "
    "同时下降，差距来自压低 rejected，chosen 自身的概率也在降。",
    en="Below it the mean gap of chosen over rejected is positive (−ln σ is convex); where "
    "`rewards/chosen` falls meanwhile, the likelihood of the chosen answers falls as well.",
)
AT = Text(
    zh="停在这个值且 rewards 为 0，与策略没有在更新一致；第 0 步就应当在这里。",
    en="Staying there with rewards of 0 is consistent with a policy that is not updated; at "
    "step 0 the loss should be there.",
)
ABOVE = Text(
    zh="高于它说明有些偏好对排反了，而且差距不小；若第 0 步就高于它，请检查参考模型是否一致、"
    "dropout 是否关闭。",
    en="Above it some pairs are ranked in the wrong order by a clear margin; if it is above "
    "at step 0 already, check that the reference model is the same and dropout is off.",
)
UNKNOWN = Text(
    zh="IPO 的起点是 (1/(2β))²，β 未知；请用 `--set beta.{metric}=β` 给出。",
    en="IPO starts from (1/(2β))², and β is unknown; give it with `--set beta.{metric}=B`.",
)
FORM = Text(
    zh="loss 的形式（sigmoid、IPO、KTO……）不在日志中，起点因形式而异；请用 `--set "
    "loss_type=sigmoid` 之类给出。",
    en="The form of the loss (sigmoid, IPO, KTO ...) is not in the logs, and each starts at a "
    "different value; give it with `--set loss_type=sigmoid` or another.",
)


def _form(known: Known) -> str | None:
    """Return sigmoid, ipo, kto or another form, as `loss_type` or the metric's name says; None
    where neither does.
    """
    stated = known.fact("loss_type")
    if isinstance(stated, tuple | list) and len(stated) == 1:
        stated = stated[0]
    if isinstance(stated, str):
        return {"kto_pair": "kto"}.get(stated.lower(), stated.lower())
    name = known.name.lower()
    return next(
        (form for form in ("ipo", "kto", "orpo", "simpo", "cpo") if form in name),
        "sigmoid" if "dpo" in name else None,
    )


def _levels(known: Known) -> tuple[Level, ...]:
    """Return the value at zero reward: ln 2, (1/(2 beta))^2 or 1/2; none for forms without a
    reference model.
    """
    match _form(known):
        case None:
            return (Level(value=math.log(2), condition=SIGMOID_IF(), formula="ln 2"),)
        case "sigmoid":
            return (Level(value=math.log(2), condition=SIGMOID(), formula="ln 2"),)
        case "ipo":
            beta = own_number(known, "beta", "beta", "dpo_beta", "pref_beta")
            if beta is None or beta <= 0:
                return ()
            return (
                Level(
                    value=(1 / (2 * beta)) ** 2,
                    condition=IPO(beta=number(beta)),
                    formula="(1/(2β))²",
                ),
            )
        case "kto":
            return (Level(value=KTO_START, condition=KTO(), formula="1 − σ(0)"),)
        case _:
            return ()


def _chance(known: Known) -> Chance | None:
    """Return ln 2 of a coin toss where the form is known to be the sigmoid one."""
    return (
        Chance(value=math.log(2), assumption="ln 2: chosen and rejected alike")
        if _form(known) == "sigmoid"
        else None
    )


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    return tuple(_said(known, value)) if math.isfinite(value) and value >= 0 else ()


def _said(known: Known, value: float) -> Iterator[Phrase]:
    form = _form(known)
    for level in _levels(known):
        if form in (None, "sigmoid"):
            yield from against(value, level, "nats", below=BELOW, at=AT, above=ABOVE)
        else:
            yield from against(value, level, at=AT)
    if form is None:
        yield FORM()
    elif form == "ipo" and not _levels(known):
        yield UNKNOWN(metric=known.name)


LOSS = LossType(
    id="preference",
    title=Text(zh="偏好学习 loss（DPO 等）", en="preference loss (DPO and similar)"),
    names=metric_names(
        r"(?:\w+_)?(?:dpo|ipo|kto|orpo|simpo|cpo)_?loss",
        r"dpo|ipo|kto|orpo|simpo",
        r"preference_?loss",
    ),
    order=45,
    unit="nats",
    goal="down",
    role="loss",
    chance=_chance,
    levels=_levels,
    notes=_notes,
    needs=("loss_type", "beta.<metric>"),
    why=Text(
        zh="它衡量相对参考模型把 chosen 与 rejected 拉开了多少，不衡量回答的质量；很快趋近 0 "
        "往往只是记住了偏好对，应同时看 rewards 与独立评测。",
        en="It measures how far chosen and rejected answers are told apart relative to a "
        "reference model, not the quality of answers. Falling to 0 fast may mean that the "
        "pairs are memorised; look at the rewards and at a separate evaluation as well.",
    ),
    references=(
        Reference(
            value=Text(
                zh="卡在 0.6931、rewards 为 0.0：没有在训练。",
                en="Stuck at 0.6931 with rewards of 0.0: not training.",
            ),
            source="ETO, issue #14",
        ),
        Reference(
            value=Text(
                zh="学习率 1e-4 时 loss 在 0.0076 到 3.95 之间跳动（1.15、2.1、0.0076、"
                "3.95）：不稳定。",
                en="At a learning rate of 1e-4 losses of 1.15, 2.1, 0.0076 and 3.95: unstable.",
            ),
            source="huggingface/trl, issue #1236",
        ),
    ),
)
