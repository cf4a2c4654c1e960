"""Tells the kind of a metric from its name, and that of a plain `loss` from the configuration, the
other metrics and the log format.

`analysis` calls it with plain values before anything is judged. Every answer carries its ground;
where nothing tells, the kind stays generic. Rules are tried in order, the first that answers wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Final

from lossreport import regex as re
from lossreport.knowledge.loss_type import GENERIC, LossType, classify, folded_name, loss_type
from lossreport.model.run import LONGEST_NAME, TypeGround
from lossreport.text import Join, Text
from lossreport.values import dataclass

CRITERIA: Final = (
    "criterion",
    "loss_fn",
    "loss_function",
    "loss_func",
    "loss_name",
    "loss_type",
    "loss",
    "objective",
)
"""Settings that name the loss."""
TOKEN_HEADS: Final = re.compile(
    r"\w{1,100}(?:ForCausalLM|LMHeadModel|ForMaskedLM|ForConditionalGeneration)"
)
CLASS_HEADS: Final = re.compile(r"\w{1,100}For(?:Sequence|Image|Token)Classification")
CTC_HEADS: Final = re.compile(r"\w{1,100}ForCTC")
"""Class names of transformers, by the head that decides the loss."""
TOKEN_METRICS: Final = ("mean_token_accuracy", "token_acc", "token_accuracy", "ppl", "perplexity")
FAIRSEQ: Final = frozenset(("wps", "ups", "wpb"))
"""Columns that fairseq writes; it divides every loss by ln 2 (FORMATS.md section 5)."""
PARTS: Final = re.compile(r"loss|^nll$|^ce$|^xent$", re.IGNORECASE)
"""Names of what may be a term of a total; `mae` or `mse` beside a loss are often only metrics."""

TOTALS: Final = re.compile(
    r"(?:(?:total|overall|full|sum|all|batch|mean|avg|average|avr|running|epoch|"
    r"training)[_ ]?)?loss(?:[_ ]?(?:total|sum|all|mean|avg))?|total",
    re.IGNORECASE,
)
"""What programs call the loss that is trained on, whatever its terms: `Loss`, `total_loss`, `batch
loss`.
"""
QUARTER: Final = re.compile(r"loss_q[0-3]")
NUMBERED: Final = re.compile(r"loss_\d+$")
LETTERED: Final = re.compile(r"loss_[a-z]")

NAMED = Text(zh="种类由指标名判断。", en="The kind is read from the metric's name.")
DECLARED = Text(
    zh="种类由用户给出（`type.{metric}`）。", en="The kind was given by the user (`type.{metric}`)."
)
UNTOLD = Text(
    zh="指标名、配置、其他指标和日志格式都没有说明种类。",
    en="Neither the name nor the configuration, the other metrics or the log format tell the kind.",
)
TOTAL = Text(
    zh="日志里还有其他 loss（{names}），`{metric}` 可能是它们的加权和，因此不归入任何一种。",
    en="Other losses are logged beside it ({names}), so `{metric}` may be their weighted sum "
    "and is not counted as any one kind.",
)
BITS = Text(
    zh="日志里有 fairseq 的列（{names}）；fairseq 的 loss 除以 ln 2，单位是 bit。",
    en="The log has fairseq's columns ({names}), and fairseq divides its losses by ln 2: the "
    "unit is bits.",
)
FAIRSEQ_TOTAL = Text(
    zh="日志里有 fairseq 的列（{names}）：loss 的形式由 criterion 决定，单位是 bit；没有配置，"
    "不归入任何一种。",
    en="The log has fairseq's columns ({names}): its criterion decides the form of the loss, "
    "in bits. Without the configuration it is not counted as any one kind.",
)
DETECTION = Text(
    zh="同时记录了 {names}，这是 DETR 一类检测模型：它是类别（含“无目标”，其权重默认 0.1）"
    "上的交叉熵，不是 token 上的。",
    en="{names} are logged beside it, as by detectors of the DETR family: a cross-entropy "
    "over classes (with “no object”, weighted by 0.1 by default), not over tokens.",
)
CRITIC = Text(
    zh="同时记录了 {names}，这是强化学习的 critic，不是 GAN 的判别器。",
    en="{names} are logged beside it: the critic of reinforcement learning, not of a GAN.",
)
PLAYER = Text(
    zh="同时记录了 {names}：它与判别器互相对抗，这个 loss 是对抗训练中一方的 loss。",
    en="{names} are logged beside it: it plays against a discriminator, and its loss is that "
    "of one player.",
)
EXPERTS = Text(
    zh="配置里有 {names}，这是混合专家模型的负载均衡 loss。",
    en="The configuration has {names}: the load-balancing loss of a mixture of experts.",
)
METER = Text(
    zh="旁边的 {names} 表明 `{metric}` 是同一个计量器的当前值，不是价值函数的 loss。",
    en="{names} beside it tells that `{metric}` is the current value of the same meter, not "
    "the loss of a value function.",
)
TERMS = Text(
    zh="`{metric}` 与 {names} 并列，是同一个总和里的一项，名称里的字母是项的代号，不说明种类。",
    en="`{metric}` stands beside {names} as a term of one total; the letter in its name only "
    "tells the terms apart, not their kind.",
)
RATIO = Text(
    zh="同时记录了 {names}，这是 PPO 的概率比。",
    en="{names} are logged beside it: PPO's probability ratio.",
)
REWARDED = Text(
    zh="同时记录了 {names}，这是强化学习训练：loss 是策略的替代目标，不衡量进展。",
    en="{names} are logged beside it, as in reinforcement learning: the loss is a surrogate "
    "of the policy and no measure of progress.",
)
PREFERRED = Text(
    zh="同时记录了 {names}，这是偏好学习（DPO 一类）的训练。",
    en="{names} are logged beside it, as in preference training (DPO and similar).",
)
PAIRS = Text(
    zh="同时记录了 {names}，这是奖励模型的训练。",
    en="{names} are logged beside it, as in training a reward model.",
)
QUARTERS = Text(
    zh="同时记录了 {names}，即按扩散时间步分成四段的 loss，这是扩散模型的训练。",
    en="{names} are logged beside it, the loss by quarters of the diffusion time steps, as in "
    "training a diffusion model.",
)
CONFIGURED = Text(
    zh="配置写明 `{fact}` = {value}。", en="The configuration says `{fact}` = {value}."
)
ARCHITECTURE = Text(
    zh="模型结构是 {value}（`{fact}`），这类模型头训练时用的就是它。",
    en="The architecture is {value} (`{fact}`), whose head is trained with it.",
)
TOKENS = Text(
    zh="同时记录了 {names}，据此推断它是 token 上的交叉熵；这是推断，可用 `--set "
    "type.{metric}=...` 更正。",
    en="{names} is logged beside it, from which it is inferred to be a cross-entropy over "
    "tokens; correct it with `--set type.{metric}=...`.",
)
LLMC = Text(
    zh="日志格式是 llm.c 的 main.log，它只训练语言模型，记录的是 token 上的交叉熵。",
    en="The log is a main.log of llm.c, which trains language models only and logs their "
    "cross-entropy over tokens.",
)
NANOGPT = Text(
    zh="日志格式是 nanoGPT 的，它训练语言模型，日志里也写明了 vocab_size：据此推断它是 token "
    "上的交叉熵。",
    en="The log is one of nanoGPT, which trains language models, and states a vocab_size: "
    "inferred to be a cross-entropy over tokens.",
)
FACTORY = Text(
    zh="trainer_log.jsonl 里的 `accuracy` 是 LLaMA-Factory 从 `rewards/accuracies` 抄来的，"
    "只有偏好优化才有。",
    en="The `accuracy` of a trainer_log.jsonl is what LLaMA-Factory copies from "
    "`rewards/accuracies`, which only preference training logs.",
)
VOCABULARY = Text(
    zh="用户给出了 vocab_size，且没有与之不符的指标，据此推断它是 token 上的交叉熵。",
    en="The user gave vocab_size and no metric speaks against it: inferred to be a "
    "cross-entropy over tokens.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What a run says about its metrics: the parser id of the metric's source, the names of all
    metrics, all facts, and which the user gave.
    """

    parser: str = ""
    metrics: frozenset[str] = frozenset()
    facts: Mapping[str, Any] = field(default_factory=dict)
    given: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """The id of a kind and on what ground. A declared id may be one that no unit has; it reads as
    generic.
    """

    type_id: str
    ground: TypeGround


