"""Reads a split out of a metric name, and a meaning out of a configuration name: `train_closs`, `loss_ct_weights`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from lossreport.model.run import FactValue
from lossreport.reading.kit.plans import AMBIGUOUS_EPOCH_PLANS, EPOCH_PLANS, INNER_PLAN, STEP_PLANS

SPLIT: Final = re.compile(
    r"^(train|training|trn|tr|cv|valid|vali|validation|val|evaluation|eval|testing|test|dev|held_?out|hold_?out)[\s_/.\-:]+(?=\S)",
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
NUMBERED: Final = re.compile(r"^(?P<split>(?:valid(?:ation)?|val|eval|test)_?\d+)/(?=\S)", re.IGNORECASE)
"""`valid_1/auc`: one of several sets, as boosting programs number them."""

SCORES: Final = re.compile(r"^metrics/(?=(?:precision|recall|(?:[A-Za-z]{1,8})?mAP|fitness|accuracy_top)[^/]*$)")
"""`metrics/mAP50(B)`: what YOLO programs measure on the validation set, and call so in tables, event files and trackers."""
SPLIT_ZH: Final = re.compile(r"^(?:(?P<train>训练|訓練)|(?P<val>验证|驗證)|(?P<test>测试|測試)|(?P<eval>评估|評估))集?(?=\w)")
INFIX: Final = re.compile(r".+_val_.+", re.IGNORECASE)
"""`clip_val_loss`, `best_val_acc`: of a validation, and called so."""
SUFFIX: Final = re.compile(r"^(?P<name>.+?)[/.](?P<split>train(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?|test|dev)$", re.IGNORECASE)
"""`Loss/train`, as the examples of TensorBoard name things."""
CAMEL: Final = re.compile(r"^(?P<split>[Tt]rain(?:ing)?|[Vv]al(?:id(?:ation)?)?|[Tt]est|[Ee]val)(?=[A-Z])")
"""`ValLoss`, `trainAcc`."""
BEHIND: Final = re.compile(
    r"^(?P<name>.+?)[_ ](?:(?P<sure>train(?:ing)?|trn|valid(?:ation)?|test|tst)|(?P<may>val|eval|dev))$", re.IGNORECASE
)
"""`loss_train`, `rmse_trn`, `acc_val`. `loss_val` alone may be the value of a loss, `std_dev` a deviation."""
VALUE_OF: Final = re.compile(r"(?:loss|reward|return)$", re.IGNORECASE)
"""`loss_val` may be the value of a loss; see `behind`, which looks at the other names."""
METRIC_LIKE: Final = re.compile(
    r"loss|nll|\bxent\b|acc(?![eo])|\bce\b|entropy|error|perplexity|\bppl\b|\bbp[bcd]\b|reward|return|\bkl\b|\bf1|\bauc|precision|recall|\bm?ap\b|map[_@\d]|miou|\biou|dice"
    r"|\bl[12]\b|(?<![a-z])(?:mae|r?mse)(?![a-z])|psnr|ssim|bleu|rouge|\bwer\b|\bcer\b|\b[fk]id(?:\d+k\w*)?\b|grad_?norm|\bgnorm\b|learning_?rate|^lr(?:$|[/_-])|elbo|objective|top-?[15]\b|success_rate|^scores?$|(?:valid(?:ation)?|val|eval)[_ ]score|损失|准确率|精度|误差|困惑度|奖励|回报|学习率|梯度|損失|準確率|誤差|學習率",
    re.IGNORECASE,
)
"""Names by which training is known: at least one of them makes a table or a text a training log."""

SCORE: Final = re.compile(
    r"(?:[a-z]{1,12}[_ ])?(?:acc|accuracy|error_rate|f1|f1[_ ]?score|fbeta|auc|auroc|roc_auc(?:_score)?|precision|recall|m?iou|dice|mAP|bleu|rouge\w{0,8}|wer|cer|psnr|ssim|jaccard)",
    re.IGNORECASE,
)
"""Scores of predictions; a learning rate, a norm or a time is none."""
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
    ("vocab_size", "clip_grad", "world_size", "action_dim", "epochs", "max_steps", "batch_size", "lr", "seed", "precision")
)
"""Facts of the contract: the same, wherever in a configuration they stand."""
WEIGHT: Final = re.compile(r"^(?P<metric>.*loss.*?)_(?:weights?|coefs?|coeffs?|lambda)$")


def split_name(name: str, default: str = "train") -> tuple[str, str]:
    """Return (split, name without its split prefix): `val_closs` -> ("val", "closs"); without a prefix, `default`."""
    match = NUMBERED.match(name)
    if match is not None:
        return match["split"].lower(), name[match.end() :]
    match = SPLIT.match(name)
    if match is not None:
        return SPLITS[match[1].lower()], name[match.end() :]
    match = SCORES.match(name)
    if match is not None:
        return "val", name[match.end() :]
    match = SPLIT_ZH.match(name)
    if match is not None:
        return str(match.lastgroup), name[match.end() :]
    match = SUFFIX.match(name)
    if match is not None:
        return SPLITS[match["split"].lower()], match["name"]
    match = CAMEL.match(name)
    if match is not None:
        return SPLITS[match["split"].lower()], name[match.end() :]
    match = BEHIND.match(name)
    if match is not None and METRIC_LIKE.search(match["name"]) and (match["sure"] or not VALUE_OF.search(match["name"])):
        return SPLITS[(match["sure"] or match["may"]).lower()], match["name"]
    return ("val" if INFIX.fullmatch(name) else default), name


def behind(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return (split, name) of those of a log's names that end in a split: what it is called for training as well, or where only a split is meant."""
    given = set(names)
    matches = {
        name: match for name in given if (match := BEHIND.match(name)) and METRIC_LIKE.search(match["name"]) and not SPLIT.match(name)
    }
    heads = given | {match["name"] for match in matches.values() if match["sure"]}
    kept = {name: match for name, match in matches.items() if match["sure"] or match["name"] in heads}
    return {name: (SPLITS[(match["sure"] or match["may"]).lower()], match["name"]) for name, match in kept.items()}


