"""One record of named values, from JSON, a dict printed as text or a table row: which name is the
axis, which are metrics, what is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np

from lossreport import regex as re
from lossreport.model.run import Axis, Entity, Floats, Ints, Statistic
from lossreport.reading.kit.names import meanings_of
from lossreport.reading.kit.owners import Owner, OwnerColumns, owner_columns
from lossreport.reading.parser import ColumnKey, Columns, RawFact
from lossreport.values import dataclass

STEP_NAMES: Final = (
    "global_step", "step", "steps", "current_steps", "global_steps", "train_step", "trainer/global_step", "training/global_step",
    "num_updates", "update", "updates", "_step", "optimizer_step", "current_step", "trainer/step", "vla train/step", "n_step", "步数", "步",
    "total_timesteps", "time/total_timesteps", "timesteps_total", "total_env_steps", "num_env_steps", "env_steps", "totalenvinteracts", "timesteps", "frame", "frames",
    "total_frames", "num_frames", "total/steps",
)  # fmt: skip
ITERATION_NAMES: Final = (
    "generation",
    "generations",
    "iteration",
    "iter",
    "iterations",
    "it",
    "iters",
    "n_iter",
    "batch",
    "batch_idx",
    "itr",
    "iter_num",
    "num_iter",
    "boosting_round",
    "迭代",
    "迭代次数",
)
EPOCH_NAMES: Final = (
    "epoch",
    "epochs",
    "ep",
    "current_epoch",
    "train_epoch",
    "epoch_num",
    "epoch_idx",
    "num_epoch",
    "epoch_id",
    "n_epoch",
    "vla train/epoch",
    "total/epochs",
    "轮次",
    "轮",
    "训练轮次",
    "周期",
)
OTHER_NAMES: Final = (
    *(
        (name, Axis.ROUND)
        for name in (
            "round",
            "rounds",
            "global_round",
            "comm_round",
            "communication_round",
            "server_round",
            "fl_round",
            "round_id",
            "通信轮次",
        )
    ),
    *(
        (name, Axis.EPISODE)
        for name in (
            "episode",
            "episodes",
            "ep_num",
            "episode_num",
            "episode_idx",
            "n_episodes",
            "num_episodes",
            "回合",
        )
    ),
    ("samples", Axis.SAMPLES),
    ("consumed_samples", Axis.SAMPLES),
    ("n_samples", Axis.SAMPLES),
    ("num_samples", Axis.SAMPLES),
    ("tokens", Axis.TOKENS),
    ("num_tokens", Axis.TOKENS),
    ("consumed_tokens", Axis.TOKENS),
    ("total_tokens", Axis.TOKENS),
)
INNER: Final = (Axis.STEP, Axis.ITERATION)
"""Axes that may count inside an epoch."""
AXES: Final = (
    *((name, Axis.STEP) for name in STEP_NAMES),
    *((name, Axis.ITERATION) for name in ITERATION_NAMES),
    *((name, Axis.EPOCH) for name in EPOCH_NAMES),
    *OTHER_NAMES,
)
"""Names of what x counts, surest first."""
SPLIT_NAMES: Final = ("mode", "split", "phase", "stage", "subset", "set", "type", "tag", "阶段")
SPLIT_VALUES: Final = {
    "train": "train", "training": "train", "trn": "train", "fit": "train", "learn": "train", "训练": "train",
    "val": "val", "valid": "valid", "validation": "val", "vali": "val", "dev": "dev", "验证": "val", "cv": "val",
    "eval": "eval", "evaluation": "eval", "test": "test", "testing": "test", "测试": "test", "评估": "eval",
    "訓練": "train", "驗證": "val", "測試": "test", "評估": "eval",
}  # fmt: skip
BOOKKEEPING: Final = re.compile(
    r"(?:.*[_/ ])?(?:percentage|percent|elapsed(?:_time)?|remaining(?:_time)?|eta(?:_seconds)?|"
    r"time_?stamps?|wall_?time|date(?:time)?|_?runtime|_timestamp|_?stamp|created_at"
    r"|relative_time|pid|seed|rank|local_rank|world_size|run_id|total_steps|max_steps|max_iters?|"
    r"total_epochs?|max_epochs?|num_epochs|(?:num|total|max)_rounds|index|idx|row|id"
    r"|unnamed: ?\d+)(?:\(s\))?",
    re.IGNORECASE,
)
"""Names that are neither metric nor axis; a duration of each step (`time`, `step_time`) is a metric
and not among them.
"""
PLANS: Final = {
    "total_steps": "max_steps",
    "max_steps": "max_steps",
    "max_iters": "max_steps",
    "total_epochs": "epochs",
    "max_epochs": "epochs",
    "num_epochs": "epochs",
    "num_rounds": "rounds",
    "total_rounds": "rounds",
    "max_rounds": "rounds",
}
SUMMARY: Final = re.compile(
    r"(?:train_(?:runtime|samples_per_second|steps_per_second|loss|tokens_per_second)|total_flos|"
    r"best_.*|early_stopping.*|final_.*)"
)
"""What a trainer says once, about the whole run: facts, never points of a curve (FORMATS.md
3.1).
"""
ONCE: Final = ("train_runtime", "total_flos")
"""A record with one of these is such a summary, and closes the run."""
CLOCK: Final = re.compile(r"(?:.*[/_ ])?(?:time|ts)", re.IGNORECASE)
SINCE_1970: Final = 1e9
"""A `time` above this is a date in seconds, not a duration."""
INSTANT: Final = re.compile(
    r"(?:.{0,80}[/_ ])?(?:lr|learning_rate|grad_?norm|gnorm|(?:memory|throughput|vram).{0,200})",
    re.IGNORECASE,
)
"""What a logger prints as it is at that step, whatever it averages besides."""
NUMBER: Final = re.compile(
    r"[-+]?(?:\d{1,310}+(?:\.\d{0,400}+)?+|\.\d{1,400}+)(?:[eE][-+]?\d{1,9}+)?+"
)
GROUPED: Final = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
"""1,234,567.8: commas between groups of three digits."""
DECIMAL_COMMA: Final = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?")
"""2,5 as a European spreadsheet writes it: whatever is no grouping."""
NOT_FINITE: Final = {
    "nan": math.nan, "-nan": math.nan, "+nan": math.nan, "1.#qnan": math.nan, "-1.#ind": math.nan, "nan(ind)": math.nan, "-nan(ind)": math.nan, "+nan(ind)": math.nan,
    "inf": math.inf, "+inf": math.inf, "infinity": math.inf, "+infinity": math.inf, "1.#inf": math.inf,
    "-inf": -math.inf, "-infinity": -math.inf, "-1.#inf": -math.inf,
}  # fmt: skip
WRAPPED: Final = re.compile(
    r"(?:(?:np\.float\d{1,3}|numpy\.float\d{1,3}|tensor|array)\(\[?|\[)([^,)\]\[]++)"
    r"(?:\]?[^)\]]*+\)|\])$"
)


class Place(NamedTuple):
    """Where a row stands: the axis, x as printed, and the epoch where one stands beside it (else
    NaN).
    """

    axis: Axis
    x: float
    epoch: float


def number(value: object) -> float | None:
    """Return a number, also one printed as text or as NaN in any of its spellings; None for what is
    no number.
    """
    kind = type(value)
    if kind is float:
        return value  # type: ignore[return-value]
    if kind is int:
        return _of_int(value)  # type: ignore[arg-type]
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return _of_int(value)
    if isinstance(value, float):
        return float(value)
    return _of_text(value) if isinstance(value, str) else None


def _of_int(value: int) -> float:
    """Return an integer as a number; infinite where no float holds it."""
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _of_text(text: str) -> float | None:
    text = text.strip().strip("'\"")
    wrapped = WRAPPED.match(text)
    text = wrapped[1].strip() if wrapped else text
    if NUMBER.fullmatch(text):
        return float(text)
    if "," in text:
        return float(text.replace(",", "")) if GROUPED.fullmatch(text) else decimal(text)
    return NOT_FINITE.get(text.lower())


def decimal(text: str) -> float | None:
    """Return a number written with a decimal comma, None where the text is none."""
    return float(text.replace(",", ".")) if DECIMAL_COMMA.fullmatch(text) else None


def flat(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of a record; names of nested ones are joined by a slash, short lists of
    numbers are numbered.
    """
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}/")
        elif (
            isinstance(value, list)
            and 0 < len(value) <= LIST_LIMIT
            and all(number(item) is not None for item in value)
        ):
            yield from (
                (f"{prefix}{name}_{i}" if len(value) > 1 else f"{prefix}{name}", item)
                for i, item in enumerate(value)
            )
        else:
            yield f"{prefix}{name}", value


