"""A training loss that is NaN without anything that tells the usual causes apart: they are named in
the order in which to test them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.breakage import How, breaks, ends_nonfinite
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import around, set_rate
from lossreport.model.run import Series
from lossreport.text import Phrase, Text, Value, number

NO_ROW = Text(
    zh="日志里 `{metric}` 没有一行是有限值（从第 {line} 行起）：开始的地方不在日志里，"
    "也没有别的东西能区分原因。",
    en="Not one row of `{metric}` in the log is finite (from line {line} on): where it began "
    "is not in the log, and nothing else tells the causes apart.",
)
AT_ONCE = Text(
    zh="`{metric}` 从 {value}（第 {line} 行）一步变为 {after}：日志里没有别的东西能区分原因。",
    en="`{metric}` goes from {value} (line {line}) to {after} within one row; nothing else in "
    "the log tells the causes apart.",
)
LOWER = Text(
    zh="从 NaN 之前的 checkpoint（没有就从头）按此顺序试，每次只改一项：学习率从 {lr} 降到 "
    "{less} 并裁剪梯度（max_norm 1）；改用 bf16 或 fp32；给 log、除法、"
    "开方的参数加下限（例如 1e-8），softmax 改用 log_softmax；打印那个 batch，"
    "看有没有空样本或越界标签。",
    en="From a checkpoint before the NaN, or anew, try in this order, one change at a time: a "
    "learning rate of {less} instead of {lr} with gradient clipping (max_norm 1); bf16 or "
    "fp32; a floor (1e-8, say) under every log, division and root, log_softmax instead of "
    "softmax; print that batch and look for empty samples or labels out of range.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield nothing: no sign speaks for this one, it stands where none speaks for any."""
    yield from ()


def otherwise(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a training loss that ends in NaN."""
    for at in breaks(context, How.NONFINITE):
        row = at.row
        if row and np.isfinite(at.series.y[row - 1]):
            said = AT_ONCE(
                metric=at.series.label, line=int(at.series.line[row - 1]), **_values(at.series, row)
            )
        else:
            said = NO_ROW(metric=at.series.label, line=int(at.series.line[0]))
        yield Suspicion(
            finding=at.finding,
            signs=(strong(said), *around(context, at.series, row)),
            do=_do(context),
        )
    if not context.losses:
        yield from _of_unnamed(context)


def _of_unnamed(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a column without a name that ends in NaN: what a loop prints beside its
    step is its loss.
    """
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        row = finding.start.row
        if series.name == UNNAMED and series.split == "train" and ends_nonfinite(series) and row:
            said = AT_ONCE(
                metric=series.label, line=int(series.line[row - 1]), **_values(series, row)
            )
            yield Suspicion(finding=finding, signs=(strong(said),))


def _values(series: Series, row: int) -> dict[str, Value]:
    return {"value": number(float(series.y[row - 1])), "after": number(float(series.y[row]))}


UNNAMED: Final = "value"
"""What `reading/formats/bare_numbers.py` calls a column that nothing names."""


def _do(context: Context) -> Phrase | None:
    rate = set_rate(context)
    return LOWER(lr=number(rate), less=number(rate / 10)) if rate else None


CAUSE = Cause(
    id="nan_without_signs",
    family="numerics",
    title=Text(
        zh="日志分不出原因；按出现的频率：学习率过高、fp16 溢出、对 0 取对数或除以 0（饱和的 "
        "softmax）、一个坏样本",
        en="The log does not tell the cause; by how often it is found: too high a learning "
        "rate, an fp16 overflow, a logarithm of or a division by 0 (a saturated softmax), "
        "one bad sample",
    ),
    decided_by=Text(
        zh="从 NaN 之前重放：学习率降到十分之一后不再出现，是学习率；改 fp32 后不再出现，"
        "是精度；torch.autograd.set_detect_anomaly(True) 指出的那一步是 log、除法或开方，"
        "是数值；换数据顺序后跟着样本走，是样本。",
        en="Replay from before the NaN: gone at a tenth of the learning rate means the rate, "
        "gone in fp32 the precision; a log, division or root named by "
        "torch.autograd.set_detect_anomaly(True) means the numerics; one that follows the "
        "samples in another order is a sample.",
    ),
    do=Text(
        zh="从 NaN 之前的 checkpoint（没有就从头）按此顺序试，每次只改一项："
        "学习率降到十分之一并裁剪梯度（max_norm 1）；改用 bf16 或 fp32；给 log、除法、"
        "开方的参数加下限（例如 1e-8），softmax 改用 log_softmax；打印那个 batch，"
        "看有没有空样本或越界标签。",
        en="From a checkpoint before the NaN, or anew, try in this order, one change at a "
        "time: a tenth of the learning rate with gradient clipping (max_norm 1); bf16 or "
        "fp32; a floor (1e-8, say) under every log, division and root, log_softmax instead "
        "of softmax; print that batch and look for empty samples or labels out of range.",
    ),
    reference="PyTorch documentation: torch.autograd.set_detect_anomaly; Lasagne/Lasagne #333: "
    "Regression task gives nan output",
    suspect=suspect,
    otherwise=otherwise,
)