def unmarked_scores(names: Iterable[str]) -> dict[str, str]:
    """Return the split of scores that a table prints without one beside losses that name theirs: `train_loss,valid_loss,accuracy`.

    The loss of the training is marked, and so is that of one other split: a score without a mark was measured where scores are, on the
    other split. One that is printed for that split as well is of the training.
    """
    read = {name: split_name(name, "") for name in names}
    losses = {split for split, short in read.values() if split and "loss" in short.lower()}
    others = losses - {"train"}
    if "train" not in losses or len(others) != 1:
        return {}
    marked = {short.lower() for split, short in read.values() if split}
    return {
        name: min(others) for name, (split, short) in read.items() if not split and SCORE.fullmatch(short) and short.lower() not in marked
    }


def plain_facts(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, FactValue]]:
    """Yield (name, value) for every leaf of a configuration; nested names are joined by dots, lists become tuples."""
    for name, value in config.items():
        full = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from plain_facts(value, f"{full}.")
        else:
            yield full, _plain(value)


def canonical_names(name: str) -> tuple[str, ...]:
    """Return the names a configuration value is known by: its own, and the fact of the contract it stands for."""
    path, _, leaf = name.rpartition(".")
    weight = WEIGHT.match(leaf)
    extra = f"weight.{weight['metric']}" if weight else ALIASES.get(leaf, leaf if leaf in KNOWN else "")
    if extra in ("epochs", "max_steps") and INNER_PLAN.search(path):
        return (name,)
    return (name, extra) if extra and extra != name else (name,)


def _plain(value: Any) -> FactValue:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple | set):
        return tuple(_plain(item) for item in value)
    return str(value)
