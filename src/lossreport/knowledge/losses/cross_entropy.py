"""Cross-entropy: what a value in nats says against the chance level ln V, for the analyse step.

All logarithms are natural. A uniform guess over V choices costs -ln(1/V) = ln V; e^L is the
perplexity of an unweighted mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.knowledge.loss_type import Chance, Known, Level, LossType, Reference
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import against
from lossreport.knowledge.losses._facts import (
    CLASSES,
    count_fact,
    first_count,
    has_actions,
    is_number,
    is_positive,
    smoothing,
)
from lossreport.knowledge.losses._smoothing import floor_notes, smoothed_floor
from lossreport.knowledge.vocabulary import VOCABULARIES
from lossreport.text import Phrase, Quantity, Text, factor, joined, number, percent

IMAGE_CODES: Final = 8192
"""Ids 3..8194 of the 65536 in the public code of RynnVLA-002 (configuration_chameleon.py)."""
CHAMELEON_VOCABULARY: Final = 65536
GPT2_PARSER: Final = "llmc_text"
GPT2_PADDED: Final = 50304
"""GPT-2's 50257 ids, padded: 1172 of 1202 public GPT-2 runs start within 0.01 of its logarithm
(SCIENCE.md 1.1, row 5).
"""

LARGEST: Final = 1e7
"""No vocabulary comes near: above ln of it the judgement holds for every V, and e^L means
nothing.
"""
TOO_FAR: Final = math.log(1000)
"""Excess in nats above which a ratio of probabilities (1000 and more) is no longer readable."""
TIE: Final = 0.01
"""Nats from chance that count as being at it."""

CHANCE = Text(
    zh="ln {v} = {chance} 是随机猜测水平，即在 {v} 个选项上均匀猜测的 loss；它既不是最小值，"
    "也不是最大值。",
    en="ln {v} = {chance} is the chance level: the loss of a uniform guess over {v} choices. "
    "It is neither a minimum nor a maximum.",
)
BELOW = Text(
    zh="{value} 比随机猜测水平低 {gap}，是随机猜测水平（ln {v}）的 {share}。",
    en="{value} is {gap} below the chance level, {share} of ln {v}.",
)
CHOICES = Text(
    zh="{value} 相当于 {choices} 个等效选项（perplexity，即 e^L）："
    "不确定程度与在这么多个选项中均匀猜测相同，占 V = {v} 的 {share}。",
    en="{value} is equivalent to {choices} effective choices (perplexity, e^L): as uncertain "
    "as a uniform guess among that many, {share} of V = {v}.",
)
AT = Text(
    zh="{value} 与随机猜测水平相差不到 {tie}：只看这个数，与均匀猜测没有区别。",
    en="{value} is within {tie} of the chance level: by this number alone, no different from "
    "a uniform guess.",
)
ABOVE = Text(
    zh="{value} 比随机猜测水平高 {gap}，差于均匀猜测：按几何平均，"
    "均匀猜测给正确选项的概率是模型所给的 {ratio}。",
    en="{value} is {gap} worse than chance: on geometric average a uniform guess gives the "
    "right choice {ratio} the probability the model gave it.",
)
FAR_ABOVE = Text(
    zh="{value} 比随机猜测水平高 {gap}，差于均匀猜测，是随机猜测水平的 {ratio}。",
    en="{value} is {gap} worse than chance, {ratio} the chance level.",
)
BEYOND_IGNORANCE = Text(
    zh="一无所知的 loss 也只有 {chance}。可能的原因：概率压在了错误的选项上；"
    "记录的数不是交叉熵的均值（例如跨 rank 归约时混入了别的指标）；或者 V = {v} 不是 "
    "logits 的维度。",
    en="Knowing nothing costs only {chance}. Possible causes: the probability is on wrong "
    "choices; the logged number is not a mean cross-entropy (a reduction across ranks "
    "mixed in another metric, for example); or V = {v} is not the dimension of the logits.",
)
GPT2 = Text(
    zh="**若** V 是 GPT-2 填充后的词表 {v}（推断，日志没有说）",
    en="**if** V is {v}, the padded vocabulary of GPT-2 (an inference, the log does not say)",
)
IMAGE_TARGETS = Text(
    zh="**若**多数目标是图像 token（{codes} 个图像码，如同系列公开代码 RynnVLA-002 / Chameleon）",
    en="**if** most targets are image tokens ({codes} image codes, as in the public code of "
    "this family, RynnVLA-002 / Chameleon)",
)
IMAGE_WEIGHT = Text(
    zh="**若**加权均值的权重大部分落在图像 token 上（{codes} 个图像码，如同系列公开代码 "
    "RynnVLA-002 / Chameleon）",
    en="**if** most of the weight in the mean lies on image tokens"
    " ({codes} image codes, as in the public code of this family, RynnVLA-002 / Chameleon)",
)
UNDER_LEVEL = Text(
    zh="{condition}，应以 ln {codes} = {level} 为参照：{value} 比它低 {gap}；"
    "从 ln {v} 降到 {value} 的这段距离中，仅凭“知道目标是图像 token”就能解释 {share}。",
    en="The level to compare with is ln {codes} = {level} {condition}: {value} is then {gap} "
    "below it, and knowing no more than that the target is an image token would explain "
    "{share} of the distance from ln {v} to {value}.",
)
OVER_LEVEL = Text(
    zh="{condition}，应以 ln {codes} = {level} 为参照：{value} 比它还高 {gap}。",
    en="The level to compare with is ln {codes} = {level} {condition}: {value} is then {gap} "
    "above it.",
)
WEIGHTED = Text(
    zh="日志给出了类别权重（`{fact}`），这个 loss 是加权均值：e^L 不是 perplexity，"
    "也不能与未加权的 loss 比较。按权重之和归一化时（PyTorch 的 mean），均匀猜测的 loss "
    "仍是 ln V。",
    en="Class weights are set (`{fact}`), so this loss is a weighted mean: e^L is not a "
    "perplexity, and it is not comparable with an unweighted loss. Divided by the sum of "
    "the weights (PyTorch's mean), a uniform guess still costs ln V.",
)
UNKNOWN = Text(
    zh="`{metric}` 的词表大小（或类别数）V 未知，随机猜测水平 ln V 也就未知。候选（nats）："
    "{candidates}。V 取 logits 的维度（含填充），用 `--set vocab_size=N` 给出。",
    en="The vocabulary size (or number of classes) V behind `{metric}` is unknown, and with "
    "it the chance level ln V. Candidates (nats): {candidates}. Give the dimension of the "
    "logits, padding included, with `--set vocab_size=N`.",
)
FEW = Text(
    zh="`{metric}` 的类别数 K（语言模型则是词表大小）未知，随机猜测水平 ln K 也就未知；用 "
    "`--set num_classes=K` 或 `--set vocab_size=K` 给出。",
    en="The number of classes K behind `{metric}` (of a language model the size of its "
    "vocabulary) is unknown, and with it the chance level ln K; give it with `--set "
    "num_classes=K` or `--set vocab_size=K`.",
)
CANDIDATE = Text(zh="{v}（{name}）为 {level}", en="{v} ({name}) {level}")
FLIP = Text(
    zh="分界在 V = e^L = {flip}：词表比它小，{value} 就差于随机猜测水平；词表比它大，"
    "则优于随机猜测水平。",
    en="The judgement flips at V = e^L = {flip}: for a smaller vocabulary {value} is worse "
    "than chance, for a larger one better.",
)
ALWAYS_ABOVE = Text(
    zh="{value} 高于上列每一个 V 的随机猜测水平：作为按 token 取的均值，"
    "它差于其中任何一个的均匀猜测；也可能记录的不是均值（例如对梯度累积的各步求了和）。",
    en="{value} is above the chance level of every V listed: as a mean per token it is worse "
    "than a uniform guess for each of them; or the logged number is not such a mean (a sum "
    "over the steps of gradient accumulation, for example).",
)
ALWAYS_BELOW = Text(
    zh="{value} 低于 ln 2 = {level}：无论 V 是多少，都低于随机猜测水平。",
    en="{value} is below ln 2 = {level}, so below chance whatever V is.",
)


def _choices(known: Known) -> tuple[str, int] | None:
    return first_count(known, ("vocab_size", *CLASSES))


def _chance(known: Known) -> Chance | None:
    match _choices(known):
        case (name, count):
            return Chance(value=math.log(count), assumption=f"ln({name})")
        case _:
            return None


def _floor(known: Known) -> Chance | None:
    """Return the entropy of smoothed targets, where label smoothing is configured and the mean is
    not a weighted one.
    """
    smooth, choices = smoothing(known), _choices(known)
    return (
        None
        if smooth is None or choices is None or _class_weights(known)
        else smoothed_floor(smooth[1], choices[1])
    )


def _class_weights(known: Known) -> str | None:
    """Return the name of the fact that makes the mean a weighted one; a weight of 1 does not."""
    for name in ("loss_img_weights", "class_weights", "class_weight"):
        value = known.fact(name)
        if value is not None and not (is_number(value) and value == 1):
            return name
    return None


def _levels(known: Known) -> tuple[Level, ...]:
    """Return ln 50304 for llm.c where V is unknown, and ln 8192 where the run looks like the
    Chameleon lineage: 65536 logits and an image-token accuracy.
    """
    if known.parser == GPT2_PARSER and _choices(known) is None:
        return (
            Level(
                value=math.log(GPT2_PADDED),
                condition=GPT2(v=GPT2_PADDED),
                formula=f"ln {GPT2_PADDED}",
            ),
        )
    image_tokens = any(metric.startswith("acc_image") for metric in known.metrics)
    if count_fact(known, "vocab_size") != CHAMELEON_VOCABULARY or not image_tokens:
        return ()
    condition = IMAGE_WEIGHT if _class_weights(known) else IMAGE_TARGETS
    return (
        Level(
            value=math.log(IMAGE_CODES),
            condition=condition(codes=IMAGE_CODES),
            formula=f"ln {IMAGE_CODES}",
        ),
    )


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not is_positive(value):
        return ()
    weights = _class_weights(known)
    choices = _choices(known)
    said = (
        [*_unknown(known, value)]
        if choices is None
        else [*_known(choices[1], value, weighted=weights is not None)]
    )
    if choices is not None:
        said += [
            note for level in _levels(known) for note in _level_notes(level, choices[1], value)
        ]
    if weights is not None:
        said.append(WEIGHTED(fact=weights))
    elif choices is not None and (smooth := smoothing(known)) is not None:
        said += floor_notes(value, *smooth, choices[1])
    return tuple(said)


def _known(v: int, value: float, *, weighted: bool) -> Iterator[Phrase]:
    chance = math.log(v)
    excess = value - chance
    shown = _nats(value)
    yield CHANCE(v=v, chance=_nats(chance))
    if abs(excess) < TIE:
        yield AT(value=shown, tie=_nats(TIE))
    elif excess < 0:
        yield BELOW(value=shown, gap=_gap(excess), share=percent(value / chance), v=v)
        if not weighted and math.exp(value) >= 1.001:
            # closer to 1 the shown number would read 1, which it is not
            yield CHOICES(
                value=shown, choices=number(math.exp(value)), share=percent(math.exp(excess)), v=v
            )
    else:
        if weighted or excess > TOO_FAR:
            yield FAR_ABOVE(value=shown, gap=_gap(excess), ratio=factor(value / chance))
        else:
            yield ABOVE(value=shown, gap=_gap(excess), ratio=factor(math.exp(excess)))
        yield BEYOND_IGNORANCE(chance=_nats(chance), v=v)


def _level_notes(level: Level, v: int, value: float) -> Iterator[Phrase]:
    """Compare with ln 8192, for a value between chance and where that level explains less than half
    of the way down.

    The share is (ln V - ln 8192) / (ln V - L): how far a uniform guess over the image codes alone
    comes.
    """
    chance = math.log(v)
    if value >= chance - TIE:
        return
    shown, at = _nats(value), _nats(level.value)
    gap = _gap(value - level.value)
    share = (chance - level.value) / (chance - value)
    if value >= level.value:
        yield OVER_LEVEL(
            condition=level.condition, codes=IMAGE_CODES, level=at, value=shown, gap=gap
        )
    elif share >= 0.5:
        yield UNDER_LEVEL(
            condition=level.condition,
            codes=IMAGE_CODES,
            level=at,
            value=shown,
            gap=gap,
            v=v,
            share=percent(share),
        )


def _unknown(known: Known, value: float) -> Iterator[Phrase]:
    for level in _levels(known):
        yield from against(value, level, "nats")
    words = _may_be_words(known)
    candidates = joined(
        *(CANDIDATE(v=v, name=name, level=number(math.log(v))) for v, name in VOCABULARIES)
    )
    yield UNKNOWN(metric=known.name, candidates=candidates) if words else FEW(metric=known.name)
    if value > math.log(LARGEST):
        yield ALWAYS_ABOVE(value=_nats(value))
    elif value < math.log(2):
        yield ALWAYS_BELOW(value=_nats(value), level=_nats(math.log(2)))
    elif words:
        yield FLIP(flip=number(math.exp(value)), value=_nats(value))


def _nats(value: float) -> Quantity:
    return number(value, "nats")


def _gap(difference: float) -> Quantity:
    """Show a distance to about two decimals, as finely as logs are usually printed."""
    return number(abs(difference), "nats", digits=2 if abs(difference) < 1 else 3)


WORDS: Final = re.compile(
    r"closs|(?:^|[_/ ])(?:lm|llm|mlm|clm|token|text|word|causal|masked|mtp|caption|seq)",
    re.IGNORECASE,
)
"""Names of a loss over a vocabulary."""
LEAST_WORDS: Final = math.log(1000)
"""An untrained guess over a vocabulary of a thousand words and more costs at least this."""


def _may_be_words(known: Known) -> bool:
    """Return whether a cross-entropy is known to be over a vocabulary: it is called so, a
    perplexity stands beside it, or it begins as high as one.
    """
    beside = any("ppl" in name.lower() or "perplexity" in name.lower() for name in known.metrics)
    named = bool(WORDS.search(known.name)) or bool(_levels(known))
    return named or beside or (known.start is not None and known.start.value >= LEAST_WORDS)


GPT2_SIZES: Final = range(50257, 50305)
"""The vocabulary of GPT-2, and its paddings up to a multiple of 64."""
IMAGES: Final = re.compile(r"im(?:a)?ge?s?(?![a-z])|visual|vq", re.IGNORECASE)


def _is_gpt2(known: Known) -> bool:
    """Return whether a run may be of a language model over the vocabulary of GPT-2."""
    vocab = count_fact(known, "vocab_size")
    if vocab is not None:
        return vocab in GPT2_SIZES
    return first_count(known, CLASSES) is None and not has_actions(known) and _may_be_words(known)


def _has_images(known: Known) -> bool:
    return count_fact(known, "vocab_size") == LLAMAGEN_CODES or bool(IMAGES.search(known.name))


LLAMAGEN_CODES: Final = 16384


def _is_closs(known: Known) -> bool:
    return known.name == "closs"


LOSS = LossType(
    id="cross_entropy",
    title=Text(zh="交叉熵", en="cross-entropy"),
    names=metric_names(
        r"closs",
        r"(?:c|ce|lm|llm|nll|xent|cross_?entropy|token|text|mlm|causal_lm|masked_lm|mtp"
        r"(?:_\d+)?)_?loss",
        r"ce",
        r"nll",
        r"xent",
        r"ce_mean_words",
        r"cross_?entropy",
        r"loss_(?:ce|nll|lm|xent|text|token|cross_?entropy|att)",
        r"(?:lm|mean)_(?:loss_value|nll)",
        r"(?:sparse_)?categorical_cross_?entropy",
        r"trl",
        r"tel",
    ),
    unit="nats",
    goal="down",
    role="loss",
    log_space=True,
    chance=_chance,
    floor=_floor,
    levels=_levels,
    notes=_notes,
    needs=("vocab_size",),
    why=Text(
        zh="它是正确选项概率的负对数的均值，因此大小随选项数取对数：V 越大，起点 ln V 越高。"
        "下限是数据自身的条件熵，没有上限；teacher forcing 下按 token 取均值，"
        "序列长度本身不会抬高它。",
        en="The mean of −ln p(right choice), so it grows with the logarithm of the number of "
        "choices: the larger V, the higher the start ln V. Its floor is the conditional "
        "entropy of the data and it has no ceiling; under teacher forcing it is a mean "
        "over tokens, so sequence length alone does not raise it.",
    ),
    comparable=Text(
        zh="tokenizer、数据或 mask 不同的数值不可比。",
        en="Values with another tokenizer, data or mask are not comparable.",
    ),
    references=(
        Reference(
            value=Text(
                zh="GPT-2（V = 50257）在 OpenWebText 验证集上：124M 3.12，350M 2.84，774M "
                "2.67，1.5B 2.54 nats。",
                en="GPT-2 (V = 50257) on the OpenWebText validation set: 124M 3.12, 350M "
                "2.84, 774M 2.67, 1.5B 2.54 nats.",
            ),
            source="nanoGPT README (karpathy/nanoGPT)",
            where=_is_gpt2,
        ),
        Reference(
            value=Text(
                zh="图像码（V = 16384，随机猜测水平 ln 16384 = 9.70）："
                "一位用户报告预训练模型约 7 nats，随机初始化约 9。",
                en="Image codes (V = 16384, chance ln 16384 = 9.70): a user reports about 7 "
                "nats for a pretrained model, about 9 for a random one.",
            ),
            source="FoundationVision/LlamaGen, issue #97",
            where=_has_images,
        ),
        Reference(
            value=Text(
                zh="VLA 离散动作 token（256 个动作 bin，ln 256 = 5.55）：0.22 nats，只对动作 "
                "token 计 loss。",
                en="VLA action tokens (256 action bins, ln 256 = 5.55): 0.22 nats, counted on "
                "action tokens only.",
            ),
            source="OpenVLA checkpoint name step-295000-epoch-40-loss=0.2200",
            where=has_actions,
        ),
        Reference(
            value=Text(
                zh="多模态 SFT（同类日志中的 `closs`）：1.54 降到 0.98 nats。",
                en="Multimodal SFT (`closs` of the same logger family): from 1.54 to 0.98 nats.",
            ),
            source="Alpha-VLLM/LLaMA2-Accessory, issue #48",
            where=_is_closs,
        ),
    ),
)
