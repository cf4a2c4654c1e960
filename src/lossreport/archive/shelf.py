"""Renders the index page: reports grouped by verdict, sorted and filtered by CSS alone, in both languages, without a request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

import numpy as np
from markupsafe import Markup

from lossreport import __version__
from lossreport.archive.entry import ORDER, Entry
from lossreport.model.analysis import State
from lossreport.model.report import Tone
from lossreport.model.states import STATES
from lossreport.render.blocks import environment
from lossreport.render.inline import visible
from lossreport.render.voice import TAGS, Voice, languages
from lossreport.resources import read_template
from lossreport.text import Text, show_number
from lossreport.values import dataclass

COLUMNS: Final = 4
"""Settings shown of each run: those that vary, and that most runs have."""
COMMON: Final = 0.5
MAX_TAGS: Final = 12
WIDTH, HEIGHT, MARGIN = 60, 18, 1.5
COMPARISON: Final = Text(zh="对比报告等没有判断的", en="without a verdict (comparisons)")
PREFERRED: Final = ("lr", "learning_rate", "batch_size", "global_batch_size", "seed", "optimizer", "model", "precision")

WORDS: Final = {
    "TITLE": Text(zh="训练报告索引：{name}", en="Index of training reports: {name}"),
    "COUNT": Text(zh="{count} 份报告，{runs} 份不同的日志", en="{count} reports of {runs} different sets of logs"),
    "ALL": Text(zh="全部", en="all"),
    "SHOW": Text(zh="筛选", en="show"),
    "SORT": Text(zh="排序", en="sort by"),
    "BY_PATH": Text(zh="路径", en="path"),
    "BY_LAST": Text(zh="最后的值（小在前）", en="last value, lowest first"),
    "BY_BEST": Text(zh="目标最佳者在前", en="best of the goal first"),
    "BY_DATE": Text(zh="日期（新在前）", en="date, newest first"),
    "TAGGED": Text(zh="标签", en="tag"),
    "LAST": Text(zh="最后", en="last"),
    "BEST": Text(zh="最佳", en="best"),
    "RESUMED": Text(zh="续训自 {path}", en="resumed from {path}"),
    "SAME": Text(zh="同名训练 {count} 份", en="{count} of this name"),
    "HINT": Text(
        zh="排序在每一组之内；数值只有在同一指标、同一设置之间才可比。",
        en="Sorting is within each group; values compare only within one metric and one kind of setting.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the page; `order` are its places by path, last value, best value and date within its group."""

    entry: Entry
    link: str
    spark: str
    values: tuple[tuple[str, str, str], ...]
    settings: tuple[tuple[str, str], ...]
    resumed: str
    resumed_link: str
    same: int
    tags: tuple[int, ...]
    order: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The reports of one verdict."""

    state: str
    title: Text
    tone: Tone
    lines: tuple[Line, ...]


def page_of(entries: Sequence[Entry], name: str, links: str = "") -> str:
    """Return the page as HTML; `links` stands before every path. The same entries give the same bytes."""
    voice = Voice(languages("both"))
    tags = [tag for tag, _ in sorted(Counter(tag for entry in entries for tag in set(entry.tags)).items(), key=lambda i: (-i[1], i[0]))]
    shown = tags[:MAX_TAGS]
    columns = varying(entries)
    return (
        environment("html")
        .get_template("index.html.j2")
        .render(
            say=voice.say,
            label=voice.label,
            words=WORDS,
            tag=TAGS["zh"],
            css=Markup(read_template("assets/report.css")),
            own_css=Markup(read_template("assets/index.css")),
            name=visible(name),
            version=__version__,
            count=len(entries),
            runs=len({entry.logs or (entry.path,) for entry in entries}),
            tags=shown,
            groups=_groups(entries, columns, shown, links),
        )
    )


def varying(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return the names of at most four settings that vary and that at least half of the reports have, the best known first."""
    counts = Counter(name for entry in entries for name in entry.facts)
    values: dict[str, set[str]] = {}
    for entry in entries:
        for fact, value in entry.facts.items():
            values.setdefault(fact, set()).add(value)
    wanted = [fact for fact, count in counts.items() if count >= COMMON * len(entries) and (len(values[fact]) > 1 or count < len(entries))]
    rank = {fact: number for number, fact in enumerate(PREFERRED)}
    return tuple(sorted(wanted, key=lambda fact: (rank.get(fact, len(rank)), fact))[:COLUMNS])


