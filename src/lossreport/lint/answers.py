"""What the logs say to a claim: borne out, contradicted with the line that says otherwise, or
unchecked with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, Literal, TypeVar

from lossreport.lint.claim import BestAt, Claim, ValueAt
from lossreport.lint.ledger import Ledger, Seen
from lossreport.text import Join, Phrase, Text, number
from lossreport.values import dataclass

Outcome = Literal["confirmed", "contradicted", "unchecked"]
MOST_SHOWN: Final = 3

SHOWN = Text(zh="{value}（{place}）", en="{value} ({place})")
NO_ROW = Text(zh="日志没有这一处的记录", en="the logs have no row there")
TOO_FEW = Text(zh="行数太少，无法检验", en="too few rows to test")
NOT_KNOWN = Text(zh="日志没有可对照的内容", en="the logs hold nothing to compare it with")
FITS = Text(zh="与日志相符", en="agrees with the logs")
SPLIT_OPEN = Text(
    zh="训练集上不成立，留出集上成立：请写明是哪一个",
    en="it does not hold of the training rows, but of held-out ones: say which are meant",
)
FILE_OPEN = Text(
    zh="在这一段所说的文件中不成立，在另一个文件中成立：请写明文件",
    en="it does not hold in the file that the passage is about, but in another: name the file",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the logs say to a claim, and the places that say it."""

    claim: Claim
    outcome: Outcome
    text: Phrase
    places: tuple[Seen, ...] = ()


def confirmed(claim: Claim, places: Sequence[Seen] = ()) -> Answer:
    """Return that the logs bear a claim out."""
    return Answer(claim=claim, outcome="confirmed", text=FITS(), places=tuple(places))


def unchecked(claim: Claim, why: Text) -> Answer:
    """Return that a claim was not checked, and why."""
    return Answer(claim=claim, outcome="unchecked", text=why())


def contradicted(claim: Claim, text: Phrase, places: Sequence[Seen] = ()) -> Answer:
    """Return that the logs say otherwise, and where."""
    return Answer(claim=claim, outcome="contradicted", text=text, places=tuple(places))


def shown(places: Sequence[Seen], most: int = MOST_SHOWN) -> Join:
    """Return values with their places, in words."""
    return Join(
        items=tuple(SHOWN(value=number(one.value), place=one.place) for one in places[:most])
    )


def kindest(answers: Sequence[Answer]) -> Answer | None:
    """Return of the answers of several records the one that bears the claim out, else one that
    leaves it open.
    """
    outcomes: tuple[Outcome, ...] = ("confirmed", "unchecked", "contradicted")
    return next(
        (answer for outcome in outcomes for answer in answers if answer.outcome == outcome), None
    )


C = TypeVar("C", bound=Any)


def of_split(claim: C, ledger: Ledger, held: Callable[[C, Ledger], Answer]) -> Answer:
    """Check a claim on a metric: of the rows that it names, or where it names no split, of training
    first.

    What only held-out rows bear out, or another file than that of the passage, the note may have
    meant: that is neither borne out nor contradicted.
    """
    answer = _of_rows(claim, ledger, held)
    if (
        isinstance(claim, ValueAt)
        and answer.outcome == "contradicted"
        and claim.origin.source
        and not claim.origin.near
    ):
        elsewhere = replace(claim, origin=replace(claim.origin, source=None))
        return (
            unchecked(claim, FILE_OPEN)
            if _of_rows(elsewhere, ledger, held).outcome == "confirmed"
            else answer
        )
    return answer


def _of_rows(claim: C, ledger: Ledger, held: Callable[[C, Ledger], Answer]) -> Answer:
    metric = claim.metric
    if metric is None or not ledger.is_in_several_splits(metric):
        return held(claim, ledger)
    if isinstance(claim, BestAt) and claim.which == "best":
        # without a split the best is that of held-out rows
        for split in sorted(ledger.vocabulary.splits[metric.name] - {"train"}):
            best = held(replace(claim, metric=replace(metric, split=split)), ledger)
            if best.outcome == "confirmed":
                return replace(best, claim=claim)
    answer = replace(
        held(replace(claim, metric=replace(metric, split="train")), ledger), claim=claim
    )
    if answer.outcome != "contradicted":
        return answer
    for split in sorted(ledger.vocabulary.splits[metric.name] - {"train"}):
        if held(replace(claim, metric=replace(metric, split=split)), ledger).outcome == "confirmed":
            return unchecked(claim, SPLIT_OPEN)
    return answer
