"""Bars on what is seen first: a picture near the top, whole on a phone, and few words around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lossreport
from chromium import browser, needs_chromium
from runs import SAMPLES

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = needs_chromium

DESK, PHONE = (1280, 800), (375, 812)
LOWEST_TOP = 500
"""Pixels above the first picture."""
MOST_WORDS = {
    "vla_action_head": 1500,
    "vla_healthy": 900,
    "gallery/hf_spike": 800,
    "gallery/keras_overfit": 600,
}
"""Words that are seen without opening anything; a Chinese character is a word, a sign is none."""
MOST_FIRST = {DESK: 130, PHONE: 130}
"""Words before anybody scrolls: a reader of 240 a minute has thirty seconds for them."""

MEASURE = """() => {
  const words = text => (text.replace(/[\\u3400-\\u9fff]/g, ' ').match(/\\S*[\\p{L}\\p{N}]\\S*/gu) || []).length
    + (text.match(/[\\u3400-\\u9fff]/g) || []).length;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let all = 0, first = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    if (!node.data.trim() || element.closest('svg, script, style, .heard, .first > h2') || !element.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    all += words(node.data);
    if (box.top < innerHeight) first += words(node.data);
  }
  const charts = [...document.querySelectorAll('svg')].map(svg => svg.getBoundingClientRect()).filter(box => box.height > 60);
  return {all, first, top: charts[0].top, bottom: charts[0].bottom, wide: document.documentElement.scrollWidth > innerWidth};
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("first")
    made = {}
    for name in MOST_WORDS:
        made[name] = folder / f"{name.replace('/', '-')}.html"
        lossreport.build([SAMPLES / name], made[name], lang="en")
    return made


def measured(chromium: Browser, path: Path, size: tuple[int, int]) -> dict[str, Any]:
    page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(path.as_uri())
    found: dict[str, Any] = page.evaluate(MEASURE)
    page.close()
    return found


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", MOST_WORDS)
def test_the_picture_stands_on_the_first_screen_among_few_words(
    name: str, size: tuple[int, int], chromium: Browser, reports: dict[str, Path]
) -> None:
    found = measured(chromium, reports[name], size)
    assert found["top"] <= LOWEST_TOP
    assert found["bottom"] <= size[1]
    assert found["first"] <= MOST_FIRST[size]
    assert found["all"] <= MOST_WORDS[name]
    assert not found["wide"]
