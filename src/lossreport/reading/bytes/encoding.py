"""From bytes to characters: byte-order marks, UTF-16 without one, and lines in the encodings of
Chinese Windows among UTF-8 ones.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import Final

from lossreport import regex as re

BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
HIGH: Final = re.compile(rb"[\x80-\xff]+")
WIDE: Final = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
NUL_SHARE: Final = 0.3
"""UTF-16 of mostly Latin text has a zero in every second byte; Chinese words lower the share,
binary files have zeros at both places.
"""
CONTROLS: Final = bytes((*range(1, 7), *range(14, 27), *range(28, 32)))
"""Control characters other than NUL (files have holes), bell to carriage return, and escape."""
CONTROL_SHARE: Final = 0.02
"""Event files and W&B files have 6 to 15 %, the 363 text files of our collection, in all their
encodings, 0 %.
"""
MIN_HIGH: Final = 6
"""Fewer bytes above 127 in lines that are no UTF-8 tell of damage, not of another encoding."""
ASIAN: Final = ("gb18030", "big5", "cp949", "shift_jis")
OTHERS: Final = (*ASIAN, "cp1251", "cp1252")
"""What lines that are no UTF-8 may be in: Chinese, Korean, Japanese, Cyrillic and Western
Windows.
"""


def is_binary(head: bytes) -> bool:
    """Return whether these are no lines of text: too many control characters that no terminal
    uses.
    """
    return len(head) - len(head.translate(None, CONTROLS)) > CONTROL_SHARE * len(head)


def detect(head: bytes) -> str:
    """Return the encoding of a text by its first bytes; "utf-8" for all that is not surely
    something else, binary files too.
    """
    for mark, name in BOMS:
        if head.startswith(mark):
            return name
    wide = _wide_without_mark(head)
    if wide or is_binary(head):
        return wide or "utf-8"
    odd = [
        line
        for line in head.split(b"\n")[:-1] or [head]
        if not _is(line, "utf-8") and b"\0" not in line
    ]
    high = sum(byte > 127 for line in odd for byte in line)
    return _of_lines(odd) if high >= MIN_HIGH else "utf-8"


def decode(line: bytes, encoding: str) -> str:
    """Return a line as text: UTF-8 where it is valid, else `encoding`; bytes that neither knows
    become U+FFFD.
    """
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if encoding in OTHERS:
        return (
            line.decode(encoding)
            if _is(line, encoding)
            else HIGH.sub(lambda run: _either(run[0], encoding), line).decode("utf-8")
        )
    return line.decode("utf-8", errors="replace")


def _either(run: bytes, encoding: str) -> bytes:
    """Return bytes above 127 as UTF-8: a line can change its encoding in the middle."""
    return run if _is(run, "utf-8") else run.decode(encoding, errors="replace").encode("utf-8")


def as_utf8(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield the bytes without a byte-order mark; those of UTF-16 and UTF-32 as UTF-8, all others as
    they are.
    """
    if encoding in WIDE:
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        for block in blocks:
            yield decoder.decode(block).replace("\ufeff", "").encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")
        return
    for number, block in enumerate(blocks):
        yield block.removeprefix(codecs.BOM_UTF8) if number == 0 else block


def _wide_without_mark(head: bytes) -> str:
    even, odd = head[0::2], head[1::2]
    if not odd or b"\0" not in head:
        return ""
    for name, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros.count(0) > NUL_SHARE * len(zeros) and others.count(0) == 0:
            return name
    return ""


def _is(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _of_lines(odd: list[bytes]) -> str:
    """Return the likeliest encoding of lines that are no UTF-8; a damaged byte or two in UTF-8 is
    not taken for another encoding.
    """
    from charset_normalizer import from_bytes

    for lines in (odd, [line for line in odd if any(_is(line, name) for name in ASIAN)]):
        best = from_bytes(b"\n".join(lines), cp_isolation=list(OTHERS)).best()
        if best is not None:
            return best.encoding
    return "utf-8"
