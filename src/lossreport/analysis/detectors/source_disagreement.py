"""The same metric in two sources of one run, held against each other epoch by epoch: agreement is a
reassurance, disagreement a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.comparing import compare
from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import evidence, make_finding
from lossreport.curves.stats import mad
from lossreport.model.analysis import Finding, Severity
from lossreport.model.run import Floats, Ints, Run, Series, Statistic, shown_x
from lossreport.text import Join, Phrase, Text, Value, factor, number
from lossreport.values import dataclass

MIN_COMMON: Final = 3
TOLERANCE: Final = 0.05
"""Sources agree where the median relative difference is below 5 %: a running mean printed up to 9
iterations before the end of the epoch differs from the epoch mean by its last rows (SCIENCE.md 3.1
uses 2 % for rows of the same statistic).
"""
FAR_ROW: Final = 0.30
"""A single epoch that differs by more than 30 % is a disagreement whatever the others do
(FORMATS.md 1.6 c).
"""
CONSTANT: Final = 0.03
"""The ratio is constant where its logs scatter by less than 3 %."""

TEXT = Text(
    zh="`{metric}` 在 {a} 与 {b} 中对不上：{sentence}。{a} 本应是各 rank 同步后的 epoch 均值，"
    "{b} 是单个 rank 的 epoch 内累计均值，二者应当接近；查清之前不能混着读。",
    en=(
        "`{metric}` does not agree between {a} and {b}: {sentence}. {a} should hold the epoch "
        "mean over all ranks, {b} one rank's mean since the epoch began, which is much the same; "
        "until the difference is explained, do not mix the two."
    ),
)
LOWER_HIGHER = Text(
    zh="{a} 在 {low_n} 个 epoch 里只有 {b} 的 1/{low_max} 到 1/{low_min}，在 epoch "
    "{high_rows} 却是它的 {high}",
    en="{a} is 1/{low_max} to 1/{low_min} of {b} in {low_n} epochs, but {high} as high in "
    "epochs {high_rows}",
)
LOWER = Text(
    zh="{a} 在 {low_n} 个 epoch 里只有 {b} 的 1/{low_max} 到 1/{low_min}",
    en="{a} is 1/{low_max} to 1/{low_min} of {b} in {low_n} epochs",
)
HIGHER = Text(
    zh="{a} 在 epoch {high_rows} 是 {b} 的 {high}",
    en="{a} is {high} as high as {b} in epochs {high_rows}",
)
SCALED = Text(zh="{a} 始终约为 {b} 的 {ratio}", en="{a} is about {ratio} {b} throughout")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """An epoch-mean series and the other source's value of the same epochs: rows of both, the ratio
    at each common epoch.
    """

    synced: Series
    local: Series
    synced_rows: Ints
    local_rows: Ints
    ratio: Floats

    @property
    def x(self) -> Floats:
        """The common epochs."""
        common: Floats = self.synced.x[self.synced_rows]
        return common

    def agrees(self) -> bool:
        """Return whether the two tell the same."""
        difference = np.abs(np.log(self.ratio))
        return bool(np.median(difference) <= TOLERANCE and difference.max() <= FAR_ROW)


def comparisons(run: Run) -> list[Comparison]:
    """Return every epoch-mean training metric beside one rank's running mean at the end of the same
    epochs.
    """
    found = []
    synced = [
        s
        for s in run.series
        if s.statistic is Statistic.EPOCH_MEAN and s.split == "train" and not s.derived
    ]
    for local in run.series:
        if local.statistic is not Statistic.RUNNING_MEAN or not len(local.epoch):
            continue
        rivals = [s for s in synced if s.name == local.name]
        best = next((s for s in rivals if s.source != local.source), rivals[0] if rivals else None)
        made = _compare(best, local) if best is not None else None
        if made is not None:
            found.append(made)
    return found


def _compare(synced: Series, local: Series) -> Comparison | None:
    """Align by epoch; only epochs that went on in the log (another follows, or their mean was
    printed) are complete.
    """
    last = np.flatnonzero(np.append(np.diff(local.epoch) != 0, True))
    # of an epoch run twice the later one counts
    _, first = np.unique(local.epoch[last][::-1], return_index=True)
    last = last[len(last) - 1 - first]
    _, final = np.unique(synced.x[::-1], return_index=True)
    rows = len(synced) - 1 - final
    _, a, b = np.intersect1d(synced.x[rows], local.epoch[last], return_indices=True)
    a, b = rows[a], last[b]
    keep = np.isfinite(synced.y[a]) & np.isfinite(local.y[b]) & (synced.y[a] > 0) & (local.y[b] > 0)
    a, b = a[keep], b[keep]
    if len(a) < MIN_COMMON:
        return None
    return Comparison(
        synced=synced, local=local, synced_rows=a, local_rows=b, ratio=synced.y[a] / local.y[b]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvesApart:
    """How many common rows two sources have, and the constant by which they differ, if any."""

    rows: float
    constant: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeansApart:
    """The bounds of the ratio of two sources, and in how many epochs they differ."""

    ratio_min: float
    ratio_max: float
    epochs: float


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a loss whose sources disagree."""
    for comparison in comparisons(context.run):
        if context.kind(comparison.synced).role == "loss" and not comparison.agrees():
            yield _finding(comparison)
    told = {
        frozenset(finding.series[:2])
        for finding in context.found
        if finding.kind == "source_disagreement"
    }
    for a, b in rivals(context):
        if frozenset((a.id, b.id)) not in told:
            yield from _of_curves(a, b)


