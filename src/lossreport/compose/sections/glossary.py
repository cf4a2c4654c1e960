"""The words of the report that not every reader knows, each in a sentence; only those that this
report uses.
"""

from __future__ import annotations

from lossreport.compose.section import SectionWriter, Story
from lossreport.model.report import Column, Row, Section, Table
from lossreport.model.run import Statistic
from lossreport.text import Text

TITLE = Text(zh="术语", en="Glossary")
CAPTION = Text(zh="本报告用到的术语", en="Terms used in this report")
TERM, MEANING = Text(zh="术语", en="term"), Text(zh="含义", en="meaning")

CHANCE = (
    Text(zh="随机猜测水平", en="chance level"),
    Text(
        zh="最简单的猜测能得到的值（例如在所有类别上均匀猜测，或总猜取值范围的中点）；"
        "它不是下限，也不是上限。",
        en="what the plainest guess would score (all classes alike, or always the middle of "
        "the range, for example); neither a minimum nor a maximum.",
    ),
)
NATS = (
    Text(zh="nats、困惑度", en="nats, perplexity"),
    Text(
        zh="交叉熵以自然对数计时的单位是 nat；困惑度 = e 的 loss 次方，"
        "相当于模型在多少个等可能选项之间犹豫。",
        en="the unit of a cross-entropy with natural logarithms; perplexity is e to the loss, "
        "the number of equally likely choices left.",
    ),
)
TREND = (
    Text(zh="末段变化与 90% 区间", en="change over the tail, 90% interval"),
    Text(
        zh="最后 25% 的行里按 Theil-Sen 斜率估计的相对变化；真实值有九成把握落在区间内。",
        en="the relative change over the last 25% of the rows by a Theil-Sen slope; nine "
        "times in ten the true value lies in the interval.",
    ),
)
SPIKE = (
    Text(zh="尖峰、单批离群", en="spike, batch outlier"),
    Text(
        zh="高出邻近行后又回落的一段；若只占逐步日志的一行且下一行就恢复，称为单批离群，"
        "通常是难样本或坏 batch。",
        en="rows far above those around them that recover; one row of a step-level log whose "
        "next row is back is a batch outlier, usually a hard or bad batch.",
    ),
)
WINDOW = (
    Text(zh="窗口均值、累计均值", en="window mean, running mean"),
    Text(
        zh="窗口均值只含最近若干次 iteration；累计均值从 epoch 开头算起，越往后越钝，"
        "需要反算才能看到单步。",
        en="a window mean covers the last iterations only; a running mean covers all since "
        "the epoch began and grows dull, so single steps must be computed back.",
    ),
)
REDUCTION = (
    Text(zh="all-reduce（跨 rank 归约）", en="all-reduce"),
    Text(
        zh="把各个进程（rank）的数值合成一个的通信操作。",
        en="the communication that makes one value of those of all processes (ranks).",
    ),
)


def write(story: Story) -> Section | None:
    """Write the terms that the findings and metrics of this run bring up, folded."""
    kinds = {finding.kind for finding in story.findings}
    statistics = {series.statistic for series in story.run.series}
    chosen = [
        (CHANCE, any(scale.chance is not None for scale in story.scales)),
        (NATS, any(scale.unit == "nats" for scale in story.scales)),
        (TREND, any(verdict.trend is not None for verdict in story.verdicts)),
        (SPIKE, bool(kinds & {"spike", "batch_outlier"})),
        (
            WINDOW,
            bool(
                statistics
                & {Statistic.WINDOW_MEAN, Statistic.WINDOW_MEDIAN, Statistic.RUNNING_MEAN}
            ),
        ),
        (REDUCTION, bool(kinds & {"mixed_reduction", "source_disagreement"})),
    ]
    rows = tuple(Row(cells=term) for term, used in chosen if used)
    if not rows:
        return None
    table = Table(
        caption=CAPTION(),
        columns=(Column(title=TERM), Column(title=MEANING)),
        rows=rows,
        folded=True,
    )
    return Section(id="glossary", title=TITLE, blocks=(table,))


SECTION = SectionWriter(id="glossary", order=105, write=write)
