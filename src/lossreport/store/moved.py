"""What of a run is not as it was in an earlier report, besides verdict and findings: settings,
plan, metrics, checkpoint. Numbers stand side by side; causes are not told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from lossreport.knowledge.provenance import is_place
from lossreport.model.analysis import State
from lossreport.model.run import shown_x
from lossreport.store.told import label_of
from lossreport.text import Join, Phrase, Text, Value, number, show_number
from lossreport.values import dataclass
from lossreport.words import AXES, STATUSES, UNITS

Json = Mapping[str, Any]
Difference = tuple[Value, Value, Value]
"""What differs, what it was, what it is now."""

MOST_SETTINGS: Final = 3
"""Settings told in the one line; all of them stand in the table."""
GAP_DIGITS: Final = 2
PLANS: Final = ("epochs", "max_steps")
"""Settings that the plan tells."""
UNTOLD: Final = ("broken", "mixed")
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


def moved(old: Json, before: Json, new: Json, run: Json) -> Moved:
    """Return what is not as it was, from run `before` of one report to `run` of another."""
    was, now = _series(old, before), _series(new, run)
    best = _bests(old, before, new, run)
    return Moved(
        settings=tuple(_settings(before, run)),
        plan=tuple(_plan(before, run)),
        metrics=tuple(_metrics(was, now, run)),
        checkpoint=tuple(_checkpoint(was, before, now, run)),
        goal=_goal(old, before, new, run, best),
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
def _settings(before: Json, run: Json) -> list[Difference]:
    was, now = _facts(before), _facts(run)
    names = [
        name
        for name in dict.fromkeys([*was, *now])
        if name not in PLANS and not is_place(name) and was.get(name) != now.get(name)
    ]
    told = [(name, was.get(name, NONE), now.get(name, NONE)) for name in names]
    return sorted(told, key=lambda one: (one[0] not in now or one[0] not in was, one[0]))


def _facts(run: Json) -> dict[str, str]:
    return {str(fact["name"]): _shown(fact["value"]) for fact in run.get("facts", ())}


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return show_number(value) if isinstance(value, int | float) else str(value)


def _plan(before: Json, run: Json) -> list[Difference]:
    rows: list[Difference] = []
    if before.get("status") != run.get("status"):
        was, now = (STATUSES.get(str(one.get("status")), NONE) for one in (before, run))
        rows.append((STATUS, was, now))
    for unit in ("epochs", "steps"):
        for part, text in enumerate((REACHED, PLANNED)):
            reached, reaches = (
                ((one.get("progress") or {}).get(unit) or (None, None))[part]
                for one in (before, run)
            )
            if reached != reaches:
                rows.append((text(unit=UNITS[unit]), _count(reached), _count(reaches)))
    return rows


def _count(value: float | None) -> Value:
    return NONE if value is None else show_number(value)


# ------------------------------------------------------------------------------------------ metrics
def _series(data: Json, run: Json) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for one in data["series"]:
        if one.get("run") == run["id"] and one.get("last"):
            found.setdefault(label_of(one), one)
    return found


def _aim(data: Json, run: Json) -> tuple[str, str]:
    """Return the label of the goal and the end of it that is best, "" where a run has none."""
    goal = run.get("goal")
    series = next((one for one in data["series"] if goal and one["id"] == goal["series"]), None)
    return (
        ("", "")
        if goal is None or series is None
        else (label_of(series), "max" if goal["mode"] == "max" else "min")
    )


def _goal(
    old: Json, before: Json, new: Json, run: Json, best: tuple[float, float] | None
) -> Phrase | None:
    """Return what became of the goal: another metric, or another best value of the same one; None
    where nothing did.
    """
    (was, _), (label, _) = _aim(old, before), _aim(new, run)
    if was and label and was != label:
        return OTHER_GOAL(before=was, after=label)
    if best is None:
        return None
    shown = [number(value, str(_series(new, run)[label]["unit"] or "")) for value in best]
    return GOAL(metric=label, before=shown[0], after=shown[1], gap=_gap(*best))


def _bests(old: Json, before: Json, new: Json, run: Json) -> tuple[float, float] | None:
    """Return the best values of the goal, before and now; None where one of the runs has none that
    could be told, or it is the same.
    """
    (was, _), (label, end) = _aim(old, before), _aim(new, run)
    if was and was != label:
        return None
    one, other = _series(old, before).get(label), _series(new, run).get(label)
    if (
        one is None
        or other is None
        or not one.get(end)
        or not other.get(end)
        or {_state(old, before), _state(new, run)} & set(UNTOLD)
    ):
        return None
    values = float(one[end]["value"]), float(other[end]["value"])
    if show_number(values[0]) == show_number(values[1]) or one["unit"] != other["unit"]:
        return None
    return values


def _state(data: Json, run: Json) -> str:
    return next(
        (
            str(one["state"])
            for one in data["verdicts"]
            if one["run"] == run["id"] and not one["series"]
        ),
        State.INSUFFICIENT.value,
    )


def _gap(before: float, after: float) -> str:
    return f"{'+' if after >= before else '-'}{show_number(abs(after - before), GAP_DIGITS)}"


def _metrics(was: Mapping[str, Json], now: Mapping[str, Json], run: Json) -> list[Difference]:
    """Return the metrics of both that are not as they were: of what has a best value that, and the
    last one; then those of one report alone.
    """
    ends = {one["series"]: one["value"] for one in run.get("bests") or ()}
    rows: list[Difference] = []
    for label, series in now.items():
        if label not in was:
            rows.append((LAST(metric=label), NONE, _place(series, series["last"])))
            continue
        other = was[label]
        best = next(
            (
                end
                for end in ("min", "max")
                if series.get(end) and ends.get(series["id"]) == series[end]["value"]
            ),
            "",
        )
        for end, text in ((best, BEST), ("last", LAST)):
            if (
                end
                and other.get(end)
                and show_number(float(other[end]["value"]))
                != show_number(float(series[end]["value"]))
            ):
                gap = _gap(float(other[end]["value"]), float(series[end]["value"]))
                place = _place(series, series[end])
                told = AT_AND_GAP(at=place, gap=gap) if other["unit"] == series["unit"] else place
                rows.append((text(metric=label), _place(other, other[end]), told))
    return rows + [
        (LAST(metric=label), _place(one, one["last"]), NONE)
        for label, one in was.items()
        if label not in now
    ]


def _place(series: Json, place: Json) -> Phrase:
    value = number(float(place["value"]), str(series["unit"] or ""))
    return AT(value=value, axis=AXES[series["axis"]], x=shown_x(float(place["x"])))


def _checkpoint(
    was: Mapping[str, Json], before: Json, now: Mapping[str, Json], run: Json
) -> Sequence[Difference]:
    told = [_best_place(series, one) for series, one in ((was, before), (now, run))]
    if told[0] is None or told[1] is None or told[0] == told[1]:
        return ()
    return ((CHECKPOINT, told[0], told[1]),)


def _best_place(series: Mapping[str, Json], run: Json) -> Value | None:
    best = run.get("best")
    axis = next(
        (one["axis"] for one in series.values() if best and one["id"] == best["series"]), None
    )
    if best is None or axis is None:
        return None
    return (
        str(best["checkpoint"])
        if best.get("checkpoint")
        else PLACE(axis=AXES[axis], x=shown_x(float(best["x"])))
    )
