"""An early stop that waits for the training metric: the validation was at its best long before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Sign, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.goal import mode_of
from lossreport.analysis.signature import quoted, said
from lossreport.analysis.signs import parsers
from lossreport.model.run import Floats, Series, shown_x
from lossreport.text import Text
from lossreport.words import AXES

WATCHED: Final = (
    r"will train until \W?(?:d?train|training|learn)[-_ ]|\W(?:d?train|training|"
    r"learn)[-_]\S{1,40} will be used for early stopping"
    r"|stopp\w* since train(?:ing)?(?:[-_ /]\w+)? has not improved"
)
"""What XGBoost and LightGBM name when they begin, and trainers when they stop."""
KINDS: Final = (
    "overfitting",
    "worsening",
    "divergence",
    "train_val_gap",
    "plateau",
    "broken_metric",
)
EARLY: Final = 0.5
LATE: Final = 0.8
"""The validation is best in the first half and the training in the last fifth of the rows."""
MIN_ROWS: Final = 6
APART = Text(
    zh="训练是早停的，而 `{val}` 在 {axis} {x} 就已最好（第 {line} 行），`{train}` "
    "几乎一直好到最后。",
    en="The run stopped early, yet `{val}` was best at {axis} {x} already (line {line}) while "
    "`{train}` got better nearly to the end.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion where the log names the training metric as the one watched; rows far apart
    alone are what any patience leaves.
    """
    named = said(context, WATCHED)
    if named is None:
        return
    stopped = any(event.kind == "early_stop" for event in context.run.events)
    boosted = parsers(context) & frozenset(("boosting_text", "evals_result", "catboost"))
    for finding in context.of_kind(*KINDS):
        val = context.subject(finding)
        if val.split == "train":
            continue
        signs: list[Sign] = [strong(quoted(context, named))]
        train = _partner(context, val)
        if stopped and train is not None and _apart(context, val, train):
            best = int(np.argmin(_cost(context, val)))
            place = {
                "axis": AXES[val.axis.value],
                "x": shown_x(val.x[best]),
                "line": int(val.line[best]),
            }
            signs.append(weak(APART(val=val.label, train=train.label, **place)))
        yield Suspicion(
            finding=finding,
            signs=tuple(signs),
            code="evals=[(dtrain, 'train'), (dval, 'eval')]" if boosted else "",
        )
        return


def _partner(context: Context, val: Series) -> Series | None:
    same = (
        one
        for one in context.judged
        if one.split == "train" and one.name == val.name and one.source == val.source
    )
    return next((one for one in same if len(one) == len(val)), None)


def _cost(context: Context, series: Series) -> Floats:
    return -series.y if mode_of(context, series) == "max" else series.y


def _apart(context: Context, val: Series, train: Series) -> bool:
    if len(val) < MIN_ROWS or not np.isfinite(val.y).all() or not np.isfinite(train.y).all():
        return False
    last = len(val) - 1
    return bool(
        np.argmin(_cost(context, val)) <= EARLY * last
        and np.argmin(_cost(context, train)) >= LATE * last
    )


CAUSE = Cause(
    id="early_stop_watches_training",
    family="selection",
    title=Text(
        zh="早停看的是训练集，不是验证集：训练指标一直变好，所以停得太晚",
        en="Early stopping watches the training set instead of the validation: that goes on "
        "getting better, so it stops too late",
    ),
    decided_by=Text(
        zh="看早停监控的名字（XGBoost 用 evals 里最后一个；Keras 是 monitor）：是训练集，就是它。",
        en="Look at the name that is monitored (XGBoost takes the last of evals, Keras "
        "monitor): the training set decides it.",
    ),
    do=Text(
        zh="把验证集放在 evals 的最后（Keras：monitor='val_loss'），用验证最好的那一轮；"
        "再训练一次。",
        en="Put the validation last in evals (Keras: monitor='val_loss'), take the round "
        "where the validation was best, and train again.",
    ),
    reference="dmlc/xgboost #519: Predicting first ntrees with best_iteration attribute",
    suspect=suspect,
)
