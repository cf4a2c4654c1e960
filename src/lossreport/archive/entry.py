"""What the index knows of one report: a small value taken out of its JSON once, and kept in the cache of the index."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from lossreport import regex as re
from lossreport.archive.stored import Stored
from lossreport.knowledge.loss_type import loss_type
from lossreport.knowledge.recognise import is_total
from lossreport.values import dataclass

SPARK: Final = 24
"""Points of a sparkline: a shape, 60 pixels wide."""
VALUES: Final = 3
MAX_FACTS: Final = 40
MAX_TEXT: Final = 60
RESUMED: Final = re.compile(r"(?:.*[_.\-])?(?:resume(?:_from)?(?:_checkpoint)?|init_from|load_from|pretrained_?checkpoint)", re.IGNORECASE)
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One report. `values` are (label, last value, best value) of its main losses, `spark` the main one thinned, None for gaps.

    `logs` are the sha256 of the logs that it was made of, none where it does not tell.
    `goal` is the label of the metric that its first run is trained for, `goal_best` its best value, `rises` whether more of it is better.
    `ends` are (metric type, name, split, last value) of every loss that was judged sound, for reference ranges.
    """

    path: str
    title: str
    names: tuple[str, ...]
    state: str
    version: str
    days: tuple[str, ...]
    values: tuple[tuple[str, float | None, float | None], ...]
    spark: tuple[float | None, ...]
    facts: Mapping[str, str]
    tags: tuple[str, ...]
    owner: str
    resumed: str
    ends: tuple[tuple[str, str, str, float], ...]
    logs: tuple[str, ...] = ()
    goal: str = ""
    goal_best: float | None = None
    rises: bool = False


ORDER: Final = (
    "broken",
    "diverging",
    "mixed",
    "unstable",
    "overfitting",
    "plateau_high",
    "insufficient",
    "inconclusive",
    "improving",
    "converged",
)
"""Of several runs in one report the first of these stands for it: what needs somebody comes first."""
UNSOUND: Final = ("broken", "mixed", "diverging", "unstable", "overfitting", "worsening", "insufficient")


def entry_of(stored: Stored, path: str) -> Entry:
    """Return the entry of a report at `path` below the index."""
    data = stored.data
    verdicts = data.get("verdicts", [])
    states = [verdict["state"] for verdict in verdicts if not verdict["series"]]
    series = [one for one in _main(data) if one.get("last")]
    facts = {fact["name"]: _text(fact["value"]) for run in data["runs"][:1] for fact in run.get("facts", ())}
    goal = data["runs"][0].get("goal") if data["runs"] else None
    aimed = next((one for one in data.get("series", ()) if goal and one["id"] == goal.get("series")), None)
    end = None if aimed is None or goal is None else aimed["max" if goal.get("mode") == "max" else "min"]
    times = [run.get("time", {}).get(end) for run in data["runs"] for end in ("first", "last")]
    return Entry(
        path=path,
        title=stored.title if stored.is_page else _names(data)[0],
        names=_names(data),
        state=min(states, key=lambda state: ORDER.index(state) if state in ORDER else len(ORDER), default=""),
        version=stored.version,
        days=tuple(sorted({found[0] for time in times if time and (found := DAY.search(time))})),
        values=tuple((_label(one), _number(one["last"]["value"]), _best(one)) for one in series[:VALUES]),
        spark=_spark(series[0]) if series else (),
        facts=dict(list(facts.items())[:MAX_FACTS]),
        tags=stored.tags or _tags(facts),
        owner=stored.owner or facts.get("owner", ""),
        resumed=next(
            (value for name, value in facts.items() if RESUMED.fullmatch(name) and value not in ("None", "False", "false", "")), ""
        ),
        ends=tuple(_ends(data)),
        goal="" if aimed is None else _label(aimed),
        goal_best=_number(end["value"]) if end else None,
        rises=goal is not None and goal.get("mode") == "max",
        logs=tuple(sorted({str(source["sha256"]) for run in data["runs"] for source in run.get("sources", ()) if source.get("sha256")})),
    )


