"""A validation loss, a score or a reward that ends worse than its best by more than its noise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.detectors.overfitting import PERPLEXITY, RISE, is_component, training_falls
from lossreport.analysis.found import make_finding
from lossreport.analysis.goal import is_score, measured, mode_of, scores_of_the_whole
from lossreport.analysis.payloads import LostGround
from lossreport.analysis.reweighted import is_reweighted
from lossreport.curves.worse import FEW, Worse, lost_at_once, worse_than_best
from lossreport.model.analysis import Severity
from lossreport.model.run import Axis, Series, shown_x
from lossreport.text import Text, Value, change, number
from lossreport.words import AXES

NEAR_NOTHING: Final = 0.01
"""A score that was never above 1 % of 1 is that of guessing among a hundred classes, or of none
that is found.
"""
HIGH_RISE: Final = 0.25
"""A quarter of the best value lost: no noise of an evaluation reaches that."""

TEXT = Text(
    zh="`{metric}`（{path}）在 {axis} {x} 达到最好的 {best}，此后变差，末段为 {end}（{change}）。",
    en="`{metric}` ({path}) was best at {axis} {x} ({best}) and has become worse since: {end} "
    "at the end ({change}).",
)
REWARD = Text(
    zh="`{metric}`（{path}）在 {axis} {x} 达到最好的 {best}，此后变差，末段为 {end}。",
    en="`{metric}` ({path}) was best at {axis} {x} ({best}) and has become worse since: {end} "
    "at the end.",
)
"""A reward below 0 has no level to be a share of: -37 is no "-2 600 %" of -1.4."""
OVERFITS = Text(
    zh="`{metric}`（{path}）在 {axis} {x} 达到最好的 {best}，此后回升，末段为 "
    "{end}（{change}），而训练 loss 仍在下降：出现过拟合。",
    en="`{metric}` ({path}) was best at {axis} {x} ({best}) and has risen since, to {end} at "
    "the end ({change}), while the training loss still falls: overfitting.",
)
FEW_ROWS = Text(
    zh="`{metric}`（{path}）共 {count} 次评测：{axis} {x} 最好（{best}），"
    "其后每一次都没有再变好，最后为 {end}（{change}）。",
    en="`{metric}` ({path}) was evaluated {count} times: best at {axis} {x} ({best}), never "
    "better after it, {end} at the end ({change}).",
)

AT_ONCE = Text(
    zh="`{metric}`（{path}）从 {axis} {x0} 到 {x1} 一步由 {before} 变为 {after}，"
    "之后没有恢复，末段为 {end}（此前最好 {best}，{axis} {x}；{change}）：这是一次突变，"
    "不是逐渐的过拟合。",
    en=(
        "`{metric}` ({path}) went from {before} to {after} in one step, from {axis} {x0} to "
        "{x1}, and has not come back: {end} at the end (best {best} at {axis} {x}; {change}). "
        "That is an event at that place, not the slow rise of overfitting."
    ),
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding for each measure of held-out quality, or reward, that lost ground."""
    for series in context.judged:
        if not is_judged(context, series):
            continue
        y = measured(context, series)
        rows = np.flatnonzero(np.isfinite(y) & (series.x >= _window(series)))
        up = mode_of(context, series) == "max"
        cost = -y[rows] if up else y[rows]
        least = context.threshold(RISE)
        is_ratio = series.metric_type != "reward"
        worse = worse_than_best(cost, series.resolution or 0.0, is_ratio=is_ratio, least=least)
        if worse is not None and not context.has("overfitting", series):
            sudden = lost_at_once(cost, worse.best) if series.split != "train" else None
            yield _finding(context, series, rows.tolist(), worse, up=up, sudden=sudden)


WINDOW: Final = re.compile(r"(?:average|avg|mean|last)[_ ]?(?P<n>\d{2,4})(?!\d)", re.IGNORECASE)


