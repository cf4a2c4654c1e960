"""Holds a stored report against its seal, its embedded logs and the logs themselves: `lossreport
verify` names each edited claim.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Final

from lossreport import __version__
from lossreport.errors import LossreportError, ReportError, malformed
from lossreport.model.analysis import Analysis
from lossreport.render.anatomy import Claim, anatomy
from lossreport.render.inline import visible
from lossreport.render.seal import TAB, WIDTH, data_digests, digest, seal_of, sha256
from lossreport.store.extract import missing
from lossreport.store.stored import Stored, read_report
from lossreport.values import dataclass
from lossreport.verify.reanalysis import analysed, changes, embedded
from lossreport.verify.restoring import restored, sentences

ELEMENTS: Final = {
    "tr": "row of a table",
    "li": "item of a list",
    "caption": "caption",
    "svg": "text of a chart",
    "title": "title",
}
SENTENCE: Final = "sentence"
HEADING: Final = "heading"
EMBEDDED: Final = "embedded logs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as it was written. `line` is the 1-based line of the page, 0 where
    there is none.

    `expected` is None where only the digest is known and no small edit explains it, or where
    nothing stood there.
    """

    line: int
    what: str
    expected: str | None
    found: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The outcome: all differences, and remarks on what could be checked and what could not."""

    differences: tuple[Difference, ...]
    remarks: tuple[str, ...]


def verify(report: str | Path, paths: Sequence[str | os.PathLike[str]] = ()) -> Checked:
    """Verify a report by all that it carries, and by the logs at `paths` where they are given.

    Raises MissingPathError and ReportError where there is no report to read, and what reading the
    logs raises.
    """
    stored = read_report(report)
    if not stored.is_page and stored.seal is None and not paths:
        raise ReportError(
            f"{stored.path.name!r} has no seal, so that nothing tells whether it was edited",
            hint="Hold it against its logs: lossreport verify REPORT PATH.",
        )
    with malformed(stored.path.name):
        return _checked(stored, paths)


def _checked(stored: Stored, paths: Sequence[str | os.PathLike[str]]) -> Checked:
    remarks = [] if stored.version == __version__ else [_other_version(stored)]
    differences = list(_by_seal(stored, remarks))
    differences += _by_embedded(stored, remarks, redraw=not differences)
    if paths:
        differences += _by_logs(stored, paths, "logs", remarks, redraw=False)
    return Checked(
        differences=tuple(dict.fromkeys(differences)), remarks=tuple(dict.fromkeys(remarks))
    )


def _other_version(stored: Stored) -> str:
    return (
        f"written by {stored.version}, this is {__version__}: text is not compared with what "
        f"this version would say, numbers are"
    )


# ------------------------------------------------------------------------ the page against its seal
def _by_seal(stored: Stored, remarks: list[str]) -> Iterator[Difference]:
    if not stored.is_page:
        if stored.seal is None:
            remarks.append(
                "this JSON report has no seal: only its numbers, findings and verdicts are held "
                "against the logs"
            )
            return
        yield from _edited_data(
            stored.seal,
            {name: one for name, one in data_digests(stored.raw).items() if name != "seal"},
        )
        return
    if stored.seal is None:
        remarks.append(
            "this report has no seal: its sentences are compared with the JSON inside, tables "
            "and charts are not"
        )
        yield from _by_data(stored)
        return
    yield from _edited_claims(stored, stored.seal)
    yield from _edited_parts(stored, stored.seal)


def _edited_claims(stored: Stored, seal: dict[str, Any]) -> Iterator[Difference]:
    claims = stored.anatomy.claims
    try:
        packed = base64.b64decode(seal["claims"], validate=True)
    except (ValueError, KeyError, TypeError) as error:
        raise ReportError(
            f"The seal of {stored.path.name!r} is damaged: {error}",
            hint="Take the report from where it was stored.",
        ) from error
    wanted = [packed[i : i + WIDTH] for i in range(0, len(packed), WIDTH)]
    found = [digest(claim.text) for claim in claims]
    edited = list(_unlike(stored, claims, wanted, found))
    yield from edited
    if not edited and seal.get("whole") != sha256(TAB.join(claim.text for claim in claims)):
        yield Difference(
            line=0, what="text of the page", expected=f"sha256 {seal.get('whole')}", found="another"
        )


def _unlike(
    stored: Stored, claims: Sequence[Claim], wanted: list[bytes], found: list[bytes]
) -> Iterator[Difference]:
    for tag, a, b, c, d in SequenceMatcher(None, wanted, found, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for offset in range(max(b - a, d - c)):
            here = claims[c + offset] if c + offset < d else None
            before = wanted[a + offset] if a + offset < b else None
            yield _edit(stored, here, before, claims[min(c, len(claims) - 1)])


def _edit(stored: Stored, here: Claim | None, wanted: bytes | None, near: Claim) -> Difference:
    if here is None:
        return Difference(
            line=near.line,
            what=f"{_where(near)}: a claim was taken out here",
            expected=None,
            found=None,
        )
    if wanted is None:
        return Difference(
            line=here.line,
            what=f"{_where(here)}: a claim was put in",
            expected=None,
            found=here.text,
        )
    return _told(here, restored(here.text, wanted, stored.data))


def _told(here: Claim, before: str | None) -> Difference:
    """Return the difference of two versions of a claim; of a table row, the cell that differs."""
    if before is not None and here.element == "tr":
        cells = list(zip(before.split(TAB), here.text.split(TAB), strict=False))
        changed = [number for number, (a, b) in enumerate(cells, 1) if a != b]
        if len(changed) == 1:
            expected, found = cells[changed[0] - 1]
            row = cells[0][1]
            return Difference(
                line=here.line,
                what=f"{_where(here)}, row {row!r}, cell {changed[0]}",
                expected=expected,
                found=found,
            )
    return Difference(line=here.line, what=_where(here), expected=before, found=here.text)


def _where(claim: Claim) -> str:
    if claim.element == "title" and claim.section:
        return f"text of a chart in section {claim.section!r}"
    element = (
        HEADING
        if claim.element.startswith("h") and claim.element[1:].isdigit()
        else ELEMENTS.get(claim.element, SENTENCE)
    )
    return f"{element} in section {claim.section!r}" if claim.section else element


def _edited_parts(stored: Stored, seal: dict[str, Any]) -> Iterator[Difference]:
    now = seal_of(stored.text)
    lines = {claim.section: claim.line for claim in reversed(stored.anatomy.claims)}
    for name in dict.fromkeys([*seal.get("markup", {}), *now["markup"]]):
        if seal.get("markup", {}).get(name) != now["markup"].get(name):
            place = f"section {name!r}" if name else "the page"
            yield Difference(
                line=lines.get(name, 0),
                what=f"markup, style or drawing of {place}",
                expected=None,
                found="was changed",
            )
    yield from _edited_data(seal.get("data", {}), now["data"])


def _edited_data(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *now]):
        if before.get(name) != now.get(name):
            yield Difference(
                line=0, what=f"JSON data, {name!r}", expected=None, found="was changed"
            )


def _by_data(stored: Stored) -> Iterator[Difference]:
    """Compare the sentences of an old report with those of its JSON: one that nearly is such a
    sentence was edited.

    Not every text of the JSON stands on the page: one that is missing there says nothing.
    """
    known = [" ".join(visible(text).split()) for text in sentences(stored.data)]
    strange = [
        claim
        for claim in stored.anatomy.claims
        if claim.element in PROSE and not any(text in claim.text for text in known if text)
    ]
    for claim in strange:
        for text in dict.fromkeys(known):
            if (
                abs(len(claim.text) - len(text)) < FEW
                and SequenceMatcher(None, text, claim.text, autojunk=False).ratio() > LIKE
            ):
                yield _told(claim, text)
                break


PROSE: Final = ("p", "li", "dd")
LIKE: Final = 0.9
"""Two sentences with so many letters in common are one, edited."""
FEW: Final = 20


# -------------------------------------------------------------------------- the report against logs
def _by_logs(
    stored: Stored,
    paths: Sequence[str | os.PathLike[str]],
    name: str,
    remarks: list[str],
    *,
    redraw: bool,
) -> list[Difference]:
    try:
        analysis = analysed(stored, paths)
    except LossreportError as error:
        if name != EMBEDDED:
            raise
        return [Difference(line=0, what=name, expected=None, found=str(error.args[0]))]
    found = [
        Difference(
            line=0,
            what=f"{name} no longer bear {one.key}",
            expected=_shown(one.found),
            found=_shown(one.said),
        )
        for one in changes(stored, analysis)
    ]
    if redraw and not found and stored.version == __version__ and stored.is_page:
        found += list(_redrawn(stored, analysis, remarks))
        if found and not any(_redrawn(stored, analysed(stored, paths, redact=False), remarks)):
            return []  # it was written with --no-redact
    return found


def _by_embedded(stored: Stored, remarks: list[str], *, redraw: bool) -> list[Difference]:
    try:
        logs = tuple(stored.logs())
        if logs and (absent := missing(stored, logs)):
            remarks.append(
                f"not embedded, so that the report cannot be analysed once more from what it "
                f"carries: {', '.join(absent)}"
            )
            return []
        with embedded(stored) as place:
            return (
                [] if place is None else _by_logs(stored, [place], EMBEDDED, remarks, redraw=redraw)
            )
    except ReportError as error:
        return [Difference(line=0, what=EMBEDDED, expected=None, found=str(error.args[0]))]


def _redrawn(stored: Stored, analysis: Analysis, remarks: list[str]) -> Iterator[Difference]:
    """Write the report once more and compare every claim: finds what was edited together with its
    seal.
    """
    from lossreport import api

    report = api.compose(analysis, owner=stored.owner, tags=stored.tags)
    again = anatomy(api.render(report, "html", stored.language))  # type: ignore[arg-type]
    ours = {"title", "h1"}  # --title is the user's
    before = [claim for claim in again.claims if claim.element not in ours]
    here = [claim for claim in stored.anatomy.claims if claim.element not in ours]
    if len(before) != len(here):
        remarks.append(
            "the embedded logs give a report of another extent (it was made with other "
            "settings): its text is not compared"
        )
        return
    redacted = any(log.redacted for log in stored.logs())
    for a, b in zip(before, here, strict=True):
        if a.text != b.text and not (redacted and a.element == "tr"):
            yield _told(b, a.text)


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)
