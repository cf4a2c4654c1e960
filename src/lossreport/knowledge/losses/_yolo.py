"""The gains that Ultralytics multiplies into the losses it logs, for the units of this folder in
the analyse step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.knowledge.loss_type import Known
from lossreport.knowledge.losses._facts import number_fact
from lossreport.text import Phrase, Text, number

DEFAULTS: Final = {"box": 7.5, "cls": 0.5, "dfl": 1.5}
"""`box`, `cls` and `dfl` of Ultralytics' default.yaml (SCIENCE.md 2, yolo)."""

GIVEN = Text(
    zh="Ultralytics 记录的值已乘增益 `{term}` = {gain}（来自配置）：不含增益的值是 {raw}。",
    en="Ultralytics logs this loss times its gain, `{term}` = {gain} here: without it the "
    "value is {raw}.",
)
ASSUMED = Text(
    zh="Ultralytics 记录的值已乘增益 `{term}`；配置不在日志中，**若**用的是默认值 {gain}，"
    "不含增益的值是 {raw}。",
    en="Ultralytics logs this loss times its gain `{term}`. The setting is not in the logs; "
    "**if** it is the default {gain}, the value without it is {raw}.",
)


def has_gain(known: Known) -> bool:
    """Say whether the run logs what only Ultralytics' detection head logs: a DFL loss beside a box
    loss.
    """
    named = {name.rsplit("/", 1)[-1] for name in known.metrics}
    return {"box_loss", "dfl_loss"} <= named


def gain(known: Known, term: str) -> float:
    """Return the configured gain of `term`, else Ultralytics' default."""
    value = number_fact(known, term)
    return value if value is not None and value > 0 else DEFAULTS[term]


def gain_notes(known: Known, term: str, value: float) -> Iterator[Phrase]:
    """Yield the value without its gain, where the run is one of Ultralytics."""
    if has_gain(known):
        text = ASSUMED if number_fact(known, term) is None else GIVEN
        yield text(term=term, gain=number(gain(known, term)), raw=number(value / gain(known, term)))
