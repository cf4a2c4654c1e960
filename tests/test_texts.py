"""Every text of the package reads as written by hand in both languages: style, punctuation and
words (docs/style.md).
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import FunctionType

import pytest

import lossreport
from lossreport.text import FIELD, Text

WRONG_WORDS = {
    "zh": re.compile(
        "理论最小|非常|表现良好|表现很好|状态良好|显著优于|远低于|瞎猜|批次|恢复正常|是正常的|相"
        "对合理|完美|优秀|值得注意的是|需要指出的是|被证明|总而言之"
    ),
    "en": re.compile(
        r"\b(?:over-fit\w*|mend|kin|excellent|great|perfect\w*|impressive|accurately|obviously|"
        r"clearly|of course|very|note that|simply"
        r"|It costs|swings?|no plain|so-called|respectively)\b",
        re.IGNORECASE,
    ),
}
"""Words the style guide rules out: claims without a baseline, empty phrases, and terms for which
another was chosen.
"""
SAME_IN_BOTH = {
    "loss", "step", "epoch", "iteration", "one-cycle", "focal loss", "CTC loss", "Dice loss", "triplet loss", "z-loss", "loss scale", "rank", "worker",
    "Huber / smooth L1", "Llama 2", "Llama 3", "GPT-2", "Chameleon", "Qwen2.5", "ln {v} = {level}", "ln {classes} = {level}。",
}  # fmt: skip
"""Names that Chinese reports write in Latin letters."""
HAN = r"[\u3400-\u9fff]"
CODE = re.compile(r"`[^`]*`|\*\*|\{[a-z_][a-z_0-9]*\}")


def texts_of(value: object, seen: set[int]) -> Iterator[Text]:
    """Yield the texts inside a value: itself, items, values and fields, those of closures and
    defaults too.
    """
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Text):
        yield value
        return
    inside: Iterable[object] = ()
    if isinstance(value, Mapping):
        inside = value.values()
    elif isinstance(value, tuple | list | set | frozenset):
        inside = value
    elif is_dataclass(value) and not isinstance(value, type):
        inside = [getattr(value, field.name) for field in fields(value)]
    elif isinstance(value, FunctionType):
        inside = [cell.cell_contents for cell in value.__closure__ or ()] + list(
            value.__defaults__ or ()
        )
    for one in inside:
        yield from texts_of(one, seen)


def collect() -> dict[str, Text]:
    """Return every text of the package under the place that says it."""
    found: dict[str, Text] = {}
    known: dict[tuple[str, str], str] = {}
    names = [
        info.name
        for info in pkgutil.walk_packages(lossreport.__path__, "lossreport.")
        if not info.name.endswith("__main__")
    ]
    # what others import is theirs
    lowest = ("lossreport.words", "lossreport.model", "lossreport.knowledge")
    for path in sorted(names, key=lambda name: not name.startswith(lowest)):
        for name, value in vars(importlib.import_module(path)).items():
            for number, text in enumerate(texts_of(value, set())):
                if known.setdefault((text.zh, text.en), path) == path:
                    found[f"{path.removeprefix('lossreport.')}:{name}:{number}"] = text
    return found


TEXTS = collect()


def bare(template: str) -> str:
    """Return a template with code, marks and placeholders replaced by nothing that counts as a
    letter.
    """
    return CODE.sub("\u2063", template)


def places(bad: Iterable[str]) -> list[str]:
    return sorted(bad)


def test_the_walk_finds_the_texts_of_every_room() -> None:
    rooms = {place.split(".")[0].split(":")[0] for place in TEXTS}
    assert {"analysis", "compose", "knowledge", "model", "reading", "render", "words"} <= rooms
    assert len(TEXTS) > 700


def test_chinese_and_english_differ_unless_they_are_names() -> None:
    same = {t.zh for t in TEXTS.values() if t.zh == t.en and re.search("[A-Za-z]", bare(t.zh))}
    assert places(same - SAME_IN_BOTH) == []


def test_chinese_that_says_something_holds_chinese() -> None:
    latin = {
        t.zh
        for t in TEXTS.values()
        if re.search("[A-Za-z]", bare(t.zh)) and not re.search(HAN, t.zh)
    }
    assert places(latin - SAME_IN_BOTH) == []


def test_english_holds_no_chinese_letter_or_mark() -> None:
    assert (
        places(
            k
            for k, t in TEXTS.items()
            if re.search(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]", t.en)
        )
        == []
    )


def test_placeholders_are_the_same_in_both() -> None:
    assert (
        places(k for k, t in TEXTS.items() if set(FIELD.findall(t.zh)) != set(FIELD.findall(t.en)))
        == []
    )


@pytest.mark.parametrize("pattern", [
    pytest.param(rf"{HAN}[,;:?!.]", id="after a Chinese letter"),
    pytest.param(rf"[,;:?!]\s*{HAN}", id="before a Chinese letter"),
    pytest.param(rf"(?<![A-Za-zσ])\([^)]*{HAN}[^)]*\)", id="brackets, those of functions aside"),
    pytest.param(r"[，。；：！？、（）]\s| [，。；：！？、（）]", id="a blank at a full-width mark"),
    pytest.param(r'"', id="straight quotes"),
])  # fmt: skip
def test_chinese_uses_full_width_punctuation(pattern: str) -> None:
    assert places(f"{k}: {t.zh}" for k, t in TEXTS.items() if re.search(pattern, bare(t.zh))) == []


def test_chinese_puts_a_blank_between_its_letters_and_latin_ones_or_figures() -> None:
    """Placeholders count as neither: what stands there is known only when they are filled."""
    close = re.compile(rf"{HAN}(?:\*\*)?[A-Za-z0-9]|[A-Za-z0-9%](?:\*\*)?{HAN}")
    assert (
        places(f"{k}: {t.zh}" for k, t in TEXTS.items() if close.search(CODE.sub("\u2063", t.zh)))
        == []
    )


def test_chinese_holds_no_english_sentence() -> None:
    """Five Latin words in a row are a sentence that was not translated."""
    sentence = re.compile(r"(?:\b[A-Za-z][a-z']+\b[ ,]+){4}\b[A-Za-z][a-z']+\b")
    assert places(f"{k}: {t.zh}" for k, t in TEXTS.items() if sentence.search(bare(t.zh))) == []


def test_no_text_holds_two_blanks_in_a_row_or_ends_in_one() -> None:
    between = (": ", ", ")
    assert (
        places(
            k
            for k, t in TEXTS.items()
            if any(
                "  " in said or (said.endswith(" ") and said not in between)
                for said in (t.zh, t.en)
            )
        )
        == []
    )


def test_sentences_end_alike_in_both_languages() -> None:
    def ends(said: str) -> bool:
        return said.rstrip("*").endswith(("。", ".", "!", "！")) and not said.endswith("...")

    assert (
        places(f"{k}: {t.zh} / {t.en}" for k, t in TEXTS.items() if ends(t.zh) != ends(t.en)) == []
    )


def test_english_has_a_blank_after_its_marks() -> None:
    assert (
        places(
            f"{k}: {t.en}"
            for k, t in TEXTS.items()
            if re.search(r"[a-z)][,;:][A-Za-z]|[a-z]{2}\.[A-Z]", bare(t.en))
        )
        == []
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_text_uses_a_word_that_the_style_guide_rules_out(lang: str) -> None:
    said = {k: t.zh if lang == "zh" else t.en for k, t in TEXTS.items()}
    assert (
        places(f"{k}: {text}" for k, text in said.items() if WRONG_WORDS[lang].search(text)) == []
    )
