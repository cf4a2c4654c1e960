"""What the index knows of one report: a small value taken out of its JSON once, and kept in the
cache of the index.

The JSON is read as it lies there and not by `from_json`, which takes 3 ms a report where this takes
0.4: of ten thousand reports half a minute.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from lossreport import regex as re
from lossreport.compose.compose import TITLE
from lossreport.knowledge.loss_type import loss_type
from lossreport.knowledge.provenance import birth, commit_of, configuration, data_of, seed_of
from lossreport.knowledge.recognise import is_total
from lossreport.store.stored import Stored
from lossreport.values import dataclass

SPARK: Final = 24
"""Points of a sparkline: a shape, 60 pixels wide."""
VALUES: Final = 60
"""Metrics of a run that the index can be searched by."""
MAX_FACTS: Final = 120
MAX_TEXT: Final = 60
RESUMED: Final = re.compile(
    r"(?:.*[_.\-])?(?:resume(?:_from)?(?:_checkpoint)?|init_from|load_from|pretrained_?checkpoint)",
    re.IGNORECASE,
)
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
NAMED_DAY: Final = re.compile(
    r"(?<!\d)(?:19|20)\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)"
)
"""A day in the path of a report, which tells where no log does."""
GENERAL: Final = tuple(getattr(TITLE, lang).partition("{")[0] for lang in ("zh", "en"))
"""How a title begins that nobody chose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One report. `values` are (label, last value, best value) of its metrics, `spark` the main one
    thinned, None for gaps.

    `logs` are the sha256 of the logs that it was made of, none where it does not tell. `title` is
    the one that the user gave, or the name. `goal` is the label of the metric that its first run is
    trained for, `goal_best` its best value, `rises` whether more of it is better. `ends` are
    (metric type, name, split, unit, last value) of every loss that was judged sound, for reference
    ranges. `commit`, `data` and `seed` are what the settings tell, `configuration` a digest of the
    other ones, `length` where training ends on its axis, `birth` a digest of where the metrics
    begin: of a copy, and of the same run at an earlier row, it is the same.
    """

    path: str
    title: str
    names: tuple[str, ...]
    state: str
    version: str
    days: tuple[str, ...]
    values: tuple[tuple[str, float | None, float | None], ...]
    spark: tuple[float | None, ...]
    facts: dict[str, str]
    tags: tuple[str, ...]
    owner: str
    resumed: str
    ends: tuple[tuple[str, str, str, str, float], ...]
    logs: tuple[str, ...] = ()
    goal: str = ""
    goal_best: float | None = None
    goal_last: float | None = None
    rises: bool = False
    commit: str = ""
    data: str = ""
    seed: str = ""
    configuration: str = ""
    length: float | None = None
    birth: str = ""


ORDER: Final = (
    "broken",
    "diverging",
    "mixed",
    "unstable",
    "overfitting",
    "worsening",
    "plateau_high",
    "insufficient",
    "inconclusive",
    "improving",
    "converged",
)
"""Of several runs in one report the first of these stands for it: what needs somebody comes
first.
"""
UNSOUND: Final = (
    "broken",
    "mixed",
    "diverging",
    "unstable",
    "overfitting",
    "worsening",
    "insufficient",
)


def entry_of(stored: Stored, path: str) -> Entry:
    """Return the entry of a report at `path` below the index."""
    data = stored.data
    runs = data["runs"]
    series = [one for one in _main(data) if one.get("last")]
    told = {fact["name"]: fact["value"] for run in runs[:1] for fact in run.get("facts", ())}
    facts = {name: _text(value) for name, value in told.items()}
    aim, alone = _aim(data), len(runs) == 1
    return Entry(
        path=path,
        title=_title(stored, data),
        names=_names(data),
        state=_state(data),
        version=stored.version,
        days=_days(runs) or tuple(NAMED_DAY.findall(path)[:1]),
        values=tuple(
            (label_of(one), _number(one["last"]["value"]), _best(one)) for one in series[:VALUES]
        ),
        spark=_spark(series[0]) if series else (),
        facts=dict(list(facts.items())[:MAX_FACTS]),
        tags=tuple(dict.fromkeys(stored.tags or _tags(facts))),
        owner=stored.owner or facts.get("owner", ""),
        resumed=_resumed(facts),
        ends=tuple(_ends(data)),
        goal=aim.label,
        goal_best=aim.best,
        goal_last=aim.last,
        rises=aim.rises,
        logs=_logs(runs),
        commit=commit_of(told),
        data=data_of(told),
        seed=seed_of(told) if alone else "",
        configuration=configuration(told) if alone else "",
        length=_length(data),
        birth=birth(_first(data)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Aim:
    """The goal of the first run: its label, its best and its last value, whether more is better."""

    label: str = ""
    best: float | None = None
    last: float | None = None
    rises: bool = False


def _aim(data: Mapping[str, Any]) -> _Aim:
    goal = data["runs"][0].get("goal") if data["runs"] else None
    if goal is None:
        return _Aim()
    rises = goal.get("mode") == "max"
    aimed = next(
        (one for one in data.get("series", ()) if goal and one["id"] == goal.get("series")), None
    )
    if aimed is None:
        return _Aim(rises=rises)
    best, last = aimed["max" if rises else "min"], aimed.get("last")
    return _Aim(
        label=label_of(aimed),
        best=_number(best["value"]) if best else None,
        last=_number(last["value"]) if last else None,
        rises=rises,
    )


def _state(data: Mapping[str, Any]) -> str:
    """Return the state of the run that needs somebody first."""
    states = [verdict["state"] for verdict in data.get("verdicts", ()) if not verdict["series"]]
    rank = {state: number for number, state in enumerate(ORDER)}
    return min(states, key=lambda state: rank.get(state, len(ORDER)), default="")


def _days(runs: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the days on which the runs began and ended."""
    times = [run.get("time", {}).get(end) for run in runs for end in ("first", "last")]
    return tuple(sorted({found[0] for time in times if time and (found := DAY.search(time))}))


