"""Columns that say whose a row is: the run it belongs to (fold, seed, arm), or the entity of one
run (client, rank, dataset).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import Entity, EntityKind

RUNS: Final = re.compile(
    r"(?:k_?)?folds?(?:_?(?:id|idx|no|num|number|index))?|seeds?|random_seed|trials?(?:_?(?:id|"
    r"idx|no|num|number))?|arm|variant|exp(?:eriment)?(?:_?(?:id|name))?"
    r"|run(?:_?(?:id|name|no|number|index))?|version|model(?:_?name)?|algo(?:rithm)?(?:_?name)?|"
    r"method(?:_?name)?|config_name",
    re.IGNORECASE,
)
"""Names of columns whose values are runs of their own."""
WORDS_ONLY: Final = re.compile(r"(?:model|algo|method|config|variant|arm|version).*", re.IGNORECASE)
"""Of these only words name a run: a number there may be a size."""
ENTITIES: Final[tuple[tuple[EntityKind, re.Pattern[str]], ...]] = (
    (
        EntityKind.CLIENT,
        re.compile(
            r"(?:client|cid|party|silo|participant)(?:_?(?:id|idx|no|name|number))?", re.IGNORECASE
        ),
    ),
    (EntityKind.RANK, re.compile(r"(?:global_|local_)?rank(?:_?id)?", re.IGNORECASE)),
    (EntityKind.WORKER, re.compile(r"worker(?:_?(?:id|idx|no|name))?", re.IGNORECASE)),
    (EntityKind.ENV, re.compile(r"env(?:_?(?:id|idx|name))", re.IGNORECASE)),
    (EntityKind.AGENT, re.compile(r"agent(?:_?(?:id|idx|no|name))?", re.IGNORECASE)),
    (EntityKind.DOMAIN, re.compile(r"domain(?:_?(?:id|name))?", re.IGNORECASE)),
    (EntityKind.DATASET, re.compile(r"data_?set(?:_?(?:id|name))?", re.IGNORECASE)),
)
"""Names of columns whose values are entities of one run."""
LONGEST: Final = 80
"""Longer words are a sentence, not a name."""


class Owner(NamedTuple):
    """Whose a row is: the name of its run ("" where it names none) and its entity."""

    run: str = ""
    entity: Entity | None = None


class OwnerColumns(NamedTuple):
    """The names of a row's columns that say whose it is; None where there is none."""

    run: str | None
    entity: str | None
    kind: EntityKind | None

    @property
    def names(self) -> tuple[str, ...]:
        """The names, which are no metrics."""
        return tuple(name for name in (self.run, self.entity) if name is not None)

    def of(self, row: Mapping[str, Any]) -> Owner:
        """Return whose a row is."""
        run = (
            None
            if self.run is None
            else _key(row[self.run], words_only=WORDS_ONLY.fullmatch(self.run) is not None)
        )
        entity = None if self.entity is None else _key(row[self.entity])
        whose = (
            None if entity is None or self.kind is None else Entity(kind=self.kind, value=entity)
        )
        return Owner("" if run is None else f"{leaf(str(self.run))} {run}", whose)


NOBODY: Final = OwnerColumns(None, None, None)


@lru_cache(maxsize=4096)
def owner_columns(names: tuple[str, ...]) -> OwnerColumns:
    """Return which of a row's columns say whose it is: the first of either sort."""
    run = next((name for name in names if RUNS.fullmatch(leaf(name))), None)
    entity, kind = _entity_column(names)
    return OwnerColumns(run, entity, kind)


def _entity_column(names: Sequence[str]) -> tuple[str | None, EntityKind | None]:
    for name in names:
        for kind, pattern in ENTITIES:
            if pattern.fullmatch(leaf(name)):
                return name, kind
    return None, None


def leaf(name: str) -> str:
    """Return the last part of a nested name."""
    return name.rsplit("/", 1)[-1].strip()


def _key(value: object, *, words_only: bool = False) -> str | None:
    """Return the name that a cell is: a whole number or a word; None for an empty cell, a
    measurement, a sentence.
    """
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip()
    number = re.fullmatch(r"[+-]?\d{1,12}(?:\.0*)?", text)
    if number is not None:
        return None if words_only else text.split(".")[0]
    is_word = (
        bool(text)
        and len(text) <= LONGEST
        and not re.fullmatch(r"[-+.\d]+(?:e[-+]?\d+)?|nan|none|null|-+", text, re.IGNORECASE)
    )
    return text if is_word else None
