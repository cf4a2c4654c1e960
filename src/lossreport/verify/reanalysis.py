"""Analyses the logs of a stored report once more, and holds what they bear now against what the
report says, by key and number.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from lossreport import regex as re
from lossreport.errors import NothingReadError
from lossreport.model.analysis import Analysis, of_runs
from lossreport.model.run import USER, FactValue
from lossreport.settings import FILE, folder_of
from lossreport.store.stored import Stored
from lossreport.values import dataclass

RELATIVE: Final = 1e-9
"""Numbers that differ by less differ in the last bits of the arithmetic of another machine only."""
PLAIN: Final = re.compile(r"[^/\\\x00-\x1f\ud800-\udfff]{1,80}")
"""The name of a run that can be that of a folder: the report says it, and anybody may have written
the report.
"""
ENDS: Final = ("first", "last", "min", "max")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A claim of the JSON that the logs do not bear: its key, what the report says, what they say.
    None: it is not there.
    """

    key: str
    said: Any
    found: Any


def user_facts(stored: Stored, beside: bool) -> dict[str, FactValue]:
    """Return the facts that the user gave when the report was made; those of a settings file that
    still lies `beside` the logs are read there.
    """
    given = [
        fact
        for run in stored.data["runs"]
        for fact in run.get("facts", ())
        if fact.get("source") == USER
    ]
    given = [
        fact for fact in given if not (beside and str(fact.get("origin", "")).startswith(FILE))
    ]
    return {
        fact["name"]: tuple(fact["value"]) if isinstance(fact["value"], list) else fact["value"]
        for fact in given
    }


@contextmanager
def embedded(stored: Stored) -> Iterator[Path | None]:
    """Give the embedded logs as a folder named as the first run, or None where there are none."""
    logs = list(stored.logs())
    if not logs:
        yield None
        return
    from lossreport.store.extract import extract

    with TemporaryDirectory(prefix="lossreport-") as folder:
        name = (
            str(stored.data["runs"][0].get("name") or "run")
            if len(stored.data["runs"]) == 1
            else "run"
        )
        place = Path(folder) / (
            name if PLAIN.fullmatch(name) and name not in (".", "..") else "run"
        )
        extract(stored.path, place)
        (place / "lossreport.json").unlink()
        yield place


def analysed(
    stored: Stored, paths: Sequence[str | os.PathLike[str]], *, redact: bool = True
) -> Analysis:
    """Read and analyse logs as for this report: with the facts that its user gave. Raises what
    `read_runs` raises.
    """
    from lossreport import api

    beside = bool(paths) and (folder_of(paths[0]) / FILE).is_file()
    return api.analyze(api.read_runs(paths, user_facts(stored, beside), redact=redact))


def changes(stored: Stored, analysis: Analysis) -> Iterator[Changed]:
    """Yield every claim of the report that the analysis does not bear out, and every one it makes
    that the report lacks.
    """
    from lossreport.render.to_json import to_dict

    if not stored.data["runs"]:
        raise NothingReadError(
            "The report tells of no run", hint="Verify a report that lossreport build wrote."
        )
    told = {run["id"] for run in stored.data["runs"]}
    if stored.data.get("summarised"):
        analysis = of_runs(analysis, [run for run in analysis.runs if run.id in told])
    said, found = _claims(stored.data), _claims(to_dict(analysis))
    for key in dict.fromkeys([*said, *found]):
        if not _same(said.get(key), found.get(key)):
            yield Changed(key=key, said=said.get(key), found=found.get(key))


def _claims(data: dict[str, Any]) -> dict[str, Any]:
    """Return what a report claims in numbers and states, by keys that are stable from report to
    report.
    """
    keys = {series["id"]: f"{_run_of(series['id'])}{series['key']}" for series in data["series"]}
    claims: dict[str, Any] = {}
    for series in data["series"]:
        key = keys[series["id"]]
        claims[f"{key} rows"] = series["n"]
        claims |= {
            f"{key} {end} {part}": series[end][part]
            for end in ENDS
            if series.get(end)
            for part in ("x", "value", "line")
        }
    for finding in data["findings"]:
        key = f"{_run_of(finding['id'])}{finding['key']}"
        claims[f"{key} severity"] = finding["severity"]
        claims |= {f"{key} {name}": value for name, value in finding["numbers"].items()}
    for verdict in data["verdicts"]:
        about = "+".join(keys.get(one, one) for one in verdict["series"]) or verdict["run"]
        claims[f"verdict on {about} ({verdict['question']})"] = verdict["state"]
    for scale in data["scales"]:
        about = keys.get(scale["series"][0], scale["series"][0])
        claims |= {
            f"scale of {about} {name}": scale.get(name)
            for name in ("value", "chance", "perplexity", "normalised")
        }
    return claims


def _run_of(identity: str) -> str:
    """Return "r2 " for the ids of the second run, nothing for those of the first."""
    return identity.split("-")[0] + " " if identity.startswith("r") and "-" in identity else ""


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, int | float) and isinstance(b, int | float):
        return math.isclose(a, b, rel_tol=RELATIVE, abs_tol=0.0)
    return bool(a == b)
