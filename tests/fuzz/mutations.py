"""Mutations of logs, and one execution: what a hostile or broken file may do to the program. A seed
and a number give the same input anywhere.
"""

from __future__ import annotations

import json
import random
import re
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from types import FrameType
from typing import Final

from markdown_it import MarkdownIt

import lossreport
from lossreport.api import fitted_body
from lossreport.errors import LossreportError
from lossreport.model.run import Run
from lossreport.render.fitting import PLACES

SAMPLES: Final = Path(__file__).resolve().parents[2] / "sample_logs"
LARGEST: Final = 20_000
"""Bytes of a sample that is mutated: what breaks a parser breaks it in a small file, a thousand
times sooner.
"""
SLOW: Final = 10.0
"""Seconds from which an execution counts as a hang."""
ODD: Final = (
    b"inf", b"-inf", b"nan", b"1e400", b"-1e400", b"1e-400", b"9" * 400, b"9" * 5000, b"0." + b"3" * 400, b"-0", b"1e18", b"9" * 19, b"2147483648",
    b"18446744073709551616", b"", b"null", b"true", b"{}", b"[]", b"[[", b'"', b"'", b"\\ud800", b"\\u0000", b"\x00", b"\x1b[2J", b"\r", b"\xff\xfe",
    b"\xe2\x80\xae", b"\xe2\x80\x8b", "训练".encode(), b"<script>alert(1)</script>", b"[x](javascript:x)", b"@everyone", b"{" * 300, b"(" * 300, b"1,000,000",
    b"0x1F", b"1_000", b"12/0", b"0/0", b"-1/10", b"%s%n", b"{0}", b"{{", b"\t" * 50, b" " * 200, b"a" * 5000,
)  # fmt: skip
"""Words that parsers stumble over."""
NUMBER: Final = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
WORD: Final = re.compile(rb"[A-Za-z_]{2,30}")


@dataclass(frozen=True)
class Fault:
    """One execution that failed: the sample, the number, what was raised and where."""

    sample: str
    number: int
    error: str
    place: str


@cache
def samples() -> tuple[tuple[str, bytes], ...]:
    """Return the files of all sample logs, the large ones cut short, by their place: a folder
    decides which parser is asked.
    """
    files = sorted(
        path
        for path in SAMPLES.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".md", ".toml", ".html")
    )
    return tuple(
        (path.relative_to(SAMPLES).as_posix(), path.read_bytes()[:LARGEST]) for path in files
    )


