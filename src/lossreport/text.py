"""What a report says, before a language is chosen: texts in two languages, the values put into
them, and how a number looks.

Every room above builds `Phrase`s; only `render` turns them into markup, so that prose (ours) and
values (from logs) never mix.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType
from typing import Final, Literal

from lossreport import regex as re
from lossreport.overlay import overlay
from lossreport.values import dataclass

_BLANKS: Final = dict.fromkeys((9, 10, 11, 12, 13, 133, 8232, 8233), " ")
_PICTURES: Final = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
_UNSEEN: Final = (
    *((0x80, 0xA0), (0xD800, 0xE000), (0xFFFE, 0x10000)),  # controls; what no encoding holds
    # marks that turn the reading direction
    *((0x61C, 0x61D), (0x200E, 0x2010), (0x202A, 0x202F), (0x2066, 0x206A)),
    # no width
    *(
        (0xAD, 0xAE),
        (0x34F, 0x350),
        (0x180B, 0x180F),
        (0x200B, 0x200E),
        (0x2060, 0x2066),
        (0x206A, 0x2070),
        (0xFEFF, 0xFF00),
    ),
    # fillers, annotations
    *((0x115F, 0x1161), (0x17B4, 0x17B6), (0x3164, 0x3165), (0xFFA0, 0xFFA1), (0xFFF9, 0xFFFC)),
    # controls of shorthand and music, tags
    *((0x1BCA0, 0x1BCA4), (0x1D173, 0x1D17B), (0xE0000, 0xE0080)),
)
"""Spans of characters that act without being seen (Unicode 15.1: Default_Ignorable_Code_Point and
Bidi_Control): of two names that look alike one could be another. Variation selectors stay: they
choose between two pictures of what is seen.
"""
_SHOWN: Final = _PICTURES | {code: "\ufffd" for span in _UNSEEN for code in range(*span)} | _BLANKS


def _escape(code: int) -> str:
    r"""Return a character as JSON spells it out: `\uXXXX`, twice beyond the first 65,536."""
    units = chr(code).encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


ESCAPED: Final = {
    code: _escape(code) for span in _UNSEEN for code in range(*span) if not 0xD800 <= code < 0xE000
}
"""The same characters as JSON may write them as well, for files that people read: `str.translate`
of JSON text does not change its value.
"""


def visible(value: str) -> str:
    """Return a string from a log on one line, with nothing in it that acts unseen.

    Line ends are blanks; control characters are their pictures; what turns the reading direction,
    has no width or fits no encoding is U+FFFD.
    """
    return value.translate(_SHOWN)


def printable(text: str) -> str:
    """Return lines for a terminal: what a log or the name of a file holds moves no cursor there,
    and turns no direction.
    """
    return "\n".join(visible(line) for line in text.split("\n"))


def safe_address(link: str) -> str:
    """Return an address of the web or of mail as it may stand in any markup, what has a meaning
    there percent-encoded; else nothing.
    """
    if not ADDRESS.match(link):
        return ""
    from urllib.parse import quote

    return quote(link, safe=":/?#@$&+,;=%~", errors="replace")


ADDRESS: Final = re.compile(r"https?://[^/?#\s]|mailto:[^?\s]", re.IGNORECASE)
Lang = Literal["zh", "en", "ja"]
LANGS: Final[tuple[Lang, ...]] = ("zh", "en")
"""The languages in which every text is written where it stands; the others are laid over the
English ones (`overlay.py`).
"""
LangChoice = Literal["both", Lang]
CHOICES: Final[tuple[LangChoice, ...]] = ("both", "zh", "en", "ja")
"""The languages of a report: `both` are Chinese and English in one."""

FIELD: Final = re.compile(r"\{([a-z_][a-z_0-9]*)\}")
"""A placeholder of a text. Texts never use braces for anything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Say one thing in Chinese and in English, as inline Markdown with `{placeholders}`.

    Raises ValueError, and so fails at import, where a language is missing or the placeholders of
    the two differ.
    """

    zh: str
    en: str

    def __post_init__(self) -> None:
        if not self.zh or not self.en:
            raise ValueError(f"a language is missing: {self!r}")
        if set(FIELD.findall(self.zh)) != set(FIELD.findall(self.en)):
            raise ValueError(f"the placeholders differ between the languages: {self!r}")

    def __call__(self, **values: Value) -> Phrase:
        """Fill the placeholders; raises ValueError where one is missing or unknown."""
        return Phrase(text=self, values=values)

    def of(self, lang: Lang) -> str:
        """Return the template in `lang`; the English one where a language of `overlay.py` lacks
        it.
        """
        if lang == "zh":
            return self.zh
        return self.en if lang == "en" else overlay(lang).get(self.en, self.en)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with the way it is shown; `unit` is language-neutral ("nats", "s", "MB") or a Text
    ("epoch").
    """

    value: float
    unit: str | Text = ""
    style: Literal["number", "percent", "factor", "change"] = "number"
    digits: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Several values in a row: "7, 10" in English, "7、10" in Chinese."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A text with its values. Values that are strings come from logs and are escaped wherever they
    are rendered.
    """

    text: Text
    values: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wanted = set(FIELD.findall(self.text.en))
        if wanted != set(self.values):
            raise ValueError(
                f"values {sorted(self.values)} do not fit the placeholders {sorted(wanted)} of "
                f"{self.text.en!r}"
            )
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))

    def plain(self, lang: Lang) -> str:
        """Return plain text in `lang`: values in place, Markdown marks of the prose (`**`,
        backticks) gone.
        """
        return "".join(
            show_value(self.values[piece.name], lang) if isinstance(piece, Slot) else _unmark(piece)
            for piece in pieces(self.text.of(lang))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verbatim:
    """What a report said before, word for word in two languages: a value, and escaped like one."""

    zh: str
    en: str

    def of(self, lang: Lang) -> str:
        """Return it in `lang`; in a language of `overlay.py` it is English."""
        return self.zh if lang == "zh" else self.en


Value = str | int | float | Quantity | Join | Verbatim | Text | Phrase
SEPARATOR: Final = Text(zh="、", en=", ")
"""Between the items of an enumeration."""
TIMES: Final = Text(zh=" 倍", en="×")
"""Behind a multiple."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one value in a template."""

    name: str


