"""A discriminator whose loss is nothing while the generator's grows: it is nearly always right."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.gan_balance import LostGame
from lossreport.text import Text, number

BOTH = Text(
    zh="`{d}` 末段为 {low}，`{g}` 从 {first} 升到 {high}（第 {line} 行）。",
    en="`{d}` ends at {low} while `{g}` rose from {first} to {high} (line {line}).",
)
RATES = Text(
    zh="两者的学习率相同（{value}）：判别器可以更低。",
    en="Both have a learning rate of {value}: the discriminator may have a lower one.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a game that the discriminator has won."""
    for finding, game in context.seen(LostGame):
        g, d = context.subject(finding), context.by_id[finding.series[1]]
        told = BOTH(
            d=d.label,
            low=number(game.low),
            g=g.label,
            first=number(game.first),
            high=number(game.high),
            line=int(g.line[-1]),
        )
        signs = [strong(told)]
        rate = context.facts.get("lr")
        if isinstance(rate, int | float) and not isinstance(rate, bool):
            signs.append(weak(RATES(value=number(float(rate)))))
        yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="discriminator_won",
    family="gan",
    title=Text(
        zh="判别器过强，生成器得不到有用的梯度",
        en="The discriminator is too strong, and the generator gets no useful gradient",
    ),
    decided_by=Text(
        zh="看判别器在真假样本上的准确率：若接近 1，而样本质量不再变化，就是它；若用的是 "
        "hinge loss 或 WGAN，先看样本。",
        en="Look at the accuracy of the discriminator on real and generated samples: near 1 "
        "with samples that stay as they are decides it; with a hinge loss or WGAN look at "
        "the samples first.",
    ),
    do=Text(
        zh="把判别器的学习率降到四分之一，真样本的标签用 0.9，给判别器的输入加噪声，"
        "或改用谱归一化、R1 惩罚；从两者还接近时的 checkpoint 重来。",
        en="Lower the learning rate of the discriminator to a quarter, use 0.9 as the label "
        "of real samples, add noise to its inputs, or use spectral normalisation or an R1 "
        "penalty; restart where both were still near each other.",
    ),
    reference="soumith/ganhacks #36: Why Discriminator Loss 0 is a failure mode ?",
    suspect=suspect,
)
