"""An accuracy that says nothing: that of a regression, which counts predictions that are exactly
equal to a real number.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.beside import falls_by
from lossreport.analysis.context import Context
from lossreport.model.run import Series

KINDS: Final = ("mse", "l1", "huber")
"""Losses of regression."""
PLAIN: Final = re.compile(r"(?:.*[/_.])?acc(?:uracy)?(?:_?\d)?", re.IGNORECASE)
"""An accuracy proper: precision, recall and IoU are 0 in classification as well, where nothing was
found yet.
"""
NEVER: Final = 0.05
"""Exact hits of real numbers are few: the zeros and ones among the targets, or one sample in a
batch.
"""
FALLEN: Final = 0.1
"""The loss has lost a tenth: something is learned that the accuracy does not show."""
MIN_ROWS: Final = 3
HALF: Final = 0.5
WRONG: Final = math.log(2)
"""A class that is not chosen has a probability of one half at most, and costs ln 2 at least: of
samples with a mean loss of L no more than L / ln 2 are wrong.
"""


def least_accuracy(loss: float) -> float:
    """Return the smallest accuracy that a mean cross-entropy leaves: 1 - L / ln 2, below 0 where it
    says nothing.
    """
    return 1.0 - loss / WRONG


def loss_against(context: Context, score: Series) -> Series | None:
    """Return the loss that shows an accuracy near 0 to be that of a regression; None where it may
    be one of a classification.

    It is a loss of regression, or one so small that as a cross-entropy it would leave half of the
    answers right.
    """
    if not is_plain(score) or np.isfinite(score.y).sum() < MIN_ROWS:
        return None
    scores = [one for one in context.judged if is_plain(one) and one.source == score.source]
    if not all(_is_nothing(one) for one in scores):
        return None  # what is right in training and wrong in validation is a classification
    losses = [
        one
        for one in context.progress
        if one.source == score.source and len(one) and np.isfinite(one.y).all()
    ]
    if not losses or any(one.metric_type not in (*KINDS, "generic") for one in losses):
        return None
    training = [one for one in losses if one.split == "train"] or losses
    if max(falls_by(one) for one in training) < FALLEN:
        return None
    beside = sorted(losses, key=lambda one: one.split != score.split)
    return next((one for one in beside if _is_of_regression(one)), None)


def is_plain(score: Series) -> bool:
    return score.metric_type == "accuracy" and PLAIN.fullmatch(score.name) is not None


def _is_nothing(score: Series) -> bool:
    y = score.y[np.isfinite(score.y)]
    return not len(y) or (float(y.min()) >= 0 and float(y.max()) <= NEVER)


def _is_of_regression(loss: Series) -> bool:
    last = float(loss.y[-1])
    return loss.metric_type in KINDS or (last > 0 and least_accuracy(last) >= HALF)
