"""Renders the index page: reports by urgency, sorted and filtered by CSS alone, and searched where
a script may run; in both languages, without a request.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import numpy as np
from markupsafe import Markup

from lossreport import __version__
from lossreport.index.columns import FIXED, columns_of, names_of
from lossreport.index.entry import ORDER, Entry
from lossreport.index.families import Family, copies, families
from lossreport.model.analysis import State
from lossreport.model.report import Tone
from lossreport.model.states import STATES
from lossreport.render.blocks import environment
from lossreport.render.inline import visible
from lossreport.render.to_html import in_script
from lossreport.render.voice import TAGS, Voice, languages
from lossreport.resources import read_template
from lossreport.text import Text, show_number
from lossreport.values import dataclass

COLUMNS: Final = 4
"""Settings shown of each run: those that vary, and that most runs have."""
COMMON: Final = 0.5
MAX_CHIPS: Final = 12
"""Tags, owners and months that can be chosen without a script."""
MONTH: Final = len("2026-01")
"""A day begins with its month."""
MOST_BROKEN: Final = 200
USUAL: Final = "/lossreport.html"
"""What `build` and `batch` call a report: its folder tells which."""
WIDTH, HEIGHT, MARGIN = 60, 18, 1.5
COMPARISON: Final = Text(zh="没有判断", en="no verdict")
PREFERRED: Final = (
    "lr",
    "learning_rate",
    "batch_size",
    "global_batch_size",
    "optimizer",
    "model",
    "precision",
)
CHOICES: Final = (
    ("state", Text(zh="结论（要处理的在前）", en="verdict, what needs somebody first")),
    ("path", Text(zh="路径", en="path")),
    ("best", Text(zh="目标的最佳值", en="best of the goal")),
    ("last", Text(zh="目标的最后值", en="last of the goal")),
    ("date", Text(zh="日期（新在前）", en="date, newest first")),
    ("owner", Text(zh="负责人", en="owner")),
    ("tags", Text(zh="标签", en="tags")),
    ("commit", Text(zh="代码（git commit）", en="git commit")),
    ("data", Text(zh="数据", en="data")),
)
"""Orders that every page has; those by the settings that it shows follow."""

WORDS: Final = {
    "TITLE": Text(zh="训练报告索引：{name}", en="Index of training reports: {name}"),
    "COUNT": Text(
        zh="{count} 份报告，{runs} 份不同的日志",
        en="{count} reports of {runs} different sets of logs",
    ),
    "ALL": Text(zh="全部", en="all"),
    "SHOW": Text(zh="结论", en="verdict"),
    "SORT": Text(zh="排序", en="sort by"),
    "TAGGED": Text(zh="标签", en="tag"),
    "DATED": Text(zh="月份", en="month"),
    "OWNED": Text(zh="负责人", en="owner"),
    "RUN": Text(zh="报告", en="report"),
    "GOAL": Text(zh="目标：最佳（最后）", en="goal: best (last)"),
    "ABOUT": Text(zh="负责人、标签、数据、代码、日期", en="owner, tags, data, code, date"),
    "RESUMED": Text(zh="续训自 {path}", en="resumed from {path}"),
    "COPY": Text(zh="日志与 {path} 相同", en="same logs as {path}"),
    "SEEDS": Text(zh="同一配置的 {count} 个 seed", en="{count} seeds of one configuration"),
    "MEAN": Text(
        zh="最佳值的平均 {mean}（{low} 到 {high}）", en="mean of the best {mean} ({low} to {high})"
    ),
    "COMPARE": Text(
        zh="对比这些训练（在本页所在的文件夹中运行）：",
        en="Compare them (run it in the folder of this page):",
    ),
    "BROKEN": Text(zh="{count} 份报告无法读取", en="{count} reports could not be read"),
    "MORE": Text(zh="另有 {count} 份", en="{count} more"),
    "FIND": Text(zh="搜索", en="search"),
    "COLUMN": Text(zh="按任意一列排序", en="sort by any column"),
    "NONE": Text(zh="按上面的选择", en="as chosen above"),
    "TURN": Text(zh="倒序", en="descending"),
    "TAKE": Text(zh="复制", en="copy"),
    "HELP": Text(
        zh="写任意几个词，或 `列=值`、`列<值`（`=`、`!=`、`<`、`<=`、`>`、`>=`），"
        "空格表示“并且”。列：path、name、title、state、owner、tags、date、commit、data、"
        "seed、goal，任一设置，任一指标的最后值（写名字）或最佳值（`best:名字`）。"
        "勾选两份以上，下方给出对比命令。",
        en="Any words, or `column=value`, `column<value` (`=`, `!=`, `<`, `<=`, `>`, `>=`); a "
        "blank means and. Columns: path, name, title, state, owner, tags, date, commit, "
        "data, seed, goal, any setting, any metric by its name (last value) or as "
        "`best:NAME`. Tick two or more for the command that compares them.",
    ),
    "HINT": Text(
        zh="数值只有在同一指标、同一任务与同一份数据之间才可比。",
        en="Values compare only within one metric, one task and the same data.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One report on the page, `number` its place in the columns; `copy` is the path of an earlier
    report of the same logs.
    """

    entry: Entry
    number: int
    link: str
    shown: str
    title: str
    spark: str
    goal: tuple[str, str, str]
    settings: tuple[tuple[str, str], ...]
    resumed: str
    resumed_link: str
    copy: str
    classes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The reports of one line, several where they are the seeds of one configuration; `places` are
    its places in every order.
    """

    lines: tuple[Line, ...]
    places: str
    classes: str
    spread: Mapping[str, str]
    command: str


def page_of(
    entries: Sequence[Entry], name: str, links: str = "", broken: Sequence[str] = ()
) -> str:
    """Return the page as HTML; `links` stands before every path, `broken` are the reports that
    could not be read. The same entries give the same bytes.
    """
    voice = Voice(languages("both"))
    script = read_template("assets/index.js")
    tags, owners = (
        _common(tag for entry in entries for tag in set(entry.tags)),
        _common(entry.owner for entry in entries if entry.owner),
    )
    months = sorted({month for entry in entries for month in _months(entry)}, reverse=True)
    months = months[:MAX_CHIPS] if len(months) > 1 else []
    columns = varying(entries)
    states = [state for state in (*ORDER, "") if any(_state(entry) == state for entry in entries)]
    settings, metrics = names_of(entries)
    chosen = [
        (key, text)
        for key, text in CHOICES
        if key in ("state", "path") or any(_told(entry, key) for entry in entries)
    ]
    return (
        environment("html")
        .get_template("index.html.j2")
        .render(
            say=voice.say,
            label=voice.label,
            words=WORDS,
            tag=TAGS["zh"],
            css=Markup(read_template("assets/report.css") + read_template("assets/switch.css")),
            own_css=Markup(read_template("assets/index.css")),
            script=Markup(script),
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            data=in_script(columns_of(entries)),
            fixed=(*FIXED, "last:goal", "best:goal"),
            settings=settings,
            metrics=metrics,
            name=visible(name),
            version=__version__,
            count=len(entries),
            runs=len({entry.logs or (entry.path,) for entry in entries}),
            tags=tags,
            owners=owners,
            months=months,
            columns=columns,
            choices=[
                *chosen,
                *((f"c{number}", GIVEN(name=column)) for number, column in enumerate(columns)),
            ],
            states=[
                (state or "none", *_named(state), sum(_state(entry) == state for entry in entries))
                for state in states
            ],
            marks={
                state: Markup('<b class="tone-{}" title="{}">{}</b>').format(
                    tone, voice.label(title), voice.say(title)
                )
                for state in states
                for title, tone in [_named(state)]
            },
            shelves=_shelves(
                entries, columns, Chips(tags, owners, months), links, [key for key, _ in chosen]
            ),
            broken=broken[:MOST_BROKEN],
            broken_count=len(broken),
        )
    )


class Chips(NamedTuple):
    """What reports can be filtered by without a script: the words of each row of choices."""

    tags: Sequence[str]
    owners: Sequence[str]
    months: Sequence[str]

    def classes(self, entry: Entry) -> list[str]:
        """Return the classes of a report by which CSS hides it."""
        found = [f"t{place}" for place, tag in enumerate(self.tags) if tag in entry.tags]
        found += [f"w{self.owners.index(entry.owner)}"] if entry.owner in self.owners else []
        mine = _months(entry)
        return found + [f"m{place}" for place, month in enumerate(self.months) if month in mine]


def _months(entry: Entry) -> set[str]:
    """Return the months in which a report has a day: the first and the last, as 2026-01."""
    return {day[:MONTH].replace("/", "-") for day in entry.days}


GIVEN: Final = Text(zh="{name}", en="{name}")


def _common(words: Any) -> list[str]:
    return [
        word for word, _ in sorted(Counter(words).items(), key=lambda item: (-item[1], item[0]))
    ][:MAX_CHIPS]


def _state(entry: Entry) -> str:
    return entry.state if entry.state in ORDER else ""


def _named(state: str) -> tuple[Text, Tone]:
    return (
        (STATES[State(state)].short, STATES[State(state)].shade) if state else (COMPARISON, "info")
    )


def varying(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return the names of at most four settings that vary and that at least half of the reports
    have, the best known first.
    """
    counts = Counter(name for entry in entries for name in entry.facts)
    values: dict[str, set[str]] = {}
    for entry in entries:
        for fact, value in entry.facts.items():
            values.setdefault(fact, set()).add(value)
    wanted = [
        fact
        for fact, count in counts.items()
        if count >= COMMON * len(entries) and (len(values[fact]) > 1 or count < len(entries))
    ]
    rank = {fact: number for number, fact in enumerate(PREFERRED)}
    return tuple(sorted(wanted, key=lambda fact: (rank.get(fact, len(rank)), fact))[:COLUMNS])


