"""One term of a loss that is NaN before the others: a mean over nothing, 0 divided by 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.knowledge.recognise import is_total
from lossreport.model.analysis import Finding
from lossreport.model.run import Series
from lossreport.text import Join, Text

FIRST = Text(
    zh="`{metric}` 最先变成非有限值（第 {line} 行），同一行里 `{others}` 还是有限的："
    "不是权重坏了，是这一项对空集合取了均值（0/0）。",
    en="`{metric}` is the first to be not finite (line {line}), while {others} of the same "
    "row still are: the weights were sound, this term is a mean over nothing (0/0).",
)
LATER = Text(
    zh="`{metric}` 之后才变成非有限值（第 {line} 行）。",
    en="`{metric}` follows only later (line {line}).",
)
NAME = Text(zh="`{name}`", en="`{name}`")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for the term whose first row that is not finite comes before those of its
    sisters.
    """
    onsets: dict[str, tuple[Finding, Series, int]] = {}
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        if (
            finding.rows
            and series.split == "train"
            and context.is_loss(series)
            and not is_total(series.name)
        ):
            onsets.setdefault(series.id, (finding, series, finding.rows[0]))
    terms = [
        one
        for one in context.losses
        if one.split == "train" and not is_total(one.name) and len(one)
    ]
    if not onsets or len(terms) < MIN_TERMS:
        return
    finding, first, row = min(onsets.values(), key=lambda item: (item[2], item[1].line[item[2]]))
    sound = [
        one
        for one in terms
        if one is not first
        and len(one) > row
        and one.source == first.source
        and np.isfinite(one.y[row])
    ]
    if row == 0 or not sound or len(sound) < len(terms) - 2 or first.metric_type == "ctc":
        return
    names = Join(items=tuple(NAME(name=one.label) for one in sound[:3]))
    signs = [strong(FIRST(metric=first.label, line=int(first.line[row]), others=names))]
    for _, series, later in onsets.values():
        if later > row:
            signs.append(weak(LATER(metric=series.label, line=int(series.line[later]))))
            break
    yield Suspicion(finding=finding, signs=tuple(signs))


MIN_TERMS: Final = 2
CAUSE = Cause(
    id="one_term_empty",
    family="data",
    title=Text(
        zh="这一项除以了 0：batch 里没有正样本（或没有有效像素），对空集合取均值",
        en="This term divides by zero: a batch without a positive (or without a valid pixel) "
        "leaves a mean over nothing",
    ),
    decided_by=Text(
        zh="打印那个 batch 里正样本（有效元素）的个数：为 0 就是它。",
        en="Print the number of positives, or of valid elements, in that batch: 0 decides it.",
    ),
    do=Text(
        zh="给分母加 max(n, 1)，没有正样本时返回 preds.sum() * 0；或加大 batch、跳过这样的 "
        "batch。从这一行之前的 checkpoint 续训。",
        en="Divide by max(n, 1) and return preds.sum() * 0 where there is no positive; or "
        "enlarge the batch, or skip such batches. Go on from a checkpoint before this row.",
    ),
    reference="ultralytics/ultralytics #25096: SemanticSegmentationLoss returns NaN when the whole "
    "batch is ignore (255)",
    suspect=suspect,
)