def rivals(context: Context) -> Iterator[tuple[Series, Series]]:
    """Yield pairs of judged losses that two sources give for the same split over the same axis."""
    losses = [series for series in context.progress if series.statistic not in NOT_COMPARED]
    for i, a in enumerate(losses):
        for b in losses[i + 1 :]:
            if (a.name, a.split, a.axis) == (b.name, b.split, b.axis) and a.source != b.source:
                yield a, b


NOT_COMPARED: Final = (Statistic.RUNNING_MEAN, Statistic.EPOCH_MEAN)
"""Held against each other by epochs, above."""


def _of_curves(a: Series, b: Series) -> Iterator[Finding]:
    _, rows_a, rows_b = np.intersect1d(a.x, b.x, return_indices=True)
    found = compare(a.y[rows_a], b.y[rows_b])
    if found is None or found.relation == "same":
        return
    how = (
        RELATIONS[found.relation](constant=number(found.constant))
        if found.relation != "unrelated"
        else UNRELATED()
    )
    text = CURVES(metric=a.name, a=a.path, b=b.path, count=len(rows_a), how=how)
    apart = np.argsort(-np.abs(a.y[rows_a] - b.y[rows_b]))[:EXAMPLES]
    shown_rows = sorted(int(rows_a[i]) for i in apart)
    more = evidence(b, sorted(int(rows_b[i]) for i in apart))
    held = CurvesApart(rows=float(len(rows_a)), constant=found.constant)
    yield make_finding(
        "source_disagreement",
        a,
        shown_rows,
        Severity.MEDIUM,
        text,
        payload=held,
        others=(b,),
        more_evidence=more,
    )


EXAMPLES: Final = 5
CURVES = Text(
    zh="`{metric}` 在 {a} 与 {b} 中有 {count} 个相同的位置，但数值对不上：{how}。平滑、"
    "窗口均值、累计均值和一步延迟都解释不了；在弄清之前不要把两份数字当作同一个量。",
    en=(
        "`{metric}` differs between {a} and {b} at {count} common places: {how}. Smoothing, a "
        "window mean, a running mean or a lag of one row do not explain it; until it is "
        "explained, do not read them as one quantity."
    ),
)
RELATIONS: Final = {
    "scaled": Text(
        zh="后者始终约为前者的 {constant} 倍（常见于求和与均值、梯度累积或 rank 数的差别）",
        en="the second is about {constant} times the first throughout (common for a sum "
        "instead of a mean, gradient accumulation, or the number of ranks)",
    ),
    "offset": Text(
        zh="两者始终相差 {constant}（常见于多加了一项正则）",
        en="they differ by {constant} throughout (common with an added regulariser)",
    ),
}
UNRELATED = Text(
    zh="两条曲线没有固定的比例或差值", en="there is no constant ratio or difference between them"
)


def _finding(comparison: Comparison) -> Finding:
    far = np.flatnonzero(np.abs(np.log(comparison.ratio)) > TOLERANCE)
    rows = comparison.synced_rows[far]
    held = MeansApart(
        ratio_min=float(comparison.ratio.min()),
        ratio_max=float(comparison.ratio.max()),
        epochs=float(len(far)),
    )
    a, b = comparison.synced, comparison.local
    text = TEXT(metric=a.name, a=a.path, b=_name(a, b), sentence=_sentence(comparison))
    return make_finding(
        "source_disagreement",
        a,
        rows.tolist(),
        Severity.HIGH,
        text,
        payload=held,
        others=(b,),
        more_evidence=evidence(b, comparison.local_rows[far].tolist()[:20]),
    )


def _name(a: Series, b: Series) -> str | Phrase:
    return b.path if a.path != b.path else SAME_FILE(path=b.path)


SAME_FILE = Text(zh="{path} 的逐行输出", en="the rows of {path}")


def _sentence(comparison: Comparison) -> Phrase:
    a, b, ratio = (
        comparison.synced.path,
        _name(comparison.synced, comparison.local),
        comparison.ratio,
    )
    if mad(np.log(ratio)) < CONSTANT and np.ptp(np.log(ratio)) < 2 * CONSTANT:
        return SCALED(a=a, b=b, ratio=factor(float(np.median(ratio))))
    low, high = np.flatnonzero(ratio < 1 - TOLERANCE), np.flatnonzero(ratio > 1 + TOLERANCE)
    lower: dict[str, Value] = {
        "low_n": len(low),
        "low_min": _times(1 / ratio[low].max()) if len(low) else "",
        "low_max": _times(1 / ratio[low].min()) if len(low) else "",
    }
    higher: dict[str, Value] = {
        "high": Join(items=tuple(factor(float(r)) for r in ratio[high][:8])),
        "high_rows": Join(items=tuple(shown_x(x) for x in comparison.x[high][:8])),
    }
    if len(low) and len(high):
        return LOWER_HIGHER(a=a, b=b, **lower, **higher)
    return LOWER(a=a, b=b, **lower) if len(low) else HIGHER(a=a, b=b, **higher)


def _times(ratio: float) -> str:
    return f"{ratio:.1f}"


DETECTOR = Detector(
    id="source_disagreement",
    kinds=(Kind(id="source_disagreement", title=Text(zh="来源不一致", en="sources disagree")),),
    detect=detect,
    order=40,
)
