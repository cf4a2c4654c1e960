"""Distances of images or of their distributions (FID, KID, LPIPS): down is the aim, for the analyse
step.
"""

from __future__ import annotations

from lossreport.knowledge.loss_type import LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Text

LOSS = LossType(
    id="image_distance",
    title=Text(zh="图像距离（FID / KID / LPIPS）", en="image distance (FID / KID / LPIPS)"),
    names=metric_names(r"(?!.*loss)(?:\w+[_/])?(?:fid|kid)(?:\d+k(?:_full)?)?|(?:\w+[_/])?lpips"),
    order=44,
    unit="",
    goal="down",
    role="metric",
    why=Text(
        zh="FID、KID 比较生成图像与真实图像的特征分布，LPIPS 比较成对图像的特征；样本数、"
        "特征网络或数据集不同，数值就不可比。",
        en="FID and KID compare the distributions of features of generated and real images, "
        "LPIPS the features of pairs; values with another number of samples, network or "
        "data set are not comparable.",
    ),
)
