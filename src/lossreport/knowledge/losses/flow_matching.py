"""Flow-matching losses: 1 + Var(data) for predicting no velocity, for the analyse step."""

from __future__ import annotations

from lossreport.knowledge.loss_type import Known, Level, LossType, Reference
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import against
from lossreport.knowledge.losses._facts import is_positive, own_number
from lossreport.text import Phrase, Text, number

GIVEN = Text(
    zh="数据方差为 {variance}、恒定输出 0、未按时间加权",
    en="for data with a variance of {variance}, always predicting 0, without weighting by time",
)
NORMALISED = Text(
    zh="**若**数据归一化到单位方差、未按时间加权，恒定输出 0",
    en="**if** the data is normalised to unit variance and time is not weighted, for always "
    "predicting 0",
)
AT = Text(
    zh="停在这里不动，与没有学到东西一致。",
    en="Staying flat there is consistent with learning nothing.",
)
ABOVE = Text(
    zh="高于它意味着差于恒定输出 0，或者数据没有归一化，或者 loss 加了权。",
    en="Above it a constant 0 would score lower, unless the data is not normalised or the "
    "loss is weighted.",
)


def _levels(known: Known) -> tuple[Level, ...]:
    """Return E (noise - data)^2 = 1 + Var(data) for centred data and unit-variance noise."""
    variance = own_number(known, "data_var", "data_var")
    if variance is not None and variance > 0:
        return (
            Level(
                value=1 + variance,
                condition=GIVEN(variance=number(variance)),
                formula="1 + Var(data)",
            ),
        )
    return (Level(value=2.0, condition=NORMALISED(), formula="1 + Var(data)"),)


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not is_positive(value):
        return ()
    return tuple(
        note for level in _levels(known) for note in against(value, level, at=AT, above=ABOVE)
    )


LOSS = LossType(
    id="flow_matching",
    title=Text(zh="流匹配（flow matching）loss", en="flow-matching loss"),
    names=metric_names(
        r"(?:\w+_)?(?:flow_?matching|cfm|fm|rectified_flow)_?loss",
        r"flow_?matching",
        r"loss_(?:flow_?matching|cfm|fm)",
    ),
    order=45,
    unit="",
    goal="down",
    role="loss",
    levels=_levels,
    notes=_notes,
    needs=("data_var.<metric>",),
    why=Text(
        zh="预测“噪声 − 数据”的速度场的平方误差：起点约为 1 加数据的方差，因此先要知道 latent "
        "是否归一化；下限未知且大于 0。",
        en="The squared error of a velocity, noise minus data: it starts near 1 plus the "
        "variance of the data, so whether latents are normalised comes first. Its floor is "
        "unknown and above 0.",
    ),
    references=(
        Reference(
            value=Text(
                zh="训练后约 0.5；停在 0.98 时，原因是 latent 没有归一化。",
                en="About 0.5 when trained; stuck at 0.98 where the latents were not normalised.",
            ),
            source="inclusionAI/Ming-UniVision, issue #16",
        ),
    ),
)
