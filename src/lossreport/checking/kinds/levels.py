"""Checks what is said of the level of a curve: rising, worse than its best, shifted, flat, apart
from another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.checking.ground import Family, Ground, Kind, Rule, Rules
from lossreport.checking.kinds.excursions import chances
from lossreport.checking.measures import SURE, bridged, fall, middle, order
from lossreport.checking.printed import Between, Candidate, places
from lossreport.model.run import Floats, Series
from lossreport.text import Phrase

TAIL_PART: Final = 20
"""The level at the end is told as the median of a twentieth of the rows."""
SHORT: Final = 24
"""In shorter curves a row is told, not a stretch."""


def around(y: Floats, row: int) -> Between:
    """Return the range of the rows of which the level at a row may be the median."""
    reach = math.ceil(len(y) / 40) + 2 if len(y) >= SHORT else 0
    part = y[max(0, row - reach) : row + reach + 1]
    return Between(float(part.min()), float(part.max()))


def last_part(y: Floats, share: float) -> Between:
    """Return the range of the last rows."""
    part = y[-(math.ceil(share * len(y)) + 2) :]
    return Between(float(part.min()), float(part.max()))


def first_part(y: Floats, share: float) -> Between:
    """Return the range of the first rows."""
    part = y[: math.ceil(share * len(y)) + 2]
    return Between(float(part.min()), float(part.max()))


def is_up(ground: Ground, series: Series) -> bool | None:
    """Return whether more is better, by the goal of the run or the kind of the metric; None where
    nothing here tells.
    """
    goal = next((one for one in ground.analysis.goals if one.series == series.id), None)
    if goal is not None:
        return goal.mode == "max"
    return True if series.metric_type in UP else None


UP: Final = ("accuracy", "map", "reward", "image_quality")
"""Kinds of metric of which more is better."""


# ------------------------------------------------------------------------------------- divergence
def _lost(ground: Ground) -> Iterator[Candidate]:
    y, best, end = ground.quiet(ground.subject), ground.numbers["best"], ground.numbers["end"]
    begin = first_part(y, 0.15)
    ways = sorted(abs(start - best) for start in (begin.low, begin.high))
    least = 0.0 if begin.low <= best <= begin.high else ways[0]
    yield Between((end - best) / (ways[1] + 1e-12), (end - best) / (least + 1e-12))


def _risen(ground: Ground) -> Iterator[Candidate]:
    best, end = ground.numbers["best"], ground.numbers["end"]
    if best > 0:
        yield end / best - 1
        yield end / best
    else:
        y = ground.quiet(ground.subject)
        yield (end - best) / (float(np.percentile(y, 90) - np.percentile(y, 10)) + 1e-12)
        yield (end - best) / (float(np.percentile(y, 90) - np.percentile(y, 10)) + 1e-12) + 1


def rising(ground: Ground) -> Iterator[str]:
    """Demand that the end lies above the best level, by the rows as by the numbers told."""
    y, row = ground.quiet(ground.subject), ground.rows[0]
    best, end = ground.numbers["best"], ground.numbers["end"]
    if not end > best:
        yield f"the end {end:g} is not above the best {best:g}"
    reach = max(1, len(y) // 12)
    if not middle(y[-max(2, reach) :]) > around(y, row).low:
        yield "the last rows are not above those of the best level"


DIVERGENCE: Final[Rules] = {
    "best": lambda g, p: iter([around(g.quiet(g.subject), g.rows[0])]),
    "end": lambda g, p: iter([last_part(g.quiet(g.subject), 0.1)]),
    "rise": lambda g, p: _risen(g),
    "lost": lambda g, p: _lost(g),
}


# ------------------------------------------------------------------------------ worse than the best
def ends(ground: Ground) -> Iterator[Candidate]:
    """Yield the level at the end: the last row, or the median of the last twentieth, with or
    without excursions.
    """
    series = ground.subject
    rows = series.y[np.isfinite(series.y)]
    for y in (rows, ground.quiet(series)):
        yield float(y[-1])
        yield float(np.median(y[-max(2, len(y) // TAIL_PART) :]))


def bests(ground: Ground) -> Iterator[Candidate]:
    """Yield the value of the best row; of a long curve the level there."""
    series, row = ground.subject, ground.rows[0]
    yield float(series.y[row])
    if len(series) >= 120:
        y = ground.quiet(series)
        part = (
            y[max(0, row - 501) : row + 502]
            if len(y) > 25000
            else y[max(0, row - len(y) // 50 - 3) : row + len(y) // 50 + 4]
        )
        yield Between(float(part.min()), float(part.max()))
    else:
        yield float(ground.quiet(series)[row])


def told_bests(ground: Ground) -> Iterator[Candidate]:
    """Yield what a sentence may call the best: the value at the place that it names."""
    place = (
        next((p for p in places(ground.finding.text) if p.name == "x"), None)
        if ground.finding is not None
        else None
    )
    if place is None:
        yield from bests(ground)
        return
    series = ground.subject
    for row in np.flatnonzero(series.x == float(place.value)):  # type: ignore[arg-type]
        yield float(series.y[row])


def changes(ground: Ground) -> Iterator[Candidate]:
    """Yield the relative changes from a best to an end that are told."""
    end = ground.numbers["end"]
    for best in (ground.numbers["best"], *(c for c in told_bests(ground) if isinstance(c, float))):
        yield (end - best) / (abs(best) or 1.0)
        yield (end - ground.numbers["best"]) / (abs(best) or 1.0)


def _worse(ground: Ground) -> Iterator[Candidate]:
    """Yield the relative change from the best that is told to the end."""
    end, best = ground.numbers["end"], ground.numbers["best"]
    yield (end - best) / (abs(best) or 1.0)


def _rise(ground: Ground) -> Iterator[Candidate]:
    """Yield the relative rises that are told, and bound that over the level around the best."""
    yield from changes(ground)
    if "change" not in ground.numbers:
        return
    best, end = ground.numbers["best"], ground.numbers["end"]
    # over the level around the best of the smoothed curve, which need not be the best row
    y = ground.quiet(ground.subject)
    yield Between(
        0.0, max(abs(end - float(y.min())), abs(end - float(y.max()))) / (abs(best) or 1.0)
    )


def worse_than_best(ground: Ground) -> Iterator[str]:
    """Demand that the best that is told is the best of what comes before the end, and the end is
    worse, in the direction that is told.
    """
    series = ground.subject
    y = ground.quiet(series)
    end, best = ground.numbers["end"], ground.numbers["best"]
    up = is_up(ground, series)
    falls = end < best if up is None else up
    if (end >= best) if falls else (end <= best):
        yield f"the end {end:g} is not worse than the best {best:g}"
    window = max(2, len(y) // TAIL_PART) if len(y) >= 12 else 0
    rest = y[: len(y) - window] if window else y
    rest = rest[rest != SENTINEL] if falls or up is False else rest
    told = [c for c in told_bests(ground) if isinstance(c, float)]
    if told and not any(
        value >= rest.max() - TINY if falls else value <= rest.min() + TINY for value in told
    ):
        yield f"{told[0]:g} is not the best of the rows before the end"


SENTINEL: Final = -1.0
"""What pycocotools prints where nothing was evaluated."""
TINY: Final = 1e-12


def overfitted(ground: Ground) -> Iterator[str]:
    """Demand that the validation ends worse than its best, and some training loss does not rise
    with it.
    """
    yield from worse_than_best(ground)
    series = ground.subject
    if series.split == "train":
        yield "it is no validation"
    training = [
        one
        for one in ground.run.series
        if one.split == "train"
        and np.isfinite(one.y).any()
        and one.metric_type == series.metric_type
    ]
    risen = (
        ground.numbers["end"] / ground.numbers["best"] - 1
        if ground.numbers["best"] > 0
        else math.inf
    )
    if training and all(
        _rise_of(one, ground.rows[0] / max(1, len(series) - 1)) > max(2 * risen, 0.03)
        for one in training
    ):
        yield "every training loss rises as well"


def _rise_of(series: Series, share: float) -> float:
    y = bridged(series.y)[int(share * (len(series) - 1)) :]
    if order(y) < CLIMBS:
        return 0.0
    part = max(1, len(y) // 10)
    before, after = float(np.median(y[:part])), float(np.median(y[-part:]))
    return (after - before) / (abs(before) or 1.0)


CLIMBS: Final = 0.4
"""Kendall's tau from which a curve surely rises: seven of ten pairs of rows in that order."""


