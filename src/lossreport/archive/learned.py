"""Learns from an archive where its runs ended: reference ranges for `build --references`, each with how many runs and which days."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from lossreport.archive.entry import Entry

FILE: Final = "lossreport-references.json"
SCHEMA: Final = "lossreport-references/1"
LEAST: Final = 8
"""Runs that a range needs: with fewer, 10 and 90 % are the extremes themselves."""


def ranges(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return n, median, 10 and 90 % of the last values of every metric that at least 8 sound runs have, by kind, name and split.

    Reports of the same logs (by their sha256) are one run: copies widen no range and narrow none.
    """
    found: dict[tuple[str, str, str], list[tuple[float, tuple[str, ...]]]] = {}
    counted: set[tuple[str, ...]] = set()
    for entry in entries:
        if entry.logs and entry.logs in counted:
            continue
        counted.add(entry.logs)
        for kind, name, split, value in entry.ends:
            found.setdefault((kind, name, split), []).append((value, entry.days))
    return [_range(key, items) for key, items in sorted(found.items()) if len(items) >= LEAST]


def _range(key: tuple[str, str, str], items: Sequence[tuple[float, tuple[str, ...]]]) -> dict[str, Any]:
    low, median, high = (float(q) for q in np.quantile([value for value, _ in items], (0.1, 0.5, 0.9)))
    days = sorted({day for _, days in items for day in days})
    return {
        "metric_type": key[0],
        "name": key[1],
        "split": key[2],
        "n": len(items),
        "median": median,
        "low": low,
        "high": high,
        "days": [days[0], days[-1]] if days else [],
    }


def references(entries: Sequence[Entry]) -> str:
    """Return the file of reference ranges as JSON text."""
    return json.dumps({"schema": SCHEMA, "ranges": ranges(entries)}, indent=1) + "\n"
