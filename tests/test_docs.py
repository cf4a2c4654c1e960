"""The documentation: two languages that say the same, everything the program has is named, what is
generated is fresh, every link leads somewhere.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click
import gallery
import generate
import pytest
import spelling

import lossreport
from lossreport import errors
from lossreport.analysis.detector import detectors, kinds, thresholds
from lossreport.cli import GATE_REACHED, INTERRUPTED
from lossreport.cli import main as commands
from lossreport.knowledge.loss_type import classify, loss_types
from lossreport.model.analysis import Severity, State
from lossreport.reading.parser import parsers
from lossreport.registry import load_units
from lossreport.render.to_json import schema
from lossreport.settings_file import SettingsFile

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    page.name.removesuffix(".md") for page in DOCS.glob("*.md") if not page.name.endswith(".zh.md")
)
SUFFIXES = (".md", ".zh.md")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
SIZE_LIMITS = {"gallery": 150_000, "images": 120_000}


def read(page: str, suffix: str) -> str:
    return (DOCS / f"{page}{suffix}").read_text(encoding="utf-8")


def error_types() -> Iterator[type[errors.LossreportError]]:
    for value in vars(errors).values():
        if (
            isinstance(value, type)
            and issubclass(value, errors.LossreportError)
            and value is not errors.LossreportError
        ):
            yield value


def options() -> Iterator[str]:
    for command in commands.commands.values():
        yield from (
            name
            for param in command.params
            if isinstance(param, click.Option)
            for name in param.opts
        )


NAMED = {
    "options": ("use", [*options()]),
    "commands": ("use", [f"lossreport {name}" for name in commands.commands]),
    "parsers": ("formats", [unit.id for unit in parsers()]),
    "losses": ("losses", [unit.id for unit in loss_types()]),
    "kinds": ("detectors", [kind for unit in detectors() for kind in unit.yields]),
    "states": ("verdicts", [state.value for state in State]),
    "severities": ("verdicts", [severity.value for severity in Severity]),
    "errors": ("errors", [error.code for error in error_types()]),
    "thresholds": ("settings", [*thresholds()]),
    "json": ("json", [*schema()["properties"]]),
    "python": ("api", [*lossreport.__all__]),
    "plugins": (
        "plugins",
        [
            "lossreport.parsers",
            "lossreport.detectors",
            "lossreport.losses",
            "lossreport.sections",
            "lossreport.causes",
        ],
    ),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("what", NAMED)
def test_everything_there_is_has_its_place_in_both_languages(what: str, suffix: str) -> None:
    page, names = NAMED[what]
    assert names
    text = read(page, suffix)
    assert [
        name for name in names if not re.search(rf"`(?:lossreport\.)?{re.escape(name)}[`(\s]", text)
    ] == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_exit_code_is_documented_with_the_commands_and_with_its_errors(suffix: str) -> None:
    codes = {0, GATE_REACHED, INTERRUPTED, *(error.exit_code for error in error_types())}
    use, listed = read("use", suffix), read("errors", suffix)
    assert [code for code in codes if f"\n| {code} | " not in use] == []
    assert [
        error.code
        for error in error_types()
        if f"| `{error.code}` | {error.exit_code} |" not in listed
    ] == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_setting_stands_on_the_page_of_settings(suffix: str) -> None:
    text = read("settings", suffix)
    assert [name for name in SettingsFile.model_fields if not re.search(rf"\b{name}\b", text)] == []


def test_the_groups_of_entry_points_are_those_the_program_asks_for() -> None:
    asked = set()
    for module in (ROOT / "src").rglob("*.py"):
        asked |= set(
            re.findall(
                rf'{load_units.__name__}\([^)]*"(lossreport\.\w+)",?\s*\)',
                module.read_text(encoding="utf-8"),
            )
        )
    assert {*NAMED["plugins"][1]} == asked


@pytest.mark.parametrize("page", [path.name for path in generate.pages()])
def test_what_is_generated_is_fresh(page: str) -> None:
    path = next(path for path in generate.pages() if path.name == page)
    assert path.read_text(encoding="utf-8") == generate.generated(path), (
        "run: python docs/generate.py"
    )


def test_every_writer_is_used_in_both_languages() -> None:
    for suffix in SUFFIXES:
        used = {
            found[2]
            for page in generate.pages()
            if page.name.endswith(".zh.md") == (suffix == ".zh.md")
            for found in generate.BLOCK.finditer(page.read_text(encoding="utf-8"))
        }
        assert used == set(generate.WRITERS)


def test_every_chinese_help_text_is_that_of_an_option() -> None:
    texts = [command.help for command in commands.commands.values()]
    texts += [
        param.help
        for command in commands.commands.values()
        for param in command.params
        if isinstance(param, click.Option)
    ]
    known = {" ".join(text.split()) for text in texts if text}
    assert set(tomllib.loads(generate.HELP.read_text(encoding="utf-8"))) <= known


def test_an_example_of_a_name_is_read_as_its_kind() -> None:
    found = {unit.id: spelling.examples(unit) for unit in loss_types()}
    assert [kind for kind, names in found.items() if not names] == []
    assert [
        name for kind, names in found.items() for name in names if classify(name).id != kind
    ] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_page_exists_in_one_language_only(page: str) -> None:
    assert (DOCS / f"{page}.zh.md").is_file()
    assert len(list(DOCS.glob("*.zh.md"))) == len(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_of_a_page_are_built_alike(page: str) -> None:
    def shape(text: str) -> tuple[object, ...]:
        prose = FENCE.sub("", text)
        codes = sorted({name for name in re.findall(r"`([^`\n]+)`", prose) if name.isascii()})
        return (
            re.findall(r"^#+", prose, re.MULTILINE),
            len(re.findall(r"^[|-]", prose, re.MULTILINE)),
            len(FENCE.findall(text)),
            codes,
        )

    english, chinese = shape(read(page, ".md")), shape(read(page, ".zh.md"))
    assert english == chinese


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_page_of_its_language_or_a_file(page: str, suffix: str) -> None:
    reports = {f"gallery/{shown.folder}.html" for shown in gallery.RUNS}
    for target in LINK.findall(FENCE.sub("", read(page, suffix))):
        if target in reports or target.startswith("https://"):
            continue
        assert (DOCS / target).is_file(), target
        assert not target.endswith(".md") or target.endswith(".zh.md") == (suffix == ".zh.md"), (
            target
        )


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("page", PAGES)
def test_every_folder_and_file_of_ours_that_a_page_names_exists(page: str, suffix: str) -> None:
    named = re.findall(
        r"`(?:python )?((?:src|sample_logs|benchmarks|docs|tests)/[\w./*]*)", read(page, suffix)
    )
    assert [name for name in named if not (ROOT / name.rstrip("/")).exists()] == []


@pytest.mark.parametrize("page", [*generate.pages()], ids=lambda page: page.name)
def test_no_line_of_chinese_prose_is_broken_where_it_would_show_as_a_blank(page: Path) -> None:
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    assert (
        re.findall(r".{9}[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]\n[\u4e00-\u9fff“].{9}", prose)
        == []
    )


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("\nnav:")[1]
    assert sorted(re.findall(r"^ +- [^#\n]+: (\w+)\.md$", navigation, re.MULTILINE)) == PAGES


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_plugin_of_the_page_reads_its_format(suffix: str) -> None:
    (code,) = [
        text
        for language, text in FENCE.findall(read("plugins", suffix))
        if language == "python" and "def row(" in text
    ]
    made: dict[str, object] = {}
    exec(compile(code, "plugins.md", "exec"), made)
    row = made["row"]
    assert callable(row)
    assert row("it=3 :: L=0.5") == {"iteration": "3", "loss": "0.5"}
    assert row("hello") is None


@pytest.mark.parametrize("name", ["README.md", "README.zh.md", "CHANGELOG.md"])
def test_counts_that_are_told_are_true(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for pattern, count in (
        (r"(\d+) (?:kinds of finding|类发现)", len(kinds())),
        (r"(\d+) (?:formats|种格式)", len(parsers())),
        (r"(\d+) kinds of loss", len(loss_types())),
    ):
        assert [int(told) for told in re.findall(pattern, text) if int(told) != count] == []


# ------------------------------------------------------------------------------------------ gallery
TRUTH = {
    "keras_healthy": (State.CONVERGED, {}),
    "hf_spike": (State.CONVERGED, {"batch_outlier": 61, "spike": 111}),
    "jax_divergence": (State.BROKEN, {"nonfinite": 5}),
    "keras_overfit": (State.OVERFITTING, {"overfitting": 39}),
    "hf_hidden_nan": (State.BROKEN, {"masked_nonfinite": 10}),
    "mae_resume": (State.IMPROVING, {"rollback": 5}),
}
"""What is known of each run from how it was made: the state it must get, and where what was
injected must be found.
"""


@pytest.mark.parametrize("shown", gallery.RUNS, ids=lambda shown: shown.folder)
def test_what_was_injected_into_a_run_of_the_gallery_is_found(shown: gallery.Shown) -> None:
    state, places = TRUTH[shown.folder]
    analysis = gallery.analysis_of(shown)
    assert analysis.run_verdict(analysis.runs[0].id).state is state
    for kind, x in places.items():
        assert x in [finding.start.x for finding in analysis.findings if finding.kind == kind]
    if not places:
        assert [
            finding.kind for finding in analysis.findings if finding.severity is not Severity.LOW
        ] == []


def test_every_run_of_the_gallery_is_small_and_says_what_was_done() -> None:
    folders = sorted(path for path in gallery.RUNS_FOLDER.iterdir() if path.is_dir())
    assert [folder.name for folder in folders] == sorted(shown.folder for shown in gallery.RUNS)
    for folder in folders:
        assert (folder / "README.md").is_file()
        assert sum(path.stat().st_size for path in folder.iterdir()) <= SIZE_LIMITS["gallery"]


def test_pictures_are_few_and_small() -> None:
    pictures = list((DOCS / "images").iterdir())
    assert len(pictures) <= 3
    assert [
        picture.name for picture in pictures if picture.stat().st_size > SIZE_LIMITS["images"]
    ] == []


# --------------------------------------------------------------------------------------------- site
@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        str(place),
    ]
    made = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return place


needs_mkdocs = pytest.mark.skipif(
    find_spec("mkdocs") is None or find_spec("mkdocs_static_i18n") is None,
    reason="needs the extra [docs]",
)


@pytest.mark.slow
@needs_mkdocs
def test_the_site_is_built_strictly_and_holds_every_page_twice_and_every_report(site: Path) -> None:
    assert [
        page
        for page in PAGES
        if not (site / f"{page}.html").is_file() or not (site / "zh" / f"{page}.html").is_file()
    ] == []
    assert [
        shown.folder
        for shown in gallery.RUNS
        if "<svg" not in (site / f"gallery/{shown.folder}.html").read_text("utf-8")
    ] == []
    assert [path.name for path in site.rglob("*") if path.suffix in (".py", ".toml")] == []


@pytest.mark.slow
@needs_mkdocs
def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    loads = re.compile(
        r"<(?:script|img|iframe|source|link(?![^>]*rel=\"?(?:canonical|alternate)))\b[^>]*(?:src|"
        r"href)=[\"']?(?:https?:)?//",
        re.IGNORECASE,
    )
    pages = [*site.rglob("*.html")]
    assert len(pages) >= 2 * len(PAGES)
    assert [
        str(page.relative_to(site))
        for page in pages
        if loads.search(page.read_text(encoding="utf-8"))
    ] == []
    styles = [
        style
        for style in site.rglob("*.css")
        if re.search(r"url\([\"']?https?:|@import", style.read_text(encoding="utf-8"))
    ]
    assert styles == []


@pytest.mark.slow
@needs_mkdocs
def test_links_of_the_built_site_lead_to_its_files(site: Path) -> None:
    for page in [
        path
        for path in site.rglob("*.html")
        if path.parent.name != "gallery" and path.name != "404.html"
    ]:
        links = re.findall(r'<a\s[^>]*href="([^"#]+)', page.read_text(encoding="utf-8"))
        assert links
        assert [
            link for link in links if "://" not in link and not (page.parent / link).exists()
        ] == [], page.name
