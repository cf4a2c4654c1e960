"""Tells the settings that a program lists line by line (YAML, yacs, `name = value`) from blocks of
metrics that look the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import FactValue
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.settings import plain_value
from lossreport.reading.lines.prefix import LEVEL, message_of
from lossreport.values import dataclass

LEAST_LINES: Final = 5
"""Lines of one list: rows print fewer metrics below each other, and with them fewer words."""
LEAST_TOLD: Final = 3
TOLD_SHARE: Final = 0.25
"""So many of the values are words, paths, switches, or are called like a setting: metrics are
numbers.
"""
VARYING_SHARE: Final = 0.2
"""A list of which more names come again with another value every time is a row of metrics."""
LONE: Final = re.compile(
    r"\s{0,40}+(?P<name>[A-Za-z_][\w.\-/]{0,80}+)\s{0,60}+[:=](?![:=])\s{0,60}+"
    r"(?P<value>\S.{0,400})?$"
)
SECOND: Final = re.compile(r"[,;|\s]\s{0,9}[A-Za-z_]\w{0,40}\s{0,9}[:=]\s{0,9}[-+]?\.?\d")
"""Another name with a number on the same line: a row, no setting of its own."""
FURTHER: Final = re.compile(r"\t|\s[-+(\[]?\.?\d")
"""A further number behind the first word of a value: a row in sentences, unless a list, a quoted
text or a comment holds it.
"""
ITEM: Final = re.compile(r"\s{0,40}- \S")
SETTING: Final = re.compile(
    r"(?:^|[_.])(?:batch(?:_?size)?|hidden(?:_?size|_?dim)?|num|n|layers|dropout|seed|decay|"
    r"weight_decay|momentum|optim\w{0,6}|freq|interval|max|min|size|dim|epochs|workers|gpus?|"
    r"warmup|patience|beta\d?|gamma)(?:$|[_.])",
    re.IGNORECASE,
)
MEASURED: Final = re.compile(
    r"(?:train|val|valid|test|eval)?[_ /]?(?:loss|acc(?:uracy)?)", re.IGNORECASE
)
"""What a row has with a number and a list of settings has not."""
PLANS: Final = frozenset(("epoch", "nepoch", "n_epoch"))
"""In a list of settings these are plans."""


class Entry(NamedTuple):
    """One line of a list: its name, and the text of its value ("" for a key of others, and for an
    item of a list).
    """

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Dumps:
    """The names of settings that a file lists."""

    names: frozenset[str] = field(default_factory=frozenset)

    def holds(self, text: str) -> bool:
        """Return whether a line is one of a list of settings and nothing else."""
        entry = entry_of(text) if self.names else None
        return entry is not None and bool(entry.value) and entry.name in self.names

    def facts(self, text: str) -> Iterator[tuple[str, FactValue]]:
        """Yield the setting that a line is; a plan under its own name too."""
        entry = entry_of(text) if self.holds(text) else None
        if entry is None or entry.value[0] in "([{":
            return
        name = entry.name.lower() if entry.name.isupper() else entry.name
        value = plain_value(entry.value)
        yield name, value
        if name in PLANS and isinstance(value, int):
            yield "epochs", value


def entry_of(text: str) -> Entry | None:
    """Return the setting that a line may be, None for a line that says anything else."""
    match = LONE.match(text)
    # `INFO : Requesting parameters`: no setting called INFO
    led = match is None or LEVEL.fullmatch(match["name"]) is not None
    body = message_of(text).text if led else text
    match = LONE.match(body)
    if match is None:
        return Entry("", "") if ITEM.match(body) else None
    value = (match["value"] or "").strip()
    held = value[:1] + value[-1:] in ("()", "[]", "{}", "''", '""')
    many = not held and FURTHER.search(value.split("#", 1)[0]) is not None
    return None if many or "\t" in value or SECOND.search(value) else Entry(match["name"], value)


def dumps_of(lines: Iterable[str]) -> Dumps:
    """Return the settings that lines list: in blocks, with words among the values, and not with
    another value each time.
    """
    blocks, values = _blocks(lines)
    varying = {
        name for name, seen in values.items() if len(seen) > 1 and len(set(seen)) == len(seen)
    }
    listed = [block for block in blocks if _is_list(block, varying)]
    names = {entry.name for block in listed for entry in block if entry.value}
    elsewhere = {entry.name for block in blocks if block not in listed for entry in block}
    return Dumps(frozenset(names - (elsewhere & varying)))


def _blocks(lines: Iterable[str]) -> tuple[list[list[Entry]], dict[str, list[str]]]:
    """Return the stretches of lines that are settings each, and all values of a name."""
    blocks: list[list[Entry]] = [[]]
    values: dict[str, list[str]] = {}
    ended = False
    for line in lines:
        entry = entry_of(line)
        if entry is None:
            ended = True
            if line.strip():
                blocks.append([])
            continue
        if ended and not _goes_on(line, entry):
            blocks.append([])
        ended = False
        blocks[-1].append(entry)
        if entry.value and number(entry.value) is not None:
            values.setdefault(entry.name, []).append(entry.value)
    return [block for block in blocks if block], values


def _goes_on(line: str, entry: Entry) -> bool:
    """Return whether a line behind a blank one is of the list above it: a part of a tree in YAML or
    yacs.
    """
    return line[:1].isspace() or not entry.value or entry.name.isupper()


def _is_list(block: Sequence[Entry], varying: set[str]) -> bool:
    """Return whether a block is a list of settings."""
    valued = [entry for entry in block if entry.value]
    if len(valued) < LEAST_LINES or any(
        MEASURED.fullmatch(one.name) and number(one.value) is not None for one in valued
    ):
        return False
    told = sum(
        number(one.value.rstrip("%")) is None or SETTING.search(one.name) is not None
        for one in valued
    )
    changing = {one.name for one in valued if one.name in varying}
    names = {one.name for one in valued}
    return told >= max(LEAST_TOLD, TOLD_SHARE * len(valued)) and len(
        changing
    ) <= VARYING_SHARE * len(names)
