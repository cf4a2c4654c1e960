"""What a log, a name or a setting says stays text: no active content, no address but of the web,
nobody notified, nothing unseen.
"""

from __future__ import annotations

import contextlib
import json
import re
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import mistune
import nh3
import pytest
from click.testing import CliRunner
from markdown import markdown
from markdown_it import MarkdownIt

import lossreport
from chromium import browser, needs_chromium
from lossreport.api import fitted_body, rendered
from lossreport.cli import main
from lossreport.compare.compare import write_comparison
from lossreport.errors import ConfigError, UsageError
from lossreport.index.index import write_index
from lossreport.model.report import Report
from lossreport.render.fitting import PLACES
from lossreport.render.inline import escape_markdown, in_paragraph
from lossreport.text import ESCAPED, printable, safe_address, visible
from lossreport.tickets.ticket import ticket

SCRIPT = "<script>window.pwn=1</script>"
PAYLOADS = {
    "script": SCRIPT,
    "image": "<img src=x onerror=pwn()>",
    "link": "[x](javascript:pwn())",
    "reference": "[x]: javascript:pwn()",
    "autolink": "<javascript:pwn()>",
    "picture": "![x](https://evil.example/x.png)",
    "quote": "\" onmouseover=pwn() x='",
    "end of data": '</script><script>pwn()</script>{"a":1}',
    "comment": "--><svg/onload=pwn()>",
    "template": "{{7*7}}{%raw%}",
    "mention": "@everyone and @octo-cat",
    "action": "/close @octo-cat",
    "bidi": "loss\u202egnp.\u202c\u2066x\u2069",
    "zero width": "lo\u200bs\u2060s\ufeff\u00ad\u180e\U000e0041",
    "terminal": "\x1b]0;pwn\x07\x1b[2J\x9b31m",
    "jira": "{html}<b>x</b>{html} [~admin] !https://evil.example/x.png!",
    "fence": "```\n# Title\n<b>",
    "entity": "&lt;script&gt; &#64;everyone",
}


class Active(HTMLParser):
    """Gathers what would run or load: scripts that are no data, handlers, addresses of other
    schemes, elements that load.
    """

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.words: list[str] = []
        self._data = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._data = tag in ("script", "style")
        if (tag == "script" and given.get("type") != "application/json") or tag in (
            "iframe",
            "object",
            "embed",
            "base",
            "form",
            "link",
            "img",
            "video",
        ):
            self.found.append(f"<{tag}> {given}")
        self.found += [
            f"{tag} {name}={value}" for name, value in given.items() if name.startswith("on")
        ]
        address = given.get("href") or given.get("src") or given.get("xlink:href") or ""
        if address and not re.match(r"https?://|mailto:|#|[\w./%-]+$", address):
            self.found.append(f"{tag} {address}")

    def handle_endtag(self, tag: str) -> None:
        self._data = False

    def handle_data(self, data: str) -> None:
        if not self._data:
            self.words.append(data)


def report_with(payload: str, tmp_path: Path) -> Report:
    """A report in which the payload stands in every place that a user or a log can fill."""
    safe = payload.replace("/", "∕").replace("\0", "")
    folder = tmp_path / f"run {safe}"[:60]
    folder.mkdir()
    rows = [
        {"step": i, "loss": 3 * 0.9**i if i != 15 else 90.0, f"m {payload}": 1.0 / (i + 1)}
        for i in range(40)
    ]
    (folder / f"log {safe}.jsonl"[:60]).write_text(
        "\n".join(map(json.dumps, rows)), encoding="utf-8"
    )
    oneline = payload.replace("\n", " ")
    text = f"name: {oneline}\n" + "".join(f"epoch {i} loss {3 * 0.9**i:.4f}\n" for i in range(10))
    text += f'Traceback (most recent call last):\n  File "t.py", line 1\nValueError: {oneline}\n'
    (folder / "train.log").write_text(text, encoding="utf-8")
    (folder / "config.json").write_text(
        json.dumps({"model": payload, payload: 5, "lr": 0.1}), encoding="utf-8"
    )
    analysis = lossreport.analyze(lossreport.read_runs([folder]))
    assert analysis.failures == ()
    return lossreport.compose(
        analysis,
        title=f"T {payload}",
        owner=payload,
        tags=[payload],
        link=f"https://e.example/{payload}",
        notes=f"N {payload}",
        strict=True,
    )


UNSEEN = re.compile(
    "[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u00ad\u180e\x1b\x9b\U000e0000-\U000e007f]"
)


