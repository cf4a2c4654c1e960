"""The learning rate of a detector's default configuration, which is meant for 16 images a step,
with fewer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.breakage import breaks
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import around, number_fact, parsers, rate_beside, said_adam
from lossreport.text import Text, number

DEFAULT: Final = 0.02
"""SGD for 8 GPUs with 2 images each, in mmdetection and detectron2."""
IMAGES: Final = 16
WARM: Final = 0.5
"""Half of the default is reached early in its warm-up."""
FORMATS: Final = ("mmlab_text", "mmengine_json", "detectron2_text", "detectron2_json")
RATE = Text(
    zh="学习率是 {lr}（第 {line} 行），即 8 张 GPU、每步 16 张图的默认值 0.02{batch}。",
    en="The learning rate is {lr} (line {line}), the default of 0.02 that is meant for 8 GPUs "
    "and 16 images a step{batch}.",
)
FEWER = Text(zh="，而这里每步只有 {images} 张", en=", while a step has {images} here")
SCALE = Text(
    zh="按线性缩放降低学习率：0.02 / 16 × 每步图像数（1 张 GPU、2 张图时为 0.0025）{here}；加 "
    "grad_clip（max_norm 35）和 1000 次 iteration 的 warm-up，从头重训。",
    en="Scale the learning rate down linearly: 0.02 / 16 times the images of a step (0.0025 "
    "for one GPU with 2){here}; add grad_clip (max_norm 35) and a warm-up of 1000 "
    "iterations, and start anew.",
)
HERE = Text(zh="，这里是 {lr}", en=", {lr} here")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a detector that breaks at the default rate, unless its step is known to
    hold as many images.
    """
    if not parsers(context) & set(FORMATS):
        return
    images = _images(context)
    if images is not None and images >= IMAGES:
        return
    seen = False
    for at in breaks(context):
        rate = rate_beside(context, at.series, at.row)
        if (
            rate is None
            or not WARM * DEFAULT <= rate.peak <= DEFAULT * 1.001
            or not _is_detector(context)
        ):
            continue
        fewer = FEWER(images=number(images)) if images is not None else ""
        here = HERE(lr=number(DEFAULT / IMAGES * images)) if images is not None else ""
        signs = (
            strong(RATE(lr=number(rate.value), line=rate.line, batch=fewer)),
            *around(context, at.series, at.row),
        )
        code = (
            f"optimizer = dict(type='SGD', lr={DEFAULT / IMAGES * (images or 2):g})"
            if "mmlab_text" in parsers(context)
            else ""
        )
        seen = True
        yield Suspicion(finding=at.finding, signs=signs, do=SCALE(here=here), code=code)
    if not seen:
        yield from _rising(context)


def _rising(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a detector that breaks while its learning rate still rises: the warm-up
    towards the default.
    """
    if said_adam(context) is not None:
        return  # 0.02 is a rate of SGD, and a DETR warms up to 1e-4
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        row = finding.start.row if finding.rows else len(series) - 1
        rate = (
            rate_beside(context, series, row)
            if series.split == "train" and _is_detector(context)
            else None
        )
        if (
            rate is None
            or rate.row < LEAST
            or not np.all(np.diff(rate.series.y[: rate.row + 1]) > 0)
        ):
            continue
        said = WARMING(
            metric=rate.series.label,
            first=number(rate.first),
            lr=number(rate.value),
            line=rate.line,
        )
        yield Suspicion(finding=finding, signs=(strong(said),), do=SCALE(here=NOTHING))
        return


WARMING = Text(
    zh="`{metric}` 一直在升（从 {first} 到 {lr}，第 {line} 行），还在 warm-up 中 loss "
    "就不是有限值了：它要升到的默认值是给 8 张 GPU、每步 16 张图的。",
    en="`{metric}` still rises ({first} to {lr}, line {line}) when the loss stops being "
    "finite: the default that the warm-up leads to is meant for 8 GPUs and 16 images a "
    "step.",
)
LEAST: Final = 4
"""Rows of a rate that rise one after another are a warm-up."""
NOTHING: Final = ""


def _images(context: Context) -> float | None:
    total = number_fact(
        context, "IMS_PER_BATCH", "SOLVER.IMS_PER_BATCH", "batch_size", "total_batch_size"
    )
    each = number_fact(context, "samples_per_gpu", "imgs_per_gpu")
    if total is not None or each is None:
        return total
    return each * (number_fact(context, "world_size", "gpus") or 1)


def _is_detector(context: Context) -> bool:
    return any(one.metric_type == "box" for one in context.losses)


CAUSE = Cause(
    id="linear_scaling",
    family="learning_rate",
    title=Text(
        zh="学习率对这个 batch 过高：没有按线性缩放，默认值 0.02 是给 8 张 GPU 的",
        en="The learning rate is too high for this batch: the default of 0.02 is for 8 GPUs, "
        "and linear scaling was not applied",
    ),
    decided_by=Text(
        zh="核对 samples_per_gpu × GPU 数与这一行的学习率：学习率应约为 0.00125 × 每步图像数。",
        en="Hold samples_per_gpu times the GPUs against the rate in the rows: it should be "
        "about 0.00125 times the images of a step.",
    ),
    do=Text(
        zh="按线性缩放降低学习率：0.02 / 16 × 每步图像数（1 张 GPU、2 张图时为 0.0025）；"
        "加梯度裁剪和 warm-up，从头重训。",
        en="Scale the learning rate down linearly: 0.02 / 16 times the images of a step "
        "(0.0025 for one GPU with 2); add gradient clipping and a warm-up, and start anew.",
    ),
    reference="open-mmlab/mmdetection #1081: why train loss is too big",
    suspect=suspect,
)
