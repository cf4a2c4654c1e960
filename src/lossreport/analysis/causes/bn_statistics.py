"""A training that is all but solved beside a validation that jumps about: the running statistics of
BatchNorm lag behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signs import number_fact, score_beside, wild
from lossreport.text import Text, number

WILD = Text(
    zh="`{train}` 已到 {value}，而 `{val}` 在 {low} 与 {high} 之间来回跳（第 {first} 到 "
    "{last} 行），不是平滑地上升：与评估时使用的 BatchNorm 滑动统计量不准一致。",
    en="`{train}` is at {value} while `{val}` jumps between {low} and {high} (lines {first} "
    "to {last}) instead of rising smoothly: consistent with running statistics of "
    "BatchNorm that do not fit, which only the evaluation uses.",
)
BATCH = Text(zh="batch 只有 {size}。", en="A batch holds only {size}.")
SMALL: Final = 8
SOLVED: Final = 0.05
"""A twentieth of the first training loss, or 97 % of the samples right."""
RIGHT: Final = 0.97


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a wild validation beside a solved training."""
    for finding in context.of_kind(
        "overfitting", "train_val_gap", "spike", "oscillation", "level_shift"
    ):
        val = next(
            (context.by_id[one] for one in finding.series if context.by_id[one].split != "train"),
            None,
        )
        train = (
            None
            if val is None
            else next(
                (
                    one
                    for one in context.progress
                    if one.split == "train" and one.name == val.name and len(one) > 2
                ),
                None,
            )
        )
        if (
            val is None
            or train is None
            or not np.isfinite(train.y).all()
            or not np.isfinite(val.y).all()
            or not wild(val)
        ):
            continue
        score = score_beside(context, train)
        right = score is not None and float(score.y[-1]) >= RIGHT and score.y[-1] <= 1
        if not right and not (0 <= train.y[-1] <= SOLVED * train.y[0]):
            continue
        solved = score if right and score is not None else train
        signs = [
            strong(
                WILD(
                    train=solved.label,
                    value=number(float(solved.y[-1])),
                    val=val.label,
                    low=number(float(val.y.min())),
                    high=number(float(val.y.max())),
                    first=int(val.line[0]),
                    last=int(val.line[-1]),
                )
            )
        ]
        size = number_fact(context, "batch_size", "per_device_train_batch_size")
        if size is not None and size <= SMALL:
            signs.append(weak(BATCH(size=number(size))))
        yield Suspicion(finding=finding, signs=tuple(signs))
        return


CAUSE = Cause(
    id="bn_statistics",
    family="normalisation",
    title=Text(
        zh="BatchNorm 的滑动统计量不准：步数太少或 batch 太小，评估时用的均值和方差不对",
        en="Running statistics of BatchNorm do not fit: too few steps or too small a batch, "
        "so that the evaluation uses wrong means and variances",
    ),
    decided_by=Text(
        zh="用评估模式（model.eval()）在训练集上评测：同样很差，就是统计量；很好，才是过拟合。",
        en="Evaluate the training set in evaluation mode (model.eval()): as bad means the "
        "statistics, good means overfitting.",
    ),
    do=Text(
        zh="把 BatchNorm 的 momentum 从 0.99 降到 0.9（PyTorch 里从 0.01 提到 0.1），加大 "
        "batch；微调时冻结 BN 并使用预训练的统计量；batch 很小就换 GroupNorm。",
        en="Let the statistics follow faster (momentum 0.9 instead of 0.99 in Keras, 0.1 "
        "instead of 0.01 in PyTorch) and enlarge the batch; freeze BN with its pretrained "
        "statistics when fine-tuning; use GroupNorm for small batches.",
    ),
    reference="tensorflow/tensorflow #36446: tf.keras model.fit(): enormous difference between "
    "train loss and val loss on the same data",
    suspect=suspect,
)
