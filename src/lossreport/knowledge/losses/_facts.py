"""Facts of a run that several kinds of loss read in the analyse step, checked before a formula uses
them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

from lossreport import regex as re
from lossreport.knowledge.loss_type import Known


def count_fact(known: Known, name: str) -> int | None:
    """Return the fact `name` as a whole number of at least 2; None where it is unknown or no such
    number.
    """
    value = number_fact(known, name)
    return int(value) if value is not None and value >= 2 and value == int(value) else None


def number_fact(known: Known, name: str) -> float | None:
    """Return the fact `name` as a finite number, else None."""
    value = known.fact(name)
    return float(value) if is_number(value) else None


CLASSES: Final = ("num_classes", "num_labels", "nb_classes", "n_classes", "classes")
"""Names that configurations give to the number of classes."""
EXPERTS: Final = (
    "num_experts",
    "num_local_experts",
    "n_routed_experts",
    "num_moe_experts",
    "moe_num_experts",
)
ROUTED: Final = ("num_experts_per_tok", "moe_router_topk", "moe_top_k", "router_top_k")
"""Experts a token is sent to; plain `top_k` may be a setting of text generation."""


def first_count(known: Known, names: Iterable[str]) -> tuple[str, int] | None:
    """Return (name, value) of the first fact of `names` that is a whole number of at least 2, else
    None.
    """
    return next(
        ((name, count) for name in names if (count := count_fact(known, name)) is not None), None
    )


def own_number(known: Known, name: str, *others: str) -> float | None:
    """Return `<name>.<metric>`, which the user gives, else the first of the facts `others` that is
    a finite number.
    """
    mine = known.own(name)
    return (
        float(mine)
        if is_number(mine)
        else next(
            (found for other in others if (found := number_fact(known, other)) is not None), None
        )
    )


def smoothing(known: Known) -> tuple[str, float] | None:
    """Return (fact, epsilon) of label smoothing, 0 < epsilon < 1, else None."""
    for name in ("label_smoothing", "label_smoothing_factor", "smoothing"):
        value = number_fact(known, name)
        if value is not None and 0 < value < 1:
            return name, value
    return None


def value_range(known: Known) -> tuple[float, float] | None:
    """Return the range of the targets, `range.<metric>`, as (low, high) with low < high, else
    None.
    """
    match known.own("range"):
        case (low, high) if is_number(low) and is_number(high) and low < high:
            return float(low), float(high)
        case _:
            return None


def is_number(value: Any) -> bool:
    """Say whether `value` is a finite int or float; a bool is not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def is_positive(value: float) -> bool:
    """Say whether `value` is finite and above zero, so that a note can speak about it."""
    return math.isfinite(value) and value > 0


ACTION_NAME: Final = re.compile(r"loss_ct|(?<![a-z])act(?:ion)?s?(?![a-z])", re.IGNORECASE)
"""`loss_ct` is what the public code of RynnVLA-002 calls its loss of actions."""
ACTION_FACTS: Final = (
    "action_dim",
    "action_horizon",
    "num_actions_chunk",
    "action_chunk_size",
    "n_action_steps",
)
ROBOT_PARSERS: Final = ("lerobot",)


def has_actions(known: Known) -> bool:
    """Return whether a run trains actions of a robot, as its metrics, settings or log format
    tell.
    """
    named = any(ACTION_NAME.search(name) for name in (known.name, *known.metrics))
    return (
        named
        or any(name in known.facts for name in ACTION_FACTS)
        or known.parser.startswith(ROBOT_PARSERS)
    )
