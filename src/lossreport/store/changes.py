"""Says only what changed between two reports: the verdict, settings, plan, metrics and checkpoint,
and the findings by their `key`, which is stable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from lossreport.compose.short import MOST_RUNS, shortened
from lossreport.model.analysis import Analysis, Finding, Recommendation, State, plain
from lossreport.model.report import (
    Block,
    Callout,
    Column,
    FindingList,
    Meta,
    Prose,
    Report,
    Row,
    Section,
    Table,
)
from lossreport.model.run import Run
from lossreport.model.states import STATES
from lossreport.store.moved import Moved, line_of, moved
from lossreport.store.told import (
    findings_of,
    names_of,
    placed_in,
    run_verdict,
    state_name,
    steps_of,
)
from lossreport.text import Join, Text, Value, show_number
from lossreport.values import dataclass
from lossreport.words import SEVERITIES

TITLE = Text(zh="训练状态的变化：{name}", en="What changed: {name}")
CHANGES = Text(zh="变化", en="Changes")
TURNED = Text(
    zh="结论由“{before}”变为“{after}”", en="The verdict went from “{before}” to “{after}”"
)
SAME = Text(zh="结论没有变化：{after}", en="The verdict is the same: {after}")
FIRST = Text(
    zh="旧报告中没有这次训练；结论：{after}",
    en="The old report does not have this run; the verdict: {after}",
)
COUNTS = Text(
    zh="新增 {new} 条发现，消失 {gone} 条，改变 {changed} 条，不变 {same} 条。",
    en="Findings: {new} new, {gone} gone, {changed} changed, {same} the same.",
)
MISSING = Text(
    zh="旧报告中的这些训练不在新报告里：{names}。",
    en="Runs of the old report that the new one does not have: {names}.",
)
NEW = Text(zh="**新增的发现**", en="**New findings**")
GONE = Text(
    zh="**消失的发现**（编号为旧报告中的编号）",
    en="**Findings that are gone** (numbered as in the old report)",
)
CHANGED = Text(zh="改变的发现", en="Findings that changed")
FINDING = Text(zh="发现", en="finding")
WHAT = Text(zh="改变之处", en="what changed")
BEFORE = Text(zh="之前", en="before")
AFTER = Text(zh="现在", en="now")
NAMED = Text(zh="#{id} · {kind} · {subject}", en="#{id} · {kind} · {subject}")
SEVERITY = Text(zh="严重度", en="severity")
OF_RUN = Text(zh="{name}：{what}", en="{name}: {what}")
OTHERS = Text(
    zh="另有 {count} 次训练没有列出：其结论没有变化，或不如以上严重。",
    en="{count} more runs are not listed: their verdicts did not change, or are less grave "
    "than these.",
)
ADVICE = Text(zh="新的建议", en="New advice")
MOVED = Text(
    zh="设置、计划、指标与 checkpoint（各为一次训练：差别是否超过换一个 seed，这里看不出）",
    en="Settings, plan, metrics and checkpoint (one run each: whether a difference is more "
    "than that of another seed does not show here)",
)
OUTCOME_WAS = Text(zh="之前：{text}", en="Before: {text}")
OUTCOME_IS = Text(zh="现在：{text}", en="Now: {text}")
NOT_TOLD = Text(zh="（无）", en="(none)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Findings by key: those of the new report alone, of the old one alone, and (old, new) of
    both.
    """

    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    both: tuple[tuple[Finding, Finding], ...]

    @property
    def changed(self) -> tuple[tuple[Finding, Finding], ...]:
        """Those of both whose severity or numbers, as they are printed, differ."""
        return tuple((old, new) for old, new in self.both if _shown(old) != _shown(new))


