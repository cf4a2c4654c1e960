"""Reads settings out of lines of a text log: `Namespace(...)`, `lr ..... 0.00015`, `python train.py --lr 1e-4`, `batch_size: 32`.

They count where they stand before a row; two lines that contradict each other say nothing, so neither becomes a fact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from lossreport.model.run import FactValue
from lossreport.reading.kit.names import ALIASES, KNOWN
from lossreport.reading.kit.namespace import namespace_facts
from lossreport.reading.kit.rows import number
from lossreport.reading.parser import RawFact

LONGEST: Final = 100_000
DOTTED: Final = re.compile(r"^\s*(?P<name>[A-Za-z_]\w*) \.{3,} (?P<value>.*\S)\s*$")
"""Megatron-LM prints its arguments so."""
COMMAND: Final = re.compile(
    r"(?:^\W{0,3}|\bcmd ?[=:] ?|\bcommand(?: line)?[=:] ?)(?:[A-Z_]+=\S* )*(?:\S*/)?(?:python[\d.]*|torchrun|deepspeed|accelerate|srun|mpirun|fairseq-train)\s",
    re.IGNORECASE,
)
SCRIPT: Final = re.compile(r"\S+\.py(?=\s)|\s-m\s+[\w.]+(?=\s)|fairseq-train(?=\s)")
OPTION: Final = re.compile(
    r"(?<=\s)--(?P<name>[A-Za-z][\w.\-]*)(?:(?:=|\s+)(?P<value>'[^']*'|\"[^\"]*\"|(?!-)[^\s'\"]+|-[\d.][^\s'\"]*))?(?=\s|$)"
)
MIN_OPTIONS: Final = 2
PLAIN: Final = re.compile(
    rf"""^[\s{{,]*["']?(?P<name>{"|".join(sorted(KNOWN | set(ALIASES), key=len, reverse=True))})["']?\s*[:=]\s*(?P<value>[-+]?[\d.][\d.eE+\-]*)\s*[,}}]?\s*(?:\#.*)?$""",
    re.IGNORECASE,
)
"""A line that is nothing but a known name and a number, as configurations are dumped in YAML, JSON, Python or plain text."""


class Settings:
    """Gathers what the lines before the next row say. `more` yields the settings of a line in a form of one format only."""

    def __init__(self, more: Callable[[str], Iterable[tuple[str, FactValue]]] | None = None) -> None:
        self._more = more
        self._held: dict[str, tuple[FactValue, int]] = {}
        self._contradicted: set[str] = set()

    def see(self, text: str, line: int) -> bool:
        """Take in a line that is no row; return whether it holds settings."""
        if len(text) > LONGEST:
            return False
        found = (*settings_of(text), *(self._more(text) if self._more else ()))
        for name, value in found:
            held = self._held.setdefault(name, (value, line))
            if held[0] != value:
                self._contradicted.add(name)
        return bool(found)

    def facts(self) -> Iterator[RawFact]:
        """Yield what was seen since the last row, without what is contradicted."""
        if self._held:
            yield from (RawFact(name, value, line) for name, (value, line) in self._held.items() if name not in self._contradicted)
            self._held, self._contradicted = {}, set()


def settings_of(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the settings that a line prints, names as printed."""
    if "Namespace(" in text:
        yield from namespace_facts(text)
    elif " .." in text and (match := DOTTED.match(text)):
        yield match["name"], plain_value(match["value"])
    elif " --" in text and COMMAND.search(text):
        yield from _options(text)
    elif match := PLAIN.match(text):
        yield match["name"].lower(), plain_value(match["value"])


def is_settings(text: str) -> bool:
    """Return whether a line can be nothing but settings: a dumped Namespace, an argument behind dots, a command with options."""
    dotted = " .." in text and DOTTED.match(text) is not None
    return "Namespace(" in text or dotted or (" --" in text and COMMAND.search(text) is not None)


def _options(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the options behind the script of a command; those before it are the launcher's."""
    scripts = list(SCRIPT.finditer(text))
    found = list(OPTION.finditer(text, scripts[-1].end())) if scripts else []
    if len(found) >= MIN_OPTIONS:
        for match in found:
            yield match["name"].replace("-", "_"), True if match["value"] is None else plain_value(match["value"])


def plain_value(text: str) -> FactValue:
    """Return what a printed value is: a number, a truth value, None, or the text without its quotes."""
    text = text.strip().strip("'\"")
    if text in ("True", "true", "False", "false"):
        return text in ("True", "true")
    if text in ("None", "null"):
        return None
    value = None if "," in text else number(text)  # 0,1 is a list of devices
    if value is None:
        return text
    return int(value) if re.fullmatch(r"[-+]?\d+", text) else value
