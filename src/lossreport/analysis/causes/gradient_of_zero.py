"""A gradient norm that is NaN again and again beside losses that are finite in every row: the
derivative of a root or a logarithm at 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import precision_said
from lossreport.text import Text

FINITE = Text(
    zh="`{metric}` 有 {count} 行是 NaN（第一处在第 {line} 行），而训练 loss 每一行都有限，"
    "也没有 loss scale：前向没有问题，是反向在 0 处的导数无穷大（sqrt、norm、log）。",
    en="`{metric}` is NaN in {count} rows (the first at line {line}) while the training loss "
    "is finite in every row and no loss scale is logged: the forward pass is sound, a "
    "derivative at 0 (sqrt, norm, log) is infinite.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for NaN gradients beyond the start, outside mixed precision, beside finite
    losses.
    """
    precision = precision_said(context)
    scaled = any(one.metric_type == "loss_scale" for one in context.run.series) or (
        precision is not None and precision.kind == "fp16"
    )
    training = [one for one in context.progress if one.split == "train"]
    if (
        scaled
        or not training
        or not all(np.isfinite(one.y).all() and np.any(one.y) for one in training)
    ):
        return
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        late = [row for row in finding.rows if row >= START * len(series)]
        if (
            series.metric_type != "grad_norm"
            or len(late) < FEW
            or not np.isfinite(series.y).any()
            or context.has("masked_nonfinite")
        ):
            continue
        said = FINITE(
            metric=series.label, count=len(finding.rows), line=int(series.line[finding.rows[0]])
        )
        yield Suspicion(finding=finding, signs=(strong(said),))


START: Final = 0.1
FEW: Final = 2
CAUSE = Cause(
    id="gradient_of_zero",
    family="precision",
    title=Text(
        zh="某处的导数在 0 处无穷大：sqrt、norm、log 或除法的 eps 太小",
        en="A derivative is infinite at 0: the eps of a root, a norm, a logarithm or a "
        "division is too small",
    ),
    decided_by=Text(
        zh="用 torch.autograd.set_detect_anomaly(True) 跑到出现 NaN 的那一步，它会指出算子。",
        en="Run to such a step under torch.autograd.set_detect_anomaly(True): it names the "
        "operation.",
    ),
    do=Text(
        zh="把 eps 提高到 1e-6（fp16 用 1e-5），在 sqrt 和 log 之前 clamp；eps = 1e-12 在 "
        "float32 的和里等于 0。",
        en="Raise the eps to 1e-6 (1e-5 in fp16) and clamp before roots and logarithms: an "
        "eps of 1e-12 is lost in a float32 sum.",
    ),
    reference="espnet/espnet #964: Loss is ok, but grad norm is nan",
    suspect=suspect,
)