def _groups(entries: Sequence[Entry], columns: Sequence[str], tags: Sequence[str], links: str) -> list[Group]:
    by_name = Counter(entry.names[0] for entry in entries)
    paths: dict[str, str] = {}
    for entry in entries:
        paths.setdefault(entry.names[0], entry.path)
    found: list[Group] = []
    for state in (*ORDER, ""):
        mine = [entry for entry in entries if (entry.state if entry.state in ORDER else "") == state]
        if mine:
            lines = tuple(
                _line(entry, places, columns, tags, links, by_name, paths) for entry, places in zip(mine, _orders(mine), strict=True)
            )
            title = STATES[State(state)].name if state else COMPARISON
            found.append(Group(state=state or "none", title=title, tone=STATES[State(state)].shade if state else "info", lines=lines))
    return found


def _orders(entries: Sequence[Entry]) -> list[tuple[int, int, int, int]]:
    last = [_value(entry, 1) for entry in entries]
    best = [_best(entry) for entry in entries]
    days = [entry.days[-1] if entry.days else "" for entry in entries]
    ranks = [
        _ranks([(entry.path,) for entry in entries]),
        _ranks([(value is None, value or 0.0) for value in last]),
        _ranks([(value is None, value or 0.0) for value in best]),
        [len(days) - 1 - rank for rank in _ranks([(day,) for day in days])],
    ]
    return list(zip(*ranks, strict=True))


def _ranks(keys: Sequence[tuple[object, ...]]) -> list[int]:
    order = sorted(range(len(keys)), key=lambda row: (keys[row], row))
    ranks = [0] * len(keys)
    for place, row in enumerate(order):
        ranks[row] = place
    return ranks


def _best(entry: Entry) -> float | None:
    """Return the best value of the metric that a run is trained for, so turned that less is better; of the first metric without a goal."""
    if entry.goal_best is None:
        return _value(entry, 2)
    return -entry.goal_best if entry.rises else entry.goal_best


def _value(entry: Entry, part: int) -> float | None:
    value = entry.values[0][part] if entry.values else None
    return value if isinstance(value, float) else None


def _line(
    entry: Entry,
    order: tuple[int, int, int, int],
    columns: Sequence[str],
    tags: Sequence[str],
    links: str,
    by_name: Mapping[str, int],
    paths: Mapping[str, str],
) -> Line:
    before = next((part for part in reversed(entry.resumed.split("/")) if part in paths and part != entry.names[0]), "")
    return Line(
        entry=entry,
        link=quote(links + entry.path),
        spark=points(entry.spark),
        values=tuple((label, _shown(last), _shown(best)) for label, last, best in entry.values),
        settings=tuple((name, entry.facts[name]) for name in columns if name in entry.facts),
        resumed=visible(entry.resumed),
        resumed_link=quote(links + paths[before]) if before else "",
        same=by_name[entry.names[0]] if entry.names[0] else 1,
        tags=tuple(number for number, tag in enumerate(tags) if tag in entry.tags),
        order=order,
    )


def _shown(value: float | None) -> str:
    return "NaN" if value is None else show_number(value)


def points(spark: Sequence[float | None]) -> str:
    """Return the points of a polyline of 60 x 18 pixels, gaps left out; nothing for fewer than two."""
    y = np.array([np.nan if value is None else value for value in spark], dtype=np.float64)
    good = np.flatnonzero(np.isfinite(y))
    if len(good) < 2:
        return ""
    low, high = float(y[good].min()), float(y[good].max())
    x = MARGIN + good / max(1, len(y) - 1) * (WIDTH - 2 * MARGIN)
    share = (y[good] / 2 - low / 2) / (high / 2 - low / 2) if high > low else np.full(len(good), 0.5)
    height = HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN)
    return " ".join(f"{a:.0f},{b:.0f}" for a, b in zip(x.tolist(), height.tolist(), strict=True))
