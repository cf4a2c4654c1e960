"""Notes of the user's own are formatted and can do nothing; owner, tags and link stand under the
title; a PDF is one file.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import lossreport
from lossreport.errors import UsageError
from lossreport.render.notes import notes_html, notes_markdown
from runs import SAMPLES, falling, make_run

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "![a](https://example.org/x.png)",
    '<a href="data:text/html,x">a</a>',
    "<style>body{display:none}</style>",
    '<b onclick="x">b</b>',
    "<iframe src='https://example.org'></iframe>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_notes_can_neither_run_nor_load_anything(text: str) -> None:
    html = str(notes_html(text))
    for word in (
        "<script",
        "<img",
        "onerror",
        "onclick",
        "javascript:",
        "data:",
        "<style",
        "<iframe",
        "src=",
    ):
        assert word not in html
    assert "![" not in notes_markdown(text)
    assert "<script" not in notes_markdown(text).replace("\\<", "")


def test_a_link_without_an_allowed_address_is_only_its_words() -> None:
    assert str(notes_html("[a](javascript:alert(1))")).strip() == "<p>a</p>"


def test_notes_keep_their_form() -> None:
    html = str(
        notes_html(
            "# Title\n\n- **one**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`code <b>` "
            "[x](https://example.org)"
        )
    )
    for part in (
        "<h3>Title</h3>",
        "<strong>one</strong>",
        "<td>1</td>",
        "<code>code &lt;b&gt;</code>",
        'href="https://example.org"',
    ):
        assert part in html
    assert notes_markdown("# Title\n`a<b`") == "### Title\n`a<b`"


def test_owner_tags_link_and_notes_stand_in_html_and_markdown() -> None:
    made = lossreport.compose(
        lossreport.analyze(make_run(loss=falling(40))),
        owner="<张三>",
        tags=["vla", "a|b"],
        link="https://example.org/1",
        notes="*hello*",
    )
    html, markdown = (lossreport.render(made, format=form) for form in ("html", "md"))  # type: ignore[arg-type]
    for part in ("&lt;张三&gt;", "<b>vla</b>", 'href="https://example.org/1"', "<em>hello</em>"):
        assert part in html
    for part in ("张三", "`vla`", "(https://example.org/1)", "*hello*"):
        assert part in markdown


def test_notes_that_cannot_be_read_are_told_before_anything_is_written(tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    target.write_text("old", encoding="utf-8")
    with pytest.raises(UsageError, match="gone"):
        lossreport.build([SAMPLES / "vla_healthy"], target, notes=tmp_path / "gone.md")
    assert target.read_text(encoding="utf-8") == "old"


def test_a_pdf_holds_both_languages_and_is_the_same_every_time(tmp_path: Path) -> None:
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError) as error:
        pytest.skip(f"needs WeasyPrint and Pango: {error}")
    for name in ("a.pdf", "b.pdf"):
        lossreport.build([SAMPLES / "formats" / "llmc_text"], tmp_path / name)
    data = (tmp_path / "a.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert data == (tmp_path / "b.pdf").read_bytes()
    one = tmp_path / "one.pdf"
    lossreport.build([SAMPLES / "formats" / "llmc_text"], one, lang="en")
    assert len(data) > len(one.read_bytes())  # the pages of two languages
