"""Ranks what may lie behind a spike: hypotheses with the rows for and against each, and the
measurement that decides. Never a cause.

Every sign has a weight; hypotheses stand by the sum of theirs. One that the logs say nothing about
is not listed (`untested` names it).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from lossreport.analysis.companions import Companion
from lossreport.analysis.context import Context
from lossreport.analysis.scene import AVERAGED as AVERAGED_STATISTICS
from lossreport.analysis.scene import Scene
from lossreport.knowledge.recognise import is_total
from lossreport.model.analysis import Hypothesis
from lossreport.model.run import is_epoch_level
from lossreport.text import Phrase, Text, number, percent
from lossreport.values import dataclass

STRONG: Final = 2
WEAK: Final = 1
SLOW: Final = 5
"""A step-level loss that needs more rows to come back has moved its parameters (a bad batch alone
is gone with the next row).
"""
CONCENTRATED: Final = 0.8
"""One printed interval holds most of the excess of the epoch: with k equal intervals each holds
1/k.
"""
NEAR_LINES: Final = 3
"""Rows on each side in which a boundary, a resume or an overflow message counts as at the same
place.
"""
LONG_EPOCH: Final = 25
"""Rows of an epoch; in shorter ones five rows next to a spike would meet a change of epoch by
chance more often than once in five.
"""
ORDER: Final = (
    "bad_batch",
    "instability",
    "log_artefact",
    "lr_event",
    "fp16_overflow",
    "data_boundary",
)

TITLES: Final = {
    "bad_batch": Text(zh="个别坏 batch 或难 batch", en="one bad or hard batch"),
    "instability": Text(zh="优化过程不稳定", en="unstable optimisation"),
    "log_artefact": Text(
        zh="日志口径造成的假象（归约错位、窗口均值等）",
        en="a logging artefact (a mixed reduction, a window mean)",
    ),
    "lr_event": Text(zh="学习率变动", en="a learning-rate event"),
    "fp16_overflow": Text(zh="fp16 溢出", en="an fp16 overflow"),
    "data_boundary": Text(zh="数据边界或续训", en="a data boundary or a resume"),
}
DECIDED: Final = {
    "bad_batch": Text(
        zh="记录逐 batch 的 loss 与样本编号，从此前的 checkpoint 重放这一段：换数据顺序后，"
        "若尖峰跟着样本走，支持此假设。",
        en="Log loss and sample ids per batch and replay from the checkpoint before: if the "
        "spike follows the samples in another order, that supports it.",
    ),
    "instability": Text(
        zh="记录逐步的 grad_norm 与更新量，用更低的学习率从此前的 checkpoint 重放："
        "若尖峰随之消失或减小，支持此假设。",
        en="Log grad_norm and update norm per step and replay from the checkpoint before at a "
        "lower learning rate: if the spike shrinks, that supports it.",
    ),
    "log_artefact": Text(
        zh="打印各 rank 未经归约、未经平滑的逐 batch 的 loss：若其中没有尖峰，支持此假设。",
        en="Print the loss of every batch on every rank, neither reduced nor smoothed: if the "
        "spike is not there, that supports it.",
    ),
    "lr_event": Text(
        zh="保持学习率不变重放这一段：若尖峰消失，支持此假设。",
        en="Replay the stretch with the learning rate held: if the spike is gone, that "
        "supports it.",
    ),
    "fp16_overflow": Text(
        zh="用 bf16 或 fp32 重放这一段，并记录 loss scale：若尖峰消失，支持此假设。",
        en="Replay the stretch in bf16 or fp32 and log the loss scale: if the spike is gone, "
        "that supports it.",
    ),
    "data_boundary": Text(
        zh="对照数据加载器的分片边界与续训记录：若位置重合，支持此假设。",
        en="Hold the place against the shard boundaries of the loader and the records of "
        "resumes: if they coincide, that supports it.",
    ),
}
BACK = Text(
    zh="下一行（第 {line} 行）已回到基线附近。",
    en="The next row (line {line}) is back near the level around.",
)
SLOWLY = Text(
    zh="{rows} 行之后（第 {line} 行）才回到基线附近。",
    en="It takes {rows} rows (to line {line}) to come back.",
)
NOT_BACK = Text(zh="到这一段末尾仍未回到基线附近。", en="It is not back by the end of the stretch.")
ONE_INTERVAL = Text(
    zh="{path} 第 {line} 行这一个打印间隔占了该 epoch 超出量的 {share}。",
    en="A single printed interval, {path} line {line}, holds {share} of the excess of the epoch.",
)
SPREAD = Text(
    zh="超出量分散在 {path} 第 {first}-{last} 行，最高一段只占 {share}。",
    en="The excess is spread over {path} lines {first}-{last}; the highest interval holds "
    "only {share}.",
)
QUIET = Text(
    zh="{path} 第 {first}-{last} 行覆盖同一 epoch，却没有一行高出中位数 {median} 的 25%。",
    en="{path} lines {first}-{last} cover the same epoch and no row there is 25% above the "
    "median of {median}.",
)
SHOWN = Text(
    zh="更细的日志 {path} 第 {line} 行也有这个尖峰（{value}）。",
    en="The finer log {path} has the spike too, at line {line} ({value}).",
)
GRAD_BEFORE = Text(
    zh="`{metric}` 在此之前就已升高（{path} 第 {line} 行）。",
    en="`{metric}` was up before it already ({path} line {line}).",
)
GRAD_AT = Text(
    zh="`{metric}` 在同一行升高（{path} 第 {line} 行），此前没有。",
    en="`{metric}` rises in the same rows ({path} line {line}), not before.",
)
GRAD_AFTER = Text(
    zh="`{metric}` 在其后才升高（{path} 第 {line} 行）。",
    en="`{metric}` rises only after it ({path} line {line}).",
)
GRAD_STILL = Text(
    zh="`{metric}` 前后都没有升高（{path} 第 {line} 行）。",
    en="`{metric}` does not rise around it ({path} line {line}).",
)
TOGETHER = Text(
    zh="`{metric}` 也在同处升高（{path} 第 {line} 行）。",
    en="`{metric}` rises at the same place ({path} line {line}).",
)
ALONE = Text(
    zh="同处的其他 loss（`{metric}`，{path} 第 {line} 行）没有动。",
    en="The other loss there (`{metric}`, {path} line {line}) does not move.",
)
AVERAGED = Text(
    zh="每一行是均值，单行的高值可能是少数 batch，也可能是平滑造成的。",
    en="Every row is a mean: a high row may be few batches, or the averaging itself.",
)
LR_MOVED = Text(
    zh="`{metric}` 在 {path} 第 {line} 行变为前一行的 {ratio} 倍。",
    en="`{metric}` becomes {ratio} times the row before at {path} line {line}.",
)
LR_STILL = Text(
    zh="`{metric}` 前后没有超过 20% 的变动（{path} 第 {line} 行）。",
    en="`{metric}` makes no step of 20% there ({path} line {line}).",
)
SCALE_MOVED = Text(
    zh="`{metric}` 在同处变动（{path} 第 {line} 行）。",
    en="`{metric}` moves at the same place ({path} line {line}).",
)
SCALE_STILL = Text(
    zh="`{metric}` 在同处没有变动（{path} 第 {line} 行）。",
    en="`{metric}` does not move there ({path} line {line}).",
)
OVERFLOW = Text(
    zh="日志在 {path} 第 {line} 行报告溢出：“{quote}”。",
    en="The log reports an overflow at {path} line {line}: “{quote}”.",
)
PRECISION = Text(
    zh="配置写明 precision = {value}。", en="The configuration says precision = {value}."
)
BOUNDARY = Text(
    zh="新的一段从 {path} 第 {line} 行开始，紧邻此处。",
    en="A new stretch begins next to it, at {path} line {line}.",
)
EPOCH_END = Text(
    zh="epoch 在 {path} 第 {line} 行更替，紧邻此处。",
    en="The epoch changes next to it, at {path} line {line}.",
)
NO_BOUNDARY = Text(
    zh="附近 3 行内没有分段、续训或 epoch 更替。",
    en="No new stretch, resume or change of epoch within 3 rows.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One observation that bears on a hypothesis; a weight below 0 speaks against it."""

    of: str
    weight: int
    text: Phrase


