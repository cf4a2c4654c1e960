"""A NaN without any sign before it in a run whose log reports an error of the GPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signature import quoted, said
from lossreport.text import Text

WORDS: Final = r"\bXid\b|\bECC error|uncorrectable|fallen off the bus|GPU is lost"
KINDS: Final = ("nonfinite", "masked_nonfinite", "spike", "divergence", "source_disagreement")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion where the log names a fault of the hardware."""
    event = said(context, WORDS)
    if event is None:
        return
    for finding in context.of_kind(*KINDS):
        if context.is_loss(context.subject(finding)):
            yield Suspicion(
                finding=finding,
                signs=(strong(quoted(context, event)),),
                code="nvidia-smi -q -d ECC,ROW_REMAPPER",
            )


CAUSE = Cause(
    id="gpu_fault",
    family="hardware",
    title=Text(
        zh="GPU 的硬件错误（ECC、Xid）毁掉了数值",
        en="An error of the GPU (ECC, Xid) spoilt the numbers",
    ),
    decided_by=Text(
        zh="同一种子、同一 checkpoint 在另一张卡上重放这几步：不再出现就是硬件。",
        en="Replay these steps on another card with the same seed and checkpoint: if they are "
        "sound there, it is the hardware.",
    ),
    do=Text(
        zh="换卡或换节点，从报错之前的 checkpoint 续训，并让管理员检查这张卡。",
        en="Take another card or node, resume from a checkpoint before the error, and have "
        "the card checked.",
    ),
    reference="NVIDIA GPU deployment documentation: Xid Errors",
    suspect=suspect,
)
