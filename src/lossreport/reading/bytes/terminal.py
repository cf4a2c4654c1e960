r"""Takes noise off a line: escape codes, backspaces, carriage returns, NUL holes, marks of
emphasis, and the prefix of the process that wrote it.

Source of the kinds: FORMATS.md and ECOSYSTEM.md (traps 8 and 9): tqdm and rich, Keras bars,
torchrun, mpirun, srun, Ray, pdsh.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from lossreport import regex as re

ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
NOISE: Final = re.compile("[\x00\x08\r\x1b]|[*][*][-+.0-9]")
EMPHASIS: Final = re.compile(
    r"(?<![\w.*])\*\*(?P<number>[-+]?[\d.][\w.+-]{0,30}%?(?: ?± ?[\d.]{1,12}%?)?)\*\*(?![\w.*])"
)
"""A number that a log, or whoever pasted it, has in bold: `train loss: **-0.0682**`; `2**3` is a
power.
"""
MOVES: Final = re.compile(r"\x1b\[\d*(?:;\d*)?[ABEFGHf]")
"""The cursor goes to another line or column: what follows is shown apart from what stands
before.
"""
REWRITES: Final = re.compile("\r|\x08{8,}")
"""A carriage return, or backspaces over a whole progress bar (Keras, Paddle), begins the line
anew.
"""

SURE: Final = re.compile(
    r"""\[(?P<rank>(?:rank|default)[ ]?\d+)\]:?\s?            # torchrun, torch.distributed.run --tee
      | \[\d+,(?P<mpi>\d+)\]<(?:stdout|stderr)>:\s?           # mpirun --tag-output
      | \((?P<ray>(?:\w{1,100}+[ ])?pid=\d{1,20}+)(?:,\s?ip=[^)(]{0,100}+)?\)\s?   # Ray""",  # noqa: E501
    re.VERBOSE,
)
LIKELY: Final = re.compile(
    r"(?P<srun>\d{1,4}):\s|(?P<host>(?:worker|node|host|pod|master)[-\w.]{0,100}+):\s"
)
"""srun --label and pdsh: so plain that most lines of the file must begin so."""
MOST: Final = 0.8
MIN_LINES: Final = 3


def fragments(text: str) -> Iterator[str]:
    """Yield what the line showed, one text for each time it was rewritten; an untouched line is one
    text.
    """
    if NOISE.search(text) is None:
        yield text
        return
    text = EMPHASIS.sub(r"\g<number>", text)
    text = ESCAPES.sub("", MOVES.sub("\r", text.replace("\x00", "")))
    pieces = [_erased(piece) for piece in REWRITES.split(text)]
    shown = [piece for piece in pieces if piece.strip()]
    yield from shown or [""]


def prefix_of(lines: Iterable[str]) -> re.Pattern[str] | None:
    """Return the pattern of the writer's prefix that the lines carry, or None where they carry
    none.
    """
    texts = [line for line in lines if line.strip()]
    if any(SURE.match(text) for text in texts):
        return SURE
    likely = [match for match in (LIKELY.match(text) for text in texts) if match]
    numbers = [int(match["srun"]) for match in likely if match["srun"]]
    if len(numbers) >= MIN_LINES and all(a < b for a, b in pairwise(numbers)):
        # a count, as of CatBoost's rounds: ranks come again
        return None
    return LIKELY if len(texts) >= MIN_LINES and len(likely) > MOST * len(texts) else None


def split_writer(text: str, prefix: re.Pattern[str]) -> tuple[str, str]:
    """Return (writer, text without its prefix); the writer is "" where the line has none."""
    match = prefix.match(text)
    if match is None:
        return "", text
    return next(name for name in match.groups() if name), text[match.end() :]


def writers(lines: Iterable[str], prefix: re.Pattern[str]) -> list[str]:
    """Return who wrote the lines, in the order of their ranks."""
    seen = Counter(split_writer(line, prefix)[0] for line in lines)
    return sorted(
        (name for name in seen if name),
        key=lambda name: [int(part) if part.isdigit() else 0 for part in re.findall(r"\d+", name)],
    )


def _erased(text: str) -> str:
    """Return the text after its backspaces."""
    if "\x08" not in text:
        return text
    shown: list[str] = []
    for char in text:
        if char != "\x08":
            shown.append(char)
        elif shown:
            shown.pop()
    return "".join(shown)