WORSENING: Final[Rules] = {
    "best": lambda g, p: told_bests(g) if "best" in p.values else bests(g),
    "x": lambda g, p: (
        float(g.subject.x[row]) for row in {g.rows[0], int(np.argmin(g.quiet(g.subject)))}
    ),
    "end": lambda g, p: ends(g),
    "rise": lambda g, p: _rise(g),
    "change": lambda g, p: _worse(g),
    "rows": lambda g, p: iter(
        [
            float(np.isfinite(g.subject.y[g.rows[0] + 1 :]).sum()),
            float(np.sum(measured(g)[g.rows[0] + 1 :])),
        ]
    ),
    "count": lambda g, p: iter([float(np.isfinite(g.subject.y).sum()), float(np.sum(measured(g)))]),
    "component": lambda g, p: iter([0.0, 1.0]),
    "sudden": lambda g, p: (float(row) for row in _jump(g)[1:]),
    "x0": lambda g, p: (float(g.subject.x[row]) for row in _jump(g)[:1]),
    "x1": lambda g, p: (float(g.subject.x[row]) for row in _jump(g)[1:]),
    "before": lambda g, p: (float(g.subject.y[row]) for row in _jump(g)[:1]),
    "after": lambda g, p: (float(g.subject.y[row]) for row in _jump(g)[1:]),
}