def _window(series: Series) -> float:
    """Return from which episode on a mean over the last `n` is one: before, `Average100` is that of
    the few until there.
    """
    match = WINDOW.search(series.name) if series.axis is Axis.EPISODE else None
    return (
        float(match["n"])
        if match is not None and float(match["n"]) < series.x[-1] / 2
        else float("-inf")
    )


def is_judged(context: Context, series: Series) -> bool:
    """Return whether a rise of this series is a loss of quality: of a validation loss, a score of
    one, or a reward.
    """
    if is_reweighted(context, series):
        return False
    if (
        context.has("mixture", series)
        or context.has("constant_metric", series)
        or context.holds_another_run
    ):
        return False
    if series.metric_type in ("accuracy", "map") and not np.any(series.y > NEAR_NOTHING):
        # what is not found at all has nothing to lose
        return False
    if series.split != "train":
        is_loss = series in context.progress and context.is_measure(series)
        return is_loss or is_score(context, series) or _stands_for_the_loss(context, series)
    return (
        series.metric_type == "reward" and context.is_rewarded
    ) or series in scores_of_the_whole(context)


def _stands_for_the_loss(context: Context, series: Series) -> bool:
    """Return whether a series is a perplexity of a set whose loss is not logged: it is the loss
    then, raised to e.
    """
    logged = any(one.split == series.split and one.metric_type in NATS for one in context.progress)
    return series.metric_type == PERPLEXITY and not logged


NATS: Final = ("cross_entropy", "label_smoothed_ce", "bits_per_token", "bits_per_byte", "generic")


def _finding(
    context: Context, series: Series, rows: list[int], worse: Worse, *, up: bool, sudden: int | None
) -> Found:
    sign = -1.0 if up else 1.0
    best, end = rows[worse.best], rows[-1]
    shown, last = float(series.y[best]), sign * worse.end
    # between the two values that are told; what is judged is the rise over the level
    changed = (last - shown) / (abs(shown) or 1.0)
    few = len(rows) < FEW
    values: dict[str, Value] = {
        "metric": series.label,
        "path": series.path,
        "axis": AXES[series.axis.value],
        "x": shown_x(series.x[best]),
        "best": number(shown, series.unit),
        "end": number(last, series.unit),
    }
    is_loss = series in context.progress or series.metric_type == PERPLEXITY
    overfits = is_loss and sudden is None and training_falls(context, series, best)
    component = overfits and is_component(context, series)
    if few:
        text = FEW_ROWS(**values, change=change(changed), count=len(rows))
    elif series.metric_type == "reward" and shown <= 0:
        text = REWARD(**values)
    else:
        text = TEXT(**values, change=change(changed))
    if overfits:
        text = OVERFITS(**values, change=change(changed))
    if sudden is not None:
        text = AT_ONCE(
            **values, change=change(changed), **_step(series, rows[sudden - 1], rows[sudden])
        )
    grave = worse.rise > HIGH_RISE and not (few and worse.rows <= 2)
    low = few and worse.rows <= 2
    of_rise = Severity.HIGH if grave else Severity.MEDIUM
    severity = Severity.LOW if low or component else of_rise
    held = LostGround(
        best=shown,
        end=last,
        change=changed,
        rows=float(worse.rows),
        sudden=None if sudden is None else float(rows[sudden]),
        rise=worse.rise if overfits else None,
        component=component if overfits else None,
    )
    kind = "overfitting" if overfits else "worsening"
    return make_finding(kind, series, [best, end], severity, text, payload=held)


def _step(series: Series, before: int, after: int) -> dict[str, Value]:
    """Return the two evaluations between which a series lost its level."""
    return {
        "x0": shown_x(series.x[before]),
        "x1": shown_x(series.x[after]),
        "before": number(float(series.y[before]), series.unit),
        "after": number(float(series.y[after]), series.unit),
    }


DETECTOR = Detector(
    id="worsening",
    kinds=(
        Kind(id="worsening", title=Text(zh="变差（已过最佳点）", en="worse than its best")),
        "overfitting",
    ),
    detect=detect,
    thresholds=(RISE,),
    order=55,
)