Rule = Callable[[str, LossType, Clues], Recognised | None]
"""Answers for a folded name, the kind its name alone tells, and the clues; None where it has
nothing to say.
"""


def recognise(name: str, clues: Clues) -> Recognised:
    """Return the kind of the metric `name` (without its split) and its ground; what the user
    declared wins.
    """
    declared = clues.facts.get(f"type.{name}")
    if isinstance(declared, str):
        return Recognised(
            type_id=declared,
            ground=TypeGround(by="declared", text=DECLARED(metric=name), facts=(f"type.{name}",)),
        )
    named, folded = classify(name), folded_name(name)
    rules = PLAIN_RULES if is_plain(folded) and named.id == GENERIC else NAMED_RULES
    for rule in rules:
        found = rule(name, named, clues)
        if found is not None:
            return found
    if named.id != GENERIC:
        return Recognised(type_id=named.id, ground=TypeGround(by="name", text=NAMED()))
    return Recognised(type_id=GENERIC, ground=TypeGround(by="none", text=UNTOLD()))


def is_plain(folded: str) -> bool:
    """Say whether a name tells no more than that it is the loss: `loss`, `total_loss`,
    `loss_epoch`; `loss_0` is one of several.
    """
    if len(folded) > LONGEST_NAME or NUMBERED.search(folded):
        return False
    return (
        loss_type(GENERIC).names.fullmatch(folded) is not None
        or loss_type(GENERIC).names.fullmatch(folded.rsplit("/", 1)[-1]) is not None
    )