def suspects(context: Context, at: Scene, others: Sequence[Companion]) -> tuple[Hypothesis, ...]:
    """Return the hypotheses that the logs say anything about, the best supported first."""
    signs = [
        *_course(at),
        *_finer(at),
        *_gradient(context, others),
        *_losses(context, at, others),
        *_machine(context, at, others),
    ]
    signs += _boundary(context, at)
    weights = {name: sum(sign.weight for sign in signs if sign.of == name) for name in ORDER}
    named = [name for name in ORDER if any(sign.of == name for sign in signs)]
    ranked = sorted(named, key=lambda name: -weights[name])
    return tuple(_hypothesis(name, rank, signs) for rank, name in enumerate(ranked, 1))


def untested(found: Sequence[Hypothesis]) -> tuple[Text, ...]:
    """Return the titles of the hypotheses that the logs hold nothing about."""
    ids = {one.id for one in found}
    return tuple(TITLES[name] for name in ORDER if name not in ids)


def _hypothesis(name: str, rank: int, signs: Sequence[Sign]) -> Hypothesis:
    return Hypothesis(
        id=name,
        rank=rank,
        title=TITLES[name](),
        support=tuple(sign.text for sign in signs if sign.of == name and sign.weight >= 0),
        against=tuple(sign.text for sign in signs if sign.of == name and sign.weight < 0),
        decided_by=DECIDED[name](),
    )


