"""A validation loss that is NaN from its first row while the training is sound: nothing was
averaged.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analysis.beside import falls_by
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import moved
from lossreport.analysis.unmeasured import counted_of_nothing
from lossreport.text import Text

ALWAYS = Text(
    zh="`{metric}` 从第 {line} 行的第一次验证起全部是 NaN，而训练 loss 全程有限。",
    en="`{metric}` is NaN from its first row (line {line}) to its last while the training "
    "loss is finite throughout.",
)


BOTH = Text(
    zh="`{metric}` 和 `{score}` 在第 {line} 行同时是 NaN：准确率是计数，输出是 NaN "
    "也只算答错，只有 0/0（一个样本也没有）才会得到 NaN。",
    en="`{metric}` and `{score}` are NaN together (line {line}): an accuracy counts, and "
    "outputs of NaN would only be wrong answers; it is NaN as 0 of 0 alone, with no sample "
    "at all.",
)
BATCH = Text(
    zh="先比较验证集的样本数与 batch_size：样本少于一个 batch 而 drop_last=True（或整除取 "
    "batch 数）时一个 batch 也没有；减小验证的 batch 或设 drop_last=False。训练不必重来。",
    en="Compare the size of the validation set with the batch size first: with fewer samples "
    "than one batch and drop_last=True (or a number of batches by integer division) there "
    "is no batch at all; use a smaller batch for the validation, or drop_last=False. The "
    "training need not be repeated.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a validation that is NaN in all rows beside a finite training loss, or
    in any with its accuracy.
    """
    yield from _counted(context)
    trained = [one for one in context.progress if one.split == "train"]
    sound = all(
        np.isfinite(one.y).all() and not context.has("masked_nonfinite", one) for one in trained
    )
    if not trained or not sound:
        return
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        if (
            series.split != "train"
            and context.is_loss(series)
            and np.isnan(series.y).all()
            and len(series) > 1
        ):
            if _is_scored(context, series.split):
                continue  # there is something to score: the set is not empty
            if counted_of_nothing(context, series) is not None:
                continue  # told already
            signs = [strong(ALWAYS(metric=series.label, line=int(series.line[0])))]
            if falls_by(trained[0]) > 0:
                signs.append(weak(moved(trained[0])))
            yield Suspicion(finding=finding, signs=tuple(signs))


def _counted(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion where an accuracy is NaN with the validation loss, whatever the training
    does, unless it is NaN itself.
    """
    if not all(
        np.isfinite(one.y[-1]) for one in context.progress if one.split == "train" and len(one)
    ):
        return
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        score = (
            counted_of_nothing(context, series)
            if context.is_loss(series) and finding.rows
            else None
        )
        if score is not None:
            said = BOTH(
                metric=series.label, score=score.label, line=int(series.line[finding.rows[0]])
            )
            yield Suspicion(finding=finding, signs=(strong(said),), do=BATCH())
            return


def _is_scored(context: Context, split: str) -> bool:
    """Return whether a score of the validation is finite and above 0."""
    scores = (
        one
        for one in context.judged
        if one.split == split and one.metric_type in ("map", "accuracy") and len(one)
    )
    return any(bool(np.isfinite(one.y[-1])) and float(one.y[-1]) > 0 for one in scores)


CAUSE = Cause(
    id="empty_validation",
    family="validation",
    title=Text(
        zh="验证时没有样本可平均（0/0：验证集为空，或不足一个 batch），或验证数据里有 NaN",
        en="Nothing to average in the validation (0/0: an empty set, or fewer samples than a "
        "batch), or NaN in its data",
    ),
    decided_by=Text(
        zh="打印验证集的样本数、每个 batch 的有效标签数，并检查输入是否全部有限。",
        en="Print the number of validation samples and of valid labels per batch, and check "
        "that all inputs are finite.",
    ),
    do=Text(
        zh="修正验证集的划分或掩码，除法的分母用 max(n, 1)；半精度评测时改用 fp32 再看一次。",
        en="Correct the split or the mask of the validation, divide by max(n, 1), and where "
        "it runs in half precision look once in fp32.",
    ),
    reference="yao8839836/text_gcn #95: val_loss = nan",
    suspect=suspect,
)