# ------------------------------------------------------------------- names that mean several things
def _in_bits(_: str, named: LossType, clues: Clues) -> Recognised | None:
    found = _among(clues, FAIRSEQ)
    return (
        _by_metrics("bits_per_token", BITS, found)
        if named.id == "cross_entropy" and len(found) == len(FAIRSEQ)
        else None
    )


def _of_classes(_: str, named: LossType, clues: Clues) -> Recognised | None:
    found = [
        name
        for name in ("loss_bbox", "loss_giou", "cardinality_error_unscaled", "class_error")
        if name in clues.metrics
    ]
    return (
        _by_metrics("class_cross_entropy", DETECTION, found)
        if named.id == "cross_entropy" and len(found) >= 3
        else None
    )


def _of_critic(name: str, _: LossType, clues: Clues) -> Recognised | None:
    if folded_name(name).rsplit("/", 1)[-1] not in ("critic_loss", "loss_critic"):
        return None
    found = [other for other in sorted(clues.metrics) if classify(other).id in ("policy", "reward")]
    return _by_metrics("value", CRITIC, found) if found else None


ENCODERS: Final = re.compile(
    r"(?:loss_(?:encoder|decoder|enc|dec)|(?:encoder|decoder|enc|dec)_loss)"
)
DISCRIMINATORS: Final = re.compile(
    r"(?:loss_(?:discriminator|disc|critic)|(?:discriminator|disc|critic)_loss)"
)


def _of_player(name: str, _: LossType, clues: Clues) -> Recognised | None:
    """Take the loss of an encoder or decoder beside that of a discriminator for one of a game: an
    adversarial autoencoder.
    """
    if ENCODERS.fullmatch(folded_name(name).rsplit("/", 1)[-1]) is None:
        return None
    found = [
        other
        for other in sorted(clues.metrics)
        if DISCRIMINATORS.fullmatch(folded_name(other).rsplit("/", 1)[-1])
    ]
    return _by_metrics("gan", PLAYER, found) if found else None


def _of_experts(name: str, _: LossType, clues: Clues) -> Recognised | None:
    if folded_name(name).rsplit("/", 1)[-1] != "aux_loss":
        return None
    found = tuple(
        fact
        for fact in ("num_experts", "num_local_experts", "n_routed_experts", "num_moe_experts")
        if fact in clues.facts
    )
    ground = TypeGround(by="config", text=EXPERTS(names=Join(items=found)), facts=found)
    return Recognised(type_id="load_balancing", ground=ground) if found else None


def _of_terms(name: str, named: LossType, clues: Clues) -> Recognised | None:
    """Leave terms that are told apart by a letter untold: `loss_u, loss_v` of a physics-informed
    network, `l2` beside a loss.
    """
    leaf, others = (
        folded_name(name).rsplit("/", 1)[-1],
        sorted(other for other in clues.metrics if other != name),
    )
    if LETTERED.fullmatch(leaf) and named.id == "value":
        beside = [
            other
            for other in others
            if LETTERED.fullmatch(folded_name(other)) and classify(other).id == GENERIC
        ]
    elif leaf == "l2":
        beside = [other for other in others if is_plain(folded_name(other))]
    else:
        beside = []
    ground = TypeGround(by="metrics", text=TERMS(metric=name, names=Join(items=tuple(beside[:4]))))
    return Recognised(type_id=GENERIC, ground=ground) if beside else None


