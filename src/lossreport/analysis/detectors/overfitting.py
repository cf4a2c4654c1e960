"""A validation loss that turned up while the training loss did not: the checkpoint to use is the
one at its minimum.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context, clean
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import LostGround
from lossreport.analysis.reweighted import is_reweighted
from lossreport.curves.stats import block_medians, fill, noise_of_rows, robust_line, theil_sen
from lossreport.curves.worse import lost_at_once
from lossreport.knowledge.recognise import is_total
from lossreport.model.analysis import Finding, NotApplicable, Severity
from lossreport.model.guidance import Threshold
from lossreport.model.run import Series, is_epoch_level, shown_x
from lossreport.text import Text, change, number
from lossreport.words import AXES

MIN_ROWS: Final = 6
MIN_RISE: Final = 0.03
RISE: Final = Threshold(
    name="overfitting_rise",
    default=MIN_RISE,
    low=0.001,
    high=10.0,
    meaning=Text(
        zh="验证 loss 从最低点回升的幅度", en="rise of the validation loss over its minimum"
    ),
)
HIGH_RISE: Final = 0.10
NOISE_UNITS: Final = 4.0
TAIL_SHARE: Final = 0.10
"""The minimum lies at least a tenth of the rows, and three rows, before the end (SCIENCE.md 3.1
"overfit").
"""
TRAIN_SHARE: Final = 0.25
"""The training loss may rise by at most a quarter of the slope of the validation loss."""

TEXT = Text(
    zh="`{split}/{metric}`（{path}）在 {axis} {x} 达到最低 {best}，之后回升，末段的中位数是 "
    "{end}（{rise}），而训练 loss 没有同步上升：出现过拟合。按这个 loss，最佳 checkpoint "
    "在 {axis} {x}。",
    en=(
        "`{split}/{metric}` ({path}) was lowest at {axis} {x} ({best}) and has risen since, to a "
        "median of {end} at the end ({rise}), while the training loss has not: overfitting. By "
        "this loss the best checkpoint is the one at {axis} {x}."
    ),
)
COMPONENT = Text(
    zh="分项 `{split}/{metric}`（{path}）自 {axis} {x}（{best}）起回升，末段的中位数是 "
    "{end}（{rise}），而同一来源的总损失没有回升：只是这一项变差，"
    "不能据此说整个训练过拟合。",
    en=(
        "The component `{split}/{metric}` ({path}) has risen from {best} at {axis} {x} to a "
        "median of {end} at the end ({rise}) while the total of the same source has not turned "
        "up: only this term got worse, which does not show that the run as a whole overfits."
    ),
)
PERPLEXITY: Final = "perplexity"
"""A loss raised to e: it is held against the training as a loss is."""
NO_VALIDATION = Text(
    zh="日志里没有验证集的 loss，因此无法判断是否过拟合，也不知道泛化如何。需要至少 {need} "
    "次验证结果（`val_*` / `eval_*`）。",
    en="There is no validation loss in the logs, so overfitting and generalisation cannot be "
    "judged. At least {need} validation results (`val_*` / `eval_*`) are needed.",
)
FEW = Text(
    zh="`{metric}` 只有 {count} 次验证，少于判断过拟合所需的 {need} 次。",
    en="`{metric}` has {count} validations; {need} are needed to judge overfitting.",
)
REWEIGHTED = Text(
    zh="`{metric}` 末段高于最低点，但验证集上它的每一项都比那时更低：多半是总和的权重变了，"
    "不能用它判断过拟合或选 checkpoint。",
    en="`{metric}` ends above its minimum while each of its terms on the validation is lower "
    "than it was there: most likely the weights of the sum changed, so neither overfitting "
    "nor a checkpoint can be told by it.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a validation loss that turned up, or say that there is none."""
    validation = [series for series in context.progress if series.split != "train"]
    held_out = context.goal is not None and context.by_id[context.goal.series].split != "train"
    if not validation and not held_out:  # a goal on held-out data is judged by its own course
        yield NotApplicable(check="overfitting", series=(), reason=NO_VALIDATION(need=MIN_ROWS))
    for series in validation:
        if len(series) < MIN_ROWS:
            reason = FEW(metric=series.label, count=len(series), need=MIN_ROWS)
            yield NotApplicable(check="overfitting", series=(series.id,), reason=reason)
        elif is_reweighted(context, series):
            yield NotApplicable(
                check="overfitting", series=(series.id,), reason=REWEIGHTED(metric=series.label)
            )
        elif np.isfinite(series.y).all() and not context.holds_another_run and context.training:
            yield from _finding(context, series)


