"""A loss of metric learning that stands at a round margin in every row: the distances cancel,
whatever the input.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import Standstill
from lossreport.analysis.signs import number_fact
from lossreport.model.analysis import Severity
from lossreport.model.run import Axis, Series
from lossreport.text import Phrase, Text, number

MIN_ROWS: Final = 5
MARGINS: Final = (0.1, 0.2, 0.3, 0.5, 1.0)
"""Margins in common use (FaceNet 0.2, person re-identification 0.3, Keras and PyTorch 1.0)."""
WITHIN: Final = 0.01
"""Every row within 1 %: a loss that is averaged over batches of collapsed embeddings differs by the
little that is left of the distances.
"""
LEARNERS: Final = re.compile(
    r"triplet|contrastive|siamese|metric[_ -]?learning|margin_?rank|(?<![a-z])reid(?![a-z])",
    re.IGNORECASE,
)
RETRIEVED: Final = re.compile(
    r"(?:.*[/_.])?(?:m_?ap|(?:recall|r|rank|hits?|top|cmc)[@_-]?\d{1,2}|recall@\w+|mrr)",
    re.IGNORECASE,
)
DETECTS: Final = frozenset(("box", "cls", "dfl", "focal", "dice"))
"""Where one of these is logged a mAP is that of a detector."""
WHOLE: Final = (Axis.EPOCH, Axis.ROUND)
TRAINED_STEPS: Final = 500
"""Embeddings of a new network lie close together: within so few steps a loss at its margin may be a
beginning.
"""

TEXT = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里（{first} → {last}）都在间隔 {margin} 的 1% "
    "以内，{witness}：正负样本的距离互相抵消，所有嵌入很可能落在同一点，几乎没有在学。",
    en=(
        "`{metric}` ({path}) stays within 1% of a margin of {margin} in all {count} rows "
        "({first} → {last}), {witness}: the distances to positives and negatives cancel, all "
        "embeddings most likely lie in one point, and little is learned."
    ),
)
NAMED = Text(zh="而 `{name}` 说明这是度量学习", en="and `{name}` tells of metric learning")


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a training loss at its margin, where a name, a setting or a score of
    retrieval tells of metric learning.
    """
    if any(series.metric_type in DETECTS for series in context.run.series) or context.is_rewarded:
        return
    said = number_fact(context, "margin", "triplet_margin", "loss_margin")
    for series in context.progress:
        if (
            series.split != "train"
            or len(series) < MIN_ROWS
            or not np.isfinite(series.y).all()
            or not _is_beyond_start(series)
        ):
            continue
        if series.metric_type not in ("triplet", "contrastive", "generic") or context.has(
            "no_learning", series
        ):
            continue
        margins = MARGINS if said is None else (said,)
        margin = next(
            (one for one in margins if one > 0 and np.all(np.abs(series.y / one - 1) <= WITHIN)),
            None,
        )
        witness = _witness(context, series)
        if margin is None or witness is None:
            continue
        first, last = float(series.y[0]), float(series.y[-1])
        text = TEXT(
            metric=series.label,
            path=series.path,
            count=len(series),
            first=number(first),
            last=number(last),
            margin=number(margin),
            witness=witness,
        )
        held = Standstill(first=first, last=last, gain=(first - last) / first, margin=margin)
        yield make_finding(
            "no_learning", series, [0, len(series) - 1], Severity.HIGH, text, payload=held
        )


def _is_beyond_start(series: Series) -> bool:
    return series.axis in WHOLE or float(series.x[-1]) >= TRAINED_STEPS


def _witness(context: Context, series: Series) -> Phrase | None:
    """Return what tells of metric learning: the name of the loss, a setting, a score of retrieval
    beside it.
    """
    if series.metric_type in ("triplet", "contrastive") or LEARNERS.search(series.name):
        return NAMED(name=series.label)
    said = next(
        (
            f"{name} = {value}"
            for name, value in context.facts.items()
            if isinstance(value, str) and LEARNERS.search(value)
        ),
        None,
    )
    beside = next(
        (
            one.label
            for one in context.judged
            if RETRIEVED.fullmatch(one.name) or LEARNERS.search(one.name)
        ),
        None,
    )
    name = said or beside
    return NAMED(name=name) if name is not None else None


DETECTOR = Detector(id="at_margin", kinds=("no_learning",), detect=detect, order=48)