def _jump(ground: Ground) -> list[int]:
    """Return the two measured rows behind the best between which a series moved most, against its
    direction.

    None where it moved less than half of what it lost.
    """
    rows = np.flatnonzero(measured(ground))
    rows = rows[rows >= ground.rows[0]]
    sign = 1.0 if ground.numbers["end"] > ground.numbers["best"] else -1.0
    steps = sign * np.diff(ground.subject.y[rows])
    if not len(steps) or steps.max() < 0.5 * abs(ground.numbers["end"] - ground.numbers["best"]):
        return []
    at = int(np.argmax(steps))
    return [int(rows[at]), int(rows[at + 1])]


def measured(ground: Ground) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which rows hold a value, the sentinel of an evaluation of nothing aside."""
    y = ground.subject.y
    return np.asarray(np.isfinite(y) & (y != SENTINEL))


# ------------------------------------------------------------------------------------- shifts
LASTS: Final = 0.05
LEAST_SHARE: Final = 0.4
"""The medians of a twentieth of the rows on both sides differ by at least so much of the jump that
is told.
"""


def _step(ground: Ground, row: int) -> tuple[float, float]:
    """Return the level before and behind a row."""
    y = ground.quiet(ground.subject)
    reach = max(2, round(LASTS * len(y)))
    return middle(y[max(0, row - reach) : row]), middle(y[row : row + reach])


def shifted(ground: Ground) -> Iterator[str]:
    """Demand that the level behind the row differs from that before it, in the direction that is
    told and by a good part of the size.
    """
    size = ground.numbers["size"]
    yield from _stepped(ground, ground.rows[0], size)
    if (
        ground.finding is not None
        and (ground.finding.explained_by or "").startswith("lr_drop")
        and not _rate_drops(ground)
    ):
        yield "no learning rate drops there"


def _stepped(ground: Ground, row: int, size: float) -> Iterator[str]:
    before, behind = _step(ground, row)
    if (behind - before) * size <= 0:
        yield f"the level goes from {before:g} to {behind:g}, not by {size:+.3g}"
        return
    told = abs(math.log1p(size)) if size > -1 else 0.0
    if (
        min(before, behind, float(np.min(ground.quiet(ground.subject)))) > 0
        and abs(math.log(behind / before)) < LEAST_SHARE * told
    ):
        yield f"the level changes by {behind / before - 1:+.3g} only"


def _rate_drops(ground: Ground) -> bool:
    x = ground.subject.x
    reach, at = 0.05 * float(x[-1] - x[0]), float(x[ground.rows[0]])
    for rate in ground.run.series:
        if rate.metric_type == "learning_rate" and len(rate) > 1:
            drops = rate.x[1:][np.diff(rate.y) < 0]
            if len(drops) and float(np.min(np.abs(drops - at))) <= reach:
                return True
    return False


def _sizes(ground: Ground) -> Iterator[Candidate]:
    for row in ground.rows:
        before, behind = _step(ground, row)
        if min(before, behind) > 0 and float(np.min(ground.quiet(ground.subject))) > 0:
            step = abs(math.log(behind / before)) / LEAST_SHARE
            yield (
                Between(-1.0, 0.0) if behind < before else Between(0.0, math.expm1(min(step, 50.0)))
            )
        else:
            yield Between(-math.inf, 0.0) if behind < before else Between(0.0, math.inf)


def staircase(ground: Ground) -> Iterator[str]:
    """Demand that the level falls at each of the rows."""
    for row in ground.rows:
        before, behind = _step(ground, row)
        if not behind < before:
            yield f"the level does not fall at row {row}"


SHIFT: Final[Rules] = {
    "size": lambda g, p: _sizes(g),
    "score": lambda g, p: iter([Between(0.0, math.inf)]),
    "sizes": lambda g, p: _sizes(g),
    "steps": lambda g, p: iter([float(len(g.rows))]),
    "rows": lambda g, p: (float(g.subject.x[row]) for row in g.rows),
}


# ------------------------------------------------------------------------------------- flat
def estimate(y: Floats, whole: Floats) -> tuple[float, float]:
    """Return the relative fall over the rows `y` of a curve and how far that may be off."""
    gain, error = fall(y)
    level = abs(middle(y)) + 1e-12
    if float(whole.min()) <= 0:
        # a share of a level near 0 means nothing: of all that the curve moved
        level = max(
            level,
            float(np.ptp([np.median(part) for part in np.array_split(whole, min(48, len(whole)))])),
        )
    return gain / level, SURE * error / level


def gains(ground: Ground, series: Series, rows: int, sign: float = 1.0) -> Between:
    """Return the range of the relative gain over the last rows that the rows themselves allow."""
    y = sign * ground.quiet(series)
    gain, error = estimate(y[-rows:], y)
    slack = SLACK + 0.6 * abs(gain) + error
    beside = beside_a_step(y[-rows:], y)
    return Between(min(gain - slack, beside - SLACK), max(gain + slack, beside + SLACK))


PARTS: Final = 12
JUMP: Final = 0.5


def beside_a_step(y: Floats, whole: Floats) -> float:
    """Return what rows with one step in them gain where they do not step, over as many rows: a
    robust slope tells that, not the step.

    Without a step that makes half of all that the rows moved, it is their gain.
    """
    levels = np.array([middle(part) for part in np.array_split(y, min(PARTS, len(y)))])
    steps = np.abs(np.diff(levels))
    if not len(steps) or steps.max() <= JUMP * float(np.ptp(levels)):
        return estimate(y, whole)[0]
    at = (int(np.argmax(steps)) + 1) * len(y) // len(levels)
    longer = max((y[:at], y[at:]), key=len)
    return estimate(longer, whole)[0] * len(y) / len(longer)


SLACK: Final = 0.01
"""Two robust slopes of one tail differ by as much."""


def flat(ground: Ground) -> Iterator[str]:
    """Demand that the last rows do not fall or rise by more than the bound of flat and their
    noise.
    """
    rows = ground.rows[-1] - ground.rows[0] + 1
    yield from not_flat(ground, ground.subject, rows)


def not_flat(ground: Ground, series: Series, rows: int, sign: float = 1.0) -> Iterator[str]:
    """Yield that the last rows change, where they surely do."""
    y = sign * ground.quiet(series)
    gain, error = estimate(y[-rows:], y)
    quarters = max(1, round(4 * rows / max(1, len(y))))
    bound = quarters * ground.threshold("flat_gain")
    if abs(gain) > bound + error:
        yield f"the last {rows} rows change by {-gain:+.3g}"


def _of_trend(name: str) -> Rule:
    def rule(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
        told = ground.numbers["gain"]
        if name == "gain":
            allowed = gains(ground, ground.subject, ground.rows[-1] - ground.rows[0] + 1)
            if allowed.low <= told <= allowed.high:
                yield told
                yield -told
        elif phrase.values:  # the sentence tells the change, which is the gain with its sign turned
            yield -ground.numbers["high" if name == "low" else "low"]
        else:
            yield Between(told - 1.0, told) if name == "low" else Between(told, told + 1.0)

    return rule


PLATEAU: Final[Rules] = {
    "gain": _of_trend("gain"),
    "low": _of_trend("low"),
    "high": _of_trend("high"),
    "rows": lambda g, p: iter([float(g.rows[-1] - g.rows[0] + 1)]),
}


def unmoved(ground: Ground) -> Iterator[str]:
    """Demand that the curve ends where it began and was nowhere else for long."""
    y = ground.quiet(ground.subject)
    gain, error = estimate(y, y)
    if abs(gain) > MOVED + error:
        yield f"it changes by {-gain:+.3g} from start to end"


MOVED: Final = 0.08
"""Twice the width of the blocks between which a curve counts as unmoved."""

NO_LEARNING: Final[Rules] = {
    "first": lambda g, p: iter([first_part(g.quiet(g.subject), 0.05)]),
    "last": lambda g, p: iter([last_part(g.quiet(g.subject), 0.05)]),
    "gain": lambda g, p: _gain(g),
    "spread": lambda g, p: iter([Between(0.0, 1.1 * reach(g))]),
    "chance": lambda g, p: chances(g),
    "margin": lambda g, p: _margins(g),
    "count": lambda g, p: iter([float(len(g.subject))]),
}
ROUND_MARGINS: Final = (0.1, 0.2, 0.3, 0.5, 1.0)


def _margins(ground: Ground) -> Iterator[float]:
    """Yield the margins, set or round, that no row is further from than 1 %."""
    said = [ground.value(name) for name in ("margin", "triplet_margin", "loss_margin")]
    for margin in (*ROUND_MARGINS, *(float(one) for one in said if isinstance(one, int | float))):
        if margin > 0 and np.all(np.abs(ground.subject.y / margin - 1) <= 0.01):
            yield margin


def reach(ground: Ground) -> float:
    """Return how far the rows lie apart, relative to their level."""
    y = ground.subject.y[np.isfinite(ground.subject.y)]
    return float(np.ptp(y)) / (float(np.median(np.abs(y))) + 1e-12)


def _gain(ground: Ground) -> Iterator[Candidate]:
    first, last = ground.numbers["first"], ground.numbers["last"]
    yield (first - last) / (abs(first) + 1e-12)
    yield (last - first) / (abs(first) + 1e-12)


# -------------------------------------------------------------------------- training and validation
def _ends_of_pair(ground: Ground) -> tuple[float, float]:
    series, partner = ground.series[0], ground.series[1]
    train = np.interp(series.x, partner.x, partner.y)
    tail = max(2, len(series) // TAIL_PART)
    return float(np.median(series.y[-tail:])), float(np.median(train[-tail:]))


def apart(ground: Ground) -> Iterator[str]:
    """Demand that the validation ends on the side that is told, and the gap widens where that is
    told.
    """
    val, train = _ends_of_pair(ground)
    if (val / train - 1) * ground.numbers["gap"] <= 0:
        yield f"it ends at {val:g} against {train:g}"
    if (
        "val_first" in ground.numbers
        and not ground.numbers["val_first"] / val < (ground.numbers["train_first"] / train) ** 0.1
    ):
        yield "the validation gained a tenth of what the training did"
    if ground.numbers["widens"]:
        series, partner = ground.series[0], ground.series[1]
        gap = (series.y - np.interp(series.x, partner.x, partner.y))[
            len(series) // 2 :
        ] * math.copysign(1.0, ground.numbers["gap"])
        if all(
            middle(gap[-rows:]) < middle(gap[:rows])
            for rows in (max(1, len(gap) // part) for part in (2, 3, 4))
        ):
            yield "the gap does not widen"


GAP: Final[Rules] = {
    "val": lambda g, p: iter([_ends_of_pair(g)[0]]),
    "train": lambda g, p: iter([_ends_of_pair(g)[1]]),
    "gap": lambda g, p: iter([_ends_of_pair(g)[0] / _ends_of_pair(g)[1] - 1]),
    "widens": lambda g, p: iter([0.0, 1.0]),
    "val_first": lambda g, p: iter([float(np.median(g.series[0].y[:2]))]),
    "train_first": lambda g, p: iter(
        [float(np.median(np.interp(g.series[0].x, g.series[1].x, g.series[1].y)[:2]))]
    ),
}

NATURAL_TEXT: Final = 1.0
"""Nats per token that no published language model of words and their parts goes below."""


def _uniform(ground: Ground) -> float:
    size = ground.value("vocab_size")
    return math.log(size) if isinstance(size, int | float) and size > 1 else math.nan


def too_low(ground: Ground) -> Iterator[str]:
    """Demand that it began near the logarithm of the vocabulary and lies below what is known from
    the row that is named to the end.
    """
    y, row = ground.subject.y, ground.rows[0]
    if not abs(float(y[0])) > 0.75 * _uniform(ground):
        yield f"it began at {y[0]:g}"
    if not middle(y[row:]) < NATURAL_TEXT or (row and y[row - 1] < NATURAL_TEXT):
        yield f"it is not below {NATURAL_TEXT:g} from row {row} on"


LOW: Final[Rules] = {
    "x": lambda g, p: iter([float(g.subject.x[g.rows[0]])]),
    "floor": lambda g, p: iter([NATURAL_TEXT]),
    "level": lambda g, p: iter(
        [float(np.median(g.subject.y[-max(2, len(g.subject) // TAIL_PART) :]))]
    ),
    "first": lambda g, p: iter([float(g.subject.y[0])]),
    "size": lambda g, p: iter(
        [float(size) if isinstance(size := g.value("vocab_size"), int | float) else math.nan]
    ),
    "chance": lambda g, p: iter([_uniform(g)]),
}

CHECK = Family(
    id="levels",
    kinds={
        "divergence": Kind(declares=("best", "end"), holds=rising, values=DIVERGENCE),
        "overfitting": Kind(declares=("best", "end", "rise"), holds=overfitted, values=WORSENING),
        "worsening": Kind(
            declares=("best", "end", "change"), holds=worse_than_best, values=WORSENING
        ),
        "level_shift": Kind(declares=("size",), holds=shifted, values=SHIFT),
        "staircase": Kind(holds=staircase, values=SHIFT),
        "plateau": Kind(declares=("gain", "low", "high"), holds=flat, values=PLATEAU),
        "no_learning": Kind(declares=("first", "last", "gain"), holds=unmoved, values=NO_LEARNING),
        "implausible_loss": Kind(declares=("first", "level", "chance"), holds=too_low, values=LOW),
        "train_val_gap": Kind(declares=("gap", "widens"), holds=apart, values=GAP),
    },
)