def pieces(template: str) -> Iterator[str | Slot]:
    """Split a template into prose and slots, in order."""
    end = 0
    for match in FIELD.finditer(template):
        if match.start() > end:
            yield template[end : match.start()]
        yield Slot(match[1])
        end = match.end()
    if end < len(template):
        yield template[end:]


def finding_tag(finding_id: str) -> str:
    """Return how readers see the id of a finding: `#F1`, for F1 alone is also the name of a
    score.
    """
    return f"#{finding_id}"


def phrase(value: Text | Phrase) -> Phrase:
    """Return `value` as a phrase; a text without placeholders becomes one without values."""
    return value if isinstance(value, Phrase) else Phrase(text=value)


def first_sentence(value: Phrase) -> Phrase:
    """Return the first sentence of a phrase, the same one in both languages, or all of it where a
    language has but one.
    """
    zh, zh_end, zh_rest = value.text.zh.partition("。")
    en, _, en_rest = value.text.en.partition(". ")
    if not zh_rest or not en_rest or set(FIELD.findall(zh)) != set(FIELD.findall(en)):
        return value
    text = Text(zh=zh + zh_end, en=en + ".")
    return Phrase(text=text, values={name: value.values[name] for name in set(FIELD.findall(en))})


def sentences(value: Phrase) -> tuple[Phrase, ...]:
    """Return the sentences of a phrase, the same ones in both languages; all of it as one where the
    languages break it up differently.

    A value that holds sentences itself is taken apart like the text around it.
    """
    inner = {
        name: sentences(part)
        for name, part in value.values.items()
        if isinstance(part, Phrase) and "。" in part.plain("zh")
    }
    said = {
        lang: FIELD.sub(
            lambda slot: "" if value.values[slot[1]] == "" else slot[0], value.text.of(lang)
        )
        for lang in LANGS
    }
    zh, en = (_broken_up(said[lang], _ENDS[lang], set(inner)) for lang in LANGS)
    if len(zh) != len(en) and min(len(zh), len(en)) > 1 and not inner:
        # the last sentence is one of its own in both languages
        zh, en = ["".join(zh[:-1]), zh[-1]], [" ".join(en[:-1]), en[-1]]
    if [set(FIELD.findall(part)) for part in zh] != [set(FIELD.findall(part)) for part in en]:
        return (value,)
    made: list[Phrase] = []
    begun: Phrase | None = None
    for one, other in zip(zh, en, strict=True):
        names = FIELD.findall(other)
        if names and names[0] in inner:
            first, *others = inner[names[0]]
            made += [first if begun is None else run_on((begun, first)), *others]
            begun = None
        else:
            part = Phrase(
                text=Text(zh=one, en=other), values={name: value.values[name] for name in names}
            )
            begun = part if one[-1] not in "。！？" else None
            made += [part] if begun is None else []
    made += [] if begun is None else [begun]
    return tuple(made) or (value,)


_ENDS: Final[Mapping[Lang, re.Pattern[str]]] = {
    "zh": re.compile("(?<=[。！？])"),
    "en": re.compile(r"(?<=[.!?])\s+"),
}


