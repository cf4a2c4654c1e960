"""Reports are input like any other: whatever one holds, a command says so in words, and one bad
report costs no other.
"""

from __future__ import annotations

import base64
import copy
import json
import random
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

import lossreport
from lossreport.batch.journal import finished
from lossreport.compare.compare import write_comparison
from lossreport.errors import LossreportError, ReportError
from lossreport.index import cache
from lossreport.index.index import write_index
from lossreport.render.attachments import BOMB_BYTES, unpacked
from lossreport.store.extract import extract
from lossreport.store.stored import parse_report
from lossreport.tickets.ticket import ticket
from lossreport.verify.verify import verify
from runs import seed_rows, write_log_train

ODD: tuple[Any, ...] = (
    None,
    5,
    -2,
    1e300,
    True,
    "",
    "x",
    "NaN",
    [],
    {},
    [None],
    {"a": []},
    [[[]]],
    "\ud800",
    "x" * 5000,
)
FORMS = ("html", "json")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    write_log_train(folder / "log_train.txt", seed_rows())
    lossreport.build([folder], folder / "lossreport.html", embed_logs=True)
    lossreport.build([folder], folder / "lossreport.json")
    return folder


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of every part of a JSON value, of lists the first item's only."""
    yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


def edited(data: Any, path: tuple[Any, ...], odd: Any, *, take: bool = False) -> Any:
    if not path:
        return odd
    found = copy.deepcopy(data)
    at = found
    for name in path[:-1]:
        at = at[name]
    if take:
        del at[path[-1]]
    else:
        at[path[-1]] = odd
    return found


def act(report: Path, good: Path, scratch: Path) -> None:
    """Give a report to every command that takes one; what is no error in words is passed on."""
    for command in (
        lambda: verify(report),
        lambda: verify(report, [good / "log_train.txt"]),
        lambda: extract(report, scratch / "out"),
        lambda: write_comparison([report, good / "lossreport.json"], scratch / "compare.json"),
        lambda: ticket(str(report), "github"),
        lambda: ticket(str(good / "lossreport.json"), "jira", diff=str(report)),
        lambda: write_index(report.parent, scratch / "index.html"),
    ):
        try:
            command()
        except LossreportError:
            continue


@pytest.mark.parametrize("form", FORMS)
def test_a_report_that_was_edited_anywhere_is_never_a_traceback(
    form: str, good: Path, tmp_path: Path
) -> None:
    text = (good / f"lossreport.{form}").read_text(encoding="utf-8")
    data = parse_report(text.encode(), good).data
    source = random.Random(5)
    found = [
        (path, odd, take)
        for path in places(data)
        for odd in ODD
        for take in (False, True)
        if path or not take
    ]
    (tmp_path / "reports").mkdir()
    report = tmp_path / "reports" / f"edited.{form}"
    for path, odd, take in source.sample(found, 60):
        value = json.dumps(edited(data, path, odd, take=take))
        begin = text.find('id="lossreport-data">') + len('id="lossreport-data">')
        page = (
            text[:begin] + value.replace("<", "\\u003c") + text[text.index("</script>", begin) :]
            if form == "html"
            else value
        )
        report.write_text(page, encoding="utf-8", errors="surrogatepass")
        try:
            act(report, good, tmp_path)
        except Exception as error:
            raise AssertionError(f"{path} = {odd!r}, taken out: {take}") from error


