"""The journal of a batch: one JSON line for every run that is done, so that a batch which was
stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import BinaryIO, Final, Literal

from lossreport.errors import OutputError
from lossreport.reading.kit.untrusted import json_line
from lossreport.values import dataclass

State = Literal["done", "failed"]
BLOCK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one run: `path` and `report` are names below the folder of the batch, `error`
    is empty where it is done.

    `verdicts` are the states of its runs, `severity` the gravest of its findings ("" for none).
    """

    path: str
    state: State
    report: str = ""
    sha256: str = ""
    verdicts: tuple[str, ...] = ()
    severity: str = ""
    error: str = ""


def append(journal: Path, outcome: Outcome) -> None:
    """Write one line and see it to the disk; raises OutputError where the journal cannot be
    written.
    """
    line = json.dumps(asdict(outcome), ensure_ascii=False, sort_keys=True) + "\n"
    try:
        with journal.open("a+b") as file:
            if file.tell() and not _ends_with_newline(file):
                line = "\n" + line  # the last line was cut when the batch was stopped
            file.write(line.encode("utf-8", "backslashreplace"))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputError(
            f"Couldn't write {str(journal)!r}: {error.strerror}",
            hint="The reports written so far are whole; run again with --resume.",
        ) from error


def _ends_with_newline(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def finished(journal: Path) -> dict[str, Outcome]:
    """Return, by path, the runs that are done and whose report still is the one that was written; a
    torn line counts for nothing.
    """
    found: dict[str, Outcome] = {}
    if not journal.is_file():
        return found
    for line in journal.read_bytes().decode("utf-8", "replace").split("\n"):
        outcome = _outcome(line)
        if outcome is not None:
            found[outcome.path] = outcome
    return {
        path: one
        for path, one in found.items()
        if one.state == "done" and sha256_of(journal.parent / one.report) == one.sha256
    }


def _outcome(line: str) -> Outcome | None:
    try:
        value = json_line(line)
        known = {field.name for field in fields(Outcome)}
        found = Outcome(
            **{
                **{name: item for name, item in value.items() if name in known},
                "verdicts": tuple(value["verdicts"]),
            }
        )
        sound = all(
            isinstance(word, str)
            for word in (
                found.path,
                found.state,
                found.report,
                found.sha256,
                found.severity,
                *found.verdicts,
            )
        )
        return found if sound else None
    except (ValueError, TypeError, KeyError, AttributeError):
        # torn by the end of the process that wrote it
        return None


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, or nothing where there is none."""
    if not path.is_file():
        return ""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
