"""Breaks in the axis: a resume that goes back, a run appended to the file of another, rows written
twice, a torn end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.knowledge.loss_type import classify
from lossreport.model.analysis import Finding, Severity
from lossreport.model.run import Axis, Segment, Series, Source, shown_x
from lossreport.text import Text, Value
from lossreport.values import dataclass
from lossreport.words import AXES

ROLLBACK = Text(
    zh="{path} 写到 {axis} {before} 之后，从第 {line} 行起又从 {axis} {after} 开始："
    "训练在此{how}；重复的行数：{count}，以后写的为准。",
    en="After {axis} {before}, {path} starts again at {axis} {after} (line {line}): training "
    "was {how} there. Rows logged again: {count}; the later ones count.",
)
RESUMED = Text(zh="续训", en="resumed")
RESTARTED = Text(zh="重新开始", en="restarted")
APPENDED = Text(
    zh="{path} 从第 {line} 行起是另一次运行（{axis} 从 {before} 回到 {after}，"
    "且模型常量或起点不同）：两次运行的数字不能连成一条曲线。",
    en=(
        "From line {line} on, {path} holds another run ({axis} goes from {before} back to "
        "{after}, with other model constants or from the start): the two do not form one curve."
    ),
)
ANOTHER = Text(
    zh="{path} 里先后写了几次运行，这一次从第 {line} 行（{axis} {after}）开始；"
    "各次运行分别判断，数字不连成一条曲线。",
    en="{path} holds several runs one after the other; this one begins at line {line} ({axis} "
    "{after}). Each is judged separately; their numbers do not form one curve.",
)
IN_TURN = Text(
    zh="{path} 由几个进程{how}写成；这一次运行是其中之一，从第 {line} 行（{axis} {after}）"
    "开始。各次运行分别判断，数字不连成一条曲线。",
    en="Several processes wrote {path} {how}; this run is one of them and begins at line "
    "{line} ({axis} {after}). Each is judged separately; their numbers do not form one "
    "curve.",
)
TURNS = Text(zh="轮流", en="in turn")
DUPLICATE = Text(
    zh="`{metric}`（{path}）有 {count} 行与前面的行在同一 {axis} 上数值完全相同："
    "可能是重复写入，也可能是从同一个 checkpoint 重算。",
    en="`{metric}` ({path}) has {count} rows that repeat an earlier {axis} with the same "
    "value: written twice, or computed again from the same checkpoint.",
)
TORN = Text(
    zh="{path} 在第 {line} 行中间断掉：写日志的进程在那里停止，或复制文件时训练仍在写。"
    "没有使用这一行。",
    en="{path} ends in the middle of line {line}: the writing process stopped there, or was "
    "still writing when the file was copied. The torn line is not used.",
)

CUT_SHORT = Text(
    zh="{path} 在第 {line} 行中间断掉，只到 step {last}，而这次训练的汇总写明到了 step "
    "{steps}：其中曲线的末段不是训练的末段，不要据此判断收敛。",
    en="{path} ends in the middle of line {line} and reaches step {last} only, while the "
    "summary of the run says step {steps}: where its curves end is not where the training "
    "ended, and convergence cannot be read from them.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """How many rows stand in the log a second time."""

    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CutShort:
    """The last step of a log, and how many steps its training took."""

    last: float
    steps: float


def detect(context: Context) -> Iterator[Found]:
    """Yield one finding a break of a source, one for duplicate rows, one for a torn end."""
    for source in context.run.sources:
        series = longest(context, source)
        if series is None:
            continue
        for segment in context.run.segments:
            if segment.source == source.id and segment.why in (
                "resume",
                "restart",
                "new_run",
                "interleaved",
            ):
                yield from _break(series, segment, source)
        yield from _duplicates(series)
        if source.torn:
            yield _torn(context, series, source)


def longest(context: Context, source: Source) -> Series | None:
    """Return the loss of a source with the most rows as it was read, re-run rows included; any
    series where it has no loss.
    """
    of_source = [s for s in context.raw.series if s.source == source.id and len(s)]
    losses = [s for s in of_source if classify(s.name).role == "loss"]
    return max(losses or of_source, key=len, default=None)


def _break(series: Series, segment: Segment, source: Source) -> Iterator[Finding]:
    row = int(np.searchsorted(series.line, segment.first_line))
    if segment.why in ("new_run", "interleaved") and row == 0:
        place: dict[str, Value] = {
            "path": source.path,
            "line": segment.first_line,
            "axis": AXES[series.axis.value],
            "after": shown_x(float(series.x[0])),
        }
        text = ANOTHER(**place) if segment.why == "new_run" else IN_TURN(**place, how=TURNS)
        yield make_finding("appended_run", series, [0], Severity.LOW, text)
    if not 0 < row < len(series):
        return
    before, after = float(series.x[row - 1]), float(series.x[row])
    common: dict[str, Value] = {
        "path": source.path,
        "line": segment.first_line,
        "axis": AXES[series.axis.value],
        "before": shown_x(before),
        "after": shown_x(after),
    }
    if segment.why == "new_run":
        yield make_finding("appended_run", series, [row], Severity.MEDIUM, APPENDED(**common))
        return
    if after > before:
        return
    repeated = int(np.count_nonzero(series.x[:row] >= after))
    how = RESUMED if segment.why == "resume" else RESTARTED
    yield make_finding(
        "rollback",
        series,
        [row],
        Severity.LOW,
        ROLLBACK(**common, how=how, count=repeated),
        payload=Repeated(rows=repeated),
    )


def _duplicates(series: Series) -> Iterator[Finding]:
    if bool(np.all(np.diff(series.x) > 0)):
        return  # no row has the x of another
    seen: set[tuple[float, float]] = set()
    repeated = []
    for row, pair in enumerate(zip(series.x.tolist(), series.y.tolist(), strict=True)):
        if pair in seen:
            repeated.append(row)
        seen.add(pair)
    if len(repeated) >= 2:
        text = DUPLICATE(
            metric=series.label, path=series.path, count=len(repeated), axis=AXES[series.axis.value]
        )
        yield make_finding(
            "duplicate_rows",
            series,
            repeated,
            Severity.LOW,
            text,
            payload=Repeated(rows=len(repeated)),
        )


def _torn(context: Context, series: Series, source: Source) -> Finding:
    last, steps = float(series.x[-1]), context.facts.get(SUMMED_UP)
    row = [len(series) - 1]
    if series.axis is Axis.STEP and isinstance(steps, int | float) and last < HELD * steps:
        text = CUT_SHORT(path=source.path, line=source.lines, last=shown_x(last), steps=int(steps))
        return make_finding(
            "truncated_log",
            series,
            row,
            Severity.MEDIUM,
            text,
            payload=CutShort(last=last, steps=float(steps)),
        )
    return make_finding(
        "truncated_log", series, row, Severity.LOW, TORN(path=source.path, line=source.lines)
    )


SUMMED_UP: Final = "summary/_step"
"""The last step of the run by its tracker's summary (W&B), which is a file of its own."""
HELD: Final = 0.9
"""Nine tenths of the steps are all but the last rows, which a tracker writes late."""


DETECTOR = Detector(
    id="rollback",
    kinds=(
        Kind(id="rollback", title=Text(zh="回退 / 续训", en="rollback / resume")),
        Kind(
            id="appended_run", title=Text(zh="多次运行写入同一文件", en="runs appended to one file")
        ),
        Kind(id="duplicate_rows", title=Text(zh="重复行", en="duplicate rows")),
        Kind(id="truncated_log", title=Text(zh="日志不完整", en="truncated log")),
    ),
    detect=detect,
    order=5,
)
