"""A language beside Chinese and English is a file keyed by the English text: the first screen is
said in it, what it lacks is English.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

import lossreport
from lossreport import text
from lossreport.model.report import Report
from lossreport.overlay import overlay
from lossreport.render.to_terminal import to_terminal
from lossreport.text import CHOICES, FIELD, LANGS, Lang, Phrase, Text, joined, show_value
from runs import SAMPLES
from test_texts import TEXTS, WRONG_WORDS, bare

OVERLAID: tuple[Lang, ...] = tuple(lang for lang in get_args(Lang) if lang not in LANGS)
FIRST = ("vla_action_head", "vla_healthy", "gallery/hf_spike", "gallery/keras_overfit")
FEW = 0.2
"""A wording changes in one place: what it was in another language waits until somebody who speaks
it comes by, and up to this share is English till then.
"""
SAME: dict[str, set[str]] = {
    "ja": {
        "{state}",
        "{status} {goal}{early}{fault}",
        "`{metric}`",
        "`{metric}`: {course}.",
        "step",
        "epoch",
        "iteration",
    }
}
"""Texts of the first screen that a language says as English does: marks around values, and words
that stay.
"""


class Asked(dict[str, str]):
    """A language that keeps which texts it was asked for and lacks."""

    def __init__(self, known: dict[str, str]) -> None:
        super().__init__(known)
        self.asked: list[str] = []
        self.missing: list[str] = []

    def get(self, key: str, default: str | None = None) -> str:  # type: ignore[override]
        self.asked.append(key)
        if key not in self:
            self.missing.append(key)
        return super().get(key, default or key)


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    return {
        name: lossreport.compose(lossreport.analyze(lossreport.read_runs([SAMPLES / name])))
        for name in FIRST
    }


@pytest.mark.parametrize("lang", OVERLAID)
def test_the_first_screen_is_said_in_it_but_for_a_few_texts(
    lang: Lang, reports: dict[str, Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(dict(overlay(lang)))
    monkeypatch.setattr(text, "overlay", lambda _: asked)
    shown = {name: to_terminal(report, lang) for name, report in reports.items()}
    lacking = sorted({*asked.missing} - SAME[lang])
    print(f"languages/{lang}.toml lacks of the first screen:", *lacking, sep="\n")
    assert len(lacking) <= FEW * len({*asked.asked}), lacking
    kana = re.compile("[\u3040-\u30ff]")
    assert [name for name, said in shown.items() if not kana.search(said)] == []


@pytest.mark.parametrize("lang", OVERLAID)
def test_keys_are_texts_of_the_package_with_the_same_placeholders(lang: Lang) -> None:
    known = {one.en for one in TEXTS.values()}
    stale = sorted(set(overlay(lang)) - known)
    assert len(stale) <= FEW * len(overlay(lang)), f"no text says these any more: {stale}"
    assert [
        en
        for en, said in overlay(lang).items()
        if sorted(FIELD.findall(en)) != sorted(FIELD.findall(said))
    ] == []
    assert SAME[lang].isdisjoint(overlay(lang))


def test_japanese_is_written_as_japanese() -> None:
    said = {en: bare(one) for en, one in overlay("ja").items()}
    assert [
        one
        for one in said.values()
        if re.search(
            r"[\u3040-\u30ff\u3400-\u9fff][,;:?!.()]|[,;:?!()][\u3040-\u30ff\u3400-\u9fff]", one
        )
    ] == []
    assert [
        en
        for en, one in said.items()
        if en.rstrip("*").endswith(".") != one.rstrip("*").endswith("。")
    ] == []
    assert [one for one in said.values() if WRONG_WORDS["zh"].search(one)] == []


def test_what_a_language_lacks_is_said_in_english() -> None:
    unknown = Text(zh="没有人翻译过 {what}", en="nobody has translated {what}")
    assert unknown(what="x").plain("ja") == "nobody has translated x"
    assert Phrase(text=Text(zh="尖峰", en="spike")).plain("ja") == "スパイク"
    assert show_value(joined("7", "10"), "ja") == "7、10"


def test_a_language_is_a_file_and_a_name() -> None:
    folder = Path(lossreport.__file__).parent / "languages"
    assert {path.stem for path in folder.glob("*.toml")} == set(OVERLAID)
    assert ("both", *get_args(Lang)) == CHOICES


def test_a_page_in_japanese_says_so_and_is_whole(reports: dict[str, Report]) -> None:
    page = lossreport.render(reports["vla_healthy"], lang="ja")
    assert '<html lang="ja">' in page[:200]
    assert "まだ改善中" in page
    assert 'id="show-both"' not in page
    assert "Glossary" in page  # further down it is English until somebody writes it
