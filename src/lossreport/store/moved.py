"""What of a run is not as it was in an earlier report, besides verdict and findings: settings,
plan, metrics, checkpoint. Numbers stand side by side; causes are not told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from lossreport.knowledge.provenance import is_place
from lossreport.model.analysis import Analysis, Goal, State
from lossreport.model.run import FactValue, Point, Run, Series, extent_of, shown_x
from lossreport.text import Join, Phrase, Text, Value, number, show_number
from lossreport.values import dataclass
from lossreport.words import AXES, STATUSES, UNITS

Difference = tuple[Value, Value, Value]
"""What differs, what it was, what it is now."""

MOST_SETTINGS: Final = 3
"""Settings told in the one line; all of them stand in the table."""
GAP_DIGITS: Final = 2
PLANS: Final = ("epochs", "max_steps")
"""Settings that the plan tells."""
UNTOLD: Final = (State.BROKEN, State.MIXED)
"""Runs of which no value says how good they are."""

MOVED = Text(zh="`{name}` {before} → {after}", en="`{name}` {before} → {after}")
PLAN = Text(zh="{what} {before} → {after}", en="{what} {before} → {after}")
MORE = Text(zh="另有 {count} 项设置不同", en="{count} more settings differ")
ONE_MORE = Text(zh="另有一项设置不同", en="one more setting differs")
GOAL = Text(
    zh="`{metric}` 最佳 {before} → {after}（{gap}）",
    en="best `{metric}` {before} → {after} ({gap})",
)
OTHER_GOAL = Text(
    zh="目标指标由 `{before}` 变为 `{after}`", en="the goal metric was `{before}` and is `{after}`"
)
NEW_FINDINGS = Text(zh="新增 {count} 条发现", en="{count} new findings")
ONE_NEW = Text(zh="新增一条发现", en="one new finding")
GONE_FINDINGS = Text(zh="消失 {count} 条发现", en="{count} findings gone")
ONE_GONE = Text(zh="消失一条发现", en="one finding gone")
LINE = Text(zh="{parts}。", en="{parts}.")
NOTHING = Text(
    zh="设置与计划没有变化，也没有新增或消失的发现。",
    en="No setting and no plan changed, and no finding came or went.",
)
SETTING = Text(zh="设置 `{name}`", en="setting `{name}`")
STATUS = Text(zh="状态", en="status")
REACHED = Text(zh="已完成的 {unit}", en="{unit} done")
PLANNED = Text(zh="计划的 {unit}", en="{unit} planned")
BEST = Text(zh="`{metric}` 的最佳值", en="best `{metric}`")
LAST = Text(zh="`{metric}` 的最后值", en="last `{metric}`")
AT = Text(zh="{value}（{axis} {x}）", en="{value} at {axis} {x}")
AT_AND_GAP = Text(zh="{at}，{gap}", en="{at}, {gap}")
CHECKPOINT = Text(zh="最佳 checkpoint", en="best checkpoint")
PLACE = Text(zh="{axis} {x}", en="{axis} {x}")
NONE = Text(zh="无", en="none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The settings, the plan with how far it got, the metrics and the checkpoint that are not as
    they were.

    `goal` tells the best value of the goal in the line, `gained` is by how much it is greater.
    """

    settings: tuple[Difference, ...]
    plan: tuple[Difference, ...]
    metrics: tuple[Difference, ...]
    checkpoint: tuple[Difference, ...]
    goal: Phrase | None
    gained: float | None

    @property
    def rows(self) -> tuple[Difference, ...]:
        """All of them, as rows of a table."""
        named = tuple((SETTING(name=name), before, after) for name, before, after in self.settings)
        return (*named, *self.plan, *self.metrics, *self.checkpoint)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """A run in its report, and its metrics with a finite value by their labels."""

    analysis: Analysis
    run: Run
    metrics: Mapping[str, Series]

    @property
    def goal(self) -> Goal | None:
        """What it is trained for; None where its report holds no such metric."""
        goal = self.analysis.goal(self.run.id)
        known = goal is not None and any(one.id == goal.series for one in self.run.series)
        return goal if known else None

    @property
    def aim(self) -> str:
        """The label of its goal, "" without."""
        return "" if self.goal is None else self.analysis.series(self.goal.series).label

    @property
    def has_values(self) -> bool:
        """Whether its values say how good it is."""
        states = [
            one.state for one in self.analysis.verdicts if one.run == self.run.id and not one.series
        ]
        return not states or states[0] not in UNTOLD


def _held(analysis: Analysis, run: Run) -> Held:
    metrics: dict[str, Series] = {}
    for series in run.series:
        if extent_of(series).last is not None:
            metrics.setdefault(series.label, series)
    return Held(analysis=analysis, run=run, metrics=metrics)


def moved(old: Analysis, before: Run, new: Analysis, run: Run) -> Moved:
    """Return what is not as it was, from run `before` of one report to `run` of another."""
    was, now = _held(old, before), _held(new, run)
    best = _bests(was, now)
    return Moved(
        settings=tuple(_settings(before, run)),
        plan=tuple(_plan(before, run)),
        metrics=tuple(_metrics(was, now)),
        checkpoint=tuple(_checkpoint(was, now)),
        goal=_goal(was, now, best),
        gained=best[1] - best[0] if best is not None else None,
    )


def line_of(found: Moved, fresh: int, gone: int) -> Phrase:
    """Return one line: settings, the best of the goal, findings that are new and gone."""
    parts: list[Value] = [
        MOVED(name=name, before=before, after=after)
        for name, before, after in found.settings[:MOST_SETTINGS]
    ]
    parts += _counted(len(found.settings) - MOST_SETTINGS, ONE_MORE, MORE)
    parts += [
        PLAN(what=what, before=was, after=now)
        for what, was, now in found.plan
        if what is not STATUS
    ]
    parts += [found.goal] if found.goal is not None else []
    parts += (*_counted(fresh, ONE_NEW, NEW_FINDINGS), *_counted(gone, ONE_GONE, GONE_FINDINGS))
    return LINE(parts=Join(items=tuple(parts))) if parts else NOTHING()


