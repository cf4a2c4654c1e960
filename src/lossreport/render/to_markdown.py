"""Renders a `Report` as GitHub- and GitLab-flavoured Markdown, with its charts as SVG files beside
it or, on stdout, none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import escape

from lossreport import regex as re
from lossreport.model.report import Block, Cell, Chart, Report, Spark
from lossreport.render.blocks import (
    cause_of,
    chart_names,
    environment,
    heading,
    same_causes,
    symptoms,
    template_of,
)
from lossreport.render.citation import VISIBLE, citations
from lossreport.render.inline import (
    code_span,
    escape_markdown,
    in_cell,
    in_paragraph,
    to_inline_markdown,
    unmentioned,
    visible,
)
from lossreport.render.notes import notes_markdown
from lossreport.render.parted import Parted
from lossreport.render.sparkline import brief_lines, chart_lines, sparkline
from lossreport.render.voice import languages
from lossreport.text import Lang, LangChoice, Phrase, Value, safe_address
from lossreport.values import dataclass

INK: Final = "#6e7781"
"""The colour of text and axes in a file of its own: legible on the white and on the dark page of a
repository's site.
"""
DIGEST: Final = 12
"""Hexadecimal digits of a chart's digest in its name: two drawings of one chart collide once in
2^48.
"""
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_ENTITIES: Final = str.maketrans({char: f"&#{ord(char)};" for char in "\\`*_[]~$"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkdownDocument:
    """The text, and the SVG files that belong into the folder it refers to, by name."""

    text: str
    files: Mapping[str, str]


def to_markdown(
    report: Report,
    lang: LangChoice = "both",
    charts: Literal["files", "none"] = "files",
    folder: str = "lossreport.files",
) -> MarkdownDocument:
    """Return the report as Markdown; "both" is the whole Chinese document, a rule, and the whole
    English one.

    With `charts="none"` a chart is its title, its text alternative and a sparkline a curve, and
    there are no files.
    """
    jinja = environment("md")
    beside, drawn = (folder, _drawn(report)) if charts == "files" else (None, {})
    names = {block: name for block, (name, _) in drawn.items()}
    texts = [
        _Writer(report=report, lang=one, folder=beside, charts=names, jinja=jinja).write()
        for one in languages(lang)
    ]
    text = "\n---\n\n".join(texts).encode("utf-8", "replace").decode("utf-8")
    return MarkdownDocument(text=text, files=dict(drawn.values()))


def to_ticket_markdown(report: Report, lang: Lang) -> Parted:
    """Return the report as the body of a ticket: its short form, and all sections to be folded
    away.
    """
    writer = _Writer(report=report, lang=lang, folder=None, charts={}, jinja=environment("md"))
    short, rest = (
        writer.write(name).encode("utf-8", "replace").decode("utf-8")
        for name in ("short.md.j2", "rest.md.j2")
    )
    return Parted(lang=lang, short=short, rest=rest)


def _drawn(report: Report) -> dict[int, tuple[str, str]]:
    """Return the file name and the drawing of every chart, by `id` of the block.

    The name ends with a digest of the drawing: a text and its charts belong together, whatever was
    written beside it since.
    """
    from lossreport.charts.draw import draw

    names = chart_names(report)
    charts = [
        block for section in report.sections for block in section.blocks if isinstance(block, Chart)
    ]
    drawn = {id(chart): draw(replace(chart.spec, id=names[id(chart)]), ink=INK) for chart in charts}
    return {
        block: (f"{names[block]}-{hashlib.sha256(svg.encode()).hexdigest()[:DIGEST]}.svg", svg)
        for block, svg in drawn.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """One rendering in one language; `folder` is None where charts are not drawn."""

    report: Report
    lang: Lang
    folder: str | None
    charts: Mapping[int, str]
    jinja: Environment

    def write(self, template: str = "report.md.j2") -> str:
        text = self.jinja.get_template(template).render(
            self._words()
            | {
                "report": self.report,
                "draw_block": self.block,
                "notes": notes_markdown(self.report.meta.notes),
            }
        )
        return _BLANK_LINES.sub("\n\n", text).strip() + "\n"

    def block(self, block: Block) -> str:
        context = self._words() | {"block": block}
        if isinstance(block, Chart):
            context |= {"image": self._image(block), "lines": chart_lines(block)}
        return self.jinja.get_template(template_of(block, "md")).render(context)

    def _words(self) -> dict[str, Any]:
        return {
            "say": self._say,
            "paragraph": self._paragraph,
            "cell": self._cell,
            "code": code_span,
            "alt": self._alt,
            "summary": self._summary,
            "heading": heading,
            "same_causes": same_causes,
            "cause_of": cause_of,
            "symptoms": symptoms,
            "address": safe_address,
            "cite": lambda finding, names: citations(self.report.analysis, finding, names),
            "brief_lines": brief_lines,
            "visible_rows": VISIBLE,
        }

    def _image(self, block: Chart) -> str | None:
        """Return the address of a chart's file, None where none is written."""
        return None if self.folder is None else f"{quote(self.folder)}/{self.charts[id(block)]}"

    def _say(self, value: Value) -> str:
        return to_inline_markdown(value, self.lang)

    def _paragraph(self, value: Value) -> str:
        return in_paragraph(to_inline_markdown(value, self.lang))

    def _cell(self, cell: Cell) -> str:
        if isinstance(cell, Spark):
            return sparkline(cell.y, cell.flagged)
        return in_cell(to_inline_markdown(cell, self.lang))

    def _alt(self, value: Phrase) -> str:
        return escape_markdown(visible(value.plain(self.lang)))

    def _summary(self, value: Phrase) -> str:
        """Return the one text that stands inside an HTML element: plain, escaped for HTML, and
        nothing in it for Markdown.
        """
        return str(escape(unmentioned(visible(value.plain(self.lang))))).translate(_ENTITIES)
