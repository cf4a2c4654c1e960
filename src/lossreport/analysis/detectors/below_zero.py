"""A supervised loss far below 0: one of masks or of a binary cross-entropy, whose targets must then
lie outside 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import OutOfRange
from lossreport.analysis.segmenting import binary_said, masks_said
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Phrase, Text, number

MIN_ROWS: Final = 2
BELOW: Final = -1.0
"""A Dice loss that is written as minus the score, and the cosine of SimSiam, end at -1: what lies
below is neither.
"""
KINDS: Final = (
    "generic",
    "bce",
    "cross_entropy",
    "class_cross_entropy",
    "weighted_cross_entropy",
    "label_smoothed_ce",
)
NEVER_BELOW: Final = KINDS[1:]
"""Kinds that are known not to be negative, whatever stands beside them."""
FREE: Final = frozenset(
    (
        "gan",
        "elbo",
        "kl",
        "policy",
        "value",
        "reward",
        "implicit_reward",
        "flow_matching",
        "entropy",
        "image_quality",
    )
)
"""Where one of these is logged a loss may well be below 0."""
MAY_BE: Final = re.compile(
    r"nll|likelihood|elbo|log_?p(?:rob)?(?![a-z])|energy|critic|wasserstein|(?<![a-z])(?:gp|mi|"
    r"ncc|ssim|s[di]+_?s?d?r|snr)(?![a-z])|cosine|actor|density|mixture|mdn",
    re.IGNORECASE,
)
"""Likelihoods of densities, similarities with a minus sign, games."""

TEXT = Text(
    zh="`{metric}`（{path}）有 {count} 行是负数，最小 {worst}（{witness}）：目标在 0 到 1 "
    "之间时这种 loss 不会为负，而现在它没有下界，越降越说明目标有误，升降都不是好坏。",
    en=(
        "`{metric}` ({path}) is negative in {count} rows, down to {worst} ({witness}): with "
        "targets between 0 and 1 such a loss is never below 0. It has no lower bound here, so "
        "its targets are wrong, and neither a fall nor a rise of it says anything."
    ),
)
BESIDE = Text(zh="日志里有 `{name}`，是分割任务", en="`{name}` beside it tells a segmentation")
SET = Text(zh="设置写明 {said}", en="the settings say {said}")
KIND = Text(zh="它是交叉熵", en="it is a cross-entropy")


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a loss whose level is far below 0, where something says that it may not
    be.
    """
    if context.is_rewarded or any(series.metric_type in FREE for series in context.run.series):
        return
    for series in context.progress:
        finite = series.y[np.isfinite(series.y)]
        if (
            series.metric_type not in KINDS
            or MAY_BE.search(series.name)
            or len(finite) < MIN_ROWS
            or float(np.median(finite)) >= BELOW
        ):
            continue
        witness = _witness(context, series)
        if witness is None or context.has("broken_metric", series):
            continue
        rows = [int(row) for row in np.flatnonzero(np.isfinite(series.y) & (series.y < 0))]
        worst = float(finite.min())
        text = TEXT(
            metric=series.label,
            path=series.path,
            count=len(rows),
            worst=number(worst, digits=3),
            witness=witness,
        )
        held = OutOfRange(worst=worst, count=float(len(rows)), dead=True)
        yield make_finding("broken_metric", series, rows, Severity.CRITICAL, text, payload=held)


def _witness(context: Context, series: Series) -> Phrase | None:
    masks, binary = masks_said(context), binary_said(context)
    if binary is not None:
        return SET(said=binary)
    if masks is not None:
        return SET(said=masks) if " = " in masks else BESIDE(name=masks)
    return KIND() if series.metric_type in NEVER_BELOW else None


DETECTOR = Detector(id="below_zero", kinds=("broken_metric",), detect=detect, order=14)
