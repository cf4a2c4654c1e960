"""Languages beside Chinese and English: `languages/<id>.toml` says a text by its English one; what
a language lacks is said in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType


@cache
def overlay(lang: str) -> Mapping[str, str]:
    """Return the texts of a language by the English ones, templates with their `{placeholders}`."""
    import tomllib  # no report in Chinese or English asks for it
    from importlib.resources import files

    page = files("lossreport") / "languages" / f"{lang}.toml"
    return MappingProxyType(tomllib.loads(page.read_text(encoding="utf-8")))