def changes(old: Analysis, new: Analysis, version: str) -> Report:
    """Return what changed from one report to the other, which this version wrote; runs are paired
    by name, a single one with the single other.
    """
    partners = [partner(old, new, run) for run in new.runs]
    sections = [
        _of_run(old, before, new, run) for before, run in zip(partners, new.runs, strict=True)
    ]
    missing = [run.name for run in old.runs if run not in partners]
    if missing:
        sections.append(
            Section(
                id="missing",
                title=CHANGES,
                blocks=(Prose(text=MISSING(names=Join(items=tuple(missing)))),),
            )
        )
    meta = Meta(title=TITLE(name=Join(items=tuple(run.name for run in new.runs))), version=version)
    return Report(
        analysis=Analysis(runs=()),
        meta=meta,
        sections=tuple(sections),
        short=_short(old, new),
    )


def _short(old: Analysis, new: Analysis) -> tuple[Block, ...]:
    """Return of each run what became of its verdict and its findings, and of a single one its new
    findings and advice.

    Of many runs those are told whose verdict changed, then the gravest.
    """
    paired_runs = [(partner(old, new, run), run) for run in new.runs]
    told = sorted(paired_runs, key=lambda pair: _rank(old, pair[0], new, pair[1]))[:MOST_RUNS]
    runs = [pair for pair in paired_runs if pair in told]
    blocks: list[Block] = []
    for before, run in runs:
        paired = pairs(findings_of(old, before) if before else (), findings_of(new, run))
        verdict = _verdict(old, before, new, run)
        if len(runs) > 1:
            blocks.append(Prose(text=OF_RUN(name=run.name, what=verdict.title)))
            continue
        outcome = new.outcome(run.id)
        blocks.append(replace(verdict, body=() if outcome is None else (outcome.text,)))
        blocks += (
            [Prose(text=line_of(moved(old, before, new, run), len(paired.new), len(paired.gone)))]
            if before
            else []
        )
        blocks.append(_counts(paired))
    if len(runs) < len(paired_runs):
        blocks.append(Prose(text=OTHERS(count=len(paired_runs) - len(runs))))
    if len(runs) == 1:
        fresh = FindingList(findings=paired.new, names=names_of(new))
        advice = steps_of(_new_advice(old, before, new, run))
        blocks += shortened([fresh, advice], placed_in(new))
    return tuple(blocks)


def _rank(old: Analysis, before: Run | None, new: Analysis, run: Run) -> tuple[bool, int]:
    state = run_verdict(new, run).state
    same = before is not None and run_verdict(old, before).state is state
    return same, list(State).index(state)


def _new_advice(old: Analysis, before: Run | None, new: Analysis, run: Run) -> list[Recommendation]:
    known = {one.text.plain("en") for one in old.recommendations if before and one.run == before.id}
    return [
        one
        for one in new.recommendations
        if one.run == run.id and one.text.plain("en") not in known
    ]


def pairs(old: Iterable[Finding], new: Iterable[Finding]) -> Pairs:
    """Pair findings by key; of several with one key, the first with the first."""
    before, after = _numbered(old), _numbered(new)
    return Pairs(
        new=tuple(found for key, found in after.items() if key not in before),
        gone=tuple(found for key, found in before.items() if key not in after),
        both=tuple((before[key], found) for key, found in after.items() if key in before),
    )


def _numbered(findings: Iterable[Finding]) -> dict[tuple[str, int], Finding]:
    seen: Counter[str] = Counter()
    numbered = {}
    for found in findings:
        numbered[found.key, seen[found.key]] = found
        seen[found.key] += 1
    return numbered


def partner(old: Analysis, new: Analysis, run: Run) -> Run | None:
    """Return the run of the old report that a run of the new one continues: by name, or the single
    one of each.
    """
    if len(old.runs) == len(new.runs) == 1:
        return old.runs[0]
    return next((other for other in old.runs if other.name == run.name), None)


