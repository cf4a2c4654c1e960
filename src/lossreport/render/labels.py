"""The few words that the renderers themselves say around blocks: column heads of a finding, links,
notes on what is folded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lossreport.model.analysis import Finding, Hypothesis
from lossreport.model.report import Step, Tone
from lossreport.text import Join, Phrase, Text, finding_tag

CONTENTS: Final = Text(zh="目录", en="Contents")
EVIDENCE: Final = Text(zh="依据", en="Evidence")
MORE: Final = Text(zh="其余 {count} 条依据", en="{count} more pieces of evidence")
IN_DATA: Final = Text(zh="另有 {count} 条（见 JSON）", en="{count} more (in the JSON)")
LEADING: Final = Text(zh="最可能的原因", en="Likeliest cause")
BEHIND: Final = Text(zh="依据与原因", en="Evidence and causes")
BEHIND_RUN: Final = Text(
    zh="{run} 的尺度、收敛、异常与依据", en="{run}: scale, convergence, anomalies and evidence"
)
DETAILS: Final = Text(zh="细节", en="Details")
REST: Final = Text(zh="展开", en="more")
MORE_STEPS: Final = Text(zh="另外 {count} 步", en="{count} more")
HYPOTHESES: Final = Text(zh="可能的原因（按可能性排列）", en="Possible causes, most likely first")
SYMPTOMS: Final = Text(
    zh="同一原因的 {count} 处表现：{ids}", en="{count} symptoms of the same cause: {ids}"
)
SYMPTOM: Final = Text(zh="同一原因的表现：{ids}", en="a symptom of the same cause: {ids}")
SAME_CAUSES: Final = Text(zh="可能的原因同", en="Possible causes: the same as for")
FOR: Final = Text(zh="支持", en="for")
AGAINST: Final = Text(zh="反对", en="against")
DECIDED: Final = Text(zh="如何判定", en="what decides")
DO: Final = Text(zh="怎么办", en="what to do")
CODE: Final = Text(zh="`{code}`", en="`{code}`")
KNOWN: Final = Text(zh="见", en="known from")
TITLED: Final = Text(zh="{title}", en="{title}")
BECAUSE: Final = Text(zh="依据", en="because of")
SOURCE: Final = Text(zh="出处", en="source")
SAYS: Final = Text(zh="{word}：{what}", en="{word}: {what}")
HEADED: Final = Text(zh="{word}：", en="{word}:")
ASIDE: Final = Text(zh="（{what}）", en=" ({what})")
WHY: Final = Text(zh="{word} {what}", en="{word} {what}")
CHARTS: Final = Text(zh="{count} 张小图，点开查看", en="{count} small charts (open to view)")
PANELS: Final = Text(
    zh="首值 → 末值；阴影为首图中的事件；浅色为原始点，深色为滑动中位数。不变的指标不画，"
    "指标很多时排在后面的也不画；{of} 个序列都在 JSON 中。",
    en="First → last; shaded: events of the first picture; pale: rows, dark: running median. "
    "What never changes is not drawn, nor of many metrics the last; JSON has all {of}.",
)
ROWS: Final = Text(zh="{count} 行，点开查看", en="{count} rows (open to view)")
VALUE: Final = Text(zh="值", en="value")
COLON: Final = Text(zh="：", en=": ")
OPEN, CLOSE = Text(zh="（", en=" ("), Text(zh="）", en=")")
"""Punctuation for Markdown, where one language is written at a time."""

CURVE: Final = Text(
    zh="`{name}` `{shape}` {first} → {last}（{axis} {start} 至 {end}）",
    en="`{name}` `{shape}` {first} → {last} ({axis} {start} to {end})",
)
CITED: Final = Text(
    zh="`{metric}` **{value}**，{x}（`{place}`）", en="`{metric}` **{value}** at {x} (`{place}`)"
)
UNNAMED: Final = Text(zh="**{value}**（`{place}`）", en="**{value}** (`{place}`)")
STANDS: Final = Text(zh="**{value}**，{x}（`{place}`）", en="**{value}** at {x} (`{place}`)")
WHOLE: Final = Text(
    zh="全部分析：依据、原因、图表", en="The whole analysis: evidence, causes, tables, charts"
)
LANGUAGE: Final = Text(zh="中文", en="English")

OWNER: Final = Text(zh="负责人", en="Owner")
TAGS: Final = Text(zh="标签", en="Tags")
LINK: Final = Text(zh="链接", en="Link")
NOTES: Final = Text(zh="备注", en="Notes")

SHAPES: Final[dict[Tone, str]] = {
    "critical": "▲",
    "high": "◆",
    "medium": "■",
    "low": "●",
    "info": "○",
    "good": "✓",
}
"""A shape for every tone, so that nothing is said by colour alone."""
TONES: Final[dict[Tone, Text]] = {
    "critical": Text(zh="严重", en="critical"),
    "high": Text(zh="高", en="high"),
    "medium": Text(zh="中", en="medium"),
    "low": Text(zh="低", en="low"),
    "info": Text(zh="提示", en="note"),
    "good": Text(zh="未见问题", en="no problem found"),
}
"""The word for every tone, for readers who hear the page."""


def symptoms(findings: Sequence[Finding]) -> Phrase:
    """Return the summary of what a cause explains besides itself."""
    ids = Join(items=tuple(finding_tag(finding.id) for finding in findings))
    return SYMPTOM(ids=ids) if len(findings) == 1 else SYMPTOMS(count=len(findings), ids=ids)


def asides(step: Step) -> list[Phrase]:
    """Return what stands in brackets behind a step: the findings it is because of, and the source
    of the advice.
    """
    because = (
        [ASIDE(what=WHY(word=BECAUSE, what=Join(items=tuple(map(finding_tag, step.because)))))]
        if step.because
        else []
    )
    code = [ASIDE(what=CODE(code=step.code))] if step.code else []
    return (
        because + code + ([ASIDE(what=SAYS(word=SOURCE, what=step.source))] if step.source else [])
    )


def points(hypothesis: Hypothesis) -> list[tuple[Text, tuple[Phrase, ...]]]:
    """Return what is told of a hypothesis, in order: each word with its phrases; what has none is
    left out.
    """
    do = (hypothesis.do,) if hypothesis.do is not None else ()
    code = (CODE(code=hypothesis.code),) if hypothesis.code else ()
    known = (TITLED(title=hypothesis.reference),) if hypothesis.reference else ()
    told = [
        (FOR, hypothesis.support),
        (AGAINST, hypothesis.against),
        (DECIDED, (hypothesis.decided_by,)),
        (DO, (*do, *code)),
        (KNOWN, known),
    ]
    return [(word, phrases) for word, phrases in told if phrases]
