"""Renders a `Report` as one self-contained HTML file: no script, no request, both languages inside,
switched by CSS alone.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any, Final

from jinja2 import Environment
from markupsafe import Markup, escape

from lossreport import progress
from lossreport import regex as re
from lossreport.model.report import Block, Chart, FindingList, Report, Spark, Table
from lossreport.render.blocks import (
    cause_of,
    chart_names,
    environment,
    heading,
    same_causes,
    symptoms,
    table_names,
    template_of,
    told_in_full,
)
from lossreport.render.citation import VISIBLE, citations
from lossreport.render.file_names import file_names
from lossreport.render.notes import notes_html
from lossreport.render.seal import sealed
from lossreport.render.to_json import to_dict
from lossreport.render.voice import TAGS, Voice, languages
from lossreport.resources import read_template
from lossreport.text import ESCAPED, LangChoice, finding_tag, first_sentence, safe_address
from lossreport.values import dataclass

_UNSAFE_IN_SCRIPT: Final = str.maketrans(
    {char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
)
_COMMENT: Final = re.compile(r"/\*(?:(?!/\*).)*?\*/", re.DOTALL)
_SPACE: Final = re.compile(r"\s+")
_NEEDLESS: Final = re.compile(r" ?([{};,>~]) ?|(?<=:) ")
_PART: Final = re.compile(
    r"<g text-anchor=[^>]*+>(?:<text [^>]*+>[^<]*+</text>)++</g>|<path d=[^>]*+/>"
)
LEAST_SHARED: Final = 40
_SVG_TAG: Final = re.compile(r"<svg\b[^<>]*+>")


def to_html(report: Report, lang: LangChoice = "both") -> str:
    """Return the report as one HTML document, the analysis inside as a JSON data block.

    "both" holds Chinese and English, Chinese shown first; "zh" and "en" hold one language and no
    switch.
    """
    voice = Voice(languages(lang), file_names(report.analysis))
    page = Page(
        report=report,
        voice=voice,
        jinja=environment("html"),
        names=chart_names(report) | table_names(report),
        told=told_in_full(report),
    )
    return page.render()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One rendering of a report: its languages, the names of its charts and tables, and where each
    finding is told in full.
    """

    report: Report
    voice: Voice
    jinja: Environment
    names: dict[int, str]
    told: dict[str, FindingList]

    def render(self) -> str:
        """Return the whole document."""
        document = self.jinja.get_template("report.html.j2").render(
            **self._words(),
            report=self.report,
            langs=self.voice.langs,
            tag=TAGS[self.voice.langs[0]],
            css=self._stylesheets(),
            data=data_block(self.report),
            notes=notes_html(self.report.meta.notes),
            draw_block=self.block,
        )
        return sealed(document.encode("utf-8", "replace").decode("utf-8"))

    def block(self, block: Block) -> Markup:
        """Return one block as HTML."""
        progress.advance(1)
        context: dict[str, Any] = self._words() | {"block": block}
        if isinstance(block, Chart):
            context |= {"name": self.names[id(block)], "svg": self._figure(block)}
        if isinstance(block, Table):
            drawn = shared([self._panel(panel) for panel in block.panels], self.names[id(block)])
            context |= {"name": self.names[id(block)], "aligned": alignment(block), "drawn": drawn}
        if isinstance(block, FindingList):
            context |= {"anchored": {f.id for f in block.findings if self.told.get(f.id) is block}}
        return Markup(self.jinja.get_template(template_of(block, "html")).render(context).strip())

    def _stylesheets(self) -> Markup:
        """Return the style of a page, and of its language switch where it has one."""
        names = ["report.css", *(["switch.css"] if len(self.voice.langs) > 1 else [])]
        return Markup("").join(stylesheet(f"assets/{name}") for name in names)

    def _words(self) -> dict[str, Any]:
        return {
            "say": self.voice.say,
            "bare": self.voice.bare,
            "paragraphs": self.voice.paragraphs,
            "label": self.voice.label,
            "link": self.link,
            "spark": spark,
            "is_spark": lambda cell: isinstance(cell, Spark),
            "heading": heading,
            "same_causes": same_causes,
            "cause_of": cause_of,
            "symptoms": symptoms,
            "address": safe_address,
            "gist": first_sentence,
            "cite": lambda finding, names: citations(self.report.analysis, finding, names),
            "visible_rows": VISIBLE,
        }

    def link(self, finding_id: str) -> Markup:
        """Return a link to the full account of a finding, or its name where the report has none."""
        if finding_id not in self.told:
            return escape(finding_tag(finding_id))
        return Markup('<a href="#{0}">#{0}</a>').format(finding_id)

    def _figure(self, block: Chart) -> Markup:
        from lossreport.charts.draw import draw

        name = self.names[id(block)]
        return named_svg(
            draw(replace(block.spec, id=name)),
            f'role="img" aria-labelledby="{name}-title"',
            drop=("xmlns", "font-family"),
        )

    def _panel(self, block: Chart) -> Markup:
        """Return a small chart; the name of its metric is told by its caption, and to screen
        readers by a label.
        """
        from lossreport.charts.draw import draw

        drawn = draw(replace(block.spec, id=self.names[id(block)]))
        return named_svg(
            drawn,
            f'role="img" aria-label="{escape(self.voice.label(block.alternative))}"',
            drop=("xmlns",),
        )


