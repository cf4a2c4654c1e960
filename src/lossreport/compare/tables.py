"""The tables of a comparison: its runs, a metric of all of them, settings that differ, places in
common, and how it was done.
"""

from __future__ import annotations

from typing import Final

from lossreport.analysis.detector import title_of
from lossreport.compare.coincidence import Coincidence
from lossreport.compare.comparison import Compared, Comparison, Entry, group_values
from lossreport.compare.difference import LEAST
from lossreport.compare.naming import name_of, reference_of
from lossreport.knowledge.provenance import SEED
from lossreport.model.analysis import State
from lossreport.model.report import (
    Column,
    Prose,
    Row,
    Section,
    Table,
)
from lossreport.model.run import FactValue, shown_x
from lossreport.model.states import STATES
from lossreport.text import Join, Phrase, Text, Value, number, percent
from lossreport.words import AXES

MOST_COLUMNS: Final = 8
GIVEN = Text(zh="{title}", en="{title}")
RUNS_TITLE = Text(zh="参与对比的训练", en="The runs compared")
RUN, ORIGIN, STATE, SEED_COLUMN = (
    Text(zh="训练", en="run"),
    Text(zh="来自", en="from"),
    Text(zh="判断", en="verdict"),
    Text(zh="种子", en="seed"),
)
METRIC_CAPTION = Text(
    zh="`{metric}`（{axis}，{count} 次训练）", en="`{metric}` ({axis}, {count} runs)"
)
LEVEL, LAST, BEST = (
    Text(zh="末段水平", en="level at the end"),
    Text(zh="共同终点的值", en="value at the common end"),
    Text(zh="最佳值", en="best value"),
)
GAP, INTERVAL, CALL = (
    Text(zh="与基准之差", en="difference"),
    Text(zh="90% 区间", en="90% interval"),
    Text(zh="说明", en="in words"),
)
PLACED = Text(zh="{value}（{axis} {x}，{place}）", en="{value} ({axis} {x}, {place})")
PLUS_MINUS = Text(zh="{value}（标准误 {error}）", en="{value} (standard error {error})")
FROM_TO = Text(zh="{low} 到 {high}", en="{low} to {high}")
CALLS: Final = {
    "lower": Text(zh="更低", en="lower"),
    "higher": Text(zh="更高", en="higher"),
    "leaning": Text(zh="不足以认定", en="too little to call"),
    "inside": Text(zh="在噪声之内", en="inside the noise"),
    "unknown": Text(zh="噪声未知", en="noise not known"),
}
CALLS_ONCE: Final = {
    "lower": Text(zh="更低，但各只一次", en="lower, one run each"),
    "higher": Text(zh="更高，但各只一次", en="higher, one run each"),
}
"""Without seeds: by more than the noise of rows, and how far another seed would move a run is not
known.
"""
REFERENCE = Text(zh="基准", en="reference")
SAME = Text(zh="与基准是同一份记录", en="the same record as the reference")
CONFIG_TITLE = Text(zh="设置有何不同", en="Settings that differ")
CONFIG_CAPTION = Text(zh="各次训练取值不同的设置", en="Settings that are not the same in all runs")
NO_DIFFERENCE = Text(zh="日志记录的设置没有不同。", en="No setting that the logs record differs.")
SETTING = Text(zh="设置", en="setting")
NOT_SAID = Text(zh="未记录", en="not recorded")
SPIKES_TITLE = Text(zh="同一位置的异常", en="The same place in several runs")
SPIKES = Text(
    zh="`{metric}` 在 {axis} {x} 处，{runs} 都有异常行（{places}）。随机巧合的概率为 "
    "{chance}：更像是它们共有的原因，例如相同的数据顺序，或按计划发生的变化。{seeds}",
    en="`{metric}` has extraordinary rows at {axis} {x} in {runs} ({places}). Chance alone "
    "would give a common place with a probability of {chance}: it rather is something they "
    "share, the order of the data or a planned change. {seeds}",
)
OTHER_SEEDS = Text(
    zh="但它们的种子不同：若种子也决定数据顺序，就不是数据顺序。",
    en="Their seeds differ, though: if the seed sets the order of the data, it is not that.",
)
PLACE = Text(zh="{run}：{kind}，{place}", en="{run}: {kind}, {place}")
METHOD_TITLE = Text(zh="如何比较", en="How they were compared")
METHOD = Text(
    zh="末段水平是共同一段最后十分之一（至少 3 行）的均值；噪声取自这一段的后一半："
    "去掉平滑走势后的残差，离群行截到稳健标准差的 4 倍，并计入相邻行的自相关；不足 20 "
    "行时用二阶差分，并假定各行的噪声互相独立。显示 90% 区间；99% 区间不含 0 才说有高低，"
    "因为一份报告要比较许多对。少于 {least} 行时不作判断。",
    en="A level is the mean of the last tenth of the common stretch (at least 3 rows). Its "
    "noise is that of the last half: what a smooth course leaves, outliers cut at 4 robust "
    "deviations, the autocorrelation of rows counted in; below 20 rows it comes from "
    "second differences, and the noise of rows is taken to be independent. The 90% "
    "interval is shown; a run is called lower or higher only where the 99% interval "
    "leaves out 0, because a report compares many pairs. Below {least} rows nothing is "
    "said.",
)
NOT_COMPARED = Text(
    zh="有共同指标但没有共同一段、或统计口径不同的指标不作比较。",
    en="Metrics without a common stretch, or of different statistics, are not compared.",
)


