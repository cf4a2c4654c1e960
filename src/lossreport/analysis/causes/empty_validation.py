"""A validation loss that is NaN from its first row while the training is sound: nothing was averaged."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analysis.beside import falls_by
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import moved
from lossreport.text import Text

ALWAYS = Text(
    zh="`{metric}` 从第 {line} 行的第一次验证起全部是 NaN，而训练 loss 全程有限。",
    en="`{metric}` is NaN from its first row (line {line}) to its last while the training loss is finite throughout.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a validation that is NaN in all rows beside a finite training loss."""
    trained = [one for one in context.progress if one.split == "train"]
    sound = all(np.isfinite(one.y).all() and not context.has("masked_nonfinite", one) for one in trained)
    if not trained or not sound:
        return
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        if series.split != "train" and context.is_loss(series) and np.isnan(series.y).all() and len(series) > 1:
            if _is_scored(context, series.split):
                continue  # there is something to score: the set is not empty
            signs = [strong(ALWAYS(metric=series.label, line=int(series.line[0])))]
            if falls_by(trained[0]) > 0:
                signs.append(weak(moved(trained[0])))
            yield Suspicion(finding=finding, signs=tuple(signs))


def _is_scored(context: Context, split: str) -> bool:
    """Return whether a score of the validation is finite and above 0."""
    scores = (one for one in context.judged if one.split == split and one.metric_type in ("map", "accuracy") and len(one))
    return any(bool(np.isfinite(one.y[-1])) and float(one.y[-1]) > 0 for one in scores)


CAUSE = Cause(
    id="empty_validation",
    family="validation",
    title=Text(zh="验证时没有样本可平均（0/0），或验证数据里有 NaN", en="Nothing to average in the validation (0/0), or NaN in its data"),
    decided_by=Text(
        zh="打印验证集的样本数、每个 batch 的有效标签数，并检查输入是否全部有限。",
        en="Print the number of validation samples and of valid labels per batch, and check that all inputs are finite.",
    ),
    do=Text(
        zh="修正验证集的划分或掩码，除法的分母用 max(n, 1)；半精度评测时改用 fp32 再看一次。",
        en="Correct the split or the mask of the validation, divide by max(n, 1), and where it runs in half precision look once in fp32.",
    ),
    reference="yao8839836/text_gcn #95: val_loss = nan",
    suspect=suspect,
)
