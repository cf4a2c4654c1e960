"""Suspects that the ranks summed different meters: an average of one rank's loss with another
rank's accuracy or z-loss.

`MetricLogger.synchronize_between_processes` does one all-reduce a meter in insertion order; ranks
whose first batch lacks a meter shift against the others, and rank 0's loss is averaged with another
meter of theirs (FORMATS.md 1.6). The checks a to f there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.detectors.source_disagreement import Comparison, comparisons
from lossreport.analysis.found import evidence, make_finding
from lossreport.analysis.views import DEAVERAGE
from lossreport.model.analysis import Evidence, Finding, Hypothesis, NotApplicable, Severity
from lossreport.model.run import Series, SourceNote, shown_x
from lossreport.text import Join, Phrase, Text, number
from lossreport.values import dataclass

MIN_CHECKS: Final = 3
"""Of the checks a, b, c, d, e and the partner arithmetic; a or b (marks that only the mechanism
leaves) must be among them.
"""
FAR: Final = 0.30
FRACTION: Final = 0.03
"""A value counts as k/N of rank 0's value within 3 %."""
PARTNER: Final = 0.03
"""The value that the other ranks must have contributed counts as another meter of rank 0 within 3
%.
"""
MANY_METERS: Final = 2
IMPOSSIBLE: Final = 1.0
QUIET: Final = 1.25
"""No excursion: the highest de-averaged row of the epoch stays within 25 % of its median."""