def _of_meter(name: str, named: LossType, clues: Clues) -> Recognised | None:
    """Leave the current value of a meter untold: `loss_value` beside `loss_avg` is a loss, no value
    function.
    """
    stem = name.removesuffix("_value")
    beside = (
        [f"{stem}_avg"]
        if named.id == "value" and stem != name and f"{stem}_avg" in clues.metrics
        else []
    )
    ground = TypeGround(by="metrics", text=METER(metric=name, names=Join(items=tuple(beside))))
    return Recognised(type_id=GENERIC, ground=ground) if beside else None


def _of_ratio(name: str, _: LossType, clues: Clues) -> Recognised | None:
    if folded_name(name).rsplit("/", 1)[-1] != "ratio":
        return None
    found = [other for other in sorted(clues.metrics) if classify(other).id == "clip_fraction"]
    return _by_metrics("importance_ratio", RATIO, found) if found else None


def _of_one_quarter(name: str, named: LossType, clues: Clues) -> Recognised | None:
    """Tell the loss of one quarter of the diffusion time steps: `loss_q1` beside `loss_q0` or
    `loss_q3` is none of twin critics.
    """
    if not QUARTER.fullmatch(name) or not {"loss_q0", "loss_q3"} & clues.metrics:
        return None
    return _of_quarters(name, named, clues)


# ------------------------------------------------------------------------------------- a plain loss
def _of_quarters(_: str, __: LossType, clues: Clues) -> Recognised | None:
    found = [name for name in ("loss_q0", "loss_q1", "loss_q2", "loss_q3") if name in clues.metrics]
    return _by_metrics("diffusion", QUARTERS, found) if len(found) >= 2 else None


def _of_policy(_: str, __: LossType, clues: Clues) -> Recognised | None:
    sampled = [
        m
        for m in sorted(clues.metrics)
        if re.match(r"completions/|clip_ratio/|frac_reward_zero_std$|reward_std$", m)
    ]
    return (
        _by_metrics("policy", REWARDED, ["reward", *sampled])
        if "reward" in clues.metrics and sampled
        else None
    )


def _of_sum(name: str, _: LossType, clues: Clues) -> Recognised | None:
    found = list(_other_losses(clues))
    if clues.metrics >= FAIRSEQ and not found:
        return _by_metrics(GENERIC, FAIRSEQ_TOTAL, _among(clues, FAIRSEQ))
    if not found:
        return None
    return Recognised(
        type_id=GENERIC,
        ground=TypeGround(
            by="metrics", text=TOTAL(names=Join(items=tuple(found[:4])), metric=name)
        ),
    )


def _other_losses(clues: Clues) -> Iterator[str]:
    for metric in sorted(clues.metrics):
        if (
            PARTS.search(metric)
            and not is_plain(folded_name(metric))
            and classify(metric).role in ("loss", "regulariser")
        ):
            yield metric


def _of_preference(_: str, __: LossType, clues: Clues) -> Recognised | None:
    if clues.parser == "llamafactory_jsonl" and "accuracy" in clues.metrics:
        return Recognised(type_id="preference", ground=TypeGround(by="parser", text=FACTORY()))
    found = [metric for metric in ("rewards/chosen", "rewards/rejected") if metric in clues.metrics]
    return _by_metrics("preference", PREFERRED, found) if len(found) == 2 else None


def _of_pairs(_: str, __: LossType, clues: Clues) -> Recognised | None:
    found = _of_reward_trainer(clues)
    return _by_metrics("reward_model", PAIRS, found) if found else None


def _of_scores(name: str, _: LossType, clues: Clues) -> Recognised | None:
    """Tell the scores that a reward model gives to its pairs from the reward of a policy:
    `mean_reward` beside `accuracy` and `margin`.
    """
    found = _of_reward_trainer(clues)
    return (
        _by_metrics("implicit_reward", PAIRS, found)
        if name in ("margin", *PAIR_SCORES) and found
        else None
    )


PAIR_SCORES: Final = ("min_reward", "mean_reward", "max_reward")


def _of_reward_trainer(clues: Clues) -> list[str]:
    rewards = [metric for metric in PAIR_SCORES if metric in clues.metrics]
    return (
        ["accuracy", "margin", *rewards]
        if rewards and {"accuracy", "margin"} <= clues.metrics
        else []
    )


def _of_config(_: str, __: LossType, clues: Clues) -> Recognised | None:
    """Read a setting that names the loss in words that the units know: `CrossEntropyLoss`,
    `mse`.
    """
    for fact in CRITERIA:
        value = clues.facts.get(fact)
        if isinstance(value, str):
            kind = (
                loss_type("cross_entropy")
                if value in ("ForCausalLM", "ForCausalLMLoss")
                else classify(value)
            )
            if kind.role == "loss" and kind.id != GENERIC:
                return Recognised(
                    type_id=kind.id,
                    ground=TypeGround(
                        by="config", text=CONFIGURED(fact=fact, value=value), facts=(fact,)
                    ),
                )
    return None