LIST_LIMIT: Final = 32
"""Longer lists are histograms or images, not metrics."""


def place_of(row: Mapping[str, Any], count: int) -> Place:
    """Return where a flat row stands; without any axis x is the number of the row."""
    return _place(row, shape_of(tuple(row)), count)


def _place(row: Mapping[str, Any], shape: Shape, count: int) -> Place:
    epoch = next((x for name in shape.epochs if (x := number(row[name])) is not None), math.nan)
    for name, axis in shape.axes:
        x = number(row[name])
        if x is not None and math.isfinite(x):
            return Place(axis, x, epoch)
    return Place(Axis.ROW, float(count), math.nan)


def split_of_folder(shown: str) -> str | None:
    """Return the split that the innermost folder called like one names
    (`logs/validation/events...`), or None.
    """
    parts = shown.lower().split("/")[:-1]
    return next((SPLIT_VALUES[part] for part in reversed(parts) if part in SPLIT_VALUES), None)


def is_axis(name: str) -> bool:
    """Return whether a name counts steps, epochs and the like."""
    return name.lower().strip() in AXIS_SET


AXIS_SET: Final = frozenset(
    name for name, _ in AXES if name not in ("tokens", "num_tokens", "total_tokens")
)


def split_of(row: Mapping[str, Any]) -> str | None:
    """Return the split that a row names in a column of its own (`mode: train`), or None."""
    return _split(row, shape_of(tuple(row)))