def texts(report: Report) -> Iterator[tuple[str, str]]:
    yield "html", lossreport.render(report, "html")
    yield "md", lossreport.render(report, "md")
    yield "json", lossreport.render(report, "json")
    yield "sarif", lossreport.render(report, "sarif")
    yield "digest", lossreport.render(report, "digest")
    yield from ((name, fitted_body(report, place, "both")) for name, place in PLACES.items())


MACROS = re.compile(
    r"\{html|\[~|!\s*https?://|\[[^\]\n]{0,200}\|\s*(?!https?:|mailto:)\w+:|\[javascript",
    re.IGNORECASE,
)
"""Markup of Jira that holds HTML, notifies somebody, loads a picture or leads to a script."""
ESCAPED_SIGN = re.compile(r"\\.|&#\d+;")


def test_macros_of_jira_are_seen() -> None:
    for body in ("{html}", "[~admin]", "!https://x.example/a.png!", "[x|javascript:a]"):
        assert MACROS.search(ESCAPED_SIGN.sub("·", f"a {body}")), body
    assert not MACROS.search(
        ESCAPED_SIGN.sub("·", "\\{html\\} \\[\\~admin\\] [x|https://a.example]")
    )


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_what_is_put_in_anywhere_acts_nowhere(payload: str, tmp_path: Path) -> None:
    report = report_with(payload, tmp_path)
    for form, text in texts(report):
        assert UNSEEN.search(text) is None, (form, UNSEEN.search(text))
        if form in ("json", "sarif"):
            json.loads(text)
        elif form in ("html", "email"):
            assert Active(text).found == [], form
        elif form == "jira":
            assert MACROS.findall(ESCAPED_SIGN.sub("·", text)) == []
        else:
            page = markdown(text, extensions=["tables", "fenced_code", "sane_lists"])
            found = [
                one
                for one in Active(page).found
                if not one.startswith("<img> {'alt'")
                or ("report.files" not in one and "lossreport.files" not in one)
            ]
            assert found == [], form


@pytest.mark.parametrize("name", ["script", "link", "picture", "comment", "bidi"])
def test_what_is_put_in_acts_in_no_page_over_reports(name: str, tmp_path: Path) -> None:
    """An index, a comparison, a report held against an earlier one, and a ticket that tells the
    difference.
    """
    report = report_with(PAYLOADS[name], tmp_path)
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for form in ("html", "json"):
        (shelf / f"old.{form}").write_text(lossreport.render(report, form), encoding="utf-8")  # type: ignore[arg-type]
    write_index(shelf, tmp_path / "index.html")
    write_comparison([shelf / "old.html", shelf / "old.json"], tmp_path / "compare.html")
    (logs,) = (path for path in tmp_path.iterdir() if path.name.startswith("run "))
    for form in ("html", "md"):
        lossreport.build([logs], tmp_path / f"new.{form}", against=str(shelf / "old.json"))
    body = ticket(str(logs), "github", diff=str(shelf / "old.json")).body.text
    made = {page: (tmp_path / page).read_text(encoding="utf-8") for page in NAMES}
    for page, text in {**made, "ticket": body}.items():
        assert UNSEEN.search(text) is None, (page, UNSEEN.search(text))
    for page, own in (("index.html", ["<script> {}"]), ("compare.html", []), ("new.html", [])):
        assert Active(made[page]).found == own, page  # an index searches where a script may run
    for text in (made["new.md"], body):
        for render in RENDERERS.values():
            assert Active(PICTURE.sub("", str(render(text)))).found == []


ADDRESS = re.compile(rb"/URI\s*\(((?:\\.|[^\\)])*)\)")
ACTS = re.compile(rb"/(?:JavaScript|JS|Launch|SubmitForm|ImportData|EmbeddedFile|GoToR|AA)\b")


def unpacked(pdf: bytes) -> Iterator[bytes]:
    """Yield the streams of a PDF, in which its objects are packed."""
    for begin in re.finditer(rb"stream\r?\n", pdf):
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj().decompress(pdf[begin.end() :])