def runs_table(comparison: Comparison) -> Table:
    """Return the runs with where they are from, the verdict on each and its seed."""
    columns = tuple(Column(title=title) for title in (RUN, ORIGIN, STATE, SEED_COLUMN))
    rows = []
    for member in comparison.members:
        state = member.states.get("", "")
        seed = next((value for name, value in member.facts.items() if SEED.fullmatch(name)), None)
        tone = STATES[State(state)].shade if state else None
        cells: tuple[Value, ...] = (
            member.label,
            member.origin,
            STATES[State(state)].name if state else NOT_SAID,
            fact_value(seed),
        )
        rows.append(Row(cells=cells, tone=tone if tone not in ("good", "info") else None))
    return Table(caption=RUNS_TITLE(), columns=columns, rows=tuple(rows))


def metric_table(compared: Compared, *, folded: bool) -> Table:
    """Return one metric of all runs, a run or a group of seeds a row."""
    heads = (RUN, LEVEL, LAST, BEST, GAP, INTERVAL, CALL)
    columns = tuple(
        Column(title=title, align="right" if title is GAP else "left") for title in heads
    )
    metric = compared.metric
    rows = tuple(_row(compared, entry) for entry in compared.entries)
    return Table(
        caption=METRIC_CAPTION(
            metric=metric.name, axis=AXES[metric.axis], count=len(metric.tracks)
        ),
        columns=columns,
        rows=rows,
        folded=folded,
    )


def _row(compared: Compared, entry: Entry) -> Row:
    unit, gap = entry.track.series.unit, entry.difference
    level: Value = ""
    if entry.level is not None:
        level = number(entry.level.value, unit)
        if entry.level.error is not None:
            level = PLUS_MINUS(value=level, error=number(entry.level.error, digits=2))
    interval: Value = ""
    if gap is not None and gap.low is not None and gap.high is not None:
        interval = FROM_TO(low=number(gap.low, digits=3), high=number(gap.high, digits=3))
    return Row(
        cells=(
            name_of(entry),
            level,
            _of_group(compared, entry, best=False),
            _of_group(compared, entry, best=True),
            "" if gap is None else number(gap.value, digits=3),
            interval,
            _call(compared, entry),
        )
    )


def _call(compared: Compared, entry: Entry) -> Value:
    if entry.silent:
        return STATES[State(entry.silent)].name
    if entry.copy_of:
        return SAME
    if (gap := entry.difference) is not None:
        return CALLS[gap.call] if gap.certain else CALLS_ONCE.get(gap.call, CALLS[gap.call])
    return REFERENCE if entry is reference_of(compared) else ""


