"""NaN from the first rows on a GTX 16xx, whose half precision is broken in some CUDA builds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.breakage import How, breaks
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import precision_said
from lossreport.text import Text

CARD: Final = re.compile(r"GTX ?16[0-9]{2}", re.IGNORECASE)
NAMED = Text(
    zh="日志写明显卡是 {card}，`{metric}` 从第 {line} 行起就不是有限值："
    "这一系列的半精度在一些 CUDA 版本里会算出 NaN。",
    en="The log names the card {card}, and `{metric}` is not finite from line {line} on: half "
    "precision of this series gives NaN under some CUDA builds.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss that is NaN from its first rows on such a card."""
    card = next(
        (
            found.group()
            for value in context.facts.values()
            if isinstance(value, str) and (found := CARD.search(value))
        ),
        None,
    )
    precision = precision_said(context)
    if card is None and precision is None:
        yield from _of_ultralytics(context)
    if card is None or (precision is not None and precision.kind == "fp32"):
        return
    for at in breaks(context, How.NONFINITE, How.MASKED):
        if at.row <= EARLY:
            said = NAMED(card=card, metric=at.series.label, line=at.line)
            yield Suspicion(finding=at.finding, signs=(strong(said),), code="amp=False")


def _of_ultralytics(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for box, object and class losses that are all NaN in the first epoch of
    Ultralytics: it trains in half precision unless told otherwise, and names no card then.
    """
    if not context.run.sources[0].parser.startswith(("ultralytics", "yolo")):
        return
    losses = [one for one in context.progress if one.split == "train" and len(one)]
    never = [one for one in losses if not np.isfinite(one.y).any()]
    for at in breaks(context, How.NONFINITE):
        if at.row == 0 and len(losses) >= LEAST_TERMS and len(never) == len(losses):
            said = ALL_TERMS(metric=at.series.label, line=at.line, count=len(losses))
            yield Suspicion(finding=at.finding, signs=(strong(said),), code="amp=False")


LEAST_TERMS: Final = 3
"""Box, object (or distribution) and class loss: no label breaks all of them at once."""
ALL_TERMS = Text(
    zh="`{metric}` 等 {count} 项 loss 从第一行（第 {line} 行）起全是 NaN：Ultralytics 默认用半精度"
    "训练，GTX 16xx 这样的卡或不配套的 CUDA / PyTorch 会这样，数据有误不会让各项同时坏。",
    en="All {count} losses, `{metric}` among them, are NaN from the first row on (line {line}): "
    "Ultralytics trains in half precision by default, and cards such as a GTX 16xx or a CUDA "
    "that does not fit PyTorch give that; wrong data do not break all terms at once.",
)
EARLY: Final = 2
CAUSE = Cause(
    id="gtx16_half",
    family="precision",
    title=Text(
        zh="半精度算出 NaN：GTX 16xx 一类的卡，或不配套的 CUDA",
        en="Half precision gives NaN: a card such as a GTX 16xx, or a CUDA that does not fit",
    ),
    decided_by=Text(
        zh="关掉 AMP 跑一个 epoch：有限，就是这张卡的半精度。",
        en="Run one epoch without AMP: if it is finite, it is the half precision of this card.",
    ),
    do=Text(
        zh="关掉 AMP（训练和验证都用 fp32），或换一个 CUDA / cuDNN 版本的 PyTorch。",
        en="Switch AMP off (fp32 in training and validation), or install PyTorch with another "
        "CUDA / cuDNN build.",
    ),
    reference="ultralytics/yolov5 #7908: NaN tensor values problem for GTX16xx users",
    suspect=suspect,
)
