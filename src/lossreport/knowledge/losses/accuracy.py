"""Accuracy and its kin (IoU, F1, success rate ...): shares of something right, up is the aim, for
the analyse step.
"""

from __future__ import annotations

import math

from lossreport import regex as re
from lossreport.knowledge.loss_type import Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._facts import CLASSES, first_count
from lossreport.text import Phrase, Text, number, percent

OVER_ONE = Text(
    zh="{value} 大于 1，不会是 0 到 1 的比例：可能是百分数，也可能是均值出了错（例如跨 rank "
    "归约混入了别的指标）；单凭一个值无法区分。",
    en="{value} is above 1, so it is not a fraction between 0 and 1: a percentage, or a "
    "broken mean (a reduction across ranks that mixed in another metric, for example). One "
    "value cannot tell which.",
)
OVER_HUNDRED = Text(
    zh="{value} 大于 100：既不是比例，也不是百分数，这个记录值不可信。",
    en="{value} is above 100: neither a fraction nor a percentage, so the logged number "
    "cannot be right.",
)
GUESS = Text(
    zh="在 {k} 个类别中均匀猜测，平均命中 {share}；类别不均衡时，总猜最常见的一类会更高。",
    en="A uniform guess among {k} classes is right {share} of the time; with unbalanced "
    "classes, always guessing the most common one does better.",
)
PLAIN = re.compile(r"(?:\w+_)?acc(?:uracy)?(?:@?1)?|top_?1")
"""Names whose chance level is 1/K; not top5 or IoU."""


def guess_level(known: Known) -> float | None:
    """Return the share that a uniform guess among the classes gets right; None where their number
    is unknown or the score another.
    """
    found = first_count(known, CLASSES)
    return 1 / found[1] if found is not None and PLAIN.fullmatch(known.name.lower()) else None


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not math.isfinite(value) or value < 0:
        return ()
    if value > 100:
        return (OVER_HUNDRED(value=number(value)),)
    if value > 1:
        return (OVER_ONE(value=number(value)),)
    found = first_count(known, CLASSES)
    if found is None or not PLAIN.fullmatch(known.name.lower()):
        return ()
    return (GUESS(k=found[1], share=percent(1 / found[1])),)


_NOT = r"(?!.*(?:loss|err|grad|accum|acc_(?:steps?|iter)))"

LOSS = LossType(
    id="accuracy",
    title=Text(zh="准确率一类", en="accuracy and similar"),
    names=metric_names(
        _NOT + r"(?:.*/)?(?:\w+\.)*(?:\w+_)?acc(?:u|uracy|uracies)?(?:@?\d+)?(?:_\w+)?",
        _NOT + r"(?:\w+_)?top_?[15]",
        _NOT + r"(?:prec@?\d*|precision|recall)(?:\([bmp]\))?",
        _NOT + r"(?:\w+_)?(?:precision|recall|f1|f1_score|auc|auroc|m?iou|hmean|exact_match)",
        _NOT
        # `dice` alone may be a loss
        + r"(?:\w+_)?dice_?(?:coef|coeff|coefficient|score|index|metric|class_\d+)|(?:\w+_)?"
        r"(?:mean|avg|fg|pseudo)_(?:fg_)?dice|dsc",
        r"(?:\w+_)?(?:success|success_rate|win_rate)",
        r"(?:sacre)?bleu\d*(?:_(?:detok|segmented))?|rouge\w*",
        r"(?:ents|sents|cats|spans_sc|spancat)_(?:[fpr]|score|micro_[fpr]|macro_[fpr])|dep_[ul]as"
        r"|ner_[fpr]",
        _NOT + r"(?:\w+_)?(?:recall|precision|prec|ndcg|mrr|hit|hit_rate|hit_ratio|hits|hr|gauc)"
        r"(?:@\d+)?",
        r"(?:\w+_)?(?:pearson|spearman|ndcg|mrr)r?(?:_\w+)?(?:@\d+)?",
        _NOT + r"(?:\w+_)?f1?_score(?:_\(\w+\))?",
        r"准确率|準確率|精度",
    ),
    order=45,
    unit="",
    goal="up",
    role="metric",
    notes=_notes,
    needs=("num_classes",),
    why=Text(
        zh="它是命中的比例（0 到 1，或 0 到 100 的百分数），只数对错、不看概率，因此 loss "
        "仍在变化时它可以不动。",
        en="The share of correct predictions (0 to 1, or 0 to 100 in percent). It counts hits "
        "and ignores probabilities, so it can stand still while the loss still moves.",
    ),
)
