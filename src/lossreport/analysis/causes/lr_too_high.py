"""A loss that climbs row by row before it breaks, or a gradient that led up to it: the learning
rate is too high.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.breakage import Breakage, How, breaks
from lossreport.analysis.cause import Cause, Sign, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.rising_gradient import RisingGradient
from lossreport.analysis.detectors.stopped_itself import StoppedItself, gave_up
from lossreport.analysis.payloads import Explosion, Oscillation
from lossreport.analysis.signature import quoted, said
from lossreport.analysis.signs import (
    around,
    beyond_named_best,
    climbed,
    gradient,
    lead_up,
    parsers,
    place_of,
    rate_of_sgd,
    said_optimiser,
    set_rate,
)
from lossreport.model.analysis import Severity
from lossreport.model.run import Series, is_epoch_level
from lossreport.text import Text, factor, number, percent

CLIMBS = Text(
    zh="`{metric}` 在此之前逐行上升：从 {low} 到 {high}（第 {line} 行），不是一步之内跳变。",
    en="`{metric}` climbed row by row before: from {low} to {high} (line {line}), not within "
    "one step.",
)
GREW = Text(
    zh="`{metric}` 从 {first} 涨到 {value}（第 {line} 行）：没有学习率以外的设置会让 loss "
    "这样增长。",
    en="`{metric}` grew from {first} to {value} (line {line}); nothing but the size of the "
    "steps makes a loss grow like that.",
)
LED = Text(
    zh="`{metric}` 先于 loss 升高：第 {line} 行是 {value}，为此前水平的 {ratio}。",
    en="`{metric}` rose before the loss did: {value} at line {line}, {ratio} its level before.",
)
LOWER = Text(
    zh="把学习率从 {lr} 降到 {less}，加 warm-up 和梯度裁剪（max_norm 1），从发散之前的 "
    "checkpoint 或从头重训；仍发散再查数据。",
    en="Lower the learning rate from {lr} to {less}, add a warm-up and gradient clipping "
    "(max_norm 1), and restart from before the divergence or anew; if it diverges again, "
    "look at the data.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for each break that a climb of the loss or of the gradient norm led up
    to.
    """
    if parsers(context) & BOOSTED or said(context, "degenerate solution"):
        return  # a boosting that gets worse has the wrong gradient rather than too large a step
    yield from _early(context)
    yield from _said(context)
    yield from _training_rises(context)
    yield from _lost_before(context)
    yield from _lost_language(context)
    yield from _swings(context)
    for at in breaks(context):
        signs = list(_signs(context, at))
        if signs:
            rate = set_rate(context)
            do = LOWER(lr=number(rate), less=number(rate / 10)) if rate else None
            yield Suspicion(
                finding=at.finding, signs=(*signs, *around(context, at.series, at.row)), do=do
            )


