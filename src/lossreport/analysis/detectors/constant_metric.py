"""A metric that never changes: nothing was measured, or nothing was learned; said apart from losses
that are flat with noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.detectors.overfitting import is_component
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import OneValue
from lossreport.analysis.printed import digits
from lossreport.analysis.unmeasured import never_measured
from lossreport.model.analysis import Severity
from lossreport.model.run import Series, shown_x
from lossreport.text import Text, Value, number
from lossreport.words import AXES

MIN_ROWS: Final = 8
FEW: Final = 3
FEW_SCORES: Final = 5
"""Rows that are enough where a loss is printed with many digits, and of a score: of a validation of
80 samples two neighbours in ten are equal by chance, five in a row are not.
"""
MOST_ROWS: Final = 0.6
"""So large a share of the rows is equal to the end: a stop early on. One late in a long run is a
frozen metric.
"""
TOLD: Final = 3.0
FINE: Final = 5.0
"""Significant digits: with fewer than three equal rows may be rounding; with five and more they are
no coincidence even in three rows.
"""
ROLES: Final = ("loss", "regulariser", "score")

ZERO = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都是 0：这一项没有起作用（例如单类别任务的分类 "
    "loss），或没有被计算。",
    en="`{metric}` ({path}) is 0 in all {count} rows: this term has no effect (a class loss "
    "with one class, for example), or was never computed.",
)
SAME = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都是 {value}，一次也没有变化：它没有被更新，"
    "或模型没有学到影响它的东西。",
    en="`{metric}` ({path}) is {value} in all {count} rows and never changes: it was not "
    "updated, or nothing that affects it was learned.",
)
SCORE_ZERO = Text(
    zh="`{metric}`（{path}）在全部 {count} 次验证里都是 0：没有一个预测被判为正确，"
    "或验证没有真正执行。",
    en="`{metric}` ({path}) is 0 in all {count} validations: not one prediction counts as "
    "right, or the validation never ran.",
)
SCORE_NEVER_ABOVE = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都是 0，一次也没有高于 0："
    "没有一个预测被判为正确，或这项指标、它用来比较的标签有误。",
    en="`{metric}` ({path}) was never above 0 in its {count} rows: not one prediction counts "
    "as right, or the score or the labels that it compares with are wrong.",
)
NO_GRADIENT = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都是 0{rate}：除非只是打印时舍入成 0，"
    "就没有梯度到达参数（标签全被屏蔽、参数全被冻结、每一步都被跳过，"
    "或一组样本的奖励全相同）。",
    en="`{metric}` ({path}) is 0 in all {count} rows{rate}: unless it was only rounded to 0 "
    "when printed, no gradient reaches the parameters (all labels masked, all parameters "
    "frozen, every step skipped, or equal rewards within each group).",
)
STUCK = Text(
    zh="`{metric}`（{path}）从 {axis} {x}（第 {line} 行）起共 {count} 行逐位都是 "
    "{value}（全部 {rows} 行中）：影响它的东西没有在学。",
    en="`{metric}` ({path}) is {value} to the last digit in {count} of {rows} rows, from "
    "{axis} {x} (line {line}) to the end: nothing that affects it is learned.",
)
ROUNDED = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都打印为 {value}：位数太少，看不出它是否在变。",
    en="`{metric}` ({path}) is printed as {value} in all {count} rows: too few digits to tell "
    "whether it changes.",
)
ONE_CLASS = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都是 {value}："
    "模型很可能对所有样本都预测同一个类（这个值就是该类所占的比例），或这一列没有重新计算。",
    en=(
        "`{metric}` ({path}) is {value} in all {count} rows: the model most likely predicts one "
        "class for every sample (the value is then the share of that class), or the column was "
        "not computed anew."
    ),
)
FULL = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都是满分 {value}："
    "它已经分不出好坏（任务太容易、验证集与训练集重叠，或计算有误）。",
    en=(
        "`{metric}` ({path}) is at its maximum of {value} in all {count} rows and tells nothing "
        "any more (an easy task, a validation that overlaps with the training set, or a score "
        "computed wrongly)."
    ),
)
UNMEASURED = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都是 {value}：这是“没有测得”"
    "的标记（例如没有这种大小的目标），不是分数。",
    en="`{metric}` ({path}) is {value} in all {count} rows: the mark for “not measured” (no "
    "object of that size, for example), not a score.",
)
REWARD = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都是 {value}：每个 episode 的结局都一样。"
    "很可能环境一开始就结束、动作不起作用，或奖励没有被计算；学不到东西。",
    en="`{metric}` ({path}) is {value} in all {count} rows: every episode ends alike. Most "
    "likely the environment ends at once, the actions have no effect, or the reward is not "
    "computed; nothing can be learned from it.",
)
LEAST_EPISODES: Final = 20
"""A reward of few values may be equal by chance in a task of few outcomes: of a coin, twenty in a
row once in a million.
"""
RATE = Text(zh="，`{name}` 也一直是 0", en=", and so is `{name}`")
FEW_ROWS: Final = 4
"""Rows of a gradient norm that are no coincidence: a single one is 0 where one batch is masked."""


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a loss or score with a single value in all or most rows, and a norm of the
    gradient that is 0 in all.
    """
    yield from _gradients(context)
    yield from _rewards(context)
    for series in context.judged:
        kind = context.kind(series)
        if any(
            context.has(told, series)
            for told in ("masked_nonfinite", "broken_metric", "frozen_metric")
        ):
            continue  # NaN, or a clamp, is behind the equal rows
        if context.is_loss(series) and not context.is_measure(series):
            continue  # the loss of a policy is 0 by construction where it was updated once
        is_score = kind.id in SCORES
        if is_score and any(
            f.is_dead and context.subject(f).source == series.source
            for f in context.of_kind("broken_metric")
        ):
            continue  # of weights that are lost a score is what it is
        if not (is_score or context.is_loss(series)) or not np.isfinite(series.y).all():
            continue
        start = stuck_from(series, is_score, apart=is_score and _is_learned(context, series))
        if start is not None:
            yield _finding(context, series, start, is_score)


