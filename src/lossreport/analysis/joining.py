"""Joins the pieces of a series that a resumed training wrote into several files: one curve, each
row with the file it stands in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from lossreport.model.run import (
    Axis,
    Derived,
    Piece,
    Run,
    SegmentSpan,
    Series,
    frozen_floats,
    frozen_ints,
)

JOINED: Final = "joined"
NEAR_ROWS: Final = 20
"""A piece begins at most so many of its row distances behind the end of the one before."""
AXES: Final = (
    Axis.STEP,
    Axis.ITERATION,
    Axis.EPOCH,
    Axis.SAMPLES,
    Axis.TOKENS,
    Axis.ROUND,
    Axis.EPISODE,
)


def joined(run: Run) -> Iterator[Series]:
    """Yield one series for every metric whose rows go on from file to file; of an overlap the later
    file's rows count.

    Only files read by the same parser are joined: another parser's file tells of the same rows once
    more.
    """
    parsers = {source.id: source.parser for source in run.sources}
    alike: dict[tuple[object, ...], list[Series]] = {}
    for series in run.series:
        if series.axis in AXES and len(series):
            key = (
                series.name,
                series.split,
                series.axis,
                series.statistic,
                series.window,
                series.entity,
                parsers[series.source],
            )
            alike.setdefault(key, []).append(series)
    for rivals in alike.values():
        chain = _chain(
            sorted(rivals, key=lambda series: (float(series.x.min()), float(series.x.max())))
        )
        if len(chain) > 1:
            yield _join(chain)


def _chain(ordered: Sequence[Series]) -> list[Series]:
    """Return the pieces that follow one another; none where a single one does not."""
    for before, after in pairwise(ordered):
        if before.source == after.source or not _follows(before, after):
            return []
    return list(ordered)


def _follows(before: Series, after: Series) -> bool:
    step = float(np.median(np.diff(before.x))) if len(before) > 1 else 1.0
    begin, end = float(after.x.min()), float(before.x.max())
    middle = (float(before.x.min()) + end) / 2
    return bool(middle < begin <= end + NEAR_ROWS * max(step, 1.0) and after.x.max() > end)


def _join(chain: Sequence[Series]) -> Series:
    bounds = [float(series.x.min()) for series in chain[1:]] + [np.inf]
    kept = [np.flatnonzero(series.x < bound) for series, bound in zip(chain, bounds, strict=True)]
    starts = np.cumsum([0, *map(len, kept)]).tolist()
    first = chain[0]
    return replace(
        first,
        path=" + ".join(series.path for series in chain),
        x=frozen_floats(np.concatenate([s.x[rows] for s, rows in zip(chain, kept, strict=True)])),
        y=frozen_floats(np.concatenate([s.y[rows] for s, rows in zip(chain, kept, strict=True)])),
        line=frozen_ints(
            np.concatenate([s.line[rows] for s, rows in zip(chain, kept, strict=True)])
        ),
        epoch=frozen_floats(
            np.concatenate([s.epoch[rows] for s, rows in zip(chain, kept, strict=True)])
            if all(len(s.epoch) for s in chain)
            else []
        ),
        derived=Derived(of=tuple(series.id for series in chain), how=JOINED),
        segments=tuple(SegmentSpan(first_row=a, last_row=b - 1) for a, b in pairwise(starts)),
        pieces=tuple(
            Piece(first_row=start, source=series.source)
            for start, series in zip(starts, chain, strict=False)
        ),
        resolution=max((s.resolution for s in chain if s.resolution is not None), default=None),
    )