# ------------------------------------------------------------------------------------------- orders
Key = Callable[[Entry], tuple[Any, ...]]


def _told(entry: Entry, key: str) -> bool:
    """Return whether a report has what an order goes by."""
    has = {
        "best": entry.goal_best is not None,
        "last": entry.goal_last is not None,
        "date": bool(entry.days),
    }
    return has[key] if key in has else bool(getattr(entry, key))


def _orders(entries: Sequence[Entry], columns: Sequence[str], keys: Sequence[str]) -> list[Key]:
    """Return what each order of the page goes by; of a metric whose better end is up, more stands
    first.
    """
    goals = {goal: place for place, goal in enumerate(_common_goals(entries))}
    days = {
        day: -place
        for place, day in enumerate(sorted({entry.days[-1] for entry in entries if entry.days}))
    }

    def by_value(value: float | None, entry: Entry) -> tuple[Any, ...]:
        turned = -1.0 if entry.rises else 1.0
        return (goals.get(entry.goal, len(goals)), value is None, turned * (value or 0.0))

    known: dict[str, Key] = {
        "state": lambda entry: (
            ORDER.index(entry.state) if entry.state in ORDER else len(ORDER),
            entry.path,
        ),
        "path": lambda entry: (entry.path,),
        "best": lambda entry: by_value(entry.goal_best, entry),
        "last": lambda entry: by_value(entry.goal_last, entry),
        "date": lambda entry: (not entry.days, days[entry.days[-1]] if entry.days else 0),
        "owner": lambda entry: _word(entry.owner),
        "tags": lambda entry: _word(" ".join(sorted(entry.tags))),
        "commit": lambda entry: _word(entry.commit),
        "data": lambda entry: _word(entry.data),
    }

    def setting(column: str) -> Key:
        return lambda entry: _word(entry.facts.get(column, ""))

    return [*(known[key] for key in keys), *map(setting, columns)]


