"""The history of a trainer's state is read in bulk where it stands a key a line: bit by bit what
reading it record by record gives.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats import _history
from lossreport.reading.formats.hf_trainer_state import PARSER
from lossreport.reading.kit.line_by_line import VARIABLE
from lossreport.reading.runs.reading import Reading, read_log

Rows = list[dict[str, Any]]


def rows(count: int = 40, **more: Any) -> Rows:
    made: Rows = []
    for step in range(1, count + 1):
        made.append(
            {
                "epoch": step / 10,
                "grad_norm": 1.5 + step,
                "learning_rate": 5e-5,
                "loss": 2 / step,
                "step": step,
                **more,
            }
        )
        if step % 10 == 0:
            made.append(
                {"epoch": step / 10, "eval_loss": 2.1 / step, "eval_runtime": 1.5, "step": step}
            )
    return made


def changed(at: int, **more: Any) -> Rows:
    made = rows()
    made[at].update(more)
    return made


def resumed() -> Rows:
    return [*rows(20), *[row for row in rows(30) if row["step"] > 10]]


def summed_up() -> Rows:
    return [
        *rows(),
        {
            "epoch": 4.0,
            "step": 40,
            "total_flos": 0.0,
            "train_loss": 0.5,
            "train_runtime": 9.0,
            "train_samples_per_second": 3.0,
        },
    ]


def without_step() -> Rows:
    return [{name: value for name, value in row.items() if name != "step"} for row in rows()]


HISTORIES: dict[str, Rows] = {
    "plain": rows(),
    "one": rows(1),
    "summary": summed_up(),
    "two summaries": [*summed_up(), *rows(50)],
    "only a summary": summed_up()[-1:],
    "resumed": resumed(),
    "the epoch starts again": [*rows(10), *[row | {"step": row["step"] + 100} for row in rows(10)]],
    "null": changed(3, loss=None),
    "null epoch": changed(3, epoch=None),
    "null step": changed(3, step=None),
    "NaN": changed(3, loss=float("nan")),
    "infinite": changed(3, grad_norm=float("inf")),
    "a number as text": changed(3, loss="0.25"),
    "a name as text": changed(0, note="loss"),
    "bool": changed(3, skipped=True),
    "list": changed(3, losses=[1, 2]),
    "nested": changed(3, inner={"loss": 1.0, "step": 3}),
    "whole numbers": changed(3, loss=3, tokens=2**60),
    "a long number": changed(3, tokens=10**25),
    "without step": without_step(),
    "one without step": [
        *rows(5),
        {"epoch": 0.55, "loss": 1.0},
        *[row | {"step": row["step"] + 6} for row in rows(5)],
    ],
    "a name twice": changed(3, train_loss2=1.0, **{"train/loss2": 2.0}),
    "empty": [],
    "an empty record": [*rows(3), {}, *rows(3)],
    "not ASCII": changed(3, 损失=1.0),
}


def state(history: Rows, indent: int | None = 2, **extra: Any) -> str:
    document = {
        "best_metric": None,
        "epoch": 4.0,
        "global_step": 40,
        "log_history": history,
        "logging_steps": 1,
        "max_steps": 40,
        **extra,
    }
    return json.dumps(document, indent=indent) + "\n"


def joined(text: str) -> str:
    """Put two keys of every record on one line."""
    return text.replace(',\n      "learning_rate"', ', "learning_rate"')


LAYOUTS: dict[str, Callable[[Rows], str]] = {
    "indent 2": state,
    "indent 4": lambda history: state(history, 4),
    "one line": lambda history: state(history, None),
    "no blanks": lambda history: state(history, 0),
    "two keys a line": lambda history: joined(state(history)),
    "the history named twice": lambda history: state(history, note='"log_history": ['),
    "history last": lambda history: json.dumps(
        {"max_steps": 40, "global_step": 40, "log_history": history}, indent=2
    ),
    "torn": lambda history: state(history)[: len(state(history)) * 2 // 3],
    "CRLF": lambda history: state(history).replace("\n", "\r\n"),
    "blank lines": lambda history: state(history).replace('      "step"', '\n      "step"'),
    "not ASCII": lambda history: state(history).replace(
        '"best_metric": null', '"best_metric": "模型"'
    ),
}


def read(text: str) -> object:
    found = read_log(LogFile("trainer_state.json", data=text.encode()), PARSER)
    if not isinstance(found, Reading):
        return found.reason.plain("en")
    columns = [
        (key, *(getattr(column, name).tobytes() for name in ("x", "y", "line", "epoch", "of")))
        for key, column in found.columns.items()
    ]
    return (
        columns,
        found.facts,
        found.segments,
        found.status,
        found.rows,
        found.lines,
        [asdict(skip) for skip in found.skips],
    )


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("history", HISTORIES)
def test_in_bulk_and_one_by_one_give_the_same(
    history: str, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = LAYOUTS[layout](HISTORIES[history])
    fast = read(text)
    monkeypatch.setenv(VARIABLE, "1")
    assert fast == read(text)


@pytest.mark.parametrize(
    ("layout", "known"),
    [("indent 2", True), ("indent 4", True), ("one line", False), ("two keys a line", False)],
)
def test_only_a_key_a_line_is_read_in_bulk(layout: str, known: bool) -> None:
    text = LAYOUTS[layout](rows())
    laid = _history.laid_out(text, text.index("[") + 1, json.loads(text)["log_history"])
    assert (laid is not None) is known


def test_lines_are_those_of_the_keys() -> None:
    text = state(summed_up())
    laid = _history.laid_out(text, text.index("[") + 1, json.loads(text)["log_history"])
    assert laid is not None
    (bulk, alone) = laid.stretches()
    assert isinstance(bulk, list)
    assert isinstance(alone, int)
    losses = bulk[0].values["loss"]
    lines = text.splitlines()
    for line, y in zip(laid.lines[bulk[0].records] + losses.below, losses.y, strict=True):
        assert lines[int(line) - 1].split(":")[0].strip() == '"loss"'
        assert np.float64(lines[int(line) - 1].split(":")[1].strip(" ,")) == y
