"""The command line keeps the contract: exit codes, streams, precedence, and nothing of the user's
is lost.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runs import SAMPLES, seed_rows, write_log_train

VLA, HEALTHY = SAMPLES / "vla_action_head", SAMPLES / "vla_healthy"


def run(
    *arguments: object, cwd: Path | None = None, stdin: bytes | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "lossreport", *map(str, arguments)]
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        cwd=cwd,
        input=stdin,
        env={**os.environ, **environment},
    )


def said(done: subprocess.CompletedProcess[bytes]) -> str:
    return done.stderr.decode()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    write_log_train(folder / "log_train.txt", seed_rows())
    return folder


def test_help_loads_no_heavy_package() -> None:
    code = (
        "import sys\nfrom lossreport.cli import main\ntry: main(['build', '--help'])\nexcept "
        "SystemExit: pass\nprint([name for name in ('pandas', 'matplotlib', 'numpy', 'jinja2') "
        "if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert done.stderr.decode().strip() == "[]"


@pytest.mark.parametrize(
    ("form", "never"),
    [
        (
            "json",
            (
                "pandas",
                "matplotlib",
                "jinja2",
                "yaml",
                "html.parser",
                "fastcrc",
                "lossreport.reading.lines.reader",
            ),
        ),
        ("html", ("pandas", "yaml", "fastcrc", "lossreport.reading.lines.reader")),
    ],
)
def test_a_small_report_loads_only_what_it_needs(
    form: str, never: tuple[str, ...], tmp_path: Path
) -> None:
    table = tmp_path / "metrics.csv"
    table.write_text(
        "epoch,train_loss,val_loss\n"
        + "".join(f"{epoch},{2 / (epoch + 1):.4f},{2.1 / (epoch + 1):.4f}\n" for epoch in range(60))
    )
    code = (
        "import sys\nfrom lossreport.cli import main\n"
        f"try: main(['build', {str(table)!r}, '-f', {form!r}, '-o', "
        f"{str(tmp_path / 'report')!r}, '-q'])\nexcept SystemExit: pass\nprint([name for name in "
        f"{never!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert done.stderr.decode().strip() == "[]"


@pytest.mark.parametrize("form", ["html", "md", "json"])
def test_without_o_the_report_stands_in_the_folder_of_the_logs(form: str, logs: Path) -> None:
    done = run("build", logs, "-f", form)
    assert (done.returncode, done.stdout) == (0, b"")
    assert (logs / f"lossreport.{form}").stat().st_size > 1000


def test_a_second_build_does_not_read_the_first_report(logs: Path) -> None:
    run("build", logs, "-f", "json")
    first = (logs / "lossreport.json").read_bytes()
    run("build", logs, "-f", "md")
    run("build", logs, "-f", "json")
    assert (logs / "lossreport.json").read_bytes() == first


@pytest.mark.parametrize(
    ("name", "start"), [("r.html", b"<!DOCTYPE html>"), ("r.md", b"#"), ("r.json", b"{")]
)
def test_the_ending_of_o_chooses_the_format(
    name: str, start: bytes, logs: Path, tmp_path: Path
) -> None:
    assert run("build", logs, "-o", tmp_path / name).returncode == 0
    assert (tmp_path / name).read_bytes().startswith(start)


def test_on_stdout_stands_the_report_and_nothing_else(logs: Path) -> None:
    done = run("build", logs, "-o", "-", "-f", "json")
    assert json.loads(done.stdout)["schema"] == "lossreport/1"
    assert said(done)


def test_quiet_says_nothing(logs: Path) -> None:
    assert said(run("build", logs, "-o", "-", "-q")) == ""


def test_a_log_comes_from_stdin() -> None:
    done = run(
        "build", "-", "-o", "-", "-f", "json", stdin=(HEALTHY / "log_train.txt").read_bytes()
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["series"]


# -------------------------------------------------------------------------------------- wrong input
def empty(place: Path) -> list[object]:
    return [place]


def no_metric(place: Path) -> list[object]:
    (place / "notes.log").write_text("hello\nworld\n")
    return [place]


def missing(place: Path) -> list[object]:
    return [place / "nowhere"]


def unknown_option(place: Path) -> list[object]:
    return [VLA, "--colour"]


def bad_set(place: Path) -> list[object]:
    return [VLA, "-o", "-", "--set", "vocab_size"]


def bad_parser(place: Path) -> list[object]:
    return [VLA, "-o", "-", "--parser", "*=no_such"]


def into_a_folder(place: Path) -> list[object]:
    return [VLA, "-o", place]


def into_nowhere(place: Path) -> list[object]:
    return [VLA, "-o", place / "no" / "r.html"]


def no_config(place: Path) -> list[object]:
    return [VLA, "-o", "-", "--config", place / "none.toml"]


def bad_config(place: Path) -> list[object]:
    (place / "c.toml").write_text("a = = 1")
    return [VLA, "-o", "-", "--config", place / "c.toml"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (empty, 3, "Check"),
        (no_metric, 3, "notes.log"),
        (missing, 2, "nowhere"),
        (unknown_option, 2, "--colour"),
        (bad_set, 2, "NAME=VALUE"),
        (bad_parser, 2, "no_such"),
        (into_a_folder, 2, "folder"),
        (into_nowhere, 2, "no folder"),
        (no_config, 2, "none.toml"),
        (bad_config, 2, "c.toml"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_wrong_input_has_its_exit_code_and_one_clear_line(
    arguments: Any, code: int, words: str, tmp_path: Path
) -> None:
    done = run("build", *arguments(tmp_path))
    assert done.returncode == code
    assert words in said(done) or code == 3
    assert "Traceback" not in said(done)
    assert done.stdout == b""


def test_a_broken_log_beside_a_good_one_loses_nothing(logs: Path) -> None:
    (logs / "broken.jsonl").write_bytes(b'{"loss": 1\n\x00\xff{{{\n' * 20)
    done = run("build", logs, "-o", "-", "-f", "json")
    assert done.returncode == 0
    data = json.loads(done.stdout)
    assert [source["path"] for source in data["runs"][0]["sources"]] == ["log_train.txt"]
    assert "broken.jsonl" in [skip["path"] for skip in data["runs"][0]["skipped"]]
    assert "broken.jsonl" in run("build", logs, "-o", "-", "-f", "md").stdout.decode()


def test_a_failed_run_leaves_the_old_report(tmp_path: Path) -> None:
    report = tmp_path / "r.html"
    report.write_text("old")
    assert run("build", tmp_path / "nowhere", "-o", report).returncode == 2
    assert report.read_text() == "old"


@pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="needs a folder that nobody can write to: /proc"
)
def test_a_place_that_is_not_writable_is_named(logs: Path) -> None:
    done = run("build", logs, "-o", "/proc/report.html")
    assert done.returncode == 2
    assert "Couldn't write '/proc/report.html'" in said(done)


@pytest.mark.parametrize("name", ["<img src=x onerror=1>", "训练|损失"])
@pytest.mark.parametrize("form", ["html", "md", "json"])
def test_hostile_names_are_read_and_shown(name: str, form: str, tmp_path: Path) -> None:
    write_log_train(
        tmp_path / "log.txt",
        [{f"train_{name}": 2.0 - epoch / 20, "epoch": epoch} for epoch in range(15)],
    )
    done = run("build", tmp_path, "-o", "-", "-f", form)
    assert done.returncode == 0
    assert b"<img src=x" not in done.stdout.replace(b'"<img', b"") or form != "html"


# ----------------------------------------------------------------- gate, precedence, other commands
@pytest.mark.parametrize(("limit", "code"), [("high", 4), ("critical", 0)])
def test_fail_on_writes_the_report_and_exits_with_four(
    limit: str, code: int, tmp_path: Path
) -> None:
    done = run("build", VLA, "-o", tmp_path / "r.md", "--fail-on", limit)
    assert done.returncode == code
    assert (tmp_path / "r.md").is_file()


def fact(data: dict[str, Any], name: str) -> Any:
    return next((one["value"] for one in data["runs"][0]["facts"] if one["name"] == name), None)


def test_the_command_line_wins_over_the_environment_over_the_file(logs: Path) -> None:
    (logs / "lossreport.toml").write_text(
        'vocab_size = 100\ntitle = "from the file"\nlang = "zh"\n'
    )
    by_file = run("build", logs, "-o", "-", "-f", "json")
    assert fact(json.loads(by_file.stdout), "vocab_size") == 100
    by_line = run("build", logs, "-o", "-", "-f", "json", "--set", "vocab_size=200")
    assert fact(json.loads(by_line.stdout), "vocab_size") == 200
    assert "from the file" in run("build", logs, "-o", "-", "-f", "md").stdout.decode()
    in_environment = run(
        "build", logs, "-o", "-", "-f", "md", LOSSREPORT_BUILD_TITLE="from the environment"
    )
    assert "from the environment" in in_environment.stdout.decode()
    both = run(
        "build",
        logs,
        "-o",
        "-",
        "-f",
        "md",
        "--title",
        "from the line",
        LOSSREPORT_BUILD_TITLE="from the environment",
    )
    assert "from the line" in both.stdout.decode()


def test_ignored_files_are_not_read() -> None:
    done = run("build", VLA, "-o", "-", "-f", "json", "--ignore", "output.log")
    assert sorted(source["path"] for source in json.loads(done.stdout)["runs"][0]["sources"]) == [
        "args.json",
        "log_train.txt",
    ]


def test_formats_lists_what_is_known_and_explains_files() -> None:
    assert "metriclogger_jsonl" in run("formats").stdout.decode()
    told = run("formats", VLA).stdout.decode()
    assert "log_train.txt: metriclogger_jsonl" in told


def test_formats_of_a_folder_without_logs_exits_with_three(tmp_path: Path) -> None:
    assert run("formats", tmp_path).returncode == 3


def test_schema_is_json() -> None:
    assert json.loads(run("schema").stdout)["$schema"]


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}])
def test_colour_is_as_the_environment_says(variables: dict[str, str], tmp_path: Path) -> None:
    assert ("\x1b[" in said(run("build", tmp_path / "no", **variables))) is (
        "FORCE_COLOR" in variables
    )


def test_a_closed_pipe_is_no_error() -> None:
    command = (
        f"{sys.executable} -m lossreport build {VLA} -o - -q | head -c 100 >/dev/null; echo "
        f"${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", command], check=True, capture_output=True)
    assert (done.stdout, done.stderr) == (b"0\n", b"")
