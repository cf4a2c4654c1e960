"""The whole of `lossreport lint`: read the note, read and analyse the logs, hold every claim
against them, say what does not agree.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from lossreport import api
from lossreport import regex as re
from lossreport.errors import MissingPathError, UsageError
from lossreport.lint.answers import Answer
from lossreport.lint.check import check
from lossreport.lint.claim import Claim
from lossreport.lint.clauses import clauses, sentences
from lossreport.lint.extract import claims, is_general, says_something
from lossreport.lint.ledger import Ledger
from lossreport.lint.note import NoteLine, read_note
from lossreport.model.analysis import Analysis
from lossreport.model.run import FactValue
from lossreport.text import Phrase, Text
from lossreport.values import dataclass

NUMBERING: Final = re.compile(r"^[#\s>*+-]*(?:\d+(?:\.\d+)*[.、)]\s|(?<=#\s)\d+(?:\.\d+)*\s)?")
"""A heading's or list item's own number."""
NO_CLAIM = Text(zh="没有认出可核对的断言", en="no claim that can be checked was recognised")
GENERAL = Text(
    zh="一般性说法、假设或建议，不是关于这次训练的断言",
    en="a general, conditional or advisory sentence, no claim about this run",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A sentence of the note with a number or a judgement that was not checked, and why; `general`:
    it says nothing of this run.
    """

    line: int
    quote: str
    why: Phrase
    general: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """What became of a note: the answers to its claims in its order, and the lines without a
    checkable claim.
    """

    note: str
    answers: tuple[Answer, ...]
    unread: tuple[Unread, ...]

    @property
    def contradictions(self) -> tuple[Answer, ...]:
        """The claims that the logs contradict, one a claim, in the order of the note."""
        return tuple(answer for answer in self.answers if answer.outcome == "contradicted")


def lint(
    note: str | os.PathLike[str], paths: Sequence[str], facts: Mapping[str, FactValue] | None = None
) -> Lint:
    """Hold a note against the logs of PATHs; raises MissingPathError, UsageError for an unreadable
    note, and what `read_runs` raises.
    """
    place = Path(note)
    if not place.is_file():
        raise MissingPathError(
            f"There is no note {str(note)!r}",
            hint="Name the Markdown or text file first, then the logs.",
        )
    try:
        text = place.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"Couldn't read the note {str(note)!r}: {error}", hint="Save it as UTF-8 text."
        ) from error
    return of_text(text, api.analyze(api.read_runs(paths, facts)), os.fspath(note))


def of_text(text: str, analysis: Analysis, name: str = "note") -> Lint:
    """Hold the text of a note against an analysis."""
    ledger = Ledger(analysis)
    answers: list[Answer] = []
    unread: list[Unread] = []
    for line in read_note(text, ledger.vocabulary, ledger.paths):
        found = list(dict.fromkeys(claims(line, ledger.vocabulary, tuple(ledger.facts))))
        answers += [check(claim, ledger) for claim in found]
        unread += _unread(line, found, ledger)
    return Lint(note=name, answers=tuple(answers), unread=tuple(unread))


def _unread(line: NoteLine, found: Sequence[Claim], ledger: Ledger) -> Iterator[Unread]:
    """Yield the sentences of a line that no claim was read from: those that say something of the
    run, and general ones.
    """
    if line.cells or is_general(line):
        if not found and re.search(r"\d", NUMBERING.sub("", line.text)):
            yield Unread(
                line=line.number,
                quote=line.text,
                why=(GENERAL if is_general(line) else NO_CLAIM)(),
                general=is_general(line),
            )
        return
    facts = tuple(ledger.facts)
    for sentence in sentences(line.text):
        one = replace(line, text=sentence)
        read = set(map(_said, claims(one, ledger.vocabulary, facts)))
        parts = [sentence]
        if read:
            parts = [part.text for part in clauses(sentence, ledger.vocabulary)]
            parts = [part for part in parts if len(parts) > 1 and part in sentence]
        for part in parts:
            if not says_something(NUMBERING.sub("", part), ledger.vocabulary):
                continue
            rest = replace(line, text=sentence.replace(part, "", 1))
            if not read or set(map(_said, claims(rest, ledger.vocabulary, facts))) >= read:
                yield Unread(line=line.number, quote=part.strip(), why=NO_CLAIM())


def _said(claim: Claim) -> Claim:
    """Return a claim without the words it was read from."""
    return replace(claim, origin=replace(claim.origin, quote=""))


# -------------------------------------------------------------------------------------------- words
SUMMARY = Text(
    zh="{note}：{wrong} 处与日志矛盾，{right} 处相符，{open} 处未核对。",
    en="{note}: {wrong} claims contradicted by the logs, {right} borne out, {open} unchecked.",
)
UNCHECKED = Text(zh="未核对", en="unchecked")
COLON = {"zh": "：", "en": ": "}


def told(found: Lint, lang: Literal["zh", "en", "both"], *, verbose: bool = False) -> Iterator[str]:
    """Yield what to print: a line a contradiction (and its English one below where both are asked
    for), what was not checked, the count.

    With `verbose` general sentences are listed as well.
    """
    langs: tuple[Literal["zh", "en"], ...] = ("zh", "en") if lang == "both" else (lang,)
    for answer in found.contradictions:
        said = [answer.text.plain(one) for one in langs]
        yield (
            f"{found.note}:{answer.claim.origin.line}: {answer.claim.origin.quote} -> "
            f"{said[0]}{_where(answer)}"
        )
        yield from (f"    {more}" for more in said[1:])
    open_ = [
        (a.claim.origin.line, a.claim.origin.quote, a.text)
        for a in found.answers
        if a.outcome == "unchecked"
    ]
    open_ += [(one.line, one.quote, one.why) for one in found.unread if verbose or not one.general]
    for line, quote, why in sorted(open_, key=lambda one: one[0]):
        words = " / ".join(f"{UNCHECKED.of(one)}{COLON[one]}{why.plain(one)}" for one in langs)
        yield f"{found.note}:{line}: {quote} -- {words}"
    right = sum(answer.outcome == "confirmed" for answer in found.answers)
    unchecked = sum(answer.outcome == "unchecked" for answer in found.answers) + sum(
        not one.general for one in found.unread
    )
    count = SUMMARY(note=found.note, wrong=len(found.contradictions), right=right, open=unchecked)
    yield from (count.plain(one) for one in langs)


def _where(answer: Answer) -> str:
    places = [f"{one.path}:{one.line}" for one in answer.places[:2] if one.line]
    return f" ({', '.join(dict.fromkeys(places))})" if places else ""
