"""A report in the cell of a notebook is a page of its own: complete, self-contained, its links work
and its styles stay inside.
"""

from __future__ import annotations

import html
import re

import pytest

import lossreport
from chromium import browser, needs_chromium
from lossreport.model.report import Report
from lossreport.render.to_notebook import BASE
from runs import SAMPLES, falling, make_run, make_series


def test_the_cell_is_one_frame_that_holds_the_page() -> None:
    report = lossreport.compose(
        lossreport.analyze(make_run([make_series(falling(60), name='a"<b>')]))
    )
    cell = report._repr_html_()
    (page,) = re.findall(
        r'^<iframe title="lossreport" srcdoc="([^"]*)" sandbox="allow-popups" [^<>]*></iframe>$',
        cell,
    )
    assert html.unescape(page).replace(BASE, "<head>", 1) == lossreport.render(report)
    assert "<" not in page


@pytest.fixture(scope="module")
def spiky() -> Report:
    return lossreport.compose(
        lossreport.analyze(lossreport.read_runs([SAMPLES / "gallery" / "hf_spike"]))
    )


@pytest.mark.chromium
@needs_chromium[1]
def test_in_a_browser_its_links_scroll_and_its_styles_stay_inside(spiky: Report) -> None:
    notebook = "<style>h1 {{ color: rgb(1, 2, 3) }}</style><h1>notebook</h1>{}"
    colour = "e => getComputedStyle(e).color + getComputedStyle(e).fontFamily"
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1100, "height": 900})
        page.set_content(notebook.format(""))
        alone = page.locator("h1").evaluate(colour)
        page.set_content(notebook.format(spiky._repr_html_()))
        inside = page.frames[1]
        assert page.locator("h1").evaluate(colour) == alone
        assert "rgb(1, 2, 3)" not in inside.locator("h1").first.evaluate(colour)
        assert inside.locator("svg").count() >= 2
        inside.locator('a[href="#F1"]').first.click()
        page.wait_for_timeout(300)
        place = inside.locator("#F1").bounding_box()
        assert place is not None
        assert 0 <= place["y"] < 900
