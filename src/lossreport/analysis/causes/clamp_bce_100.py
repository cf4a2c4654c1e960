"""A binary cross-entropy at 100: `torch.nn.BCELoss` clamps its logarithm at -100."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import AtClamp
from lossreport.analysis.signs import around
from lossreport.text import Text, number, percent

AT = Text(
    zh="`{metric}` 停在 {value}，是 100 的 {share}：`torch.nn.BCELoss` 把对数截在 -100，"
    "这么多样本的 sigmoid 完全饱和在错误的一侧。",
    en="`{metric}` stands at {value}, {share} of 100: `torch.nn.BCELoss` clamps its logarithm "
    "at -100, and the sigmoid of so many samples is saturated on the wrong side.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss at 100 or the half of it."""
    for finding, stands in context.seen(AtClamp):
        if stands.clamp == CEILING:
            series = context.subject(finding)
            said = AT(metric=series.label, value=number(stands.value), share=percent(stands.share))
            yield Suspicion(
                finding=finding, signs=(strong(said), *around(context, series, finding.start.row))
            )


CEILING: Final = 100.0
CAUSE = Cause(
    id="clamp_bce_100",
    family="clamp",
    title=Text(
        zh="sigmoid 完全饱和：BCELoss 的对数被截在 -100",
        en="A saturated sigmoid: BCELoss clamps its logarithm at -100",
    ),
    decided_by=Text(
        zh="打印 sigmoid 之前的 logits 和标签：logits 绝对值上百而符号相反，是饱和；标签不在 "
        "0 到 1 之间，是标签。",
        en="Print the logits before the sigmoid and the labels: logits of hundreds with the "
        "wrong sign mean saturation; labels outside 0 to 1 are the fault of the labels.",
    ),
    do=Text(
        zh="去掉最后的 sigmoid，改用 BCEWithLogitsLoss；降低学习率、归一化输入，并确认标签在 "
        "0 到 1 之间且没有写反。",
        en="Drop the final sigmoid and use BCEWithLogitsLoss; lower the learning rate, "
        "normalise the input, and check that labels lie in 0 to 1 and are not swapped.",
    ),
    reference='PyTorch documentation, torch.nn.BCELoss: "BCELoss clamps its log function outputs '
    'to be greater than or equal to -100"',
    suspect=suspect,
)
