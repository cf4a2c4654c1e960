"""Tells a comparison: blocks of the report and the numbers of its JSON. Nothing is called better; a
difference has its interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from lossreport import __version__
from lossreport.analysis.detector import title_of
from lossreport.compare.coincidence import Coincidence
from lossreport.compare.comparison import Compared, Comparison, Entry, group_values
from lossreport.compare.difference import CALLED, LEAST, SHOWN, Difference
from lossreport.compare.member import Member
from lossreport.compare.seeds import length
from lossreport.compose.charting import (
    LEAST_TAIL,
    SMOOTH_FROM,
    axis_scale,
    is_dwarfed,
    running_median,
)
from lossreport.knowledge.provenance import SEED, is_place
from lossreport.model.analysis import Analysis, State
from lossreport.model.report import (
    Block,
    Chart,
    Column,
    Curve,
    LineChart,
    Meta,
    Prose,
    Report,
    Row,
    Section,
    Table,
)
from lossreport.model.run import FactValue, Floats, Run, Series, shown_x
from lossreport.model.states import STATES
from lossreport.text import Join, Phrase, Quantity, Text, Value, number, percent
from lossreport.words import AXES

MOST_CURVES: Final = 6
OPEN_TABLES: Final = 4
"""Further metrics are folded."""
MOST_COLUMNS: Final = 8
MOST_SETTINGS: Final = 4

TITLE = Text(zh="训练对比：{names}", en="Comparison of runs: {names}")
GIVEN = Text(zh="{title}", en="{title}")
AND_MORE = Text(zh="{first} 等 {count} 次训练", en="{first} and {count} more")
ANSWER_TITLE = Text(zh="谁低谁高，能不能算数", en="What differs, and is it more than noise?")
ANSWER = Text(
    zh="以 {reference} 为基准，按 {axis} 对齐，只比较所有训练都有的一段：{axis} {start} 到 "
    "{end}；“水平”是 {since} 之后各行的均值。",
    en="Against {reference}, aligned by {axis} over the stretch that all runs have, {axis} "
    "{start} to {end}; a level is the mean of the rows from {since} on.",
)
LOWER = Text(
    zh="`{metric}`：{a}（{va}）比 {b}（{vb}）低 {gap}（90% 区间 {low} 到 {high}）。",
    en="`{metric}`: {a} ({va}) is lower than {b} ({vb}) by {gap} (90% interval {low} to {high}).",
)
HIGHER = Text(
    zh="`{metric}`：{a}（{va}）比 {b}（{vb}）高 {gap}（90% 区间 {low} 到 {high}）。",
    en="`{metric}`: {a} ({va}) is higher than {b} ({vb}) by {gap} (90% interval {low} to {high}).",
)
INSIDE = Text(
    zh="`{metric}`：{a} 的 {va} 与 {b} 的 {vb} 之差在噪声之内（差 {gap}，90% 区间 {low} 到 "
    "{high}）。",
    en="`{metric}`: {va} ({a}) against {vb} ({b}) is inside the noise (difference {gap}, 90% "
    "interval {low} to {high}).",
)
LEANING = Text(
    zh="`{metric}`：{a} 的 {va} 与 {b} 的 {vb} 之差为 {gap}（90% 区间 {low} 到 {high}）；99 "
    "% 区间仍包含 0，还不足以认定有差别。",
    en="`{metric}`: {va} ({a}) against {vb} ({b}) is a difference of {gap} (90% interval "
    "{low} to {high}); the 99% interval still holds 0, which is too little to say that "
    "one is lower.",
)
LOWER_ONCE = Text(
    zh="`{metric}`：{a}（{va}）比 {b}（{vb}）低 {gap}，大于逐行噪声（90% 区间 {low} 到 "
    "{high}）；但各只有一次训练，换个种子会差多少不得而知，不能归于设置。",
    en="`{metric}`: {a} ({va}) ends lower than {b} ({vb}) by {gap}, more than the noise of "
    "rows (90% interval {low} to {high}); with one run of each and no seeds to compare, "
    "one pair cannot tell a change from another seed.",
)
HIGHER_ONCE = Text(
    zh="`{metric}`：{a}（{va}）比 {b}（{vb}）高 {gap}，大于逐行噪声（90% 区间 {low} 到 "
    "{high}）；但各只有一次训练，换个种子会差多少不得而知，不能归于设置。",
    en="`{metric}`: {a} ({va}) ends higher than {b} ({vb}) by {gap}, more than the noise of "
    "rows (90% interval {low} to {high}); with one run of each and no seeds to compare, "
    "one pair cannot tell a change from another seed.",
)
THEY_DIFFER = Text(zh="两者的设置不同：{settings}。", en="Their settings differ: {settings}.")
SETTING_OF = Text(zh="{name}（{a} / {b}）", en="{name} ({a} / {b})")
LIKE = Text(zh="{first}{second}", en="{first} {second}")
ONE_SETTING = Text(
    zh="`{metric}`：{runs} 只差种子：末段水平平均 {mean}，种子之间的标准差 {sd}，从 {low} 到 "
    "{high}。",
    en="`{metric}`: {runs} differ in their seed alone: their levels at the end have a mean of "
    "{mean} and a standard deviation of {sd}, from {low} to {high}.",
)
NOT_EQUAL = Text(
    zh="{runs} 的设置只差种子，但长度不同（分别到 {ends}）：不当作同一设置的种子。",
    en="{runs} differ in their seed alone by their settings, but they are of different "
    "lengths (they end at {ends}): they are not taken for seeds of one setting.",
)
NOT_THERE = Text(
    zh="没有参与 `{metric}` 的对比：{runs}。",
    en="Not part of the comparison of `{metric}`: {runs}.",
)
OUT = Text(zh="{run}（{why}）", en="{run} ({why})")
NO_ROWS = Text(zh="没有可对齐的记录", en="it has no rows of it that can be aligned")
UNKNOWN = Text(
    zh="`{metric}`：{a} 为 {va}，{b} 为 {vb}；行数太少或各行过于平滑，噪声无从得知，"
    "不作高低的判断。",
    en="`{metric}`: {va} ({a}) and {vb} ({b}); with so few rows, or rows so smoothed, the "
    "noise is not known and nothing is said about which is lower.",
)
COPY = Text(
    zh="`{metric}`：{a} 与 {b} 在相同位置的值相同：是同一次训练的两份记录，不是两次训练。",
    en="`{metric}`: {a} and {b} hold the same values at the same places: two records of one "
    "run, not two runs.",
)
SILENT = Text(
    zh="`{metric}`：{a} 的判断是“{state}”，不拿它的数值作比较。",
    en="`{metric}`: the verdict on {a} is “{state}”; its values are not compared.",
)
NO_REFERENCE = Text(
    zh="`{metric}`：没有一次训练的数值可作基准（已损坏、混杂，或末段没有有限值）。",
    en="`{metric}`: no run can serve as the reference (broken, mixed, or no finite value at "
    "the end).",
)
ONLY_NOISE = Text(
    zh="区间只包含一次训练内部逐行的噪声；换一个种子可能变动更大。要认定一项改动有效，"
    "每种设置至少用 3 个种子各跑一次。",
    en="The intervals know the noise from row to row within a run only; another seed may move "
    "a run further. To credit a change, run each setting with at least 3 seeds.",
)
WITH_SEEDS = Text(
    zh="{groups} 内的训练只差种子：它们之间的离散程度已计入区间；"
    "只有一次的设置按同样的离散程度计。",
    en="The runs within {groups} differ in their seed alone: their spread is part of the "
    "intervals, and a setting with one run is taken to have the same spread.",
)
THINNED = Text(
    zh="{names} 取自只保留部分行的报告：噪声由留下的行估计。用日志文件夹对比会更准。",
    en="{names} come from reports that keep some of the rows only: the noise is estimated "
    "from those. Comparing the folders of logs is more exact.",
)
RUNS_TITLE = Text(zh="参与对比的训练", en="The runs compared")
RUN, ORIGIN, STATE, SEED_COLUMN = (
    Text(zh="训练", en="run"),
    Text(zh="来自", en="from"),
    Text(zh="判断", en="verdict"),
    Text(zh="种子", en="seed"),
)
METRICS_TITLE = Text(zh="逐项指标", en="Metric by metric")
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
CHART_TITLE = Text(zh="`{metric}`（横轴 {axis}）", en="`{metric}` over {axis}")
CHART_TELLS = Text(
    zh="横轴为 {axis}。{curves}。{means}{left}", en="Over {axis}. {curves}. {means} {left}"
)
LATE_TITLE = Text(zh="`{metric}`：从 {axis} {x} 起", en="`{metric}` from {axis} {x} on")
MEANS = Text(
    zh="同一设置的各个种子画成它们的平均，底色从其中最低的到最高的。",
    en="Seeds of one setting are drawn as their mean, shaded from the lowest to the highest "
    "of them.",
)
CURVE = Text(zh="{name} 从 {first} 到 {last}", en="{name} from {first} to {last}")
LEFT_OUT = Text(
    zh="另有 {count} 次训练没有画出，都没有认定为不同。",
    en="{count} more runs are not drawn; none of them is called different.",
)
LEFT_OUT_CALLED = Text(
    zh="另有 {count} 次训练没有画出；其中认定为不同的有：{runs}。",
    en="{count} more runs are not drawn; called different among them: {runs}.",
)
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


def report_of(comparison: Comparison, title: str | None = None) -> Report:
    """Return the report of a comparison."""
    sections = [
        _answer(comparison),
        _metrics(comparison),
        _config(comparison),
        _spikes(comparison),
        _method(comparison),
    ]
    kept: dict[str, list[Series]] = {member.id: [] for member in comparison.members}
    for compared in comparison.metrics:
        for track in compared.metric.tracks:
            kept[track.member.id].append(track.series)
    runs = tuple(_with_ids(member, kept[member.id]) for member in comparison.members)
    return Report(
        analysis=Analysis(runs=runs),
        meta=Meta(title=_title(comparison, title), version=__version__),
        sections=tuple(section for section in sections if section is not None),
        extra={"comparison": numbers(comparison)},
    )


def _with_ids(member: Member, kept: Sequence[Series]) -> Run:
    """Return a run of the series that were compared; those that were derived stand for themselves,
    their origin is not kept.
    """
    unique = list({id(series): series for series in kept}.values())
    return member.as_run(
        [
            replace(series, id=f"{member.id}-m{number}", derived=None)
            for number, series in enumerate(unique, 1)
        ]
    )


def _title(comparison: Comparison, title: str | None) -> Phrase:
    if title:
        return GIVEN(title=title)
    names = [member.name for member in comparison.members]
    if len(names) <= MOST_COLUMNS // 2:
        return TITLE(names=Join(items=tuple(names)))
    return TITLE(names=AND_MORE(first=names[0], count=len(names) - 1))


# ----------------------------------------------------------------------------------------- in words
def _answer(comparison: Comparison) -> Section:
    main = comparison.metrics[0]
    told = [*_sentences(main, comparison), *_absent(comparison, main), *_unequal(comparison)]
    blocks: list[Block] = [Prose(text=text) for text in told]
    several = [group for group in comparison.groups if len(group) > 1]
    if several:
        named = tuple(_called(group) for group in several)
        blocks.append(Prose(text=WITH_SEEDS(groups=Join(items=named))))
    else:
        blocks.append(Prose(text=ONLY_NOISE()))
    thinned = tuple(member.label for member in comparison.members if member.thinned)
    if thinned:
        blocks.append(Prose(text=THINNED(names=Join(items=thinned))))
    blocks += [list(_charts(main))[-1], _runs(comparison)]
    metric = main.metric
    axis = AXES[metric.axis]
    answer = ANSWER(
        reference=_name(_reference(main) or main.entries[0]),
        axis=axis,
        start=shown_x(metric.start),
        end=shown_x(metric.end),
        since=shown_x(main.since),
    )
    return Section(id="answer", title=ANSWER_TITLE, answer=answer, blocks=tuple(blocks))


def _reference(compared: Compared) -> Entry | None:
    return next(
        (entry for entry in compared.entries if not entry.silent and entry.level is not None), None
    )


def _name(entry: Entry) -> Value:
    """Return how a run is called; of a group the ids of its runs, whose names stand in the table of
    runs.
    """
    return _called([track.member for track in entry.tracks])


def _called(members: Sequence[Member]) -> str:
    return members[0].label if len(members) == 1 else " + ".join(member.id for member in members)


def _sentences(compared: Compared, comparison: Comparison) -> Iterator[Phrase]:
    """Yield one sentence for every run but the reference, with the settings that differ where the
    results do.
    """
    name, reference = compared.metric.name, _reference(compared)
    for entry in compared.entries:
        if entry.silent:
            yield SILENT(metric=name, a=_name(entry), state=STATES[State(entry.silent)].name)
        elif reference is not None and entry.copy_of:
            yield COPY(metric=name, a=_name(entry), b=_name(reference))
        elif reference is not None and entry.difference is not None:
            said = _sentence(compared, entry, reference)
            beside = (
                _beside(comparison, entry, reference)
                if entry.difference.call not in ("inside", "unknown")
                else None
            )
            yield said if beside is None else LIKE(first=said, second=beside)
    if reference is None:
        yield NO_REFERENCE(metric=name)
    elif len(compared.entries) == 1 and len(reference.levels) > 1:
        yield _one_setting(compared, reference)


def _one_setting(compared: Compared, entry: Entry) -> Phrase:
    """Return what seeds of one setting tell: how far they lie apart."""
    values, unit = np.array([one.value for one in entry.levels]), entry.track.series.unit
    return ONE_SETTING(
        metric=compared.metric.name,
        runs=_name(entry),
        mean=number(float(values.mean()), unit),
        sd=number(float(values.std(ddof=1)), digits=2),
        low=number(float(values.min()), unit),
        high=number(float(values.max()), unit),
    )


def _absent(comparison: Comparison, compared: Compared) -> Iterator[Phrase]:
    """Yield which runs are not part of the comparison of a metric, and why."""
    there = {track.member.id for track in compared.metric.tracks}
    out = [
        OUT(run=member.label, why=NO_ROWS)
        for member in comparison.members
        if member.id not in there
    ]
    out += [
        OUT(run=t.member.label, why=STATES[State(t.silent)].name)
        for entry in compared.entries
        for t in entry.left_out
    ]
    if out:
        yield NOT_THERE(metric=compared.metric.name, runs=Join(items=tuple(out)))


def _unequal(comparison: Comparison) -> Iterator[Phrase]:
    for group in comparison.unequal:
        ends = Join(items=tuple(number(length(member)) for member in group))
        yield NOT_EQUAL(runs=Join(items=tuple(member.label for member in group)), ends=ends)


def _beside(comparison: Comparison, entry: Entry, reference: Entry) -> Phrase | None:
    """Return the settings that differ between two groups, to stand beside results that differ; None
    where none is recorded.
    """
    a, b = entry.track.member.facts, reference.track.member.facts
    names = [
        name
        for name in comparison.facts
        if a.get(name) != b.get(name) and not (SEED.fullmatch(name) or is_place(name))
    ]
    if not names:
        return None
    shown = tuple(
        SETTING_OF(name=name, a=_fact(a.get(name)), b=_fact(b.get(name)))
        for name in names[:MOST_SETTINGS]
    )
    return THEY_DIFFER(settings=Join(items=shown))


def _sentence(compared: Compared, entry: Entry, reference: Entry) -> Phrase:
    found, unit = entry.difference, entry.track.series.unit
    assert found is not None and entry.level is not None and reference.level is not None  # noqa: PT018
    values: dict[str, Value] = {
        "metric": compared.metric.name,
        "a": _name(entry),
        "b": _name(reference),
        "va": number(entry.level.value, unit),
        "vb": number(reference.level.value, unit),
    }
    if found.low is None or found.high is None:
        return UNKNOWN(**values)
    low, high = found.low, found.high
    match found.call:
        case "lower":
            text = LOWER if found.certain else LOWER_ONCE
            return text(
                **values,
                gap=number(-found.value, digits=3),
                low=number(-high, digits=3),
                high=number(-low, digits=3),
            )
        case "higher":
            text = HIGHER if found.certain else HIGHER_ONCE
        case "leaning":
            text = LEANING
        case _:
            text = INSIDE
    return text(
        **values,
        gap=number(found.value, digits=3),
        low=number(low, digits=3),
        high=number(high, digits=3),
    )


# --------------------------------------------------------------------------------- tables and chart
def _runs(comparison: Comparison) -> Table:
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
            _fact(seed),
        )
        rows.append(Row(cells=cells, tone=tone if tone not in ("good", "info") else None))
    return Table(caption=RUNS_TITLE(), columns=columns, rows=tuple(rows))


def _metrics(comparison: Comparison) -> Section:
    blocks: list[Block] = []
    for index, compared in enumerate(comparison.metrics):
        blocks.append(_table(compared, folded=index >= OPEN_TABLES))
        blocks += list(_charts(compared))[:-1] if index == 0 else []
        if 0 < index < OPEN_TABLES:
            blocks += [Prose(text=text) for text in _sentences(compared, comparison)]
    return Section(id="metrics", title=METRICS_TITLE, blocks=tuple(blocks))


def _table(compared: Compared, *, folded: bool) -> Table:
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
            _name(entry),
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
    return REFERENCE if entry is _reference(compared) else ""


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


def _charts(compared: Compared) -> Iterator[Chart]:
    """Draw the reference and the groups that differ first, a group as its mean; then the last half
    by itself, where the start hides it.

    The last of them shows most: it stands beside the answer.
    """
    metric = compared.metric
    ordered = sorted(compared.entries, key=lambda entry: _distance(compared, entry))
    drawn, left = ordered[:MOST_CURVES], ordered[MOST_CURVES:]
    curves = [_mean_curve(entry) for entry in drawn]
    axis = AXES[metric.axis]
    title = CHART_TITLE(metric=metric.name, axis=axis)
    yield _chart(compared, "chart-compared", title, curves, _not_drawn(compared, left))
    half = _rounded((metric.start + metric.end) / 2)
    late = [_within(curve, half, metric.end) for curve in curves]
    if all(len(curve.x) >= LEAST_TAIL for curve in late) and is_dwarfed(_all(curves), _all(late)):
        yield _chart(
            compared,
            "chart-compared-late",
            LATE_TITLE(metric=metric.name, axis=axis, x=shown_x(half)),
            late,
            _not_drawn(compared, left),
        )


def _rounded(x: float) -> float:
    """Return a place as a whole number where that is a step and no epoch of few."""
    return float(int(x)) if abs(x) >= WHOLE_FROM else x


WHOLE_FROM: Final = 20


def _chart(
    compared: Compared, name: str, title: Phrase, curves: Sequence[Curve], left: Value
) -> Chart:
    scale, linthresh = axis_scale([curve.y for curve in curves])
    axis = compared.metric.axis
    unit = compared.entries[0].track.series.unit
    spec = LineChart(
        id=name, curves=tuple(curves), scale=scale, linthresh=linthresh, unit=unit, x_title=axis
    )
    means: Value = MEANS if any(curve.band is not None for curve in curves) else ""
    told = CHART_TELLS(
        axis=AXES[axis], curves=Join(items=tuple(map(_curve, curves))), means=means, left=left
    )
    return Chart(title=title, alternative=told, spec=spec)


def _not_drawn(compared: Compared, left: Sequence[Entry]) -> Value:
    """Return how many runs are not drawn, and which of them are called different from the
    reference.
    """
    if not left:
        return ""
    called = tuple(
        _name(entry)
        for entry in left
        if entry.difference is not None and entry.difference.call in ("lower", "higher")
    )
    count = sum(len(entry.tracks) for entry in left)
    return (
        LEFT_OUT_CALLED(count=count, runs=Join(items=called)) if called else LEFT_OUT(count=count)
    )


def _within(curve: Curve, first: float, last: float) -> Curve:
    """Return the rows of a curve between two places."""
    keep = (curve.x >= first) & (curve.x <= last)
    smooth = None if curve.smooth is None else curve.smooth[keep]
    band = None if curve.band is None else (curve.band[0][keep], curve.band[1][keep])
    return replace(curve, x=curve.x[keep], y=curve.y[keep], smooth=smooth, band=band)


def _all(curves: Sequence[Curve]) -> Floats:
    return np.concatenate([curve.y[np.isfinite(curve.y)] for curve in curves])


CALLED_FIRST: Final = ("lower", "higher", "leaning")


def _distance(compared: Compared, entry: Entry) -> tuple[int, int, float]:
    """Return the place of an entry in the chart: the reference, what is called different, the rest;
    the farthest first.
    """
    if entry is _reference(compared):
        return 0, 0, 0.0
    gap = entry.difference
    if gap is None:
        return 1, len(CALLED_FIRST), 0.0
    return (
        1,
        CALLED_FIRST.index(gap.call) if gap.call in CALLED_FIRST else len(CALLED_FIRST),
        -abs(gap.value),
    )


def _mean_curve(entry: Entry) -> Curve:
    """Return the curve of a run; of a group the mean of its runs over the stretch and the places of
    the first, with the lowest and highest of them.
    """
    tracks = [track for track in entry.tracks if not track.silent] or list(entry.tracks)
    x, y = tracks[0].x, tracks[0].series.y
    if len(tracks) == 1:
        return Curve(name=tracks[0].member.label, x=x, y=y, smooth=_smoothed(y))
    x = x[(x >= max(float(t.x[0]) for t in tracks)) & (x <= min(float(t.x[-1]) for t in tracks))]
    each = np.array([np.interp(x, t.x, t.series.y) for t in tracks])
    calm = np.array([one if (smooth := _smoothed(one)) is None else smooth for one in each])
    name = " + ".join(track.member.id for track in tracks)
    mean = each.mean(axis=0)
    return Curve(
        name=name, x=x, y=mean, smooth=_smoothed(mean), band=(calm.min(axis=0), calm.max(axis=0))
    )


def _smoothed(y: Floats) -> Floats | None:
    return running_median(y) if len(y) >= SMOOTH_FROM else None


def _curve(curve: Curve) -> Phrase:
    finite = curve.y[np.isfinite(curve.y)]
    if not len(finite):
        return CURVE(name=curve.name, first="NaN", last="NaN")
    return CURVE(
        name=curve.name,
        first=Quantity(value=float(finite[0])),
        last=Quantity(value=float(finite[-1])),
    )


def _config(comparison: Comparison) -> Section:
    facts, members = comparison.facts, comparison.members
    if not facts:
        return Section(id="config", title=CONFIG_TITLE, blocks=(Prose(text=NO_DIFFERENCE()),))
    if len(members) <= MOST_COLUMNS:
        columns = (
            Column(title=SETTING),
            *(Column(title=GIVEN(title=member.label)) for member in members),
        )
        rows = tuple(Row(cells=(name, *map(_fact, values))) for name, values in facts.items())
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
            Row(cells=(member.label, *(_fact(facts[name][i]) for name in part)))
            for i, member in enumerate(members)
        )
        blocks.append(Table(caption=CONFIG_CAPTION(), columns=columns, rows=rows, folded=first > 0))
    return Section(id="config", title=CONFIG_TITLE, blocks=tuple(blocks))


def _fact(value: FactValue) -> Value:
    if value is None:
        return NOT_SAID
    return Join(items=tuple(_fact(item) for item in value)) if isinstance(value, tuple) else value


def _spikes(comparison: Comparison) -> Section | None:
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


def _method(_: Comparison) -> Section:
    return Section(
        id="method",
        title=METHOD_TITLE,
        blocks=(Prose(text=METHOD(least=LEAST)), Prose(text=NOT_COMPARED())),
    )


# --------------------------------------------------------------------------------------------- JSON
def numbers(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as the JSON has it: all numbers of the report, no words."""
    return {
        "runs": [
            {
                "id": m.id,
                "name": m.name,
                "from": m.origin,
                "state": m.states.get("", ""),
                "thinned": m.thinned,
            }
            for m in comparison.members
        ],
        "unequal": [[member.id for member in group] for group in comparison.unequal],
        "groups": [[member.id for member in group] for group in comparison.groups],
        "interval": SHOWN,
        "called_at": CALLED,
        "metrics": [_numbers(compared) for compared in comparison.metrics],
        "settings": {
            name: [list(v) if isinstance(v, tuple) else v for v in values]
            for name, values in comparison.facts.items()
        },
        "coincidences": [
            {
                "metric": c.metric,
                "axis": c.axis,
                "x": c.x,
                "chance": c.chance,
                "rows": [{"run": m.id, "place": f.place} for m, f in c.flags],
            }
            for c in comparison.coincidences
        ],
    }


def _numbers(compared: Compared) -> dict[str, Any]:
    metric = compared.metric
    return {
        "metric": metric.name,
        "axis": metric.axis,
        "statistic": metric.statistic.value,
        "start": metric.start,
        "end": metric.end,
        "level_from": compared.since,
        "seed_spread": None
        if compared.spread is None
        else {"sd": compared.spread.sd, "freedom": compared.spread.freedom},
        "entries": [_entry(entry) for entry in compared.entries],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    gap, level = entry.difference, entry.level
    return {
        "runs": [track.member.id for track in entry.tracks],
        "silent": entry.silent,
        "copy_of": entry.copy_of,
        "level": None if level is None else level.value,
        "error": None if level is None else level.error,
        "last": None if entry.last is None else float(entry.track.series.y[entry.last]),
        "best": None if entry.best is None else float(entry.track.series.y[entry.best]),
        "difference": None if gap is None else _difference(gap),
    }


def _difference(gap: Difference) -> dict[str, Any]:
    """Return a difference; `certain` is false for every call that one pair of runs alone bears."""
    return {
        "value": gap.value,
        "low": gap.low,
        "high": gap.high,
        "call": gap.call,
        "certain": gap.certain,
        "knows": gap.knows,
    }
