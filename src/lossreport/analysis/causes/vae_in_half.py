"""NaN from the first step of a diffusion fine-tuning: the latents were made by a VAE in fp16."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.analysis.breakage import How, breaks
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.text import Text

NAMES: Final = re.compile(r"^(?:loss/)?avr_loss$|^loss/(?:average|current)$", re.IGNORECASE)
FLAGS: Final = ("no_half_vae", "cache_latents", "network_alpha", "pretrained_model_name_or_path")
FROM = Text(
    zh="`{metric}` 从第 {line} 行（第一个值）起就是 NaN：sd-scripts 的运行里，这多半来自 "
    "fp16：训练本身，或 VAE 算出的潜变量。",
    en="`{metric}` is NaN from its first value on (line {line}): in runs of sd-scripts and "
    "its forks NaN from the start is fp16 as a rule: that of the training, or of the VAE "
    "that made the latents.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss of sd-scripts that is never finite."""
    for at in breaks(context, How.NONFINITE):
        if (
            at.row == 0
            and NAMES.match(at.series.name)
            and context.facts.get("no_half_vae") is not True
        ):
            yield Suspicion(
                finding=at.finding,
                signs=(strong(FROM(metric=at.series.label, line=at.line)),),
                code="--mixed_precision bf16 --no_half_vae",
            )


CAUSE = Cause(
    id="vae_in_half",
    family="precision",
    title=Text(
        zh="fp16 算出 NaN：训练本身用了 fp16（视频模型要用 bf16），或 SDXL 的 VAE 在 fp16 "
        "下输出 NaN",
        en="fp16 gives NaN: the training itself runs in fp16 (video models need bf16), or the "
        "VAE of SDXL does",
    ),
    decided_by=Text(
        zh="检查缓存的潜变量里有没有 NaN；没有，再查学习率、network_alpha 和优化器。",
        en="Look for NaN in the cached latents; if there is none, look at the learning rate, "
        "network_alpha and the optimiser.",
    ),
    do=Text(
        zh="先把 mixed_precision 从 fp16 改成 bf16；SDXL 再加 --no_half_vae（或换用修正过的 "
        "fp16 VAE），并删掉旧的潜变量缓存。这次保存的权重没有用，从头训练。",
        en="Set mixed_precision to bf16 rather than fp16 first; for SDXL, add --no_half_vae "
        "(or take the fixed fp16 VAE) and delete the old cache of latents, which keeps the "
        "NaN. The weights that were saved are of no use, so start anew.",
    ),
    reference="kohya-ss/sd-scripts #2137: How can I solve avr_loss=nan?",
    suspect=suspect,
)
