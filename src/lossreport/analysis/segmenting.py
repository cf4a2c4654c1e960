"""How a log says that masks are segmented, or that a binary cross-entropy is minimised: by its
metrics, its final values, its settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context

MASKS: Final = re.compile(
    r"dice|jaccard|tversky|(?<![a-z])m?iou(?![a-z])|(?<![a-z])seg(?:ment(?:ation)?)?(?![a-z])",
    re.IGNORECASE,
)
BINARY: Final = re.compile(
    r"bce|binary_?cross_?entropy|sigmoid_?(?:cross_?entropy|focal)", re.IGNORECASE
)
CRITERIA: Final = (
    "loss",
    "criterion",
    "loss_fn",
    "loss_function",
    "loss_func",
    "loss_type",
    "loss_name",
    "task",
)
OVERLAP: Final = re.compile(r"dice|jaccard|(?<![a-z])m?iou(?![a-z])", re.IGNORECASE)
FULL: Final = 1.0
PERCENT: Final = 3.0
"""An overlap above 3 is one in percent."""


def masks_said(context: Context) -> str | None:
    """Return the name of a metric, of a value told at the end, or the setting that tells of a
    segmentation; None without.
    """
    names = (*sorted(context.metrics), *(name for name in context.facts if name.startswith(FINAL)))
    found = next((name for name in names if MASKS.search(name)), None)
    return found or next((said for said in _criteria(context) if MASKS.search(said)), None)


FINAL: Final = ("final_", "best_")


def binary_said(context: Context) -> str | None:
    """Return the setting that tells of a binary cross-entropy; None without."""
    return next((said for said in _criteria(context) if BINARY.search(said)), None)


def _criteria(context: Context) -> Iterator[str]:
    for name in CRITERIA:
        value = context.facts.get(name)
        if isinstance(value, str):
            yield f"{name} = {value}"


def overlap_above_one(context: Context) -> tuple[str, float] | None:
    """Return name and value of a Dice score or IoU above 1, which none can be, of its rows or told
    at the end; None without.
    """
    for series in context.run.series:
        if (
            OVERLAP.search(series.name)
            and np.isfinite(series.y).any()
            and FULL < float(np.nanmax(series.y)) < PERCENT
        ):
            return series.label, float(np.nanmax(series.y))
    for name, value in context.facts.items():
        if OVERLAP.search(name) and isinstance(value, float) and FULL < value < PERCENT:
            return name, value
    return None