def _resumed(facts: Mapping[str, str]) -> str:
    """Return what the run began with, by its settings."""
    named = (value for name, value in facts.items() if RESUMED.fullmatch(name))
    return next((value for value in named if value not in ("None", "False", "false", "")), "")


def _logs(runs: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    sources = (source for run in runs for source in run.get("sources", ()))
    return tuple(sorted({str(one["sha256"]) for one in sources if one.get("sha256")}))


def _length(data: Mapping[str, Any]) -> float | None:
    """Return where the longest metric ends on its axis."""
    held = (one for one in data.get("series", ()) if one.get("last"))
    longest = max(held, key=lambda one: one.get("n", 0), default=None)
    return _number(longest["last"]["x"]) if longest else None


def label_of(series: Mapping[str, Any]) -> str:
    """Return how a reader calls a series of the JSON; see `Series.label`."""
    name = series["name"] if series["split"] == "train" else f"{series['split']}/{series['name']}"
    whose = series.get("entity")
    return name if whose is None else f"{name} [{whose['kind']} {whose['value']}]"


def _title(stored: Stored, data: Mapping[str, Any]) -> str:
    """Return the title that the user gave, else the name of the run."""
    title = stored.title if stored.is_page else ""
    return _names(data)[0] if not title or title.startswith(GENERAL) else title


def _of_first_run(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        one
        for one in data.get("series", ())
        if data["runs"] and one.get("run") == data["runs"][0].get("id")
    ]


def _first(data: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    """Yield where each metric that the log holds begins."""
    for one in _of_first_run(data):
        place = one.get("first")
        x, value = (
            (_number(place["x"]), _number(place["value"]))
            if place and not one.get("derived")
            else (None, None)
        )
        if x is not None and value is not None:
            yield label_of(one), x, value


def sound_entry(entry: Entry) -> Entry:
    """Return an entry whose fields hold what they say; raises TypeError where a report, or the
    cache of the index, holds something else.
    """
    words: tuple[str, ...] = (
        entry.path,
        entry.title,
        entry.state,
        entry.version,
        entry.owner,
        entry.resumed,
        entry.goal,
    )
    words += (entry.commit, entry.data, entry.seed, entry.configuration, entry.birth)
    words += (
        *entry.names,
        *entry.days,
        *entry.logs,
        *entry.tags,
        *entry.facts,
        *entry.facts.values(),
        *(value[0] for value in entry.values),
    )
    words += tuple(word for end in entry.ends for word in end[:4])
    numbers = (entry.goal_best, entry.goal_last, entry.length, *entry.spark)
    numbers += (
        *(number for value in entry.values for number in value[1:]),
        *(end[4] for end in entry.ends),
    )
    if (
        not all(
            isinstance(held, tuple)
            for held in (
                entry.names,
                entry.days,
                entry.tags,
                entry.values,
                entry.spark,
                entry.ends,
                entry.logs,
            )
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
    """Return the series, one a label: those that verdicts judge first, and of them the total loss
    of training.
    """
    judged = {verdict["series"][0] for verdict in data.get("verdicts", ()) if verdict["series"]}
    labels: dict[str, Mapping[str, Any]] = {}
    for one in sorted(
        data.get("series", ()),
        key=lambda one: (
            one["id"] not in judged,
            not is_total(one["name"]),
            one["split"] != "train",
        ),
    ):
        labels.setdefault(label_of(one), one)
    return list(labels.values())


def _best(one: Mapping[str, Any]) -> float | None:
    end = one["max"] if loss_type(str(one["metric_type"])).goal == "up" else one["min"]
    return _number(end["value"]) if end else None


def _number(value: float | str) -> float | None:
    return (
        None
        if isinstance(value, str) or value is None or not math.isfinite(value)
        else float(value)
    )


def _spark(one: Mapping[str, Any]) -> tuple[float | None, ...]:
    y = one["points"]["y"]
    if not y:
        return ()
    rows = np.unique(np.linspace(0, len(y) - 1, SPARK).round().astype(int)).tolist()
    return tuple(
        None if (value := _number(y[row])) is None else float(f"{value:.4g}") for row in rows
    )


def _text(value: Any) -> str:
    shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return shown if len(shown) <= MAX_TEXT else shown[: MAX_TEXT - 1] + "…"


def _tags(facts: Mapping[str, str]) -> tuple[str, ...]:
    """Return the tags that a tracker wrote among the settings."""
    return tuple(tag.strip() for tag in facts.get("tags", "").split(",") if tag.strip())


def _ends(data: Mapping[str, Any]) -> list[tuple[str, str, str, str, float]]:
    """Return the last values of the series whose verdict is no sign of something broken, each
    metric once.
    """
    unsound = {
        verdict["run"]
        for verdict in data.get("verdicts", ())
        if not verdict["series"] and verdict["state"] in UNSOUND
    }
    sound = {
        v["series"][0]
        for v in data.get("verdicts", ())
        if v["series"] and v["state"] not in UNSOUND and v["run"] not in unsound
    }
    found: dict[tuple[str, str, str, str], float] = {}
    for one in _of_first_run(data):
        value = _number(one["last"]["value"]) if one["id"] in sound and one.get("last") else None
        if value is not None:
            found.setdefault(
                (one["metric_type"], one["name"], one["split"], one.get("unit") or ""), value
            )
    return [(*key, value) for key, value in found.items()]


def place(report: Path, root: Path) -> str:
    """Return the path of a report below the index, with `/`."""
    return report.relative_to(root).as_posix()