def shared(drawings: list[Markup], name: str) -> list[Markup]:
    """Return drawings in which what several hold alike, axes and bands, is drawn once and referred
    to by the others.
    """
    counts = Counter(part for drawing in drawings for part in _parts(drawing))
    ids = {
        part: f"{name}-{number}"
        for number, part in enumerate(part for part, count in counts.items() if count > 1)
    }
    defined: set[str] = set()
    made = []
    for drawing in drawings:
        text = str(drawing)
        for part in _parts(drawing):
            if part in ids:
                tag_end = len(part.split(" ", 1)[0])
                first = f'{part[:tag_end]} id="{ids[part]}"{part[tag_end:]}'
                text = text.replace(
                    part, f'<use href="#{ids[part]}"/>' if part in defined else first, 1
                )
                defined.add(part)
        made.append(Markup(text))
    return made


def _parts(drawing: str) -> list[str]:
    """Return the elements of a drawing that others may hold too; targets to hover over and paths
    that are shorter than a reference are not.
    """
    return list(dict.fromkeys(part for part in _PART.findall(drawing) if len(part) > LEAST_SHARED))


def stylesheet(name: str) -> Markup:
    """Return a style sheet of `templates/` without comments, and without the blanks and semicolons
    that mean nothing.
    """
    return Markup(
        _NEEDLESS.sub(r"\1", _SPACE.sub(" ", _COMMENT.sub("", read_template(name))))
        .strip()
        .replace(";}", "}")
    )


def alignment(table: Table) -> str:
    """Return the classes of a table that set its columns of numbers to the right: `r3` for the
    third.
    """
    return " ".join(
        f"r{number}" for number, column in enumerate(table.columns, 1) if column.align == "right"
    )


def spark(cell: Spark) -> Markup:
    """Return the small drawing of a table cell; the numbers beside it say the same, so it is no
    object of its own to screen readers.
    """
    from lossreport.charts.draw import draw_spark

    return named_svg(draw_spark(cell), 'aria-hidden="true"', drop=("xmlns",))


def named_svg(svg: str, attributes: str, drop: tuple[str, ...] = ()) -> Markup:
    """Return an SVG with `attributes` on its root in place of its own accessibility ones; whatever
    stands before the root is left out.
    """
    found = _SVG_TAG.search(svg)
    if found is None:
        raise ValueError(f"not an SVG: {svg[:40]!r}")
    names = [
        *drop,
        *(attribute.split("=")[0] for attribute in re.findall(r'(?<![\w-])[\w-]++="', attributes)),
    ]
    root = re.sub(rf'\s(?:{"|".join(names)}|aria-label)="[^"]*"', "", found[0])
    return Markup(f"{root[:-1]} {attributes}>{svg[found.end() :].strip()}")


def data_block(report: Report) -> Markup:
    """Return the analysis as JSON that cannot end the element it stands in."""
    data = json.dumps(
        {**to_dict(report.analysis, brief=True), **report.extra},
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
    )
    return in_script(data)


def in_script(data: str) -> Markup:
    """Return JSON as it may stand inside a script element, which it cannot end."""
    return Markup(
        data.encode("utf-8", "backslashreplace")
        .decode("utf-8")
        .translate(_UNSAFE_IN_SCRIPT | ESCAPED)
    )