def _common_goals(entries: Sequence[Entry]) -> list[str]:
    counts = Counter(entry.goal for entry in entries if entry.goal)
    return sorted(counts, key=lambda goal: (-counts[goal], goal))


def _word(word: str) -> tuple[Any, ...]:
    """Return a key for a setting: numbers by their value, then words, then those that have none."""
    try:
        return (0, float(word), "")
    except ValueError:
        return (1, 0.0, word) if word else (2, 0.0, "")


def _ranks(keys: Sequence[tuple[object, ...]]) -> list[int]:
    order = sorted(range(len(keys)), key=lambda row: (keys[row], row))
    ranks = [0] * len(keys)
    for place, row in enumerate(order):
        ranks[row] = place
    return ranks


# -------------------------------------------------------------------------------------------- lines
def _shelves(
    entries: Sequence[Entry],
    columns: Sequence[str],
    chips: Chips,
    links: str,
    keys: Sequence[str],
) -> list[Shelf]:
    numbers = {entry.path: number for number, entry in enumerate(entries)}
    known = copies(entries)
    paths: dict[str, str] = {}
    for entry in entries:
        paths.setdefault(entry.names[0], entry.path)
    groups = families(entries)
    orders = _orders(entries, columns, keys)
    ranks = list(
        zip(
            *(_ranks([min(map(order, family)) for family in groups]) for order in orders),
            strict=True,
        )
    )
    found = []
    for row in sorted(range(len(groups)), key=lambda row: ranks[row][0]):
        family = groups[row]
        lines = tuple(
            _line(entry, numbers[entry.path], columns, chips, links, paths, known)
            for entry in family
        )
        found.append(
            Shelf(
                lines=lines,
                places=";".join(f"--{number}:{place}" for number, place in enumerate(ranks[row])),
                classes=" ".join(sorted({name for line in lines for name in line.classes.split()})),
                spread=_spread(family),
                command=f"lossreport compare {shlex.join(visible(entry.path) for entry in family)}"
                if len(family) > 1
                else "",
            )
        )
    return found


