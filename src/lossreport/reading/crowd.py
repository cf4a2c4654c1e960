"""A file of very many metrics: of those called alike but for a number (`layer12/grad_norm`) what is
beyond the bound is left out, and it is said.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from lossreport.model.run import Skipped
from lossreport.reading.alike import COUNTED
from lossreport.reading.runs.reading import Reading
from lossreport.text import Text

MOST: Final = 2000
"""Metrics of a file: each takes about 20 ms up to the finished report, and a model of three hundred
layers with a norm and a rate for each has a third of that.
"""
SHOWN: Final = 3

TOO_MANY = Text(
    zh="有 {count} 个指标，超过上限 {most} 的 {left} 个没有采用，例如 {names}；"
    "没有编号的指标优先保留",
    en="it has {count} metrics; {left} beyond the bound of {most} were left out, such as {names}; "
    "those without a number in their name were kept first",
)


def bounded(reading: Reading) -> tuple[Reading, list[Skipped]]:
    """Return a reading with so many metrics at most, those whose names are rarest in form first."""
    keys = list(reading.columns)
    if len(keys) <= MOST:
        return reading, []
    forms = [COUNTED.sub("*", key.name) for key in keys]
    alike = Counter(forms)
    order = sorted(range(len(keys)), key=lambda at: (alike[forms[at]], at))
    left = [keys[at] for at in order[MOST:]]
    reason = TOO_MANY(
        count=len(keys),
        most=MOST,
        left=len(left),
        names=", ".join(key.name for key in left[:SHOWN]),
    )
    return reading.without(set(left)), [
        Skipped(path=reading.log.shown, reason=reason, code="bound")
    ]