def training_partner(context: Context, validation: Series) -> Series | None:
    """Return the training series of the same metric, from the same source if it has one; epoch
    means preferred.
    """
    measures = context.judged if validation.metric_type == PERPLEXITY else context.progress
    rivals = [s for s in measures if s.split == "train" and s.name == validation.name]
    return min(
        rivals, key=lambda s: (s.source != validation.source, not is_epoch_level(s)), default=None
    )


def _finding(context: Context, series: Series) -> Iterator[Finding]:
    y = clean(series, context.spike_spans(series))
    n = len(y)
    smooth = robust_line(y)[0] if n >= 120 else y
    best = int(np.argmin(smooth))
    end = float(np.median(y[-max(2, n // 20) :]))
    rise = end - float(smooth[best])
    if n - best < max(3, TAIL_SHARE * n) or smooth[best] <= 0:
        return
    noise = noise_of_rows(y) / max(1.0, n / 20) ** 0.5
    medians, centres = block_medians(y[best:], min(24, n - best))
    slope = theil_sen(centres, medians)
    relative = rise / float(smooth[best])
    if (
        relative > context.threshold(RISE)
        and rise > NOISE_UNITS * noise
        and slope.low > 0
        and not _train_rises(context, series, best, slope.slope)
        and lost_at_once(y, best) is None  # an event at one place is told as that, see `worsening`
    ):
        component = is_component(context, series)
        # the checkpoint to use; what is judged is the rise over the smoothed level
        lowest = int(np.argmin(y))
        shown = float(series.y[lowest])
        text = (COMPONENT if component else TEXT)(
            split=series.split,
            metric=series.name,
            path=series.path,
            axis=AXES[series.axis.value],
            x=shown_x(series.x[lowest]),
            best=number(shown),
            end=number(end),
            rise=change(end / shown - 1 if shown > 0 else relative),
        )
        of_rise = Severity.HIGH if relative > HIGH_RISE else Severity.MEDIUM
        severity = Severity.LOW if component else of_rise
        held = LostGround(best=float(smooth[best]), end=end, rise=relative, component=component)
        yield make_finding("overfitting", series, [best, n - 1], severity, text, payload=held)


LEAST_FALL: Final = 0.02
"""The training loss falls against the validation where it loses 2 %, the width of "flat", after the
validation was best.
"""


def training_falls(context: Context, validation: Series, best: int) -> bool:
    """Return whether a training loss went on falling after row `best` of a validation.

    On another axis the place is taken by its share of the rows: both logs cover the same training.
    """
    rivals = [
        s
        for s in context.progress
        if s.split == "train" and context.is_measure(s) and np.isfinite(s.y).any()
    ]
    partner = training_partner(context, validation)
    if partner is None:
        partner = min(
            rivals, key=lambda s: (not is_total(s.name), not is_epoch_level(s)), default=None
        )
    if partner is None:
        return False
    if partner.axis is validation.axis:
        y = partner.y[partner.x >= validation.x[best]]
    else:
        y = partner.y[round(len(partner) * (best + 1) / len(validation)) :]
    y = fill(y)
    if len(y) < LEAST_AFTER:
        return False
    part = max(1, len(y) // TENTH)
    first, last = float(np.median(y[:part])), float(np.median(y[-part:]))
    return first - last > LEAST_FALL * abs(first)


LEAST_AFTER: Final = 3
TENTH: Final = 10


def is_component(context: Context, series: Series) -> bool:
    """Return whether the total of the same source and split is logged as well: then it decides, not
    its terms.
    """
    same = [s for s in context.progress if s.source == series.source and s.split == series.split]
    return not is_total(series.name) and any(is_total(s.name) for s in same)


def _train_rises(context: Context, validation: Series, best: int, slope: float) -> bool:
    partner = training_partner(context, validation)
    if partner is None or partner.axis is not validation.axis:
        return False
    y = fill(partner.y[partner.x >= validation.x[best]])
    if len(y) < 3:
        return False
    medians, centres = block_medians(y, min(24, len(y)))
    between = len(y) / (len(validation) - best)  # training rows for one of the validation
    return between * theil_sen(centres, medians).slope > TRAIN_SHARE * slope


DETECTOR = Detector(
    id="overfitting",
    kinds=(Kind(id="overfitting", title=Text(zh="过拟合", en="overfitting")),),
    detect=detect,
    thresholds=(RISE,),
    order=50,
)
