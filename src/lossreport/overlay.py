"""Languages beside Chinese and English: `languages/<id>.toml` says a text by its English one; what
a language lacks is said in English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@cache
def overlay(lang: str) -> Mapping[str, str]:
    """Return the texts of a language by the English ones, templates with their `{placeholders}`."""
    page = files("lossreport") / "languages" / f"{lang}.toml"
    return MappingProxyType(tomllib.loads(page.read_text(encoding="utf-8")))
