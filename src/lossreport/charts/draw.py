"""Turns a chart into SVG: the last step but one of a report, read -> analyse -> compose -> render.

The SVG may stand inside HTML or alone in a file. It holds no words, only numbers, units and the
names of metrics.
"""

from __future__ import annotations

from typing import assert_never

from lossreport.charts import loading  # noqa: F401 - before all that loads matplotlib
from lossreport.charts.line import draw_lines
from lossreport.charts.scatter import draw_points
from lossreport.charts.share import draw_shares
from lossreport.charts.sheet import Paper, plain_matplotlib, to_svg
from lossreport.charts.spark import spark_svg
from lossreport.model.report import ChartSpec, LineChart, ScatterChart, ShareChart, Spark


def draw(spec: ChartSpec, *, ink: str | None = None) -> str:
    """Return the chart as one `<svg>` element, 640 wide (a small one 350) and scaled to the width
    of its place.

    The same chart gives the same bytes. Ids begin with `spec.id`. `ink` is the colour of text and
    axes; None takes that of the page, which a file of its own (an image in Markdown) does not have.
    A chart without finite values is a pair of empty axes.
    """
    with plain_matplotlib():
        return to_svg(_drawn(spec), spec.id, ink)


def draw_spark(spark: Spark) -> str:
    """Return a sparkline of 120 x 28 pixels in the colour of the text around it; an empty series is
    an empty `<svg>`.
    """
    return spark_svg(spark)


def _drawn(spec: ChartSpec) -> Paper:
    match spec:
        case LineChart():
            return draw_lines(spec)
        case ShareChart():
            return draw_shares(spec).paper
        case ScatterChart():
            return draw_points(spec).paper
        case _:
            assert_never(spec)
