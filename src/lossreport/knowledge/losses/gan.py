"""Losses of a generator and its discriminator: two players of one game, for the analyse step."""

from __future__ import annotations

from lossreport.knowledge.loss_type import LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Text

LOSS = LossType(
    id="gan",
    title=Text(zh="对抗（GAN）loss", en="adversarial (GAN) loss"),
    names=metric_names(
        r"(?:\w+_)?(?:g|d|gen|disc|generator|discriminator|critic|adv|adversarial|gan|"
        r"domain_classifier)_?loss(?:_(?:real|fake|adv|gan))?",
        r"(?:\w+_)?loss_(?:g|d|gen|disc|generator|discriminator|critic|adv|gan)(?:_(?:real|fake|"
        r"adv|gan))?",
        r"err_?[dg]",
        r"loss/(?:[dg]/(?:loss|reg)|(?:scores|signs)/(?:fake|real)|(?:r1|pl)_penalty)",  # StyleGAN
        # CycleGAN and pix2pix, ComboGAN of several domains; BasicSR
        r"[dg]_(?:[ab]|gan|real|fake|\d{1,2})|l_[dg]_(?:gan|real|fake|total)",
    ),
    order=45,
    unit="",
    goal="none",
    role="loss",
    why=Text(
        zh="生成器和判别器互相对抗：一方的 loss 下降可能只是另一方变弱，持续波动很常见，"
        "走平或上升都不说明图像质量；质量要看 FID 等独立指标。",
        en="Generator and discriminator play against each other: one loss may fall only "
        "because the other player got weaker, and persistent fluctuation is common. "
        "Neither a flat nor a rising curve says anything about sample quality; use FID or "
        "another independent metric.",
    ),
)
