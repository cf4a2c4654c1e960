"""Likeness of an image to its reference (PSNR in dB, SSIM): up is the aim, for the analyse step."""

from __future__ import annotations

from lossreport.knowledge.loss_type import LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Text

LOSS = LossType(
    id="image_quality",
    title=Text(zh="图像质量（PSNR / SSIM）", en="image quality (PSNR / SSIM)"),
    names=metric_names(r"(?!.*loss)(?:\w+[_/])?(?:psnr|ms_?ssim|ssim)(?:_y|_rgb)?"),
    order=44,
    unit="",
    goal="up",
    role="metric",
    why=Text(
        zh="与参考图像逐像素（PSNR，单位 dB）或逐块（SSIM，至多为 1）比较；色彩空间、"
        "裁边和取值范围不同，数值就不可比。",
        en="A comparison with the reference image by pixel (PSNR, in dB) or by patch (SSIM, "
        "at most 1); values with another colour space, border or range are not comparable.",
    ),
)
