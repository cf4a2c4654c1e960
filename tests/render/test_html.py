"""The HTML is one well-formed page that asks for nothing, runs nothing, and shows what logs say as
text, whatever they say.
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

import lossreport
from lossreport.model.run import Run
from runs import SAMPLES, falling, make_run, make_series

VOID = {"meta", "input", "br", "hr", "img", "link", "wbr", "col"}
ENDED_BY_THE_NEXT = {"thead", "tbody", "tr", "th", "td", "li", "dt", "dd"}
"""Elements whose end tags HTML lets be left out."""
MOST_BYTES = {"both": 230_000, "zh": 170_000, "en": 170_000}
"""Of the report of the sample run."""
HOSTILE = (
    "<img src=x onerror=1>",
    "训练|损失",
    "a`b*c_d",
    "</script><script>alert(1)</script>",
    "{{ 7*7 }}",
    "[x](javascript:alert(1))",
    "a\u202eb",
    "‮<b>",
)


class Page(HTMLParser):
    """Collects tags, attributes and text; notes elements that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID | ENDED_BY_THE_NEXT:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in ENDED_BY_THE_NEXT:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("script", "style"):
            self.words.append(data)


def html(run: Run, lang: str = "both") -> str:
    return lossreport.render(lossreport.compose(lossreport.analyze(run)), "html", lang)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def sample() -> str:
    return html(lossreport.read_run([SAMPLES / "vla_action_head"]))


@pytest.fixture(scope="module")
def hostile() -> str:
    series = [
        make_series([*falling(20), 99.0, *falling(20)], name, id=f"m{i}")
        for i, name in enumerate(HOSTILE, 1)
    ]
    return html(make_run(series))


@pytest.mark.parametrize("page", ["sample", "hostile"])
def test_every_element_is_closed_in_order(page: str, request: pytest.FixtureRequest) -> None:
    parsed = Page(request.getfixturevalue(page))
    assert parsed.wrong == []
    assert parsed.open == []


@pytest.mark.parametrize("page", ["sample", "hostile"])
def test_nothing_runs_and_nothing_is_fetched(page: str, request: pytest.FixtureRequest) -> None:
    tags = Page(request.getfixturevalue(page)).tags
    # the data and the seal
    assert [attributes.get("type") for tag, attributes in tags if tag == "script"] == [
        "application/json"
    ] * 2
    for tag, attributes in tags:
        assert tag not in {
            "iframe",
            "object",
            "embed",
            "link",
            "base",
            "form",
            "img",
            "image",
            "foreignobject",
        }
        assert not [
            name
            for name in attributes
            if name.startswith("on") or name in ("style", "src", "srcset", "action")
        ]
        assert all((attributes.get(name) or "#").startswith("#") for name in ("href", "xlink:href"))


def test_no_address_stands_in_it_that_a_browser_would_ask(sample: str) -> None:
    outside = re.findall(r"(?:url\(|@import|src=|href=\")\s*[\"']?(https?:[^\"')\s]+)", sample)
    assert outside == []


def test_links_lead_to_anchors_that_exist_once(sample: str) -> None:
    tags = Page(sample).tags
    ids = [attributes["id"] for _, attributes in tags if attributes.get("id")]
    assert len(ids) == len(set(ids))
    assert {
        attributes["href"][1:] for tag, attributes in tags if tag == "a" and attributes.get("href")
    } <= set(ids)  # type: ignore[index]
    named = {
        name for _, attributes in tags for name in (attributes.get("aria-labelledby") or "").split()
    }
    assert named <= set(ids)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text(name: str, hostile: str) -> None:
    page = Page(hostile)
    shown = name.replace("\u202e", "")
    words = "".join(page.words).replace("\u202e", "").replace("\\u202e", "").replace("�", "")
    assert (
        shown in words
        or name in words
        or re.sub(r"[^\w]", "", shown) in re.sub(r"[^\w]", "", words)
    )
    assert "alert(1)" not in "".join(attributes.get("href") or "" for _, attributes in page.tags)


def test_the_analysis_inside_is_json_of_the_contract(sample: str) -> None:
    block = re.search(
        r'<script type="application/json" id="lossreport-data">(.*?)</script>', sample, re.DOTALL
    )
    assert block is not None
    data = json.loads(block[1])
    assert data["schema"] == "lossreport/1"
    assert {finding["id"] for finding in data["findings"]}


def test_the_policy_allows_styles_only(sample: str) -> None:
    assert "default-src 'none'; style-src 'unsafe-inline'" in sample


@pytest.mark.parametrize(
    ("lang", "zh", "en"), [("zh", True, False), ("en", False, True), ("both", True, True)]
)
def test_a_language_is_there_or_not(lang: str, zh: bool, en: bool) -> None:
    page = html(lossreport.read_run([SAMPLES / "vla_healthy"]), lang)
    assert ("结论" in page) is zh
    assert (">Anomal" in page) is en
    assert ('id="show-en"' in page) is (lang == "both")


def test_both_languages_have_the_same_number_of_sentences(sample: str) -> None:
    tags = Page(sample).tags
    count = {
        lang: sum(attributes.get("lang") == lang for tag, attributes in tags if tag != "label")
        for lang in ("zh-CN", "en")
    }
    assert count["zh-CN"] - 1 == count["en"]  # the page itself is zh-CN


def test_the_sample_page_stays_within_230_kilobytes(sample: str) -> None:
    """A good third of it is the JSON of 48 series and 13 findings, which the contract wants
    inside.
    """
    assert len(sample.encode()) <= 230_000


@pytest.mark.parametrize("lang", MOST_BYTES)
def test_the_report_of_the_sample_is_light(lang: str) -> None:
    run = lossreport.read_run([SAMPLES / "vla_action_head"])
    assert len(html(run, lang).encode()) <= MOST_BYTES[lang]


def test_a_page_in_one_language_has_no_style_for_a_switch() -> None:
    run = make_run(loss=falling(12))
    assert ".switch" in html(run)
    assert "switch" not in html(run, "en")