def _split(row: Mapping[str, Any], shape: Shape) -> str | None:
    for name in shape.splits:
        value = row[name]
        if isinstance(value, str) and value.strip().lower() in SPLIT_VALUES:
            return SPLIT_VALUES[value.strip().lower()]
    return None


class Shape(NamedTuple):
    """What the names of a row are, worked out once for all rows with these names: axes, epochs,
    splits and plans as they are printed.

    `meanings` holds (split, short name) of every name, the split "" where it says none.
    """

    axes: tuple[tuple[str, Axis], ...]
    epochs: tuple[str, ...]
    splits: tuple[str, ...]
    plans: tuple[tuple[str, str], ...]
    metrics: tuple[str, ...]
    meanings: Mapping[str, tuple[str, str]]
    owners: OwnerColumns


@lru_cache(maxsize=4096)
def shape_of(names: tuple[str, ...]) -> Shape:
    """Return what each of a row's names is, surest axis first."""
    folded = {name.lower().strip(): name for name in names}
    owners = owner_columns(names)
    metrics = tuple(
        name
        for name in names
        if not is_axis(name) and not BOOKKEEPING.fullmatch(name) and name not in owners.names
    )
    return Shape(
        axes=tuple(
            sorted(
                ((folded[name], axis) for name, axis in AXES if name in folded),
                key=lambda one: _is_length(one[0], folded),
            )
        ),
        epochs=tuple(folded[name] for name in EPOCH_NAMES if name in folded),
        splits=tuple(name for name in names if name.lower() in SPLIT_NAMES),
        plans=tuple((name, PLANS[name.lower()]) for name in names if name.lower() in PLANS),
        metrics=metrics,
        meanings=meanings_of(metrics),
        owners=owners,
    )


LENGTHS: Final = frozenset(("steps", "timesteps", "frames", "num_frames", "env_steps"))


