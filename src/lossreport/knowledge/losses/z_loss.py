"""z-loss: the mean of logsumexp(logits)^2, a measure of how far the logits have drifted, for the
analyse step.
"""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, Level, LossType, Reference
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._facts import EXPERTS, count_fact, first_count, is_positive
from lossreport.text import Phrase, Text, number

RMS = Text(
    zh="{value} 的平方根是 {rms}：logsumexp(logits) 的均方根（前提是记录的是未乘权重的原值）。",
    en="The root of {value} is {rms}: the root mean square of logsumexp(logits), provided the "
    "raw value is logged, without its weight.",
)
ALL_ZERO = Text(zh="logits 全为 0 时（V = {v}）", en="with all logits zero (V = {v})")
ZERO_LOGITS = Text(
    zh="logits 全为 0 时 logsumexp = ln {v} = {level}，z-loss 为其平方 {chance}；这是参照点，"
    "不是上限，也不是目标。",
    en="With all logits zero logsumexp is ln {v} = {level} and the z-loss its square, "
    "{chance}: a point to compare with, neither a ceiling nor a target.",
)


def _logits(known: Known) -> int | None:
    """Return how many logits the logsumexp is over: the experts of a router, else the
    vocabulary.
    """
    if "router" in known.name.lower():
        experts = first_count(known, EXPERTS)
        return None if experts is None else experts[1]
    return count_fact(known, "vocab_size")


def _levels(known: Known) -> tuple[Level, ...]:
    """Return (ln V)^2: logsumexp of V zeros is ln V. Above it is no "worse than guessing", so it is
    no chance level.
    """
    v = _logits(known)
    return () if v is None else (Level(value=math.log(v) ** 2, condition=ALL_ZERO(v=v)),)


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not is_positive(value):
        return ()
    said = [RMS(value=number(value, "nats²"), rms=number(math.sqrt(value), "nats"))]
    v = _logits(known)
    if v is not None:
        said.append(
            ZERO_LOGITS(
                v=v, level=number(math.log(v), "nats"), chance=number(math.log(v) ** 2, "nats²")
            )
        )
    return tuple(said)


LOSS = LossType(
    id="z_loss",
    title=Text(zh="z-loss", en="z-loss"),
    names=metric_names(
        r"z_?loss", r"loss_z", r"(?:lm|output|logit|logits|softmax|router)_z_?loss", r"router_z"
    ),
    order=40,
    unit="nats²",
    goal="none",
    role="regulariser",
    levels=_levels,
    notes=_notes,
    needs=("vocab_size",),
    why=Text(
        zh="z-loss = mean(logsumexp(logits)²)，用来防止 logits 整体漂移；Chameleon "
        "系列公开代码记录的是未乘权重的原值，所以数值看起来大，乘上 1e-5 量级的权重后对总 "
        "loss 的贡献很小。",
        en="z-loss is mean(logsumexp(logits)²) and keeps the logits from drifting as a whole. "
        "The public code of the Chameleon lineage logs it raw, so it looks large although "
        "a weight of about 1e-5 leaves little of it in the total.",
    ),
    references=(
        Reference(
            value=Text(
                zh="权重 1e-4（系数，不是 loss 的数值）。",
                en="Weight 1e-4 (a coefficient, not a value of the loss).",
            ),
            source="PaLM; Wortsman et al., Small-scale proxies for large-scale Transformer "
            "training instabilities",
        ),
        Reference(
            value=Text(
                zh="权重 1e-5（系数，不是 loss 的数值）。",
                en="Weight 1e-5 (a coefficient, not a value of the loss).",
            ),
            source="Chameleon lineage (Lumina-mGPT, RynnVLA-002), public code",
        ),
    ),
)
