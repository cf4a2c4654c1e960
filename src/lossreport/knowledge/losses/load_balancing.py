"""Load-balancing loss of a mixture of experts: a regulariser whose balanced value is not 0, for the
analyse step.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.knowledge.loss_type import Known, Level, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import against
from lossreport.knowledge.losses._facts import (
    EXPERTS,
    ROUTED,
    first_count,
    is_positive,
    number_fact,
)
from lossreport.text import Phrase, Text

SWITCH = Text(
    zh="**若**按 Switch / Megatron 的方式计、未乘系数，路由完全均衡",
    en="**if** it is computed as in Switch / Megatron and logged without its coefficient, for "
    "balanced routing",
)
TRANSFORMERS = Text(
    zh="**若**按 HF `load_balancing_loss_func` 的方式计（top-k = {k}）、未乘系数，路由完全均衡",
    en="**if** it is computed as in HF `load_balancing_loss_func` (top-k = {k}) and logged "
    "without its coefficient, for balanced routing",
)
COLLAPSED = Text(
    zh="专家数 E = {e}：全部 token 挤到同样的专家上时，HF 的算法最高到 E，Megatron 最高到 E / "
    "top-k。",
    en="E = {e} experts: with all tokens sent to the same ones it reaches up to E as HF "
    "computes it, up to E / top-k as Megatron does.",
)
BELOW = Text(
    zh="明显低于均衡时的值，记录的就是乘了系数的值，或是另一种算法。",
    en="A value well below the balanced one is logged with its coefficient, or computed in "
    "another way.",
)
UNKNOWN = Text(
    zh="均衡时的值取决于实现：Switch / Megatron 是 1，HF 是 top-k；top-k 未知，请用 `--set "
    "num_experts_per_tok=K` 给出。",
    en="The balanced value depends on the code: 1 in Switch / Megatron, top-k in HF. Top-k is "
    "unknown; give it with `--set num_experts_per_tok=K`.",
)


def _levels(known: Known) -> tuple[Level, ...]:
    """Return 1 (Switch, Megatron) and top-k (HF): f and P equal to 1/E each (SCIENCE.md 2,
    moe_aux).
    """
    found = [Level(value=1.0, condition=SWITCH())]
    k = _top_k(known)
    if k is not None and k > 1:
        found.append(Level(value=float(k), condition=TRANSFORMERS(k=k)))
    return tuple(found)


def _top_k(known: Known) -> int | None:
    routed = first_count(known, ROUTED)
    if routed is not None:
        return routed[1]
    return 1 if any(number_fact(known, name) == 1 for name in ROUTED) else None


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    return tuple(_said(known, value)) if is_positive(value) else ()


def _said(known: Known, value: float) -> Iterator[Phrase]:
    for level in _levels(known):
        yield from against(value, level, below=BELOW)
    if _top_k(known) is None:
        yield UNKNOWN()
    experts = first_count(known, EXPERTS)
    if experts is not None:
        yield COLLAPSED(e=experts[1])


LOSS = LossType(
    id="load_balancing",
    title=Text(zh="MoE 负载均衡 loss", en="MoE load-balancing loss"),
    names=metric_names(
        r"(?:\w+_)?load_?bal(?:ance|ancing)?_?loss",
        r"(?:router|moe|expert)_(?:aux|balance|balancing|load_balancing)(?:_?loss)?",
        r"(?:\w+_)?moe_aux(?:_?loss)?",
        r"router_loss|lbl(?:_loss)?",
    ),
    order=44,
    unit="",
    goal="none",
    role="regulariser",
    levels=_levels,
    notes=_notes,
    needs=("num_experts", "num_experts_per_tok"),
    why=Text(
        zh="它衡量 token 在各专家间分布得多不均匀，均衡时也不为 0；它是正则项，"
        "数值下降不代表模型变好，乘系数后记录的值要除以系数才能比较。",
        en="It measures how unevenly tokens spread over the experts, and is not 0 when they "
        "are balanced. It is a regulariser: a fall does not mean that the model improves, "
        "and a value logged with its coefficient has to be divided by it first.",
    ),
)
