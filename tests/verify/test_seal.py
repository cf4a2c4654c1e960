"""A stored report tells what was edited in it, and nothing of a report that was not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lossreport import api
from lossreport.verify.verify import Difference, verify
from runs import SAMPLES, seed_rows, write_log_train

VLA = SAMPLES / "vla_action_head"
REPORTS = Path(__file__).parents[1] / "store" / "reports"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    target = tmp_path_factory.mktemp("seal") / "r.html"
    api.build([VLA], target)
    return target.read_text(encoding="utf-8")


def differences(text: str, place: Path, *paths: Path) -> tuple[Difference, ...]:
    file = place / "edited.html"
    file.write_text(text, encoding="utf-8")
    return verify(file, paths).differences


def test_a_report_as_it_was_written_has_no_difference(page: str, tmp_path: Path) -> None:
    assert differences(page, tmp_path, VLA) == ()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nor_has_one_in_a_single_language_with_its_logs_inside(lang: str, tmp_path: Path) -> None:
    api.build([VLA], tmp_path / "r.html", lang=lang, embed_logs=True)  # type: ignore[arg-type]
    checked = verify(tmp_path / "r.html", [VLA])
    assert (checked.differences, checked.remarks) == ((), ())


@pytest.mark.parametrize(
    ("before", "after", "element"),
    [
        (": 95.19, 38×", ": 94.19, 38×", "sentence"),
        ("<td>37.74<td>", "<td>3.774<td>", "cell 2"),
        ("Not complete (12 of 20 epochs)", "Not complete (12 of 30 epochs)", "sentence"),
    ],
)  # fmt: skip
def test_an_edit_is_named_with_its_line_and_what_stood_there(
    before: str, after: str, element: str, page: str, tmp_path: Path
) -> None:
    edited = page.replace(before, after, 1)
    line = page[: page.index(before)].count("\n") + 1
    found = differences(edited, tmp_path)
    assert [one.line for one in found] == [line]
    assert element in found[0].what
    assert re.sub(r"<[^>]*>|[<>]", "", before) in str(found[0].expected)
    assert re.sub(r"<[^>]*>|[<>]", "", after) in str(found[0].found)


def test_a_sentence_taken_out_and_one_put_in_are_told(page: str, tmp_path: Path) -> None:
    sentence = "<p>invented</p>\n<h2>"
    found = differences(page.replace("<h2>", sentence, 1), tmp_path)
    assert ("invented", True) in [(one.found, "put in" in one.what) for one in found]
    heading = re.search(r'<p lang="en">within rounding, the 95.19 at .*?</p>', page)
    assert heading is not None
    assert any(
        "taken out" in one.what for one in differences(page.replace(heading[0], "", 1), tmp_path)
    )


def test_a_colour_a_drawing_and_a_number_of_the_data_count_as_edits(
    page: str, tmp_path: Path
) -> None:
    assert (
        "markup"
        in differences(page.replace("callout tone-high", "callout tone-good", 1), tmp_path)[0].what
    )
    assert "markup" in differences(re.sub(r' d="m', ' d="m1 1m', page, count=1), tmp_path)[0].what
    data = page.index("lossreport-data")
    edited = page[:data] + page[data:].replace('"state":"mixed"', '"state":"converged"', 1)
    assert [one.what for one in differences(edited, tmp_path)] == ["JSON data, 'runs'"]


def test_who_edits_the_seal_too_is_found_out_by_the_logs(page: str, tmp_path: Path) -> None:
    from lossreport.render.seal import sealed

    bare = re.sub(r'<script type="application/json" id="lossreport-seal">.*?</script>\n', "", page)
    forged = sealed(bare.replace("95.19", "9.519"))
    assert differences(forged, tmp_path) == ()
    assert any(
        "max value" in one.what and one.expected == "95.19"
        for one in differences(forged, tmp_path, VLA)
    )
    api.build([VLA], tmp_path / "full.html", embed_logs=True)
    full = (tmp_path / "full.html").read_text(encoding="utf-8")
    bare = re.sub(r'<script type="application/json" id="lossreport-seal">.*?</script>\n', "", full)
    logs = bare.index('<script type="application/json" id="lossreport-log-1"')
    forged = sealed(bare[:logs].replace(": 95.19, 38×", ": 9.519, 38×", 1) + bare[logs:])
    found = differences(forged, tmp_path)
    assert found
    assert all(": 95.19, " in str(one.expected) for one in found)


def test_logs_that_changed_are_named_by_key_and_number(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    write_log_train(logs / "log_train.txt", seed_rows())
    api.build([logs], tmp_path / "r.html")
    write_log_train(
        logs / "log_train.txt",
        [{**row, "train_closs": 5.0} if row["epoch"] == 7 else row for row in seed_rows()],
    )
    told = {
        one.what: (one.expected, one.found)
        for one in verify(tmp_path / "r.html", [logs]).differences
    }
    assert told["logs no longer bear train/closs@log_train.txt:epoch_mean max value"] == (
        "37.74",
        "95.19",
    )
    assert any(
        key.startswith("logs no longer bear spike:") and value[0] is None
        for key, value in told.items()
    )


def test_another_version_is_said_and_its_text_left_alone(page: str, tmp_path: Path) -> None:
    file = tmp_path / "old.html"
    data = page.index("lossreport-data")
    file.write_text(
        page[:data] + page[data:].replace('"version":"', '"version":"0.0.', 1), encoding="utf-8"
    )
    assert any("written by 0.0." in remark for remark in verify(file).remarks)


def test_a_report_without_a_seal_is_held_against_its_data(tmp_path: Path) -> None:
    old = (REPORTS / "0.1.0-unsealed.html").read_text(encoding="utf-8")
    assert differences(old, tmp_path) == ()
    sentence = re.search(r"Over the last (\d) rows", old)
    assert sentence is not None
    assert differences(old.replace(sentence[0], "Over the last 9 rows", 1), tmp_path)


def test_the_command_exits_with_4_at_a_difference_and_3_where_there_is_no_report(
    page: str, tmp_path: Path
) -> None:
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    (tmp_path / "b.html").write_text(page.replace(": 95.19, 38×", ": 95.18, 38×"), encoding="utf-8")
    (tmp_path / "c.html").write_text("<html></html>", encoding="utf-8")
    codes = [
        subprocess.run(
            [sys.executable, "-m", "lossreport", "verify", tmp_path / name],
            check=False,
            capture_output=True,
        ).returncode
        for name in ("a.html", "b.html", "c.html", "d.html")
    ]
    assert codes == [0, 4, 3, 2]


# ----------------------------------------------------------------------------------- the same bytes
def built(source: Path, place: Path, **environment: str) -> bytes:
    target = place / "r.html"
    command = [
        sys.executable,
        "-m",
        "lossreport",
        "build",
        str(source),
        "-q",
        "--embed-logs",
        "-o",
        str(target),
    ]
    subprocess.run(command, check=True, env={**os.environ, **environment}, cwd=place)
    return target.read_bytes()


def test_the_same_logs_give_the_same_bytes_whatever_surrounds_them(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "run", tmp_path / "b" / "deeper" / "run"
    logs = {
        "log_train.txt": "log_train.txt",
        "log_eval_ind.txt": "log_eval_ind.txt",
        "args.json": "args.json",
    }
    for folder, names in ((first, list(logs)), (second, list(reversed(logs)))):
        folder.mkdir(parents=True)
        for name in names:
            # the order in which files were made is the order some file systems list them in
            shutil.copyfile(SAMPLES / "vla_healthy" / name, folder / name)
    one = built(first, tmp_path, PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C")
    two = built(
        second,
        tmp_path / "b",
        PYTHONHASHSEED="2",
        TZ="Asia/Shanghai",
        LC_ALL="C.UTF-8",
        LANG="zh_CN.UTF-8",
    )
    assert one == two
