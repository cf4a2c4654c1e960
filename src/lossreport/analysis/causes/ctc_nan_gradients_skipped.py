"""ESPnet that throws samples with a gradient of NaN away, until none is left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import quoted, said
from lossreport.text import Text

KINDS: Final = (
    "nonfinite",
    "skipped_steps",
    "frozen_metric",
    "constant_metric",
    "masked_nonfinite",
    "no_learning",
    "plateau",
    "divergence",
)
WARNINGS: Final = (r"got nan grad", r"gradients at all steps are invalid")
SKIPPED: Final = r"grad norm is nan"
"""A scaler of mixed precision skips such steps too: it fits, and tells nothing apart."""


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion where ESPnet says that it skipped gradients."""
    words = [event for pattern in WARNINGS if (event := said(context, pattern)) is not None]
    if not words:
        return
    for finding in context.of_kind(*KINDS):
        series = context.subject(finding)
        if context.is_loss(series) or series.metric_type == "grad_norm":
            signs = [strong(quoted(context, event)) for event in words]
            skipped = said(context, SKIPPED)
            if skipped is not None:
                signs.append(weak(quoted(context, skipped)))
            yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="ctc_nan_gradients_skipped",
    family="speech",
    title=Text(
        zh="样本的 CTC 梯度为 NaN，被整批丢弃",
        en="Samples have a CTC gradient of NaN and are thrown away",
    ),
    decided_by=Text(
        zh="统计这些样本的输入帧数与标签长度，并听几条确认音频与文本对应。",
        en="Compare frames and label lengths of these samples, and listen to some to see that "
        "audio and text belong together.",
    ),
    do=Text(
        zh="重做数据准备（剔除过短或文本不符的样本），在 ctc_conf 里打开 ignore_nan_grad，"
        "再降低学习率。",
        en="Prepare the data again (without samples that are too short or whose text is "
        "another's), turn ignore_nan_grad on in ctc_conf, then lower the learning rate.",
    ),
    reference="espnet/espnet #3630: asr training stops in 2epoch",
    suspect=suspect,
)
