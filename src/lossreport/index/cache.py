"""Keeps the entries of an index from one day to the next: a report that has not changed is not
parsed again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import orjson

from lossreport import __version__
from lossreport.index.entry import Entry, sound_entry
from lossreport.reading.kit.untrusted import json_line
from lossreport.values import dataclass
from lossreport.writing import write_file

FILE: Final = "lossreport.index-cache.json"
"""Beside the index; `lossreport.*` is never read as a log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One file as it was when it was read: size, time of change in ns, sha256, and its entry, None
    for what is no report.
    """

    size: int
    changed: int
    sha256: str
    entry: Entry | None


def load(path: Path) -> dict[str, Known]:
    """Return what the cache holds, by path; nothing where there is none, it is damaged, or another
    version wrote it.
    """
    try:
        value = json_line(path.read_text(encoding="utf-8"))
        if value["version"] != __version__:
            return {}
        return {name: _known(one) for name, one in value["files"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        # a cache that cannot be used costs time only
        return {}


def _known(one: Mapping[str, Any]) -> Known:
    return Known(
        size=one["size"],
        changed=one["changed"],
        sha256=one["sha256"],
        entry=None if one["entry"] is None else _entry(one["entry"]),
    )


def _entry(value: Mapping[str, Any]) -> Entry:
    made: dict[str, Any] = {
        name: tuple(item) if isinstance(item, list) else item for name, item in value.items()
    }
    made["values"] = tuple((label, last, best) for label, last, best in value["values"])
    made["ends"] = tuple(
        (kind, name, split, unit, end) for kind, name, split, unit, end in value["ends"]
    )
    return sound_entry(Entry(**made))


def save(path: Path, known: Mapping[str, Known]) -> None:
    """Write the cache beside the index, whole or not at all."""
    write_file(path, as_json({"version": __version__, "files": dict(sorted(known.items()))}))


def as_json(value: object) -> str:
    """Return dataclasses, lists and dicts as JSON; where a path or a name fits no encoding, with
    escapes for it.
    """
    try:
        return orjson.dumps(
            value, default=_fields, option=orjson.OPT_PASSTHROUGH_DATACLASS
        ).decode()
    except TypeError:  # a lone surrogate, as os.fsdecode makes of a name that is no UTF-8
        return json.dumps(value, default=_fields, separators=(",", ":"))


def _fields(one: Any) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in fields(one)}


def digest(raw: bytes) -> str:
    """Return the sha256 of a file's bytes."""
    return hashlib.sha256(raw).hexdigest()
