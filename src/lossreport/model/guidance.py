"""What the user knows and the logs do not: other thresholds, references of their own, findings to leave alone. Facts are apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from typing import Final

from lossreport.text import Text
from lossreport.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A threshold that a user may set: the least and the largest value that make sense, and what it decides."""

    low: float
    high: float
    meaning: Text


THRESHOLDS: Final[Mapping[str, Threshold]] = {
    "above_chance": Threshold(
        low=0.0, high=1.0, meaning=Text(zh="交叉熵高出随机猜测水平的幅度", en="excess of a cross-entropy over the chance level")
    ),
    "clip_share": Threshold(low=0.05, high=0.99, meaning=Text(zh="被裁剪的步数占比", en="share of steps whose gradient is clipped")),
    "data_wait": Threshold(low=0.05, high=0.95, meaning=Text(zh="一步中等待数据的时间占比", en="share of a step spent waiting for data")),
    "divergence_rise": Threshold(low=0.02, high=10.0, meaning=Text(zh="末段高出最好水平的幅度", en="rise of the end over the best level")),
    "flat_gain": Threshold(
        low=0.001, high=0.2, meaning=Text(zh="仍算走平的末段最大变化", en="largest change over the tail that counts as flat")
    ),
    "level_shift": Threshold(low=0.07, high=10.0, meaning=Text(zh="水平跳变的最小幅度", en="smallest size of a level shift")),
    "memory_growth": Threshold(low=0.005, high=10.0, meaning=Text(zh="显存下包络的增幅", en="growth of the lower envelope of memory")),
    "overfitting_rise": Threshold(
        low=0.001, high=10.0, meaning=Text(zh="验证 loss 从最低点回升的幅度", en="rise of the validation loss over its minimum")
    ),
    "spike_excess": Threshold(low=0.1, high=100.0, meaning=Text(zh="尖峰高出邻近行的幅度", en="excess of a spike over its neighbourhood")),
    "throughput_drop": Threshold(low=0.02, high=0.95, meaning=Text(zh="吞吐的降幅", en="drop of the throughput")),
}
"""All relative (0.1 is 10 %). Their defaults stand beside the detectors that use them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReference:
    """A value the user compares a metric with, and where it is from."""

    metric: str
    value: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedRange:
    """Where the last values of one metric lay in the user's own archive: how many runs, median, 10 and 90 %, and of which days.

    `days` is empty where no log prints a date; `source` names the file.
    """

    metric_type: str
    name: str
    split: str
    n: int
    median: float
    low: float
    high: float
    days: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRule:
    """Findings that the user has looked at and wants left out, why, and until which day; None fits every kind, metric or place.

    `until` is compared with the last time stamp of the run, not with the clock: the same input gives the same report for ever.
    """

    reason: str
    kind: str | None = None
    metric: str | None = None
    key: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """All of it. `origins` says where the user's facts and thresholds were written ("lossreport.toml:4"), by name."""

    thresholds: Mapping[str, float] = field(default_factory=dict)
    references: tuple[OwnReference, ...] = ()
    learned: tuple[LearnedRange, ...] = ()
    ignored: tuple[IgnoreRule, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)
