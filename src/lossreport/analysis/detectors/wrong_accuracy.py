"""An accuracy that its own loss contradicts: so low a cross-entropy has more right answers, or the
loss falls far below a guess and the accuracy stands.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import WrongAccuracy
from lossreport.analysis.regression import WRONG, is_plain
from lossreport.model.analysis import Finding, Severity
from lossreport.model.run import Floats, Series, shown_x
from lossreport.text import Phrase, Text, number
from lossreport.words import AXES

KINDS: Final = ("cross_entropy", "class_cross_entropy", "label_smoothed_ce", "generic")
MARGIN: Final = 0.7
"""The loss lies 30 % below the least that so many wrong answers cost (ln 2 each): a mean over other
batches, or class weights, may shift it a little.
"""
MIN_ROWS: Final = 4
STANDS: Final = 0.02
"""An accuracy that moves by two points at most ..."""
GUESS: Final = 0.5
"""... at half or less ..."""
BELOW: Final = 0.5
"""... beside a loss that ended at half, or less, of what a guess with that accuracy costs, ln(1/a)
...
"""
FALLEN: Final = 0.25
"""... and lost a quarter of its first value on the way: what it learned moves no accuracy of the
same rows.
"""

LOW = Text(
    zh="`{metric}`（{path}）在 {axis} {x}（第 {line} 行）是 {value}，同处的 `{loss}` 只有 "
    "{level}：答错一个样本的交叉熵至少是 ln 2 = 0.693，这样低的 loss 不可能有这么多答错。"
    "若这是普通的交叉熵，就是准确率算错了（整数除法、标签格式与准确率函数不符、"
    "比较的形状不对），不是没有学到；若是别的 loss（focal、多输出平均的 BCE、MSE），"
    "两者不能这样比。",
    en=(
        "`{metric}` ({path}) is {value} at {axis} {x} (line {line}) where `{loss}` is only "
        "{level}: a wrong answer costs ln 2 = 0.693 of cross-entropy at least, so few of them "
        "are left at such a loss. If this is a plain cross-entropy, the accuracy is computed "
        "wrongly (an integer division, labels of another form than the accuracy expects, shapes "
        "that do not match), and the model does learn; if it is another loss (focal, a BCE "
        "averaged over many outputs, a squared error), the two cannot be compared so."
    ),
)
STILL = Text(
    zh="`{loss}`（{path}）从 {first} 降到 {last}，不到按这个准确率猜测的代价（ln(1/准确率)）"
    "的一半，而 `{metric}` 在全部 {count} 行里只在 {low} 到 {high} 之间：同样的样本，loss "
    "学到的东西准确率一点没有显示。若这是普通的交叉熵，"
    "多半是准确率算错了（例如整数标签用了 one-hot 的准确率），不是没有学到。",
    en=(
        "`{loss}` ({path}) falls from {first} to {last}, to less than half of what a guess with "
        "that accuracy costs, ln(1 / accuracy), while `{metric}` stays between {low} and {high} "
        "in all {count} rows: what the loss has learned on the same samples does not show in the "
        "accuracy at all. If this is a plain cross-entropy, most likely the accuracy is computed "
        "wrongly (integer labels under an accuracy for one-hot labels, for example), and the "
        "model does learn."
    ),
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding an accuracy that the only loss of its rows contradicts; one that a regression
    explains is told as that.
    """
    told = {
        one
        for finding, held in context.seen(WrongAccuracy)
        if held.regression
        for one in finding.series
    }
    for score in context.judged:
        loss = loss_of(context, score)
        if loss is None or score.id in told or context.has("broken_metric", score):
            continue
        share = shares(score)
        row = contradicted(share, loss.y)
        if row is not None:
            yield _finding(score, loss, [row], _low(score, loss, row))
        elif stands(share, loss.y):
            yield _finding(score, loss, [0, len(score) - 1], _still(score, loss))


def _finding(score: Series, loss: Series, rows: list[int], text: Phrase) -> Finding:
    held = WrongAccuracy(contradicted=True)
    return make_finding(
        "broken_metric", score, rows, Severity.MEDIUM, text, payload=held, others=(loss,)
    )


def _low(score: Series, loss: Series, row: int) -> Phrase:
    return LOW(
        metric=score.label,
        path=score.path,
        axis=AXES[score.axis.value],
        x=shown_x(score.x[row]),
        line=int(score.line[row]),
        value=number(float(score.y[row])),
        loss=loss.label,
        level=number(float(loss.y[row])),
    )


def _still(score: Series, loss: Series) -> Phrase:
    return STILL(
        loss=loss.label,
        path=loss.path,
        first=number(float(loss.y[0])),
        last=number(float(loss.y[-1])),
        metric=score.label,
        low=number(float(score.y.min())),
        high=number(float(score.y.max())),
        count=len(score),
    )


def loss_of(context: Context, score: Series) -> Series | None:
    """Return the only loss of the split that an accuracy is of, row by row beside it; None where
    there are several, or none of a classification.
    """
    if (
        not is_plain(score)
        or not len(score)
        or not np.isfinite(score.y).all()
        or float(score.y.min()) < 0
    ):
        return None
    losses = [
        one for one in context.losses if one.split == score.split and one.source == score.source
    ]
    if len(losses) != 1 or losses[0].metric_type not in KINDS:
        return None
    loss = losses[0]
    same = loss.axis is score.axis and len(loss) == len(score) and np.array_equal(loss.x, score.x)
    return loss if same and np.isfinite(loss.y).all() and float(loss.y.min()) > 0 else None


def shares(score: Series) -> Floats:
    """Return an accuracy as shares of 1, also where it is printed in percent."""
    values: Floats = score.y / 100 if float(score.y.max()) > 1 else score.y
    return values


def contradicted(share: Floats, loss: Floats) -> int | None:
    """Return the last row whose loss is too low for so many wrong answers; None without. Half right
    or more is no such accuracy.
    """
    rows = np.flatnonzero((share < GUESS) & (loss < MARGIN * (1 - share) * WRONG))
    return int(rows[-1]) if len(rows) else None


def stands(share: Floats, loss: Floats) -> bool:
    """Return whether an accuracy at the level of a guess stands while its loss falls far below that
    of a guess.
    """
    level = float(np.median(share))
    if len(share) < MIN_ROWS or float(np.ptp(share)) > STANDS or not 0 < level <= GUESS:
        return False
    fallen = float(loss[0] - loss[-1]) / float(loss[0])
    return fallen >= FALLEN and float(loss[-1]) <= BELOW * math.log(1 / level)


DETECTOR = Detector(id="wrong_accuracy", kinds=("broken_metric",), detect=detect, order=14)