SCORES: Final = ("accuracy", "map")


LEARNED: Final = 0.5
"""A training accuracy above one half beside a validation of 0: not a hard task, another one."""


def _is_learned(context: Context, series: Series) -> bool:
    """Return whether the training accuracy of the same name is good."""
    train = (
        one
        for one in context.judged
        if one.split == "train" and one.name == series.name and one.source == series.source
    )
    return series.split != "train" and any(len(one) and one.y[-1] > LEARNED for one in train)


def stuck_from(series: Series, is_score: bool = False, apart: bool = False) -> int | None:
    """Return the first of the equal rows that a series ends with, where they are most of its rows
    and no rounding; None without.

    A few zeros of a score tell something only with `apart`: the training has a good one.
    """
    n = len(series)
    if n < FEW:
        return None
    value = float(series.y[-1])
    other = np.flatnonzero(series.y != value)
    start = int(other[-1]) + 1 if len(other) else 0
    count, shown = n - start, digits(series, value)
    if start == 0 and n >= MIN_ROWS:
        return 0
    if is_score:
        return (
            0
            if start == 0
            and n >= FEW_SCORES
            and (value != 0 or apart)
            and not never_measured(series)
            else None
        )
    if value == 0 or count < FEW or count < MOST_ROWS * n:
        return None
    enough = shown >= FINE or (shown >= TOLD + 1 and count >= FEW_SCORES)
    return start if enough else None


def _rewards(context: Context) -> Iterator[Found]:
    for series in context.judged:
        if (
            context.kind(series).id != "reward"
            or BESIDE.search(series.name) is not None
            or len(series) < LEAST_EPISODES
        ):
            continue
        if not np.isfinite(series.y).all() or np.ptp(series.y) > 0:
            continue
        if any(varies(one) for one in context.judged if context.kind(one).id == "reward"):
            continue  # one term of several, which `dead_judge` tells
        value, count = float(series.y[0]), len(series)
        text = REWARD(
            metric=series.label, path=series.path, count=count, value=number(value, digits=6)
        )
        held = OneValue(value=value, count=float(count))
        yield make_finding(
            "constant_metric", series, [0, count - 1], Severity.HIGH, text, payload=held
        )


