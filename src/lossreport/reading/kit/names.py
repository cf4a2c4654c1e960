"""Reads a split out of a metric name, and a meaning out of a configuration name: `train_closs`,
`loss_ct_weights`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from lossreport import regex as re
from lossreport.model.run import FactValue
from lossreport.reading.kit.plans import AMBIGUOUS_EPOCH_PLANS, EPOCH_PLANS, INNER_PLAN, STEP_PLANS

SPLIT: Final = re.compile(
    r"^(train|training|trn|tr|cv|valid|vali|validation|val|evaluation|eval|testing|test|dev|"
    r"held_?out|hold_?out)[\s_/.\-:]+(?=\S)",
    re.IGNORECASE,
)
SPLITS: Final = {
    "train": "train",
    "training": "train",
    "trn": "train",
    "tr": "train",
    "val": "val",
    "vali": "val",
    "cv": "val",
    "valid": "valid",
    "validation": "val",
    "eval": "eval",
    "evaluation": "eval",
    "test": "test",
    "testing": "test",
    "dev": "dev",
    "tst": "test",
    "heldout": "val",
    "held_out": "val",
    "holdout": "val",
    "hold_out": "val",
}
LEARNING_RATE: Final = re.compile(
    r"(?:.*[/_ ])?(?:lr|learning[_ ]?rate|学习率)(?:_\d{1,2})?", re.IGNORECASE
)
"""`lr`, `base_lr`, `optimizer/lr_0`: a learning rate, whose rows say nothing of how the training
goes.
"""
NUMBERED: Final = re.compile(
    r"^(?P<split>(?:valid(?:ation)?|val|eval|test)_?\d+)/(?=\S)", re.IGNORECASE
)
"""`valid_1/auc`: one of several sets, as boosting programs number them."""

SCORES: Final = re.compile(
    r"^metrics/(?=(?:precision|recall|(?:[A-Za-z]{1,8})?mAP|fitness|accuracy_top)[^/]*$)"
)
"""`metrics/mAP50(B)`: what YOLO programs measure on the validation set, and call so in tables,
event files and trackers.
"""
SPLIT_ZH: Final = re.compile(
    r"^(?:(?P<train>训练|訓練)|(?P<val>验证|驗證)|(?P<test>测试|測試)|(?P<eval>评估|評估))(?:集"
    r"(?:上的|上|的)?)?(?=\w)"
)
INFIX: Final = re.compile(r".{1,200}_val_.{1,200}", re.IGNORECASE)
"""`clip_val_loss`, `best_val_acc`: of a validation, and called so."""
SUFFIX: Final = re.compile(
    r"^(?P<name>.+?)[/.](?P<split>train(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?|test|dev)$",
    re.IGNORECASE,
)
"""`Loss/train`, as the examples of TensorBoard name things."""
CAMEL: Final = re.compile(
    r"^(?P<split>[Tt]rain(?:ing)?|[Vv]al(?:id(?:ation)?)?|[Tt]est|[Ee]val)(?=[A-Z])"
)
"""`ValLoss`, `trainAcc`."""
SURE: Final = frozenset(
    (
        "train",
        "training",
        "validation",
        "evaluation",
        "eval",
        "heldout",
        "held_out",
        "holdout",
        "hold_out",
    )
)
"""Prefixes that are nothing but a split."""
ADJECTIVES: Final = frozenset(("valid", "cv", "tr"))
"""Prefixes that describe something as well: `valid_action` is the share of valid actions, in
training too.
"""
HARD: Final = re.compile(r"[/:]")
"""What stands between a split and a name, and nothing else: `valid/action`."""
BESIDE: Final = re.compile(
    r"^(?:avg|averaged?|value|sum|count|cur|current|global_avg|mean|median)$", re.IGNORECASE
)
"""The other fields of an average meter: beside `acc_avg` the name `acc_val` is its last value."""
BEHIND: Final = re.compile(
    r"^(?P<name>.+?)[_ ](?:(?P<sure>train(?:ing)?|trn|valid(?:ation)?|test|tst)|(?P<may>val|eval|"
    r"dev))$",
    re.IGNORECASE,
)
"""`loss_train`, `rmse_trn`, `acc_val`. `loss_val` alone may be the value of a loss, `std_dev` a
deviation.
"""
VALUE_OF: Final = re.compile(r"(?:loss|reward|return)$", re.IGNORECASE)
"""`loss_val` may be the value of a loss; see `behind`, which looks at the other names."""
METRIC_LIKE: Final = re.compile(
    r"loss|nll|(?<![a-z])r(?:pn|cnn)_(?:cls|b?box|loc)(?![a-z])|\bxent\b|acc(?![eo])|\bce\b|"
    r"entropy|error|perplexity|\bppl\b|\bbp[bcd]\b|reward|return|(?<![a-z])rew(?![a-z])|ep_?ret"
    r"(?![a-z])|(?<![a-z])kl(?![a-z])|(?<![a-z])f1|(?<![a-z])f-?_?(?:beta)?_?score|jaccard|(?<![a-z])auc|precision|recall|(?<![a-z])m?ap"
    r"(?![a-z_])|map[_@\d]|miou|\biou|dice"
    r"|(?:best|avg|average|mean|max|top)_?fitness|^fitness$|exploitability|nash_?conv|\bl[12]\b|"
    r"(?<![a-z])(?:mae|r?mse|s?mape)(?![a-z])|psnr|ssim|bleu|rouge|\bwer\b|\bcer\b|\b[fk]id"
    r"(?:\d+k\w*)?\b|grad_?norm|\bgnorm\b|learning_?rate|^lr(?:$|[/_-])|elbo|objective|"
    r"top-?[15]\b|success_rate|win_?rate|^scores?$|[ _]score$|auroc|(?<![a-z])errs?(?![a-z])|ndcg"
    r"|\bmrr\b|\bhits?@|\bhr@|(?<![a-z])(?:si-?)?s[dn]r(?![a-z])|\bsdr|pesq|stoi|cider|meteor\b|"
    r"lpips|mpjpe|\beer\b|energy\b|(?:^|[ _])cost$|likelihood|(?:valid(?:ation)?|val|"
    r"eval)[_ ]score|损失|准确率|正确率|召回率|精度|误差|困惑度|奖励|回报|学习率|梯度|損失|準確率"
    r"|誤差|學習率",
    re.IGNORECASE,
)
"""Names by which training is known: at least one of them makes a table or a text a training log."""

SCORE: Final = re.compile(
    r"(?:[a-z]{1,12}[_ ])?(?:acc|accuracy|error_rate|f1|f1[_ ]?score|fbeta|auc|auroc|roc_auc"
    r"(?:_score)?|precision|recall|m?iou|dice|mAP|bleu|rouge\w{0,8}|wer|cer|psnr|ssim|jaccard)"
    r"(?: \([a-z]{4,10}\))?",
    re.IGNORECASE,
)
"""Scores of predictions, with how they are averaged (`F1 Score (Weighted)`); a learning rate, a
norm or a time is none.
"""
EVALUATED: Final = re.compile(
    r"(?:avg[_ ]|mean[_ ])?(?:hits?|hit[_ ]?(?:rate|ratio)|hrs?|n?dcgs?|mrrs?|(?:map|recall|"
    r"precision)[_ ]?@[_ ]?\d{1,4})(?:@\d{1,4}|_\d{1,4})?"
    r"|nmi|ari|bleu(?:[_-]?\d)?|rouge\w{0,8}|cider|meteor|fid|wer|cer"
    r"|(?:bbox|segm)?[_ ]?map(?:[_@ ]?\d{1,2}(?:[-:]\d{1,2})?|[_@ ]?0?\.\d{1,2}"
    r"(?:[-:]0?\.\d{1,2})?)?|m[_ ]?iou|mean[_ ]iou",
    re.IGNORECASE,
)
"""Scores of rankings, clusters, generated text, detection and segmentation: measured on a whole
set, never on a batch of the training.
"""
ALIASES: Final = {
    "learning_rate": "lr",
    "max_grad_norm": "clip_grad",
    "gradient_clip_val": "clip_grad",
    "grad_clip": "clip_grad",
    "clip_max_norm": "clip_grad",
    **dict.fromkeys(sorted(EPOCH_PLANS - {"epochs"} - AMBIGUOUS_EPOCH_PLANS), "epochs"),
    **dict.fromkeys(sorted(STEP_PLANS - {"max_steps"}), "max_steps"),
    "per_device_train_batch_size": "batch_size",
    "train_batch_size": "batch_size",
    "dtype": "precision",
}
"""Names other programs give to the facts of the contract."""

KNOWN: Final = frozenset(
    (
        "vocab_size",
        "clip_grad",
        "world_size",
        "action_dim",
        "epochs",
        "max_steps",
        "batch_size",
        "lr",
        "seed",
        "precision",
    )
)
"""Facts of the contract: the same, wherever in a configuration they stand."""
WEIGHT: Final = re.compile(
    r"^(?P<metric>(?=.{0,200}loss).{4,200}?)_(?:weights?|coefs?|coeffs?|lambda)$"
)


@lru_cache(maxsize=8192)
def is_metric_like(name: str) -> bool:
    """Return whether a name is one of those by which training is known."""
    return METRIC_LIKE.search(name) is not None


@lru_cache(maxsize=8192)
def split_name(name: str, default: str = "train") -> tuple[str, str]:
    """Return (split, name without its split prefix): `val_closs` -> ("val", "closs"); without a
    prefix, `default`.

    A prefix that is an adjective as well counts only before a metric: `valid_action` keeps its
    name. `splits_of` knows more.
    """
    match = NUMBERED.match(name)
    if match is not None:
        return match["split"].lower(), name[match.end() :]
    match = SPLIT.match(name)
    if match is not None and (match[1].lower() not in ADJECTIVES or _is_sure(match, name)):
        return SPLITS[match[1].lower()], name[match.end() :]
    match = SCORES.match(name)
    if match is not None:
        return "val", name[match.end() :]
    match = SPLIT_ZH.match(name)
    if match is not None:
        return str(match.lastgroup), name[match.end() :]
    match = OF_A_SET.match(name)
    if match is not None and not METRIC_LIKE.search(match["set"]):
        return SPLITS[match["split"].lower()], f"{match['set']}.{match['name']}"
    match = SUFFIX.match(name)
    if match is not None:
        return SPLITS[match["split"].lower()], match["name"]
    match = CAMEL.match(name)
    if match is not None:
        return SPLITS[match["split"].lower()], name[match.end() :]
    match = BEHIND.match(name)
    if (
        match is not None
        and METRIC_LIKE.search(match["name"])
        and (match["sure"] or not VALUE_OF.search(match["name"]))
    ):
        return SPLITS[(match["sure"] or match["may"]).lower()], match["name"]
    return ("val" if INFIX.fullmatch(name) else default), name


def _is_sure(match: re.Match[str], name: str) -> bool:
    """Return whether a prefix names a split by itself: a sure word, a slash behind it, or a
    metric.
    """
    rest = name[match.end() :]
    known = METRIC_LIKE.search(rest) is not None or KNOWN_REST.search(rest) is not None
    return match[1].lower() in SURE or HARD.search(match[0]) is not None or known


OF_A_SET: Final = re.compile(
    r"(?P<set>[A-Za-z][\w\-]{1,40}?)_(?P<split>test|val|valid|dev|eval)[./]"
    r"(?P<name>[A-Za-z].{0,80})",
    re.IGNORECASE,
)
"""`FSD_test.ber`, `coco_val/AP`: the set that a metric was measured on names the split, and stays
in the name.
"""
KNOWN_REST: Final = re.compile(
    r"(?:^|[_ /])(?:runtime|time|\w{1,20}_per_second|speed|throughput|memory|mem)$", re.IGNORECASE
)
"""What is measured of a pass over any split, and is no metric."""


def splits_of(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return (split, short name) of every name of a log, the split "" where the name says none.

    A prefix is a split before a metric, where the rest is logged without it or under another split,
    or where another name shows that this log marks a split so. Where two names of a log would
    become one series, only the plain one keeps the short name.
    """
    given = list(dict.fromkeys(names))
    ends = {**lettered(given), **behind(given)}
    matches = {
        name: match for name in given if (match := SPLIT.match(name)) and not NUMBERED.match(name)
    }
    shown = {match[1].lower() for name, match in matches.items() if _is_sure(match, name)}
    heads = Counter(name[matches[name].end() :] if name in matches else name for name in given)
    found: dict[str, tuple[str, str]] = {}
    for name in given:
        match = matches.get(name)
        if name in ends:
            found[name] = ends[name]
        elif match is not None and not (
            _is_sure(match, name) or match[1].lower() in shown or heads[name[match.end() :]] > 1
        ):
            found[name] = "", name
        elif match is not None:
            found[name] = SPLITS[match[1].lower()], name[match.end() :]
        else:
            found[name] = ("", name) if _is_field(name, given) else split_name(name, "")
    return found


