"""Errors that are known by the words of one library: the entries of `crash_lines.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Final

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

FILE: Final = "crash_lines.toml"


def entries() -> list[dict[str, Any]]:
    """Return the entries of the table, as they are written."""
    text = files("lossreport.knowledge.endings").joinpath(FILE).read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["ending"]
    return rows


def _endings() -> Iterator[Ending]:
    for row in entries():
        yield Ending(
            id=row["id"],
            pattern=words(row["pattern"]),
            title=Text(**row["title"]),
            means=Text(**row["means"]),
            do=Text(**row["do"]),
            reference=row["reference"],
            codes=((r"", row["code"]),) if "code" in row else (),
            is_own=True,
        )


ENDINGS = Endings(id="table", order=10, endings=tuple(_endings()))