MEAN_OF = Text(
    zh="平均 {mean}（{count} 次：{low} 到 {high}）",
    en="mean {mean} ({count} runs: {low} to {high})",
)


def _of_group(compared: Compared, entry: Entry, *, best: bool) -> Value:
    """Return the last or best value of a run with its place; of a group the mean of those of its
    runs, and how far they lie apart.
    """
    if len(entry.levels) < 2:
        return _placed(compared, entry, entry.best if best else entry.last)
    values, unit = group_values(compared, entry)[1 if best else 0], entry.track.series.unit
    if not values:
        return ""
    mean = number(sum(values) / len(values), unit)
    return MEAN_OF(
        mean=mean, count=len(values), low=number(min(values), unit), high=number(max(values), unit)
    )


def _placed(compared: Compared, entry: Entry, row: int | None) -> Value:
    if row is None:
        return ""
    track = entry.track
    value = number(float(track.series.y[row]), track.series.unit)
    place = f"{track.series.path}:{int(track.series.line[row])}"
    return PLACED(
        value=value, axis=AXES[compared.metric.axis], x=shown_x(float(track.x[row])), place=place
    )


def settings_section(comparison: Comparison) -> Section:
    """Return the settings that are not the same in all runs."""
    facts, members = comparison.facts, comparison.members
    if not facts:
        return Section(id="config", title=CONFIG_TITLE, blocks=(Prose(text=NO_DIFFERENCE()),))
    if len(members) <= MOST_COLUMNS:
        columns = (
            Column(title=SETTING),
            *(Column(title=GIVEN(title=member.label)) for member in members),
        )
        rows = tuple(Row(cells=(name, *map(fact_value, values))) for name, values in facts.items())
        return Section(
            id="config",
            title=CONFIG_TITLE,
            blocks=(Table(caption=CONFIG_CAPTION(), columns=columns, rows=rows),),
        )
    blocks = []
    names = list(facts)
    for first in range(0, len(names), MOST_COLUMNS):
        part = names[first : first + MOST_COLUMNS]
        columns = (Column(title=RUN), *(Column(title=GIVEN(title=name)) for name in part))
        rows = tuple(
            Row(cells=(member.label, *(fact_value(facts[name][i]) for name in part)))
            for i, member in enumerate(members)
        )
        blocks.append(Table(caption=CONFIG_CAPTION(), columns=columns, rows=rows, folded=first > 0))
    return Section(id="config", title=CONFIG_TITLE, blocks=tuple(blocks))


def fact_value(value: FactValue) -> Value:
    """Return the value of a setting as it is shown."""
    if value is None:
        return NOT_SAID
    return (
        Join(items=tuple(fact_value(item) for item in value)) if isinstance(value, tuple) else value
    )


def coincidences_section(comparison: Comparison) -> Section | None:
    """Return the places that are extraordinary in several runs; None without."""
    if not comparison.coincidences:
        return None
    return Section(
        id="spikes",
        title=SPIKES_TITLE,
        blocks=tuple(Prose(text=_spike(one)) for one in comparison.coincidences),
    )


def _spike(one: Coincidence) -> Phrase:
    members = list(dict.fromkeys(member for member, _ in one.flags))
    seeds = [
        tuple(value for name, value in member.facts.items() if SEED.fullmatch(name))
        for member in members
    ]
    differ = all(seeds) and len(set(seeds)) > 1
    places = tuple(
        PLACE(run=member.id, kind=title_of(flag.kind, {}) or flag.kind, place=flag.place)
        for member, flag in one.flags
    )
    return SPIKES(
        metric=one.metric,
        axis=AXES[one.axis],
        x=shown_x(one.x),
        runs=Join(items=tuple(member.label for member in members)),
        places=Join(items=places),
        chance=percent(one.chance),
        seeds=OTHER_SEEDS() if differ else "",
    )


def method_section(_: Comparison) -> Section:
    """Return how runs are compared."""
    return Section(
        id="method",
        title=METHOD_TITLE,
        blocks=(Prose(text=METHOD(least=LEAST)), Prose(text=NOT_COMPARED())),
    )