def sound_entry(entry: Entry) -> Entry:
    """Return an entry whose fields hold what they say; raises TypeError where a report, or the cache of the index, holds something else."""
    words: tuple[str, ...] = (entry.path, entry.title, entry.state, entry.version, entry.owner, entry.resumed, entry.goal)
    words += (
        *entry.names,
        *entry.days,
        *entry.logs,
        *entry.tags,
        *entry.facts,
        *entry.facts.values(),
        *(value[0] for value in entry.values),
    )
    words += tuple(word for end in entry.ends for word in end[:3])
    numbers = (entry.goal_best, *entry.spark, *(number for value in entry.values for number in value[1:]), *(end[3] for end in entry.ends))
    if (
        not all(
            isinstance(held, tuple) for held in (entry.names, entry.days, entry.tags, entry.values, entry.spark, entry.ends, entry.logs)
        )
        or not entry.names
    ):
        raise TypeError("a word where a list belongs")
    if not all(isinstance(word, str) for word in words):
        raise TypeError("a number or a list where a word belongs")
    if not all(number is None or isinstance(number, float) for number in numbers):
        raise TypeError("a word where a number belongs")
    return entry


def _names(data: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(run.get("name", "")) for run in data["runs"]) or ("",)


def _main(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the series that verdicts judge, the total loss of training first; where nothing is judged, all."""
    judged = {verdict["series"][0] for verdict in data.get("verdicts", ()) if verdict["series"]}
    found = [one for one in data.get("series", ()) if one["id"] in judged] or list(data.get("series", ()))
    labels: dict[str, Mapping[str, Any]] = {}
    for one in sorted(found, key=lambda one: (not is_total(one["name"]), one["split"] != "train")):
        labels.setdefault(_label(one), one)
    return list(labels.values())


def _label(one: Mapping[str, Any]) -> str:
    return one["name"] if one["split"] == "train" else f"{one['split']}/{one['name']}"


def _best(one: Mapping[str, Any]) -> float | None:
    end = one["max"] if loss_type(str(one["metric_type"])).goal == "up" else one["min"]
    return _number(end["value"]) if end else None


def _number(value: float | str) -> float | None:
    return None if isinstance(value, str) or value is None or not math.isfinite(value) else float(value)


def _spark(one: Mapping[str, Any]) -> tuple[float | None, ...]:
    y = one["points"]["y"]
    if not y:
        return ()
    rows = np.unique(np.linspace(0, len(y) - 1, SPARK).round().astype(int)).tolist()
    return tuple(None if (value := _number(y[row])) is None else float(f"{value:.4g}") for row in rows)


def _text(value: Any) -> str:
    shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return shown if len(shown) <= MAX_TEXT else shown[: MAX_TEXT - 1] + "…"


def _tags(facts: Mapping[str, str]) -> tuple[str, ...]:
    """Return the tags that a tracker wrote among the settings."""
    return tuple(tag.strip() for tag in facts.get("tags", "").split(",") if tag.strip())


def _ends(data: Mapping[str, Any]) -> list[tuple[str, str, str, float]]:
    """Return the last values of the series whose verdict is no sign of something broken, each metric once."""
    unsound = {verdict["run"] for verdict in data.get("verdicts", ()) if not verdict["series"] and verdict["state"] in UNSOUND}
    sound = {v["series"][0] for v in data.get("verdicts", ()) if v["series"] and v["state"] not in UNSOUND and v["run"] not in unsound}
    found: dict[tuple[str, str, str], float] = {}
    for one in data.get("series", ()):
        value = _number(one["last"]["value"]) if one["id"] in sound and one.get("last") else None
        if value is not None:
            found.setdefault((one["metric_type"], one["name"], one["split"]), value)
    return [(*key, value) for key, value in found.items()]


def place(report: Path, root: Path) -> str:
    """Return the path of a report below the index, with `/`."""
    return report.relative_to(root).as_posix()
