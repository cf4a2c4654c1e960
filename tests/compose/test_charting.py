"""What is drawn: training beside validation, one label an excursion, and a panel of its own for the
gravest.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import lossreport
from lossreport.compose.charting import (
    AT_LEVEL,
    DWARFED,
    EXACT_TO,
    NEAR_LEVEL,
    ZOOM_ROWS,
    _formula,
    _is_near,
    axis_scale,
    lasting,
    median_window,
    peaks,
    running_median,
)
from lossreport.compose.section import Story
from lossreport.compose.sections.anomalies import LEAST_FULL, MAX_ALIKE, MAX_OF_KIND, parted
from lossreport.model.analysis import Severity
from lossreport.model.report import Chart, FindingList, LineChart, Table
from lossreport.model.run import Run
from runs import falling, make_run, make_series


def charts(run: Run, section: str) -> list[LineChart]:
    report = lossreport.compose(lossreport.analyze(run, strict=True))
    blocks = next(one.blocks for one in report.sections if one.id == section)
    return [
        block.spec
        for block in blocks
        if isinstance(block, Chart) and isinstance(block.spec, LineChart)
    ]


def test_terms_that_the_first_picture_does_not_show_have_a_chart_with_their_validation() -> None:
    run = make_run(
        loss=falling(40),
        val_loss=falling(40, 8, 3),
        aux_loss=falling(40, 3, 1),
        val_aux_loss=falling(40, 4, 2),
    )
    drawn = [chart for chart in charts(run, "convergence") if not chart.id.startswith("tail")]
    assert [[curve.name for curve in chart.curves] for chart in drawn] == [["train", "val"]]


def test_an_excursion_of_a_long_log_has_a_panel_of_its_raw_rows_with_one_label() -> None:
    y = falling(400, noise=0.003)
    y[200:205] *= [3.0, 2.5, 2.0, 1.6, 1.3]
    (chart,) = [
        one
        for one in charts(make_run([make_series(y, "loss", axis="step")]), "anomalies")
        if one.id.startswith("zoom")
    ]
    (curve,) = chart.curves
    assert curve.smooth is None
    assert np.array_equal(curve.y, y[200 - ZOOM_ROWS : 200 - ZOOM_ROWS + len(curve.y)])
    assert [mark.label != "" for mark in chart.marks].count(True) == 1
    assert chart.marks[0].y == y[200]


def test_a_short_log_needs_no_panel() -> None:
    y = falling(40, noise=0.003)
    y[20] *= 3
    assert not [one for one in charts(make_run(loss=y), "anomalies") if one.id.startswith("zoom")]


def spiked(count: int, apart: int) -> Run:
    """Terms of one total, each with a spike `apart` rows behind that of the one before."""
    series = []
    for number in range(count):
        y = falling(300, noise=0.003, seed=number)
        y[60 + apart * number : 63 + apart * number] *= 3
        series.append(make_series(y, f"loss_{number}", axis="step", id=f"m{number + 1}"))
    return make_run(series)


@pytest.mark.parametrize(
    ("apart", "told"), [(0, 1), (9, MAX_OF_KIND)], ids=["one event", "one kind"]
)
def test_findings_beyond_those_told_in_full_are_rows_of_a_folded_table(
    apart: int, told: int
) -> None:
    analysis = lossreport.analyze(spiked(MAX_OF_KIND + 4, apart), strict=True)
    blocks = next(
        one.blocks for one in lossreport.compose(analysis).sections if one.id == "anomalies"
    )
    assert [len(block.findings) for block in blocks if isinstance(block, FindingList)] == [told]
    (table,) = [
        block
        for block in blocks
        if isinstance(block, Table) and "more findings" in block.caption.plain("en")
    ]
    assert table.folded
    assert len(table.rows) == len(analysis.findings) - told


@pytest.mark.parametrize(("runs", "most"), [(1, MAX_OF_KIND), (100, LEAST_FULL)])
def test_many_runs_share_the_page(runs: int, most: int) -> None:
    findings = lossreport.analyze(spiked(MAX_OF_KIND + 4, 9), strict=True).findings
    assert len(parted(findings, runs=runs)[0]) == most


def test_of_low_findings_alike_three_are_told_in_full() -> None:
    terms = [
        make_series(falling(120) / 2, f"loss_{number}", "val", axis="step", id=f"m{number + 1}")
        for number in range(MAX_ALIKE + 2)
    ]
    train = [
        make_series(falling(120), f"loss_{number}", axis="step", id=f"t{number + 1}")
        for number in range(MAX_ALIKE + 2)
    ]
    analysis = lossreport.analyze(make_run([*terms, *train]), strict=True)
    assert [finding.kind for finding in analysis.findings if finding.severity is Severity.LOW] == [
        "train_val_gap"
    ] * (MAX_ALIKE + 2)
    blocks = next(
        one.blocks for one in lossreport.compose(analysis).sections if one.id == "anomalies"
    )
    assert [len(block.findings) for block in blocks if isinstance(block, FindingList)] == [
        MAX_ALIKE
    ]


@pytest.mark.parametrize("rows", [EXACT_TO, EXACT_TO + 1])
def test_the_line_of_a_very_long_curve_is_computed_at_every_k_th_row_and_shows_the_same(
    rows: int,
) -> None:
    y = falling(rows, noise=0.05)
    y[100:120] = np.nan
    window, line = median_window(rows), running_median(y)
    assert len(line) == rows
    half = window // 2
    for row in (0, rows // 2, rows - 1):
        assert line[row] == pytest.approx(
            np.nanmedian(y[max(0, row - half) : row + half + 1]), rel=0.01
        )


@pytest.mark.parametrize("rows", [2, 4, 60, 700])
def test_the_running_median_is_that_of_pandas(rows: int) -> None:
    y = falling(rows, noise=0.3)
    y[:: 1 + rows // 7] = np.nan
    y[1 :: 1 + rows // 5] = np.inf
    finite = pd.Series(np.where(np.isfinite(y), y, np.nan))
    expected = finite.rolling(median_window(rows), center=True, min_periods=1).median()
    np.testing.assert_array_equal(running_median(y), expected.to_numpy())


def test_of_a_long_recovery_one_row_is_marked_and_the_stretch_is_shaded() -> None:
    y = falling(100)
    flagged = dict.fromkeys([*range(20, 60), 80], Severity.HIGH)
    series = make_series(y, "loss", axis="step")
    assert [mark.x for mark in peaks(series, flagged)] == [20, 80]
    assert [(band.first, band.last) for band in lasting(series, flagged)] == [(20, 59)]


def test_a_row_without_a_value_is_no_mark() -> None:
    series = make_series([3.0, np.nan, np.nan, 2.0], "loss", axis="step")
    assert peaks(series, dict.fromkeys([1, 2], Severity.CRITICAL)) == ()


@pytest.mark.parametrize(("share", "drawn"), [(DWARFED * 0.9, True), (DWARFED * 1.1, False)])
def test_the_last_half_is_drawn_by_itself_where_the_start_dwarfs_it(
    share: float, drawn: bool
) -> None:
    y = np.concatenate([np.linspace(3.0, 2.0, 20), np.linspace(2.0 + share, 2.0, 20)])
    assert [one.id for one in charts(make_run([make_series(y, "loss")]), "convergence")] == (
        ["tail-m1"] if drawn else []
    )


@pytest.mark.parametrize(
    ("level", "near"),
    [
        (3.0 + NEAR_LEVEL * 0.99, True),
        (3.0 + NEAR_LEVEL * 1.01, False),
        (2.0 - NEAR_LEVEL * 0.99, True),
        (2.0 - NEAR_LEVEL * 1.01, False),
        (2.5, True),
    ],
)
def test_a_chance_line_is_drawn_where_it_does_not_squeeze_the_curve(
    level: float, near: bool
) -> None:
    assert _is_near(level, np.array([2.0, 2.5, 3.0])) is near


@pytest.mark.parametrize(("off", "near"), [(AT_LEVEL * 0.99, True), (AT_LEVEL * 1.01, False)])
def test_a_flat_curve_beside_the_chance_level_shows_it(off: float, near: bool) -> None:
    assert _is_near(2.3, np.full(9, 2.3 * (1 + off))) is near


@pytest.mark.parametrize(
    ("assumption", "formula"),
    [
        ("ln(vocab_size)", "ln 512"),
        ("ln(num_classes)", "ln(num_classes)"),
        ("ln 2 (p = 1/2)", "ln 2"),
        ("ln 2: equal scores", "ln 2"),
        ("H(p, q), p = 1-eps+eps/K, q = eps/K", "H(p, q)"),
        ("range/4", "(max-min)/4"),
        ("range^2/12", "(max-min)²/12"),
        ("0: always the mean return", ""),
        ("uniform targets, constant middle, beta", ""),
    ],
)
def test_the_label_of_a_chance_level_is_a_formula_without_words(
    assumption: str, formula: str
) -> None:
    (story,) = Story.all_of(
        lossreport.analyze(make_run(loss=falling(40), facts={"vocab_size": 512}), strict=True)
    )
    assert _formula(story, assumption) == formula


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.linspace(-1.0, 2.0, 200), "linear"),
        ([*np.linspace(-1.0, 2.0, 200), 500.0], "symlog"),
        (np.geomspace(0.01, 5.0, 200), "log"),
        (np.linspace(1.0, 5.0, 200), "linear"),
    ],
    ids=["a reward through 0", "a reward with a peak", "decades of a loss", "a loss"],
)
def test_an_axis_is_in_logs_only_where_values_lie_decades_apart(
    values: list[float], kind: str
) -> None:
    assert axis_scale([np.asarray(values)])[0] == kind
