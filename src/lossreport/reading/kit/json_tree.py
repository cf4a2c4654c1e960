"""Finds the curves in a JSON object of somebody's own making: lists beside the list of their
epochs, a tree a client or a fold, lists of records.

A list is a curve only where it counts what its neighbours count. Arrays of another length beside
them (one value a client, one a class) are left out and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import pairwise
from typing import Any, Final

from lossreport import regex as re
from lossreport.model.run import Axis, Entity, EntityKind
from lossreport.reading.kit.names import METRIC_LIKE, split_name
from lossreport.reading.kit.owners import ENTITIES, RUNS
from lossreport.reading.kit.rows import AXES, SPLIT_VALUES, number
from lossreport.text import Text
from lossreport.values import dataclass

WRAPPERS: Final = (
    "history",
    "params",
    "metrics",
    "results",
    "logs",
    "log",
    "training",
    "train_history",
    "training_history",
    "data",
)
"""Names of levels that say nothing of what is below them."""
PER: Final[tuple[tuple[Axis, re.Pattern[str]], ...]] = (
    (
        Axis.ROUND,
        re.compile(
            r"(?:^|.{0,80}_)per_round|round_\w{1,80}|.{0,80}_(?:by|over)_rounds?", re.IGNORECASE
        ),
    ),
    (
        Axis.EPISODE,
        re.compile(
            r"(?:^|.{0,80}_)per_episode|episode_\w{1,80}|.{0,80}_(?:by|over)_episodes?",
            re.IGNORECASE,
        ),
    ),
    (
        Axis.ITERATION,
        re.compile(
            r"(?:^|.{0,80}_)per_(?:step|batch|iter(?:ation)?)|(?:step|batch|iter"
            r"(?:ation)?)_\w{1,80}",
            re.IGNORECASE,
        ),
    ),
)
"""Names that say what a list counts."""
PLANS: Final = {
    "n_rounds": Axis.ROUND, "num_rounds": Axis.ROUND, "rounds": Axis.ROUND, "global_rounds": Axis.ROUND, "comm_rounds": Axis.ROUND,  # noqa: E501
    "n_episodes": Axis.EPISODE, "num_episodes": Axis.EPISODE, "episodes": Axis.EPISODE,
}  # fmt: skip
"""Numbers beside the lists that say of how many their lists are."""
FINER: Final = 3.0
"""A list so many times longer than those of the validation beside it holds steps, not epochs."""
NUMBERED: Final = re.compile(r"(?:valid(?:ation)?|val|eval|test)_?\d+", re.IGNORECASE)
"""One of several sets of a split: valid_1."""
OWNER: Final = re.compile(r"(?P<kind>[A-Za-z]+)[-_ ]?(?P<id>\w{1,20})")
WRONG_LENGTH = Text(
    zh="`{name}` 有 {count} 个值，而同级的列表有 {usual} 个：不是同一序列，没有当作曲线",
    en="`{name}` holds {count} values where the lists beside it hold {usual}: it counts "
    "something else and is no curve",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Where in the tree a curve stands: names above it that count, the split, the run and the
    entity that keys name.
    """

    prefix: str = ""
    split: str = "train"
    run: str = ""
    entity: Entity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One list with its places; `leaf` is its key in the file, `stated` says that the places are
    printed.
    """

    name: str
    split: str
    leaf: str
    x: Sequence[float]
    y: Sequence[float]
    axis: Axis
    run: str = ""
    entity: Entity | None = None
    stated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """A list of objects, one a row, with the branch that it stands on."""

    leaf: str
    rows: Sequence[Mapping[str, Any]]
    branch: Branch


@dataclass(kw_only=True)
class Tree:
    """What a JSON object holds: curves, lists of records, and the names of lists that are none with
    why.
    """

    curves: list[Curve] = field(default_factory=list)
    records: list[Records] = field(default_factory=list)
    left_out: list[tuple[str, int, int]] = field(default_factory=list)


def tree_of(document: Mapping[str, Any]) -> Tree:
    """Return the curves of a whole JSON object."""
    tree = Tree()
    _walk(document, Branch(), tree)
    tree.curves = [_as_recorded(curve, tree.records) for curve in tree.curves]
    return tree


def _as_recorded(curve: Curve, records: Sequence[Records]) -> Curve:
    """Return a curve that prints no places with those that records of the same file print for as
    many rows of the same count.
    """
    if curve.stated:
        return curve
    for held in records:
        names = (
            name for name in held.rows[0] if dict(AXES).get(name.lower().strip()) is curve.axis
        )
        for name in (
            names if len(held.rows) == len(curve.x) and held.branch.run == curve.run else ()
        ):
            places = [place for row in held.rows if (place := number(row.get(name))) is not None]
            if len(places) == len(curve.x) and all(b > a for a, b in pairwise(places)):
                return replace(curve, x=places, stated=True)
    return curve


def _walk(level: Mapping[str, Any], branch: Branch, tree: Tree) -> None:
    lists = {name: found for name, value in level.items() if (found := _numbers(value)) is not None}
    _curves(level, lists, branch, tree)
    apart = _are_apart(level)
    for name, value in level.items():
        if isinstance(value, Mapping):
            if (steps := _by_step(value)) is not None:
                tree.curves.append(_stepped(name, *steps, branch))
            else:
                _walk(value, _below(name, branch, apart=apart), tree)
        elif _are_records(value):
            tree.records.append(
                Records(leaf=name, rows=value, branch=_below(name, branch, apart=False))
            )


def _numbers(value: Any) -> list[float] | None:
    """Return a list of numbers, null as NaN; None for anything else and for a list without a
    number.
    """
    if (
        not isinstance(value, list)
        or not value
        or any(isinstance(item, Mapping | list | bool) for item in value)
    ):
        return None
    found = [float("nan") if item is None else number(item) for item in value]
    given = any(item is not None for item in value)
    return [item for item in found if item is not None] if given and None not in found else None


def _curves(
    level: Mapping[str, Any], lists: Mapping[str, list[float]], branch: Branch, tree: Tree
) -> None:
    places = dict(_axes(lists))
    held = {name: values for name, values in lists.items() if name not in places}
    if not held:
        return
    usual = _usual_length(held)
    for name, values in held.items():
        own = next(
            ((axis, lists[at]) for at, axis in places.items() if len(lists[at]) == len(values)),
            None,
        )
        if own is None and len(values) != usual and not METRIC_LIKE.search(name):
            tree.left_out.append((name, len(values), usual))
            continue
        axis, x = (
            own
            if own is not None
            else (_counted(level, name, values, held), [float(i) for i in range(len(values))])
        )
        split, short = split_name(name, branch.split)
        made = Curve(
            name=f"{branch.prefix}{short}",
            split=split,
            leaf=name,
            x=x,
            y=values,
            axis=axis,
            stated=own is not None,
        )
        tree.curves.append(replace(made, run=branch.run, entity=branch.entity))


def _axes(lists: Mapping[str, list[float]]) -> Iterator[tuple[str, Axis]]:
    """Yield the lists that count the others: called like an axis, and never falling."""
    known = dict(AXES)
    for name, values in lists.items():
        axis = known.get(name.lower().strip())
        if axis is not None and all(b >= a for a, b in pairwise(values)):
            yield name, axis


def _usual_length(held: Mapping[str, list[float]]) -> int:
    """Return the length of most lists that are called like metrics, or else of most lists; the
    longer one of equals.
    """
    named = [len(values) for name, values in held.items() if METRIC_LIKE.search(name)]
    counted = Counter(named or [len(values) for values in held.values()])
    return max(counted.items(), key=lambda item: (item[1], item[0]))[0]


def _counted(
    level: Mapping[str, Any], name: str, values: Sequence[float], held: Mapping[str, list[float]]
) -> Axis:
    """Return what a list without a list of places counts: by its name, by the number of rounds
    beside it, else epochs.
    """
    for axis, pattern in PER:
        if pattern.fullmatch(name):
            return axis
    for plan, axis in PLANS.items():
        if number(level.get(plan)) == len(values):
            return axis
    other = [
        len(its)
        for its_name, its in held.items()
        if split_name(its_name)[0] not in ("train", "test")
    ]
    finer = other and split_name(name)[0] == "train" and len(values) >= FINER * max(other)
    return Axis.ITERATION if finer else Axis.EPOCH


def _by_step(value: Mapping[str, Any]) -> tuple[list[float], list[float]] | None:
    """Return (places, values) of a mapping of whole numbers to numbers."""
    if not value or not all(str(key).lstrip("-").isdigit() for key in value):
        return None
    pairs = [(number(str(key)), number(item)) for key, item in value.items()]
    kept = [(a, b) for a, b in pairs if a is not None and b is not None]
    return (
        ([a for a, _ in kept], [b for _, b in kept]) if kept and len(kept) == len(value) else None
    )


def _stepped(name: str, x: list[float], y: list[float], branch: Branch) -> Curve:
    split, short = split_name(name, branch.split)
    made = Curve(
        name=f"{branch.prefix}{short}",
        split=split,
        leaf=name,
        x=x,
        y=y,
        axis=Axis.STEP,
        stated=True,
    )
    return replace(made, run=branch.run, entity=branch.entity)


def _are_records(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(item, Mapping) for item in value)
    )


def _are_apart(level: Mapping[str, Any]) -> bool:
    """Return whether the branches of a level are alike, so that their keys name runs: the same
    lists, at least two of them, no splits.
    """
    branches = {name: value for name, value in level.items() if isinstance(value, Mapping)}
    if len(branches) < 2 or any(
        name.lower() in SPLIT_VALUES or name.lower() in WRAPPERS for name in branches
    ):
        return False
    inside = [
        {name for name in value if _numbers(value[name]) is not None} for value in branches.values()
    ]
    return (
        bool(inside[0])
        and all(names == inside[0] for names in inside)
        and any(METRIC_LIKE.search(name) for name in inside[0])
    )


def _below(name: str, branch: Branch, *, apart: bool) -> Branch:
    """Return the branch below a key: a split, a client, a run of its own, or one more part of the
    name.
    """
    if name.lower() in SPLIT_VALUES:
        return replace(branch, split=SPLIT_VALUES[name.lower()])
    if NUMBERED.fullmatch(name):
        return replace(branch, split=name.lower())
    if name.lower() in WRAPPERS:
        return branch
    if (owner := _owner(name)) is not None:
        return replace(branch, entity=owner)
    called = OWNER.fullmatch(name)
    if apart or (called is not None and RUNS.fullmatch(called["kind"]) and called["id"].isdigit()):
        return replace(branch, run=f"{branch.run}/{name}" if branch.run else name)
    return replace(branch, prefix=f"{branch.prefix}{name}/")


def _owner(name: str) -> Entity | None:
    called = OWNER.fullmatch(name)
    if called is None:
        return None
    kind: EntityKind | None = next(
        (kind for kind, pattern in ENTITIES if pattern.fullmatch(called["kind"])), None
    )
    return None if kind is None else Entity(kind=kind, value=called["id"].lstrip("_"))
