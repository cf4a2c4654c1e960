"""A training loss that goes to nearly nothing while the validation turns up early: the model
memorises a small set.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import parsers, wild
from lossreport.model.run import shown_x
from lossreport.text import Text, number, percent
from lossreport.words import AXES

BOOSTED: Final = frozenset(("evals_result", "boosting_text", "catboost"))
LEFT: Final = 0.1
EARLY: Final = 0.5
BOTH = Text(
    zh="`{train}` 降到起点的 {left}（末行 {last}），而 `{val}` 在 {axis} {x}（第 {line} 行，"
    "全程的前 {share}）就到了最低点：在背训练集。",
    en="`{train}` falls to {left} of its start ({last} in the last row), while `{val}` is "
    "lowest at {axis} {x} (line {line}, {share} of the run): the training set is memorised.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for an over-fitting whose training loss is all but gone."""
    if parsers(context) & BOOSTED:
        return  # there the rounds are what is too many
    for finding in context.of_kind("overfitting"):
        val = context.subject(finding)
        train = next(
            (
                one
                for one in context.progress
                if one.split == "train"
                and one.name == val.name
                and one.axis is val.axis
                and len(one) > 2
            ),
            None,
        )
        if (
            train is None
            or not np.isfinite(train.y).all()
            or not np.isfinite(val.y).any()
            or train.y[0] <= 0
        ):
            continue
        if _still_scores(context, val.split):
            continue  # a loss that turns while the score improves is chosen by the score
        best = int(np.nanargmin(val.y))
        left, share = float(train.y[-1] / train.y[0]), (best + 1) / len(val)
        if left <= LEFT and share <= EARLY and not wild(val):
            values = {
                "left": percent(left),
                "last": number(float(train.y[-1])),
                "share": percent(share),
            }
            said = BOTH(
                train=train.label,
                val=val.label,
                axis=AXES[val.axis.value],
                x=shown_x(val.x[best]),
                line=int(val.line[best]),
                **values,
            )
            yield Suspicion(finding=finding, signs=(strong(said),))


def _still_scores(context: Context, split: str) -> bool:
    """Return whether a score of the validation is best in the last quarter of its rows."""
    for one in context.judged:
        if (
            one.split == split
            and one.metric_type in ("map", "accuracy", "error_rate")
            and len(one) > 2
            and np.isfinite(one.y).all()
        ):
            best = (
                int(np.argmin(one.y)) if one.metric_type == "error_rate" else int(np.argmax(one.y))
            )
            if best >= LATE * len(one):
                return True
    return False


LATE: Final = 0.75
CAUSE = Cause(
    id="model_too_big",
    family="model",
    title=Text(
        zh="模型对这点数据来说太大，在背训练集",
        en="The model is too large for the data and memorises the training set",
    ),
    decided_by=Text(
        zh="用一半的数据重跑：最低点更早、更高，就是数据太少；加正则后最低点更低，也支持它。",
        en="Run with half of the data: an earlier and higher minimum means too little data; a "
        "lower minimum under regularisation supports it too.",
    ),
    do=Text(
        zh="用验证最低处的 checkpoint；下一次缩小模型、加数据增强、dropout 或 weight decay，"
        "并在验证回升时提前停止。",
        en="Take the checkpoint at the lowest validation; next time use a smaller model, "
        "augmentation, dropout or weight decay, and stop early when the validation turns.",
    ),
    reference="keras-team/keras #1597: acc and val_acc don't change?",
    suspect=suspect,
)
