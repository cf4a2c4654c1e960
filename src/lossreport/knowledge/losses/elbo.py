"""Negative evidence lower bound of a VAE: reconstruction plus KL, for the analyse step."""

from __future__ import annotations

import math

from lossreport.knowledge.loss_type import Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._facts import is_positive, own_number
from lossreport.text import Phrase, Text, number

BITS = Text(
    zh="{value} 除以 D ln 2（D = {dims}）是每维 {bits} bit（前提是按 nats 对所有维度求和、"
    "取负的 ELBO）。",
    en="{value} over D ln 2 (D = {dims}) is {bits} bits per dimension, provided it is the "
    "negative ELBO in nats, summed over all dimensions.",
)
UNKNOWN = Text(
    zh="维数 D 未知，{value} 不能换算成 bits/dim；请用 `--set dims.{metric}=D` 给出。",
    en="The number of dimensions D is unknown, so {value} cannot be turned into bits per "
    "dimension; give it with `--set dims.{metric}=D`.",
)


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not is_positive(value):
        return ()
    dims = own_number(known, "dims")
    if dims is None or dims < 1:
        return (UNKNOWN(metric=known.name, value=number(value, "nats")),)
    return (
        BITS(
            value=number(value, "nats"),
            dims=number(dims),
            bits=number(value / (dims * math.log(2))),
        ),
    )


LOSS = LossType(
    id="elbo",
    title=Text(zh="负 ELBO（VAE）", en="negative ELBO (VAE)"),
    names=metric_names(
        r"(?:neg(?:ative)?_?|n)elbo(?:_loss)?",
        r"elbo_loss",
        r"loss_(?:n|neg_)?elbo",
        r"(?:vae|vlb)_?loss",
    ),
    order=45,
    unit="nats",
    goal="down",
    role="loss",
    notes=_notes,
    needs=("dims.<metric>",),
    why=Text(
        zh="它是重建误差与 KL 之和，两者要分开看：KL 趋于 0 是后验坍缩，总和仍可能在下降。"
        "按维求和还是取均值决定量级。",
        en="It is reconstruction plus KL, which have to be read separately: a KL that goes to "
        "0 is posterior collapse, and the sum may fall all the same. A sum or a mean over "
        "dimensions sets its size.",
    ),
)
