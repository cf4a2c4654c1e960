"""Takes the logs and the JSON out of a report: `lossreport extract`. Nothing is ever written
outside the chosen folder.
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

import orjson

from lossreport.errors import OutputError, ReportError, malformed
from lossreport.render.attachments import Attachment
from lossreport.store.stored import Stored, read_report
from lossreport.values import dataclass
from lossreport.writing import write_file

DATA: Final = "lossreport.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What was written: the logs and, of the report's sources, those that it does not carry."""

    logs: tuple[Attachment, ...]
    missing: tuple[str, ...]


def extract(report: str | Path, folder: str | Path) -> Extracted:
    """Write the embedded logs of a report into `folder`, each under its path, and its JSON as
    lossreport.json.

    Every log is checked against its sha256 first, and every path: raises ReportError, before
    anything is written, where a log is damaged or would land outside the folder, and OutputError
    where nothing can be written there.
    """
    stored = read_report(report)
    with malformed(stored.path.name):
        logs = tuple(stored.logs())
        absent = missing(stored, logs)
    root = Path(folder)
    try:
        root.mkdir(parents=True, exist_ok=True)
        targets = [(_target(root, log.path), log.content) for log in logs]
        targets.append((_target(root, DATA), _dumped(stored.data)))
        for target, content in targets:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_file(target, content)
    except OSError as error:
        raise OutputError(
            f"Couldn't write into {str(folder)!r}: {error.strerror}",
            hint="Name another folder with -o DIR.",
        ) from error
    return Extracted(logs=logs, missing=absent)


def _dumped(data: dict[str, Any]) -> bytes:
    """Return the JSON of a report; half characters in it, which UTF-8 cannot hold, as their
    escapes.
    """
    try:
        return orjson.dumps(data, option=orjson.OPT_INDENT_2) + b"\n"
    except orjson.JSONEncodeError:
        return json.dumps(data, indent=2).encode() + b"\n"


def missing(stored: Stored, logs: tuple[Attachment, ...]) -> tuple[str, ...]:
    """Return the sources of a report that it does not carry; a member of an archive is carried with
    it.
    """
    held = [log.path for log in logs]
    named = dict.fromkeys(
        str(source["path"]).split("#")[0]
        for run in stored.data["runs"]
        for source in run.get("sources", ())
    )
    return tuple(
        path for path in named if not any(path == one or path.startswith(f"{one}/") for one in held)
    )


def _encodes(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:  # half a character, as no system writes it
        return False
    return True


def _target(root: Path, name: str) -> Path:
    """Return where a log goes; raises ReportError where that is not below `root`, by its name or by
    a link that lies there.
    """
    parts = PurePosixPath(name).parts
    plain = (
        bool(parts)
        and _encodes(name)
        and not PurePosixPath(name).is_absolute()
        and not PureWindowsPath(name).drive
        and ".." not in parts
    )
    target = root.joinpath(*parts)
    if (
        not plain
        or "\\" in name
        or "\0" in name
        or not target.parent.resolve().is_relative_to(root.resolve())
        or target.is_symlink()
    ):
        raise ReportError(
            f"The report holds a log named {name!r}, which lies outside the folder",
            hint="Nothing was written; do not trust it.",
        )
    if target.exists() and not target.is_file():
        raise OutputError(
            f"Couldn't write {str(target)!r}: something that is no file is there",
            hint="Name another folder with -o DIR.",
        )
    return target
