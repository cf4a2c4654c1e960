"""A perplexity of e^50 and more in every row: a cap is printed, the loss is far above that of any
guess, and nothing is trained.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.signs import rate_of_sgd
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Text, number
from lossreport.values import dataclass

MIN_ROWS: Final = 2
LOST: Final = 50.0
"""Nats a token: a guess among a million tokens costs 14, and a softmax that is wrong with certainty
in float32 87.
"""
CAP: Final = 100.0
"""OpenNMT prints e^min(loss, 100)."""
AT_CAP: Final = 1e-3

PERPLEXITY = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都不低于 {least}，即 e^{nats}{cap}："
    "均匀猜测也只有词表大小，这样的 loss 说明权重从一开始就毁了，没有在学。",
    en=(
        "`{metric}` ({path}) is {least} or more in all {count} rows, which is e^{nats}{cap}: a "
        "uniform guess costs no more than the size of the vocabulary, so the weights were lost "
        "from the start and nothing is learned."
    ),
)
CAPPED = Text(
    zh="（打印时的上限，真实的 loss 更高）", en=" (a cap of the print, the loss itself is higher)"
)
NOT_CAPPED: Final = ""
ENTROPY = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都不低于 {least} nats，学习率是 {lr}："
    "百万词表上的均匀猜测也只有 14，权重从一开始就毁了，没有在学。",
    en=(
        "`{metric}` ({path}) is {least} nats or more in all {count} rows, at a learning rate of "
        "{lr}: a uniform guess among a million tokens costs 14, so the weights were lost from "
        "the start and nothing is learned."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LostLanguage:
    """The least of `count` values that are all worse than a guess; nothing is trained there."""

    least: float
    count: float
    dead: bool


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding the first training perplexity, or cross-entropy at such a rate, that was lost
    in every row.
    """
    training = [
        one
        for one in context.judged
        if one.split == "train" and len(one) >= MIN_ROWS and np.isfinite(one.y).all()
    ]
    lost = [
        one
        for one in training
        if one.metric_type == "perplexity" and float(one.y.min()) >= math.exp(LOST)
    ]
    rate = rate_of_sgd(context)
    high = (
        [
            one
            for one in training
            if one.metric_type == "cross_entropy" and float(one.y.min()) >= LOST
        ]
        if lost or rate is not None
        else []
    )
    if not lost and not high:
        return
    series = (lost or high)[0]
    scores = [
        one for one in training if one.metric_type == "accuracy" and one.source == series.source
    ]
    others = [one for one in (*lost, *high, *scores) if one is not series]
    least = float(series.y.min())
    if lost:
        nats = math.log(least)
        cap = CAPPED() if abs(nats - CAP) <= AT_CAP else NOT_CAPPED
        text = PERPLEXITY(
            metric=series.label,
            path=series.path,
            count=len(series),
            least=number(least),
            nats=number(nats),
            cap=cap,
        )
    else:
        assert rate is not None
        text = ENTROPY(
            metric=series.label,
            path=series.path,
            count=len(series),
            least=number(least),
            lr=number(rate),
        )
    held = LostLanguage(least=least, count=float(len(series)), dead=True)
    yield make_finding(
        "broken_metric",
        series,
        _rows(series),
        Severity.CRITICAL,
        text,
        payload=held,
        others=others,
    )


def _rows(series: Series) -> list[int]:
    return list(range(len(series)))


DETECTOR = Detector(id="lost_language", kinds=("broken_metric",), detect=detect, order=13)
