"""NaN from the first step of a diffusion fine-tuning: the latents were made by a VAE in fp16."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import breaks
from lossreport.text import Text

NAMES: Final = re.compile(r"^(?:loss/)?avr_loss$|^loss/(?:average|current)$", re.IGNORECASE)
FLAGS: Final = ("no_half_vae", "cache_latents", "network_alpha", "pretrained_model_name_or_path")
FROM = Text(
    zh="`{metric}` 从第 {line} 行（第一个值）起就是 NaN：sd-scripts 的运行里，这多半是 VAE 在 fp16 下算出的潜变量。",
    en="`{metric}` is NaN from its first value on (line {line}): in a run of sd-scripts these are most often latents that a VAE computed in fp16.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss of sd-scripts that is never finite."""
    for at in breaks(context, "nonfinite"):
        if at.row == 0 and NAMES.match(at.series.name) and context.facts.get("no_half_vae") is not True:
            yield Suspicion(finding=at.finding, signs=(strong(FROM(metric=at.series.label, line=at.line)),), code="--no_half_vae")


CAUSE = Cause(
    id="vae_in_half",
    family="precision",
    title=Text(zh="SDXL 的 VAE 在 fp16 下输出 NaN", en="The VAE of SDXL gives NaN in fp16"),
    decided_by=Text(
        zh="检查缓存的潜变量里有没有 NaN；没有，再查学习率、network_alpha 和优化器。",
        en="Look for NaN in the cached latents; if there is none, look at the learning rate, network_alpha and the optimiser.",
    ),
    do=Text(
        zh="加 --no_half_vae（或换用修正过的 fp16 VAE），删掉旧的潜变量缓存再训练；能用 bf16 就用 bf16。",
        en="Add --no_half_vae (or take the fixed fp16 VAE) and delete the old cache of latents, which keeps the NaN; use bf16 where you can.",
    ),
    reference="kohya-ss/sd-scripts #2137: How can I solve avr_loss=nan?",
    suspect=suspect,
)
