"""Table that DeepXDE prints: `1000 [2.92e+02, 4.68e+01] [3.00e+02, 3.39e+01] [1.2e-01]`, a step and
the terms of the loss.

Source: deepxde/display.py. The terms are weighted already, and DeepXDE minimises their sum (`Best
model: train loss` is that sum); terms of the boundary are 0 in the test loss of its older versions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Statistic
from lossreport.reading.kit.line_format import LineFormat, stateless
from lossreport.reading.kit.line_row import Row, Value, matched
from lossreport.reading.kit.patterns import INT, NUM
from lossreport.text import Text

TERMS: Final = r"[^\]]{1,4000}"
ROW: Final = re.compile(
    rf"^(?P<step>{INT})\s{{1,20}}\[(?P<train>{TERMS})\]\s{{1,20}}\[(?P<test>{TERMS})\]"
    rf"(?:\s{{1,20}}\[(?P<metric>[^\]]{{0,4000}})\])?\s*$"
)
NUMBER: Final = re.compile(NUM)


def row(text: str) -> Row | None:
    """Return what a line says: the sum and the terms of both losses, and the metrics."""
    match = ROW.match(text)
    if match is None:
        return None
    known = (
        *_losses(match["train"], "train"),
        *_losses(match["test"], "test"),
        *_metrics(match["metric"] or ""),
    )
    return Row(x=float(match["step"]), values=known)


def _losses(text: str, split: str) -> Iterator[Value]:
    terms = [matched(one) for one in NUMBER.findall(text)]
    yield Value("loss", sum(terms), Statistic.VALUE, split=split)
    if len(terms) > 1:
        yield from (
            Value(f"loss_{i}", value, Statistic.VALUE, split=split)
            for i, value in enumerate(terms, 1)
        )


def _metrics(text: str) -> Iterator[Value]:
    yield from (
        Value(f"metric_{i}", matched(one), Statistic.VALUE, split="test")
        for i, one in enumerate(NUMBER.findall(text), 1)
    )


PARSER = LineFormat(
    id="deepxde_text",
    title=Text(zh="DeepXDE 打印的表", en="table that DeepXDE prints"),
    step=stateless(row),
).parser()
