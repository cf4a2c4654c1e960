"""All metrics at a glance: one small chart each over one axis, the events through all, bounded."""

from __future__ import annotations

import re

import numpy as np
import pytest

import lossreport
from lossreport.compose.multiples import MOST, MOST_CURVES
from lossreport.model.report import LineChart, Table
from lossreport.model.run import Run
from runs import falling, flat, make_run, make_series


def table(run: Run) -> Table:
    report = lossreport.compose(lossreport.analyze(run, strict=True))
    (found,) = [
        block
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Table) and block.panels
    ]
    return found


def panels(run: Run) -> dict[str, LineChart]:
    specs = [panel.spec for panel in table(run).panels]
    return {spec.name: spec for spec in specs if isinstance(spec, LineChart)}


def test_every_metric_that_moves_has_a_panel_and_the_loss_stands_first() -> None:
    found = panels(
        make_run(
            axis="step", lr=np.linspace(1e-3, 0, 60), loss=falling(60), batch=flat(60, 8, noise=0)
        )
    )
    assert list(found) == ["loss", "lr"]
    assert all(spec.small for spec in found.values())


def test_a_metric_that_only_loses_its_value_has_a_panel_too() -> None:
    stuck = flat(60, 8, noise=0)
    stuck[40:] = np.nan
    assert "aux" in panels(make_run(axis="step", loss=falling(60), aux=stuck))


def test_all_panels_have_one_axis_and_the_events_of_the_first_picture() -> None:
    y = falling(400, noise=0.003)
    y[200:205] *= [3.0, 2.5, 2.0, 1.6, 1.3]
    lr = make_series(np.linspace(1e-3, 0, 40), "lr", axis="step", x=np.arange(40) * 10, id="m2")
    found = panels(make_run([make_series(y, "loss", axis="step"), lr]))
    assert {spec.x_range for spec in found.values()} == {(0.0, 399.0)}
    assert [[(band.first, band.label) for band in spec.bands] for spec in found.values()] == [
        [(200.0, "")]
    ] * 2


def test_what_no_log_relates_to_the_axis_has_its_own_and_names_it() -> None:
    train = make_series(falling(200), "loss", axis="step")
    score = make_series(
        1 - falling(10, 0.9, 0.2),
        "acc",
        "val",
        axis="epoch",
        id="m2",
        source="s2",
        path="val.csv",
        statistic="value",
    )
    found = panels(make_run([train, score]))
    assert sorted(spec.x_title for spec in found.values()) == ["", "step"]
    assert sorted(spec.x_range is None for spec in found.values()) == [False, True]


@pytest.mark.parametrize("count", [MOST, MOST + 3])
def test_panels_are_bounded_and_the_table_has_every_series(count: int) -> None:
    made = table(
        make_run(
            axis="step", **{f"loss_{number}": falling(20, seed=number) for number in range(count)}
        )
    )
    assert len(made.panels) == MOST
    assert len(made.rows) == count


def test_the_clients_of_a_metric_share_a_panel_up_to_a_few() -> None:
    from lossreport.model.run import Entity, EntityKind

    made = [
        make_series(
            falling(20, seed=k),
            "loss",
            id=f"m{k + 1}",
            entity=Entity(kind=EntityKind.CLIENT, value=str(k)),
        )
        for k in range(MOST_CURVES + 2)
    ]
    (spec,) = panels(make_run(made)).values()
    assert [curve.name for curve in spec.curves] == [f"client {k}" for k in range(MOST_CURVES)]


def test_training_has_the_first_colour_in_every_panel() -> None:
    found = panels(make_run(val_loss=falling(40, 8, 3), loss=falling(40)))
    assert [curve.name for curve in found["loss"].curves] == ["train", "val"]


def test_what_panels_hold_alike_is_drawn_once() -> None:
    run = make_run(
        axis="step", **{f"loss_{number}": falling(400, seed=number) for number in range(20)}
    )
    page = lossreport.render(lossreport.compose(lossreport.analyze(run)), "html")
    grid = page[page.index('<div class="grid">') :].partition("</details>")[0]
    assert grid.count("<figure>") == 20
    assert grid.count('<g id="table-') <= 10, "y axes with the same ticks, and the x axis once"
    assert len(re.findall('<use href="#table-[0-9]+-0"/>', grid)) >= 19
    assert len(grid) < 20 * 1800