BESIDE: Final = re.compile(
    r"(?:^|[_/ -])(?:std|var|min|max|coeff?|coefficient|weight|scale|scaling|target|threshold|"
    r"clip(?:ping)?|alpha|beta|gamma|norm)(?:$|[_/ -])",
    re.IGNORECASE,
)
"""What is told of the rewards of a batch beside their mean, and the settings they are worked out
with.
"""


def varies(series: Series) -> bool:
    """Return whether the finite values of a series differ."""
    y = series.y[np.isfinite(series.y)]
    return len(y) > 1 and float(np.ptp(y)) > 0


def _gradients(context: Context) -> Iterator[Found]:
    rates = [
        s
        for s in context.judged
        if s.metric_type == "learning_rate" and len(s) >= FEW_ROWS and not np.any(s.y)
    ]
    for series in context.judged:
        # `no_gradient` has told it with what rewards say
        known = context.has("constant_metric", series)
        if (
            series.metric_type == "grad_norm"
            and len(series) >= FEW_ROWS
            and not np.any(series.y)
            and not known
        ):
            rate = RATE(name=rates[0].label) if rates else NONE
            text = NO_GRADIENT(metric=series.label, path=series.path, count=len(series), rate=rate)
            yield make_finding(
                "constant_metric",
                series,
                [0, len(series) - 1],
                Severity.HIGH,
                text,
                payload=OneValue(value=0.0),
            )


NONE: Final = ""


def _finding(context: Context, series: Series, start: int, is_score: bool) -> Found:
    value, n = float(series.y[-1]), len(series)
    values: dict[str, Value] = {"metric": series.label, "path": series.path, "count": n - start}
    held = OneValue(value=value, count=float(n - start))
    rows = [start, n - 1]
    if is_score:
        text, severity = _of_score(series, value)
        return make_finding(
            "constant_metric",
            series,
            rows,
            severity,
            text(**values, **_value(text, value)),
            payload=held,
        )
    if value == 0:
        return make_finding(
            "constant_metric", series, rows, Severity.LOW, ZERO(**values), payload=held
        )
    if digits(series, value) < TOLD:
        return make_finding(
            "constant_metric",
            series,
            rows,
            Severity.LOW,
            ROUNDED(**values, value=number(value)),
            payload=held,
        )
    said = number(value, digits=int(min(MOST_DIGITS, max(4, np.ceil(digits(series, value))))))
    if start == 0:
        made = SAME(**values, value=said)
    else:
        made = STUCK(
            **values,
            value=said,
            rows=n,
            axis=AXES[series.axis.value],
            x=shown_x(series.x[start]),
            line=int(series.line[start]),
        )
    trained = (
        series.split == "train"
        and context.kind(series).role == "loss"
        and not is_component(context, series)
    )
    if trained and digits(series, value) >= FINE:
        dead = replace(held, dead=True)
        return make_finding("constant_metric", series, rows, Severity.HIGH, made, payload=dead)
    return make_finding("constant_metric", series, rows, Severity.MEDIUM, made, payload=held)


MOST_DIGITS: Final = 9


def _value(text: Text, value: float) -> dict[str, Value]:
    return {} if text in (SCORE_ZERO, SCORE_NEVER_ABOVE) else {"value": number(value, digits=6)}


def _of_score(series: Series, value: float) -> tuple[Text, Severity]:
    if never_measured(series):
        return UNMEASURED, Severity.LOW
    if value == 0:
        return SCORE_NEVER_ABOVE if series.split == "train" else SCORE_ZERO, Severity.HIGH
    if value in FULL_SCORES:
        return FULL, Severity.LOW
    return ONE_CLASS, Severity.MEDIUM


FULL_SCORES: Final = (1.0, 100.0)


DETECTOR = Detector(
    id="constant_metric",
    kinds=(
        Kind(id="constant_metric", title=Text(zh="指标从不变化", en="metric that never changes")),
    ),
    detect=detect,
    order=15,
)
