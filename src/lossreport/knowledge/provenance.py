"""What the settings of a run say of where it comes from: its code, its data, its seed, and the
configuration that is left without them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from lossreport import regex as re

SEED: Final = re.compile(r"(?:.*[_.\-])?(?:random_?|data_?|manual_?)?seed", re.IGNORECASE)
COMMIT: Final = re.compile(
    r"(?:.*[_.\-])?(?:git[_.\-]?)?(?:commit(?:[_.\-]?(?:hash|id|sha))?|git[_.\-]?(?:hash|sha|rev|"
    r"revision))",
    re.IGNORECASE,
)
DATA: Final = re.compile(
    r"(?:.*[_.\-])?data(?:[_.\-]?set)?(?:[_.\-]?(?:name|version|revision|rev|hash|tag|id|path|dir"
    r"|root|split_file))?|dvc[_.\-]?(?:rev|version)",
    re.IGNORECASE,
)
"""Settings that name the data and their version: `dataset`, `data_version`, `data.path`."""
PLACE: Final = re.compile(
    r"(?:.*[_.\-])?(?:dir|path|folder|name|id|title|tags?|notes?|log|time|date|version|port|"
    r"hostname|user)",
    re.IGNORECASE,
)
"""Settings that say where a run writes and what it is called, not how it trains."""
DIGEST: Final = 16
"""Hexadecimal digits of a digest: of a million runs no two share 64 bits by chance."""


def is_place(name: str) -> bool:
    """Return whether a setting tells where a run writes or what it is called; the data that it
    reads are no such place.
    """
    return PLACE.fullmatch(name) is not None and DATA.fullmatch(name) is None


def commit_of(facts: Mapping[str, Any]) -> str:
    """Return the commit of the code that trained, "" where no setting tells."""
    return next(
        (
            str(value)
            for name, value in facts.items()
            if COMMIT.fullmatch(name) and value not in (None, "", "None")
        ),
        "",
    )


def data_of(facts: Mapping[str, Any]) -> str:
    """Return what the settings say of the data, name and version behind each other, "" where none
    tells.
    """
    told = [
        str(value)
        for name, value in sorted(facts.items())
        if DATA.fullmatch(name) and isinstance(value, str | int | float | bool)
    ]
    return " ".join(dict.fromkeys(word for word in told if word not in ("", "None")))


def seed_of(facts: Mapping[str, Any]) -> str:
    """Return the seeds of a run as one word, "" where no setting tells."""
    return " ".join(str(value) for name, value in sorted(facts.items()) if SEED.fullmatch(name))


def configuration(facts: Mapping[str, Any]) -> str:
    """Return a digest of the settings but for seeds and places; "" for a run that has no other
    setting: nothing says what it is like.
    """
    rest = {
        name: value
        for name, value in facts.items()
        if not SEED.fullmatch(name) and not is_place(name)
    }
    return digest_of(json.dumps(rest, sort_keys=True, default=str)) if rest else ""


def birth(first: Iterable[tuple[str, float, float]]) -> str:
    """Return a digest of where the metrics of a run began, by (label, x, value): equal for a copy,
    and for the same run at an earlier row.
    """
    marks = sorted({f"{label} {x:.6g} {value:.6g}" for label, x, value in first})
    return digest_of("\n".join(marks)) if marks else ""


def digest_of(text: str) -> str:
    """Return 16 hexadecimal digits of the sha256 of a text."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:DIGEST]
