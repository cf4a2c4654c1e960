"""Renders the JSON of a report as a digest: at most 4,000 tokens of Markdown for a reviewer, a bot
or a language model.

Outcome, goal, events, findings with their causes and evidence lines, what to do, facts. Every
sentence is one of the report; the order is that of the JSON, so the same logs give the same text.
What does not fit is left out from the end, and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport import regex as re
from lossreport.render.inline import AT
from lossreport.text import Lang, Text, visible
from lossreport.values import dataclass

ACTS: Final = re.compile(
    r"(?P<tag><(?=[A-Za-z/!?]))|(?P<entity>&(?=#?\w+;))|(?P<link>(?<=\])(?=[(\[:]))"
    r"|(?P<mention>(?<![\w@])@(?=\w))"
)
"""Where a name or a quote of a log would become a tag, an entity, the address of a link or somebody
to notify: a digest is posted as Markdown, and its own sentences have none of these.
"""
INERT: Final = {"tag": "&lt;", "entity": "&amp;", "link": " ", "mention": AT}
MOST_TOKENS: Final = 4000
CHARS_A_TOKEN: Final = 3
"""ASCII characters that one token holds at least, on average over Markdown with numbers and paths:
tokenizers of language models make 3.3 to 4.
"""
TAIL: Final = 60
"""Tokens kept for the line that says what was left out."""
MOST_EVIDENCE: Final = 3
MOST_EVENTS: Final = 20
MOST_FACTS: Final = 40
Json = Mapping[str, Any]

TITLE = Text(zh="# lossreport 摘要", en="# lossreport digest")
RUN = Text(zh="## {name}（{status}）", en="## {name} ({status})")
DO = Text(zh="- 现在做：{do}", en="- Do now: {do}")
GOAL = Text(zh="- 目标：`{series}`，{mode}（{why}）", en="- Goal: `{series}`, {mode} ({why})")
BEST = Text(zh="- 最好：{value}，x = {x}", en="- Best: {value} at x = {x}")
CHECKPOINT = Text(zh="- 对应的 checkpoint：`{name}`", en="- Checkpoint: `{name}`")
EVENTS = Text(zh="### 事件", en="### Events")
FINDINGS = Text(zh="### 发现", en="### Findings")
CAUSE = Text(
    zh="- 可能的原因：{title}；判定：{decided}",
    en="- Possible cause: {title}; decided by: {decided}",
)
SAME = Text(zh="- 可能的原因：同 {finding}", en="- Possible cause: that of {finding}")
STEPS = Text(zh="### 建议", en="### Advice")
FACTS = Text(zh="### 事实", en="### Facts")
LEFT_OUT = Text(
    zh="（略去 {count} 行，见报告全文。）", en="({count} lines left out; see the whole report.)"
)
MODES: Final = {
    "max": Text(zh="越大越好", en="higher is better"),
    "min": Text(zh="越小越好", en="lower is better"),
}


@dataclass(frozen=True, slots=True)
class _Line:
    """A line and how much it matters: of what does not fit, the largest number goes first."""

    text: str
    rank: int


def to_digest(data: Json, lang: Lang = "en") -> str:
    """Return the digest of a report's JSON, as `to_dict` gives it, in one language."""
    lines = [
        _Line(TITLE.of(lang), 0),
        *(line for run in data["runs"] for line in _run(data, run, lang)),
    ]
    kept, room = set[int](), MOST_TOKENS - TAIL
    for index in sorted(range(len(lines)), key=lambda at: (lines[at].rank, at)):
        room -= tokens(lines[index].text)
        if room < 0:
            break
        kept.add(index)
    shown = [_inert(line.text) for index, line in enumerate(lines) if index in kept]
    if len(kept) < len(lines):
        shown.append(LEFT_OUT.of(lang).format(count=len(lines) - len(kept)))
    return "\n".join(shown) + "\n"


def _inert(text: str) -> str:
    """Return a line in which nothing acts but its own marks."""
    return ACTS.sub(lambda match: INERT[match.lastgroup or ""], visible(text))


