"""Renders the JSON of a report as SARIF 2.1.0, which code hosts show beside the files: a rule for
each kind of finding, by its stable id.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0;
`partialFingerprints` hold the finding's key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from lossreport import regex as re
from lossreport.text import ESCAPED, Lang, visible

EMBEDDED: Final = re.compile(r"(?<=\])(?=\()")
"""What makes a link of `[words](address)` in a message (section 3.11.6)."""
SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Final = {"low": "note", "medium": "warning", "high": "error", "critical": "error"}
Json = Mapping[str, Any]


def to_sarif(data: Json, lang: Lang = "en") -> str:
    """Return the findings of a report's JSON, as `to_dict` gives it, as SARIF text that ends with a
    newline.
    """
    paths = {source["id"]: source["path"] for run in data["runs"] for source in run["sources"]}
    kinds = list(dict.fromkeys(str(found["kind"]) for found in data["findings"]))
    driver = {
        "name": "lossreport",
        "version": data["version"],
        "rules": [{"id": kind, "name": _pascal(kind)} for kind in kinds],
    }
    results = [_result(found, kinds, paths, lang) for found in data["findings"]]
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=1).translate(ESCAPED) + "\n"


def _result(found: Json, kinds: list[str], paths: Mapping[str, str], lang: Lang) -> dict[str, Any]:
    return {
        "ruleId": found["kind"],
        "ruleIndex": kinds.index(found["kind"]),
        "level": LEVELS[found["severity"]],
        "message": {"text": EMBEDDED.sub(" ", visible(found["text"][lang]))},
        "locations": [_location(one, paths) for one in found["evidence"][:1]],
        "relatedLocations": [
            {"id": at, **_location(one, paths)} for at, one in enumerate(found["evidence"][1:10], 1)
        ],
        "partialFingerprints": {"lossreportKey/v1": found["key"]},
    }


def _location(evidence: Json, paths: Mapping[str, str]) -> dict[str, Any]:
    place: dict[str, Any] = {
        "artifactLocation": {"uri": quote(str(paths.get(evidence["source"], evidence["source"])))}
    }
    if evidence["line"]:
        place["region"] = {"startLine": evidence["line"]}
    return {"physicalLocation": place}


def _pascal(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_"))
