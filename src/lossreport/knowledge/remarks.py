"""What warnings mean behind which a training goes on, and whether anything is to be done: the
entries of `remarks.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from lossreport import regex as re
from lossreport.knowledge.ending import words
from lossreport.text import Text
from lossreport.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One warning by its words. Where it is `harmless`, nothing is wrong with the training."""

    id: str
    pattern: re.Pattern[str]
    title: Text
    means: Text
    do: Text
    reference: str
    harmless: bool


def entries() -> list[dict[str, Any]]:
    """Return the entries of the table, as they are written."""
    text = files("lossreport.knowledge").joinpath("remarks.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["remark"]
    return rows


def _remarks() -> Iterator[Remark]:
    for row in entries():
        yield Remark(
            id=row["id"],
            pattern=words(row["pattern"]),
            title=Text(**row["title"]),
            means=Text(**row["means"]),
            do=Text(**row["do"]),
            reference=row["reference"],
            harmless=row["harmless"],
        )


@cache
def remarks() -> tuple[Remark, ...]:
    """Return all warnings that are known."""
    return tuple(_remarks())


def remark_of(quote: str) -> Remark | None:
    """Return the warning that a line is, or None where its words are not known."""
    return next((one for one in remarks() if one.pattern.search(quote)), None)
