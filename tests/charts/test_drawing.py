"""What is drawn: panels on one axis, events shaded, missing values told, few markers, round ticks,
the value at any place to hover over.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from lossreport.charts import labels
from lossreport.charts.draw import draw
from lossreport.charts.line import FEW, MOST_MARKS, PANEL, SMALL, STACKED
from lossreport.charts.scale import FEWEST, PLAIN_BELOW, fit, fit_rows
from lossreport.charts.style import COLORS
from lossreport.charts.svg import LONG, path_data
from lossreport.charts.thin import stretches
from lossreport.compose.charting import running_median
from lossreport.model.analysis import Severity
from lossreport.model.report import Band, Curve, LineChart, Mark, Star
from lossreport.text import show_number
from runs import falling

SVG = "{http://www.w3.org/2000/svg}"
NAN, INF = float("nan"), float("inf")


def curve(y: object, name: str = "train", x: object = None) -> Curve:
    values = np.asarray(y, dtype=np.float64)
    return Curve(
        name=name,
        x=np.arange(len(values)) * 1.0 if x is None else np.asarray(x, dtype=np.float64),
        y=values,
    )


def chart(*curves: Curve, **other: object) -> LineChart:
    return LineChart(id="c", curves=curves, **other)  # type: ignore[arg-type]


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def hovered(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}title")]


def box(svg: str) -> tuple[float, float]:
    width, height = ElementTree.fromstring(svg).attrib["viewBox"].split()[2:]
    return float(width), float(height)


# ----------------------------------------------------------------------------------------- hovering
def test_every_row_of_a_short_curve_can_be_read_by_hovering() -> None:
    said = hovered(draw(chart(curve([8.0, 4.0, 3.5]), curve([7.5, 5.0], "val", [0, 2]))))
    assert said == ["0: 8 | 7.5", "1: 4 | –", "2: 3.5 | 5"]


def test_a_value_beside_the_place_is_told_with_its_own() -> None:
    said = hovered(
        draw(
            chart(curve(falling(400)), curve(falling(20, 9.0, 4.0), "val", list(range(0, 400, 20))))
        )
    )
    own = [one for one in said if "@" not in one]
    assert own != said
    for text in said:
        place, values = text.split(": ")
        beside = values.split(" | ")[1]
        if beside == "–":
            continue
        measured = int(beside.split(" @")[1] if " @" in beside else place)
        assert measured % 20 == 0
        assert beside.split(" @")[0] == show_number(float(falling(20, 9.0, 4.0)[measured // 20]))


def test_the_targets_of_a_long_curve_are_few_and_cover_the_whole_axis() -> None:
    svg = draw(chart(curve(falling(5000))))
    strips = re.findall(r'<path d="M(\d+) \d+h(\d+)v\d+H\1"><title>', svg)
    assert 10 <= len(strips) <= 30
    assert all(
        int(x) + int(width) == int(following)
        for (x, width), (following, _) in itertools.pairwise(strips)
    )


def test_a_flagged_row_is_what_its_neighbourhood_tells() -> None:
    y = falling(5000)
    y[2503] = 99.0
    mark = Mark(x=2503, y=99.0, severity=Severity.HIGH)
    assert "2503: 99" in hovered(draw(chart(curve(y), marks=(mark,))))
    assert "2503: 99" not in hovered(draw(chart(curve(y))))


def test_the_panels_of_a_chart_are_told_apart_by_their_names() -> None:
    svg = draw(chart(curve([3.0, 2.0]), name="loss", below=(chart(curve([0.1, 0.2]), name="lr"),)))
    assert hovered(svg) == ["0: loss 3 · lr 0.1", "1: loss 2 · lr 0.2"]


def test_a_chart_of_nothing_has_no_target() -> None:
    assert hovered(draw(chart())) == []


# ------------------------------------------------------------------------------ panels, bands, gaps
def test_a_panel_stands_below_on_the_same_axis_under_its_name() -> None:
    alone, below = (
        draw(chart(curve([3.0, 2.0]))),
        draw(chart(curve([3.0, 2.0]), below=(chart(curve([0.1, 0.2]), name="lr"),))),
    )
    assert box(below) == (640, STACKED + PANEL + 24)
    assert box(alone) == (640, 280)
    assert "lr" in texts(below)
    assert texts(below).count("0.5") == texts(alone).count("0.5"), "ticks of x are named once"


def test_curves_named_above_are_not_named_again_in_the_panel_below() -> None:
    pair = (curve([3.0, 2.0]), curve([4.0, 3.0], "val"))
    other = (curve([3.0, 2.0]), curve([4.0, 3.0], "test"))
    assert texts(draw(chart(*pair, below=(chart(*pair, name="aux"),)))).count("val") == 1
    assert texts(draw(chart(*pair, below=(chart(*other, name="aux"),)))).count("train") == 2


def band(first: float, last: float, label: str = "①") -> Band:
    return Band(first=first, last=last, label=label, severity=Severity.HIGH)


def shaded(svg: str) -> list[float]:
    """Return the heights of what is shaded as an event."""
    (path,) = re.findall(r'<path d="([^"]+)" fill="#d55e00" opacity=".2"/>', svg)
    return [abs(float(height)) for height in re.findall(r"v(-[\d.]+)", path)]


@pytest.mark.parametrize(("last", "whole"), [(55, True), (65, False)])
def test_a_stretch_of_most_of_the_axis_is_a_bar_and_not_a_shade(last: float, whole: bool) -> None:
    (height,) = shaded(draw(chart(curve(falling(100)), bands=(band(0, last),))))
    assert (height > 100) is whole


def test_events_are_shaded_in_all_panels_and_numbered_once() -> None:
    svg = draw(
        chart(
            curve(falling(100)),
            bands=(band(10, 12),),
            below=(chart(curve(falling(100)), name="lr"),),
        )
    )
    assert texts(svg).count("①") == 1
    assert len(re.findall('fill="#d55e00" opacity=".2"', svg)) == 2


@pytest.mark.parametrize(("value", "said"), [(NAN, "NaN"), (INF, "Inf"), (-INF, "Inf")])
def test_a_stretch_without_values_is_one_box_that_says_so(value: float, said: str) -> None:
    svg = draw(chart(curve([3.0, 2.0, 1.9, *[value] * 500])))
    assert texts(svg).count(said) == 1
    assert svg.count('opacity=".14"') == 1
    assert len(svg) < 4000


def test_a_curve_that_misses_nothing_has_no_such_box() -> None:
    assert 'opacity=".14"' not in draw(chart(curve([3.0, 2.0])))


def test_stretches_are_runs_of_chosen_rows() -> None:
    assert stretches(np.array([True, False, True, True])) == [(0, 0), (2, 3)]
    assert stretches(np.array([False])) == []


@pytest.mark.parametrize("count", [MOST_MARKS, MOST_MARKS + 1, 2000])
def test_markers_are_capped_the_gravest_and_highest_first(count: int) -> None:
    marks = [Mark(x=row, y=10 + row / 1000, severity=Severity.LOW) for row in range(count)]
    svg = draw(
        chart(curve(falling(3000)), marks=(*marks, Mark(x=2999, y=5.0, severity=Severity.CRITICAL)))
    )
    (low,) = re.findall(r'<path d="([^"]+)" stroke="#d55e00"', svg)
    assert low.count("m") == min(count, MOST_MARKS - 1)
    assert 'fill="#d55e00"' in svg


def test_an_event_behind_the_last_row_lies_on_the_axis() -> None:
    svg = draw(chart(curve(falling(10)), bands=(band(15, 20),)))
    assert "20" in texts(svg)
    ends = [float(x) for x in re.findall(r'<path d="m([\d.]+) [^"]+" fill="#d55e00"', svg)]
    assert ends
    assert max(ends) < box(svg)[0]


# --------------------------------------------------------------------------------------------- size
def test_the_markers_of_a_short_curve_are_one_path() -> None:
    svg = draw(chart(curve(falling(FEW - 1)), curve(falling(FEW - 1) + 1, "val")))
    assert svg.count("<use") == 2, "the two of the legend"
    assert len(svg) < 9000
    assert re.findall(r'stroke-linecap="(\w+)"', svg) == ["round", "square"]
    assert re.findall(r"<circle [^>]+>", svg) == ['<circle id="c-0" r="2.25"/>'], "of the legend"


def test_lines_that_hold_no_area_say_nothing_of_a_fill() -> None:
    svg = draw(chart(curve([1.0, 3.0, 2.0])))
    filled = {
        bool(re.fullmatch(r"(m[-\d. ]+[hv][-\d.]+)+", path)): "fill" in rest
        for path, rest in re.findall(r'<path d="([^"]+)"([^>]*stroke="[^>]*)/>', svg)
    }
    assert filled == {True: False, False: True}


def test_a_long_curve_is_drawn_in_half_pixels() -> None:
    y = falling(3000, noise=0.05)
    svg = draw(chart(replace(curve(y), smooth=running_median(y))))
    paths = re.findall(rf'<path d="([^"]{{{LONG},}})" [^>]*transform="scale\(.5\)"', svg)
    assert len(paths) == 2
    assert all("." not in path for path in paths)
    assert f'stroke="{COLORS[0].lower()}" stroke-width="3.8"' in svg
    assert len(svg) < 6500


def test_rounding_does_not_add_up() -> None:
    data = "M 0.3 0 " + " ".join(f"L {0.3 * step:.1f} 0" for step in range(2, 101))
    assert (
        sum(int(step) for step in re.findall(r"\d+", path_data(data, 0, times=2).partition("h")[2]))
        == 60 - 1
    )


def test_a_small_chart_is_a_third_of_a_page_and_light() -> None:
    y = falling(100_000, noise=0.05)
    svg = draw(chart(replace(curve(y), smooth=running_median(y)), small=True))
    assert box(svg) == SMALL
    assert len(svg) < 3500


# -------------------------------------------------------------------------------------------- ticks
@pytest.mark.parametrize("high", [0.7, 3.0, 12.9, 4.01, 1e-8, 2.31])
def test_an_axis_has_three_ticks_at_least(high: float) -> None:
    assert len(fit(np.array([high * 0.61, high]), ticks=3).ticks) >= FEWEST


@pytest.mark.parametrize(
    ("high", "labels"),
    [
        (PLAIN_BELOW * 0.9, ("0", "2000000", "4000000", "6000000", "8000000")),
        (1.5e7, ("0", "2M", "10M", "14M")),
        (2.3e9, ("0", "0.5G", "1G", "1.5G", "2G")),
    ],
)
def test_the_ticks_of_an_axis_are_written_one_way(high: float, labels: tuple[str, ...]) -> None:
    found = fit_rows(np.array([0.0, high])).labels
    assert set(labels) <= set(found)
    assert all("e" not in label for label in found)


def test_a_star_marks_the_best_place() -> None:
    assert "#b8860b" in draw(chart(curve([3.0, 2.0, 2.5]), star=Star(x=1, y=2.0)))


# ------------------------------------------------------------------------------ the label of a line
def test_the_label_of_a_line_stands_in_the_gap_of_a_curve_that_crosses_the_line_elsewhere() -> None:
    x = np.linspace(0.0, 600.0, 601)
    zigzag = np.where((x > 290) & (x < 385), 0.0, 100.0 + 60.0 * np.sin(x / 8.0))
    points = np.column_stack([x, zigzag])
    chosen = labels.choose(
        labels.along(100.0, 70.0, (0.0, 0.0, 600.0, 200.0)), points, [], (0.0, 0.0, 600.0, 200.0)
    )
    assert not (
        (points[:, 0] > chosen.left)
        & (points[:, 0] < chosen.left + chosen.width)
        & (np.abs(points[:, 1] - 100.0) < labels.HEIGHT)
    ).any()


def test_the_label_of_a_line_stands_at_the_right_where_nothing_is_hidden_there() -> None:
    places = labels.along(100.0, 70.0, (0.0, 0.0, 600.0, 200.0))
    assert (
        labels.choose(places, np.array([[300.0, 102.0]]), [], (0.0, 0.0, 600.0, 200.0)) == places[0]
    )
    assert min(place.left for place in places) >= 0.0
