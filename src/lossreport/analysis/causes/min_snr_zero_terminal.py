"""Rows of inf in diffusion training with min-SNR weighting on a schedule whose last SNR is 0: a
division by it.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import setting
from lossreport.text import Text

WEIGHTED = Text(
    zh="配置写明 {name} = {value}：loss 按 1/SNR 加权。",
    en="The configuration says {name} = {value}: the loss is weighted by 1/SNR.",
)
ZERO = Text(
    zh="配置写明 {name} = {value}：最后一个时间步的 SNR 为 0。",
    en="The configuration says {name} = {value}: the SNR of the last step is 0.",
)
SINGLE = Text(
    zh="非有限值只出现在 {count} 行里，其间仍有有限值：只有抽到最后一个时间步的 batch 才会除以 0。",
    en="Only {count} rows are not finite, with finite ones between: only batches that draw "
    "the last step divide by 0.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion where both settings are known."""
    weight = setting(context, "snr_gamma", "min_snr_gamma")
    zero = next(
        (
            name
            for name in ("rescale_betas_zero_snr", "zero_terminal_snr")
            if context.facts.get(name)
        ),
        None,
    )
    if weight is None or zero is None:
        return
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        if context.is_loss(series) and finding.rows:
            signs = [
                strong(WEIGHTED(name=weight[0], value=weight[1])),
                strong(ZERO(name=zero, value="true")),
            ]
            if len(finding.rows) < finding.rows[-1] - finding.rows[0] + 1:
                signs.append(weak(SINGLE(count=len(finding.rows))))
            yield Suspicion(finding=finding, signs=tuple(signs), code="snr = snr.clamp(min=1e-8)")


CAUSE = Cause(
    id="min_snr_zero_terminal",
    family="generative",
    title=Text(
        zh="min-SNR 加权除以了零终端 SNR", en="Min-SNR weighting divides by a terminal SNR of zero"
    ),
    decided_by=Text(
        zh="把最后一个时间步从采样里去掉再跑：不再非有限就是它。",
        en="Leave the last time step out of the sampling: rows that are finite then decide it.",
    ),
    do=Text(
        zh="v-prediction 下用 min(snr, gamma)/(snr + 1)，或在除之前把 snr 限制在 1e-8 以上。",
        en="Under v-prediction use min(snr, gamma)/(snr + 1), or clamp snr to 1e-8 before the "
        "division.",
    ),
    reference="TiankaiHang/Min-SNR-Diffusion-Training #4: Fix zero / infinite weight position when "
    "using rescaled betas for zero-terminal SNR",
    suspect=suspect,
)
