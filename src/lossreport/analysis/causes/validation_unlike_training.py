"""A validation that is far behind from the first epoch on beside a training that is solved: it is
not the same task.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signs import score_beside
from lossreport.model.run import Series
from lossreport.text import Text, Value, number

KINDS: Final = (
    "overfitting",
    "worsening",
    "train_val_gap",
    "constant_metric",
    "no_learning",
    "plateau",
    "spike",
)
MIN_ROWS: Final = 3
SOLVED: Final = 0.9
BEHIND: Final = 0.65
"""No row of the validation reaches two thirds of the training's accuracy ..."""
GAINED: Final = 0.05
"""... and it ends no five points above its first row: there was no good early epoch, as overfitting
has one.
"""
JUMP: Final = 2.5
APART = Text(
    zh="`{train}` 在第 {line} 行已到 {value}，而 `{val}` 从第一行的 {first} 到最后的 {last}，"
    "没有高出五个百分点：差距从一开始就在，不是慢慢过拟合出来的。",
    en="`{train}` is {value} at line {line} already, while `{val}` goes from {first} in its "
    "first row to {last} in its last, a gain of less than five points: the gap is there "
    "from the start and did not grow by overfitting.",
)
JUMPS = Text(
    zh="`{metric}` 有一个 epoch 跳到 {high}（第 {line} 行）又回来，而训练 loss 没有动："
    "一步更新过大，或 BatchNorm 的统计量不稳。",
    en="`{metric}` jumps to {high} for one epoch (line {line}) and comes back while the "
    "training loss does not move: an update too large, or unsteady statistics of batch "
    "norm.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for the first finding on such a validation."""
    for val in context.judged:
        if (
            val.metric_type != "accuracy"
            or val.split == "train"
            or len(val) < MIN_ROWS
            or not np.isfinite(val.y).all()
        ):
            continue
        train = score_beside(context, val)
        if train is None or not is_apart(train, val) or not val.y.any():
            continue
        mine = [
            f
            for f in context.of_kind(*KINDS)
            if context.subject(f).split == val.split and context.subject(f).source == val.source
        ]
        if not mine:
            continue
        values = {
            "first": number(float(val.y[0])),
            "last": number(float(val.y[-1])),
            "value": number(float(train.y[1])),
        }
        signs = [strong(APART(train=train.label, val=val.label, line=int(train.line[1]), **values))]
        signs += [weak(JUMPS(**jump)) for jump in _jumps(context, val)]
        yield Suspicion(finding=mine[0], signs=tuple(signs))
        return


def is_apart(train: Series, val: Series) -> bool:
    """Return whether the training is solved by its second row and the validation far behind it in
    every row, at the end as at first.
    """
    if len(train) < MIN_ROWS or not np.isfinite(train.y).all():
        return False
    full = 100.0 if float(train.y.max()) > 1 else 1.0
    solved = float(train.y[1]) >= SOLVED * full and float(train.y[-1]) >= SOLVED * full
    return (
        solved
        and float(val.y.max()) <= BEHIND * float(train.y[1])
        and float(val.y[-1] - val.y[0]) < GAINED * full
    )


def _jumps(context: Context, val: Series) -> Iterator[dict[str, Value]]:
    for loss in context.progress:
        if (
            loss.split == val.split
            and loss.source == val.source
            and len(loss) > MIN_ROWS
            and np.isfinite(loss.y).all()
        ):
            row = int(np.argmax(loss.y))
            if (
                0 < row < len(loss) - 1
                and loss.y[row] >= JUMP * max(loss.y[row - 1], loss.y[row + 1]) > 0
            ):
                yield {
                    "metric": loss.label,
                    "high": number(float(loss.y[row])),
                    "line": int(loss.line[row]),
                }
            return


CAUSE = Cause(
    id="validation_unlike_training",
    family="data",
    title=Text(
        zh="验证与训练从一开始就不是一回事：数据没有打乱或按类排序、预处理或标签映射不同、"
        "BatchNorm / dropout 的模式不对，或步子过大（学习率、Adam 的 epsilon）使统计量不稳",
        en="Validation and training differ from the start: data not shuffled or sorted by "
        "class, another preprocessing or mapping of labels, the wrong mode of batch norm "
        "or dropout, or steps so large (learning rate, epsilon of Adam) that the "
        "statistics are unsteady",
    ),
    decided_by=Text(
        zh="用验证的代码（eval 模式、验证的预处理）在训练集上跑一遍：准确率也低，是模式、"
        "预处理或 BatchNorm；仍高，是两个集合不同或数据没有打乱。",
        en="Run the code of the validation (eval mode, its preprocessing) over the training "
        "set: low there too means the mode, the preprocessing or batch norm; high means "
        "that the sets differ or the data are not shuffled.",
    ),
    do=Text(
        zh="先用验证的代码在训练集上跑一遍，再按结果改：训练前把数据整体打乱（record / list "
        "文件也要）；统一预处理与标签映射；验证前调用 model.eval()；若验证 loss 会跳，"
        "把学习率降到十分之一或把 Adam 的 epsilon 提到 1e-3。",
        en="First run the code of the validation over the training set, then repair what it "
        "shows: shuffle all data before the training (record and list files too); one "
        "preprocessing and one mapping of labels; model.eval() before the validation; "
        "where the validation loss jumps, a tenth of the learning rate or an epsilon of "
        "1e-3 for Adam.",
    ),
    reference="tornadomeet/ResNet #19: Strange Train-Accuracy at very beginning; "
    "deepconvolution/LipNet #2: sudden drop in val_acc using Adam",
    suspect=suspect,
)
