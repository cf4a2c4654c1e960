"""What the size of each loss means: its last value against the levels its kind knows, and the
sentences that follow.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from lossreport.analysis.context import Context
from lossreport.analysis.views import EPOCH_LAST
from lossreport.knowledge.vocabulary import Guess, guess
from lossreport.model.analysis import Scale
from lossreport.model.run import Series


def scales(context: Context) -> Iterator[Scale]:
    """Yield a scale for the main view of every loss; see `headline`."""
    for series in headlines(context):
        value = last_finite(series)
        if value is not None:
            yield _scale(context, series, value)


def headlines(context: Context) -> list[Series]:
    """Return one series a loss and split, in the order the log names them: the one whose last value
    a person would quote.

    Where two sources of the same metric disagree, or the reduction of one is suspect, it is the
    single rank's (its rows can be checked one by one); otherwise the epoch means.
    """
    disputed = _disputed(context)
    chosen: dict[tuple[str, str], Series] = {}
    for series in context.losses:
        held = chosen.get((series.split, series.name))
        if held is None or (held.id in disputed and series.id not in disputed):
            chosen[(series.split, series.name)] = series
    return [context.view(series, EPOCH_LAST) or series for series in chosen.values()]


def _disputed(context: Context) -> set[str]:
    """Return the ids of series that disagree with another source, and of all series of a source
    whose reduction is suspect.
    """
    ids = {
        series_id
        for finding in context.found
        if finding.kind == "source_disagreement"
        for series_id in finding.series
    }
    suspect = {
        finding.evidence[0].source for finding in context.found if finding.kind == "mixed_reduction"
    }
    return ids | {series.id for series in context.run.series if series.source in suspect}


def last_finite(series: Series) -> float | None:
    """Return the last finite value of a series, or None."""
    return next((float(value) for value in series.y[::-1] if math.isfinite(value)), None)


class Asked(Mapping[str, Any]):
    """Facts that remember which of them were asked for and known: those a kind of loss took its
    parameters from.
    """

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = facts
        self.names: dict[str, None] = {}

    def __getitem__(self, name: str) -> Any:
        value = self._facts[name]
        parts = value if isinstance(value, tuple | list) else (value,)
        if isinstance(value, str) or all(isinstance(part, int | float) for part in parts):
            # a list of class names is no parameter
            self.names[name] = None
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


def _scale(context: Context, series: Series, value: float) -> Scale:
    kind, asked = context.kind(series), Asked(context.facts)
    known = replace(context.known(series), facts=asked)
    chance, floor, guessed = kind.chance(known), kind.floor(known), _guess(context, series)
    notes = kind.notes(known, value)
    in_logs = kind.log_space and chance is not None and 0 < value <= chance.value
    return Scale(
        series=(series.id,),
        value=value,
        unit=series.unit,
        chance=chance.value if chance else None,
        assumption=chance.assumption if chance else "",
        perplexity=math.exp(value) if in_logs else None,
        normalised=value / chance.value if chance and chance.value > 0 else None,
        floor=floor.value if floor else None,
        bits=value / math.log(2) if kind.unit == "nats" else None,
        levels=tuple((level.value, level.condition) for level in kind.levels(known)),
        notes=(*notes, guessed.text) if guessed else notes,
        inferred_sizes=guessed.sizes if guessed else (),
        facts=tuple(fact for name in asked.names if (fact := context.run.fact(name)) is not None),
        needs=tuple(need for need in _needs(series, kind.needs) if need not in context.facts),
    )


GUESSABLE: Final = ("cross_entropy", "generic")
"""Kinds whose first value may sit on ln V of an unknown V."""


def _guess(context: Context, series: Series) -> Guess | None:
    """Return what the first value tells about an unknown vocabulary; it is said beside the scale
    and used for nothing else.
    """
    if (
        context.kind(series).id not in GUESSABLE
        or context.chance(series) is not None
        or "vocab_size" in context.facts
    ):
        return None
    return guess(context.known(series))


def _needs(series: Series, needs: tuple[str, ...]) -> Iterator[str]:
    yield from (need.replace("<metric>", series.name) for need in needs)
