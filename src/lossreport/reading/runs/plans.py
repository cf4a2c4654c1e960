"""What was planned, by the settings of a launch and the totals its rows print: epochs, rounds,
steps; how sure each is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from lossreport.model.run import USER, Axis, Fact, FactValue
from lossreport.reading.kit.plans import (
    AMBIGUOUS_EPOCH_PLANS,
    EPOCH_PLANS,
    INNER_PLAN,
    OF_POLICY,
    ROUND_PLANS,
    STEP_PLANS,
    TIMESTEP_PLANS,
    UNSURE_EPOCH_PLANS,
    UNSURE_STEP_PLANS,
)


class Plan(NamedTuple):
    """A number of epochs, rounds or steps.

    `printed` beside the place of the rows, `given` by the user. One that is not `sure` may count
    something else (`num_steps` of a sampler): it can be reached, but a training that stands before
    it need not have been stopped.
    """

    value: int
    sure: bool = True
    printed: bool = False
    given: bool = False


DONE_OR_PLANNED: Final = frozenset(("total_epochs", "total_epoch"))
"""A summary calls so what was done: another setting is the plan where there is one."""


def epoch_plans(settings: Sequence[Fact], printed: int | None) -> list[Plan]:
    """Return the planned epochs, surest first."""
    of_policy = any(fact.name.rpartition(".")[2].lower() in OF_POLICY for fact in settings)
    return [
        *_given(settings, EPOCH_PLANS),
        *_total(printed),
        *_named(
            settings,
            (EPOCH_PLANS - AMBIGUOUS_EPOCH_PLANS if of_policy else EPOCH_PLANS) - DONE_OR_PLANNED,
        ),
        *_named(settings, EPOCH_PLANS & DONE_OR_PLANNED),
        *_named(settings, ROUND_PLANS | UNSURE_EPOCH_PLANS, sure=False),
    ]


def round_plans(settings: Sequence[Fact], printed: int | None) -> list[Plan]:
    """Return the planned rounds of a federated training, surest first; its epochs are those of a
    client.
    """
    return [
        *_given(settings, ROUND_PLANS | {"epochs"}),
        *_total(printed),
        *_named(settings, ROUND_PLANS),
    ]


def step_plans(settings: Sequence[Fact], printed: int | None, axis: Axis) -> list[Plan]:
    """Return the planned steps that rows of an axis can count, surest first."""
    timesteps = _named(settings, TIMESTEP_PLANS) if axis is Axis.STEP else ()
    unsure = _named(settings, UNSURE_STEP_PLANS, sure=False)
    return [
        *_given(settings, STEP_PLANS),
        *_total(printed),
        *_named(settings, STEP_PLANS),
        *timesteps,
        *unsure,
    ]


def _given(settings: Sequence[Fact], names: frozenset[str]) -> Iterator[Plan]:
    yield from (
        Plan(value, given=True)
        for fact in settings
        if fact.source == USER and (value := _value(fact, names)) is not None
    )


def _total(printed: int | None) -> Iterator[Plan]:
    if printed is not None:
        yield Plan(printed, printed=True)


def _named(settings: Sequence[Fact], names: frozenset[str], *, sure: bool = True) -> Iterator[Plan]:
    yield from (
        Plan(value, sure)
        for fact in settings
        if fact.source != USER and (value := _value(fact, names)) is not None
    )


def _value(fact: Fact, names: frozenset[str]) -> int | None:
    path, _, leaf = fact.name.rpartition(".")
    if leaf.lower() not in names or INNER_PLAN.search(path):
        return None
    return _count(fact.value)


MOST: Final = 10**12
"""No training counts further; `num_train_epochs = 9223372036854775807` says that there is no
limit.
"""


def _count(value: FactValue) -> int | None:
    whole = (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and 0 < value <= MOST
        and float(value).is_integer()
    )
    return int(value) if whole else None  # type: ignore[arg-type]
