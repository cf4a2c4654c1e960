"""Validation losses that are never finite beside scores that are: the evaluation overflows in half
precision.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import parsers
from lossreport.text import Text, number

BOTH = Text(
    zh="`{loss}` 的每一行都不是有限值，而 `{score}` 有限且大于 0（{value}），训练 loss "
    "也有限：权重没有坏，是验证的半精度前向溢出。",
    en="`{loss}` is finite in no row while `{score}` is finite and above 0 ({value}) and the "
    "training losses are finite: the weights are sound, the validation overflows in half "
    "precision.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a validation loss that is finite in no row beside a good score."""
    training = [one for one in context.progress if one.split == "train"]
    if not training or not all(np.isfinite(one.y).all() for one in training):
        return
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        if series.split == "train" or not context.is_loss(series) or np.isfinite(series.y).any():
            continue
        scores = [
            one
            for one in context.judged
            if one.metric_type in ("map", "accuracy") and one.split == series.split and len(one)
        ]
        good = next((one for one in scores if np.isfinite(one.y[-1]) and one.y[-1] > 0), None)
        if good is not None:
            said = BOTH(loss=series.label, score=good.label, value=number(float(good.y[-1])))
            code = (
                "amp=False half=False"
                if any("ultralytics" in one for one in parsers(context))
                else ""
            )
            yield Suspicion(finding=finding, signs=(strong(said),), code=code)
            return


CAUSE = Cause(
    id="validation_in_half",
    family="precision",
    title=Text(zh="验证在半精度下溢出", en="The validation overflows in half precision"),
    decided_by=Text(
        zh="用 fp32 跑一次验证：loss 有限，就是半精度。",
        en="Validate once in fp32: if the loss is finite, it was half precision.",
    ),
    do=Text(
        zh="验证改用 fp32（half=False），或训练时关掉 AMP；学习率低一些，权重就不会大到溢出。"
        "checkpoint 按分数选，不按这个 loss 选。",
        en="Validate in fp32 (half=False) or train without AMP; a lower learning rate keeps "
        "the weights small enough. Choose checkpoints by the score, not by this loss.",
    ),
    reference="ultralytics/ultralytics #21765: val/box_loss, val/cls_loss, val/dfl_loss is nan "
    "during training",
    suspect=suspect,
)