BROKEN = {
    "empty": "",
    "cut": '{"schema": "lossreport/1", "runs": [{"id"',
    "deep": '{"schema": "lossreport/1", "runs": ' + "[" * 100_000,
    "deep and closed": '{"schema": "lossreport/1", "runs": ' + "[" * 50_000 + "]" * 50_000 + "}",
    "no runs": '{"schema": "lossreport/1", "runs": []}',
    "empty run": '{"schema": "lossreport/1", "runs": [{}]}',
    "runs of numbers": '{"schema": "lossreport/1", "runs": [5]}',
    "list": "[]",
    "digits": '{"schema": "lossreport/1", "version": "1", "runs": [{"id": ' + "9" * 5000 + "}]}",
    "surrogate": '{"schema": "lossreport/1", "version": "\\ud800", "runs": [{"id": "\\ud800", "name": "\\udfff"}]}',
    "binary": "\x00\x01\x02",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("form", FORMS)
def test_a_broken_report_is_told_in_words(
    form: str, broken: str, good: Path, tmp_path: Path
) -> None:
    (tmp_path / "reports").mkdir()
    page = (
        f'<html><script type="application/json" id="lossreport-data">{broken}</script></html>'
        if form == "html"
        else broken
    )
    (tmp_path / "reports" / f"a.{form}").write_text(page, encoding="utf-8")
    act(tmp_path / "reports" / f"a.{form}", good, tmp_path)


def test_one_bad_report_costs_an_index_no_other_and_is_said(good: Path, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    data = json.loads((good / "lossreport.json").read_text())
    (shelf / "good.json").write_text(json.dumps(data))
    for number, (path, odd) in enumerate(
        (
            (("runs", 0, "name"), {}),
            (("series", 0, "name"), 5),
            (("runs", 0, "facts"), 7),
            (("verdicts",), None),
        )
    ):
        (shelf / f"bad{number}.json").write_text(json.dumps(edited(data, path, odd)))
    done = subprocess.run(
        [sys.executable, "-m", "lossreport", "index", shelf],
        capture_output=True,
        check=False,
        timeout=60,
    )
    said = done.stderr.decode()
    assert done.returncode == 0
    assert "Traceback" not in said
    assert said.count("left out bad") >= 2
    page = (shelf / "lossreport.index.html").read_text()
    assert "good.json" in page


def test_a_planted_cache_of_an_index_is_not_believed(good: Path, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text((good / "lossreport.json").read_text())
    write_index(tmp_path)
    held = json.loads((tmp_path / cache.FILE).read_text())
    for odd in ODD:
        for name in ("title", "names", "values", "spark", "facts", "ends"):
            planted = edited(held, ("files", "a.json", "entry", name), odd)
            (tmp_path / cache.FILE).write_text(json.dumps(planted))
            write_index(tmp_path)


def test_a_planted_journal_of_a_batch_is_not_believed(tmp_path: Path) -> None:
    lines = [
        json.dumps({"path": odd, "state": odd, "report": odd, "sha256": odd, "verdicts": odd})
        for odd in ODD
        if odd != "\ud800"
    ]
    (tmp_path / "journal").write_text("\n".join((*lines, "[" * 100_000)))
    assert set(finished(tmp_path / "journal")) <= {"x", ""}


# -------------------------------------------------------------------------------------------- edits
EDITS = {
    "a verdict": lambda data: data["verdicts"][0].update(state="converged"),
    "its words": lambda data: data["verdicts"][0]["text"].update(en="All is well."),
    "findings taken out": lambda data: data.update(findings=[]),
    "a number": lambda data: data["series"][0]["last"].update(value=0.001),
    "a point": lambda data: data["series"][0]["points"]["y"].__setitem__(0, 0.5),
    "a part taken out": lambda data: data.pop("recommendations"),
    "a part put in": lambda data: data.update(more=1),
    "a digest": lambda data: data["seal"].update(findings="0" * 16),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_of_a_json_report_is_found(edit: Any, good: Path, tmp_path: Path) -> None:
    data = json.loads((good / "lossreport.json").read_text())
    edit(data)
    (tmp_path / "a.json").write_text(json.dumps(data))
    done = subprocess.run(
        [sys.executable, "-m", "lossreport", "verify", tmp_path / "a.json"],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 4
    assert b"JSON data" in done.stdout


def test_a_json_report_is_as_it_was_written_in_whatever_form_it_is_stored(
    good: Path, tmp_path: Path
) -> None:
    data = json.loads((good / "lossreport.json").read_text())
    for indent in (None, 4):
        (tmp_path / "a.json").write_text(json.dumps(data, indent=indent))
        assert verify(tmp_path / "a.json").differences == ()
    assert verify(good / "lossreport.json", [good / "log_train.txt"]).differences == ()


def test_of_a_json_report_without_a_seal_nothing_can_be_told_without_logs(
    good: Path, tmp_path: Path
) -> None:
    data = json.loads((good / "lossreport.json").read_text())
    del data["seal"]
    data["verdicts"][0]["state"] = "converged"
    (tmp_path / "a.json").write_text(json.dumps(data))
    with pytest.raises(ReportError, match="has no seal"):
        verify(tmp_path / "a.json")
    assert verify(tmp_path / "a.json", [good / "log_train.txt"]).differences


# ------------------------------------------------------------------------------------ embedded logs
def block(**changed: Any) -> str:
    content = changed.pop("content", b"x" * 100)
    packed = base64.b64encode(zstandard.ZstdCompressor(level=3).compress(content)).decode()
    return json.dumps(
        {
            "path": "a.log",
            "sha256": "0" * 64,
            "original_sha256": "",
            "bytes": len(content),
            "redacted": False,
            "encoding": "zstd+base64",
            "data": packed,
            **changed,
        }
    )


@pytest.mark.parametrize(
    "size", [-2, -1, 1e400, 0.5, "5", None, [], 10**400, 99, 101, BOMB_BYTES * 100]
)
def test_a_size_that_is_none_is_refused(size: Any) -> None:
    with pytest.raises(ReportError):
        unpacked(block(bytes=size))


def test_a_bomb_in_a_report_takes_no_more_memory_than_a_log_may(tmp_path: Path) -> None:
    packer = zstandard.ZstdCompressor(level=3).compressobj()
    # 8 GiB of zeros
    packed = b"".join([*(packer.compress(bytes(1 << 24)) for _ in range(512)), packer.flush()])
    assert len(packed) < 1 << 20
    code = (
        "import sys; from lossreport.render.attachments import unpacked; from "
        "lossreport.errors import ReportError\ntry: unpacked(open(sys.argv[1]).read())\nexcept "
        "ReportError as error: print(error)"
    )
    for number, size in enumerate((512 << 24, 100, -1)):
        (tmp_path / f"{number}.json").write_text(
            block(bytes=size, data=base64.b64encode(packed).decode())
        )
        done = subprocess.run(
            [sys.executable, "-c", code, tmp_path / f"{number}.json"],
            capture_output=True,
            check=False,
            timeout=60,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)),
        )
        assert b"damaged" in done.stdout, done.stderr


@pytest.mark.parametrize(
    "path", ["../x", "/etc/x", "a\\..\\x", "\ud800", "", ".", "a/../../x", "x\0y", 5, None, ["a"]]
)
def test_a_log_lands_in_the_folder_or_nowhere(path: Any, good: Path, tmp_path: Path) -> None:
    import hashlib

    page = (good / "lossreport.html").read_text(encoding="utf-8")
    hostile = block(path=path, sha256=hashlib.sha256(b"x" * 100).hexdigest())
    (tmp_path / "a.html").write_text(
        page.replace(
            "</body>",
            f'<script type="application/json" id="lossreport-log-9">{hostile}</script></body>',
        )
    )
    before = set(tmp_path.rglob("*"))
    try:
        extract(tmp_path / "a.html", tmp_path / "out")
    except LossreportError:
        assert not (tmp_path / "out" / "log_train.txt").exists()
    assert {
        one for one in tmp_path.rglob("*") if (tmp_path / "out") not in (one, *one.parents)
    } == before


def test_what_utf_8_cannot_hold_is_taken_out_as_its_escape(good: Path, tmp_path: Path) -> None:
    data = json.loads((good / "lossreport.json").read_text())
    data["runs"][0]["name"] = "a\ud800b"
    (tmp_path / "a.json").write_text(json.dumps(data))
    extract(tmp_path / "a.json", tmp_path / "out")
    assert (
        json.loads((tmp_path / "out" / "lossreport.json").read_text())["runs"][0]["name"]
        == "a\ud800b"
    )