@pytest.mark.parametrize("name", ["link", "picture", "end of data"])
def test_a_pdf_holds_no_action_but_addresses_of_the_web(name: str, tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", exc_type=ImportError)
    made = rendered(report_with(PAYLOADS[name], tmp_path), "pdf", "en").text
    assert isinstance(made, bytes)
    made += b"".join(unpacked(made))
    assert ACTS.findall(made) == []
    leads = ADDRESS.findall(made)
    assert leads
    assert all(re.match(rb"https?://|mailto:", lead) for lead in leads), leads


NAMES = ("index.html", "compare.html", "new.html", "new.md")
PICTURE = re.compile(r'<img src="[\w.%/-]+\.files/[\w.-]+\.svg"[^>]*>')
RENDERERS = {
    "commonmark": MarkdownIt("commonmark", {"html": True}).enable("table").render,
    "mistune": mistune.create_markdown(
        escape=False, plugins=["table", "strikethrough", "url", "task_lists"]
    ),
}
"""Markdown as its readers have it at their most permissive: raw HTML is HTML, bare addresses are
links.
"""


def pages(payload: str, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Yield every output as a page that a browser opens: those of a report, its Markdown by two
    renderers, an index, a comparison.
    """
    report = report_with(payload, tmp_path)
    shelf = tmp_path / "shelf" / "".join(char for char in payload if char not in "/\0")[:60]
    shelf.mkdir(parents=True)
    for form, text in texts(report):
        if form in ("html", "email"):
            yield form, text
        elif form not in ("json", "sarif", "jira"):
            yield from (
                (f"{form} by {name}", f"<meta charset=utf-8>{render(text)}")
                for name, render in RENDERERS.items()
            )
    for name in ("a.html", "b.json"):
        (shelf / name).write_text(lossreport.render(report, name[2:]), encoding="utf-8")
    write_index(shelf.parent, tmp_path / "index.html")
    write_comparison([shelf / "a.html", shelf / "b.json"], tmp_path / "compare.html")
    yield from (
        (name, (tmp_path / f"{name}.html").read_text(encoding="utf-8"))
        for name in ("index", "compare")
    )


PICTURES = re.compile(r"[\w./%-]+\.files/[\w.-]+\.svg")


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
@needs_chromium[1]
@needs_chromium[0]
def test_a_browser_with_scripts_on_runs_nothing_and_asks_for_nothing(
    payload: str, tmp_path: Path
) -> None:
    with browser() as chromium:
        page = chromium.new_context(offline=True).new_page()
        page.add_init_script(
            "window.pwn = undefined; window.ran = 0; window.pwn = () => { window.ran += 1 }; "
            "window.alert = window.pwn;"
        )
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
        for name, text in pages(payload, tmp_path):
            (tmp_path / "page.html").write_text(text, encoding="utf-8")
            asked.clear()
            page.goto((tmp_path / "page.html").as_uri())
            found = [
                url
                for url in asked
                if url != (tmp_path / "page.html").as_uri() and not PICTURES.search(url)
            ]
            assert found == [], name
            assert page.evaluate("[window.ran, typeof window.pwn]") == [0, "function"], name
            hot = (
                "[...document.querySelectorAll('a[href]')].map(a => a.protocol).filter(p => "
                "!['http:', 'https:', 'mailto:', 'file:'].includes(p))"
            )
            assert page.evaluate(hot) == [], name
            assert (
                page.evaluate(
                    "[...document.querySelectorAll('*')].flatMap(e => "
                    "e.getAttributeNames()).filter(n => n.startsWith('on'))"
                )
                == []
            )


@needs_chromium[1]
@needs_chromium[0]
def test_the_browser_would_have_told(tmp_path: Path) -> None:
    with browser() as chromium:
        page = chromium.new_context(offline=True).new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.add_init_script("window.ran = 0; window.pwn = () => { window.ran += 1 };")
        (tmp_path / "page.html").write_text(
            "<img src=x onerror=pwn()><img src='https://evil.example/x.png'>", encoding="utf-8"
        )
        page.goto((tmp_path / "page.html").as_uri())
        page.wait_for_function("window.ran == 1")
        assert "https://evil.example/x.png" in asked


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_a_terminal_shows_what_a_log_says_as_text(payload: str, tmp_path: Path) -> None:
    report_with(payload, tmp_path)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    done = CliRunner().invoke(main, ["show", str(folder)], env={"NO_COLOR": "1"})
    assert done.exit_code == 0, done.output
    assert UNSEEN.search(done.output) is None


@pytest.mark.parametrize("place", [name for name, one in PLACES.items() if one.markup == "md"])
def test_nobody_is_notified_by_what_a_log_says(place: str, tmp_path: Path) -> None:
    body = fitted_body(report_with(PAYLOADS["mention"], tmp_path), PLACES[place], "both").replace(
        "N @everyone and @octo-cat", ""
    )
    prose = re.sub(r"`[^`]*`", "", body)
    assert re.findall(r"(?<![\w@])@\w+", re.sub(r"<https?://[^>]*>", "", prose)) == []
    assert "＠everyone" in body


def test_a_mention_is_shown_and_a_metric_with_an_at_sign_is_left() -> None:
    assert escape_markdown("by @octo-cat") == "by ＠octo-cat"
    assert escape_markdown("mAP@0.5 a@b.c x @ y") == "mAP@0.5 a@b.c x @ y"


def test_no_line_begins_with_a_quick_action() -> None:
    assert in_paragraph(escape_markdown("/close now")) == "\\/close now"
    assert in_paragraph("a/b") == "a/b"


# ---------------------------------------------------------------------------------------- addresses
UNSAFE = (
    "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", " https://x.example", "//x.example", "x.example",
    "java\nscript:alert(1)", "\x01javascript:alert(1)", "https:///x", "https://", "http:x", "mailto:",
)  # fmt: skip


@pytest.mark.parametrize("link", UNSAFE)
def test_only_addresses_of_the_web_and_of_mail_are_links(link: str, tmp_path: Path) -> None:
    assert safe_address(link) == ""
    (tmp_path / "log.csv").write_text("epoch,loss\n1,3\n2,2\n3,1\n")
    analysis = lossreport.analyze(lossreport.read_run([tmp_path]))
    with pytest.raises(UsageError, match="link"):
        lossreport.compose(analysis, link=link)
    report = lossreport.compose(analysis)
    forged = Report(
        analysis=report.analysis,
        meta=type(report.meta)(title=report.meta.title, version="1", link=link),
        sections=report.sections,
    )
    plain = dict(texts(report))
    for form, text in texts(forged):
        assert form == "json" or text.count(link.strip()) == plain[form].count(link.strip()), form


def test_what_means_something_to_a_markup_is_encoded_in_an_address(tmp_path: Path) -> None:
    assert safe_address(f'https://x.example/"><i>`\\|{SCRIPT} \n训') == (
        "https://x.example/%22%3E%3Ci%3E%60%5C%7C%3Cscript%3Ewindow.pwn=1%3C/script%3E%20%0A%E8%AE%AD"
    )
    assert safe_address("https://x.example/a%20b?c=d&e=f#g") == "https://x.example/a%20b?c=d&e=f#g"
    assert safe_address("mailto:a@b.example") == "mailto:a@b.example"


def test_a_link_of_the_settings_beside_the_logs_is_no_way_in(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("epoch,loss\n1,3\n2,2\n3,1\n")
    for link in ('https://x.example/"><script>', "javascript:alert(1)", "https://x.example/a b"):
        (tmp_path / "lossreport.toml").write_text(f"link = '{link}'\n")
        with pytest.raises(ConfigError, match="link"):
            lossreport.build([tmp_path], tmp_path / "report.md")


# --------------------------------------------------------------------------------- what is not seen
def test_what_acts_unseen_is_seen() -> None:
    for code in (
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
        0xAD,
        0x61C,
        0x180E,
        0xE0041,
        0x3164,
    ):
        assert visible(f"a{chr(code)}b") == "a\ufffdb"
    assert visible("训练 é ＠ 👍🏽 ∑ ️x") == "训练 é ＠ 👍🏽 ∑ ️x"
    assert (
        json.loads(json.dumps("a\u200b\U000e0041", ensure_ascii=False).translate(ESCAPED))
        == "a\u200b\U000e0041"
    )


def test_a_terminal_is_moved_by_no_name() -> None:
    assert printable("a\x1b[2J\nb\u202e") == "a␛[2J\nb\ufffd"


def test_the_title_of_a_ticket_is_one_visible_line(tmp_path: Path) -> None:
    folder = tmp_path / "a\nb\u202ec"
    folder.mkdir()
    (folder / "log.csv").write_text("epoch,loss\n1,3\n2,2\n3,1\n")
    assert "a b\ufffdc" in ticket(str(folder), "github").title


def test_notes_keep_their_lines_and_lose_what_is_unseen(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("epoch,loss\n1,3\n2,2\n3,1\n")
    report = lossreport.compose(
        lossreport.analyze(lossreport.read_run([tmp_path])), notes="# One\n\n- a\u202eb\n- c\n"
    )
    assert "- a\ufffdb\n- c" in lossreport.render(report, "md")
    assert "<li>a\ufffdb</li>" in lossreport.render(report, "html")


def test_the_looker_sees_what_acts() -> None:
    for page in (
        SCRIPT,
        PAYLOADS["image"],
        '<a href="javascript:x">',
        "<iframe src=x>",
        "<svg onload=x>",
    ):
        assert Active(page).found, page
    assert nh3.is_html(SCRIPT)
