"""Finds which names of a file are metrics, what belongs to them without being called like one, and
what tells rows of one place apart.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from lossreport import regex as re
from lossreport.reading.kit.names import SCORE, SPLITS, is_metric_like
from lossreport.reading.lines.place_words import Kind
from lossreport.reading.lines.row import CRITICS, GENERATORS, TextRow
from lossreport.reading.lines.scope import ABOVE

BEST: Final = ("best", "highest", "lowest", "最")
ADVERSARIAL: Final = CRITICS | GENERATORS
MIN_SUPPORT: Final = 2
TRAINED: Final = re.compile(r"(?:train(?:ing)?[ _])?loss", re.IGNORECASE)
LIKE_A_LOSS: Final = 100.0
"""The losses of two splits of one training lie within so many times of each other; a time or a
count need not.
"""
NEIGHBOUR_SHARE: Final = 0.3
"""A name that is not called like a metric counts where it stands in 30 % of the rows of its
kind.
"""
LEAST_NEIGHBOURS: Final = 3
COMPANION_SHARE: Final = 0.9
"""Rows of unknown names are companions of the metrics above them where they follow them nearly
always.
"""
RUN_SHARE: Final = 0.5
"""Labels such as `fold 1` tell runs apart where half of the rows of training lie below or beside
one.
"""


def supported(rows: Sequence[TextRow]) -> tuple[dict[str, int], frozenset[str]]:
    """Return the names that are metrics of a file, the most frequent first, and those of rows that
    only accompany metrics.
    """
    counted: Counter[str] = Counter()
    beside: dict[frozenset[Kind], Counter[str]] = {}
    lines: Counter[frozenset[Kind]] = Counter()
    for row in rows:
        if not row.has_metric:
            continue
        kind = frozenset(place.kind for place in row.places)
        lines[kind] += 1
        for name in {pair.name for pair in row.pairs}:
            if (
                is_metric_like(name)
                or name.lower() in SPLITS
                or (row.is_adversarial and name.lower() in ADVERSARIAL)
            ):
                counted[name] += 1
            else:
                beside.setdefault(kind, Counter())[name] += 1
    kept = {name: count for name, count in counted.most_common() if count >= MIN_SUPPORT}
    alone = {SPLITS[name.lower()] for name in kept if name.lower() in SPLITS}
    if len(alone) == 1 and not are_losses(rows):  # one alone is a share of the data, or a time
        kept = {name: count for name, count in kept.items() if name.lower() not in SPLITS}
    if not kept:
        return {}, frozenset()
    near = {
        name: count
        for kind, names in beside.items()
        for name, count in names.most_common()
        if count >= max(LEAST_NEIGHBOURS, NEIGHBOUR_SHARE * lines[kind])
    }
    companions = _companions(rows)
    return kept | near | dict.fromkeys(companions, LEAST_NEIGHBOURS), companions


def are_losses(rows: Sequence[TextRow]) -> bool:
    """Return whether the number behind the name of a split is its loss: `epoch 1/4 loss=2.42
    val=1.30`, in every row, and no score beside it.
    """
    told = [row for row in rows if any(pair.name.lower() in SPLITS for pair in row.pairs)]
    return len(told) >= MIN_SUPPORT and all(_is_beside_a_loss(row) for row in told)


def _is_beside_a_loss(row: TextRow) -> bool:
    """Return whether a row with a place begins with the loss of the training and holds the value of
    one other split, which may be a loss as well.
    """
    split = [pair for pair in row.pairs if pair.name.lower() in SPLITS]
    if (
        not row.places
        or len(split) != 1
        or SPLITS[split[0].name.lower()] == "train"
        or TRAINED.fullmatch(row.pairs[0].name) is None
    ):
        return False
    loss, value = abs(row.pairs[0].value), abs(split[0].value)
    others = [pair.name for pair in row.pairs[1:] if is_metric_like(pair.name)]
    near = loss / LIKE_A_LOSS <= value <= loss * LIKE_A_LOSS or not math.isfinite(loss + value)
    return near and not any(SCORE.fullmatch(name) or "loss" in name.lower() for name in others)


def _companions(rows: Sequence[TextRow]) -> frozenset[str]:
    """Return the names of rows without a metric that follow a row with one nearly always: `CP: 0.9,
    CR: 0.6` below `mAP: 0.8`.
    """
    follows: Counter[tuple[str, ...]] = Counter()
    total: Counter[tuple[str, ...]] = Counter()
    before = False
    for row in rows:
        if row.has_metric:
            before = True
            continue
        names = tuple(pair.name for pair in row.pairs)
        if (
            not names
            or row.places
            or not all(
                isinstance(pair.value, float) and not float(pair.value).is_integer()
                for pair in row.pairs
            )
        ):
            before = False
            continue
        total[names] += 1
        follows[names] += before
    good = [
        names
        for names, count in total.items()
        if count >= LEAST_NEIGHBOURS and follows[names] >= COMPANION_SHARE * count
    ]
    return frozenset(name for names in good for name in names)


def promoted(rows: Sequence[TextRow], names: Mapping[str, int]) -> frozenset[str]:
    """Return the names of memories that are the only trace of what they remember, printed in every
    record: `best_score: 184`.
    """
    told = (
        pair.name
        for row in rows
        for pair in row.memories
        if " " not in pair.name and is_metric_like(pair.name)
    )
    # `val_loss improved` comes only where it did
    counts = Counter(name for name in told if any(word in name.lower() for word in BEST))
    metric = sum(1 for row in rows if row.has_metric)
    known = " ".join(names).lower()
    return frozenset(
        name
        for name, count in counts.items()
        if count >= max(MIN_SUPPORT, NEIGHBOUR_SHARE * metric)
        and name.lower().replace("best", "").strip("_-./ ") not in known
    )


def leads_of(rows: Sequence[TextRow]) -> frozenset[str]:
    """Return the words before names that tell rows apart which have the same names, split and
    place: `Eval (EMA): acc` beside `Eval: acc`.
    """
    places: dict[tuple[tuple[str, ...], str], dict[str, list[int]]] = {}
    place = 0
    for row in rows:
        place += bool(row.places) and row.split in ("", "train")
        names = tuple(pair.name for pair in row.pairs)
        places.setdefault((names, row.split), {}).setdefault(row.lead, []).append(place)
    found: set[str] = set()
    for leads in places.values():
        often = {lead: at for lead, at in leads.items() if len(at) >= MIN_SUPPORT}
        shared = [
            lead
            for lead, at in often.items()
            if any(set(at) & set(other) for name, other in often.items() if name != lead)
        ]
        if len(shared) > 1 and all(
            len(set(often[lead])) >= NEIGHBOUR_SHARE * len(often[lead]) for lead in shared
        ):
            found.update(lead for lead in shared if lead)
    return frozenset(found)


def owners_of(rows: Sequence[TextRow]) -> tuple[frozenset[str], frozenset[str], bool]:
    """Return (kinds of owners of which rows name several, those that most rows name themselves,
    whether labels of runs cover the training).
    """
    values: dict[str, set[str]] = {}
    named: Counter[str] = Counter()
    own: Counter[str] = Counter()
    placed = [row for row in rows if row.places]
    # results of repetitions name no place
    training = [row for row in placed if row.split in ("", "train")] if placed else rows
    for row in rows:
        for owner in row.owners:
            values.setdefault(owner.kind, set()).add(owner.value)
            named[owner.kind] += 1
            own[owner.kind] += owner.first != ABOVE
    several = frozenset(kind for kind, found in values.items() if len(found) > 1)
    labelled = frozenset(kind for kind in several if own[kind] >= RUN_SHARE * named[kind])
    runs = sum(
        any(owner.is_run and owner.kind in several for owner in row.owners) for row in training
    )
    return several, labelled, bool(training) and runs >= RUN_SHARE * len(training)
