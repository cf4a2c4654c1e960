"""A score that is the share of one class in every row: the model predicts the largest class for all
samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Sign, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.two_values import TwoValues
from lossreport.analysis.payloads import OneValue
from lossreport.analysis.signs import parsers, score_beside
from lossreport.model.run import Series
from lossreport.text import Text, number, percent

SAME = Text(
    zh="`{metric}` 在全部 {count} 行里都是 {value}（从第 {line} 行起）："
    "所有样本都被预测成同一个类，这个值就是该类的占比。",
    en="`{metric}` is {value} in all {count} rows (from line {line} on): the same class is "
    "predicted for every sample, and the value is the share of that class.",
)
LOSS = Text(
    zh="`{metric}` 同时在变（{first} → {last}）：模型在动，但还没有越过判决边界。",
    en="`{metric}` moves meanwhile ({first} → {last}): the model changes, but no sample "
    "crosses the decision boundary.",
)
TURNS = Text(
    zh="`{metric}` 的 {share} 是 {a} 或 {b}，两者之和正好是全部：所有样本都被预测成同一个类，"
    "时而这个类，时而那个类。",
    en="`{metric}` is {a} or {b} in {share} of its rows, which add up to the whole: one class is "
    "predicted for every sample, now the one, now the other.",
)
BOOSTED: Final = frozenset(("evals_result", "boosting_text", "catboost"))
REGRESSION: Final = ("mse", "l1", "huber")
NEAR: Final = 0.05


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a constant score between 0 and full, unless the training accuracy shows
    that more than one class is told.
    """
    if parsers(context) & BOOSTED or any(one.metric_type in REGRESSION for one in context.losses):
        # a boosting that grows no tree, or an accuracy beside a regression, is another matter
        return
    yield from _turning(context)
    for finding, same in context.seen(OneValue):
        series, value = context.subject(finding), same.value
        if series.metric_type != "accuracy" or not 0 < value < 1 or finding.start.row:
            continue
        train = score_beside(context, series)
        if train is not None and train is not series and float(np.nanmax(train.y)) > value + NEAR:
            continue
        signs = [
            strong(
                SAME(
                    metric=series.label,
                    count=len(series),
                    value=number(value, digits=5),
                    line=int(series.line[0]),
                )
            )
        ]
        signs += _moving_loss(context, series)
        yield Suspicion(finding=finding, signs=tuple(signs))


def _turning(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a score that goes between the shares of two classes."""
    for finding, turns in context.seen(TwoValues):
        series = context.subject(finding)
        if series.metric_type == "accuracy" and not finding.start.row:
            told = TURNS(
                metric=series.label,
                share=percent(turns.share),
                a=number(turns.other),
                b=number(turns.value),
            )
            signs = (strong(told), *_moving_loss(context, series))
            yield Suspicion(finding=finding, signs=signs)


def _moving_loss(context: Context, series: Series) -> Iterator[Sign]:
    """Yield that the loss beside a score moves meanwhile."""
    loss = next(
        (
            one
            for one in context.progress
            if one.split == series.split and one.source == series.source and len(one) > 1
        ),
        None,
    )
    if loss is not None and loss.y[0] != loss.y[-1]:
        first, last = number(float(loss.y[0])), number(float(loss.y[-1]))
        yield weak(LOSS(metric=loss.label, first=first, last=last))


CAUSE = Cause(
    id="majority_class",
    family="data",
    title=Text(
        zh="所有样本都被预测成占多数的那一个类",
        en="The majority class is predicted for every sample",
    ),
    decided_by=Text(
        zh="数一数验证集的类别占比：若最大类的占比等于这个分数，就是它；再看混淆矩阵。",
        en="Count the classes of the validation set: if the share of the largest equals the "
        "score, that is it; a confusion matrix confirms it.",
    ),
    do=Text(
        zh="改看 F1、balanced accuracy 或 AUC；用类别权重或均衡采样，检查标签与输入是否对应、"
        "输入是否归一化，再把学习率降低几倍试试。",
        en="Look at F1, balanced accuracy or AUC instead; use class weights or balanced "
        "sampling, check that labels belong to their inputs and that the input is "
        "normalised, then try a learning rate several times lower.",
    ),
    reference="keras-team/keras #7023: Same prediction every time.",
    suspect=suspect,
)
