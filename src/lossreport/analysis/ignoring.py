"""Takes out the findings that the user has looked at and asked to leave alone, before anything is
judged by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from fnmatch import fnmatchcase
from typing import Final

from lossreport import regex as re
from lossreport.model.analysis import Finding, Ignored, NotApplicable
from lossreport.model.guidance import IgnoreRule
from lossreport.model.run import Run
from lossreport.text import Text

DAY: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")

EXPIRED = Text(
    zh="忽略规则“{reason}”只到 {until}，而日志的时间是 {day}：这些发现重新计入。",
    en="The rule to ignore findings (“{reason}”) ended on {until} and the log is dated {day}: "
    "these findings count again.",
)
UNDATED = Text(
    zh="忽略规则“{reason}”到 {until} 为止，但日志里没有日期，无法核对是否已过期；仍按忽略处理。",
    en="The rule to ignore findings (“{reason}”) ends on {until}, but the log holds no date "
    "to check it against; the rule is still applied.",
)


def without_ignored(
    run: Run, findings: Sequence[Finding]
) -> tuple[tuple[Finding, ...], tuple[Ignored, ...]]:
    """Return the findings that count, and those that a rule of the user's takes out, each with the
    first rule that fits it.
    """
    rules = [rule for rule in run.guidance.ignored if not _has_ended(rule, day_of(run))]
    kept: list[Finding] = []
    ignored: list[Ignored] = []
    for finding in findings:
        rule = next((rule for rule in rules if _fits(rule, finding, run)), None)
        if rule is None:
            kept.append(finding)
        else:
            ignored.append(Ignored(finding=finding, reason=rule.reason, until=rule.until))
    return tuple(kept), tuple(ignored)


def remarks(run: Run) -> Iterator[NotApplicable]:
    """Yield a remark for every rule that has ended, and for every end that cannot be checked."""
    day = day_of(run)
    for rule in run.guidance.ignored:
        if rule.until is None:
            continue
        until = rule.until.isoformat()
        if day is None:
            yield NotApplicable(
                check="ignore_finding", series=(), reason=UNDATED(reason=rule.reason, until=until)
            )
        elif _has_ended(rule, day):
            yield NotApplicable(
                check="ignore_finding",
                series=(),
                reason=EXPIRED(reason=rule.reason, until=until, day=day.isoformat()),
            )


def day_of(run: Run) -> date | None:
    """Return the day of the last time stamp in the logs, or None where they print no date."""
    for stamp in reversed(run.time):
        found = DAY.search(stamp or "")
        if found:
            try:
                return date(int(found[1]), int(found[2]), int(found[3]))
            except ValueError:  # 2026-13-45 is no date, whatever printed it
                continue
    return None


def _has_ended(rule: IgnoreRule, day: date | None) -> bool:
    return rule.until is not None and day is not None and day > rule.until


def _fits(rule: IgnoreRule, finding: Finding, run: Run) -> bool:
    names = {
        name
        for series in run.series
        if series.id in finding.series
        for name in (series.name, series.label)
    }
    return (
        (rule.kind is None or rule.kind == finding.kind)
        and (rule.metric is None or rule.metric in names)
        and (rule.key is None or fnmatchcase(finding.key, rule.key))
    )