def _early(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a gradient norm that runs away under a loss that still falls."""
    for finding, rising in context.seen(RisingGradient):
        norm, rate = context.subject(finding), set_rate(context)
        led = LED(
            metric=norm.label,
            value=number(rising.value),
            line=finding.end.line,
            ratio=factor(rising.value / rising.level),
        )
        signs = [strong(led)]
        if rate is not None:
            signs.append(weak(AT(lr=number(rate))))
        yield Suspicion(
            finding=finding,
            signs=tuple(signs),
            do=LOWER(lr=number(rate), less=number(rate / 10)) if rate else None,
        )


def _said(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion where the program stopped itself because its loss ran away."""
    event = gave_up(context)
    for finding, _ in context.seen(StoppedItself):
        if event is not None:
            rate = set_rate(context)
            do = LOWER(lr=number(rate), less=number(rate / 10)) if rate else None
            yield Suspicion(finding=finding, signs=(strong(quoted(context, event)),), do=do)


def _training_rises(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a validation that gets worse while the training loss rises as well,
    epoch after epoch: no overfitting does that.
    """
    for finding in context.of_kind("worsening"):
        series = context.subject(finding)
        train = rising_training(context, series) if series.split != "train" else None
        if train is not None:
            best = int(np.argmin(train.y))
            low, high = number(float(train.y[best])), number(float(train.y[-1]))
            rises = RISES(
                metric=train.label,
                low=low,
                high=high,
                line=int(train.line[-1]),
                first=int(train.line[best]),
            )
            rate = set_rate(context)
            do = LOWER(lr=number(rate), less=number(rate / 10)) if rate else None
            yield Suspicion(finding=finding, signs=(strong(rises),), do=do)


def _lost_before(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for overflows behind a validation loss that had left its best: the training
    ran away first.
    """
    lost = beyond_named_best(context)
    for finding in context.of_kind("skipped_steps"):
        if lost is not None and context.is_loss(context.subject(finding)):
            rate = set_rate(context)
            yield Suspicion(
                finding=finding,
                signs=(strong(lost),),
                do=LOWER(lr=number(rate), less=number(rate / 10)) if rate else None,
            )
            return


def _lost_language(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a perplexity that no training reaches by chance: the weights were lost
    by the size of the steps.
    """
    if rate_of_sgd(context) is not None:
        return  # `adam_rate_of_sgd` tells it by the number
    for finding in context.of_kind("broken_metric"):
        series = context.subject(finding)
        if finding.is_dead and series.metric_type == "perplexity" and series.split == "train":
            lost = LOST(
                metric=series.label,
                value=number(float(series.y[-1]), digits=3),
                line=int(series.line[-1]),
            )
            rate = set_rate(context)
            code = "-optim adam -learning_rate 0.001" if "opennmt_text" in parsers(context) else ""
            do = LOWER(lr=number(rate), less=number(rate / 10)) if rate else None
            yield Suspicion(finding=finding, signs=(strong(lost),), do=do, code=code)


LOST = Text(
    zh="`{metric}` 是 {value}（第 {line} 行）：均匀猜测也不会超过词表大小，"
    "只有步子过大才会把权重毁成这样（例如给 Adam 用了 SGD 的默认学习率 1.0）。",
    en="`{metric}` is {value} at line {line}: a guess costs no more than the size of the "
    "vocabulary, and only steps far too large ruin weights like that (the default rate of "
    "SGD, 1.0, given to Adam for example).",
)


def _swings(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss that swings by half of its level and more, not with the
    epochs: steps that overshoot.
    """
    for finding, swing in context.seen(Oscillation):
        if swing.with_epochs or swing.amplitude < OVERSHOOT or finding.severity is Severity.LOW:
            continue
        series, rate = context.subject(finding), set_rate(context)
        told = SWINGS(
            metric=series.label, amplitude=percent(swing.amplitude), period=number(swing.period)
        )
        signs = [strong(told)]
        optimiser = said_optimiser(context)
        if rate is not None and optimiser is not None:
            signs.append(weak(WITH(lr=number(rate), optimizer=optimiser)))
        do = LOWER(lr=number(rate), less=number(rate / 10)) if rate else None
        yield Suspicion(finding=finding, signs=tuple(signs), do=do)


OVERSHOOT: Final = 0.3
"""Of the level: batches that differ leave a noise without a period, and an order of the data that
repeats swings with the epochs.
"""
SWINGS = Text(
    zh="`{metric}` 以约 {period} 行为周期来回摆动，振幅达水平的 {amplitude}："
    "步子大到每次都越过最低点。",
    en="`{metric}` oscillates with a period of about {period} rows, by {amplitude} of its "
    "level: steps that pass the minimum each time.",
)
WITH = Text(zh="优化器是 {optimizer}，学习率 {lr}。", en="The optimiser is {optimizer} at {lr}.")


def rising_training(context: Context, validation: Series) -> Series | None:
    """Return the training loss beside a validation that rises row by row to its end, over three
    rows and by 2 % at least; None without.
    """
    for train in context.progress:
        if (
            train.split != "train"
            or train.source != validation.source
            or train.axis is not validation.axis
            or not is_epoch_level(train)
        ):
            continue
        if (
            len(train) <= RISING
            or not np.isfinite(train.y).all()
            or not context.is_measure(train)
            or float(train.y.min()) <= 0
        ):
            continue
        behind = train.y[int(np.argmin(train.y)) :]
        if (
            len(behind) > RISING
            and bool(np.all(np.diff(behind) > 0))
            and behind[-1] >= (1 + RISEN) * behind[0]
        ):
            return train
    return None


RISING: Final = 3
RISEN: Final = 0.02
"""Three epoch means that rise one after another, 2 % in all: of noise around a level one order in
24 does, and none of means over an epoch by 2 %.
"""
RISES = Text(
    zh="训练 loss `{metric}` 自己也从 {low}（第 {first} 行）逐 epoch 升到 {high}（第 {line} "
    "行）：过拟合时训练 loss 会继续下降，这是步子太大。",
    en="The training loss `{metric}` itself rises epoch by epoch, from {low} (line {first}) "
    "to {high} (line {line}): under overfitting it would go on falling; these steps are "
    "too large.",
)
AT = Text(zh="学习率是 {lr}。", en="The learning rate is {lr}.")


def _signs(context: Context, at: Breakage) -> Iterator[Sign]:
    y, held = at.series.y, at.finding.payload
    if at.how is How.DIVERGENCE:
        behind = y[at.row :]
        behind = behind[np.isfinite(behind)]
        rises = float(np.mean(np.diff(behind) > 0)) if len(behind) > 1 else 0.0
        if rises >= MOSTLY:
            yield strong(
                CLIMBS(
                    metric=at.series.label,
                    low=number(float(behind[0])),
                    high=number(float(behind[-1])),
                    line=int(at.series.line[-1]),
                )
            )
    elif isinstance(held, Explosion) and abs(held.first) * GROWN < abs(held.value):
        first, value = number(held.first), number(held.value, digits=3)
        yield strong(
            GREW(metric=at.series.label, first=first, value=value, line=int(at.series.line[-1]))
        )
    elif climbed(at.before):
        low = float(np.min(at.before))
        yield strong(
            CLIMBS(
                metric=at.series.label,
                low=number(low),
                high=number(float(at.before[-1])),
                line=int(at.series.line[at.row - 1]),
            )
        )
    norm = gradient(context, at.series)
    place = place_of(norm, at.series, at.row) if norm is not None else None
    lead = (
        lead_up(norm, place)
        if norm is not None and place is not None and at.how is not How.DIVERGENCE
        else None
    )
    if lead is not None and lead.rose:
        yield strong(
            LED(
                metric=lead.series.label,
                value=number(lead.value),
                line=int(lead.series.line[lead.row]),
                ratio=factor(lead.ratio),
            )
        )


BOOSTED: Final = frozenset(("evals_result", "boosting_text", "catboost"))
MOSTLY: Final = 0.7
"""The share of rows that rise behind the best one; of noise without a trend it is half of them."""
GROWN: Final = 1e6
CAUSE = Cause(
    id="lr_too_high",
    family="learning_rate",
    title=Text(
        zh="学习率过高：训练发散", en="The learning rate is too high: the training diverges"
    ),
    decided_by=Text(
        zh="从发散之前的 checkpoint 用十分之一的学习率重放这一段：不再上升，就是学习率。",
        en="Replay the stretch from the checkpoint before at a tenth of the learning rate: if "
        "it does not climb, it was the rate.",
    ),
    do=Text(
        zh="把学习率降到十分之一，加 warm-up 和梯度裁剪（max_norm 1），从发散之前的 "
        "checkpoint 或从头重训；仍发散再查数据。",
        en="Lower the learning rate to a tenth, add a warm-up and gradient clipping (max_norm "
        "1), and restart from before the divergence or anew; if it diverges again, look at "
        "the data.",
    ),
    reference="facebookresearch/detectron2 #508: FloatingPointError: Loss became infinite or NaN "
    "at iteration=27",
    suspect=suspect,
)
