"""Marks what a line remembers instead of measuring: the best value so far, the epoch it came from,
an improvement from one value to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lossreport.reading.lines.tokens import Token

BEST: Final = frozenset(
    [
        "best",
        "highest",
        "lowest",
        "最佳",
        "最好",
        "最优",
        "最優",
        "最高",
        "历史最佳",
        "目前最佳",
        "当前最佳",
        "最佳验证",
    ]
)
CHINESE: Final = ("最佳", "最好", "最优", "最優", "历史最高")
IMPROVED: Final = frozenset(
    ["improved", "improving", "improves", "decreased", "increased", "reduced", "dropped", "improve"]
)
"""`Validation loss decreased (0.61 --> 0.55)`, `val_loss improved from 0.6 to 0.5`."""
ENDS: Final = frozenset("|;；│")
COMMAS: Final = frozenset(",，、")
WIDE: Final = 2
GOES_ON: Final = frozenset(
    [
        "at",
        "in",
        "on",
        "from",
        "ep",
        "epoch",
        "epochs",
        "step",
        "iter",
        "iteration",
        "round",
        "episode",
        "with",
        "@",
        "(",
        "[",
        "#",
        ":",
        "=",
        "：",
        "thr",
        "threshold",
    ]
)
"""What may follow in the same memory behind a comma or a wide gap: where it was."""
FIRST_WORDS: Final = 3
"""So many words may stand before `best` at the beginning of a line that is nothing but a memory:
`*** New best AUC=...`.
"""


def remembered(found: Sequence[Token]) -> frozenset[int]:
    """Return the tokens that belong to memories."""
    if _is_improvement(found) or _is_saving(found):
        return frozenset(range(len(found)))
    marked: set[int] = set()
    for at, token in enumerate(found):
        if at not in marked and token.is_word and _is_best(found, at):
            marked.update(range(at, _end(found, at)))
    return frozenset(marked)


RUNNING: Final = frozenset(
    [
        "seen",
        "processed",
        "done",
        "trained",
        "avg",
        "average",
        "mean",
        "running",
        "total",
        "cumulative",
    ]
)
"""Before `so far` these say how much or which mean, not what was best: `avg loss so far is
0.02`.
"""
SAVES: Final = frozenset(["saving", "save", "saved", "checkpointing"])


def _is_saving(found: Sequence[Token]) -> bool:
    """Return whether a line tells that a checkpoint was written, with what it had: `Saving model ..
    with acc 0.76 in epoch 3`.
    """
    return bool(found) and found[0].low in SAVES


def _is_best(found: Sequence[Token], at: int) -> bool:
    low = found[at].low
    if low == "so" and at + 1 < len(found) and found[at + 1].low == "far":
        return not any(token.low in RUNNING for token in found[max(0, at - FIRST_WORDS) : at])
    if (
        low in BEST
        or low.startswith(("best_", "best-", "best.", "best/"))
        or low.endswith(("_best", ".best"))
    ):
        return True
    return (found[at].text.startswith("Best") and found[at].text[4:5].isupper()) or any(
        word in low for word in CHINESE
    )


def _end(found: Sequence[Token], start: int) -> int:
    """Return the token behind a memory: it ends with its field, and its parenthesis; one that
    begins a line is all of it.
    """
    alone = _begins(found, start)
    depth = 0
    for at in range(start + 1, len(found)):
        text = found[at].text
        depth += (text == "(") - (text == ")")
        if depth < 0 or text in ENDS:
            return at
        wide = found[at].gap >= WIDE and found[at].is_word and not _separated(found, at)
        if (
            not alone
            and depth == 0
            and (text in COMMAS or wide)
            and not _goes_on(found, at + (text in COMMAS))
        ):
            return at
    return len(found)


def _begins(found: Sequence[Token], start: int) -> bool:
    before = found[:start]
    return (
        not any(token.is_number for token in before)
        and sum(token.is_word for token in before) <= FIRST_WORDS
    )


def _separated(found: Sequence[Token], at: int) -> bool:
    return found[at - 1].text in (":", "=", "：")


def _goes_on(found: Sequence[Token], at: int) -> bool:
    return at < len(found) and (
        found[at].is_number or found[at].low in GOES_ON or _is_best(found, at)
    )


def _is_improvement(found: Sequence[Token]) -> bool:
    """Return whether a line tells of a value that got better than one before."""
    verbs = [
        at
        for at, token in enumerate(found)
        if token.is_word and token.low in IMPROVED and not _is_schedule(found, at)
    ]
    if not verbs:
        return False
    behind = found[verbs[0] + 1 :]
    return any(
        token.kind == "arrow" or token.low in ("from", "to", "by", "over") for token in behind
    )


def _is_schedule(found: Sequence[Token], at: int) -> bool:
    """Return whether a verb tells of a learning rate, which a schedule changes: `lr reduced 1e-3 ->
    5e-4` says the rate from here on.
    """
    return at > 0 and (
        found[at - 1].low in ("lr", "learning_rate")
        or (found[at - 1].low == "rate" and at > 1 and found[at - 2].low == "learning")
    )
