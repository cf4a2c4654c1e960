"""Holds an analysis, as JSON, against one claim of `truth.json`: what a careful engineer says about
a real log.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def is_checkable(claim: Json) -> bool:
    """Return whether the JSON can decide a claim; counts of places and arithmetic over a page need
    a reader.
    """
    return claim["type"] in CHECKS and (claim["type"] != "source" or "encoding_any" in claim)


def holds(claim: Json, data: Json) -> bool:
    """Return whether a checkable claim is true of the analysis."""
    return bool(CHECKS[claim["type"]](claim, data))


def _names(claim: Json) -> list[str]:
    names = claim.get("series") or claim.get("series_any") or []
    return [names] if isinstance(names, str) else list(names)


def _base(name: str) -> tuple[str, str]:
    """Return (split, name) of a name as the truth writes it: `train_loss`, `val/box_loss`."""
    for split in ("train", "val", "test", "eval"):
        for mark in ("_", "/"):
            if name.startswith(split + mark):
                return split, name[len(split) + 1 :]
    return "", name


def matching(claim: Json, data: Json) -> list[Json]:
    """Return the series that a claim names."""
    wanted = [_base(name) for name in _names(claim)]
    split = claim.get("split")
    found = []
    for series in data["series"]:
        if series["derived"]:
            continue
        for of, name in wanted:
            name_fits = series["name"].lower().replace(" ", "_") in (
                name.lower().replace(" ", "_"),
                f"{of}_{name}".lower(),
            )
            if (
                name_fits
                and (not of or series["split"] == of or split == series["split"])
                and split in (None, series["split"])
            ):
                found.append(series)
                break
    return found


def _segment(claim: Json, data: Json) -> bool:
    return any(
        (
            "first_line" not in claim
            or abs(s["first_line"] - claim["first_line"]) <= claim.get("line_tol", 0)
        )
        and ("why_any" not in claim or s["why"] in claim["why_any"])
        and s["why"] not in claim.get("not_why", ())
        for run in data["runs"]
        for s in run["segments"]
    )


def _segment_count(claim: Json, data: Json) -> bool:
    return sum(len(run["segments"]) for run in data["runs"]) == claim["value"]


def _findings(claim: Json, data: Json) -> Iterator[Json]:
    ids = {s["id"] for s in matching(claim, data)} if _names(claim) else None
    for finding in data["findings"]:
        if "kind_any" in claim and finding["kind"] not in claim["kind_any"]:
            continue
        if "severity_any" in claim and finding["severity"] not in claim["severity_any"]:
            continue
        if ids is not None and not ids & _with_views(finding["series"], data):
            continue
        if _near(claim, finding):
            yield finding


def _with_views(ids: list[str], data: Json) -> set[str]:
    of = {s["id"]: s["derived"]["from"] for s in data["series"] if s["derived"]}
    return {base for one in ids for base in (one, *of.get(one, ()))}


def _near(claim: Json, finding: Json) -> bool:
    lines = claim.get("line_any", [claim["line"]] if "line" in claim else None)
    if lines is not None:
        tol = claim.get("line_tol", 0)
        span = (finding["start"]["line"], finding["end"]["line"])
        if not any(span[0] - tol <= line <= span[1] + tol for line in lines):
            return False
    xs = claim.get("x_any", [claim["x"]] if "x" in claim else None)
    if xs is not None:
        tol = claim.get("x_tol", 0)
        return any(finding["start"]["x"] - tol <= x <= finding["end"]["x"] + tol for x in xs)
    return True


def _close(claim: Json, value: Any) -> bool:
    if isinstance(value, str) or value is None:
        return False
    if "value_any" in claim:
        return value in claim["value_any"]
    if "value_min" in claim:
        return bool(value >= claim["value_min"])
    if "value" not in claim:
        return True
    wanted = claim["value"]
    return bool(
        abs(value - wanted)
        <= max(claim.get("tol_abs", 0), claim.get("tol_rel", 0) * abs(wanted), 1e-9 * abs(wanted))
    )


def _series(claim: Json, data: Json) -> bool:
    inside = claim.get("segment")
    for series in matching(claim, data):
        if inside and not (
            series["first"]
            and inside["first_line"] <= series["first"]["line"] <= inside["last_line"]
        ):
            continue
        field = series["n"] if claim["field"] == "n" else series[claim["field"]]
        if claim["field"] == "n":
            if _close(claim, field):
                return True
            continue
        if field is None:
            continue
        place = field["line"] if claim.get("x_is") == "line" else field["x"]
        xs = claim.get("x_any", [claim["x"]] if "x" in claim else None)
        if _close(claim, field["value"]) and (
            xs is None or any(abs(place - x) <= claim.get("x_tol", 0) for x in xs)
        ):
            return True
    return False


def _verdict(claim: Json, data: Json) -> bool:
    ids = {s["id"] for s in matching(claim, data)}
    inside = claim.get("seg")
    if inside:
        by_id = {s["id"]: s for s in data["series"]}
        ids = {
            one
            for one in ids
            if inside["first_line"] <= by_id[one]["first"]["line"] <= inside["last_line"]
        }
    named = bool(_names(claim))
    return any(
        v["state"] in claim["state_any"]
        and (not named or bool(ids & _with_views(v["series"], data)))
        for v in data["verdicts"]
    )


CHECKS = {
    "segment": _segment,
    "segment_count": _segment_count,
    "finding": lambda claim, data: any(_findings(claim, data)),
    "finding_count": lambda claim, data: len(list(_findings(claim, data))) >= claim["min"],
    "series": _series,
    "verdict": _verdict,
    "lr_schedule": lambda claim, data: any(
        one["class"] in claim["class_any"] for one in data["lr_schedules"]
    ),
    "not_applicable": lambda claim, data: any(
        one["check"] in claim["check_any"] for one in data["not_applicable"]
    ),
    "source": lambda claim, data: any(
        s["encoding"] in claim["encoding_any"] for r in data["runs"] for s in r["sources"]
    ),
    "fact": lambda claim, data: any(
        f["name"] in claim["name_any"] and f["value"] == claim["value"]
        for r in data["runs"]
        for f in r["facts"]
    ),
    "event_count": lambda claim, data: (
        sum(e["kind"] == claim["kind"] for r in data["runs"] for e in r["events"]) == claim["value"]
    ),
    "event": lambda claim, data: any(
        e["kind"] in claim["kind_any"] and abs(e["line"] - claim["line"]) <= claim["line_tol"]
        for r in data["runs"]
        for e in r["events"]
    ),
    "event_or_segment": lambda claim, data: (
        any(e["kind"] in claim["kind_any"] for r in data["runs"] for e in r["events"])
        or any(s["why"] in claim["kind_any"] for r in data["runs"] for s in r["segments"])
    ),
    "first_data_line": lambda claim, data: (
        abs(min(s["first"]["line"] for s in data["series"] if s["first"]) - claim["line"])
        <= claim["line_tol"]
    ),
    "axis": lambda claim, data: any(
        s["axis"] in claim["axis_any"] and s["last"]["x"] == claim["last_x"]
        for s in matching(claim, data)
    ),
}
