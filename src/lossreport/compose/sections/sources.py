"""What was read: the files, the numbers of each source row by row, and why the sources differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from lossreport.analysis.payloads import Surroundings
from lossreport.compose.multiples import multiples
from lossreport.compose.section import SectionWriter, Story, shown, statistics
from lossreport.compose.sections.answer import glance, peak, top_findings
from lossreport.model.analysis import Finding
from lossreport.model.report import Block, Column, Prose, Row, Section, Spark, Table
from lossreport.model.run import Series, Source, Statistic, is_epoch_level, shown_x
from lossreport.text import Join, Phrase, Text, Value, change, finding_tag, show_number
from lossreport.words import AXES, STATISTICS

MAX_COLUMNS: Final = 6
MAX_ROWS: Final = 60
FOLD_FROM: Final = 30
SAME: Final = 0.01
"""A change below 1 % is shown as "≈"."""
MULTIPLE: Final = 2.0
"""From a doubling on a change is told as a multiple: ×7.2, or ÷12 for a fall to a twelfth."""

TITLE = Text(zh="读到的数据", en="What was read")
ANSWER = Text(
    zh="读了 {files} 个文件，{rows} 行记录；跳过 {skipped} 行。",
    en="Files read: {files}; records: {rows}; lines skipped: {skipped}.",
)
FILES = Text(zh="数据来源", en="Sources")
FILE, PARSER = Text(zh="文件", en="file"), Text(zh="解析器", en="parser")
ROWS, SKIPS, SHA = (
    Text(zh="行数", en="rows"),
    Text(zh="跳过", en="skipped"),
    Text(zh="sha256（前 12 位）", en="sha256 (first 12)"),
)
EPOCHS = Text(
    zh="{path}：每个 epoch 的均值（Δ 为与上一行相比的变化）",
    en="{path}: epoch means (Δ: change from the previous row)",
)
WINDOWS = Text(
    zh="{path}：每个 epoch 最后一行打印的值（Δ 为与上一行相比的变化）",
    en="{path}: the last printed row of every epoch (Δ: change from the previous row)",
)
STATUS, CLUSTERED = Text(zh="状态", en="status"), Text(zh="簇、状态", en="cluster, status")
FLAGGED = Text(zh="⚑ {kind} {finding}", en="⚑ {kind} {finding}")
BACK = Text(zh="恢复", en="recovered")
BEST = Text(zh="★ `{metric}` 最佳", en="★ best `{metric}`")
CHANGE = Text(zh="Δ", en="Δ")
"""How a column is headed that tells the change of the one before it from row to row."""
LINE = Text(zh="行号", en="line")
MEANING = {
    Statistic.EPOCH_MEAN: Text(
        zh="{path}：每行是一个 epoch 的均值；按 MetricLogger 的惯例，在所有 rank "
        "同步（all-reduce）之后写出。",
        en="{path}: each row is the mean of one epoch; by MetricLogger convention it is "
        "written after all ranks are synchronised (all-reduce).",
    ),
    Statistic.WINDOW_MEAN: Text(
        zh="{path}：每行的第一个数是一个 rank 最近 {window} 次 iteration 的均值，括号里是该 "
        "rank 从本 epoch 开始到此刻的均值；两者都不是“最后一个 batch”的值。",
        en="{path}: the first number of a row is one rank's mean over the last {window} "
        "iterations, the one in parentheses its mean since the epoch began; neither is the "
        "value of the last batch.",
    ),
    Statistic.WINDOW_MEDIAN: Text(
        zh="{path}：每行的第一个数是一个 rank 最近 {window} 次 iteration 的中位数，"
        "括号里是从本 epoch 开始的均值；中位数会完全掩盖单个 batch 的尖峰。",
        en="{path}: the first number of a row is one rank's median over the last {window} "
        "iterations, the one in parentheses its mean since the epoch began; the median "
        "hides the spike of a single batch completely.",
    ),
}
AGREE = Text(
    zh="{path} 与 {original} 中的 {metrics}（{statistic}，共 {count} 个序列）逐行一致，"
    "直到打印的最后一位：两边记录的是同一次训练，这些序列下面只按 {original} 判断。",
    en="{path} and {original} hold the same values of {metrics} ({statistic}; series: "
    "{count}), row by row and to the last printed digit: both record the same run, and "
    "these series are judged by {original} below.",
)
DIFFER = Text(
    zh="**来源之间对不上**：{metrics} 在不同文件中的值不一致，见 {findings}；"
    "弄清原因之前不要混用。",
    en="**The sources do not agree** on {metrics} ({findings}): until the difference is "
    "explained, do not mix them.",
)
SPARKS = Text(
    zh="所有指标一览（两个文件中逐行一致的只列一次）",
    en="All metrics at a glance (what two files hold alike stands once)",
)
METRIC, SPLIT, SHAPE = (
    Text(zh="指标", en="metric"),
    Text(zh="划分", en="split"),
    Text(zh="走势", en="shape"),
)
FROM, TO, LOW, HIGH = (
    Text(zh="首", en="first"),
    Text(zh="末", en="last"),
    Text(zh="最小", en="min"),
    Text(zh="最大", en="max"),
)
COUNTED_ONCE = Text(
    zh="已读、但有一部分没有重复计入的文件：{files}。",
    en="Files that were read, of which a part is left out: {files}.",
)
LEFT_OUT = Text(zh="没有读的文件：{files}。", en="Files that were not read: {files}.")
ONE_FILE = Text(zh="`{path}`（{reason}）", en="`{path}` ({reason})")
UNREAD = Text(
    zh="{path} 中有 {count} 行带数字的内容没有读出。",
    en="Lines with numbers in {path} that were left unread: {count}.",
)
BAD_LINES = Text(
    zh="{path} 中跳过的行：{lines}。", en="Lines of {path} that were skipped: {lines}."
)
ONE_LINE = Text(zh="第 {line} 行（{reason}）", en="line {line} ({reason})")
MAX_SPARKS: Final = 120
MAX_NAMES: Final = 4
MORE = Text(zh="{names} 等", en="{names} and others")
METRIC_LOGGER: Final = "metriclogger"
"""What MEANING says is true of this family only; of all others the glance table tells what one row
is.
"""
HOW, AXIS = Text(zh="每行是", en="a row is"), Text(zh="横轴", en="over")
OVER_ROWS = Text(zh="{statistic}（{window} 次 iteration）", en="{statistic} ({window} iterations)")
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def write(story: Story) -> Section:
    """Write what was not read and what does not agree; behind a fold the table of sources and one
    table a source.
    """
    run = story.run
    blocks: list[Block] = [
        Prose(text=UNREAD(path=s.path, count=s.unread)) for s in run.sources if s.unread
    ]
    apart = [f for f in story.findings if f.kind == "source_disagreement"]
    if apart:
        metrics = dict.fromkeys(story.name(story.series(f.series[0])) for f in apart)
        names = Join(items=tuple(NAMED(metric=name) for name in metrics))
        blocks.append(
            Prose(
                text=DIFFER(
                    metrics=names, findings=Join(items=tuple(finding_tag(f.id) for f in apart))
                )
            )
        )
    blocks += _left_out(story)
    opened = len(blocks)
    blocks += [glance(story), _files(story)]
    for source in run.sources:
        blocks += _meaning(story, source)
        blocks += _tables(story, source)
    blocks += _agreement(story)
    blocks.append(_sparks(story))
    rows, skipped = sum(s.rows for s in run.sources), sum(s.skipped for s in run.sources)
    answer = ANSWER(files=len(run.sources), rows=rows, skipped=skipped)
    return Section(id="sources", title=TITLE, answer=answer, blocks=tuple(blocks), opened=opened)


def _files(story: Story) -> Table:
    rows = tuple(
        Row(cells=(s.path, s.parser, s.rows, s.skipped, s.sha256[:12])) for s in story.run.sources
    )
    head = (
        Column(title=FILE),
        Column(title=PARSER),
        Column(title=ROWS, align="right"),
        Column(title=SKIPS, align="right"),
        Column(title=SHA),
    )
    return Table(caption=FILES(), columns=head, rows=rows)


def _meaning(story: Story, source: Source) -> list[Block]:
    own = [s for s in story.run.series if s.source == source.id and not s.derived]
    told = statistics(own)
    said = []
    for statistic, text in MEANING.items():
        if (
            statistic not in told
            or (statistic is Statistic.EPOCH_MEAN and len(told) > 1)
            or not source.parser.startswith(METRIC_LOGGER)
        ):
            continue
        window = max((s.window or 0 for s in own if s.statistic is statistic), default=0)
        said.append(
            Prose(
                text=text(path=source.path, window=window)
                if "{window}" in text.en
                else text(path=source.path)
            )
        )
    return list(said)


def _tables(story: Story, source: Source) -> Iterator[Block]:
    epochs = _columns(
        story,
        [
            s
            for s in story.run.series
            if s.source == source.id and s.statistic is Statistic.EPOCH_MEAN and not s.derived
        ],
    )
    ends = _columns(
        story,
        [
            s
            for s in story.run.series
            if s.source == source.id and s.derived and s.derived.how == "epoch_last"
        ],
    )
    if ends:
        yield _table(story, ends, WINDOWS(path=source.path))
    elif epochs:
        yield _table(story, epochs, EPOCHS(path=source.path))


def _columns(story: Story, series: Sequence[Series]) -> list[Series]:
    """Return the losses to show side by side: terms of the total first, then others, training
    before validation.
    """
    losses = [s for s in series if story.kind(s).role == "loss" and len(s) > 1]
    losses.sort(key=lambda s: (s.name not in story.term_names, s.split != "train"))
    if not losses:
        return []
    same_rows = [s for s in losses if np.array_equal(s.line, losses[0].line)]
    return same_rows[:MAX_COLUMNS]


def _table(story: Story, columns: Sequence[Series], caption: Phrase) -> Table:
    first = columns[0]
    flagged = _marks(story, columns)
    names, status = cluster_names(story, first), _status(story, columns, flagged)
    marked = bool(names or status)
    rows = []
    for row in _chosen(len(first), set(flagged)):
        finding = flagged.get(row)
        marks = (*((names[row],) if row in names else ()), *status.get(row, ()))
        values = [cell for s in columns for cell in (shown(s.y[row]), _step(s, row))]
        cells: list[Value] = [
            shown_x(first.x[row]),
            *values,
            *([Join(items=marks) if marks else ""] if marked else ()),
            int(first.line[row]),
        ]
        rows.append(Row(cells=tuple(cells), tone=finding.severity.value if finding else None))
    head = [Column(title=AXES[first.axis.value], align="right")]
    for series in columns:
        head += [
            Column(title=NAMED(metric=story.name(series)), align="right"),
            Column(title=CHANGE, align="right"),
        ]
    head += [Column(title=CLUSTERED if names else STATUS)] if marked else []
    head.append(Column(title=LINE, align="right"))
    return Table(
        caption=caption, columns=tuple(head), rows=tuple(rows), folded=len(rows) > FOLD_FROM
    )


NAMED = Text(zh="`{metric}`", en="`{metric}`")


def _chosen(n: int, flagged: set[int]) -> list[int]:
    if n <= MAX_ROWS:
        return list(range(n))
    spread = {round(row) for row in np.linspace(0, n - 1, MAX_ROWS)}
    return sorted(spread | set(sorted(flagged)[:MAX_ROWS]))


def _marks(story: Story, columns: Sequence[Series]) -> dict[int, Finding]:
    marks: dict[int, Finding] = {}
    ids = {series.id for series in columns}
    for finding in story.findings:
        if finding.kind in ("spike", "above_chance", "nonfinite") and finding.series[0] in ids:
            for row in finding.rows:
                marks.setdefault(row, finding)
    return marks


def _status(
    story: Story, columns: Sequence[Series], flagged: Mapping[int, Finding]
) -> dict[int, tuple[Value, ...]]:
    """Return what a row is: flagged by a finding, the one where a spike is over, or the best."""
    found: dict[int, list[Value]] = {
        row: [FLAGGED(kind=finding.called, finding=finding_tag(finding.id))]
        for row, finding in flagged.items()
    }
    for finding in flagged.values():
        top, around = peak(story.series(finding.series[0]), finding), finding.surroundings
        over = around.recovery_rows if isinstance(around, Surroundings) else None
        if top is not None and over is not None:
            found.setdefault(top + int(over), [BACK()])
    drawn = {series.id: series for series in columns}
    for best in story.analysis.bests:
        if best.series in drawn:
            word = BEST(metric=story.name(drawn[best.series]))
            found.setdefault(best.at.row, []).append(word)
    return {row: tuple(words) for row, words in found.items()}


def cluster_names(story: Story, series: Series) -> dict[int, str]:
    """Return the letter of the cluster that each row of a source belongs to, as the joint mixture
    finding names them.
    """
    for finding in story.findings:
        if finding.groups and story.series(finding.series[0]).source == series.source:
            return {
                row: LETTERS[index % 26]
                for index, rows in enumerate(finding.groups)
                for row in rows
            }
    return {}


def _step(series: Series, row: int) -> Value:
    """Return how a row differs from the one before it, the same in every language; nothing for the
    first and beside what is not finite.
    """
    if row == 0 or not np.isfinite(series.y[row - 1 : row + 1]).all():
        return ""
    before, here = float(series.y[row - 1]), float(series.y[row])
    if not (before > 0 and here > 0):
        return shown(here - before)
    ratio = here / before
    if ratio >= MULTIPLE:
        return f"×{show_number(ratio, 2)}"
    if ratio <= 1 / MULTIPLE:
        return f"÷{show_number(before / here, 2)}"
    return "≈" if abs(ratio - 1) < SAME else change(ratio - 1)


def _agreement(story: Story) -> Iterator[Block]:
    pairs: dict[tuple[str, str, str], list[str]] = {}
    ids = {series.id for series in story.run.series}
    for one in story.analysis.agreements:
        if one.copy in ids:
            copy, original = story.series(one.copy), story.series(one.original)
            pairs.setdefault((copy.path, original.path, copy.statistic.value), []).append(
                story.name(copy)
            )
    for (path, original_path, statistic), metrics in pairs.items():
        names = Join(items=tuple(NAMED(metric=name) for name in metrics[:MAX_NAMES]))
        shown_names = MORE(names=names) if len(metrics) > MAX_NAMES else names
        text = AGREE(
            path=path,
            original=original_path,
            count=len(metrics),
            metrics=shown_names,
            statistic=STATISTICS[statistic],
        )
        yield Prose(text=text)


def _sparks(story: Story) -> Table:
    rows = []
    copies = {one.copy for one in story.analysis.agreements}
    own = [
        s
        for s in story.run.series
        if not s.derived and s.statistic is not Statistic.RUNNING_MEAN and s.id not in copies
    ]
    for series in own[:MAX_SPARKS]:
        finite = series.y[np.isfinite(series.y)]
        if len(finite):
            numbers = (
                shown(series.y[0]),
                shown(series.y[-1]),
                shown(finite.min()),
                shown(finite.max()),
            )
            flagged = tuple(story.flagged(series))
            rows.append(
                Row(
                    cells=(
                        _code(series.name),
                        series.split,
                        series.path,
                        AXES[series.axis.value],
                        _row_is(series),
                        Spark(y=_thin(series), flagged=flagged if is_epoch_level(series) else ()),
                        *numbers,
                    )
                )
            )
    head = (METRIC, SPLIT, FILE, AXIS, HOW, SHAPE, FROM, TO, LOW, HIGH)
    columns = tuple(
        Column(title=title, align="right" if i > 5 else "left") for i, title in enumerate(head)
    )
    return Table(
        caption=SPARKS(),
        columns=columns,
        rows=tuple(rows),
        folded=True,
        panels=multiples(story, top_findings(story)),
    )


def _row_is(series: Series) -> Value:
    """Return what one row of a series is, as the log says or its parser knows."""
    if series.window and series.window > 1:
        return OVER_ROWS(statistic=STATISTICS[series.statistic.value], window=series.window)
    return STATISTICS[series.statistic.value]


def _code(name: str) -> Phrase:
    return NAMED(metric=name)


def _thin(series: Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return (
        series.y
        if len(series) <= 200 or is_epoch_level(series)
        else series.y[:: len(series) // 100]
    )


def _left_out(story: Story) -> Iterator[Block]:
    read = {source.path for source in story.run.sources}
    for text, skips in (
        (LEFT_OUT, [skip for skip in story.run.skipped if skip.path not in read]),
        (COUNTED_ONCE, [skip for skip in story.run.skipped if skip.path in read]),
    ):
        if skips:
            yield Prose(
                text=text(
                    files=Join(
                        items=tuple(
                            ONE_FILE(path=skip.path, reason=skip.reason) for skip in skips[:20]
                        )
                    )
                )
            )
    for source in story.run.sources:
        if source.skips:
            lines = tuple(ONE_LINE(line=line, reason=reason) for line, reason in source.skips)
            yield Prose(text=BAD_LINES(path=source.path, lines=Join(items=lines)))


SECTION = SectionWriter(id="sources", order=92, write=write)
