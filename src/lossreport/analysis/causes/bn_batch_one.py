"""BatchNorm over a batch of one: in training it normalises a sample by itself, and the evaluation
does something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import number_fact
from lossreport.text import Text

MESSAGE: Final = re.compile(r"Expected more than 1 value per channel", re.IGNORECASE)
SAID = Text(zh="日志在第 {line} 行写道：“{quote}”。", en="The log says at line {line}: “{quote}”.")
ONE = Text(
    zh="配置写明 batch_size = 1，而 `{metric}` 与训练相差悬殊（第 {line} 行）：BatchNorm "
    "训练时只用这一个样本的统计量。",
    en="The settings say batch_size = 1, and `{metric}` is far from the training (line "
    "{line}): BatchNorm trains on the statistics of that one sample.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion where the log quotes the exception, or the batch is 1 and the validation
    does not follow the training.
    """
    event = next((one for one in context.run.events if MESSAGE.search(one.quote)), None)
    for finding in context.of_kind(
        "overfitting", "train_val_gap", "nonfinite", "truncated_log", "divergence", "plateau"
    ):
        series = context.subject(finding)
        if event is not None:
            yield Suspicion(
                finding=finding, signs=(strong(SAID(line=event.line, quote=event.quote)),)
            )
            return
        one = number_fact(context, "batch_size", "per_device_train_batch_size") == 1
        steps = (number_fact(context, "gradient_accumulation_steps", "world_size") or 1) == 1
        if (
            one
            and steps
            and series.split != "train"
            and finding.kind in ("overfitting", "nonfinite")
            and _has_norms(context)
        ):
            yield Suspicion(
                finding=finding, signs=(strong(ONE(metric=series.label, line=finding.start.line)),)
            )
            return


def _has_norms(context: Context) -> bool:
    """Return whether the settings name a convolutional model, which BatchNorm belongs to: a
    language model has none.
    """
    return any(
        isinstance(value, str) and CONVOLUTIONAL.search(value) for value in context.facts.values()
    )


CONVOLUTIONAL: Final = re.compile(
    r"resnet|vgg|unet|densenet|mobilenet|efficientnet|batchnorm|deeplab|yolo", re.IGNORECASE
)
CAUSE = Cause(
    id="bn_batch_one",
    family="normalisation",
    title=Text(
        zh="BatchNorm 遇到只有一个样本的 batch", en="BatchNorm meets a batch of a single sample"
    ),
    decided_by=Text(
        zh="看 batch_size，以及训练集大小除以 batch_size 的余数：其中有 1 就是它。",
        en="Look at the batch size and at the remainder of the training set divided by it: a "
        "1 in either decides it.",
    ),
    do=Text(
        zh="DataLoader 加 drop_last=True，batch 至少为 2；做不到就换 GroupNorm 或 SyncBatchNorm。",
        en="Give the DataLoader drop_last=True and at least 2 samples a batch; where that "
        "cannot be, use GroupNorm or SyncBatchNorm.",
    ),
    reference="tensorflow/tensorflow #44568: Inconsistency in loss on SAME data for train and "
    "validation modes",
    suspect=suspect,
)
