"""A policy that moves too far: updates of a large KL divergence, or a distance to the reference
that runs away.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.beside import finite, start_and_end
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import Drift
from lossreport.model.analysis import Severity
from lossreport.model.run import Series, shown_x
from lossreport.text import Text, number
from lossreport.values import dataclass
from lossreport.words import AXES

MIN_ROWS: Final = 8
UPDATE: Final = re.compile(r"(?:.*[_/ ])?approx_?kl(?:_\w{1,80})?", re.IGNORECASE)
"""The KL divergence between the policy before and after an update; others are to a reference."""
LARGE: Final = 0.1
"""Nats: updates are stopped at 0.015 to 0.05 (target_kl of Stable-Baselines3, Spinning Up,
CleanRL).
"""
OFTEN: Final = 0.25
"""A quarter of the updates; single ones are no way of training."""
LEAP: Final = 1.0
FAR_LEAP: Final = 10.0
"""Nats: one update that moves the policy twenty times as far as any usual limit, and one after
which hardly an action is as likely as before.
"""
RUNAWAY: Final = 30.0
FAR: Final = 1.0
"""Nats: the distance to the reference ends at thirty times its level in the first half and above
one nat. Runs that learn drift by a factor of ten in their course (0.0005 to 0.005 in TRL #3452 and
open-r1 #257 before its collapse).
"""

STILL: Final = 1e-6
"""Rounding of float32 leaves 1e-7 to 1e-9 where the policy before and after are the same
(stable-baselines #1035); updates make 1e-4 and more.
"""
NEGATIVE: Final = 0.5
"""Nats: the usual estimate scatters around 0 by tenths and may be negative in single rows; a mean
of -0.5 is not of the policy's own samples (TRL #615).
"""

UNCHANGED = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里不超过 {highest}：更新前后的策略相同，"
    "什么也没有在训练。",
    en="`{metric}` ({path}) is at most {highest} in all {count} rows: the policy is the same "
    "before and after each update, nothing is trained.",
)
BELOW = Text(
    zh="`{metric}`（{path}）从 {before} 降到 {after}：KL 散度不会为负，"
    "说明样本不是按正在训练的策略采样的。",
    en="`{metric}` ({path}) fell from {before} to {after}: a KL divergence is never negative, "
    "so the samples are not drawn from the policy that is trained.",
)
UPDATES = Text(
    zh="`{metric}`（{path}）在 {count} 行中有 {large} 行高于 {limit}（中位数 {median}，最大 "
    "{highest}）：每次更新把策略改得太多，裁剪已不可靠。",
    en="`{metric}` ({path}) is above {limit} in {large} of {count} rows (median {median}, "
    "highest {highest}): each update changes the policy too much for its clipping to hold.",
)
ONE_UPDATE = Text(
    zh="`{metric}`（{path}）在 {axis} {x}（第 {line} 行）达到 {highest}，而中位数是 {median}："
    "这一次更新把策略带离了原来的位置，其后的奖励要与之前对照着看。",
    en="`{metric}` ({path}) reaches {highest} at {axis} {x} (line {line}) where its median is "
    "{median}: that one update threw the policy far from where it was; hold the rewards "
    "after it against those before.",
)
DISTANCE = Text(
    zh="`{metric}`（{path}）从前半段的 {before} 升到末段的 {after}：策略正在远离参考策略。",
    en="`{metric}` ({path}) rose from {before} in the first half to {after} at the end: the "
    "policy runs away from its reference.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Updates:
    """How far the updates of a policy go: the farthest, and the `share` that goes too far or
    whether it is that one alone (`leap`).
    """

    share: float | None = None
    highest: float
    leap: bool = False


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a divergence of a policy; those of a VAE or of distillation are another
    matter.
    """
    for series in context.judged:
        if series.metric_type != "kl" or series.split != "train":
            continue
        y = finite(series)
        if len(y) < MIN_ROWS:
            continue
        if UPDATE.fullmatch(series.name):
            yield from _updates(series)
            yield from _still(series)
        elif context.is_rewarded:
            yield from _distance(series)
            yield from _negative(series)


def _updates(series: Series) -> Iterator[Found]:
    rows = np.flatnonzero(series.y > LARGE)
    y = finite(series)
    if len(rows) < OFTEN * len(y):
        if y.max() > LEAP:
            yield _leap(series)
        return
    text = UPDATES(
        metric=series.label,
        path=series.path,
        count=len(y),
        large=len(rows),
        limit=number(LARGE),
        median=number(float(np.median(y))),
        highest=number(float(y.max())),
    )
    held = Updates(share=len(rows) / len(y), highest=float(y.max()))
    yield make_finding("divergence", series, rows.tolist(), Severity.MEDIUM, text, payload=held)


def _leap(series: Series) -> Found:
    """Return the finding of the one update that moved the policy farthest."""
    row = int(np.nanargmax(series.y))
    highest = float(series.y[row])
    text = ONE_UPDATE(
        metric=series.label,
        path=series.path,
        axis=AXES[series.axis.value],
        x=shown_x(series.x[row]),
        line=int(series.line[row]),
        highest=number(highest),
        median=number(float(np.median(finite(series)))),
    )
    severity = Severity.HIGH if highest > FAR_LEAP else Severity.MEDIUM
    held = Updates(highest=highest, leap=True)
    return make_finding("divergence", series, [row], severity, text, payload=held)


def _still(series: Series) -> Iterator[Found]:
    y = finite(series)
    if float(np.max(np.abs(y))) < STILL:
        text = UNCHANGED(
            metric=series.label,
            path=series.path,
            count=len(y),
            highest=number(float(np.max(np.abs(y)))),
        )
        rows = [0, len(series) - 1]
        yield make_finding(
            "no_learning",
            series,
            rows,
            Severity.HIGH,
            text,
            payload=Updates(highest=float(np.max(np.abs(y)))),
        )


def _negative(series: Series) -> Iterator[Found]:
    y = finite(series)
    before, after = start_and_end(y)
    if after < -NEGATIVE and after < before - NEGATIVE:
        text = BELOW(
            metric=series.label, path=series.path, before=number(before), after=number(after)
        )
        rows = [0, len(series) - 1]
        held = Drift(before=before, after=after, negative=True)
        yield make_finding("broken_metric", series, rows, Severity.MEDIUM, text, payload=held)


def _distance(series: Series) -> Iterator[Found]:
    y = finite(series)
    before, after = float(np.median(np.abs(y[: len(y) // 2]))), start_and_end(y)[1]
    if after > FAR and after > RUNAWAY * before:
        text = DISTANCE(
            metric=series.label, path=series.path, before=number(before), after=number(after)
        )
        first = int(np.flatnonzero(series.y > max(FAR, RUNAWAY * before))[0])
        held = Drift(before=before, after=after)
        yield make_finding(
            "divergence", series, [first, len(series) - 1], Severity.MEDIUM, text, payload=held
        )


DETECTOR = Detector(
    id="policy_drift", kinds=("divergence", "no_learning", "broken_metric"), detect=detect, order=72
)
