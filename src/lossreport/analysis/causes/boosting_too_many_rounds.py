"""A boosting run whose training metric goes on while that of the validation has turned: more rounds
than it needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.beside import falls_by
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import moved, parsers, setting
from lossreport.text import Text, number

KINDS: Final = ("overfitting", "worsening")

BEST = Text(
    zh="`{metric}` 在第 {x} 轮最好（{best}），到第 {end} 轮变为 {last}。",
    en="`{metric}` was best at round {x} ({best}) and is {last} at round {end}.",
)
SET = Text(zh="配置写明 {name} = {value}。", en="The configuration says {name} = {value}.")
STOP = Text(
    zh="用第 {x} 轮的模型（best_iteration）；重训时设 early_stopping_rounds 为 {rounds} 左右，"
    "并让验证集排在最后；学习率减半、树深减小可再好一些。",
    en="Use the model of round {x} (best_iteration); train again with early_stopping_rounds "
    "of about {rounds} and the validation last in the list; half the learning rate and "
    "shallower trees may gain more.",
)
SHARE: Final = 10


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a validation that turned in the log of a boosting program while the
    training goes on.
    """
    if not any(name in parsers(context) for name in ("boosting", "evals_result", "catboost")):
        return
    for finding in context.of_kind(*KINDS):
        series = context.subject(finding)
        train = next(
            (one for one in context.progress if one.name == series.name and one.split == "train"),
            None,
        )
        if series.split == "train" or train is None or falls_by(train) <= 0:
            continue
        best = int(series.y.argmin())
        told = BEST(
            metric=series.label,
            x=number(float(series.x[best])),
            best=number(float(series.y[best])),
            end=number(float(series.x[-1])),
            last=number(float(series.y[-1])),
        )
        signs = [strong(told), weak(moved(train))]
        depth = setting(context, "max_depth", "num_leaves", "eta", "learning_rate")
        if depth is not None:
            signs.append(weak(SET(name=depth[0], value=depth[1])))
        rounds = max(1, round(float(series.x[-1]) / SHARE))
        yield Suspicion(
            finding=finding,
            signs=tuple(signs),
            do=STOP(x=number(float(series.x[best])), rounds=rounds),
        )


CAUSE = Cause(
    id="boosting_too_many_rounds",
    family="boosting",
    title=Text(
        zh="轮数太多：训练指标仍在变好，验证指标早已回升",
        en="Too many rounds: the training metric still improves, that of the validation "
        "turned long ago",
    ),
    decided_by=Text(
        zh="比较最佳轮与最后一轮在测试集上的指标；再看早停监视的是不是训练集。",
        en="Compare the best and the last round on a test set, and see whether the early stop "
        "watches the training set.",
    ),
    do=Text(
        zh="用最佳轮的模型，打开早停，并让验证集排在最后。",
        en="Use the model of the best round, turn early stopping on, and put the validation "
        "last in the list.",
    ),
    reference="dmlc/xgboost #2777: XGBoost stops at a random spot",
    suspect=suspect,
)
