"""Says a phrase in the languages of one HTML page: both side by side, of which CSS shows one or
both, or a single one.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup, escape

from lossreport.render.file_names import FileNames
from lossreport.render.inline import to_inline_html, visible
from lossreport.text import LANGS, Lang, LangChoice, Quantity, Value, show_value
from lossreport.values import dataclass

TAGS: Final[dict[Lang, str]] = {"zh": "zh-CN", "en": "en", "ja": "ja"}
"""The language tags of HTML."""


def languages(lang: LangChoice) -> tuple[Lang, ...]:
    """Return the languages that a choice stands for, in reading order."""
    return LANGS if lang == "both" else (lang,)


@dataclass(frozen=True, slots=True)
class Voice:
    """The languages of a page. What is the same in all of them, a number or a name, is written
    once.
    """

    langs: tuple[Lang, ...]
    files: FileNames = FileNames(is_one=False, short={})

    def say(self, value: Value) -> Markup:
        """Return a value inline: a span per language, separated by a blank for readers without
        CSS.
        """
        return self._tagged(value, "span", " ")

    def bare(self, value: Value) -> Markup:
        """Return a value inline for a place that does not break lines anyway: numbers need no span
        of their own.
        """
        if isinstance(value, float | Quantity):
            shown = {visible(show_value(value, lang)) for lang in self.langs}
            return escape(shown.pop()) if len(shown) == 1 else self.say(value)
        return self.say(value)

    def paragraphs(self, value: Value) -> Markup:
        """Return a value as one paragraph per language."""
        spoken = self._spoken(value)
        if len(spoken) == 1:
            return Markup("<p>{}</p>").format(spoken[0][1])
        return self._tagged(value, "p", "\n")

    def label(self, value: Value) -> str:
        """Return a value as plain text for an attribute."""
        value = self.files.told(value)
        return " / ".join(dict.fromkeys(visible(show_value(value, lang)) for lang in self.langs))

    def _spoken(self, value: Value) -> list[tuple[Lang, Markup]]:
        value = self.files.told(value)
        spoken = [(lang, to_inline_html(value, lang)) for lang in self.langs]
        return spoken[:1] if len({markup for _, markup in spoken}) == 1 else spoken

    def _tagged(self, value: Value, tag: str, between: str) -> Markup:
        spoken = self._spoken(value)
        if len(spoken) == 1:
            return spoken[0][1]
        shell = Markup(f'<{tag} lang="{{}}">{{}}</{tag}>')
        return Markup(between).join(shell.format(TAGS[lang], markup) for lang, markup in spoken)