def _course(at: Scene) -> Iterator[Sign]:
    """Yield what the rows after the peak say; rows that are means of an epoch hide how fast the
    loss came back.
    """
    if is_epoch_level(at.series):
        return
    if at.recovery is None:
        yield Sign(of="instability", weight=STRONG, text=NOT_BACK())
        yield Sign(of="bad_batch", weight=-STRONG, text=NOT_BACK())
        return
    line = int(at.series.line[at.peak + at.recovery])
    if at.recovery == 1:
        yield Sign(of="bad_batch", weight=STRONG, text=BACK(line=line))
        yield Sign(of="instability", weight=-WEAK, text=BACK(line=line))
    else:
        weight = STRONG if at.recovery > SLOW else WEAK
        yield Sign(of="instability", weight=weight, text=SLOWLY(rows=at.recovery, line=line))
        yield Sign(of="bad_batch", weight=-weight, text=SLOWLY(rows=at.recovery, line=line))


def _finer(at: Scene) -> Iterator[Sign]:
    """Yield what the finer log of the same epoch says."""
    window = at.window
    if window is None:
        if at.series.statistic in AVERAGED_STATISTICS and at.batches != 1:
            yield Sign(of="log_artefact", weight=0, text=AVERAGED())
        return
    path, (first, last) = window.series.path, window.lines
    if window.quiet:
        text = QUIET(path=path, first=first, last=last, median=number(window.median))
        yield Sign(of="log_artefact", weight=STRONG, text=text)
        yield Sign(of="bad_batch", weight=-STRONG, text=text)
        yield Sign(of="instability", weight=-STRONG, text=text)
        return
    line = int(window.series.line[window.top])
    yield Sign(
        of="log_artefact",
        weight=-STRONG,
        text=SHOWN(path=path, line=line, value=number(window.highest)),
    )
    if window.share >= CONCENTRATED:
        yield Sign(
            of="bad_batch",
            weight=STRONG,
            text=ONE_INTERVAL(path=path, line=line, share=percent(window.share)),
        )
    else:
        text = SPREAD(path=path, first=first, last=last, share=percent(window.share))
        yield Sign(of="instability", weight=WEAK, text=text)
        yield Sign(of="bad_batch", weight=-WEAK, text=text)


def _gradient(context: Context, others: Sequence[Companion]) -> Iterator[Sign]:
    for one in others:
        if context.kind(one.series).id != "grad_norm":
            continue
        said = {"before": GRAD_BEFORE, "at": GRAD_AT, "after": GRAD_AFTER, "never": GRAD_STILL}[
            one.when
        ](**_place(one))
        if one.when == "before":
            yield Sign(of="instability", weight=STRONG, text=said)
            yield Sign(of="bad_batch", weight=-WEAK, text=said)
        elif one.when == "never":
            yield Sign(of="instability", weight=-STRONG, text=said)
            yield Sign(of="log_artefact", weight=WEAK, text=said)
        else:
            yield Sign(of="bad_batch", weight=WEAK, text=said)
            yield Sign(of="instability", weight=0, text=said)
            yield Sign(of="log_artefact", weight=-STRONG, text=said)
        return