def _counted(count: int, one: Text, many: Text) -> list[Value]:
    if count < 1:
        return []
    return [one()] if count == 1 else [many(count=count)]


# -------------------------------------------------------------------------------- settings and plan
def _settings(before: Run, run: Run) -> list[Difference]:
    was, now = _facts(before), _facts(run)
    names = [
        name
        for name in dict.fromkeys([*was, *now])
        if name not in PLANS and not is_place(name) and was.get(name) != now.get(name)
    ]
    told = [(name, was.get(name, NONE), now.get(name, NONE)) for name in names]
    return sorted(told, key=lambda one: (one[0] not in now or one[0] not in was, one[0]))


def _facts(run: Run) -> dict[str, str]:
    return {fact.name: _shown(fact.value) for fact in run.facts}


def _shown(value: FactValue) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return show_number(value) if isinstance(value, int | float) else str(value)


def _plan(before: Run, run: Run) -> list[Difference]:
    rows: list[Difference] = []
    if before.status is not run.status:
        rows.append((STATUS, STATUSES[before.status.value], STATUSES[run.status.value]))
    for unit, was, now in (
        ("epochs", before.progress.epochs, run.progress.epochs),
        ("steps", before.progress.steps, run.progress.steps),
    ):
        for text, reached, reaches in zip((REACHED, PLANNED), was, now, strict=True):
            if reached != reaches:
                rows.append((text(unit=UNITS[unit]), _count(reached), _count(reaches)))
    return rows


def _count(value: float | None) -> Value:
    return NONE if value is None else show_number(value)


# ------------------------------------------------------------------------------------------ metrics
def _end(series: Series, which: str) -> Point | None:
    """Return the lowest ("min"), highest ("max") or last finite row of a series."""
    whole = extent_of(series)
    return {"min": whole.lowest, "max": whole.highest, "last": whole.last}[which]


def _goal(was: Held, now: Held, best: tuple[float, float] | None) -> Phrase | None:
    """Return what became of the goal: another metric, or another best value of the same one; None
    where nothing did.
    """
    if was.aim and now.aim and was.aim != now.aim:
        return OTHER_GOAL(before=was.aim, after=now.aim)
    if best is None:
        return None
    shown = [number(value, now.metrics[now.aim].unit) for value in best]
    return GOAL(metric=now.aim, before=shown[0], after=shown[1], gap=_gap(*best))


def _bests(was: Held, now: Held) -> tuple[float, float] | None:
    """Return the best values of the goal, before and now; None where one of the runs has none that
    could be told, or it is the same.
    """
    if now.goal is None or (was.aim and was.aim != now.aim):
        return None
    one, other = was.metrics.get(now.aim), now.metrics.get(now.aim)
    if one is None or other is None or not (was.has_values and now.has_values):
        return None
    before, after = _end(one, now.goal.mode), _end(other, now.goal.mode)
    if before is None or after is None or one.unit != other.unit:
        return None
    same = show_number(before.value) == show_number(after.value)
    return None if same else (before.value, after.value)


def _gap(before: float, after: float) -> str:
    return f"{'+' if after >= before else '-'}{show_number(abs(after - before), GAP_DIGITS)}"


def _metrics(was: Held, now: Held) -> list[Difference]:
    """Return the metrics of both that are not as they were: of what has a best value that, and the
    last one; then those of one report alone.
    """
    rows: list[Difference] = []
    for label, series in now.metrics.items():
        if label not in was.metrics:
            rows.append((LAST(metric=label), NONE, _place(series, _end(series, "last"))))
            continue
        other = was.metrics[label]
        for end, text in ((_best_end(now, series), BEST), ("last", LAST)):
            before, after = (_end(one, end) if end else None for one in (other, series))
            if before is None or after is None:
                continue
            if show_number(before.value) != show_number(after.value):
                gap, place = _gap(before.value, after.value), _place(series, after)
                told = AT_AND_GAP(at=place, gap=gap) if other.unit == series.unit else place
                rows.append((text(metric=label), _place(other, before), told))
    return rows + [
        (LAST(metric=label), _place(one, _end(one, "last")), NONE)
        for label, one in was.metrics.items()
        if label not in now.metrics
    ]


def _best_end(held: Held, series: Series) -> str:
    """Return at which end the best value of a metric stands, "" where it has none."""
    best = next((one.value for one in held.analysis.bests if one.series == series.id), None)
    ends = ((end, _end(series, end)) for end in ("min", "max"))
    return next((end for end, at in ends if at is not None and at.value == best), "")


def _place(series: Series, at: Point | None) -> Phrase:
    if at is None:
        raise ValueError(f"{series.label} has no finite value")
    value = number(at.value, series.unit)
    return AT(value=value, axis=AXES[series.axis.value], x=shown_x(at.x))


def _checkpoint(was: Held, now: Held) -> Sequence[Difference]:
    before, after = _best_place(was), _best_place(now)
    if before is None or after is None or before == after:
        return ()
    return ((CHECKPOINT, before, after),)


def _best_place(held: Held) -> Value | None:
    best = next((one for one in held.analysis.bests if one.run == held.run.id), None)
    series = next((one for one in held.metrics.values() if best and one.id == best.series), None)
    if best is None or series is None:
        return None
    place = PLACE(axis=AXES[series.axis.value], x=shown_x(best.at.x))
    return best.checkpoint or place