TEXT = Text(
    zh=(
        "{path} 的异常数值最可能是日志假象（尚未证实），而不是训练本身的变化。迹象：{signs}。"
        "若属实，这些行的数字没有意义，应改看 {local} 中单个 rank 的值；epoch {rows} "
        "的异常值也就不是梯度爆炸。"
    ),
    en=(
        "The odd values in {path} are most likely an artefact of logging (not proven), not a "
        "change in training. Signs: {signs}. If so, these rows mean nothing, the single-rank "
        "values in {local} are the ones to read, and the outliers at epochs {rows} are not a "
        "gradient explosion."
    ),
)
TITLE = Text(
    zh="跨 rank 归约错位（日志假象）", en="mixed cross-rank reduction (a logging artefact)"
)
REAL = Text(
    zh="训练真的不稳定（梯度爆炸、坏数据、数值问题）",
    en="real instability (exploding gradients, bad data, numerics)",
)
KEY_ORDER = Text(
    zh="{path} 中 {count} 行的字段顺序与其余行不同（第 {lines} 行）；MetricLogger "
    "按字段顺序调用 all-reduce",
    en="{count} rows of {path} list their keys in another order (lines {lines}); MetricLogger "
    "calls all-reduce in key order",
)
BRIEF_ORDER = Text(
    zh="{count} 行的字段顺序与其余行不同", en="{count} rows list their keys in another order"
)
BRIEF_ACCURACY = Text(
    zh="`{metric}` 高达 {value}（准确率不可能大于 1）",
    en="`{metric}` reaches {value} (no accuracy exceeds 1)",
)
BRIEF_QUIET = Text(
    zh="{local} 的逐行数据里没有对应的尖峰", en="{local} shows no such spike in its rows"
)
ACCURACY = Text(
    zh="`{metric}` 出现了不可能的准确率 {values}（大于 1；{local} 中同一指标最大 {usual}）",
    en="`{metric}` takes impossible accuracies of {values} (above 1; at most {usual} in {local})",
)
AT_ONCE = Text(
    zh="在 {count} 个 epoch 里，至少有两个指标同步后的均值与 rank 0 的累计均值相差 30% 以上",
    en="in {count} epochs at least two meters differ by more than 30% between the "
    "synchronised mean and rank 0's own",
)
FRACTIONS = Text(
    zh="`{metric}` 有 {count} 行约为 rank 0 值的 k/{ranks}（误差 3% 以内）",
    en="{count} rows of `{metric}` are within 3% of k/{ranks} times rank 0's value",
)
NO_EXCURSION = Text(
    zh="epoch {rows} 的尖峰在 {local} 的逐行数据中没有对应：反算出的局部均值最高只有 "
    "{highest}（中位数 {median}）",
    en="the spikes at epochs {rows} have no counterpart in the rows of {local}: the local "
    "means recovered from the running mean reach {highest} at most there (median {median})",
)
PARTNERS = Text(
    zh="epoch {x} 的 {value} 在舍入误差内等于 {own_n} 份 rank 0 的 `{metric}`（{own}）与 "
    "{other_n} 份 {needed} 的平均，而 rank 0 的 `{partner}` 是 {actual}",
    en=(
        "within rounding, the {value} at epoch {x} is the mean of {own_n} times rank 0's "
        "`{metric}` ({own}) and {other_n} times {needed}, and rank 0's `{partner}` is {actual}"
    ),
)
AGAINST_FRACTIONS = Text(
    zh="`{metric}` 的 epoch {rows} 既不接近 rank 0 值的 k/{ranks}（超出 3%），"
    "也凑不出单一的其他指标，这一机制对这些行只能大致解释。",
    en="Epochs {rows} of `{metric}` are neither within 3% of k/{ranks} times rank 0's value "
    "nor a mean with one other meter: the mechanism fits these rows only roughly.",
)
AGAINST_RANKS = Text(
    zh="日志里只有 rank 0 逐行的值；其余 {count} 个 rank 当时的真实值看不到，"
    "不能排除它们真的出现过异常。",
    en="The logs hold only rank 0's rows; what the other {count} ranks measured is unknown, "
    "so a real outlier on them cannot be excluded.",
)
DECIDE = Text(
    zh="看各 rank 自己的 `rank-*.log`：若每个 rank 在这些 epoch 的 `{metric}` 都与相邻 epoch "
    "相近，{path} 里的值就是归约错位所致；若有 rank 自己的值也这么高，就是真实的不稳定。",
    en=(
        "Each rank's own `rank-*.log`: if `{metric}` is close to that of the neighbouring epochs "
        "on every rank, the values in {path} come from the reduction; if a rank's own value is "
        "as high, the instability is real."
    ),
)
REAL_FOR = Text(
    zh="{path} 的 epoch {rows} 本身就是整个 epoch 的均值，若 {values} 是真实的 loss，"
    "就是严重的不稳定。",
    en="Epochs {rows} of {path} are means over a whole epoch; if {values} are real losses, "
    "the instability is severe.",
)
REAL_AGAINST = Text(
    zh="{local} 中 rank 0 在这些 epoch 没有一行离群，下一个 epoch 也看不到恢复的过程。",
    en="No row of rank 0 in {local} stands out in these epochs, and the next epoch shows no "
    "recovery.",
)
REAL_GRADIENT = Text(
    zh="rank 0 的 `{metric}` 在这些 epoch 最高 {highest}，没有超过裁剪阈值 {clip}。",
    en="Rank 0's `{metric}` reaches {highest} at most in these epochs, below the clipping "
    "threshold of {clip}.",
)
REAL_DECIDE = Text(
    zh="各 rank 逐 batch 的 loss 与 grad_norm；或关闭跨 rank 归约，逐 rank 打印 epoch 均值。",
    en="The loss and grad_norm of every batch on every rank; or each rank's epoch means "
    "printed without the reduction.",
)
NO_RANK_LOGS = Text(
    zh="没有 `rank-*.log`，无法核对各 rank 的均值与 {path} 是否一致，"
    "而这正是判定归约错位的直接证据。",
    en="There are no `rank-*.log` files, so the means of the single ranks cannot be compared "
    "with {path}, the check that would settle it.",
)
ONE_RANK = Text(
    zh="world_size = 1：没有跨 rank 归约，来源不一致只能另找原因。",
    en="world_size = 1: there is no reduction across ranks, so the disagreement must have "
    "another cause.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One check that fired: its letter, what it says in full and in a few words, the rows it stands
    on.
    """

    check: str
    text: Phrase
    brief: Phrase | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedReduction:
    """How many checks say that rows are of one process among many."""

    checks: float


def detect(context: Context) -> Iterator[Found]:
    """Yield one finding a source whose synchronised means carry at least three marks of the
    mechanism.
    """
    disagreeing = {
        finding.series[0] for finding in context.found if finding.kind == "source_disagreement"
    }
    pairs = [pair for pair in comparisons(context.run) if pair.synced.id in disagreeing]
    if not pairs:
        return
    ranks = context.facts.get("world_size")
    if ranks == 1:
        yield NotApplicable(
            check="mixed_reduction", series=tuple(sorted(disagreeing)), reason=ONE_RANK()
        )
        return
    ranks = ranks if isinstance(ranks, int) else None
    for pair in _main_pairs(context, pairs):
        signs = _signs(context, pair, ranks)
        found = {sign.check for sign in signs}
        if len(found) >= MIN_CHECKS and found & {"a", "b"}:
            yield _finding(context, pair, signs, ranks)
            yield NotApplicable(
                check="mixed_reduction",
                series=(pair.synced.id,),
                reason=NO_RANK_LOGS(path=pair.synced.path),
            )


def _main_pairs(context: Context, pairs: Sequence[Comparison]) -> list[Comparison]:
    """Return one pair a source: the one with the most extreme ratio among the losses."""
    best: dict[str, Comparison] = {}
    for pair in pairs:
        rival = best.get(pair.synced.source)
        if rival is None or _extreme(pair) > _extreme(rival):
            best[pair.synced.source] = pair
    return list(best.values())


def _extreme(pair: Comparison) -> float:
    return float(pair.ratio.max())


def _signs(context: Context, pair: Comparison, ranks: int | None) -> list[Sign]:
    every = [
        other for other in comparisons(context.run) if other.synced.source == pair.synced.source
    ]
    signs = [
        _key_order(context, pair),
        _accuracy(context, pair, every),
        _at_once(pair, every),
        _fractions(pair, ranks),
        _no_excursion(context, pair),
        *_partners(context, pair, ranks),
    ]
    return [sign for sign in signs if sign is not None]


def _key_order(context: Context, pair: Comparison) -> Sign | None:
    """Check a: the rows of one JSONL file list their keys in different orders."""
    notes: list[SourceNote] = [
        note
        for note in context.run.notes
        if note.kind == "key_order" and note.source == pair.synced.source
    ]
    if not notes:
        return None
    lines = notes[0].lines
    rows = np.flatnonzero(np.isin(pair.synced.line, lines))
    text = KEY_ORDER(path=pair.synced.path, count=len(lines), lines=Join(items=tuple(lines[:12])))
    return Sign(
        check="a",
        text=text,
        brief=BRIEF_ORDER(count=len(lines)),
        evidence=evidence(pair.synced, rows.tolist()[:12]),
    )


def _accuracy(context: Context, pair: Comparison, every: Sequence[Comparison]) -> Sign | None:
    """Check b: an accuracy that is a fraction in rank 0's rows exceeds 1 after the reduction."""
    for other in every:
        if context.kind(other.synced).id not in ("accuracy", "map") or not other.local.y.size:
            continue
        usual = float(np.nanmax(other.local.y))
        rows = np.flatnonzero(other.synced.y > IMPOSSIBLE)
        if usual <= IMPOSSIBLE and len(rows):
            values = Join(
                items=tuple(
                    number(float(v), digits=3)
                    for v in sorted(set(other.synced.y[rows].round(1)), reverse=True)[:4]
                )
            )
            text = ACCURACY(
                metric=other.synced.name,
                values=values,
                usual=number(usual, digits=2),
                local=other.local.path,
            )
            return Sign(
                check="b",
                text=text,
                brief=BRIEF_ACCURACY(
                    metric=other.synced.name,
                    value=number(float(other.synced.y[rows].max()), digits=3),
                ),
                evidence=evidence(other.synced, rows.tolist()[:12]),
            )
    return None


def _at_once(pair: Comparison, every: Sequence[Comparison]) -> Sign | None:
    """Check c: several meters differ by more than 30 % in the same epoch."""
    counts: dict[float, int] = {}
    for other in every:
        for x in other.x[np.abs(np.log(other.ratio)) > np.log1p(FAR)]:
            counts[float(x)] = counts.get(float(x), 0) + 1
    epochs = [x for x, count in counts.items() if count >= MANY_METERS]
    return Sign(check="c", text=AT_ONCE(count=len(epochs))) if epochs else None


def _fractions(pair: Comparison, ranks: int | None) -> Sign | None:
    """Check d: values that are k/N of rank 0's value."""
    if ranks is None or ranks < 2:
        return None
    rows = _fraction_rows(pair, ranks)
    if len(rows) < MANY_METERS:
        return None
    text = FRACTIONS(metric=pair.synced.name, count=len(rows), ranks=ranks)
    return Sign(
        check="d", text=text, evidence=evidence(pair.synced, pair.synced_rows[rows].tolist())
    )


def _fraction_rows(pair: Comparison, ranks: int) -> list[int]:
    fractions = np.arange(1, ranks) / ranks
    distance = np.abs(pair.ratio[:, None] / fractions[None, :] - 1).min(axis=1)
    return np.flatnonzero(distance <= FRACTION).tolist()


def spike_epochs(context: Context, pair: Comparison) -> list[int]:
    """Return the indices (into the common epochs) of the epoch rows that were flagged as spikes or
    as above chance.
    """
    rows = {
        row
        for f in context.found
        if f.kind in ("spike", "above_chance") and f.series[0] == pair.synced.id
        for row in f.rows
    }
    return [index for index, row in enumerate(pair.synced_rows.tolist()) if row in rows]


def _local(context: Context, series: Series) -> Series:
    return context.view(series, DEAVERAGE) or series


def _no_excursion(context: Context, pair: Comparison) -> Sign | None:
    """Check e: a spike of the epoch file without any excursion in rank 0's de-averaged rows of that
    epoch.
    """
    spikes = spike_epochs(context, pair)
    local = _local(context, pair.local)
    if not spikes or not local.derived:
        return None
    inside = np.isin(local.epoch, pair.x[spikes])
    if not inside.any():
        return None
    highest, median = float(np.nanmax(local.y[inside])), float(np.nanmedian(local.y[inside]))
    if highest > QUIET * median:
        return None
    row = int(np.flatnonzero(inside)[np.nanargmax(local.y[inside])])
    text = NO_EXCURSION(
        rows=_epochs(pair, spikes), local=local.path, highest=number(highest), median=number(median)
    )
    return Sign(
        check="e", text=text, brief=BRIEF_QUIET(local=local.path), evidence=evidence(local, [row])
    )


def _partners(context: Context, pair: Comparison, ranks: int | None) -> Iterator[Sign]:
    """Check that a spike is the mean of m values of this meter and N - m of another one of rank 0
    (FORMATS.md 1.6, arithmetic).
    """
    if ranks is None or ranks < 2:
        return
    for index in spike_epochs(context, pair)[:4]:
        found = _partner(context, pair, index, ranks)
        if found is not None:
            yield found


def _partner(context: Context, pair: Comparison, index: int, ranks: int) -> Sign | None:
    x, value = float(pair.x[index]), float(pair.synced.y[pair.synced_rows[index]])
    own = float(pair.local.y[pair.local_rows[index]])
    for others in range(1, ranks):
        needed = (ranks * value - (ranks - others) * own) / others
        for rival in comparisons(context.run):
            if rival.local.source != pair.local.source or rival.local.name == pair.local.name:
                continue
            actual = rival.local.y[rival.local_rows[rival.x == x]]
            if len(actual) and needed > 0 and abs(actual[0] / needed - 1) <= PARTNER:
                row = int(rival.local_rows[rival.x == x][0])
                text = PARTNERS(
                    x=int(x),
                    value=number(value),
                    own_n=ranks - others,
                    metric=pair.synced.name,
                    own=number(own),
                    other_n=others,
                    needed=number(needed),
                    partner=rival.local.name,
                    actual=number(float(actual[0])),
                )
                return Sign(check="g", text=text, evidence=evidence(rival.local, [row]))
    return None


def _epochs(pair: Comparison, indices: Sequence[int]) -> Join:
    return Join(items=tuple(shown_x(pair.x[index]) for index in indices))


def _finding(
    context: Context, pair: Comparison, signs: Sequence[Sign], ranks: int | None
) -> Finding:
    spikes = spike_epochs(context, pair)
    shown = spikes or list(range(len(pair.x)))
    text = TEXT(
        path=pair.synced.path,
        local=pair.local.path,
        rows=_epochs(pair, shown[:8]),
        signs=Join(items=tuple(sign.brief for sign in signs if sign.brief is not None)),
    )
    rows = pair.synced_rows[np.abs(np.log(pair.ratio)) > FRACTION].tolist()
    return make_finding(
        "mixed_reduction",
        pair.synced,
        rows,
        Severity.HIGH,
        text,
        payload=MixedReduction(checks=float(len({sign.check for sign in signs}))),
        others=(pair.local,),
        more_evidence=tuple(row for sign in signs for row in sign.evidence),
        hypotheses=(_artefact(pair, signs, ranks), _instability(context, pair, shown)),
    )


def _artefact(pair: Comparison, signs: Sequence[Sign], ranks: int | None) -> Hypothesis:
    against = []
    if ranks is not None:
        fitting = set(_fraction_rows(pair, ranks))
        rest = [i for i in range(len(pair.x)) if i not in fitting and pair.ratio[i] < 1]
        if rest:
            against.append(
                AGAINST_FRACTIONS(metric=pair.synced.name, rows=_epochs(pair, rest), ranks=ranks)
            )
        against.append(AGAINST_RANKS(count=ranks - 1))
    return Hypothesis(
        id="mixed_reduction",
        rank=1,
        title=TITLE(),
        support=tuple(sign.text for sign in signs),
        against=tuple(against),
        decided_by=DECIDE(metric=pair.synced.name, path=pair.synced.path),
    )


def _instability(context: Context, pair: Comparison, shown: Sequence[int]) -> Hypothesis:
    values = Join(items=tuple(number(float(pair.synced.y[pair.synced_rows[i]])) for i in shown[:4]))
    against = [REAL_AGAINST(local=pair.local.path), *_gradient(context, pair, shown)]
    return Hypothesis(
        id="real_instability",
        rank=2,
        title=REAL(),
        support=(REAL_FOR(path=pair.synced.path, rows=_epochs(pair, shown[:4]), values=values),),
        against=tuple(against),
        decided_by=REAL_DECIDE(),
    )


def _gradient(context: Context, pair: Comparison, shown: Sequence[int]) -> Iterator[Phrase]:
    clip = context.facts.get("clip_grad")
    for series in context.run.series:
        usable = (
            series.source == pair.local.source
            and series.metric_type == "grad_norm"
            and series.derived
            and series.derived.how == DEAVERAGE
        )
        if usable and isinstance(clip, int | float):
            inside = np.isin(series.epoch, pair.x[list(shown)])
            if inside.any() and float(np.nanmax(series.y[inside])) < clip:
                yield REAL_GRADIENT(
                    metric=series.label,
                    highest=number(float(np.nanmax(series.y[inside]))),
                    clip=number(float(clip)),
                )


DETECTOR = Detector(
    id="mixed_reduction",
    kinds=(
        Kind(
            id="mixed_reduction",
            title=Text(zh="跨 rank 归约错位（疑似）", en="mixed cross-rank reduction (suspected)"),
        ),
    ),
    detect=detect,
    order=60,
)
