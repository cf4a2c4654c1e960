"""Published spike rules held against one series: who fires where, who cannot judge and why.
Information only: no verdict uses it.

The rules are those of training stacks, for one value a step; on means of an epoch or a window they
see other numbers than they were made for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from lossreport.analysis.context import Context
from lossreport.analysis.found import position
from lossreport.analysis.payloads import Excursion
from lossreport.curves.stats import mad
from lossreport.model.analysis import Finding, Jury, Vote
from lossreport.model.run import Floats, Ints, Series
from lossreport.text import Text
from lossreport.values import dataclass

KINDS: Final = ("spike", "batch_outlier")
MAX_SERIES: Final = 2
"""Series a jury looks at: those with the gravest spikes."""

FEW = Text(zh="需要 {need} 行，只有 {count} 行", en="needs {need} rows, has {count}")
NO_SPREAD = Text(zh="各行的离散度为 0，规则无法计算", en="the rows have no spread to measure by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Juror:
    """One published rule, in short as a formula over the rows before: `needs` rows to say anything,
    `judge` returns the rows it flags (None: it cannot be computed).
    """

    id: str
    title: str
    rule: str
    needs: int
    judge: Callable[[Floats], Sequence[int] | None]


def juries(context: Context) -> Iterator[Jury]:
    """Yield the votes on the series with the gravest spikes, at most two."""
    flagged = [finding for finding in context.found if finding.kind in KINDS]
    names = dict.fromkeys(finding.series[0] for finding in sorted(flagged, key=_gravity))
    for series in [one for name in names for one in context.run.series if one.id == name][
        :MAX_SERIES
    ]:
        yield Jury(series=(series.id,), votes=tuple(_vote(juror, series) for juror in JURORS))


def _gravity(finding: Finding) -> tuple[int, float]:
    peak = finding.payload
    return (-finding.severity.rank, -peak.score if isinstance(peak, Excursion) else 0.0)


def _vote(juror: Juror, series: Series) -> Vote:
    rows = np.flatnonzero(np.isfinite(series.y))
    y = series.y[rows]
    if len(y) < juror.needs:
        reason = FEW(need=juror.needs, count=len(y))
        return Vote(
            juror=juror.id,
            title=juror.title,
            rule=juror.rule,
            needs=juror.needs,
            rows=len(y),
            reason=reason,
        )
    found = juror.judge(y)
    return Vote(
        juror=juror.id,
        title=juror.title,
        rule=juror.rule,
        needs=juror.needs,
        rows=len(y),
        fires=tuple(position(series, int(rows[row])) for row in found or ()),
        reason=NO_SPREAD() if found is None else None,
    )


# ---------------------------------------------------------------------------------------- the rules
def _olmo(y: Floats) -> list[int]:
    """Return the rows 7 standard deviations above the mean of the 1000 before."""
    return _rolling(y, least=1000, most=1000, limit=7.0)


def _stability(y: Floats) -> list[int]:
    return _rolling(y, least=128, most=128, limit=6.0)


def _skip_step(y: Floats) -> list[int]:
    """Return the rows that leave the mean of the 128 before by 6 sigma either way; it judges from
    the 64th value on.
    """
    return _rolling(y, least=63, most=128, limit=6.0, both=True)


def _rolling(y: Floats, *, least: int, most: int, limit: float, both: bool = False) -> list[int]:
    """Return the rows from `least` on that leave the mean of the up to `most` before by more than
    `limit` of their deviations.
    """
    short = [
        row
        for row in range(least, min(most, len(y)))
        if _leaves(y[row : row + 1], y[None, :row], limit, both=both)[0]
    ]
    found = [
        most + part
        for part in _in_parts(y, most, _suspects(y, most, limit, both=both), limit, both=both)
    ]
    return [*short, *(int(row) for part in found for row in part)]


def _in_parts(y: Floats, most: int, rows: Ints, limit: float, *, both: bool) -> Iterator[Ints]:
    """Yield, a part of the rows at a time, those (counted from `most`) that leave the window before
    them.
    """
    if not len(rows):
        return
    windows, size = sliding_window_view(y, most), max(1, PART // most)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        yield part[_leaves(y[most + part], windows[part], limit, both=both)]


def _leaves(y: Floats, before: Floats, limit: float, *, both: bool) -> npt.NDArray[np.bool_]:
    """Return which of the values leave the rows before them, one row of `before` for each."""
    away = y - before.mean(axis=1)
    spread = before.std(axis=1, ddof=1)
    return np.asarray((spread > 0) & ((np.abs(away) if both else away) > limit * spread))


PART: Final = 1 << 20
"""Numbers that are looked at together."""


def _suspects(y: Floats, most: int, limit: float, *, both: bool) -> Ints:
    """Return the rows, counted from `most`, that may leave their window: mean and deviation from
    sums over all rows, less what rounding may err.

    A sum of n numbers errs by at most n * eps of the sum of their sizes (Higham, Accuracy and
    Stability, section 4.2).
    """
    n = len(y) - most
    if n <= 0:
        return np.empty(0, dtype=np.int64)
    with np.errstate(over="ignore", invalid="ignore"):
        z = y - np.median(y)
        sums, squares = (np.cumsum(np.r_[0.0, one]) for one in (z, z * z))
        eps = 4.0 * float(np.finfo(np.float64).eps)
        wrong, wrong_squares = (
            eps * len(y) * float(np.abs(z).sum()),
            eps * len(y) * float(squares[-1]),
        )
        # what mean and deviation of a window themselves err by
        exact = eps * most * float(np.abs(y).max())
        total = (sums[most:] - sums[:-most])[:n]
        away = z[most:] - total / most
        inside = (squares[most:] - squares[:-most])[:n] - total * total / most
        slack = wrong_squares + (2 * np.abs(total) + wrong) * wrong / most
        spread = np.sqrt(np.maximum(inside - slack, 0.0) / (most - 1))
        clear = (np.abs(away) if both else away) + wrong + exact < limit * (spread - exact)
    return np.flatnonzero(~clear)


def _kill_loss_spike(y: Floats) -> list[int]:
    """Return the rows at which the fifth value in a row is twice the mean of the 100 before, or
    half of those 100 exceed 10.
    """
    if len(y) <= 100:
        return []
    windows = sliding_window_view(y, 100)[:-1]
    means = np.concatenate(
        [
            windows[start : start + PART // 100].mean(axis=1)
            for start in range(0, len(windows), PART // 100)
        ]
    )
    twice = y[100:] >= 2 * means
    rows = np.arange(len(twice))
    in_a_row = rows - np.maximum.accumulate(np.where(twice, -1, rows))
    above = np.cumsum(np.r_[0, y > 10])
    many = (above[100:-1] - above[:-101] >= 50) & (rows >= 100)
    return (100 + np.flatnonzero((in_a_row >= 5) | many)).tolist()


def _megatron(y: Floats) -> list[int]:
    """Return the rows above 10 times the largest of the first 100 values."""
    return (100 + np.flatnonzero(y[100:] > 10 * np.abs(y[:100]).max())).tolist()


def _lightning(y: Floats) -> list[int]:
    """Return the rows that rise and differ from the mean of the last 10 accepted values by twice
    that mean; accepted are those not flagged.
    """
    found: list[int] = []
    kept, row, ahead = [float(y[0])], 1, 1
    while row < len(y):
        if len(kept) < ACCEPTED:
            hit = 0 if _rises(float(y[row]), kept) else None
            ahead = 1
        else:
            stretch = np.r_[kept[-ACCEPTED:], y[row : row + ahead]]
            means = sliding_window_view(stretch, ACCEPTED)[:-1].mean(axis=1)
            hits = np.flatnonzero(
                (stretch[ACCEPTED:] > stretch[ACCEPTED - 1 : -1])
                & (np.abs(stretch[ACCEPTED:] - means) >= np.abs(2.0 * means))
            )
            hit = int(hits[0]) if len(hits) else None
        accepted = y[row : row + (ahead if hit is None else hit)]
        kept = [*kept, *accepted[-ACCEPTED:].tolist()][-ACCEPTED:]
        row += len(accepted)
        if hit is not None:
            found.append(row)
            row += 1
        ahead = min(2 * ahead, PART // ACCEPTED) if hit is None else 1
    return found


ACCEPTED: Final = 10


def _rises(value: float, kept: Sequence[float]) -> bool:
    mean = float(np.mean(kept))
    return value > kept[-1] and abs(value - mean) >= abs(2.0 * mean)


def _autotrainer(y: Floats) -> list[int]:
    return np.flatnonzero(y >= 1e3).tolist()


def _z_score(y: Floats) -> list[int] | None:
    spread = y.std()
    return np.flatnonzero((y - y.mean()) / spread > 3.0).tolist() if spread > 0 else None


def _iqr(y: Floats) -> list[int] | None:
    low, high = np.percentile(y, [25, 75])
    return np.flatnonzero(y > high + 1.5 * (high - low)).tolist() if high > low else None


def _median(y: Floats) -> list[int] | None:
    spread = mad(y)
    return np.flatnonzero((y - np.median(y)) / spread > 3.5).tolist() if spread > 0 else None


JURORS: Final = (
    Juror(
        id="olmo",
        title="OLMo 2 spike score",
        rule="y > mean(1000) + 7 sd",
        needs=1001,
        judge=_olmo,
    ),
    Juror(
        id="olmo_core",
        title="OLMo-core StabilityMonitor",
        rule="y > mean(128) + 6 sd",
        needs=128,
        judge=_stability,
    ),
    Juror(
        id="skip_step",
        title="OLMo-core SkipStep",
        rule="|y - mean(≤128)| > 6 sd",
        needs=64,
        judge=_skip_step,
    ),
    Juror(
        id="kill_loss_spike",
        title="llm-foundry KillLossSpike",
        rule="5 × (y ≥ 2·mean(100)), 50 of 100 > 10",
        needs=100,
        judge=_kill_loss_spike,
    ),
    Juror(
        id="megatron",
        title="Megatron rerun machine",
        rule="y > 10·max(y[:100])",
        needs=100,
        judge=_megatron,
    ),
    Juror(
        id="lightning",
        title="Lightning SpikeDetection",
        rule="|y - mean(10)| ≥ 2·mean(10)",
        needs=2,
        judge=_lightning,
    ),
    Juror(id="autotrainer", title="AUTOTRAINER", rule="y ≥ 1000", needs=1, judge=_autotrainer),
    Juror(
        id="z_score",
        title="z > 3",
        rule="y > mean + 3 sd",
        needs=12,
        judge=_z_score,
    ),
    Juror(
        id="iqr",
        title="1.5 IQR (Tukey)",
        rule="y > Q3 + 1.5 IQR",
        needs=4,
        judge=_iqr,
    ),
    Juror(
        id="mad",
        title="median/MAD > 3.5 (Iglewicz-Hoaglin)",
        rule="y > median + 3.5·1.4826 MAD",
        needs=8,
        judge=_median,
    ),
)
"""Constants and sources: OLMo 2 (arXiv 2501.00656), olmo_core `skip_step_optimizer.py` and
`stability_monitor.py`, llmfoundry `kill_loss_spike_callback.py`, megatron `rerun_state_machine.py`,
lightning `fabric/utilities/spike.py`, AUTOTRAINER (ICSE 2021) `monitor.py`, Tukey 1977, Iglewicz
and Hoaglin 1993. z > 3 needs 11 rows: of n rows none can lie more than sqrt(n-1) sd from their
mean.
"""
