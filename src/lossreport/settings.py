"""What the user knows and wants: facts and options from the command line, the environment, lossreport.toml and pyproject.toml."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lossreport.errors import ConfigError
from lossreport.model.run import FactValue

OPTIONS: Final = ("format", "lang", "title", "parser", "ignore", "run", "fail_on", "strict")
"""Options of `build` that a settings file may give; every other key is a fact."""
FILE: Final = "lossreport.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Options and facts of one settings file; `origin` names it for error messages."""

    options: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    origin: str = ""


def find_settings(paths: Sequence[str | os.PathLike[str]], chosen: str | None = None) -> Settings:
    """Return the settings beside the logs: `chosen`, else lossreport.toml of the first path's folder, over pyproject's section.

    Raises ConfigError where a file cannot be read or is not TOML.
    """
    if chosen is not None:
        return _of_file(Path(chosen))
    folder = folder_of(paths[0]) if paths else Path()
    project = _of_project(Path("pyproject.toml"))
    beside = _of_file(folder / FILE) if (folder / FILE).is_file() else Settings()
    return Settings(
        options={**project.options, **beside.options},
        facts={**project.facts, **beside.facts},
        origin=beside.origin or project.origin,
    )


def folder_of(path: str | os.PathLike[str]) -> Path:
    """Return the local folder of a path; that of standard input and of addresses (s3://...) is the current one."""
    name = os.fspath(path)
    place = Path() if name == "-" or "://" in name else Path(name)
    return place if place.is_dir() else place.parent


def parse_facts(pairs: Sequence[str]) -> dict[str, FactValue]:
    """Return the facts of `--set NAME=VALUE` options; `1e-5`, `-1,1`, `true` and plain words are understood.

    Raises ConfigError for a pair without `=` or without a name.
    """
    facts: dict[str, FactValue] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise ConfigError(f"Couldn't use --set {pair!r}", hint="Write NAME=VALUE, for example --set vocab_size=65536.")
        facts[name.strip()] = _value(value.strip())
    return facts


def _value(text: str) -> FactValue:
    if "," in text:
        return tuple(_value(part.strip()) for part in text.split(","))
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _of_file(path: Path) -> Settings:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"Couldn't read {str(path)!r}: {error.strerror}", hint="Check the path given with --config.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"Couldn't read {path.name!r}: {error}", hint="Mend the TOML; nothing of it was used.") from error
    return _split(table, path.name)


def _of_project(path: Path) -> Settings:
    if not path.is_file():
        return Settings()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"Couldn't read {path.name!r}: {error}", hint="Mend the file, or run lossreport from another folder.") from error
    return _split(table.get("tool", {}).get("lossreport", {}), "pyproject.toml")


def _split(table: Mapping[str, Any], origin: str) -> Settings:
    options = {name: value for name, value in table.items() if name in OPTIONS}
    facts = dict(_leaves({name: value for name, value in table.items() if name not in OPTIONS}))
    return Settings(options=options, facts=facts, origin=origin)


def _leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, FactValue]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", tuple(value) if isinstance(value, list) else value
