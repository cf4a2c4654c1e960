"""What signatures of causes are made of: signs with their weight, and what the log said in
words.
"""

from __future__ import annotations

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.model.run import Event, Series
from lossreport.text import Phrase, Text, Value, number

SAID = Text(zh="{path} 第 {line} 行：“{quote}”。", en="{path} line {line}: “{quote}”.")
BESIDE = Text(
    zh="`{metric}` 同时从 {first} 变为 {last}（第 {line} 行）。",
    en="`{metric}` goes from {first} to {last} meanwhile (line {line}).",
)
SETTING = Text(zh="配置写明 {name} = {value}。", en="The configuration says {name} = {value}.")
NOTHING: str = ""


def said(context: Context, pattern: str) -> Event | None:
    """Return the first event whose words fit a pattern, in any case."""
    fits = re.compile(pattern, re.IGNORECASE)
    return next((event for event in context.run.events if fits.search(event.quote)), None)


def quoted(context: Context, event: Event) -> Phrase:
    """Return the words of an event with their place."""
    return SAID(path=context.run.source(event.source).path, line=event.line, quote=event.quote)


def moved(series: Series) -> Phrase:
    """Return from where to where another metric went, with its last line."""
    return BESIDE(
        metric=series.label,
        first=number(float(series.y[0])),
        last=number(float(series.y[-1])),
        line=int(series.line[-1]),
    )


def setting(context: Context, *names: str) -> tuple[str, Value] | None:
    """Return the first known fact of these names, and its value."""
    for name in names:
        value = context.facts.get(name)
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            return name, value
    return None


def parsers(context: Context) -> str:
    """Return the parsers of the run in one word, to ask for a framework by."""
    return " ".join(source.parser for source in context.run.sources)
