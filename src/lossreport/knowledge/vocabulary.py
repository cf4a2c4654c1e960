"""Vocabulary sizes that a first value could stand for: a loss of an untrained model sits on ln V.
An inference for the analyse step.

It is only said beside the scale of a loss, as an inference; no chance level and no finding is made
of it.
"""

from __future__ import annotations

import math
from typing import Final

from lossreport.knowledge.loss_type import Known
from lossreport.text import Join, Phrase, Text, number
from lossreport.values import dataclass

VOCABULARIES: Final = (
    (8192, Text(zh="Chameleon 图像码", en="Chameleon image codes")),
    (32000, Text(zh="Llama 2", en="Llama 2")),
    (50257, Text(zh="GPT-2", en="GPT-2")),
    (50304, Text(zh="GPT-2，填充后", en="GPT-2, padded")),
    (65536, Text(zh="Chameleon", en="Chameleon")),
    (128256, Text(zh="Llama 3", en="Llama 3")),
    (151936, Text(zh="Qwen2.5", en="Qwen2.5")),
)
"""Logit dimensions in common use, as candidates where V is unknown."""
CANDIDATES: Final = tuple(sorted({v for v, _ in VOCABULARIES} | {2**k for k in range(8, 19)}))
"""Those and the powers of two from 256 to 262144, the sizes of codebooks and of padded
vocabularies.
"""

TOLERANCE: Final = 0.003
"""Nats between a first value and ln V. The real start of an untrained head was 0.0007 away (9.0116
for ln 8192 = 9.0109, ECOSYSTEM.md trap 6).

The windows of the 16 candidates cover 1.3 % of the nats between ln 256 and ln 262144
(tests/knowledge/test_vocabulary.py), so a value that has nothing to do with a vocabulary hits one
about once in 80 times; at 0.3 % of the value (0.03 nats) it would be once in 9.
"""
COARSEST: Final = 0.001
"""A print with fewer than three decimals cannot tell a hit from a miss."""

SHIFTED: Final = frozenset(("hf_trainer_state", "hf_stdout", "msswift_jsonl", "llamafactory_jsonl"))
"""Formats of the Hugging Face Trainer, whose training loss may be (T-1)/T of the true mean for
sequences of T tokens (ECOSYSTEM.md trap 4).
"""
TRAINER_FACTS: Final = frozenset(("total_flos", "train_runtime"))
"""What the Trainer leaves in other formats too, such as TensorBoard events."""

HIT = Text(
    zh="推断（不是事实）：第一个值 {first} 与 {levels} 相差不到 {tolerance}，未经训练的模型在 "
    "V 个选项上的交叉熵正是 ln V，因此 V 可能是 {sizes}。也可能是巧合，"
    "报告没有用它作任何判断；请用 `--set vocab_size=N` 确认。",
    en="An inference, not a fact: the first value {first} is within {tolerance} of {levels}, "
    "and an untrained model's cross-entropy over V choices is ln V, so V may be {sizes}. "
    "It may be a coincidence and nothing in this report is judged by it; confirm with "
    "`--set vocab_size=N`.",
)
SHIFTED_HIT = Text(
    zh="第一个值 {first} 与 {levels} 相差不到 {tolerance}，但 Hugging Face Trainer 的训练 "
    "loss 可能是真实均值的 (T−1)/T（T 为序列长度），所以不据此推断词表大小。",
    en="The first value {first} is within {tolerance} of {levels}, but the training loss of "
    "the Hugging Face Trainer may be (T−1)/T of the true mean for sequences of T tokens, "
    "so no vocabulary size is inferred from it.",
)
LEVEL = Text(zh="ln {v} = {level}", en="ln {v} = {level}")
OR = Text(
    zh="{first} 或 {second}（无法区分）", en="{first} or {second} (they cannot be told apart)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """Vocabulary sizes whose logarithm a first value sits on, smallest first; empty where the value
    is not to be trusted for it.
    """

    first: float
    sizes: tuple[int, ...]
    text: Phrase


def guess(known: Known) -> Guess | None:
    """Return what the first value of a loss of unknown V tells about V; None where it sits on no ln
    V, or is printed too coarsely.
    """
    start = known.start
    if start is None or not math.isfinite(start.value) or start.resolution > COARSEST:
        return None
    sizes = hits(start.value)
    if not sizes:
        return None
    first, tolerance = number(start.value, "nats", digits=6), number(TOLERANCE, "nats")
    levels = Join(items=tuple(LEVEL(v=v, level=number(math.log(v), digits=6)) for v in sizes))
    if _may_be_shifted(known):
        return Guess(
            first=start.value,
            sizes=(),
            text=SHIFTED_HIT(first=first, levels=levels, tolerance=tolerance),
        )
    shown = OR(first=sizes[0], second=sizes[1]) if len(sizes) == 2 else Join(items=sizes)
    return Guess(
        first=start.value,
        sizes=sizes,
        text=HIT(first=first, levels=levels, tolerance=tolerance, sizes=shown),
    )


def hits(value: float) -> tuple[int, ...]:
    """Return the candidates V with |value - ln V| within the tolerance."""
    return tuple(v for v in CANDIDATES if abs(value - math.log(v)) <= TOLERANCE)


def _may_be_shifted(known: Known) -> bool:
    by_trainer = known.parser in SHIFTED or bool(TRAINER_FACTS & (known.metrics | set(known.facts)))
    return by_trainer and known.split == "train"
