"""A JSON file in which one value is of another kind than its program writes: it is read or refused,
and no parser fails on it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import pytest

from lossreport.errors import LogError
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.untrusted import Unreadable
from lossreport.reading.parser import parsers

ROWS: Final = [{"step": n, "epoch": n / 10, "loss": 2 / n} for n in range(1, 6)]
STOPPER: Final = {
    "args": {"early_stopping_patience": 3},
    "attributes": {"early_stopping_patience_counter": 3},
}
BATCH: Final = {"train_loss": 0.5, "train_batch_size": 4}
FILES: Final[dict[str, tuple[str, Any]]] = {
    "hf_trainer_state": (
        "trainer_state.json",
        {
            "global_step": 5,
            "max_steps": 50,
            "log_history": ROWS,
            "stateful_callbacks": {"EarlyStoppingCallback": STOPPER},
        },
    ),
    "clearml_offline": (
        "task.json",
        {
            "id": "a1",
            "name": "n",
            "project_name": "p",
            "offline_folder": "/x",
            "hyperparams": {"Args": {"Args/lr": {"name": "lr", "value": "0.1"}}},
        },
    ),
    "skorch_history": (
        "history.json",
        [{"batches": [BATCH, BATCH], "epoch": n, "train_loss": 0.5, "dur": 0.1} for n in (1, 2)],
    ),
    "sacred": (
        "run.json",
        {
            "experiment": {"name": "e"},
            "status": "FAILED",
            "start_time": "2024-01-01T00:00:00.1",
            "heartbeat": "2024-01-01T00:01:00.1",
            "result": None,
            "fail_trace": ["ValueError: x"],
        },
    ),
    "keras_history": (
        "history.json",
        {
            "loss": [3.0, 2.0, 1.0],
            "val_loss": [3.1, 2.1, 1.1],
            "config": {"epochs": 3},
            "stopped_early": True,
        },
    ),
}
OTHERS: Final = (None, True, 7, "x", [], [1], {}, {"a": 1}, {"a": {"b": [1]}})


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value within a value."""
    for key in (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    ):
        yield (*above, key)
        yield from places(value[key], (*above, key))


def put(document: Any, place: tuple[Any, ...], value: Any) -> str:
    edited = copy.deepcopy(document)
    held = edited
    for key in place[:-1]:
        held = held[key]
    held[place[-1]] = value
    return json.dumps(edited, indent=1)


@pytest.mark.parametrize("name", FILES)
def test_a_value_of_another_kind_makes_no_parser_fail(name: str) -> None:
    shown, document = FILES[name]
    (unit,) = [one for one in parsers() if one.id == name]
    assert unit.sniff(LogFile(shown, data=json.dumps(document, indent=1).encode())).value > 0.5
    for place in places(document):
        for other in OTHERS:
            log = LogFile(shown, data=put(document, place, other).encode())
            assert unit.sniff(log).value >= 0
            with suppress(LogError, Unreadable):
                assert list(unit.read(log))
