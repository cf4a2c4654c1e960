"""NaN from the first rows on a GTX 16xx, whose half precision is broken in some CUDA builds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

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
    if card is None or (precision is not None and precision.kind == "fp32"):
        return
    for at in breaks(context, How.NONFINITE, How.MASKED):
        if at.row <= EARLY:
            said = NAMED(card=card, metric=at.series.label, line=at.line)
            yield Suspicion(finding=at.finding, signs=(strong(said),), code="amp=False")


EARLY: Final = 2
CAUSE = Cause(
    id="gtx16_half",
    family="precision",
    title=Text(zh="GTX 16xx 的半精度算出 NaN", en="Half precision of a GTX 16xx gives NaN"),
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