def mutated(content: bytes, random: random.Random) -> bytes:
    """Return a content with one to four changes to bytes, numbers, words or lines."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        content = random.choice(CHANGES)(content, random)
    return content[: 4 * LARGEST]


def _flip(content: bytes, random: random.Random) -> bytes:
    if not content:
        return content
    held = bytearray(content)
    for _ in range(random.choice((1, 3, 20))):
        held[random.randrange(len(held))] = random.randrange(256)
    return bytes(held)


def _cut(content: bytes, random: random.Random) -> bytes:
    begin = random.randrange(len(content) + 1)
    return (
        content[:begin]
        if random.random() < 0.5
        else content[:begin] + content[begin + random.randrange(1, 200) :]
    )


def _put(content: bytes, random: random.Random) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + random.choice(ODD) + content[at:]


def _replace(pattern: re.Pattern[bytes]) -> Callable[[bytes, random.Random], bytes]:
    def change(content: bytes, random: random.Random) -> bytes:
        found = [match.span() for match in pattern.finditer(content)]
        if not found:
            return content
        begin, end = random.choice(found)
        word = random.choice(ODD)
        if random.random() < 0.2:  # everywhere
            return content.replace(content[begin:end], word)
        return content[:begin] + word + content[end:]

    return change


def _lines(content: bytes, random: random.Random) -> bytes:
    lines = content.split(b"\n")
    at, other = random.randrange(len(lines)), random.randrange(len(lines))
    kind = random.randrange(5)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(other, lines[at])
    elif kind == 2:
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 3:
        lines[at] = lines[at] + lines[other]
    else:
        lines[at:at] = lines[min(at, other) : max(at, other)]
    return b"\n".join(lines)


def _cross(content: bytes, random: random.Random) -> bytes:
    other = random.choice(samples())[1]
    lines = other.split(b"\n")
    begin = random.randrange(len(lines))
    mine = content.split(b"\n")
    at = random.randrange(len(mine) + 1)
    return b"\n".join((*mine[:at], *lines[begin : begin + random.randrange(1, 20)], *mine[at:]))


CHANGES: Final = (
    _flip,
    _cut,
    _put,
    _replace(NUMBER),
    _replace(NUMBER),
    _replace(NUMBER),
    _replace(WORD),
    _lines,
    _lines,
    _cross,
)


def inputs(seed: int, first: int, last: int) -> Iterator[tuple[int, str, bytes]]:
    """Yield (number, name, content) of the mutated files first..last-1 of a seed."""
    for number in range(first, last):
        source = random.Random(f"{seed}-{number}")
        name, content = source.choice(samples())
        yield number, name, mutated(content, source)


def execute(name: str, content: bytes, number: int, act: Callable[[Path], object]) -> Fault | None:
    """Put one file into a folder of its own and act on it; return what failed. What the program
    refuses in words is no fault.
    """
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        place = Path(folder) / name
        place.parent.mkdir(parents=True)
        place.write_bytes(content)
        started = time.process_time()
        try:
            with _limited(SLOW):
                act(Path(folder) / name.split("/")[0])
        except LossreportError as error:
            text = str(error)
            return (
                Fault(name, number, text[:300], "said") if "a bug in lossreport" in text else None
            )
        except Exception as error:  # every kind is a fault: that is what is looked for
            return Fault(name, number, f"{type(error).__name__}: {error}"[:300], _place(error))
        spent = time.process_time() - started
    return Fault(name, number, f"{spent:.1f} s", "time") if spent > SLOW else None


class _limited:
    """Raises TimeoutError in the main thread after some seconds, where the system has alarms."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        signal.signal(signal.SIGPROF, self._late)  # of the processor: a busy machine makes no fault
        signal.setitimer(signal.ITIMER_PROF, 2 * self._seconds)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _late(self, _number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"more than {2 * self._seconds:g} s")


def _place(error: BaseException) -> str:
    frames = [
        one
        for one in traceback.extract_tb(error.__traceback__)
        if "lossreport" in one.filename and "fuzz" not in one.filename
    ]
    return (
        f"{frames[-1].filename.rpartition('lossreport/')[2]}:{frames[-1].lineno} {frames[-1].name}"
        if frames
        else ""
    )


# ----------------------------------------------------------------------- what is done with an input
def read(folder: Path) -> None:
    """Read the folder; a parser that fails costs no more than its file, and is a fault here."""
    for run in lossreport.read_runs([folder]):
        _no_bug(run)


def whole(folder: Path) -> None:
    """Read, analyse, compose and render into every form; whatever fails inside is a fault.

    A claim that the check takes out is none: it found what it is there for, and the report says so.
    """
    runs = lossreport.read_runs([folder])
    for run in runs:
        _no_bug(run)
    report = lossreport.compose(lossreport.analyze(runs), strict=True)
    failures = [
        f"{one.unit}: {one.error}"
        for one in report.analysis.failures
        if not one.unit.startswith("claim ")
    ]
    if failures:
        raise AssertionError("; ".join(failures)[:300])
    check_rendered(report)


MARKDOWN: Final = MarkdownIt("commonmark", {"html": True}).enable("table")
"""The most permissive reading of Markdown: raw HTML is HTML."""
ENDED_BY: Final = {
    "li": ("li",),
    "td": ("td", "th"),
    "th": ("td", "th"),
    "tr": ("td", "th", "tr"),
    "tbody": ("td", "th", "tr", "thead"),
}
"""Elements whose end tags HTML lets go, by the tag that ends them; so does the end of what they
stand in.
"""
OPTIONAL: Final = frozenset(("li", "td", "th", "tr", "tbody", "thead"))
VOID: Final = frozenset(
    (
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    )
)
LOADING: Final = frozenset(
    ("iframe", "object", "embed", "base", "form", "link", "video", "audio", "frame")
)


