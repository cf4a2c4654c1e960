"""The body of a ticket: in each language what is seen at once, and what stands behind a fold, or
below a rule where a place knows none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from markupsafe import Markup

from lossreport.render import labels
from lossreport.text import Lang
from lossreport.values import dataclass

MarkupId = Literal["md", "jira", "html"]
RULES: Final = {"md": "\n---\n\n", "jira": "\n----\n\n", "html": "\n<hr>\n"}
FOLD: Final = "\n<details><summary>{title}</summary>\n\n{text}\n</details>\n"
OPENING: Final = Markup('<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n')
CLOSING: Final = Markup("\n</body></html>\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """A body in one language: the short form, which is seen, and the rest."""

    lang: Lang
    short: str
    rest: str


def assembled(parts: Sequence[Parted], markup: MarkupId, *, folds: bool) -> str:
    """Return one body of the languages: the first one's short form is seen; all else is folded
    away, or stands below rules.
    """
    if folds:
        first, *others = (
            part.short + _folded(labels.WHOLE.of(part.lang), part.rest) for part in parts
        )
        return first + "".join(
            _folded(labels.LANGUAGE.of(part.lang), text)
            for part, text in zip(parts[1:], others, strict=True)
        )
    text = RULES[markup].join([*(part.short for part in parts), *(part.rest for part in parts)])
    return str(OPENING) + text + str(CLOSING) if markup == "html" else text


def _folded(title: str, text: str) -> str:
    return FOLD.format(title=title, text=text)
