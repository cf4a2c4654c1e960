"""The numbers of a comparison as its JSON holds them."""

from __future__ import annotations

from typing import Any

from lossreport.compare.comparison import Compared, Comparison, Entry
from lossreport.compare.difference import CALLED, SHOWN, Difference


def numbers(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as the JSON has it: all numbers of the report, no words."""
    return {
        "runs": [
            {
                "id": m.id,
                "name": m.name,
                "from": m.origin,
                "state": m.states.get("", ""),
                "thinned": m.thinned,
            }
            for m in comparison.members
        ],
        "unequal": [[member.id for member in group] for group in comparison.unequal],
        "groups": [[member.id for member in group] for group in comparison.groups],
        "interval": SHOWN,
        "called_at": CALLED,
        "metrics": [_numbers(compared) for compared in comparison.metrics],
        "settings": {
            name: [list(v) if isinstance(v, tuple) else v for v in values]
            for name, values in comparison.facts.items()
        },
        "coincidences": [
            {
                "metric": c.metric,
                "axis": c.axis,
                "x": c.x,
                "chance": c.chance,
                "rows": [{"run": m.id, "place": f.place} for m, f in c.flags],
            }
            for c in comparison.coincidences
        ],
    }


def _numbers(compared: Compared) -> dict[str, Any]:
    metric = compared.metric
    return {
        "metric": metric.name,
        "axis": metric.axis,
        "statistic": metric.statistic.value,
        "start": metric.start,
        "end": metric.end,
        "level_from": compared.since,
        "seed_spread": None
        if compared.spread is None
        else {"sd": compared.spread.sd, "freedom": compared.spread.freedom},
        "entries": [_entry(entry) for entry in compared.entries],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    gap, level = entry.difference, entry.level
    return {
        "runs": [track.member.id for track in entry.tracks],
        "silent": entry.silent,
        "copy_of": entry.copy_of,
        "level": None if level is None else level.value,
        "error": None if level is None else level.error,
        "last": None if entry.last is None else float(entry.track.series.y[entry.last]),
        "best": None if entry.best is None else float(entry.track.series.y[entry.best]),
        "difference": None if gap is None else _difference(gap),
    }


def _difference(gap: Difference) -> dict[str, Any]:
    """Return a difference; `certain` is false for every call that one pair of runs alone bears."""
    return {
        "value": gap.value,
        "low": gap.low,
        "high": gap.high,
        "call": gap.call,
        "certain": gap.certain,
        "knows": gap.knows,
    }
