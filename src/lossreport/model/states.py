"""The states of a verdict, in one table: what each is called, in a heading and in a sentence, and
the tone it is told in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lossreport.model.analysis import State
from lossreport.model.analysis import Tone as OutcomeTone
from lossreport.model.report import Tone
from lossreport.text import Text
from lossreport.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """How a state is told: as a heading (`name`), behind "is" (`short`), and in which tone."""

    name: Text
    short: Text
    tone: OutcomeTone

    @property
    def shade(self) -> Tone:
        """The tone in which a page draws it."""
        return SHADES[self.tone]


SHADES: Final[Mapping[OutcomeTone, Tone]] = {
    "bad": "critical",
    "warn": "high",
    "open": "info",
    "good": "good",
}

STATES: Final[Mapping[State, Saying]] = {
    State.BROKEN: Saying(
        name=Text(zh="已损坏", en="broken"), short=Text(zh="已损坏", en="broken"), tone="bad"
    ),
    State.MIXED: Saying(
        name=Text(zh="多组数据混杂，暂不能判断", en="mixed: cannot be judged yet"),
        short=Text(zh="混杂", en="mixed"),
        tone="warn",
    ),
    State.DIVERGING: Saying(
        name=Text(zh="发散", en="diverging"), short=Text(zh="发散", en="diverging"), tone="bad"
    ),
    State.UNSTABLE: Saying(
        name=Text(zh="不稳定", en="unstable"), short=Text(zh="不稳定", en="unstable"), tone="warn"
    ),
    State.OVERFITTING: Saying(
        name=Text(zh="过拟合", en="overfitting"),
        short=Text(zh="过拟合", en="overfitting"),
        tone="warn",
    ),
    State.WORSENING: Saying(
        name=Text(zh="在变差（已过最佳点）", en="worse than its best"),
        short=Text(zh="在变差", en="worse than its best"),
        tone="warn",
    ),
    State.INSUFFICIENT: Saying(
        name=Text(zh="数据不足", en="insufficient data"),
        short=Text(zh="数据不足", en="too short to judge"),
        tone="open",
    ),
    State.PLATEAU_HIGH: Saying(
        name=Text(zh="停在高位", en="flat at a poor level"),
        short=Text(zh="停在不好的水平", en="flat at a poor level"),
        tone="warn",
    ),
    State.CONVERGED: Saying(
        name=Text(zh="已走平（在当前学习率下）", en="flat at this learning rate"),
        short=Text(zh="在当前学习率下已走平", en="flat at this learning rate"),
        tone="good",
    ),
    State.IMPROVING: Saying(
        name=Text(zh="仍在改善", en="still improving"),
        short=Text(zh="仍在改善", en="still improving"),
        tone="good",
    ),
    State.INCONCLUSIVE: Saying(
        name=Text(zh="尚无定论", en="inconclusive"),
        short=Text(zh="尚无定论", en="inconclusive"),
        tone="open",
    ),
}
TROUBLES: Final = (
    State.BROKEN,
    State.MIXED,
    State.DIVERGING,
    State.UNSTABLE,
    State.OVERFITTING,
    State.WORSENING,
)
"""The states in which something is wrong, gravest first."""


def earliest(states: list[State]) -> State:
    """Return the first state of the order of the contract among `states`, of which there must be
    one.
    """
    return min(states, key=list(State).index)
