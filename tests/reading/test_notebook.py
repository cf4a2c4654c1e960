"""A notebook is read by what it shows below its cells, at the lines of the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lossreport
from lossreport.model.run import Run
from lossreport.reading.bytes.notebook import shown


def stream(*lines: str) -> dict[str, Any]:
    return {"name": "stdout", "output_type": "stream", "text": list(lines)}


def written(tmp_path: Path, *outputs: dict[str, Any], indent: int | None = 1) -> Path:
    cell = {"cell_type": "code", "outputs": list(outputs), "source": ["val_loss: 9.9\n", "fit()"]}
    path = tmp_path / "train.ipynb"
    path.write_text(json.dumps({"cells": [cell], "nbformat": 4}, indent=indent))
    return path


def keras(epochs: int, level: float) -> list[str]:
    bar = "100/100 [==============================] - 9s 9ms/step"
    return [
        line
        for epoch in range(1, epochs + 1)
        for line in (
            f"Epoch {epoch}/{epochs}\n",
            f"{bar} - loss: {level / epoch:.4f} - val_loss: {2 * level / epoch:.4f}\n",
        )
    ]


def curve(run: Run, split: str) -> list[tuple[float, float, int]]:
    series = next(one for one in run.series if (one.name.lower(), one.split) == ("loss", split))
    return list(
        zip(series.x.tolist(), series.y.round(4).tolist(), series.line.tolist(), strict=True)
    )


def test_trainings_of_one_cell_are_runs_one_after_the_other(tmp_path: Path) -> None:
    path = written(tmp_path, stream(*keras(3, 0.6), "saved\n", *keras(3, 0.3)))
    first, second = lossreport.read_runs([path])
    at = path.read_text().splitlines().index
    shown_at = [text for text in path.read_text().splitlines() if "val_loss" in text][:3]
    lines = [at(text) + 1 for text in shown_at]
    assert curve(first, "train") == list(zip((1, 2, 3), (0.6, 0.3, 0.2), lines, strict=True))
    assert [y for _, y, _ in curve(second, "val")] == [0.6, 0.3, 0.2]


def test_the_table_of_a_trainer_gives_its_rows(tmp_path: Path) -> None:
    cells = ("Epoch", "Training Loss", "Validation Loss")
    rows = [[f"{n}", f"{1 / n:.4f}", f"{2 / n:.4f}"] for n in range(1, 5)]
    html = "<table>\n" + "".join(
        f"<tr>\n{''.join(f'<{tag}>{text}</{tag}>' + chr(10) for text in row)}</tr>\n"
        for tag, row in [("th", cells), *(("td", row) for row in rows)]
    )
    data = {"text/html": html.splitlines(keepends=True), "text/plain": ["<IPython.core.HTML>"]}
    run = lossreport.read_run([written(tmp_path, {"output_type": "display_data", "data": data})])
    assert [(x, y) for x, y, _ in curve(run, "val")] == [(n, round(2 / n, 4)) for n in range(1, 5)]


def test_the_steps_of_a_trainer_without_a_validation_give_theirs(tmp_path: Path) -> None:
    html = "<table><tr><th>Step</th><th>Training Loss</th></tr>" + "".join(
        f"<tr><td>{500 * n}</td><td>{1 / n:.4f}</td></tr>" for n in range(1, 5)
    )
    output = {"output_type": "display_data", "data": {"text/html": [html]}}
    run = lossreport.read_run([written(tmp_path, stream("trains\n"), output)])
    assert [(x, y) for x, y, _ in curve(run, "train")] == [
        (500 * n, round(1 / n, 4)) for n in range(1, 5)
    ]


def test_a_table_beside_its_own_text_counts_once() -> None:
    data = {"text/plain": ["loss\n", "0.5"], "text/html": ["<table><tr><td>0.5</td></tr></table>"]}
    book = {"cells": [{"outputs": [{"data": data}]}]}
    printed = shown(json.dumps(book, indent=1).encode())
    assert printed is not None
    assert printed.decode().split() == ["loss", "0.5"]


def test_a_notebook_on_one_line_is_read_too(tmp_path: Path) -> None:
    run = lossreport.read_run([written(tmp_path, stream(*keras(4, 0.8)), indent=None)])
    assert [y for _, y, _ in curve(run, "train")] == [0.8, 0.4, 0.2667, 0.2]


def test_what_is_no_notebook_is_left_as_it_is(tmp_path: Path) -> None:
    assert shown(b'{"cells": ') is None
    assert shown(b'{"loss": [1, 2]}') is None
    path = tmp_path / "log.ipynb"
    path.write_text("".join(f"epoch {n} loss {1 / n:.3f}\n" for n in range(1, 6)))
    assert len(curve(lossreport.read_run([path]), "train")) == 5