def tokens(text: str) -> int:
    """Return how many tokens a line takes at most, by its characters: a Chinese one is up to one
    and a half.
    """
    plain = sum(char.isascii() for char in text)
    return plain // CHARS_A_TOKEN + (len(text) - plain) * 3 // 2 + 1


def _run(data: Json, run: Json, lang: Lang) -> Iterator[_Line]:
    paths = {source["id"]: source["path"] for source in run["sources"]}
    keys = {series["id"]: series["key"] for series in data["series"]}
    findings = [
        one
        for one in data["findings"]
        if one["series"] and all(_of(data, each) == run["id"] for each in one["series"])
    ]
    yield _Line("\n" + RUN.of(lang).format(name=_one(run["name"]), status=run["status"]), 0)
    yield from _outcome(run, keys, lang)
    events = [
        f"- {one['kind']}: {_place(paths, one)} “{_one(one['quote'])}”" for one in run["events"]
    ]
    yield from _part(EVENTS, events[:MOST_EVENTS], 3, lang)
    told: dict[str, str] = {}
    yield from _part(
        FINDINGS, [line for one in findings for line in _finding(one, paths, told, lang)], 2, lang
    )
    yield from _part(
        STEPS,
        [
            f"- {one['when']}: {_one(one['text'][lang])}"
            for one in data["recommendations"]
            if one["run"] == run["id"]
        ],
        1,
        lang,
    )
    facts = [f"- `{_one(fact['name'])}` = {_one(str(fact['value']))}" for fact in run["facts"]]
    yield from _part(FACTS, facts[:MOST_FACTS], 4, lang)


def _of(data: Json, series_id: str) -> str:
    return next((str(one["run"]) for one in data["series"] if one["id"] == series_id), "")


def _outcome(run: Json, keys: Mapping[str, str], lang: Lang) -> Iterator[_Line]:
    outcome, goal, best = run.get("outcome"), run.get("goal"), run.get("best")
    if outcome:
        yield _Line(f"\n{_one(outcome['text'][lang])}\n", 0)
        if outcome.get("do"):
            yield _Line(DO.of(lang).format(do=_one(outcome["do"][lang])), 0)
    if goal:
        yield _Line(
            GOAL.of(lang).format(
                series=_one(keys[goal["series"]]),
                mode=MODES[goal["mode"]].of(lang),
                why=_one(goal["why"][lang]),
            ),
            0,
        )
    if best:
        yield _Line(BEST.of(lang).format(value=best["value"], x=best["x"]), 0)
        if best.get("checkpoint"):
            yield _Line(CHECKPOINT.of(lang).format(name=_one(str(best["checkpoint"]))), 0)


def _finding(
    found: Json, paths: Mapping[str, str], told: dict[str, str], lang: Lang
) -> Iterator[str]:
    """Yield a finding and its likeliest cause, which is told once: `told` has the finding of
    each.
    """
    places = ", ".join(_place(paths, one) for one in found["evidence"][:MOST_EVIDENCE])
    text = _one(found["text"][lang])
    yield f"- {found['id']} [{found['severity']}] {found['kind']}: {text} ({places})"
    for cause in found["hypotheses"][:1]:
        if (first := told.setdefault(cause["id"], found["id"])) != found["id"]:
            yield "  " + SAME.of(lang).format(finding=first)
            return
        yield "  " + CAUSE.of(lang).format(
            title=_one(cause["title"][lang]), decided=_one(cause["decided_by"][lang])
        )


def _part(title: Text, lines: list[str], rank: int, lang: Lang) -> Iterator[_Line]:
    if lines:
        yield _Line(f"\n{title.of(lang)}\n", rank)
        yield from (_Line(line, rank) for line in lines)


def _place(paths: Mapping[str, str], one: Json) -> str:
    return f"{_one(paths.get(one['source'], one['source']))}:{one['line']}"


def _one(text: str) -> str:
    """Return a text of a log on one line."""
    return visible(" ".join(text.split()))