"""A sum moves with its terms: it is no second witness."""


def _losses(context: Context, at: Scene, others: Sequence[Companion]) -> Iterator[Sign]:
    if is_total(at.series.name):
        return
    losses = [
        one
        for one in others
        if context.is_loss(one.series)
        and not is_total(one.series.name)
        and one.series.split == at.series.split
    ]
    moved = [one for one in losses if one.moved]
    if moved:
        yield Sign(of="instability", weight=WEAK, text=TOGETHER(**_place(moved[0])))
    elif losses:
        yield Sign(of="instability", weight=-WEAK, text=ALONE(**_place(losses[0])))


def _machine(context: Context, at: Scene, others: Sequence[Companion]) -> Iterator[Sign]:
    """Yield what learning rate, loss scale, precision and messages of an overflow say."""
    kinds = {
        context.kind(one.series).id: one
        for one in reversed(others)
        if one.series.split == at.series.split
    }
    # one rate for all splits
    rate = next((one for one in others if context.kind(one.series).id == "learning_rate"), None)
    if rate is not None:
        if rate.moved:
            yield Sign(
                of="lr_event",
                weight=STRONG,
                text=LR_MOVED(**_place(rate), ratio=number(rate.ratio)),
            )
        else:
            yield Sign(of="lr_event", weight=-STRONG, text=LR_STILL(**_place(rate)))
    if (scale := kinds.get("loss_scale")) is not None:
        said = (SCALE_MOVED if scale.moved else SCALE_STILL)(**_place(scale))
        yield Sign(of="fp16_overflow", weight=STRONG if scale.moved else -STRONG, text=said)
    for event in context.run.events:
        if (
            event.kind == "overflow"
            and event.source == at.series.source
            and _is_near(at, event.line)
        ):
            path = context.run.source(event.source).path
            yield Sign(
                of="fp16_overflow",
                weight=STRONG,
                text=OVERFLOW(path=path, line=event.line, quote=event.quote),
            )
            break
    precision = context.facts.get("precision")
    if isinstance(precision, str):
        half = precision.lower() in ("fp16", "float16", "16", "16-mixed", "half")
        yield Sign(
            of="fp16_overflow", weight=WEAK if half else -STRONG, text=PRECISION(value=precision)
        )


def _is_near(at: Scene, line: int) -> bool:
    lines = at.series.line
    first, last = (
        lines[max(0, at.first - NEAR_LINES)],
        lines[min(len(lines) - 1, at.last + NEAR_LINES)],
    )
    return bool(first <= line <= last)


def _boundary(context: Context, at: Scene) -> Iterator[Sign]:
    path = at.series.path
    starts = [
        span.first_row
        for span in at.series.segments
        if span.first_row and abs(span.first_row - at.first) <= NEAR_LINES
    ]
    starts += [
        int(np.searchsorted(at.series.line, event.line))
        for event in context.run.events
        if _is_resume(at, event.source, event.line, event.kind)
    ]
    if starts:
        row = min(starts[0], len(at.series) - 1)
        yield Sign(
            of="data_boundary",
            weight=STRONG,
            text=BOUNDARY(path=path, line=int(at.series.line[row])),
        )
        return
    epochs = np.floor(at.series.epoch)
    if not len(epochs) or is_epoch_level(at.series):
        return
    if len(epochs) < LONG_EPOCH * len(np.unique(epochs)):
        return
    near = range(max(1, at.first - NEAR_LINES), min(len(epochs), at.first + 2))
    turns = [row for row in near if epochs[row] != epochs[row - 1]]
    if turns:
        yield Sign(
            of="data_boundary",
            weight=WEAK,
            text=EPOCH_END(path=path, line=int(at.series.line[turns[0]])),
        )
    else:
        yield Sign(of="data_boundary", weight=-STRONG, text=NO_BOUNDARY())


def _is_resume(at: Scene, source: str, line: int, kind: str) -> bool:
    return kind == "resume" and source == at.series.source and _is_near(at, line)


def _place(one: Companion) -> dict[str, str | int]:
    return {
        "metric": one.series.label,
        "path": one.series.path,
        "line": int(one.series.line[one.row]),
    }
