"""Tells whether a log prints what an evaluation gave before the row of the step at which it was
made, or behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from lossreport.reading.lines.row import TextRow
from lossreport.reading.lines.tracks import Sign, Track, sign_of

LEAST: Final = 2
"""Evaluations of which the order tells; a single one may be that before the training."""


class _Evaluation(NamedTuple):
    """The places of the training rows before and behind an evaluation that names none; None where
    there is none.
    """

    before: float | None
    behind: float | None


def are_ahead(
    rows: Sequence[TextRow], meanings: Mapping[str, tuple[str, str]], tracks: Mapping[Sign, Track]
) -> bool:
    """Return whether evaluations without a place are of the training row behind them.

    They are where the log begins with one and each training row has its own before it, the last row
    too. Where evaluations are rarer than rows, the steps of the rows behind them are the round
    ones: 90, evaluation, 100.
    """
    found, placed = _evaluations(rows, meanings)
    if len(found) < LEAST:
        return False
    if len(found) == len(placed) and found[-1].behind is not None:
        return found[0].before is None and all(one.before != one.behind for one in found)
    again = any(track.begins_again for sign, track in tracks.items() if sign.split == "train")
    return not again and _are_round(found)


def _evaluations(
    rows: Sequence[TextRow], meanings: Mapping[str, tuple[str, str]]
) -> tuple[list[_Evaluation], list[float]]:
    """Return the evaluations that name no place, and the places of the training rows."""
    found: list[_Evaluation] = []
    placed: list[float] = []
    waiting = False
    for row in rows:
        if not row.places:
            waiting = waiting or _is_evaluation(row, meanings)
        elif not _is_evaluation(row, meanings) and (x := _place(row)) is not None:
            if waiting:
                found.append(_Evaluation(placed[-1] if placed else None, x))
            waiting = False
            placed.append(x)
    if waiting:
        found.append(_Evaluation(placed[-1] if placed else None, None))
    return found, placed


def _is_evaluation(row: TextRow, meanings: Mapping[str, tuple[str, str]]) -> bool:
    named = [
        meanings.get(pair.name, ("", ""))[0] or pair.split or row.split
        for pair in row.pairs
        if pair.name in meanings
    ]
    return bool(named) and all(split not in ("", "train") for split in named)


def _place(row: TextRow) -> float | None:
    return row.step if row.step is not None and sign_of(row).split == "train" else row.epoch


def _are_round(found: Sequence[_Evaluation]) -> bool:
    """Return whether the rows behind evaluations stand at multiples of their distance, and those
    before them do not.
    """
    behind = [one.behind for one in found if one.behind is not None]
    before = [one.before for one in found if one.before is not None]
    distances = {after - first for first, after in pairwise(behind)}
    if len(distances) != 1 or len(behind) < LEAST or not before:
        return False
    distance = distances.pop()
    return (
        distance > 1
        and all(x % distance == 0 for x in behind)
        and all(x % distance != 0 for x in before)
    )
