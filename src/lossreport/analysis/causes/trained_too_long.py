"""A score of the validation that falls while the training gets better: overfitting, told by a score
where no loss is validated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.goal import is_score, mode_of
from lossreport.analysis.payloads import LostGround
from lossreport.model.run import Series
from lossreport.text import Text, Value, number

NO_QUALITY: Final = re.compile(
    r"reward|logp|logit|margin|entropy|(?<![a-z])kl(?![a-z])", re.IGNORECASE
)
"""What preference training logs of a validation: it moves by design."""
MOVED: Final = 0.01
"""The training gained a hundredth behind the best validation: it was still learning."""
BOTH = Text(
    zh="`{val}` 从最好的 {best} 变到 {end}，而同一段里 `{train}` 仍在变好（{first} → {last}，"
    "第 {line} 行）。",
    en="`{val}` goes from its best of {best} to {end} while `{train}` still gets better over "
    "the same rows ({first} → {last}, line {line}).",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a score that got worse beside a training metric that did not."""
    if context.is_rewarded:
        return  # a reward that falls is no overfitting
    for finding, lost in context.seen(LostGround):
        if finding.kind != "worsening":
            continue
        val = context.subject(finding)
        if val.split == "train" or not is_score(context, val) or NO_QUALITY.search(val.name):
            continue
        train = next(
            (one for one in context.judged if _gains(context, one, val, finding.start.x)), None
        )
        if train is None or _loss_gains(context, val, finding.start.x):
            continue
        row = int(np.flatnonzero(train.x >= finding.start.x)[0])
        values = {"best": number(lost.best), "end": number(lost.end)}
        ends: dict[str, Value] = {
            "first": number(float(train.y[row])),
            "last": number(float(train.y[-1])),
            "line": int(train.line[-1]),
        }
        yield Suspicion(
            finding=finding,
            signs=(strong(BOTH(val=val.label, train=train.label, **values, **ends)),),
        )


def otherwise(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for each over-fitting that no other cause explains: the rows behind its
    best are too many.
    """
    for finding, lost in context.seen(LostGround):
        if finding.kind != "overfitting":
            continue
        val = context.subject(finding)
        train = next(
            (one for one in context.judged if _gains(context, one, val, finding.start.x)), None
        )
        if train is None or context.is_rewarded:
            continue
        row = int(np.flatnonzero(train.x >= finding.start.x)[0])
        values: dict[str, Value] = {"best": number(lost.best), "end": number(lost.end)}
        ends: dict[str, Value] = {
            "first": number(float(train.y[row])),
            "last": number(float(train.y[-1])),
            "line": int(train.line[-1]),
        }
        yield Suspicion(
            finding=finding,
            signs=(strong(BOTH(val=val.label, train=train.label, **values, **ends)),),
        )


def _loss_gains(context: Context, val: Series, x: float) -> bool:
    """Return whether the loss of the same set still gets better where its score gets worse: the
    model fits that set ever better, and the score says something else.
    """
    return any(
        one.split == val.split and _falls(one, val, x)
        for one in context.progress
        if mode_of(context, one) == "min"
    )


def _falls(loss: Series, val: Series, x: float) -> bool:
    if loss.source != val.source or loss.axis is not val.axis:
        return False
    behind = loss.y[loss.x >= x]
    enough = len(behind) >= 2 and np.isfinite(behind).all() and behind[0] > 0
    return bool(enough and behind[-1] <= (1 - MOVED) * behind[0])


def _gains(context: Context, train: Series, val: Series, x: float) -> bool:
    measures = train in context.progress or train.metric_type == "accuracy"
    if (
        train.split != "train"
        or train.source != val.source
        or train.axis is not val.axis
        or not measures
    ):
        return False
    behind = train.y[train.x >= x]
    if len(behind) < 2 or not np.isfinite(behind).all() or behind[0] == 0:
        return False
    gain = (behind[-1] - behind[0]) / abs(behind[0])
    return bool(gain >= MOVED if mode_of(context, train) == "max" else -gain >= MOVED)


CAUSE = Cause(
    id="trained_too_long",
    family="capacity",
    title=Text(
        zh="过拟合：对这么多数据训练得太久，学到的已是训练集独有的东西",
        en="Overfitting: trained too long for so much data, what is still learned holds for "
        "the training set only",
    ),
    decided_by=Text(
        zh="用验证最好处的 checkpoint 测测试集，与最后的比较：前者更好就是过拟合。",
        en="Test the checkpoint of the best validation against the last one: if the first is "
        "better, it is overfitting.",
    ),
    do=Text(
        zh="按验证指标早停，取最好处的 checkpoint；再训时加 dropout、权重衰减或数据。",
        en="Stop by the validation score and take the checkpoint of its best; train again "
        "with dropout, weight decay or more data.",
    ),
    reference="tkipf/gae #3: epochs to train: 200 vs. 1000",
    suspect=suspect,
    otherwise=otherwise,
)
