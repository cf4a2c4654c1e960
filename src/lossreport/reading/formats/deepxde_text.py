"""Table that DeepXDE prints: `1000  [2.92e+02, 4.68e+01]  [3.00e+02, 3.39e+01]  [1.2e-01]`, a step and the terms of the loss.

Source: deepxde/display.py. The terms are weighted already, and DeepXDE minimises their sum (`Best model: train loss` is that sum); terms
of the boundary are 0 in the test loss of its older versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, Value, matched, printed_parser
from lossreport.text import Text

ROW: Final = re.compile(r"^(?P<step>\d+)\s+\[(?P<train>[^\]]+)\]\s+\[(?P<test>[^\]]+)\](?:\s+\[(?P<metric>[^\]]*)\])?\s*$")
NUMBER: Final = re.compile(NUM, re.IGNORECASE)


def row(text: str) -> Row | None:
    """Return what a line says: the sum and the terms of both losses, and the metrics."""
    match = ROW.match(text)
    if match is None:
        return None
    known = (*_losses(match["train"], "train"), *_losses(match["test"], "test"), *_metrics(match["metric"] or ""))
    return Row(axis=Axis.STEP, x=float(match["step"]), values=known)


def _losses(text: str, split: str) -> Iterator[Value]:
    terms = [matched(one) for one in NUMBER.findall(text)]
    yield Value("loss", sum(terms), Statistic.VALUE, split=split)
    if len(terms) > 1:
        yield from (Value(f"loss_{i}", value, Statistic.VALUE, split=split) for i, value in enumerate(terms, 1))


def _metrics(text: str) -> Iterator[Value]:
    yield from (Value(f"metric_{i}", matched(one), Statistic.VALUE, split="test") for i, one in enumerate(NUMBER.findall(text), 1))


PARSER = printed_parser(id="deepxde_text", title=Text(zh="DeepXDE 打印的表", en="table that DeepXDE prints"), row=row)
