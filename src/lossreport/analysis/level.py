"""Weighs the level of a score: still near nothing, no better than guessing, or near the full one,
however its curve goes.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.goal import measured, mode_of
from lossreport.analysis.patience import BOOSTING
from lossreport.knowledge.losses._facts import CLASSES, first_count
from lossreport.knowledge.losses.accuracy import PLAIN, guess_level
from lossreport.model.run import Series
from lossreport.text import Phrase, Text, number

KINDS: Final = ("accuracy", "map")
RANKED: Final = re.compile(r"ndcg|mrr|hit|\bhr|gauc|(?:recall|precision|prec)_?@", re.IGNORECASE)
"""Scores of a ranking over thousands of items are small by nature (RecBole: recall@10 of 0.05 is a
good model).
"""
NOTHING: Final = 0.02
"""Two per cent of the full score at best: no detector, classifier or segmentation is of use there
(COCO baselines start near 0.2).
"""
GUESSING: Final = 1.10
"""No better than a tenth above 1 / K: of 1,000 samples and ten classes 0.11 is one standard error
above the guess.
"""

NEAR_NOTHING = Text(
    zh="但它的水平仍近于零：最好也只有 {best}（满分 {full_score}），模型还没有用处。",
    en=" But it is still near nothing: {best} at best, where {full_score} is the full score.",
)
ZERO = Text(
    zh="但它一次也没有高于 0：模型还没有用处，或者指标、标签有误。",
    en=" But it was never above 0: the model is of no use yet, or the score or the labels are "
    "wrong.",
)
LIKE_GUESSING = Text(
    zh="但它不高于随机猜测水平：最好 {best}，而在 {class_count} 个类别中均匀预测就有 {guessed}。",
    en=" But it is no better than guessing: {best} at best, where a uniform guess among "
    "{class_count} classes gives {guessed}.",
)


BOOSTED = Text(
    zh="但日志里只有训练集上的值：boosting 的每一轮都会让它变好，对新数据说明不了什么。",
    en=" But only the training set was logged: every round of boosting makes that better, which "
    "tells nothing of new data.",
)
LOW: Final = 0.20
"""Four of five predictions are wrong: of five classes and fewer that is a guess, of a thousand it
is not.
"""
OF_UNKNOWN_CLASSES = Text(
    zh="但它的水平很低：最好也只有 {best}（满分 {full_score}）；在 K 个类别中均匀预测就有 "
    "1/K，而日志没有说 K（用 `--set num_classes=K` 给出）。",
    en=" But it is low: {best} at best, where {full_score} is the full score; a uniform guess "
    "among K classes gives 1/K, and the logs do not say K (`--set num_classes=K`).",
)


def of_no_use(context: Context, series: Series) -> Phrase | None:
    """Return the sentence that weighs the best value of a score, where that is near nothing or a
    guess, or was measured on the training set of a boosting; None elsewhere.
    """
    if is_boosted(context, series):
        return BOOSTED()
    if context.kind(series).id not in KINDS or RANKED.search(series.name):
        return None
    values = measured(context, series)
    values = values[np.isfinite(values)]
    if not len(values) or values.min() < 0 or values.max() > PERCENT:
        return None
    best, full = float(values.max()), 1.0 if values.max() <= 1 else PERCENT
    if best == 0:
        return ZERO()
    if best <= NOTHING * full:
        return NEAR_NOTHING(best=number(best), full_score=number(full))
    known = context.known(series)
    guess = guess_level(known)
    if (
        best <= LOW * full
        and first_count(known, CLASSES) is None
        and PLAIN.fullmatch(known.name.lower())
    ):
        return OF_UNKNOWN_CLASSES(best=number(best), full_score=number(full))
    if guess is not None and best <= GUESSING * guess * full:
        return LIKE_GUESSING(
            best=number(best), class_count=round(1 / guess), guessed=number(guess * full)
        )
    return None


def is_boosted(context: Context, series: Series) -> bool:
    """Return whether a series is what gradient boosting lowers round by round on its own training
    set.
    """
    parser = context.run.source(series.source).parser
    return series.split == "train" and parser in BOOSTING


NEAR_FULL: Final = 0.9
"""A score at nine tenths of the full one from the start has little to gain: it stands, and not at a
poor level.
"""


def is_near_full(context: Context, series: Series) -> bool:
    """Return whether half the values of a score or more stand at nine tenths of the full one or
    above.
    """
    if mode_of(context, series) != "max" or context.kind(series).id not in KINDS:
        return False
    values = measured(context, series)
    return float(np.nanmedian(values)) >= NEAR_FULL * (1.0 if np.nanmax(values) <= 1 else PERCENT)


PERCENT: Final = 100.0
