"""The best row of the validation: the checkpoint to use, where the logs hold a validation at
all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.found import position
from lossreport.analysis.goal import is_score, measured, mode_of
from lossreport.knowledge.loss_type import GENERIC
from lossreport.knowledge.recognise import is_total
from lossreport.model.analysis import Best
from lossreport.model.run import Floats, Series

MAX_SCORES: Final = 3


def bests(context: Context) -> Iterator[Best]:
    """Yield the best row of the goal, then of the validation loss that decides and of other scores.

    What decides is the total where it is logged, else the first cross-entropy or loss; but one of
    several terms (box, class) does not where a mAP is logged, which weighs what they were trained
    for.
    """
    made: list[Best] = [*_of_goal(context), *_of_validation(context)]
    yield from _once(made)


def _once(made: list[Best]) -> Iterator[Best]:
    """Yield the first best row of each series."""
    seen: set[str] = set()
    for best in made:
        if best.series not in seen:
            seen.add(best.series)
            yield best


def _of_goal(context: Context) -> Iterator[Best]:
    """Yield the best row of the goal, unless it is a training loss, by which no checkpoint is
    chosen.
    """
    if context.goal is None or context.holds_another_run:
        return
    series = context.by_id[context.goal.series]
    if series.split == "train" and series in context.losses:
        return
    values = measured(context, series)
    contested = series in context.progress and still_rising(context, series) is not None
    for best in _best(context, series, -values if context.goal.mode == "max" else values):
        yield replace(best, contested=contested)


def _of_validation(context: Context) -> Iterator[Best]:
    if context.holds_another_run:
        return
    loss = deciding(context)
    terms = [s for s in context.progress if s.split != "train"]
    found = validation_scores(context, down=True)[:MAX_SCORES]
    is_term = (
        loss is not None
        and not is_total(loss.name)
        and len({s.name for s in terms}) > 1
        and any(s.metric_type == "map" for s in found)
    )
    lowest: list[Best] = []
    if loss is not None:
        contested = still_rising(context, loss) is not None
        lowest = [replace(best, contested=contested) for best in _best(context, loss, loss.y)]
    if not is_term:
        yield from lowest
    for series in found:
        yield from _best(
            context,
            series,
            -series.y
            if context.kind(series).goal == "up" or _is_of_a_task(context, series)
            else series.y,
        )
    if is_term:
        yield from lowest


SCORES: Final = ("accuracy", "map", "image_quality", "image_distance")
STRICT: Final = re.compile(r"(?:50|0?\.50?)[-:_](?:0?\.)?95|(?:^|[/_])(?:m|bbox_m)?AP$")
"""Average precision over the whole range of overlaps, by which detectors are compared; AP50 alone
is lenient.
"""
ONE_SIDED: Final = re.compile(r"precision|recall|(?:^|[/_.])prec(?:$|[@(_])", re.IGNORECASE)
"""Each of them alone is highest for a model that misses much, or that finds too much: they come
after what weighs both.
"""


def validation_scores(context: Context, *, down: bool = False) -> list[Series]:
    """Return the scores of the validation, the one to choose a checkpoint by first; with `down`
    also distances, whose aim is down.
    """
    held_out = [s for s in context.judged if s.split != "train" and np.isfinite(s.y).any()]
    scores = [s for s in held_out if context.kind(s).id in SCORES or _is_of_a_task(context, s)]
    return sorted(
        (s for s in scores if down or context.kind(s).goal == "up" or _is_of_a_task(context, s)),
        key=_rank,
    )


def _is_of_a_task(context: Context, series: Series) -> bool:
    """Return whether a metric of no known kind is what its field compares models by, and more of it
    is better: an SDR, a Dice score.
    """
    return (
        context.kind(series).id == GENERIC
        and is_score(context, series)
        and mode_of(context, series) == "max"
    )


def _rank(score: Series) -> tuple[bool, bool, bool]:
    return (
        score.metric_type == GENERIC,
        not STRICT.search(score.name),
        ONE_SIDED.search(score.name) is not None and "average" not in score.name.lower(),
    )


def still_rising(context: Context, loss: Series) -> Best | None:
    """Return the best row of the first score that rose by another hundredth after the validation
    loss had its minimum, or None.
    """
    if not np.isfinite(loss.y).any():
        return None
    for score in validation_scores(context)[:1]:
        lowest = float(loss.x[int(np.nanargmin(loss.y))])
        before = score.y[(score.x <= lowest) & np.isfinite(score.y)]
        best = next(_best(context, score, -score.y))
        if (
            score.axis is loss.axis
            and len(before)
            and best.value > (1 + RISE) * float(before.max())
            and best.value > 0
        ):
            return best
    return None


RISE: Final = 0.01
"""Less than a hundredth is what a score differs by from one validation to the next."""


def _best(context: Context, series: Series, cost: Floats) -> Iterator[Best]:
    if np.isfinite(cost).any():
        row = int(np.nanargmin(np.where(np.isfinite(cost), cost, np.nan)))
        at = position(series, row)
        checkpoint = checkpoint_at(context, series, at.x)
        yield Best(
            run=context.run.id,
            series=series.id,
            at=at,
            value=float(series.y[row]),
            checkpoint=checkpoint,
        )


STEP_OF: Final = re.compile(r"(?:checkpoint|ckpt|step|epoch)[-_=]?(\d{1,9})", re.IGNORECASE)


def checkpoint_at(context: Context, series: Series, x: float) -> str | None:
    """Return the path of the checkpoint that the logs name for a place: the best of a state file,
    or one saved there.
    """
    named = context.facts.get("best_model_checkpoint")
    if (
        isinstance(named, str)
        and (found := STEP_OF.search(named)) is not None
        and float(found[1]) == x
    ):
        return named
    for event in context.run.events:
        if event.kind == "checkpoint" and event.source == series.source:
            path = PATH.search(event.quote)
            step = STEP_OF.search(path[0]) if path is not None else None
            if path is not None and step is not None and float(step[1]) == x:
                return path[0]
    return None


PATH: Final = re.compile(
    r"(?<![\w./~-])[\w./~-]{1,300}[-_=/]?(?:checkpoint|ckpt|step|"
    r"epoch)[-_=]?\d{1,9}+[\w./=-]{0,100}+",
    re.IGNORECASE,
)


def deciding(context: Context) -> Series | None:
    """Return the validation series that decides over the run, or None where none is logged or rows
    are of several runs.
    """
    validation = [
        s for s in context.progress if s.split != "train" and not context.has("mixture", s)
    ]
    return min(
        validation,
        key=lambda s: (not is_total(s.name), s.metric_type != "cross_entropy"),
        default=None,
    )