def _is_length(name: str, beside: Mapping[str, str]) -> bool:
    """Return whether a column tells how long the episode of its row was: `steps` beside
    `episode`.
    """
    return name.lower() in LENGTHS and any(EPISODES.fullmatch(other) for other in beside)


EPISODES: Final = re.compile(r"(?:num_|n_|current_)?(?:episodes?|eps)(?:_(?:num|number|idx|id|i))?")


@lru_cache(maxsize=65536)
def _named(name: str) -> tuple[bool, bool]:
    """Return (whether it counts steps and the like, whether it may be a date) of a short name."""
    return is_axis(name), CLOCK.fullmatch(name) is not None


class Group(NamedTuple):
    """Rows of numbers under the same names: which rows of their block they are, in order, their
    lines, and a column a name.

    `split` and `entity` are what stands beside the rows.
    """

    names: tuple[str, ...]
    places: Ints
    lines: Ints
    columns: Sequence[Floats]
    split: str | None = None
    entity: Entity | None = None


class _Taken(NamedTuple):
    """What rows of the same names say: x (None where rows are counted) and a column a metric; none
    where they are no rows.
    """

    places: Ints
    lines: Ints
    x: Floats | None
    epoch: Floats
    values: list[tuple[ColumnKey, Floats]]


def _in_order(
    pieces: Sequence[tuple[Ints, Floats, Floats, Ints, Floats]],
) -> tuple[Ints, Floats, Floats, Ints, Floats]:
    """Return the values of one column that rows of several kinds tell, in the order of the rows."""
    places, x, y, lines, epoch = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    order = np.argsort(places, kind="stable")
    return places[order], x[order], y[order], lines[order], epoch[order]


