"""What a line says in words: a phrase, what it tells of the run, and how its line is made bare of
what loggers put around a message.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import EventKind, Status
from lossreport.reading.lines.prefix import message_of

LONGEST: Final = 1000
"""Words that tell of the run stand at the beginning of their line; what is longer is data or a
dumped configuration.
"""
WORD_LENGTH: Final = 80
"""Letters by which two lines are told to say the same."""
START: Final = r"(?:^|[:\]\)>|,;.!?*=\-–—]\s{0,3})"
"""A message or a clause of it begins here."""
TAIL: Final = (
    r"(?=$|\s{0,3}[^\w\s]|\s+(?:successfully|in|after|at|on|with|and|took|within|normally|early"
    r"|for|by|now|saving|total|without)\b)"
)
"""The message ends here, or goes on with when, where and how; `training done flag` and `training
completed 50 %` are other messages.
"""
UNIT: Final = (
    r"(?:local|clients?|workers?|agents?|actors?|envs?|nodes?|devices?|part(?:y|ies)|silos?|"
    r"epochs?|epoches|rounds?|iter(?:ation)?s?|steps?|batch(?:es)?|"
    r"mini-?batch(?:es)?|stages?|phases?|tasks?|layers?|domains?|players?|experts?|members?|"
    r"shards?|chunks?|trees?)"
)
"""A part of a run that ends many times in it."""
PART_BEFORE: Final = re.compile(
    rf"\b{UNIT}[\W_]{{0,3}}(?:no\.? ?)?\d|\blocal\b|\b(?:each|every|per|this|current)\s|"
    rf"第\s{{0,2}}\w{{1,6}}\s{{0,2}}(?:轮|輪|个|個|批|步|阶段|階段)"
    r"|(?:客户端|客戶端|节点|轮次|阶段|批次|回合)\W{0,3}\d|[本每单單][轮輪次批]|本地",
    re.IGNORECASE,
)
PART_BEHIND: Final = re.compile(
    rf"(?:[\W_]{{0,3}}|\s+(?:for|of|on|with)\s+(?:the\s+)?){UNIT}[\W_]{{0,3}}\d|\s+(?:for|of|"
    rf"on)\s+(?:the\s+|this\s+|each\s+|every\s+)?{UNIT}\b(?!\s*s\b)"
    r"|[\W_]{0,4}(?:false|no|none|null|0)\b|[\W_]{0,3}\d{1,2}(?:\.\d+)?\s?%",
    re.IGNORECASE,
)
"""`for client 3`, `: epoch 5`, `= False`, `: 50 %`: not the whole."""
NOT_YET: Final = re.compile(
    r"\b(?:after|when|once|if|until|before|as soon as|whenever|upon|while|will|would|to be|not|"
    r"never|cannot|can't|wasn't|isn't|hasn't|did not|didn't|no|"
    r"expected|estimated|eta|remaining)\b|(?:未|没有|尚|等待|预计|如果|直到|当)",
    re.IGNORECASE,
)
"""The words before a phrase that make it a plan or a condition."""
HEAD_REACH: Final = 80


class Phrase(NamedTuple):
    """One thing that lines say. `kind` None is no event; `ends` is how the run has ended where no
    training goes on behind it.

    `near` holds lower-case words of which one stands in every line that the pattern fits: they are
    looked for first. `whole` phrases speak of the whole run: not where a part of it is named, or a
    condition. A phrase that is not `sure` ends a run only where nothing speaks against it.
    """

    kind: EventKind | None
    ends: Status | None
    near: tuple[str, ...]
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    whole: bool = False
    sure: bool = True

    def fits(self, text: str) -> bool:
        """Return whether a bare line says it."""
        match = self.pattern.search(text)
        if match is None or (self.unless is not None and self.unless.search(text)):
            return False
        if not self.whole:
            return True
        head = text[max(0, match.start() - HEAD_REACH) : match.end()]
        return not (
            PART_BEFORE.search(head) or NOT_YET.search(head) or PART_BEHIND.match(text, match.end())
        )


def phrase(
    kind: EventKind | None,
    ends: Status | None,
    near: str,
    pattern: str,
    *,
    unless: str = "",
    whole: bool = False,
    sure: bool = True,
) -> Phrase:
    """Return a phrase from patterns in any case; the words of `near` are separated by bars."""
    skipped = re.compile(unless, re.IGNORECASE) if unless else None
    return Phrase(
        kind, ends, tuple(near.split("|")), re.compile(pattern, re.IGNORECASE), skipped, whole, sure
    )


def bare(text: str) -> str:
    """Return the message of a line: without the prefix of its logger and the rules, stars and
    pictures around it.
    """
    body = message_of(text[:LONGEST]).text
    first, last = 0, len(body)
    while first < last and not body[first].isalnum() and body[first] not in "(<'`^":
        first += 1
    while last > first and not body[last - 1].isalnum() and body[last - 1] not in ")%'>]":
        last -= 1
    return body[first:last]


def word_of(text: str) -> str:
    """Return what two lines have in common that say the same of different numbers."""
    return " ".join(re.findall(r"[^\W\d_]+", bare(text)[:WORD_LENGTH].lower()))
