"""What is known about a kind of loss or metric, independent of any run: `knowledge/losses/<id>.py`
holds one LOSS each.

`analysis` asks it for the scale of a series; nothing here reads a file or looks at a curve.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cache, lru_cache
from typing import Any, Final, Literal

from lossreport import regex as re
from lossreport.model.run import LONGEST_NAME
from lossreport.registry import load_units
from lossreport.text import Phrase, Text
from lossreport.values import dataclass

Goal = Literal["down", "up", "none"]
Role = Literal["loss", "regulariser", "metric", "schedule", "health", "counter"]
"""loss: something minimised · regulariser: a term of the total whose value is no measure of
progress (z-loss, KL) · metric: accuracy and kin · schedule: set by the user (learning rate) ·
health: norms, time, memory.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The value of a metric before training changed it: logged at step 0 or 1, printed to
    `resolution` (0.0 for full precision).
    """

    value: float
    resolution: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a kind of loss may ask about a run: the metric's name and split, all facts by name, the
    names of all metrics logged.

    `parser` is the id of the format the metric stood in, `start` its first value, None where the
    log begins later.
    """

    name: str
    split: str = "train"
    facts: Mapping[str, Any] = field(default_factory=dict)
    metrics: frozenset[str] = frozenset()
    parser: str = ""
    start: Start | None = None

    def fact(self, name: str, default: Any = None) -> Any:
        """Return a fact of the run, or `default`."""
        return self.facts.get(name, default)

    def own(self, prefix: str, default: Any = None) -> Any:
        """Return the fact about this metric: `range.loss_ct` for prefix `range`."""
        return self.facts.get(f"{prefix}.{self.name}", default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """The value of a trivial guess and the formula it is from: 11.0904, "ln(vocab_size)"."""

    value: float
    assumption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Another reference value that holds only under a condition, which the text names; `formula` is
    where it is from, "ln 8192".
    """

    value: float
    condition: Phrase
    formula: str = ""


def anywhere(_: Known) -> bool:
    """Say that a reference holds for every run with this kind of loss."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A value somebody published, with the title of the source. Never a claim about the user's run.

    `where` tells of which runs it is told: a value of one task says nothing beside the same kind of
    loss of another.
    """

    value: Text
    source: str
    where: Callable[[Known], bool] = anywhere


def no_chance(_: Known) -> Chance | None:
    """Say that no chance level is known."""
    return None


def no_floor(_: Known) -> Chance | None:
    """Say that no value is known below which the loss cannot go."""
    return None


def no_levels(_: Known) -> tuple[Level, ...]:
    """Say that there are no conditional reference values."""
    return ()


def no_notes(_known: Known, _value: float) -> tuple[Phrase, ...]:
    """Say nothing about a value."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LossType:
    """A kind of loss or metric.

    `names` is matched against the whole lower-case metric name without split prefix, blanks and
    dashes read as `_`; `order` decides between kinds that both match (lower first). `why` says why
    such values are large or small. `floor` is a value the loss cannot pass, above 0, with its
    formula; `notes(known, value)` gives the sentences about one value that are true for this run;
    `needs` are the facts it would use. `comparable` says which values of this kind can be compared
    with the references at all.
    """

    id: str
    title: Text
    names: re.Pattern[str]
    unit: str
    goal: Goal
    role: Role
    why: Text
    order: int = 50
    log_space: bool = False
    chance: Callable[[Known], Chance | None] = no_chance
    floor: Callable[[Known], Chance | None] = no_floor
    levels: Callable[[Known], tuple[Level, ...]] = no_levels
    notes: Callable[[Known, float], tuple[Phrase, ...]] = no_notes
    references: tuple[Reference, ...] = ()
    comparable: Text | None = None
    needs: tuple[str, ...] = ()


GENERIC: Final = "generic"


@cache
def loss_types() -> tuple[LossType, ...]:
    """Return all kinds, in matching order."""
    units = load_units("lossreport.knowledge.losses", "LOSS", LossType, "lossreport.losses")
    return tuple(sorted(units, key=lambda unit: unit.order))


def loss_type(type_id: str) -> LossType:
    """Return a kind by id; an id without a unit of its own is `generic`."""
    found = _by_id()
    return found.get(type_id, found[GENERIC])


@cache
def _by_id() -> Mapping[str, LossType]:
    return {unit.id: unit for unit in loss_types()}


REMEMBERED: Final = 4096
"""Names whose kinds are kept: many runs of one program have the same few."""


def folded_name(name: str) -> str:
    """Return a metric name as `names` are written: lower case, blanks and dashes as `_`."""
    return re.sub(r"[\s\-]+", "_", name.strip().lower())


def classify(name: str, declared: str | None = None) -> LossType:
    """Return the kind of the metric `name`; `declared` is what the user said (`type.<metric>`) and
    wins.
    """
    if declared is not None:
        return loss_type(declared)
    return _named(name) if len(name) <= LONGEST_NAME else loss_type(GENERIC)


@lru_cache(maxsize=REMEMBERED)
def _named(name: str) -> LossType:
    folded = folded_name(name)
    last = folded.rsplit("/", 1)[-1]
    for unit in loss_types():
        if unit.names.fullmatch(folded) or unit.names.fullmatch(last):
            return unit
    return loss_type(GENERIC)
