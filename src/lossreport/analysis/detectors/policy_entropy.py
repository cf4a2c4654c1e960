"""An entropy that falls to nothing, or grows without end: a policy that no longer explores, or that
forgets.
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
from lossreport.model.analysis import Severity
from lossreport.model.run import Floats, Series
from lossreport.text import Text, Value, number
from lossreport.values import dataclass

MIN_ROWS: Final = 10
COLLAPSED: Final = 0.1
"""A tenth of the entropy at the start is left (runs that keep exploring settle at a third to a half
of it; TRL #6140, rllm #15).
"""
GROWN: Final = 3.0
GROWN_NATS: Final = 1.0
"""Three times the start and one nat more: a policy that forgets. A warm-up of the entropy bonus
adds a few tenths.
"""
NOISE: Final = 5.0
"""Nats a token, as if each of 150 were equally likely at every place: plain text has 3.4 under the
smallest GPT-2 (perplexity 29, Radford et al. 2019), so what such a policy writes is noise.
"""
LEAST: Final = 0.02
"""What starts lower is decided from the first row on."""

COEFFICIENT: Final = re.compile(
    r"(?:.*/)?(?:ent_coef|alpha|entropy_temperature|temperature_alpha)", re.IGNORECASE
)
"""SAC tunes it so that the entropy meets its target."""
RAN: Final = 10.0
HIGHEST: Final = 10.0
"""Ten times its start and above 10: it falls to 0.01 to 0.1 in healthy runs and grew to 1e2 to 1e8
in SB3 #781.
"""

RUNS = Text(
    zh="`{metric}`（{path}）从 {first} 涨到 {last}：自动调节的熵系数失控，奖励在目标里已无分量。",
    en="`{metric}` ({path}) rose from {first} to {last}: the tuned coefficient of the entropy "
    "runs away, and the reward no longer counts in the objective.",
)
COLLAPSE = Text(
    zh="`{metric}`（{path}）从 {first} 降到 {last}：策略几乎不再随机，"
    "之后只会重复它已经会的{reward}。",
    en="`{metric}` ({path}) fell from {first} to {last}: the policy hardly varies any more "
    "and only repeats what it does{reward}.",
)
EXPLOSION = Text(
    zh="`{metric}`（{path}）从 {first} 升到 {last}：策略越来越接近随机{reward}。",
    en="`{metric}` ({path}) rose from {first} to {last}: the policy comes closer and closer "
    "to chance{reward}.",
)
BESIDE = Text(
    zh="，同时 `{reward}` 为 {before} → {after}",
    en="; `{reward}` went {before} → {after} meanwhile",
)
NONE: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntropyLevels:
    """The first and the last level of the entropy of a policy, or of its `coefficient`."""

    first: float
    last: float
    coefficient: bool = False


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding an entropy of a policy; that of a loss without a reward beside it is a
    regulariser's affair.
    """
    yield from _coefficients(context)
    for series in context.judged:
        if series.metric_type != "entropy" or series.split != "train" or not context.is_rewarded:
            continue
        y = finite(series)
        if len(y) < MIN_ROWS:
            continue
        y = -y if "loss" in series.name.lower() and np.median(y) < 0 else y
        if np.min(y) >= 0:  # the entropy of continuous actions may be negative and has no floor
            yield from _finding(context, series, y)


def _finding(context: Context, series: Series, y: Floats) -> Iterator[Found]:
    first, last = start_and_end(y)
    values: dict[str, Value] = {
        "metric": series.label,
        "path": series.path,
        "first": number(first),
        "last": number(last),
    }
    rows = [0, len(series) - 1]
    held = EntropyLevels(first=first, last=last)
    if first > LEAST and last < COLLAPSED * first:
        text = COLLAPSE(**values, reward=_reward(context, series))
        yield make_finding("worsening", series, rows, Severity.MEDIUM, text, payload=held)
    elif last > GROWN * first and last > first + GROWN_NATS:
        text = EXPLOSION(**values, reward=_reward(context, series))
        severity = Severity.HIGH if last > NOISE else Severity.MEDIUM
        yield make_finding("divergence", series, rows, severity, text, payload=held)


def _coefficients(context: Context) -> Iterator[Found]:
    for series in context.judged:
        y = finite(series)
        if (
            not COEFFICIENT.fullmatch(series.name)
            or series.split != "train"
            or len(y) < MIN_ROWS
            or y.min() <= 0
        ):
            continue
        first, last = start_and_end(y)
        if last > RAN * first and last > HIGHEST:
            text = RUNS(
                metric=series.label, path=series.path, first=number(first), last=number(last)
            )
            rows = [0, len(series) - 1]
            yield make_finding(
                "divergence",
                series,
                rows,
                Severity.MEDIUM,
                text,
                payload=EntropyLevels(first=first, last=last, coefficient=True),
            )


def _reward(context: Context, series: Series) -> Value:
    rewards = [
        one for one in context.judged if one.metric_type == "reward" and one.source == series.source
    ]
    for one in rewards:
        y = finite(one)
        if len(y) >= MIN_ROWS:
            before, after = start_and_end(y)
            return BESIDE(reward=one.label, before=number(before), after=number(after))
    return NONE


DETECTOR = Detector(id="policy_entropy", kinds=("worsening", "divergence"), detect=detect, order=72)
