"""Says of each run of a comparison how it stands to the reference, and why some are left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.compare.comparison import Compared, Comparison, Entry
from lossreport.compare.naming import name_of, reference_of
from lossreport.compare.seeds import length
from lossreport.compare.tables import fact_value
from lossreport.knowledge.provenance import SEED, is_place
from lossreport.model.analysis import State
from lossreport.model.states import STATES
from lossreport.text import Join, Phrase, Text, Value, number

MOST_SETTINGS: Final = 4
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


def sentences(compared: Compared, comparison: Comparison) -> Iterator[Phrase]:
    """Yield one sentence for every run but the reference, with the settings that differ where the
    results do.
    """
    name, reference = compared.metric.name, reference_of(compared)
    for entry in compared.entries:
        if entry.silent:
            yield SILENT(metric=name, a=name_of(entry), state=STATES[State(entry.silent)].name)
        elif reference is not None and entry.copy_of:
            yield COPY(metric=name, a=name_of(entry), b=name_of(reference))
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
        runs=name_of(entry),
        mean=number(float(values.mean()), unit),
        sd=number(float(values.std(ddof=1)), digits=2),
        low=number(float(values.min()), unit),
        high=number(float(values.max()), unit),
    )


def absent(comparison: Comparison, compared: Compared) -> Iterator[Phrase]:
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


def unequal(comparison: Comparison) -> Iterator[Phrase]:
    """Yield which runs of one setting are of other lengths, and so no seeds."""
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
        SETTING_OF(name=name, a=fact_value(a.get(name)), b=fact_value(b.get(name)))
        for name in names[:MOST_SETTINGS]
    )
    return THEY_DIFFER(settings=Join(items=shown))


def _sentence(compared: Compared, entry: Entry, reference: Entry) -> Phrase:
    found, unit = entry.difference, entry.track.series.unit
    assert found is not None and entry.level is not None and reference.level is not None  # noqa: PT018
    values: dict[str, Value] = {
        "metric": compared.metric.name,
        "a": name_of(entry),
        "b": name_of(reference),
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