def _spread(family: Family) -> dict[str, str]:
    """Return mean, least and greatest of the best values of the goal over the seeds of one
    configuration.
    """
    values = [entry.goal_best for entry in family if entry.goal_best is not None]
    if len(family) < 2 or len(values) < len(family):
        return {}
    return {
        "mean": show_number(sum(values) / len(values)),
        "low": show_number(min(values)),
        "high": show_number(max(values)),
    }


def _line(
    entry: Entry,
    number: int,
    columns: Sequence[str],
    chips: Chips,
    links: str,
    paths: Mapping[str, str],
    known: Mapping[str, str],
) -> Line:
    before = next(
        (
            part
            for part in reversed(entry.resumed.split("/"))
            if part in paths and part != entry.names[0]
        ),
        "",
    )
    classes = [f"s-{_state(entry) or 'none'}", *chips.classes(entry)]
    return Line(
        entry=entry,
        number=number,
        link=quote(links + entry.path),
        shown=entry.path.removesuffix(USUAL) or entry.path,
        title=entry.title if entry.title != entry.names[0] else "",
        spark=points(entry.spark),
        goal=_goal(entry),
        settings=tuple((name, entry.facts.get(name, "")) for name in columns),
        resumed=visible(entry.resumed),
        resumed_link=quote(links + paths[before]) if before else "",
        copy=known.get(entry.path, ""),
        classes=" ".join(classes),
    )


def _goal(entry: Entry) -> tuple[str, str, str]:
    """Return label, best and last value of the goal; of the first metric where a report has no
    goal.
    """
    if entry.goal:
        return entry.goal, _shown(entry.goal_best), _shown(entry.goal_last)
    if not entry.values:
        return "", "", ""
    label, last, best = entry.values[0]
    return label, _shown(best), _shown(last)


def _shown(value: float | None) -> str:
    return "NaN" if value is None else show_number(value)


def points(spark: Sequence[float | None]) -> str:
    """Return the points of a polyline of 60 x 18 pixels, gaps left out; nothing for fewer than
    two.
    """
    y = np.array([np.nan if value is None else value for value in spark], dtype=np.float64)
    good = np.flatnonzero(np.isfinite(y))
    if len(good) < 2:
        return ""
    low, high = float(y[good].min()), float(y[good].max())
    x = MARGIN + good / max(1, len(y) - 1) * (WIDTH - 2 * MARGIN)
    share = (
        (y[good] / 2 - low / 2) / (high / 2 - low / 2) if high > low else np.full(len(good), 0.5)
    )
    height = HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN)
    return " ".join(f"{a:.0f},{b:.0f}" for a, b in zip(x.tolist(), height.tolist(), strict=True))
