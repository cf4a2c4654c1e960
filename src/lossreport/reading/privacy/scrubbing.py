"""Redacts a whole log file, for reports that carry their logs: the same rules as for what is
quoted, line numbers unchanged.
"""

from __future__ import annotations

from typing import Final

from lossreport import regex as re
from lossreport.reading.privacy.redaction import by_name, redact, redact_fact

_KEY_BLOCK: Final = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
_SETTING: Final = re.compile(
    r"""(?P<name>[A-Za-z_][\w.\-]{0,100}+)(?P<mid>["']?\s*[=:](?!=)\s*)(?:(?P<quote>["'])(?P<quoted>(?:(?!(?P=quote)).)+)(?P=quote)|(?P<bare>[^\s"',;(){}\[\]]++)(?!\())"""
)
_NUMBER: Final = re.compile(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?")


def scrub(content: bytes) -> bytes | None:
    """Return a UTF-8 log without secrets, people, home folders and machines, each line in its
    place.

    None where the bytes are no UTF-8 text (databases, event files, archives): what cannot be read
    cannot be redacted.
    """
    if b"\0" in content:
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    text = _KEY_BLOCK.sub(lambda match: "\n".join("[secret]" for _ in match[0].split("\n")), text)
    return "\n".join(_line(line) for line in text.split("\n")).encode("utf-8")


def _line(line: str) -> str:
    return _SETTING.sub(_setting, redact(line))


def _setting(match: re.Match[str]) -> str:
    """Return `host=node17` as the facts of the report show it; numbers are never touched."""
    name, value = match["name"], match["quoted"] or match["bare"]
    if not by_name(name) or value == "$" or _NUMBER.fullmatch(value):
        return match[0]
    quote = match["quote"] or ""
    return f"{name}{match['mid']}{quote}{redact_fact(name, value)}{quote}"
