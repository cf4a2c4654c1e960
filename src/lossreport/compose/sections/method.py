"""How this report was made: version, methods, the facts it used with their origin, and what failed
on our side.
"""

from __future__ import annotations

from typing import Final

from lossreport import __version__
from lossreport.analysis.detector import thresholds
from lossreport.compose.section import SectionWriter, Story
from lossreport.curves.excursion import K_LONG, K_SHORT, MIRROR
from lossreport.model.report import Block, Callout, Column, Prose, Row, Section, Table
from lossreport.model.run import USER
from lossreport.text import Join, Text, Value, show_number

MAX_FACTS: Final = 200

TITLE = Text(zh="这份报告是怎么生成的", en="How this report was made")
VERSION = Text(
    zh="由 lossreport {version} 自动生成：读取日志 → 分析 → 组织 → 渲染。"
    "相同的输入和版本得到逐字节相同的报告；每条发现都列出所依据的文件和行号，"
    "算出来的数都由这些行得到。",
    en="Written by lossreport {version}: read, analyse, compose, render. The same input and "
    "version give the same bytes; every finding names the file and lines it rests on, and "
    "computed numbers follow from those lines.",
)
METHODS = Text(
    zh="尖峰：双侧中位数对比（log 空间，不足 30 行时阈值 {short} 倍稳健标准差，60 行起 {long} "
    "倍，且向上偏离要超过噪声向下偏离的 {mirror} 倍）。混杂：最宽间隙 / 直方图谷底 + "
    "Ashman's D + 交替次数。来源对比：逐 epoch 取比值。反算局部均值：(g_i·c_i − "
    "g_j·c_j)/(c_i − c_j)。",
    en="Spikes: two-sided median contrast in log space ({short} robust standard deviations "
    "below 30 rows, {long} from 60 on, and above {mirror} times the downward reach of the "
    "noise). Mixtures: widest gap or valley of the histogram, Ashman's D, number of "
    "alternations. Sources: their ratio epoch by epoch. Local means from running means: "
    "(g_i·c_i − g_j·c_j)/(c_i − c_j).",
)
FACTS = Text(zh="用到的事实与出处", en="Facts and their sources")
NAME, VALUE, FROM = (
    Text(zh="名称", en="name"),
    Text(zh="值", en="value"),
    Text(zh="出处", en="from"),
)
GIVEN = Text(zh="用户给定", en="given by the user")
GIVEN_IN = Text(zh="用户给定（{place}）", en="given by the user ({place})")
THRESHOLD = Text(zh="阈值：{meaning}", en="threshold: {meaning}")
FAILED = Text(
    zh="有检查没能跑完（这是 lossreport 的缺陷）", en="Some checks failed (a bug in lossreport)"
)
FAILURE = Text(zh="`{unit}`：{error}", en="`{unit}`: {error}")
CODE = Text(zh="`{name}`", en="`{name}`")


def write(story: Story) -> Section:
    """Write version, methods, the table of facts, and failures of units."""
    blocks: list[Block] = [
        Prose(text=VERSION(version=__version__)),
        Prose(text=METHODS(short=K_SHORT, long=K_LONG, mirror=MIRROR)),
    ]
    if story.analysis.failures:
        body = tuple(
            FAILURE(unit=failure.unit, error=failure.error) for failure in story.analysis.failures
        )
        blocks.insert(0, Callout(tone="critical", title=FAILED(), body=body))
    rows = _facts(story)
    guidance = story.run.guidance
    for name, value in guidance.thresholds.items():
        meaning = THRESHOLD(meaning=thresholds()[name].meaning)
        rows.append(
            Row(
                cells=(
                    meaning,
                    show_number(value),
                    _given(guidance.origins.get(f"threshold.{name}", "")),
                )
            )
        )
    if rows:
        columns = (Column(title=NAME), Column(title=VALUE), Column(title=FROM))
        blocks.append(Table(caption=FACTS(), columns=columns, rows=tuple(rows), folded=True))
    return Section(
        id="method", title=TITLE, blocks=tuple(blocks), opened=len(story.analysis.failures) and 1
    )


def _facts(story: Story) -> list[Row]:
    """Return one row for each value of a fact, with every place that gives it."""
    places: dict[tuple[str, str], list[Value]] = {}
    values: dict[tuple[str, str], Value] = {}
    for fact in story.run.facts:
        origin: Value = (
            _given(fact.origin)
            if fact.source == USER
            else f"{story.run.source(fact.source).path}:{fact.line}"
        )
        key = (fact.name, repr(fact.value))
        values[key] = _shown(fact.value)
        given = places.setdefault(key, [])
        given += [origin] if origin not in given else []
    rows = []
    for key in list(values)[:MAX_FACTS]:
        origins = tuple(places[key])
        rows.append(
            Row(
                cells=(
                    CODE(name=key[0]),
                    values[key],
                    origins[0] if len(origins) == 1 else Join(items=origins),
                )
            )
        )
    return rows


def _given(place: str) -> Value:
    return GIVEN_IN(place=place) if place else GIVEN


def _shown(value: object) -> Value:
    if isinstance(value, tuple):
        return Join(items=tuple(_shown(item) for item in value))
    if isinstance(value, int | float):
        return show_number(value)
    return str(value)


SECTION = SectionWriter(id="method", order=110, write=write)
