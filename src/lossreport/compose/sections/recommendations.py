"""What to do besides the steps of the first screen, each with the findings it rests on."""

from __future__ import annotations

from lossreport.compose.section import SectionWriter, Story
from lossreport.compose.sections.answer import first_steps, steps_of
from lossreport.model.report import Section, Steps
from lossreport.text import Text

TITLE = Text(zh="建议", en="Recommendations")


def write(story: Story) -> Section | None:
    """Write the steps that the first screen does not show; nothing where it shows them all."""
    rest = steps_of(story)[len(first_steps(story)) :]
    return Section(id="recommendations", title=TITLE, blocks=(Steps(steps=rest),)) if rest else None


SECTION = SectionWriter(id="recommendations", order=90, write=write)
