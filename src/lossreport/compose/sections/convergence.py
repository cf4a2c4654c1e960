"""Has it converged: the trend of every loss with its interval, the verdict, and the criteria it was
judged by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from lossreport.analysis.trend import FLAT
from lossreport.compose.charting import line_chart, tail_chart
from lossreport.compose.goal_figure import main_series, pictured
from lossreport.compose.phases import phases
from lossreport.compose.section import SectionWriter, Story
from lossreport.compose.sections.answer import top_findings
from lossreport.model.analysis import Verdict
from lossreport.model.report import Block, Column, Prose, Row, Section, Table, Tone
from lossreport.model.run import Series, is_epoch_level, shown_x
from lossreport.model.states import STATES
from lossreport.text import Phrase, Text, Value, change, percent
from lossreport.words import AXES, CONFIDENCES

MAX_CHARTS: Final = 3
"""Of the six full charts of a report, these show the curves."""
MAX_VERDICTS: Final = 200
"""Rows of the table of verdicts; the losses that decide stand first, and the JSON has all."""
FOLDED_FROM: Final = 24

DEAVERAGE: Final = "deaverage"
"""How a series was derived whose rows are local means; joined and epoch-end series hold the values
as printed.
"""

TITLE = Text(zh="收敛判断", en="Convergence")
MIND = Text(zh="怎样可以得到更明确的结论：{what}", en="What would settle this: {what}")
CAPTION = Text(zh="逐个 loss 的趋势与判断", en="Trend and verdict of each loss")
METRIC, SOURCE = Text(zh="loss", en="loss"), Text(zh="来源", en="source")
VERDICT, TAIL = (
    Text(zh="判断", en="verdict"),
    Text(zh="末段变化（90% 区间）", en="change over the tail (90% interval)"),
)
ROWS, SURE = Text(zh="末段", en="tail"), Text(zh="置信度", en="confidence")
NAME = Text(zh="`{metric}`", en="`{metric}`")
CHANGE = Text(zh="{gain}（{low} 到 {high}）", en="{gain} ({low} to {high})")
CHANGE_BY_SHAPE = Text(
    zh="{gain}（{low} 到 {high}，按整条曲线的形状）",
    en="{gain} ({low} to {high}, by the shape of the curve)",
)
SPAN = Text(zh="{rows} 行，{axis} {first} 到 {last}", en="{rows} rows, {axis} {first} to {last}")
NOT_GIVEN = Text(zh="不适用", en="not applicable")
DERIVED = Text(
    zh="{path}（由累计均值反算的局部均值）",
    en="{path} (local means recovered from the running mean)",
)
CRITERIA = Text(
    zh=(
        "**判断标准**：末段 = 最后 25% 的行，取 Theil-Sen 斜率，90% 区间按残差的自相关加宽。"
        "整个区间在 ±{within} 以内、估计值不到 {half} 算走平；整个区间在改善一侧算仍在改善；"
        "估计改善超过 1% 且区间另一端变差不到 1%，或最后一半的行整个区间改善超过 2%，也算，"
        "置信度为中。末段分不清、且看不出学习率在变时，看整条曲线（指数或幂律下降）允许的范围，"
        "并注明。绝对变化（例如“连续几个 epoch 变化小于 0.01”）随单位、噪声、平滑和打印间隔而变，"
        "不能用来判断收敛。"
    ),
    en=(
        "**Criteria**: the tail is the last 25% of the rows, its slope Theil-Sen, with a 90% "
        "interval widened for autocorrelation. Flat: the whole interval within ±{within} and the "
        "estimate below {half}. Improving: the whole interval on the improving side; with medium "
        "confidence also an estimate above 1% whose other end worsens by less than 1%, or a "
        "whole interval above 2% over the last half of the rows. Where the tail cannot decide "
        "and nothing indicates a changing learning rate, the range that the whole curve (an "
        "exponential or a power law) allows decides, and the report says so. An absolute rule "
        "(below 0.01 for several epochs) is not reliable: it depends on unit, noise, smoothing "
        "and print interval."
    ),
)
SCHEDULE = Text(
    zh="学习率 `{metric}`（{path}）的形状：{schedule}。",
    en="Shape of the learning rate `{metric}` ({path}): {schedule}.",
)
SCHEDULES: Final = {
    "constant": Text(zh="恒定", en="constant"),
    "warmup_constant": Text(zh="warmup 后恒定", en="warm-up, then constant"),
    "cosine": Text(zh="余弦退火", en="cosine decay"),
    "warmup_cosine": Text(zh="warmup 加余弦退火", en="warm-up and cosine decay"),
    "linear": Text(zh="线性下降", en="linear decay"),
    "warmup_linear": Text(zh="warmup 加线性下降", en="warm-up and linear decay"),
    "step": Text(zh="阶梯下降", en="steps"),
    "exponential": Text(zh="指数下降", en="exponential decay"),
    "inverse_sqrt": Text(zh="平方根倒数下降", en="inverse square root decay"),
    "wsd": Text(zh="warmup-稳定-下降（WSD）", en="warm-up, stable, decay (WSD)"),
    "cosine_restarts": Text(zh="带重启的余弦", en="cosine with restarts"),
    "onecycle": Text(zh="one-cycle", en="one-cycle"),
    "unknown": Text(zh="不属于任何常见的调度", en="none of the usual schedules"),
}
TONES: Final[dict[str, Tone]] = {
    "broken": "critical",
    "diverging": "critical",
    "mixed": "high",
    "unstable": "high",
    "overfitting": "medium",
    "plateau_high": "medium",
}


def write(story: Story) -> Section | None:
    """Write the course in phases, the table of verdicts and the curves, behind a fold the sentences
    and the criteria.
    """
    if not story.verdicts:
        return None
    ordered = sorted(
        story.verdicts, key=lambda verdict: story.series(verdict.series[0]) not in story.main
    )
    blocks: list[Block] = [_table(story, ordered)]
    main = main_series(story, top_findings(story))
    half = tail_chart(story, main) if main is not None else None
    blocks += [half] if half is not None else []
    blocks += [line_chart(story, series, other=other) for series, other in pairs(story)]
    blocks = [*(Prose(text=sentence) for sentence in phases(story)), *blocks]
    if story.verdict.change_mind is not None:
        blocks.insert(0, Prose(text=MIND(what=story.verdict.change_mind)))
    opened = len(blocks)
    told = {series.id for series in story.main}
    blocks += [Prose(text=verdict.text) for verdict in ordered if verdict.series[0] in told][:8]
    blocks += _schedules(story)
    blocks += _forecasts(story)
    within = story.run.guidance.in_force(FLAT)
    blocks.append(Prose(text=CRITERIA(within=percent(within), half=percent(within / 2))))
    return Section(id="convergence", title=TITLE, blocks=tuple(blocks), opened=opened)


def _table(story: Story, ordered: Sequence[Verdict]) -> Table:
    """Return the table of verdicts; a column that holds nothing, or one file all the way down, is
    left out.
    """
    rows = [_row(story, verdict) for verdict in ordered[:MAX_VERDICTS]]
    titles = (METRIC, SOURCE, VERDICT, TAIL, ROWS, SURE)
    judged = [story.series(verdict.series[0]) for verdict in ordered]
    is_plain = len({one.path for one in judged}) == 1 and not any(one.derived for one in judged)
    is_judged = any(verdict.trend is not None for verdict in ordered)
    kept = [
        n
        for n, title in enumerate(titles)
        if (title is not SOURCE or not is_plain) and (title not in (TAIL, ROWS) or is_judged)
    ]
    return Table(
        caption=CAPTION(),
        columns=tuple(Column(title=titles[n]) for n in kept),
        rows=tuple(replace(row, cells=tuple(row.cells[n] for n in kept)) for row in rows),
        folded=len(ordered) > FOLDED_FROM,
    )


def _schedules(story: Story) -> list[Block]:
    """Tell the class of the learning rates of this run, each class once."""
    ids = {series.id for series in story.run.series}
    named = {
        one.schedule: story.series(one.series[0])
        for one in reversed(story.analysis.lr_schedules)
        if one.series[0] in ids
    }
    said: list[Block] = [
        Prose(text=SCHEDULE(metric=series.name, path=series.path, schedule=SCHEDULES[name]))
        for name, series in named.items()
    ]
    return said[:2]


def _forecasts(story: Story) -> list[Block]:
    """Tell what more training would gain on the main losses, one a metric, or why nothing is
    said.
    """
    main = {series.id for series in story.main}
    told: dict[str, Phrase] = {}
    for forecast in sorted(story.analysis.forecasts, key=lambda one: not one.valid):
        if forecast.series[0] in main:
            told.setdefault(story.series(forecast.series[0]).name, forecast.text)
    return [Prose(text=text) for text in list(told.values())[:4]]


def pairs(story: Story) -> list[tuple[Series, Series | None]]:
    """Return the charts: training and validation of one metric together where they share the axis,
    else each alone.

    What the first picture shows already is left out.
    """
    drawn = curves(story)
    already = pictured(story, top_findings(story))
    made: list[tuple[Series, Series | None]] = []
    taken: set[str] = set()
    for series in drawn:
        if series.id in taken:
            continue
        partner = next(
            (
                s
                for s in drawn
                if (s.name, s.axis) == (series.name, series.axis) and s.split != series.split
            ),
            None,
        )
        taken |= {series.id, *((partner.id,) if partner is not None else ())}
        if not {series.id, *(() if partner is None else (partner.id,))} <= already:
            made.append((series, partner))
    return made[:MAX_CHARTS]


LEAST_DRAWN: Final = 2
"""A single row is told in the table; a picture of it shows nothing."""


def curves(story: Story) -> list[Series]:
    """Return the series to draw: the finest view of the main losses, one a metric and split."""
    chosen: dict[tuple[str, str], Series] = {}
    for series in story.main:
        if len(series) < LEAST_DRAWN:
            continue
        held = chosen.get((series.name, series.split))
        if held is None or (is_epoch_level(held) and not is_epoch_level(series)):
            chosen[series.name, series.split] = series
    return list(chosen.values())[: 2 * MAX_CHARTS]


def _row(story: Story, verdict: Verdict) -> Row:
    series = story.series(verdict.series[0])
    trend = verdict.trend
    gain: Value = NOT_GIVEN
    span: Value = ""
    if trend is not None:
        template = CHANGE if trend.basis == "tail" else CHANGE_BY_SHAPE
        gain = template(
            **dict(zip(("gain", "low", "high"), map(change, trend.change), strict=True))
        )
        span = SPAN(
            rows=trend.rows,
            axis=AXES[series.axis.value],
            first=shown_x(trend.first.x),
            last=shown_x(trend.last.x),
        )
    source: str | Phrase = (
        DERIVED(path=series.path)
        if series.derived and series.derived.how == DEAVERAGE
        else series.path
    )
    cells = (
        NAME(metric=story.name(series)),
        source,
        STATES[verdict.state].name,
        gain,
        span,
        CONFIDENCES[verdict.confidence],
    )
    return Row(cells=cells, tone=TONES.get(verdict.state.value))


SECTION = SectionWriter(id="convergence", order=40, write=write)
