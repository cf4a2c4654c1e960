"""Several regimes in one series: the values fall into groups that alternate, and rows agree in
several metrics at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.curves.grouping import (
    SHORT,
    SIGNIFICANT,
    Clusters,
    Split,
    detrended,
    is_regimes,
    joint_clusters,
    split_values,
)
from lossreport.curves.stats import fill, log_if_positive, without
from lossreport.curves.swing import find_swing
from lossreport.model.analysis import Finding, Hypothesis, Severity
from lossreport.model.run import Floats, Series, is_epoch_level, shown_x
from lossreport.text import Join, Phrase, Text, Value, number
from lossreport.values import dataclass
from lossreport.words import AXES

MIN_ROWS: Final = 10
MAX_ROWS: Final = 4000
"""Longer curves are thinned to single rows, not averaged: averages would hide the modes."""
MAX_JOINT_ROWS: Final = 400
MAX_METRICS: Final = 6
UNEVEN: Final = 0.5
"""The share of the upper group differs by less than this between the halves of the run."""
FADED: Final = 0.2
"""And the second half holds a fifth of what the first holds of it: of a skewed loss that falls
early, a handful of high rows is left over.
"""
START: Final = 0.1
"""Regimes outlast the first tenth of a long curve: a descent over it and a few high batches later
are as many rows as a group has.
"""
SLOW: Final = 4.5
DEEP: Final = 0.12
"""A swing of a longer period makes two groups as well; a valley deeper than this is none of its
(SCIENCE.md 3.1).
"""

GROUPS = Text(
    zh=(
        "`{metric}`（{path}）的数值分成交替出现的两组：{low_n} 行在 {low_min}-{low_max}（{axis} "
        "{low_rows}），{high_n} 行在 {high_min}-{high_max}（{axis} {high_rows}）。"
        "这不是一条曲线，对整列求趋势没有意义。"
    ),
    en=(
        "The values of `{metric}` ({path}) fall into two alternating groups: {low_n} rows at "
        "{low_min}-{low_max} ({axis} {low_rows}), {high_n} rows at {high_min}-{high_max} ({axis} "
        "{high_rows}). They are not one curve; a trend over all rows means nothing."
    ),
)
MANY = Text(zh="等 {count} 行", en="{count} rows")
JOINT = Text(
    zh="{path} 的各行按 {metrics} 同时聚成若干簇：{clusters}；不属于任何簇的行：{axis} "
    "{single}。若各列独立打乱，出现这么多重合的概率为 p {p}。",
    en=(
        "The rows of {path} fall into clusters in {metrics} jointly: {clusters}; rows in no "
        "cluster: {axis} {single}. The probability of so many coincidences in independently "
        "shuffled columns is p {p}."
    ),
)
CLUSTER = Text(zh="簇 {name} = {axis} {rows}（{centre}）", en="{name} = {axis} {rows} ({centre})")
CENTRE = Text(zh="`{metric}` {low}-{high}", en="`{metric}` {low}-{high}")
NONE = Text(zh="无", en="none")
REGIMES = Text(
    zh="几组数据集、任务或运行交替写入同一列",
    en="several data sets, tasks or runs take turns in one series",
)
REGIMES_FOR = Text(
    zh="数值成组且交替出现，组内几乎相等。",
    en="The values fall into alternating groups and are nearly equal within a group.",
)
REGIMES_AGAINST = Text(
    zh="日志里没有任何字段说明某一行属于哪一组。",
    en="No field of the log says which group a row belongs to.",
)
REGIMES_DECIDE = Text(
    zh="按数据集（或任务）分别记录 loss，或给每一行写上 run id / 数据集名，再看各组内的趋势。",
    en="Log the loss per data set (or task), or write a run id and data set name into every "
    "row, then look at the trend within each group.",
)


QUARTILE: Final = re.compile(r"(?:loss|mse|vb)_q[0-3]")
SAMPLED: Final = frozenset(("loss", "mse", "vb"))
"""A batch of a diffusion model is of the noise levels it drew, and its loss swings with them;
guided-diffusion logs it by quarter of them.
"""


def _is_sampled(context: Context, series: Series) -> bool:
    """Return whether a loss is a diffusion model's, told by quarters of the noise levels beside
    it.
    """
    by_quarter = any(QUARTILE.fullmatch(one.name) for one in context.run.series)
    return by_quarter and (series.name in SAMPLED or QUARTILE.fullmatch(series.name) is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The sizes of two groups of rows, and the bounds of the values of each."""

    low_n: int
    low_min: float
    low_max: float
    high_n: int
    high_min: float
    high_max: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JointClusters:
    """How many clusters the rows of several metrics form, and the probability of that by chance."""

    clusters: float
    p: float


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a series of two regimes, and one for rows of a source that agree in several
    metrics.
    """
    found: list[tuple[Series, Split, Rows]] = []
    for series in context.losses:
        if _is_sampled(context, series):
            continue
        if len(series) < MIN_ROWS or not context.is_measure(series):
            # a game or a policy makes its own data: groups are no data sets
            continue
        split, rows = find_split(series, context.spike_spans(series))
        if split is not None and not _is_swing(series, context.spike_spans(series), split):
            found.append((series, split, rows))
    sure = [series for series, split, _ in found if is_regimes(split)]
    mixed = []
    for series, split, rows in found:
        if series in sure or _is_seconded(context, series, sure):
            mixed.append(series)
            yield _groups(series, split, rows)
    for source in sorted({series.source for series in mixed}):
        yield from _joint(context, [series for series in mixed if series.source == source])


def _is_seconded(context: Context, series: Series, sure: Sequence[Series]) -> bool:
    """Return whether a gap that noise might leave is borne out by another loss of the source, whose
    rows are of two groups.

    That is where both keep the same rows apart, or where this one changes every few rows, as losses
    of three tasks in turn do.
    """
    others = [other for other in sure if other.source == series.source]
    if any(find_clusters(context, [series, other])[1] is not None for other in others):
        return True
    swing = find_swing(without(series.y, context.spike_spans(series)))
    return (
        swing is not None
        and swing.period <= SLOW
        and any(np.array_equal(other.x, series.x) for other in others)
    )


def _is_swing(series: Series, spans: tuple[tuple[int, int], ...], split: Split) -> bool:
    """Return whether the groups are the two turning points of a slow swing, whose histogram has a
    shallow valley.
    """
    swing = find_swing(without(series.y, spans))
    return (
        swing is not None
        and swing.period > SLOW
        and not (split.depth < DEEP and len(series) >= SHORT)
    )


Rows = np.ndarray[tuple[int], np.dtype[np.int64]]


def find_split(series: Series, spans: tuple[tuple[int, int], ...]) -> tuple[Split | None, Rows]:
    """Return the split of a series into two regimes (None: one regime) and the rows it was looked
    for in; spikes are left out.
    """
    rows = np.arange(len(series))
    values = fill(series.y)
    if not np.isfinite(values).all():
        return None, rows
    if len(series) < SHORT:
        split = split_values(log_if_positive(values)[0])
        if split is not None and split.separation > 4:
            return split, rows
    excluded = {row for first, last in spans for row in range(first, last + 1)}
    rows = np.array([row for row in rows.tolist() if row not in excluded], dtype=np.int64)
    if len(rows) > MAX_ROWS:
        rows = rows[:: len(rows) // MAX_ROWS]
    u, _ = log_if_positive(values[rows])
    split = _split_of(u)
    if split is not None and is_regimes(split) and len(u) >= SHORT:
        later = _split_of(u[round(START * len(u)) :])
        split = split if later is not None and is_regimes(later) else None
    return split, rows


def _split_of(u: Floats) -> Split | None:
    plain = split_values(u)  # groups far apart would bend the trend itself
    return plain if plain is not None and _takes_turns(plain) else split_values(detrended(u))


def _takes_turns(split: Split) -> bool:
    """Return whether both groups stand in both halves: of a falling curve the upper group stands in
    the first.
    """
    half = len(split.above) // 2
    before, after = float(split.above[:half].mean()), float(split.above[half:].mean())
    return abs(before - after) < UNEVEN and after >= FADED * before


def _groups(series: Series, split: Split, rows: Rows) -> Finding:
    good = np.isfinite(series.y[rows])  # the split is of a curve whose gaps are bridged
    low, high = rows[~split.above & good], rows[split.above & good]
    held = Groups(
        low_n=len(low),
        low_min=float(series.y[low].min()),
        low_max=float(series.y[low].max()),
        high_n=len(high),
        high_min=float(series.y[high].min()),
        high_max=float(series.y[high].max()),
    )
    text = GROUPS(
        metric=series.label,
        path=series.path,
        axis=AXES[series.axis.value],
        low_n=len(low),
        high_n=len(high),
        low_rows=_listed(series, low.tolist()),
        high_rows=_listed(series, high.tolist()),
        low_min=number(held.low_min),
        low_max=number(held.low_max),
        high_min=number(held.high_min),
        high_max=number(held.high_max),
    )
    cause = Hypothesis(
        id="interleaved_regimes",
        rank=1,
        title=REGIMES(),
        support=(REGIMES_FOR(),),
        against=(REGIMES_AGAINST(),),
        decided_by=REGIMES_DECIDE(),
    )
    return make_finding(
        "mixture",
        series,
        rows[good].tolist(),
        Severity.MEDIUM,
        text,
        payload=held,
        hypotheses=(cause,),
    )


def _listed(series: Series, rows: Sequence[int]) -> Value:
    if len(rows) > 12:
        return MANY(count=len(rows))
    return Join(items=tuple(shown_x(series.x[row]) for row in rows))


def joint_series(context: Context, mixed: Sequence[Series]) -> list[Series]:
    """Return the losses of one source that share rows with the mixed ones and can be taken in logs,
    the mixed ones first.
    """
    first = mixed[0]
    others = [
        s
        for s in context.losses
        if s.source == first.source and s.split == first.split and s not in mixed
    ]
    usable = [
        s
        for s in (*mixed, *others)
        if is_epoch_level(s)
        and np.array_equal(s.x, first.x)
        and np.isfinite(s.y).all()
        and s.y.min() > 0
    ]
    return usable[:MAX_METRICS]


def find_clusters(
    context: Context, mixed: Sequence[Series]
) -> tuple[list[Series], Clusters | None]:
    """Return the two main series used and the clusters of rows, or None where there are too few
    metrics or it may be chance.
    """
    usable = joint_series(context, mixed)[:2]
    if len(usable) < 2 or len(usable[0]) > MAX_JOINT_ROWS:
        return usable, None
    clusters = joint_clusters([np.log(series.y) for series in usable])
    return usable, clusters if clusters.p < SIGNIFICANT and clusters.rows else None


def _joint(context: Context, mixed: Sequence[Series]) -> Iterator[Found]:
    usable, clusters = find_clusters(context, mixed)
    if clusters is None:
        return
    first = usable[0]
    clustered = {row for rows in clusters.rows for row in rows}
    single = [row for row in range(len(first)) if row not in clustered]
    text = JOINT(
        path=first.path,
        metrics=Join(items=tuple(series.name for series in usable)),
        clusters=Join(
            items=tuple(
                _cluster(usable, rows, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i % 26])
                for i, rows in enumerate(clusters.rows)
            )
        ),
        axis=AXES[first.axis.value],
        single=_listed(first, single) if single else NONE,
        p=f"= {clusters.p:.2g}" if clusters.p > 0.001 else "< 0.001",
    )
    rows = sorted(clustered)
    held = JointClusters(clusters=float(len(clusters.rows)), p=clusters.p)
    yield make_finding(
        "mixture",
        first,
        rows,
        Severity.MEDIUM,
        text,
        payload=held,
        others=usable[1:],
        groups=clusters.rows,
    )


def _cluster(usable: Sequence[Series], rows: Sequence[int], name: str) -> Phrase:
    centre = tuple(
        CENTRE(
            metric=s.name,
            low=number(float(s.y[list(rows)].min())),
            high=number(float(s.y[list(rows)].max())),
        )
        for s in usable
    )
    return CLUSTER(
        name=name,
        axis=AXES[usable[0].axis.value],
        rows=Join(items=tuple(shown_x(usable[0].x[row]) for row in rows)),
        centre=Join(items=centre),
    )


DETECTOR = Detector(
    id="mixture",
    kinds=(Kind(id="mixture", title=Text(zh="多组数据混杂", en="mixture of regimes")),),
    detect=detect,
    order=30,
)
