"""Wiki markup shows what logs say as it is, and its tables, bold and code are those of Jira."""

from __future__ import annotations

import re

import pytest

import lossreport
from lossreport.render.to_jira import escape_jira, to_inline_jira, to_jira
from lossreport.text import Text
from runs import SAMPLES


@pytest.mark.parametrize(
    ("value", "markup"),
    [
        ("train_loss", r"train\_loss"),
        ("a*b", r"a\*b"),
        ("{panel}", r"\{panel\}"),
        ("[~admin]", r"\[\~admin\]"),
        ("[x|javascript:1]", r"\[x&#124;javascript:1\]"),
        ("!image.png!", r"\!image.png\!"),
        ("a|b", "a&#124;b"),
        ("C:\\new", "C:&#92;new"),
        ("-0.5", r"\-0.5"),
        ("2025-12-01", "2025-12-01"),
        ("a--b", r"a\-\-b"),
        ("a -b- c", r"a \-b\- c"),
        ("x^2~", r"x\^2\~"),
        ("??cite??", r"\?\?cite\?\?"),
        ("+ins+", r"\+ins\+"),
        ("#1", r"\#1"),
        ("@someone", r"\@someone"),
        ("(x) (on) (y)", r"\(x) \(on) \(y)"),
        ("f(x+1)", r"f(x\+1)"),
        ("loss :) ;D", r"loss \:) \;D"),
        ("https://host", "https&#58;//host"),
        ("&lt; & &#124;", r"&#38;lt; & &#38;\#124;"),
        ("two\nlines\x1b", "two lines␛"),
        ("", ""),
    ],
)
def test_marks_of_a_value_are_shown_and_do_nothing(value: str, markup: str) -> None:
    assert escape_jira(value) == markup


@pytest.mark.parametrize(
    ("prose", "markup"),
    [
        ("**bold** text", "{*}bold{*} text"),
        ("了**加粗**字", "了{*}加粗{*}字"),
        ("run `a-b.py --x`", r"run {{a-b.py \-\-x}}"),
        ("see [the page](https://host/p)", "see [the page|https://host/p]"),
        (r"five \* stars", r"five \* stars"),
        ("a {value} b", r"a \*v\* b"),
        ("`{value}` b", r"{{\*v\*}} b"),
    ],
)
def test_prose_becomes_wiki_markup_and_values_do_not(prose: str, markup: str) -> None:
    text = Text(zh=prose, en=prose)
    assert to_inline_jira(text(value="*v*") if "{value}" in prose else text, "en") == markup


@pytest.fixture(scope="module")
def sample() -> str:
    return to_jira(
        lossreport.compose(lossreport.analyze(lossreport.read_run([SAMPLES / "vla_action_head"]))),
        "both",
    )


def test_rows_of_a_table_have_as_many_cells_as_its_head(sample: str) -> None:
    width, rows = 0, 0
    for line in sample.splitlines():
        if line.startswith("||"):
            width = len(line.strip("|").split("||"))
        elif line.startswith("|"):
            rows += 1
            assert len(line[1:-1].split("|")) == width, line
            assert "||" not in line
    assert rows > 20


def test_macros_and_marks_are_closed(sample: str) -> None:
    assert sample.count("{panel}") % 2 == 0
    for line in sample.splitlines():
        assert line.count("{*}") % 2 == 0, line
        assert len(re.findall(r"(?<!\\)\{\{", line)) == len(re.findall(r"(?<!\\)\}\}", line)), line


def test_nothing_of_markdown_is_left(sample: str) -> None:
    assert "**" not in sample
    assert "](" not in sample
    assert "<details>" not in sample
    assert not re.search(r"^#{2,} ", sample, re.MULTILINE)