@dataclass
class RowWriter:
    """Puts flat rows into columns, and keeps apart what is said once about the whole run.

    `statistic` is what values are where nothing else is known; `window` counts logger iterations.
    """

    columns: Columns = field(default_factory=Columns)
    statistic: Statistic = Statistic.UNKNOWN
    window: int | None = None
    rows: int = 0
    resolution: float | None = None
    _plans: dict[str, float] = field(default_factory=dict)
    _keys: dict[tuple[str, str, Axis, Owner], ColumnKey] = field(default_factory=dict)

    def add(
        self,
        row: Mapping[str, Any],
        lines: int | Mapping[str, int],
        *,
        split: str | None = None,
        ignore: Collection[str] = (),
        entity: Entity | None = None,
    ) -> Iterator[RawFact]:
        """Add one flat row; `lines` is its line, or the line of every name; `entity` is whose it is
        where no column says so.

        Yields what is no metric.
        """
        line = lines if isinstance(lines, int) else min(lines.values(), default=1)
        shape = shape_of(tuple(row))
        place = _place(row, shape, self.rows)
        default = split or _split(row, shape) or "train"
        if shape.plans:
            yield from self._said_once(row, shape, line)
        values = self._values(row, shape, default, ignore)
        if not values:
            return
        epoch = place.epoch if place.axis is not Axis.EPOCH else math.nan
        owner = shape.owners.of(row) if shape.owners.names else Owner(entity=entity)
        for name, its_split, printed, value in values:
            key = self._key(name, its_split, place.axis, owner, inner=math.isfinite(epoch))
            self.columns.add(
                key,
                place.x,
                value,
                line if isinstance(lines, int) else lines.get(printed, line),
                epoch,
            )
        self.rows += 1

    def add_many(self, groups: Sequence[Group]) -> bool:
        """Add many rows of numbers at once, as `add` would one after another; returns False, and
        adds none, where that takes a look at each.
        """
        found = [one for group in groups if (one := self._taken(group)) is not None]
        if len(found) < len(groups):
            return False
        counted = np.zeros(1 + max(int(group.places[-1]) for group in groups), dtype=np.int64)
        for one in found:
            counted[one.places] = bool(one.values)
        before = self.rows + np.cumsum(counted) - counted
        pieces: dict[ColumnKey, list[tuple[Ints, Floats, Floats, Ints, Floats]]] = {}
        for one in found:
            x = before[one.places].astype(np.float64) if one.x is None else one.x
            for key, y in one.values:
                pieces.setdefault(key, []).append((one.places, x, y, one.lines, one.epoch))
        for key, several in pieces.items():
            _, x, y, lines, epoch = several[0] if len(several) == 1 else _in_order(several)
            self.columns.extend(key, x, y, lines, epoch, np.full(len(x), math.nan))
        self.rows += int(counted.sum())
        return True

    def _taken(self, group: Group) -> _Taken | None:
        """Return what rows of the same names say; None where they name their owners, tell new
        plans, stand on several axes, or hold some dates.
        """
        shape, columns = shape_of(group.names), dict(zip(group.names, group.columns, strict=True))
        if shape.owners.names or any(
            (columns[name] != self._plans.get(plan)).any() for name, plan in shape.plans
        ):
            return None
        x, axis = (columns[shape.axes[0][0]], shape.axes[0][1]) if shape.axes else (None, Axis.ROW)
        epoch = (
            columns[shape.epochs[0]]
            if shape.epochs and axis not in (Axis.EPOCH, Axis.ROW)
            else np.full(len(group.lines), math.nan)
        )
        inner = np.isfinite(epoch)
        if (x is not None and not np.isfinite(x).all()) or inner.any() != inner.all():
            return None
        values = []
        for printed in shape.metrics:
            (split, name), y = shape.meanings[printed], columns[printed]
            is_place, may_be_date = _named(name)
            dates = y > SINCE_1970 if may_be_date else np.zeros(1, dtype=bool)
            if dates.any() != dates.all():
                return None
            if not is_place and not dates.all():
                owner = Owner(entity=group.entity)
                values.append(
                    (
                        self._key(
                            name,
                            split or group.split or "train",
                            axis,
                            owner,
                            inner=bool(inner.all()),
                        ),
                        y,
                    )
                )
        return _Taken(group.places, group.lines, x, epoch, values)

    def _key(self, name: str, split: str, axis: Axis, owner: Owner, *, inner: bool) -> ColumnKey:
        """Return the key of a value; `inner` says that an epoch stands beside x, which may count
        inside it.
        """
        key = self._keys.get((name, split, axis, owner))
        if key is None:
            statistic, window = self._meaning(name, split)
            nested = inner and axis in INNER
            key = ColumnKey(
                name,
                split,
                axis,
                statistic,
                window,
                "",
                self.resolution,
                owner.entity,
                owner.run,
                nested,
            )
            self._keys[name, split, axis, owner] = key
        return key

    def _meaning(self, name: str, split: str) -> tuple[Statistic, int | None]:
        if INSTANT.fullmatch(name):
            return Statistic.VALUE, None
        if split == "train":
            return self.statistic, self.window
        return (
            Statistic.EPOCH_MEAN if self.statistic is Statistic.EPOCH_MEAN else Statistic.VALUE
        ), None

    def _values(
        self, row: Mapping[str, Any], shape: Shape, default: str, ignore: Collection[str]
    ) -> list[tuple[str, str, str, float]]:
        found = []
        for printed in shape.metrics:
            value = number(row[printed])
            if value is None or printed in ignore:
                continue
            split, name = shape.meanings[printed]
            is_place, may_be_date = _named(name)
            if is_place or (may_be_date and value > SINCE_1970):
                continue
            found.append((name, split or default, printed, value))
        return found

    def _said_once(self, row: Mapping[str, Any], shape: Shape, line: int) -> Iterator[RawFact]:
        for name, plan in shape.plans:
            value = number(row[name])
            if value is not None and self._plans.get(plan) != value:
                self._plans[plan] = value
                yield RawFact(plan, int(value) if value.is_integer() else value, line)


def facts_of(row: Mapping[str, Any], line: int) -> Iterator[RawFact]:
    """Yield the values of a record that speaks of the whole run."""
    for name, value in row.items():
        if isinstance(value, bool | int | float | str) and not is_axis(name):
            yield RawFact(name, value, line)
