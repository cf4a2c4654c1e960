"""What a sentence may say of the run itself: how far it came, its settings, rates, steps and
spikes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from lossreport.checking.ground import Ground
from lossreport.checking.kinds.levels import gains
from lossreport.checking.printed import Between, Candidate
from lossreport.model.run import Axis, Floats, Series
from lossreport.text import Phrase

CLASSES: Final = ("num_classes", "num_labels", "nb_classes", "n_classes", "classes")
"""What configurations call the number of classes."""


def progress_told(ground: Ground, at: int) -> Iterator[Candidate]:
    """Yield what was done (0) or planned (1), where the run tells both."""
    for pair in (ground.run.progress.epochs, ground.run.progress.steps):
        value = pair[at]
        if value is not None and None not in pair:
            yield float(value)


def setting_told(ground: Ground, *called: str) -> Iterator[float]:
    """Yield the settings of these names that are numbers."""
    for name in called:
        value = ground.value(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield float(value)


def gradient_norms(ground: Ground) -> list[Series]:
    """Return the gradient norms of the run."""
    return [
        one
        for one in ground.run.series
        if one.metric_type == "grad_norm" and np.isfinite(one.y).any()
    ]


def below_the_training(ground: Ground, phrase: Phrase) -> Iterator[Candidate]:
    """Yield the share of the rows of a validation that lie below the training loss."""
    if len(ground.series) > 1:
        val, train = ground.series[0], ground.series[1]
        yield float(np.mean(val.y < np.interp(val.x, train.x, train.y)))


def steps_told(ground: Ground) -> Iterator[Candidate]:
    """Yield the steps that were made, as far as the log counts them."""
    done = ground.run.progress.steps[0]
    if done is not None:
        yield float(done)
    counted = [
        float(np.nanmax(one.x))
        for one in ground.run.series
        if one.axis in (Axis.STEP, Axis.ITERATION) and len(one)
    ]
    if counted:
        yield max(counted)


def spikes_of_half(ground: Ground, *, late: bool) -> Iterator[Candidate]:
    """Yield the spikes of each series in its first, or its second half."""
    for series in ground.run.series:
        rows = [
            one.start.row
            for one in ground.excursions
            if one.kind == "spike" and one.series[0] == series.id and one.explained_by is None
        ]
        yield float(sum((row >= len(series) / 2) is late for row in rows))


def rise_over_half(ground: Ground) -> Iterator[Candidate]:
    """Yield the range of the relative rise of a series over its last half."""
    for series in ground.series:
        fall = gains(ground, series, max(2, len(series) // 2))
        yield Between(-fall.high, -fall.low)


SHARES_OF_RATE: Final = (
    1 / 2,
    1 / 3,
    1 / 5,
    1 / 10,
    1 / 100,
    *(images / 16 for images in range(1, 16)),
)
"""Sixteen images are the batch of the published detection recipes: linear scaling makes the rate
for fewer.
"""


def rates_told(ground: Ground) -> Iterator[Candidate]:
    """Yield every rate of the run, and what advice makes of one: a share of it, or its share for
    another number of images.
    """
    known = logged_rates(ground)
    yield from (known, *(known * share for share in SHARES_OF_RATE))


def logged_rates(ground: Ground) -> Floats:
    """Return the rates that the run was told or has logged."""
    told = list(setting_told(ground, "lr"))
    logged = [
        series.y[np.isfinite(series.y)]
        for series in ground.run.series
        if series.metric_type == "learning_rate"
    ]
    return np.concatenate([np.array(told, dtype=np.float64), *logged])


def told_of_rates(ground: Ground, of: Callable[[Floats], float]) -> Iterator[Candidate]:
    """Yield what holds of each learning rate that was logged: its highest, its last."""
    yield from (
        float(of(one.y))
        for one in ground.run.series
        if one.metric_type == "learning_rate" and len(one)
    )


def told_of_the_steps(ground: Ground) -> Iterator[Candidate]:
    """Yield how long a warm-up may be that a step asks for: at most a tenth of the steps of a
    series.
    """
    yield from (
        Between(1.0, max(1.0, 0.1 * float(one.x[-1]) + 0.5))
        for one in ground.run.series
        if len(one)
    )
