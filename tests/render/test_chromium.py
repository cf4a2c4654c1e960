"""In a real browser: no request, no error, one language at a time by CSS alone, readable in both
themes, on a phone and printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html import escape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

import lossreport
from chromium import browser, needs_chromium
from runs import SAMPLES, falling, make_run, make_series

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = needs_chromium
WIDTHS = {"phone": 360, "tablet": 768, "desk": 1280}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("chromium") / "r.html"
    lossreport.build([SAMPLES / "vla_action_head"], target)
    return target


def opened(chromium: Browser, path: Path, notes: list[str] | None = None, **context: Any) -> Page:
    page = chromium.new_context(java_script_enabled=False, **context).new_page()
    if notes is not None:
        page.on("console", lambda message: notes.append(message.text))
        page.on("pageerror", lambda error: notes.append(str(error)))
        page.on(
            "request",
            lambda request: notes.append(request.url) if request.url != path.as_uri() else None,
        )
    page.goto(path.as_uri())
    return page


def shown(page: Page, words: str) -> bool:
    return any(found.is_visible() for found in page.get_by_text(words).all())


def test_the_page_asks_for_nothing_and_has_no_error(chromium: Browser, report: Path) -> None:
    notes: list[str] = []
    opened(chromium, report, notes)
    assert notes == []


def test_the_language_is_switched_by_css_alone(chromium: Browser, report: Path) -> None:
    page = opened(chromium, report)
    for choice, zh, en in (
        ("show-zh", True, False),
        ("show-en", False, True),
        ("show-both", True, True),
    ):
        page.locator(f"label[for={choice}]").click()
        assert (
            shown(page, "这份日志不能说明什么")
            or shown(page, "日志说不清的事")
            or page.locator("h2 [lang=zh-CN]").first.is_visible() is zh
        )
        assert page.locator("h2 [lang=en]").first.is_visible() is en
        assert page.locator("h2 [lang=zh-CN]").first.is_visible() is zh


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_never_scrolls_sideways(
    width: int, lang: str, chromium: Browser, report: Path
) -> None:
    page = opened(chromium, report, viewport={"width": width, "height": 800})
    page.locator(f"label[for=show-{lang}]").click()
    box = page.locator("body").bounding_box()
    assert box is not None
    assert box["width"] <= width
    wide = page.locator("main > .page > section").all()
    assert all(
        (inner := section.bounding_box()) is None or inner["x"] + inner["width"] <= width + 1
        for section in wide
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground_in_both_themes(
    scheme: Any, chromium: Browser, report: Path
) -> None:
    page = chromium.new_context(color_scheme=scheme).new_page()
    page.goto(report.as_uri())
    colours = page.evaluate(
        "() => [...document.querySelectorAll('p, td, th, h2, li, text')].filter(e => e.getClientRects().length).map(e => {"
        " let b = e; while (b && getComputedStyle(b).backgroundColor === 'rgba(0, 0, 0, 0)') b = b.parentElement;"
        " const s = getComputedStyle(e); return [e.tagName === 'text' ? s.fill : s.color, b ? getComputedStyle(b).backgroundColor : 'none'] })"
    )
    pairs = {(front, back) for front, back in colours}
    assert len(pairs) >= 2
    low = [
        (front, back, contrast(front, back)) for front, back in pairs if contrast(front, back) < 4.5
    ]
    assert low == []


def contrast(front: str, back: str) -> float:
    """Return the contrast ratio of WCAG 2.2 of two CSS colours `rgb(r, g, b)`."""
    high, low = sorted(
        (_luminance(front), _luminance("rgb(255, 255, 255)" if back == "none" else back)),
        reverse=True,
    )
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    r, g, b = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_every_chart_has_a_name_and_a_size(chromium: Browser, report: Path) -> None:
    page = opened(chromium, report)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    charts, small = (
        page.locator("figure svg[aria-labelledby]"),
        page.locator(".grid figure svg[aria-label]"),
    )
    assert 2 <= charts.count() <= 6
    assert charts.count() + small.count() == page.locator("figure svg").count()
    for chart in (*charts.all(), *small.all()):
        box = chart.bounding_box()
        assert box is not None
        assert box["width"] > 200
        assert box["height"] > 100


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (375, 812)])
def test_the_first_chart_begins_on_the_first_screen_and_is_whole(
    width: int, height: int, chromium: Browser, report: Path
) -> None:
    page = opened(chromium, report, viewport={"width": width, "height": height})
    page.locator("label[for=show-en]").click()
    box = page.locator("figure svg").first.bounding_box()
    assert box is not None
    assert box["y"] <= height * 0.85
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


def test_the_first_chart_is_on_the_first_printed_page(chromium: Browser, report: Path) -> None:
    page = opened(chromium, report, viewport={"width": 688, "height": 900})
    page.emulate_media(media="print")
    box = page.locator("figure svg").first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 265 / 25.4 * 96  # A4 less its margins


def test_the_small_charts_stand_three_across_and_one_on_a_phone(
    chromium: Browser, report: Path
) -> None:
    for width, across in ((1280, 3), (375, 1)):
        page = opened(chromium, report, viewport={"width": width, "height": 800})
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        tops = [
            box["y"] for one in page.locator(".grid figure").all() if (box := one.bounding_box())
        ]
        assert tops.count(tops[0]) == across


def test_the_table_of_several_runs_is_whole_at_every_width(
    chromium: Browser, tmp_path: Path
) -> None:
    for name in ("a-run-with-a-name-of-many-words-that-somebody-typed-one-evening", "b"):
        (tmp_path / name).mkdir()
        rows = "\n".join(
            f"{step},{loss:.4f},{1 - loss / 10:.4f}" for step, loss in enumerate(falling(30))
        )
        (tmp_path / name / "metrics.csv").write_text(
            f"epoch,loss,val_accuracy\n{rows}\n", encoding="utf-8"
        )
    target = tmp_path / "r.html"
    lossreport.build([tmp_path], target)
    for width in (1280, 768, 375):
        page = opened(chromium, target, viewport={"width": width, "height": 800})
        page.locator("label[for=show-en]").click()
        frame = page.locator("#runs .table").first
        assert frame.evaluate("node => node.scrollWidth <= node.clientWidth")


def test_it_prints_to_pages_with_everything_unfolded(
    chromium: Browser, report: Path, tmp_path: Path
) -> None:
    page = chromium.new_page()
    page.goto(report.as_uri())
    pdf = page.pdf(path=str(tmp_path / "r.pdf"), format="A4")
    assert pdf.startswith(b"%PDF")
    page.emulate_media(media="print")
    assert page.locator("label.switch").first.is_hidden()


def test_a_hostile_metric_runs_nothing(chromium: Browser, tmp_path: Path) -> None:
    names = [
        "<img src=x onerror=document.title='owned'>",
        "<script>document.title='owned'</script>",
    ]
    series = [
        make_series([*falling(20), 99.0, *falling(20)], name, id=f"m{i}")
        for i, name in enumerate(names, 1)
    ]
    target = tmp_path / "h.html"
    target.write_text(
        lossreport.render(lossreport.compose(lossreport.analyze(make_run(series)))),
        encoding="utf-8",
    )
    page = chromium.new_page()
    page.goto(target.as_uri())
    assert page.title() != "owned"
    assert page.locator("img").count() == 0


def test_without_css_both_languages_stand_in_reading_order(
    chromium: Browser, report: Path, tmp_path: Path
) -> None:
    import re

    bare = tmp_path / "bare.html"
    bare.write_text(
        re.sub(r"<style>.*?</style>", "", report.read_text(encoding="utf-8"), flags=re.DOTALL),
        encoding="utf-8",
    )
    page = opened(chromium, bare)
    heading = page.locator("h2").nth(1).locator("[lang]").all()
    assert [part.get_attribute("lang") for part in heading] == ["zh-CN", "en"]
    assert all(part.is_visible() for part in heading)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("choice", ["show-zh", "show-en", "show-both"])
def test_axe_finds_no_violation_of_wcag(
    choice: str, scheme: Any, chromium: Browser, report: Path
) -> None:
    page = chromium.new_context(color_scheme=scheme).new_page()
    page.goto(report.as_uri())
    page.locator(f"label[for={choice}]").click()
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = Axe().run(
        page,
        options={
            "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        },
    )
    assert [
        (one["id"], one["nodes"][0]["html"][:200]) for one in found.response["violations"]
    ] == []


JENKINS = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';"


@contextmanager
def served(folder: Path, headers: dict[str, str]) -> Iterator[str]:
    class Handler(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            for name, value in headers.items():
                self.send_header(name, value)
            super().end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_charts_look_the_same_under_the_policy_of_jenkins(chromium: Browser, report: Path) -> None:
    pictures = []
    for headers in ({}, {"Content-Security-Policy": JENKINS}):
        with served(report.parent, headers) as address:
            page = chromium.new_context(viewport={"width": 700, "height": 900}).new_page()
            page.goto(f"{address}/{report.name}")
            chart = page.locator("figure svg").first.evaluate("node => node.outerHTML")
        page = chromium.new_context(viewport={"width": 700, "height": 400}).new_page()
        page.set_content(f"<body style='margin:0'>{chart}</body>")
        pictures.append(page.screenshot())
    assert pictures[0] == pictures[1]


def test_under_the_policy_of_jenkins_the_verdict_is_readable_in_both_languages(
    chromium: Browser, report: Path
) -> None:
    with served(report.parent, {"Content-Security-Policy": JENKINS}) as address:
        page = chromium.new_context(viewport={"width": 1000, "height": 900}).new_page()
        page.goto(f"{address}/{report.name}")
        assert shown(page, "多组数据混杂")
        assert shown(page, "cannot be judged")
        fill = page.locator("figure svg path").first.evaluate("node => getComputedStyle(node).fill")
        assert (
            fill == "none"
            or page.locator("figure svg").first.get_attribute("fill") == "currentColor"
        )


def test_it_is_readable_in_a_sandboxed_frame_without_an_origin(
    chromium: Browser, report: Path, tmp_path: Path
) -> None:
    (tmp_path / "frame.html").write_text(
        f"<iframe sandbox='allow-scripts' width='1200' height='800' "
        f"srcdoc='{escape(report.read_text(encoding='utf-8'))}'></iframe>",
        encoding="utf-8",
    )
    page = chromium.new_context(viewport={"width": 1250, "height": 850}).new_page()
    page.goto((tmp_path / "frame.html").as_uri())
    inside = page.frame_locator("iframe")
    inside.locator("label[for=show-en]").click()
    assert inside.get_by_text("cannot be judged").first.is_visible()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_table_is_wider_than_a_printed_page(lang: str, chromium: Browser, report: Path) -> None:
    # A4 less its margins at 96 dpi
    page = opened(chromium, report, viewport={"width": 688, "height": 900})
    page.locator(f"label[for=show-{lang}]").click()
    page.emulate_media(media="print")
    wide = [
        table
        for table in page.locator("table").all()
        if (box := table.bounding_box()) and box["x"] + box["width"] > 689
    ]
    assert [table.inner_text()[:80] for table in wide] == []


def test_forced_colours_keep_the_chosen_language_and_the_borders(
    chromium: Browser, report: Path
) -> None:
    page = opened(chromium, report, forced_colors="active", viewport={"width": 1200, "height": 900})
    assert shown(page, "多组数据混杂")
    assert (
        page.locator(".callout").first.evaluate("node => getComputedStyle(node).borderLeftStyle")
        == "solid"
    )
