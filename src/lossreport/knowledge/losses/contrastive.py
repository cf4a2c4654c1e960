"""Contrastive losses (InfoNCE, CLIP, SimCLR): a cross-entropy over the candidates of a batch, for
the analyse step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from lossreport.knowledge.loss_type import Chance, Known, Level, LossType, Reference
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._compare import against
from lossreport.knowledge.losses._facts import count_fact, is_number, is_positive, number_fact
from lossreport.text import Phrase, Text, number

GIVEN = Text(
    zh="按给定的 {n} 个候选均匀猜测", en="for a uniform guess over the {n} candidates given"
)
LOCAL = Text(
    zh="**若**只在单卡的 batch（`batch_size` = {b}）内配对、按 CLIP 的方式计",
    en="**if** pairs are formed within the batch of one device (`batch_size` = {b}), as in CLIP",
)
GATHERED = Text(
    zh="**若**特征从 {w} 张卡汇集（`batch_size` × `world_size`）、按 CLIP 的方式计",
    en="**if** features are gathered from all {w} devices (`batch_size` × `world_size`), as "
    "in CLIP",
)
TWO_VIEWS = Text(
    zh="**若**每个样本有两个视图、按 SimCLR 或 SupCon 的方式计（`batch_size` = {b}）",
    en="**if** every sample has two views, as in SimCLR or SupCon (`batch_size` = {b})",
)
TWO_VIEWS_SCALED = Text(
    zh="**若**每个样本有两个视图、按 SupCon 的方式计并乘 T / T_base = {scale}（`batch_size` = "
    "{b}）",
    en="**if** every sample has two views, as in SupCon, times T / T_base = {scale} "
    "(`batch_size` = {b})",
)
AT = Text(
    zh="停在这个值不动，与分不出正负对（特征坍缩、配对被打乱、没有在训练）一致。",
    en="Staying flat at this value is consistent with pairs that cannot be told apart: "
    "collapsed features, shuffled pairs, or no training.",
)
ABOVE = Text(
    zh="高于 ln N 不一定是故障：logit scale 较大时，随机特征的起点就在它之上。",
    en="Above ln N is not necessarily a fault: with a large logit scale random features start "
    "there.",
)
UNKNOWN = Text(
    zh="候选数未知，{value} 没有参照值；请用 `--set candidates.{metric}=N` "
    "给出每个正例面对的候选总数（CLIP 汇集特征时为全局 batch）。",
    en="The number of candidates is unknown, so there is nothing to compare {value} with; "
    "give with `--set candidates.{metric}=N` how many each positive is chosen from (the "
    "global batch, where CLIP gathers features).",
)


def _given(known: Known) -> int | None:
    value = known.own("candidates")
    return int(value) if is_number(value) and value >= 2 and value == int(value) else None


def _chance(known: Known) -> Chance | None:
    """Return ln N where the user says how many candidates there are; a batch size alone does not
    tell which pairs are formed.
    """
    n = _given(known)
    return (
        None if n is None else Chance(value=math.log(n), assumption=f"ln(candidates.{known.name})")
    )


def _levels(known: Known) -> tuple[Level, ...]:
    n = _given(known)
    if n is not None:
        return (Level(value=math.log(n), condition=GIVEN(n=n), formula=f"ln {n}"),)
    return tuple(_of_batch(known))


def _of_batch(known: Known) -> Iterator[Level]:
    """Yield ln B, ln(B W) and ln(2B - 1), each under its condition; SupCon multiplies by T /
    T_base.
    """
    b, w = count_fact(known, "batch_size"), count_fact(known, "world_size")
    if b is None:
        return
    yield Level(value=math.log(b), condition=LOCAL(b=b), formula=f"ln {b}")
    if w is not None:
        yield Level(value=math.log(b * w), condition=GATHERED(w=w), formula=f"ln {b * w}")
    temperature, base = number_fact(known, "temperature"), number_fact(known, "base_temperature")
    plain = math.log(2 * b - 1)
    if (
        temperature is not None
        and base is not None
        and temperature > 0
        and base > 0
        and temperature != base
    ):
        scale = temperature / base
        condition = TWO_VIEWS_SCALED(b=b, scale=number(scale))
        yield Level(
            value=plain * scale, condition=condition, formula=f"ln {2 * b - 1} × T / T_base"
        )
    else:
        yield Level(value=plain, condition=TWO_VIEWS(b=b), formula=f"ln {2 * b - 1}")


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    if not is_positive(value):
        return ()
    levels = _levels(known)
    if not levels:
        return (UNKNOWN(metric=known.name, value=number(value, "nats")),)
    said = [note for level in levels for note in against(value, level, "nats", at=AT, above=ABOVE)]
    return tuple({note.plain("en"): note for note in said}.values())


LOSS = LossType(
    id="contrastive",
    title=Text(zh="对比学习 loss", en="contrastive loss"),
    names=metric_names(
        r"(?:\w+_)?info_?nce(?:_?loss)?",
        r"(?:\w+_)?nt_?xent(?:_?loss)?",
        r"(?:\w+_)?(?:contrastive|simclr|supcon|itc)_?loss",
        r"contrastive|simclr|supcon|itc",
        r"loss_(?:contrastive|itc|info_?nce)",
        r"clip_?loss|clip_val_loss",
    ),
    order=45,
    unit="nats",
    goal="down",
    role="loss",
    chance=_chance,
    levels=_levels,
    notes=_notes,
    needs=("candidates.<metric>", "batch_size", "world_size", "temperature"),
    why=Text(
        zh="从一个 batch 的候选中认出正例的交叉熵：候选越多起点越高，batch "
        "大小不同的数值不可比；temperature 改变整体刻度。",
        en="The cross-entropy of finding the positive among the candidates of a batch: more "
        "candidates start higher, so values of another batch size are not comparable, and "
        "the temperature changes the scale as a whole.",
    ),
    references=(
        Reference(
            value=Text(
                zh="batch 128 时停在 4.8（ln 128 = 4.852），维护者的判断是“没有在训练”。",
                en="Stuck at 4.8 with a batch of 128 (ln 128 = 4.852); the maintainers' "
                "reading: it is not training.",
            ),
            source="mlfoundations/open_clip, issue #17",
        ),
        Reference(
            value=Text(
                zh="停在 8.909 = ln 511 × 0.1 / 0.07（两个视图，batch 256，temperature 0.1，"
                "base temperature 0.07）。",
                en="Stuck at 8.909 = ln 511 × 0.1 / 0.07 (two views, batch 256, temperature "
                "0.1, base temperature 0.07).",
            ),
            source="HobbitLong/SupContrast, issue #3",
        ),
    ),
)
