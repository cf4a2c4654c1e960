"""Looks at the place of every spike: what the arithmetic demands, what moved with it, how it ended,
which hypotheses the rows favour.

Between the detectors and the verdicts: it adds numbers, notes and hypotheses to findings and
changes no kind, severity or verdict.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from lossreport.analysis.breakage import how_it_breaks
from lossreport.analysis.companions import Companion, Watch
from lossreport.analysis.context import Context
from lossreport.analysis.found import seen_besides
from lossreport.analysis.payloads import Surroundings
from lossreport.analysis.scene import AVERAGED, Scene, scene
from lossreport.analysis.signs import around
from lossreport.analysis.suspects import suspects, untested
from lossreport.analysis.trust import KINDS as TRUSTED
from lossreport.analysis.trust import trust
from lossreport.model.analysis import Finding, Hypothesis
from lossreport.model.run import Statistic, is_epoch_level
from lossreport.text import Join, Phrase, Text, factor, finding_tag, number, percent

KINDS: Final = ("spike", "batch_outlier", "above_chance")
NAMED: Final = 5
"""Series named on each side; the others are counted."""

ARITHMETIC = Text(
    zh="算术：这一行是 {n} 次 iteration 的均值；若只有一个 batch 异常，它须约为 {one}；若每个 "
    "batch 都异常，则平均须为 {all}。",
    en="Arithmetic: the row is a mean over {n} iterations; a single bad batch would have to "
    "be about {one}, all of them {all} on average.",
)
UNKNOWN_N = Text(
    zh="算术：这一行是均值，iteration 数 N 未知；若只有一个 batch 异常，它须为 {base} + "
    "{excess}·N；若每个 batch 都异常，则平均须为 {all}。",
    en="Arithmetic: the row is a mean and N, its iterations, is unknown; a single bad batch "
    "would have to be {base} + {excess}·N, all of them {all} on average.",
)
UNKNOWN_ROW = Text(
    zh="日志没有说明一行是单个 batch 还是均值，N 未知，无法换算成单个 batch 的值。",
    en="The log does not say whether a row is one batch or a mean; N unknown, so no value of "
    "a single batch follows.",
)
FINER = Text(
    zh="更细的日志：{path} 第 {first}-{last} 行覆盖此处，最高 {highest}（第 {line} 行），"
    "中位数 {median}，最高一行占超出量的 {share}。",
    en="Finer log: {path} lines {first}-{last} cover it; highest {highest} (line {line}), "
    "median {median}, the highest row holds {share} of the excess.",
)
FINER_QUIET = Text(
    zh="更细的日志：{path} 第 {first}-{last} 行覆盖此处，最高 {highest}（第 {line} 行），"
    "中位数 {median}，看不到对应的尖峰。",
    en="Finer log: {path} lines {first}-{last} cover it; highest {highest} (line {line}), "
    "median {median}: no such spike there.",
)
MOVED = Text(zh="同处变动的：{names}。", en="Moved there too: {names}.")
STILL = Text(zh="没有变动的：{names}。", en="Did not move: {names}.")
ONE = Text(
    zh="`{metric}` {ratio}（{when}，第 {line} 行）", en="`{metric}` {ratio} ({when}, line {line})"
)
ONE_VALUE = Text(
    zh="`{metric}` 为 {value}（{when}，第 {line} 行）",
    en="`{metric}` is {value} ({when}, line {line})",
)
QUIET = Text(zh="`{metric}`", en="`{metric}`")
MORE = Text(zh="另外 {count} 个", en="{count} more")
WHEN: Final = {
    "before": Text(zh="之前", en="before"),
    "at": Text(zh="同时", en="at"),
    "after": Text(zh="之后", en="after"),
}
RECOVERY = Text(
    zh="从峰值到回到基线附近的行数：{rows}（第 {line} 行）。",
    en="Rows from the peak until it is back near the level around: {rows} (line {line}).",
)
NO_RECOVERY = Text(
    zh="到这一段末尾仍未回到基线附近。",
    en="Not back near the level around by the end of the stretch.",
)
UNTESTED = Text(
    zh="日志中没有数据可用来检验：{names}。", en="The logs hold nothing that bears on: {names}."
)
SEEN = Text(
    zh="这些行已作为尖峰逐一查看，见 {ids}。",
    en="These rows are looked at one by one as spikes: {ids}.",
)


def examined(context: Context) -> Iterator[Finding]:
    """Yield all findings in their order; spikes with what their place says, broken stretches with
    the last row to trust.

    Hypotheses that a finding has already are kept.
    """
    spikes: dict[str, list[Finding]] = {}
    for finding in context.found:
        if finding.kind in ("spike", "batch_outlier"):
            spikes.setdefault(finding.series[0], []).append(finding)
    watch = Watch(context)
    for finding in context.found:
        if finding.kind in TRUSTED:
            yield replace(
                finding, notes=(*finding.notes, *_broke(context, finding), *trust(context, finding))
            )
            continue
        if finding.kind in BROKEN:
            yield replace(finding, notes=(*finding.notes, *_broke(context, finding)))
            continue
        if finding.kind not in KINDS:
            yield finding
            continue
        rows = set(finding.rows)
        told = [
            one
            for one in (spikes.get(finding.series[0], []) if finding.kind == "above_chance" else [])
            if not rows.isdisjoint(one.rows)
        ]
        if told and {row for one in told for row in one.rows} >= rows:
            yield replace(
                finding,
                notes=(
                    *finding.notes,
                    SEEN(ids=Join(items=tuple(finding_tag(one.id) for one in told))),
                ),
            )
        else:
            yield _examined(context, finding, watch)


BROKEN: Final = ("nonfinite", "masked_nonfinite", "divergence", "broken_metric")
"""Where a training breaks: what the learning rate and the gradient norm did there is said at
each.
"""


def _broke(context: Context, finding: Finding) -> Iterator[Phrase]:
    """Yield what stood around a break of a training loss: the learning rate, whether a warm-up is
    seen, the gradient's lead-up.
    """
    if finding.kind in BROKEN and how_it_breaks(finding) is not None:
        series = context.subject(finding)
        if series.split == "train" and context.is_loss(series):
            yield from (sign.text for sign in around(context, series, finding.start.row))


def _examined(context: Context, finding: Finding, watch: Watch) -> Finding:
    at = scene(context, finding)
    if at is None:
        return finding
    others = watch.companions(at.series, at.first, at.last)
    hypotheses = finding.hypotheses or suspects(context, at, others)
    notes = (
        *_arithmetic(at),
        *_finer(at),
        *_moved(others),
        *_recovery(at),
        *_untested(finding, hypotheses),
    )
    told = replace(finding, hypotheses=hypotheses, notes=(*finding.notes, *notes))
    return seen_besides(told, _surroundings(at))


def _surroundings(at: Scene) -> Surroundings:
    first, last = (None, None) if at.window is None else map(float, at.window.lines)
    return Surroundings(
        batches=_float(at.batches),
        one_batch=at.one_batch if at.batches != 1 else None,
        recovery_rows=_float(at.recovery),
        finer_first_line=first,
        finer_last_line=last,
        finer_highest=None if at.window is None else at.window.highest,
    )


def _float(count: int | None) -> float | None:
    return None if count is None else float(count)


def _arithmetic(at: Scene) -> Iterator[Phrase]:
    if at.batches == 1:
        return
    if at.batches is not None and at.one_batch is not None:
        yield ARITHMETIC(n=at.batches, one=number(at.one_batch, digits=3), all=number(at.value))
    elif at.series.statistic in AVERAGED:
        yield UNKNOWN_N(base=number(at.baseline), excess=number(at.excess), all=number(at.value))
    elif at.series.statistic is Statistic.UNKNOWN:
        yield UNKNOWN_ROW()


def _finer(at: Scene) -> Iterator[Phrase]:
    window = at.window
    if window is None:
        return
    first, last = window.lines
    line, highest, median = (
        int(window.series.line[window.top]),
        number(window.highest),
        number(window.median),
    )
    if window.quiet:
        yield FINER_QUIET(
            path=window.series.path,
            first=first,
            last=last,
            highest=highest,
            line=line,
            median=median,
        )
    else:
        share = percent(window.share)
        yield FINER(
            path=window.series.path,
            first=first,
            last=last,
            highest=highest,
            line=line,
            median=median,
            share=share,
        )


def _moved(others: Sequence[Companion]) -> Iterator[Phrase]:
    moved = [one for one in others if one.moved]
    still = [one for one in others if not one.moved]
    if moved:
        yield MOVED(names=_names([_one(companion) for companion in moved]))
    if still:
        yield STILL(names=_names([QUIET(metric=companion.series.label) for companion in still]))


def _one(companion: Companion) -> Phrase:
    line = int(companion.series.line[companion.row])
    if not math.isfinite(companion.ratio):  # it is not finite itself, or the level around it is 0
        value = number(float(companion.series.y[companion.row]))
        return ONE_VALUE(
            metric=companion.series.label, value=value, when=WHEN[companion.when], line=line
        )
    return ONE(
        metric=companion.series.label,
        ratio=factor(companion.ratio),
        when=WHEN[companion.when],
        line=line,
    )


def _names(found: Sequence[Phrase]) -> Join:
    shown: list[Phrase] = list(found[:NAMED])
    return Join(
        items=(*shown, MORE(count=len(found) - NAMED)) if len(found) > NAMED else tuple(shown)
    )


def _recovery(at: Scene) -> Iterator[Phrase]:
    if at.recovery is not None:
        yield RECOVERY(rows=at.recovery, line=int(at.series.line[at.peak + at.recovery]))
    elif not is_epoch_level(at.series) or at.last + 1 < len(at.series):
        yield NO_RECOVERY()


def _untested(finding: Finding, hypotheses: Sequence[Hypothesis]) -> Iterator[Phrase]:
    names = untested(hypotheses)
    if names and not finding.hypotheses:
        yield UNTESTED(names=Join(items=names))
