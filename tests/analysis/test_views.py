"""Undoing a running mean gives back the rows it was made of, epoch by epoch; the last row of every
epoch is what a person reads.
"""

from __future__ import annotations

import numpy as np
import pytest

import lossreport
from lossreport.analysis.views import DEAVERAGE, EPOCH_LAST, enrich
from lossreport.model.run import Floats, Run, Series, is_epoch_level
from runs import falling, make_run, make_series, rng, running_means

EVERY = 10


def logged(
    epochs: int = 2, n: int = 200, resolution: float | None = None
) -> tuple[Run, list[np.ndarray]]:  # type: ignore[type-arg]
    truth = [2 + rng(epoch).random(n) for epoch in range(epochs)]
    rows = [running_means(values, EVERY) for values in truth]
    y = np.concatenate([mean for _, mean in rows])
    if resolution:
        y = np.round(y / resolution) * resolution
    series = make_series(
        y,
        axis="iteration",
        statistic="running_mean",
        x=np.concatenate([x for x, _ in rows]),
        epoch=np.repeat(np.arange(epochs), n // EVERY),
        resolution=resolution,
    )
    return make_run([series]), truth


def view(run: Run, how: str) -> Series:
    return next(s for s in enrich(run).series if s.derived and s.derived.how == how)


def test_de_averaging_gives_the_means_of_the_iterations_between_two_rows() -> None:
    run, truth = logged()
    made = view(run, DEAVERAGE)
    wanted = [
        values[k * EVERY + 1 : (k + 1) * EVERY + 1].mean() for values in truth for k in range(19)
    ]
    assert made.y.tolist() == pytest.approx(wanted)
    assert (made.window, made.derived.of if made.derived else None) == (EVERY, ("m1",))


def test_rows_keep_their_own_lines_and_the_first_of_each_epoch_is_left_out() -> None:
    made = view(logged()[0], DEAVERAGE)
    assert made.line.tolist() == [*range(2, 21), *range(22, 41)]


def test_a_single_bad_iteration_that_the_mean_hides_stands_out_again() -> None:
    run, _ = logged(1, 1000)
    y = np.array(run.series[0].y)
    counts = run.series[0].x + 1
    y[50:] += 400 / counts[50:]  # one iteration of +400 just before row 50
    made = view(
        make_run(
            [
                make_series(
                    y,
                    axis="iteration",
                    statistic="running_mean",
                    x=run.series[0].x,
                    epoch=np.zeros(100),
                )
            ]
        ),
        DEAVERAGE,
    )
    assert made.y[49] == pytest.approx(made.y[48] + 40, abs=1)


def test_the_last_row_of_every_epoch_is_a_view_of_windowed_rows() -> None:
    epoch = np.repeat([0, 1, 2], 5)
    run = make_run(
        [
            make_series(
                np.arange(15.0),
                axis="iteration",
                statistic="window_median",
                x=np.tile(np.arange(5), 3),
                epoch=epoch,
            )
        ]
    )
    made = view(run, EPOCH_LAST)
    assert (made.x.tolist(), made.y.tolist(), made.line.tolist()) == (
        [0, 1, 2],
        [4, 9, 14],
        [5, 10, 15],
    )


def test_single_values_have_no_views() -> None:
    assert [
        s for s in enrich(make_run([make_series([3.0, 2.0, 1.0], axis="step")])).series if s.derived
    ] == []


def test_a_user_names_the_kind_and_unit_of_a_metric() -> None:
    (series,) = enrich(
        make_run(total=[1.0, 2.0], facts={"type.total": "l1", "unit.total": "rad"})
    ).series
    assert (series.metric_type, series.unit) == ("l1", "rad")


@pytest.mark.parametrize(("n", "expected"), [(2000, 1), (200_000, 0)], ids=["short", "long"])
def test_a_mean_whose_decimals_hide_the_rows_is_not_undone(n: int, expected: int) -> None:
    x = np.arange(0, n, 20.0)
    y = np.round(2 + np.cumsum(rng().random(len(x))) / np.arange(1, len(x) + 1), 4)
    run = make_run(
        [
            make_series(
                y,
                axis="iteration",
                statistic="running_mean",
                x=x,
                epoch=np.zeros(len(x)),
                resolution=1e-4,
            )
        ]
    )
    assert (
        len([s for s in enrich(run).series if s.derived and s.derived.how == DEAVERAGE]) == expected
    )


def test_a_log_that_counts_from_one_covers_a_whole_distance_at_its_first_row() -> None:
    values = 2 + rng(3).random(200)
    x = np.arange(EVERY, 201, EVERY, dtype=float)
    means = np.array([values[: int(at)].mean() for at in x])
    run = make_run(
        [make_series(means, axis="iteration", statistic="running_mean", x=x, epoch=np.ones(20))]
    )
    wanted = [values[(k - 1) * EVERY : k * EVERY].mean() for k in range(2, 21)]
    assert view(run, DEAVERAGE).y.tolist() == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [(np.repeat([1.0, 2.0, 3.0], 20), False), (np.arange(60.0), True)],
    ids=["inside", "each"],
)
def test_rows_without_a_place_that_repeat_their_epoch_stand_inside_it(
    epochs: Floats, expected: bool
) -> None:
    assert is_epoch_level(make_series(falling(60), "loss", axis="row", epoch=epochs)) is expected


def test_means_that_begin_anew_with_every_epoch_are_no_shifts_and_no_means_of_whole_epochs() -> (
    None
):
    """`Epoch 1 Loss 4.17` behind every step, a mean since the epoch began: four epochs of 200
    steps, no place but the epoch.
    """
    steps = falling(800, 4.0, 0.2, noise=0.05)
    printed = np.concatenate([np.cumsum(part) / np.arange(1, 201) for part in np.split(steps, 4)])
    run = make_run(
        [
            make_series(
                printed,
                "loss",
                axis="row",
                statistic="unknown",
                epoch=np.repeat(np.arange(1.0, 5.0), 200),
            )
        ]
    )
    analysis = lossreport.analyze(run, strict=True)
    assert {finding.kind for finding in analysis.findings} <= {"staircase"}