def _of_denoising(_: str, __: LossType, clues: Clues) -> Recognised | None:
    value = clues.facts.get("prediction_type")
    if value not in ("epsilon", "v_prediction", "sample"):
        return None
    text = CONFIGURED(fact="prediction_type", value=str(value))
    return Recognised(
        type_id="diffusion", ground=TypeGround(by="config", text=text, facts=("prediction_type",))
    )


def _of_architecture(_: str, __: LossType, clues: Clues) -> Recognised | None:
    stated = clues.facts.get("architectures")
    listed = stated if isinstance(stated, tuple | list) else ()
    names = (stated,) if isinstance(stated, str) else listed
    if len(names) != 1 or not isinstance(names[0], str):
        return None
    heads = (
        (TOKEN_HEADS, "cross_entropy"),
        (CTC_HEADS, "ctc"),
        (CLASS_HEADS, "class_cross_entropy"),
    )
    kind = next((type_id for pattern, type_id in heads if pattern.fullmatch(names[0])), None)
    if kind is None or (kind == "class_cross_entropy" and not _counts_classes(clues)):
        return None
    ground = TypeGround(
        by="config",
        text=ARCHITECTURE(value=names[0], fact="architectures"),
        facts=("architectures",),
    )
    return Recognised(type_id=kind, ground=ground)


def _counts_classes(clues: Clues) -> bool:
    """Say whether a classification head has one right class out of several; with one label it
    regresses, with many-hot labels it is BCE.
    """
    labels, problem = clues.facts.get("num_labels"), clues.facts.get("problem_type")
    return (
        isinstance(labels, int)
        and labels >= 2
        and problem in (None, "None", "single_label_classification")
    )


def _of_tokens(name: str, _: LossType, clues: Clues) -> Recognised | None:
    found = [
        metric
        for metric in TOKEN_METRICS
        if metric in {folded_name(metric) for metric in clues.metrics}
    ]
    if not found:
        return None
    text = TOKENS(names=Join(items=tuple(found)), metric=name)
    return Recognised(type_id="cross_entropy", ground=TypeGround(by="metrics", text=text))


def _of_parser(_: str, __: LossType, clues: Clues) -> Recognised | None:
    if clues.parser == "llmc_text":
        return Recognised(type_id="cross_entropy", ground=TypeGround(by="parser", text=LLMC()))
    if clues.parser == "nanogpt_text" and "vocab_size" in clues.facts:
        # its kin may print so what they will; a vocabulary makes it text
        return Recognised(
            type_id="cross_entropy",
            ground=TypeGround(by="parser", text=NANOGPT(), facts=("vocab_size",)),
        )
    return None


def _of_vocabulary(_: str, __: LossType, clues: Clues) -> Recognised | None:
    """Take a vocabulary the user gave as meant for this loss; one in a configuration may belong to
    a classifier or a policy.
    """
    against = [
        m
        for m in clues.metrics
        if classify(m).id in ("reward", "policy", "value", "error_rate", "mse", "l1", "gan")
    ]
    if "vocab_size" not in clues.given or against:
        return None
    return Recognised(
        type_id="cross_entropy",
        ground=TypeGround(by="config", text=VOCABULARY(), facts=("vocab_size",)),
    )


NAMED_RULES: Final[tuple[Rule, ...]] = (
    _in_bits,
    _of_classes,
    _of_critic,
    _of_player,
    _of_experts,
    _of_one_quarter,
    _of_terms,
    _of_meter,
    _of_ratio,
    _of_scores,
)
PLAIN_RULES: Final[tuple[Rule, ...]] = (
    _of_quarters,
    _of_policy,
    _of_sum,
    _of_preference,
    _of_pairs,
    _of_config,
    _of_denoising,
    _of_architecture,
    _of_tokens,
    _of_parser,
    _of_vocabulary,
)


def _among(clues: Clues, names: frozenset[str]) -> list[str]:
    return sorted(names & clues.metrics)


def _by_metrics(type_id: str, text: Text, names: Sequence[str]) -> Recognised:
    return Recognised(
        type_id=type_id,
        ground=TypeGround(by="metrics", text=text(names=Join(items=tuple(names[:4])))),
    )


def is_total(name: str) -> bool:
    """Return whether a metric is called like the loss that is trained on, not like a term of it."""
    return TOTALS.fullmatch(name) is not None
