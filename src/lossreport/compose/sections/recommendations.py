"""What to do, now and next, each step with the findings it rests on."""

from __future__ import annotations

from typing import Literal

from lossreport.compose.section import SectionWriter, Story
from lossreport.model.report import Block, Prose, Section, Step, Steps
from lossreport.text import Text

TITLE = Text(zh="建议", en="Recommendations")
NOW, NEXT = Text(zh="**现在**", en="**Now**"), Text(zh="**接下来**", en="**Next**")
NOTHING = Text(zh="没有需要立即处理的事。", en="Nothing calls for immediate action.")


def write(story: Story) -> Section:
    """Write the steps of now and those of next."""
    blocks: list[Block] = []
    now, later = _steps(story, "now"), _steps(story, "next")
    blocks += [Prose(text=NOW()), Steps(steps=now)] if now else [Prose(text=NOTHING())]
    if later:
        blocks += [Prose(text=NEXT()), Steps(steps=later)]
    return Section(id="recommendations", title=TITLE, blocks=tuple(blocks))


def _steps(story: Story, when: Literal["now", "next"]) -> tuple[Step, ...]:
    mine = [r for r in story.analysis.recommendations if r.when == when and r.run == story.run.id]
    return tuple(Step(text=r.text, because=r.because, source=r.source, code=r.code) for r in mine)


SECTION = SectionWriter(id="recommendations", order=90, write=write)
