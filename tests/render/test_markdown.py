"""The Markdown keeps its tables and emphasis whatever logs say, and refers only to files that are
written with it.
"""

from __future__ import annotations

import re

import pytest
from markdown import markdown

import lossreport
from lossreport.api import rendered
from lossreport.render.inline import code_span, escape_markdown, in_cell, in_paragraph
from runs import SAMPLES, falling, make_run, make_series

HOSTILE = (
    "<img src=x onerror=1>",
    "训练|损失",
    "a`b*c_d",
    "# head",
    "[x](javascript:1)",
    "|",
    "\\|",
)


@pytest.fixture(scope="module")
def sample() -> lossreport.api.Rendered:
    report = lossreport.compose(
        lossreport.analyze(lossreport.read_run([SAMPLES / "vla_action_head"]))
    )
    return rendered(report, "md", "both", stem="report")


def tables(text: str) -> list[list[str]]:
    """Return the lines of every pipe table."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [lines for lines in found if lines]


def cells(line: str) -> int:
    return len(re.sub(r"\\\|", "", line).strip("|").split("|"))


@pytest.mark.parametrize("name", [None, *HOSTILE])
def test_every_row_of_a_table_has_as_many_cells_as_its_head(
    name: str | None, sample: lossreport.api.Rendered
) -> None:
    text = sample.text
    if name is not None:
        run = make_run(
            [
                make_series([*falling(20), 99.0, *falling(20)], name),
                make_series(falling(41), "closs", id="m2"),
            ]
        )
        text = lossreport.render(lossreport.compose(lossreport.analyze(run)), "md")
    assert tables(text)
    for lines in tables(text):
        assert {cells(line) for line in lines} == {cells(lines[0])}


def test_images_are_the_files_beside_it(sample: lossreport.api.Rendered) -> None:
    images = set(re.findall(r"!\[[^\]]*\]\(report\.files/([^)]+)\)", sample.text))
    assert images == set(sample.files)
    assert all(
        svg.lstrip().startswith("<svg") or "<svg" in svg[:200] for svg in sample.files.values()
    )


def test_on_stdout_there_are_no_images(sample: lossreport.api.Rendered) -> None:
    report = lossreport.compose(
        lossreport.analyze(lossreport.read_run([SAMPLES / "vla_action_head"]))
    )
    made = rendered(report, "md", "en", charts=False)
    assert made.files == {}
    assert "](" not in re.sub(r"\]\(https?:", "", made.text)


@pytest.mark.parametrize(
    "value", ["*a*", "_a_", "a|b", "<b>", "`x`", "[a](b)", "1. a", "# a", "a\nb", "$x$", "~~a~~"]
)
def test_a_value_is_shown_as_it_is(value: str) -> None:
    shown = re.sub(r"<[^>]+>", "", markdown(in_paragraph(escape_markdown(value))))
    assert "<em>" not in markdown(escape_markdown(value))
    assert re.sub(r"[\s\\]", "", shown.replace("&lt;", "<").replace("&gt;", ">")).startswith(
        re.sub(r"\s", "", value)[:1]
    )


@pytest.mark.parametrize("value", ["a`b", "``", "a|b", " a "])
def test_code_keeps_its_content(value: str) -> None:
    assert value.strip().strip("`")[:1] in in_cell(code_span(value))