def _broken_up(template: str, ends: re.Pattern[str], alone: set[str]) -> list[str]:
    """Return the sentences of a template; a slot of `alone` is one of its own."""
    made, prose = [], ""
    for piece in (*pieces(template), Slot("")):
        name = piece.name if isinstance(piece, Slot) else None
        if name is not None and name not in alone and name:
            prose += f"{{{name}}}"
        elif isinstance(piece, str):
            prose += piece
        else:
            made += [part.strip() for part in ends.split(prose) if part.strip()]
            made += [f"{{{name}}}"] if name else []
            prose = ""
    return made


def run_on(parts: Sequence[Phrase]) -> Phrase:
    """Return sentences as one paragraph; raises ValueError where there is none."""
    if not parts:
        raise ValueError("no sentence to run on")
    first, *others = parts
    return AND_THEN(first=first, then=run_on(others)) if others else first


AND_THEN: Final = Text(zh="{first}{then}", en="{first} {then}")


def joined(*items: Value) -> Join:
    """Return the items as one enumeration."""
    return Join(items=items)


def percent(share: float, digits: int = 2) -> Quantity:
    """Return a share of 0..1 to be shown in percent."""
    return Quantity(value=share, style="percent", digits=digits)


def change(relative: float, digits: int = 2) -> Quantity:
    """Return a relative change, -0.044 for a fall of 4.4 %, to be shown with its sign."""
    return Quantity(value=relative, style="change", digits=digits)


def factor(ratio: float, digits: int = 2) -> Quantity:
    """Return a ratio to be shown as a multiple: 8.6×."""
    return Quantity(value=ratio, style="factor", digits=digits)


def number(value: float, unit: str | Text = "", digits: int = 4) -> Quantity:
    """Return a number to be shown with `digits` significant digits and its unit."""
    return Quantity(value=value, unit=unit, digits=digits)


# ---------------------------------------------------------------------------------- how values look
def show_value(value: Value, lang: Lang) -> str:
    """Return a value as plain text in `lang`. Nothing is escaped: that is the renderer's work."""
    match value:
        case str():
            return value
        case bool() | int() | float():
            return show_number(value)
        case Quantity():
            return show_quantity(value, lang)
        case Join():
            return SEPARATOR.of(lang).join(show_value(item, lang) for item in value.items)
        case Verbatim():
            return value.of(lang)
        case Text():
            return Phrase(text=value).plain(lang)
        case Phrase():
            return value.plain(lang)


def show_quantity(quantity: Quantity, lang: Lang) -> str:
    """Return a quantity with its unit. 0 % and 100 % appear only where they are exact."""
    match quantity.style:
        case "percent":
            return _percent(quantity.value, quantity.digits)
        case "change":
            shown = _percent(abs(quantity.value), quantity.digits)
            rises = "+" if quantity.value > 0 else ""
            return ("-" if quantity.value < 0 else rises) + shown
        case "factor":
            return show_number(quantity.value, quantity.digits) + TIMES.of(lang)
        case "number":
            unit = quantity.unit.of(lang) if isinstance(quantity.unit, Text) else quantity.unit
            shown = show_number(quantity.value, quantity.digits)
            return f"{shown} {unit}" if unit else shown


def show_number(value: float, digits: int = 4) -> str:
    """Return a number with `digits` significant digits, the same in every language.

    An int is a name or a count (65536, step 1200) and shown as it is. Figures are not grouped:
    blank, comma and point part them in different languages. Below 0.001 and from 10 million on the
    notation is scientific. NaN and infinities are words of their own.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if exponent < -3 or exponent >= 7:
        mantissa, power = f"{value:.{digits - 1}e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{mantissa}e{int(power)}"
    shown = f"{value:.{max(0, digits - 1 - exponent)}f}"
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return shown


def _percent(share: float, digits: int) -> str:
    if not math.isfinite(share):
        return show_number(share)
    hundredths = share * 100
    if hundredths == 0:
        return "0%"
    if abs(hundredths) < 0.001:
        return "<0.001%"
    if 90 < abs(hundredths) < 100:
        # 99.98 % must not read 100 %: show the digits that the rest to 100 needs
        rest = 100 - abs(hundredths)
        decimals = max(0, digits - 2) if rest >= 1 else min(4, -math.floor(math.log10(rest)))
        shown = f"{hundredths:.{decimals}f}"
        return "<100%" if float(shown) == 100 else f"{shown}%"
    return show_number(hundredths, digits) + "%"


def _unmark(prose: str) -> str:
    return prose.replace("**", "").replace("`", "")