def _of_run(old: Analysis, before: Run | None, new: Analysis, run: Run) -> Section:
    paired = pairs(findings_of(old, before) if before else (), findings_of(new, run))
    blocks: list[Block] = [_verdict(old, before, new, run), *_outcomes(old, before, new, run)]
    if before:
        blocks += _moved(moved(old, before, new, run), len(paired.new), len(paired.gone))
    blocks.append(_counts(paired))
    if paired.new:
        blocks += [
            Prose(text=NEW()),
            FindingList(findings=paired.new, names=names_of(new)),
        ]
    if paired.gone:
        gone = FindingList(findings=paired.gone, names=names_of(old), brief=True)
        blocks += [Prose(text=GONE()), gone]
    if paired.changed:
        blocks.append(_table(paired.changed, names_of(new)))
    advice = _new_advice(old, before, new, run)
    if advice:
        blocks += [Prose(text=ADVICE()), steps_of(advice)]
    several = len(new.runs) > 1
    return Section(
        id=f"{run.id}-anomalies" if several else "anomalies",
        title=CHANGES,
        blocks=tuple(blocks),
        of=run.id if several else "",
    )


def _verdict(old: Analysis, before: Run | None, new: Analysis, run: Run) -> Callout:
    state, after = run_verdict(new, run).state, state_name(new, run)
    if before is None:
        return Callout(tone=STATES[state].shade, title=FIRST(after=after))
    same = run_verdict(old, before).state is state
    title = SAME(after=after) if same else TURNED(before=state_name(old, before), after=after)
    return Callout(tone=STATES[state].shade, title=title)


def _outcomes(old: Analysis, before: Run | None, new: Analysis, run: Run) -> list[Block]:
    """Return how the run ended, and how it did in the old report where that is not the same."""
    was, now = old.outcome(before.id) if before else None, new.outcome(run.id)
    if now is None or (was is not None and plain(was.text) == plain(now.text)):
        return []
    told = [OUTCOME_WAS(text=was.text)] if was is not None else []
    return [Prose(text=text) for text in (*told, OUTCOME_IS(text=now.text))]


def _moved(found: Moved, fresh: int, gone: int) -> list[Block]:
    rows = tuple(Row(cells=difference) for difference in found.rows)
    columns = tuple(Column(title=title) for title in (WHAT, BEFORE, AFTER))
    table = [Table(caption=MOVED(), columns=columns, rows=rows)] if rows else []
    return [Prose(text=line_of(found, fresh, gone)), *table]


def _counts(paired: Pairs) -> Prose:
    changed = len(paired.changed)
    return Prose(
        text=COUNTS(
            new=len(paired.new),
            gone=len(paired.gone),
            changed=changed,
            same=len(paired.both) - changed,
        )
    )


def _table(changed: Iterable[tuple[Finding, Finding]], names: Mapping[str, str]) -> Table:
    rows = [
        Row(cells=(_name(new, names), what, before, after))
        for old, new in changed
        for what, before, after in _differences(old, new)
    ]
    columns = tuple(Column(title=title) for title in (FINDING, WHAT, BEFORE, AFTER))
    return Table(caption=CHANGED(), columns=columns, rows=tuple(rows))


def _name(found: Finding, names: Mapping[str, str]) -> Value:
    subject = Join(items=tuple(names.get(series, series) for series in found.series[:3]))
    return NAMED(id=found.id, kind=found.called, subject=subject)


def _differences(old: Finding, new: Finding) -> list[tuple[Value, Value, Value]]:
    before, after = _shown(old), _shown(new)
    names = [
        name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)
    ]
    return [
        (SEVERITY, SEVERITIES[old.severity.value], SEVERITIES[new.severity.value])
        if name == ""
        else (name, before.get(name, NOT_TOLD), after.get(name, NOT_TOLD))
        for name in names
    ]


def _shown(found: Finding) -> dict[str, str]:
    """Return severity (under the empty name) and numbers as they are printed: what looks the same
    is no change.
    """
    numbers = {name: show_number(float(value)) for name, value in found.numbers.items()}
    return {"": found.severity.value, **numbers}