class Page(HTMLParser):
    """What of a page acts or would load (`active`), and where it is not well nested or gives an id
    twice (`wrong`).
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.active: list[str] = []
        self.wrong: list[str] = []
        self._open: list[str] = []
        self._ids: set[str] = set()
        self.feed(page)
        self.close()
        self.wrong += [f"<{tag}> is not closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        while self._open[-1:] and self._open[-1] in ENDED_BY.get(tag, ()):
            self._open.pop()
        if tag not in VOID:
            self._open.append(tag)
        self._look(tag, given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._look(tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        while self._open[-1:] and self._open[-1] in OPTIONAL and self._open[-1] != tag:
            self._open.pop()
        if self._open[-1:] == [tag]:
            self._open.pop()
        elif tag not in VOID:
            self.wrong.append(f"</{tag}> closes {self._open[-3:]}")

    def _look(self, tag: str, given: dict[str, str]) -> None:
        if (tag == "script" and given.get("type") != "application/json") or tag in LOADING:
            self.active.append(f"<{tag}>")
        self.active += [f"{tag} {name}" for name in given if name.startswith("on")]
        for name in ("href", "src", "xlink:href", "action", "formaction"):
            address = given.get(name, "").strip()
            if re.match(r"(?!https?:|mailto:)[a-zA-Z][\w+.\-]*:", address) or (
                name != "href" and re.match("https?:|//", address)
            ):
                self.active.append(f"{tag} {name}={address[:60]}")
        if given.get("id", "") in self._ids:
            self.wrong.append(f"id {given['id']} twice")
        self._ids |= {given["id"]} if given.get("id") else set()


def _no_bug(run: Run) -> None:
    said = [
        f"{skip.path}: {skip.reason.plain('en')}"
        for skip in run.skipped
        if "a bug in lossreport" in skip.reason.plain("en")
    ]
    if said:
        raise AssertionError("; ".join(said))


def check_rendered(report: lossreport.model.report.Report) -> None:
    """Render a report into HTML, Markdown, JSON and the bodies of tickets; look for what acts, and
    for HTML that is not well nested.
    """
    json.loads(lossreport.render(report, "json"))
    pages = {
        "html": lossreport.render(report, "html"),
        "email": fitted_body(report, PLACES["email"], "both"),
    }
    written = {
        "md": lossreport.render(report, "md"),
        **{name: fitted_body(report, place, "both") for name, place in PLACES.items()},
    }
    pages |= {
        name: MARKDOWN.render(body)
        for name, body in written.items()
        if name == "md" or PLACES[name].markup == "md"
    }
    for name, page in pages.items():
        page.encode("utf-8")
        seen = Page(page)
        wrong = seen.active + (seen.wrong if name == "html" else [])
        if wrong:
            raise AssertionError(f"{name}: {wrong[:3]}")
    for name, body in (*pages.items(), *written.items()):
        body.encode("utf-8")
        if "\u202e" in body or "\u200b" in body:
            raise AssertionError(f"{name}: a character that acts unseen")


# --------------------------------------------------------------------------------------- the corpus
CORPUS: Final = Path(__file__).parent / "corpus"
"""What broke once, a file a fault: its number and its place among the samples, with `+` for `/`."""


def keep(fault: Fault, content: bytes, folder: Path = CORPUS) -> None:
    """Put the input of a fault into a corpus."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{fault.number}+{fault.sample.replace('/', '+')}").write_bytes(content)


def corpus(folder: Path = CORPUS) -> Iterator[tuple[int, str, bytes]]:
    """Yield (number, name, content) of what broke once."""
    for path in sorted(folder.iterdir()):
        number, *parts = path.name.split("+")
        yield int(number), "/".join(parts), path.read_bytes()
