"""A record that holds the settings of a run among the records of its rows: the first line of a log
in JSON lines, often.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport.reading.kit.names import plain_facts
from lossreport.reading.kit.rows import is_axis, number
from lossreport.reading.parser import RawFact

KINDS: Final = ("type", "event", "kind", "record", "record_type", "_type", "tag", "mode")
"""What the key is called that says what a record is."""
SETTINGS: Final = frozenset(
    (
        "config",
        "configuration",
        "cfg",
        "args",
        "arguments",
        "hparams",
        "hyperparams",
        "hyperparameters",
        "settings",
        "params",
        "run_config",
        "train_config",
        "header",
    )
)
"""How records of settings call themselves, and the mapping in them."""
REPEATED: Final = frozenset(("config", "args", "hparams", "hyperparameters", "settings"))
"""Mappings of a row of metrics that hold no metrics."""
PLANNED: Final = frozenset(
    ("steps", "num_steps", "train_steps", "n_iters", "num_iters", "iterations", "num_iterations")
)
"""Names of the planned number of steps; beside rows they count steps, and `n_steps` is that of a
rollout.
"""


def is_config_record(row: Mapping[str, Any]) -> bool:
    """Return whether a record is of settings: it says so, or all it holds but texts is one mapping
    called so, and no place.
    """
    said = next((row[key] for key in KINDS if isinstance(row.get(key), str)), "")
    if said.lower() in SETTINGS:
        return True
    inner = [
        name for name, value in row.items() if isinstance(value, dict) and name.lower() in SETTINGS
    ]
    others = [
        name
        for name, value in row.items()
        if name not in inner and (is_axis(name) or isinstance(value, dict | list))
    ]
    return (
        bool(inner)
        and not others
        and all(
            number(row[name]) is None or name.lower().startswith("time")
            for name in row
            if name not in inner
        )
    )


def apart(row: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings that a row of metrics repeats in a mapping of their own, and all else."""
    inner = {
        name: value
        for name, value in row.items()
        if isinstance(value, dict) and name.lower() in REPEATED
    }
    return inner, (
        {name: value for name, value in row.items() if name not in inner} if inner else row
    )


def settings_of(row: Mapping[str, Any], line: int) -> Iterator[RawFact]:
    """Yield every setting of such a record, and the plan that `steps` is among settings."""
    held = {name: value for name, value in row.items() if name not in KINDS}
    for name, value in plain_facts(held):
        yield RawFact(name, value, line)
        *above, leaf = name.split(".")
        if leaf in PLANNED and all(part.lower() in SETTINGS for part in above):
            yield RawFact("max_steps", value, line)