def lettered(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return (split, name) of the names of a log that marks its splits by a letter: `v_loss` and
    `v_kl` beside `loss` and `kl`, or beside `t_loss` and `t_kl`.

    One such pair may be the loss of the value beside that of the policy; two are a habit, and what
    else begins with that letter is of that split.
    """
    rests = {
        letter: {name[2:] for name in names if name[:2].lower() == f"{letter}_" and name[2:]}
        for letter in "tv"
    }
    given = set(names)
    bare, trained = rests["v"] & given, rests["v"] & rests["t"]
    if (len(bare) < LETTERED and len(trained) < LETTERED) or not any(
        METRIC_LIKE.search(rest) for rest in bare | trained
    ):
        return {}
    splits = {"v_": "val", "t_": "train"} if len(trained) >= LETTERED else {"v_": "val"}
    return {
        name: (splits[name[:2].lower()], name[2:])
        for name in names
        if name[:2].lower() in splits and name[2:]
    }


LETTERED: Final = 2
"""So many names with a letter for their split beside the same without it, or with the other
letter.
"""


def kept_whole(
    names: Sequence[str], meanings: Mapping[str, tuple[str, str]], default: str = "train"
) -> set[str]:
    """Return the names of one row that keep all of their words, lest they become one series with
    another: `loss_train` beside `loss`.
    """
    owners: dict[tuple[str, str], list[str]] = {}
    for name in names:
        split, short = meanings.get(name, ("", name))
        owners.setdefault((split or default, short), []).append(name)
    several = ((short, same) for (_, short), same in owners.items() if len(same) > 1)
    return {
        name
        for short, same in several
        for name in same
        if name != (short if short in same else same[0])
    }


def meanings_of(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return (split, short name) of the names of one row or table, as `splits_of`; those that would
    become one series keep their words.
    """
    read = splits_of(names)
    whole = kept_whole(names, read)
    return {
        name: (split, name if name in whole else short) for name, (split, short) in read.items()
    }


def _is_field(name: str, given: Iterable[str]) -> bool:
    """Return whether a name that ends in `val` is a field of an average meter."""
    match = BEHIND.match(name)
    if match is None or not match["may"]:
        return False
    root = len(match["name"])
    return any(other[:root] == match["name"] and BESIDE.match(other[root + 1 :]) for other in given)


def behind(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return (split, name) of those of a log's names that end in a split: what it is called for
    training as well, or where only a split is meant.
    """
    given = set(names)
    matches = {
        name: match
        for name in given
        if (match := BEHIND.match(name))
        and METRIC_LIKE.search(match["name"])
        and not SPLIT.match(name)
    }
    heads = given | {match["name"] for match in matches.values() if match["sure"]}
    kept = {
        name: match
        for name, match in matches.items()
        if match["sure"] or (match["name"] in heads and not _is_field(name, given))
    }
    return {
        name: (SPLITS[(match["sure"] or match["may"]).lower()], match["name"])
        for name, match in kept.items()
    }


def unmarked_scores(names: Iterable[str]) -> dict[str, str]:
    """Return the split of scores that a table prints without one beside losses that name theirs:
    `train_loss,valid_loss,accuracy`.

    The loss of the training is marked, and so is that of one other split: a score without a mark
    was measured where scores are, on the other split. One that is printed for that split as well is
    of the training. Names that are all scores of an evaluation are of one.
    """
    read = {name: split_name(name, "") for name in names}
    if are_evaluated(read):
        return dict.fromkeys(read, "val")
    losses = {split for split, short in read.values() if split and "loss" in short.lower()}
    others = losses - {"train"}
    if "train" not in losses or len(others) != 1:
        return {}
    marked = {short.lower() for split, short in read.values() if split}
    return {
        name: min(others)
        for name, (split, short) in read.items()
        if not split and SCORE.fullmatch(short) and short.lower() not in marked
    }


def are_evaluated(read: Mapping[str, tuple[str, str]]) -> bool:
    """Return whether names that say no split are those of an evaluation: scores and nothing else,
    at least one of a whole set.
    """
    shorts = [short for split, short in read.values() if not split]
    return (
        len(shorts) == len(read)
        and any(EVALUATED.fullmatch(short) for short in shorts)
        and all(EVALUATED.fullmatch(short) or SCORE.fullmatch(short) for short in shorts)
    )


def plain_facts(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, FactValue]]:
    """Yield (name, value) for every leaf of a configuration; nested names are joined by dots, lists
    become tuples.
    """
    for name, value in config.items():
        full = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from plain_facts(value, f"{full}.")
        else:
            yield full, _plain(value)


def canonical_names(name: str) -> tuple[str, ...]:
    """Return the names a configuration value is known by: its own, and the fact of the contract it
    stands for.
    """
    path, _, leaf = name.rpartition(".")
    weight = WEIGHT.match(leaf)
    extra = (
        f"weight.{weight['metric']}" if weight else ALIASES.get(leaf, leaf if leaf in KNOWN else "")
    )
    if extra in ("epochs", "max_steps") and INNER_PLAN.search(path):
        return (name,)
    return (name, extra) if extra and extra != name else (name,)


def _plain(value: Any) -> FactValue:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple | set):
        return tuple(_plain(item) for item in value)
    return str(value)
