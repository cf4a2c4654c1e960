"""Tables that `spacy train` prints: spaCy 3 (`E # LOSS NER ENTS_F ... SCORE` over a ruled line) and
spaCy 2 (`Itn NER Loss ...`).

Source: `console_logger` and `train_while_improving` of spaCy 3.8, `train` of spaCy 2.3. A loss is
the sum over all batches since the row before; the row of step 0 holds a single batch and is no such
sum, so its losses are left out. Scores are of the development set.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import LineFormat, Setting
from lossreport.reading.kit.line_row import KNOWN, Row, Value
from lossreport.reading.kit.rows import number
from lossreport.text import Text

LONGEST: Final = 1000
"""Characters of a row of a table."""
HEADER: Final = re.compile(r"(?:E {2,20}# {2,20}\S.*\bSCORE|Itn {2,20}\S.*\bWPS)$")
RULE: Final = re.compile(r"-{2,200}+(?: {1,20}+-{2,200}+){1,60}$")
LOSS: Final = re.compile(r"\bloss\b", re.IGNORECASE)
SPEED: Final = re.compile(r"(?:[CG]PU )?WPS|Token %")


def step(text: str, names: tuple[str, ...]) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """Return the row of a table whose header was seen."""
    line = text.strip()
    if len(line) > LONGEST:
        return (), names
    if HEADER.match(line):
        return (KNOWN,), tuple(re.split(r" {2,40}+", line))
    if names and RULE.match(line):
        return (KNOWN,), names
    cells = line.split()
    row = _row(dict(zip(names, cells, strict=True))) if names and len(cells) == len(names) else None
    return (() if row is None else (row,)), names


def _row(cells: dict[str, str]) -> Row | None:
    epoch, step = (
        number(cells.pop("E", None) or cells.pop("Itn", None)),
        number(cells.pop("#", None)),
    )
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


PARSER = LineFormat(
    id="spacy_text",
    title=Text(
        zh="spaCy 训练时打印的表格（spacy train）",
        en="tables that spaCy prints while it trains (spacy train)",
    ),
    start=lambda log: (),
    step=step,
    settings=(Setting(r"^[ℹ\s]{0,9}Initial learn rate: <lr>\s*$"),),
).parser()
