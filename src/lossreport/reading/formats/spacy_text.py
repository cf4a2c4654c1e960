"""Tables that `spacy train` prints: spaCy 3 (`E    #       LOSS NER  ENTS_F ... SCORE` over a ruled line) and spaCy 2 (`Itn  NER Loss ...`).

Source: `console_logger` and `train_while_improving` of spaCy 3.8, `train` of spaCy 2.3. A loss is the sum over all batches since the row
before; the row of step 0 holds a single batch and is no such sum, so its losses are left out. Scores are of the development set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.printed import Row, RowOf, Value, printed_parser
from lossreport.reading.kit.rows import number
from lossreport.text import Text

HEADER: Final = re.compile(r"^\s*(?:E\s{2,}#\s{2,}\S.*\bSCORE|Itn\s{2,}\S.*\bWPS)\s*$")
RULE: Final = re.compile(r"^\s*-{2,}(?:\s+-{2,})+\s*$")
LOSS: Final = re.compile(r"\bloss\b", re.IGNORECASE)
RATE: Final = re.compile(r"^[ℹ\s]*Initial learn rate: (?P<lr>\S+)\s*$")
SPEED: Final = re.compile(r"(?:[CG]PU )?WPS|Token %")


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines, which remembers the header."""
    names: list[str] = []

    def row(text: str) -> Row | None:
        nonlocal names
        if HEADER.match(text):
            names = re.split(r"\s{2,}", text.strip())
        elif names and not RULE.match(text):
            cells = text.split()
            return _row(dict(zip(names, cells, strict=True))) if len(cells) == len(names) else None
        return None

    return row


def _row(cells: dict[str, str]) -> Row | None:
    epoch, step = number(cells.pop("E", None) or cells.pop("Itn", None)), number(cells.pop("#", None))
    if epoch is None or any(number(text) is None for text in cells.values()):
        return None
    found = tuple(_values(cells, is_first=step == 0))
    if step is None:
        return Row(axis=Axis.EPOCH, x=epoch, values=found)
    return Row(axis=Axis.STEP, x=step, values=found, epoch=epoch)


def _values(cells: dict[str, str], is_first: bool) -> Iterator[Value]:
    for name, text in cells.items():
        value = number(text)
        if value is None or SPEED.fullmatch(name):
            continue
        if not LOSS.search(name):
            yield Value(name, value, Statistic.VALUE, split="dev")
        elif not is_first:
            yield Value(name, value, Statistic.SUM)


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the learning rate that stands above the table."""
    if (match := RATE.match(text)) and (lr := number(match["lr"])) is not None:
        yield "lr", lr


PARSER = printed_parser(
    id="spacy_text",
    title=Text(zh="spaCy 训练时打印的表格（spacy train）", en="tables that spaCy prints while it trains (spacy train)"),
    begin=begin,
    facts=facts,
    finished=re.compile(r"\bSaved pipeline to output directory\b|\bSaved model to output directory\b"),
)
