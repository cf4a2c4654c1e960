"""Training that slows down as sequences or answers get longer: more work, no fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beside import finite, named, start_and_end
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.text import Text, number

LENGTHS: Final = (
    r"(?:.*/)?(?:mean_length|completion_length|response_length|seq(?:uence)?_?len(?:gth)?|"
    r"avg_len(?:gth)?|ep_len_mean)(?:/mean)?"
)
LONGER: Final = 1.15
"""Fifteen percent longer: about what a drop of the throughput needs to be told."""

GREW = Text(
    zh="`{length}` 同时从 {first} 增到 {last}（第 {line} 行）。",
    en="`{length}` grew from {first} to {last} meanwhile (line {line}).",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a throughput that fell while a length grew."""
    lengths = [one for one in named(context, LENGTHS) if len(finite(one)) >= 4]
    for finding in context.of_kind("throughput_drop"):
        for one in lengths:
            first, last = start_and_end(finite(one))
            if first > 0 and last > LONGER * first and np.isfinite(last):
                told = GREW(
                    length=one.label, first=number(first), last=number(last), line=int(one.line[-1])
                )
                yield Suspicion(finding=finding, signs=(strong(told),))
                break


CAUSE = Cause(
    id="longer_sequences",
    family="hardware",
    title=Text(
        zh="序列（回答）变长，每步的计算量增加",
        en="Sequences or answers get longer, so that a step has more to do",
    ),
    decided_by=Text(
        zh="换算成每秒 token 数：不变就是它，也下降则查机器。",
        en="Convert to tokens per second: a steady rate decides it, one that falls too points "
        "at the machine.",
    ),
    do=Text(
        zh="不是故障：按 token 数而不是步数安排预算；需要时限制最大长度，或按长度分组组 batch。",
        en="No fault: plan by tokens instead of steps; limit the length where needed, or "
        "batch by length.",
    ),
    reference="Hugging Face Transformers documentation, TrainingArguments: group_by_length",
    suspect=suspect,
)
