"""What the user knows and wants: facts and options from the command line, the environment,
lossreport.toml and pyproject.toml.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Final

from lossreport.errors import ConfigError
from lossreport.model.guidance import Ended, Guidance, IgnoreRule, LearnedRange, OwnReference
from lossreport.model.run import FactValue
from lossreport.options import IN_FILE
from lossreport.reading.kit.untrusted import TOO_DEEP, json_of, shallow
from lossreport.reading.runs.sound import sound_value
from lossreport.values import dataclass

GUIDANCE: Final = ("threshold", "reference", "ignore_finding")
"""What a settings file may say besides; every other key is a fact."""
FILE: Final = "lossreport.toml"
COMMAND: Final = "--set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Options, facts and guidance of one settings file, or of two of which the nearer wins;
    `origin` names it for error messages.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    guidance: Guidance = field(default_factory=Guidance)
    origin: str = ""


def find_settings(paths: Sequence[str | os.PathLike[str]], chosen: str | None = None) -> Settings:
    """Return the settings beside the logs: `chosen`, else lossreport.toml of the first path's
    folder, over pyproject's section.

    Raises ConfigError where a file cannot be read, is not TOML, or says what cannot be used: every
    mistake with its line.
    """
    if chosen is not None:
        return _of_file(Path(chosen))
    folder = folder_of(paths[0]) if paths else Path()
    project = _of_project(Path("pyproject.toml"))
    beside = _of_file(folder / FILE) if (folder / FILE).is_file() else Settings()
    return Settings(
        options={**project.options, **beside.options},
        facts={**project.facts, **beside.facts},
        guidance=_over(beside.guidance, project.guidance),
        origin=beside.origin or project.origin,
    )


def learned_ranges(path: str | os.PathLike[str] | None) -> tuple[LearnedRange, ...]:
    """Return the reference ranges of a file that `lossreport index` wrote; none for None. Raises
    ConfigError where it is no such file.
    """
    if path is None:
        return ()
    place = Path(path)
    try:
        held = json_of(place.read_text(encoding="utf-8"))
        return tuple(_learned(entry, held["runs"], place.name) for entry in held["ranges"])
    except OSError as error:
        raise ConfigError(
            f"Couldn't read {str(path)!r}: {error.strerror}",
            hint="Check the path given with --references.",
        ) from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{place.name!r} holds no reference ranges ({error})",
            hint="Make the file with lossreport index.",
        ) from error


def _learned(
    entry: Mapping[str, Any], runs: Sequence[Mapping[str, Any]], source: str
) -> LearnedRange:
    ended = tuple(
        Ended(value=value, marks=tuple(runs[number]["marks"]), days=tuple(runs[number]["days"]))
        for value, number in zip(entry["values"], entry["of"], strict=True)
    )
    names = {name: entry[name] for name in ("metric_type", "name", "split", "unit", "goal", "data")}
    words = all(
        isinstance(word, str)
        for word in (*names.values(), *(word for one in ended for word in (*one.marks, *one.days)))
    )
    numbers = all(isinstance(one.value, int | float) and math.isfinite(one.value) for one in ended)
    if not words or not numbers:
        raise ValueError("a range is not made of words and finite numbers")
    return LearnedRange(**names, rises=entry["rises"] is True, ended=ended, source=source)


def _over(near: Guidance, far: Guidance) -> Guidance:
    return Guidance(
        thresholds={**far.thresholds, **near.thresholds},
        references=(*near.references, *far.references),
        ignored=(*near.ignored, *far.ignored),
        origins={**far.origins, **near.origins},
    )


def folder_of(path: str | os.PathLike[str]) -> Path:
    """Return the local folder of a path; that of standard input and of addresses (s3://...) is the
    current one.
    """
    name = os.fspath(path)
    place = Path() if name == "-" or "://" in name else Path(name)
    return place if place.is_dir() else place.parent


def parse_facts(pairs: Sequence[str]) -> dict[str, FactValue]:
    """Return the facts of `--set NAME=VALUE` options; `1e-5`, `-1,1`, `true` and plain words are
    understood.

    Raises ConfigError for a pair without `=` or without a name.
    """
    facts: dict[str, FactValue] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise ConfigError(
                f"Couldn't use --set {pair!r}",
                hint="Write NAME=VALUE, for example --set vocab_size=65536.",
            )
        facts[name.strip()] = _value(value.strip())
    found = _mistakes(_nested(facts)) if facts else []
    if found:
        raise ConfigError(
            f"Couldn't use --set: {'; '.join(found)}", hint="Mend the options; nothing was read."
        )
    return facts


def with_facts(guidance: Guidance, facts: Mapping[str, FactValue]) -> Guidance:
    """Return the guidance with the origin of facts that were given on the command line or by a
    call, which win over all files.
    """
    return replace(guidance, origins={**guidance.origins, **dict.fromkeys(facts, COMMAND)})


def _nested(facts: Mapping[str, FactValue]) -> dict[str, Any]:
    """Return `range.loss_ct` as the table that TOML makes of it."""
    table: dict[str, Any] = {}
    for name, value in facts.items():
        head, dot, rest = name.partition(".")
        item = list(value) if isinstance(value, tuple) else value
        if dot:
            table.setdefault(head, {})[rest] = item
        else:
            table[name] = item
    return table


def _mistakes(table: Mapping[str, Any], text: str = "") -> list[str]:
    from lossreport.settings_file import mistakes

    return mistakes(table, text)


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
        text = path.read_text(encoding="utf-8")
        table = _toml(text)
    except OSError as error:
        raise ConfigError(
            f"Couldn't read {str(path)!r}: {error.strerror}",
            hint="Check the path given with --config.",
        ) from error
    except ValueError as error:
        raise ConfigError(
            f"Couldn't read {path.name!r}: {error}", hint="Mend the TOML; nothing of it was used."
        ) from error
    return _split(table, path.name, text)


def _of_project(path: Path) -> Settings:
    if not path.is_file():
        return Settings()
    try:
        text = path.read_text(encoding="utf-8")
        table = _toml(text)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"Couldn't read {path.name!r}: {error}",
            hint="Mend the file, or run lossreport from another folder.",
        ) from error
    tool = table.get("tool")
    own = tool.get("lossreport") if isinstance(tool, dict) else None
    return _split(own if isinstance(own, dict) else {}, "pyproject.toml", text)


def _toml(text: str) -> dict[str, Any]:
    """Return what a TOML file says; raises ValueError where it is none, nested too deep, or holds a
    number of thousands of digits.
    """
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    shallow(table)
    return table


def _split(table: Mapping[str, Any], origin: str, text: str) -> Settings:
    if not table:
        return Settings(origin=origin)
    found = _mistakes(table, text)
    if found:
        counted = "a mistake" if len(found) == 1 else f"{len(found)} mistakes"
        raise ConfigError(
            f"{origin} holds {counted}; nothing of it was used:\n  " + "\n  ".join(found),
            hint="Mend the file and run again.",
        )
    options = {name: value for name, value in table.items() if name in IN_FILE}
    facts = dict(
        _leaves({name: value for name, value in table.items() if name not in (*IN_FILE, *GUIDANCE)})
    )
    return Settings(
        options=options, facts=facts, guidance=_guidance(table, facts, origin, text), origin=origin
    )


def _guidance(
    table: Mapping[str, Any], facts: Mapping[str, FactValue], origin: str, text: str
) -> Guidance:
    from lossreport.settings_file import line_of

    thresholds = {name: float(value) for name, value in table.get("threshold", {}).items()}
    places = {name: tuple(name.split(".", 1)) for name in facts} | {
        f"threshold.{name}": ("threshold", name) for name in thresholds
    }
    lines = {name: line_of(text, place) for name, place in places.items()}
    return Guidance(
        thresholds=thresholds,
        references=tuple(OwnReference(**entry) for entry in table.get("reference", ())),
        ignored=tuple(IgnoreRule(**entry) for entry in table.get("ignore_finding", ())),
        origins={name: f"{origin}:{line}" if line else origin for name, line in lines.items()},
    )


def _leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, FactValue]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", sound_value(value)
