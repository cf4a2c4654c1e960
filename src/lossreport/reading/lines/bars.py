"""Reads the frames of progress bars of tqdm, Keras and rich: how far they are, and what is written
behind that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lossreport import regex as re
from lossreport.reading.lines.place_words import Kind, Place
from lossreport.reading.lines.places import places
from lossreport.reading.lines.tokens import Token, tokens

BAR: Final = re.compile(
    r"(?:\d{1,3}%)?\s{0,3}\|[^|]{0,400}\|\s{0,9}(?P<at>\d{1,12})/(?P<of>\d{1,12}|\?)\s{0,9}\["
    r"(?P<rest>[^\]]{0,4000})\]?"
)
"""A tqdm bar; what stands in its brackets behind the rate is the postfix."""
BARE_BAR: Final = re.compile(
    r"\s{0,40}(?:[^|%{}\d]{0,60}:?\s{0,4})?\d{1,3}%\|[^|"
    r"]{0,400}\|\s{0,9}\d{1,12}/\d{1,12}\s{0,3}\[[\d:<?, .]{0,60}(?:it/s|s/it)?\]\s{0,40}"
)
"""A frame of a bar that shows nothing but how far it is: of a log with 58,000 of them none is
looked at closely.
"""
BEGUN: Final = re.compile(r"\|\s{0,9}0/\d")
"""In a frame that shows nothing yet."""
OPEN_BAR: Final = re.compile(
    r"(?<![\w/.])(?P<at>\d{1,12})it \[(?P<rest>\d{1,4}:\d\d[^\]]{0,1000}+)\]"
)
"""A tqdm bar of unknown length: `45it [00:12,  3.7it/s, loss=0.5]`."""
KERAS_BAR: Final = re.compile(
    r"(?<![\w.])(?P<at>\d{1,12})/(?P<of>\d{1,12}|Unknown)\s{1,4}\[(?P<rest>[=>.#\- ]{3,80})\]"
)
GLUED_BAR: Final = "glued bar"
"""The word of a bar right behind which a message begins, `10%|█ | 1/10 [00:26<03:57]Validation
loss: 1.26`: another print, on the line that the bar left open.
"""
RICH_BAR: Final = re.compile(r"[━╸╺╶]{3,200}\s{1,4}(?P<at>\d{1,12})/(?P<of>\d{1,12})(?P<rest>)")


def bar_of(text: str) -> tuple[str, Place | None]:
    """Return (text with the bar left out but its postfix kept, the counter of the bar)."""
    for pattern in (BAR, KERAS_BAR, OPEN_BAR, RICH_BAR):
        match = pattern.search(text) if _may_be(pattern, text) else None
        if match is None:
            continue
        of = match.groupdict().get("of")
        word = (
            GLUED_BAR
            if pattern is BAR
            and text[match.end() - 1 :][:1] == "]"
            and text[match.end() :][:1].isalpha()
            else "bar"
        )
        counter = Place(
            Kind.BATCH,
            float(match["at"]),
            int(of) if of and of.isdigit() else None,
            word,
            False,
            -1,
            -1,
        )
        postfix = match["rest"].split(",", 1)[1] if "," in match["rest"] else ""
        return f"{text[: match.start()]} , {postfix} , {text[match.end() :]}", counter
    return text, None


def _may_be(pattern: re.Pattern[str], text: str) -> bool:
    return {
        BAR: "|" in text,
        KERAS_BAR: "[" in text,
        OPEN_BAR: "it [" in text,
        RICH_BAR: "━" in text,
    }[pattern]


def place_of(bar: Place | None, found: Sequence[Token], named: Sequence[Place]) -> Iterator[Place]:
    """Yield the counter of a bar as what its title says it counts: `Epochs: 30%|...| 3/10`."""
    if bar is None:
        return
    title = next((found[at] for at in range(len(found)) if found[at].text == ","), None)
    words = [
        token for token in found if title is not None and token.end <= title.start and token.is_word
    ]
    last = words[-1].low if words else ""
    counted = (
        places([*tokens(f"{last} 1")])
        if last and not any(place.word == last for place in named)
        else []
    )
    if counted:
        # kohya's scripts, diffusers: those of the whole training
        broad = last == "steps" or counted[0].broad
        yield bar._replace(kind=counted[0].kind, word=last, broad=broad)
    else:
        yield bar
