"""A total that is NaN in every row while all terms that are printed are finite: what is NaN is not
printed, or is the sum itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signs import set_rate, terms_beside
from lossreport.knowledge.recognise import is_total
from lossreport.text import Join, Phrase, Text, number

FINITE = Text(
    zh="`{metric}` 在全部 {rows} 行里都不是有限值，而打印出来的各项 {names} 每一行都有限："
    "坏的是没有打印的一项（权重正则，如 L2），或相加本身。",
    en="`{metric}` is finite in none of its {rows} rows while the terms that are printed, "
    "{names}, are finite in every row: a term that is not printed is broken (a penalty on "
    "the weights, such as L2), or the sum itself.",
)
NAME = Text(zh="`{name}`", en="`{name}`")
HIGH = Text(
    zh="学习率是 {lr}：权重正则变成非有限值，是权重已经过大；这样的学习率先降到 {less}。",
    en="The learning rate is {lr}: a penalty on the weights that is not finite means weights "
    "that are too large; lower a rate like this to {less} first.",
)
PRINT = Text(
    zh="先把学习率从 {lr} 降到 {less} 重跑几十步（前向各项有限，权重却可能已经过大），"
    "同时把正则项单独打印出来：仍是 NaN，就是正则项本身（对 0 开方、除以 0）。从头训练，"
    "不要用这次的权重。",
    en="Lower the learning rate from {lr} to {less} for some tens of steps first (the terms "
    "are finite, but weights may be too large) and print the penalty on the weights by "
    "itself: if it is NaN again, it is the penalty (a root of 0, a division by 0). Start "
    "anew, and use no weights of this run.",
)
HIGH_RATE: Final = 1e-2
"""Ten times what detectors fine-tune a pretrained backbone with (tf-faster-rcnn #458: NaN at 0.01,
finite at 0.0001).
"""


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a total without a finite row beside two and more printed terms that are
    finite in all of theirs.
    """
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        if (
            series.split != "train"
            or not is_total(series.name)
            or np.isfinite(series.y).any()
            or not len(series)
        ):
            continue
        terms = terms_beside(context, series, 0)
        sound = [one for one, _ in terms.sound if np.isfinite(one.y).all()]
        if terms.bad or len(sound) < LEAST or len(sound) < len(terms.sound):
            continue
        names = Join(items=tuple(NAME(name=one.label) for one in sound[:MOST_NAMES]))
        signs = [strong(FINITE(metric=series.label, rows=len(series), names=names))]
        rate = set_rate(context)
        do: Phrase | None = None
        if rate is not None and rate >= HIGH_RATE:
            values = {"lr": number(rate), "less": number(rate / 100)}
            signs.append(weak(HIGH(**values)))
            do = PRINT(**values)
        yield Suspicion(finding=finding, signs=tuple(signs), do=do)
        return


LEAST: Final = 2
MOST_NAMES: Final = 4
CAUSE = Cause(
    id="unprinted_term",
    family="reduction",
    title=Text(
        zh="没有打印的一项是 NaN（权重正则，或学习率过高使权重过大），打印的各项都正常",
        en="A term that is not printed is NaN (a penalty on the weights, or weights too large "
        "by too high a learning rate); those printed are sound",
    ),
    decided_by=Text(
        zh="把总 loss 的每一项都打印出来，包括正则项：哪一项不是有限值，就是它；"
        "都有限而和不是，就是相加（类型、空列表的均值）。",
        en="Print every term of the total, the penalties included: the one that is not finite "
        "decides it; if all are finite and the sum is not, it is the sum (its type, a mean "
        "of an empty list).",
    ),
    do=Text(
        zh="把正则项单独打印出来；是它就查权重里有没有 NaN（加载的预训练权重、对 0 开方、除以 "
        "0），并把学习率降到十分之一重跑几十步。从头训练，不要用这次的权重。",
        en="Print the penalty on the weights by itself; where it is NaN, look for NaN in the "
        "weights (those that were loaded, a root of 0, a division by 0), and rerun some "
        "tens of steps at a tenth of the learning rate. Start anew, and use no weights of "
        "this run.",
    ),
    reference="endernewton/tf-faster-rcnn #458: loss is nan",
    suspect=suspect,
)
