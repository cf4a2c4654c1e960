"""A terminal is told the answer in 15 lines, in colour only where that is wanted, and how far the
work is where it takes long.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import lossreport
from lossreport import progress
from lossreport.console import saying
from lossreport.console.sample import write_sample
from lossreport.model.report import (
    Band,
    Callout,
    Chart,
    Curve,
    FindingList,
    LineChart,
    Prose,
    Report,
    Steps,
    Table,
)
from lossreport.model.run import frozen_floats
from lossreport.render.sparkline import brief_lines
from lossreport.render.to_terminal import LINES, clipped, columns, to_terminal, wrapped
from lossreport.text import Lang, Phrase, Text
from runs import SAMPLES, make_run, make_series

COLOUR = "\x1b["


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("demo") / "run"
    write_sample(place)
    return place


@pytest.fixture(scope="module")
def report(sample: Path) -> Report:
    return lossreport.compose(lossreport.analyze(lossreport.read_runs([sample])))


@pytest.fixture(scope="module")
def sick() -> Report:
    return lossreport.compose(
        lossreport.analyze(lossreport.read_runs([SAMPLES / "vla_action_head"]))
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


# --------------------------------------------------------------------------------------- the answer
@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("which", ["report", "sick"])
def test_the_answer_has_at_most_15_lines_none_wider_than_the_terminal(
    which: str, lang: Lang, width: int, request: pytest.FixtureRequest
) -> None:
    lines = to_terminal(
        request.getfixturevalue(which), lang, width=width, last="Report: x"
    ).splitlines()
    assert 5 <= len(lines) <= LINES
    assert lines[-1] == "Report: x"
    assert all(columns(line) <= max(width, 40) for line in lines)


@pytest.mark.parametrize("width", [40, 50, 60])
def test_on_a_narrow_terminal_an_event_keeps_its_file_and_line(width: int) -> None:
    y = [3.0, 2.0, 1.5, 1.2, float("nan"), float("nan")]
    report = lossreport.compose(
        lossreport.analyze(
            replace(make_run([make_series(y)]), name="a name that is longer than any terminal " * 3)
        )
    )
    first, *lines = to_terminal(report, "en", width=width).splitlines()
    assert columns(first) <= width
    (event,) = [line for line in lines if line.startswith("  ①")]
    assert event.endswith(("log_train.txt:5", "(log_train.txt:5)"))
    assert columns(event) <= width


def test_it_says_outcome_goal_findings_with_places_checkpoint_and_what_to_do(
    report: Report,
) -> None:
    said = to_terminal(report, "en", width=100)
    lines = said.splitlines()
    assert lines[0] == "◆ overfitting · run"
    assert lines[1].startswith("  Finished. The run overfits")
    assert re.search(
        r"^  val/loss [▁-█]+②[▁-█]+①[▁-█]+ 5\.6\d+ → 2\.3\d+ nats \(step 200 to 4000\)$",
        said,
        re.MULTILINE,
    )
    assert re.search(
        r"^  ② ◆ high · spike · loss 5\.\d+ nats at step 1730 \(train\.log:181\)$",
        said,
        re.MULTILINE,
    )
    assert re.search(
        r"^  Checkpoint to use \(by validation loss\): val/loss 1\.77 nats at step 2800$",
        said,
        re.MULTILINE,
    )
    assert re.search(r"^  → Use the checkpoint where the validation was best", said, re.MULTILINE)
    assert COLOUR not in said


def test_page_ticket_and_terminal_are_made_of_the_same_blocks(report: Report) -> None:
    page = report.sections[0].blocks
    kinds = {type(block) for block in page}
    assert (
        {type(block) for block in report.short}
        == {Callout, Chart, FindingList, Prose, Steps}
        <= kinds
    )
    (verdict,) = [block for block in report.short if isinstance(block, Callout)]
    (whole,) = [block for block in page if isinstance(block, Callout)]
    assert (verdict.title, verdict.body[0], verdict.tone) == (
        whole.title,
        whole.body[0],
        whole.tone,
    )
    short, steps = (
        next(block for block in blocks if isinstance(block, Steps)).steps
        for blocks in (report.short, page)
    )
    assert short == steps[:2]


def test_colour_marks_the_verdict_the_events_and_nothing_else(report: Report) -> None:
    plain, drawn = (to_terminal(report, "en", colour=colour) for colour in (False, True))
    assert re.sub(r"\x1b\[[\d;]*m", "", drawn) == plain
    assert drawn.startswith("\x1b[1;33m◆ overfitting\x1b[0m · run")
    assert "\x1b[1;33m①\x1b[0m" in drawn


def test_of_several_runs_each_has_a_line_and_the_gravest_stay() -> None:
    runs = []
    for number in range(1, 14):
        y = [3.0, 2.0, float("nan"), float("nan")] if number == 13 else [3.0, 2.0, 1.5, 1.2]
        series = replace(make_series(y), run=f"r{number}", id=f"m{number}", source=f"s{number}")
        runs.append(replace(make_run([series]), id=f"r{number}", name=f"run {number}"))
    report = lossreport.compose(lossreport.analyze(runs))
    (table,) = [block for block in report.short if isinstance(block, Table)]
    assert len(table.rows) == 10
    lines = to_terminal(report, "en", last="Report: x").splitlines()
    assert len(lines) <= LINES
    assert lines[0] == "▲ 13 runs: 1 broken, 12 insufficient data"
    assert "  ▲ r13 · run 13 · broken · findings to look at: 1" in lines
    assert "  Listed are the 10 with the gravest verdicts." in lines
    assert any(line.endswith("r1 · run 1 · insufficient data") for line in lines)


def test_a_hostile_name_moves_no_cursor() -> None:
    report = lossreport.compose(
        lossreport.analyze(make_run([make_series([3.0, 2.0, 1.0, 0.9], name="a\x1b[2Jb")]))
    )
    assert "\x1b" not in to_terminal(report, "en")


# -------------------------------------------------------------------------------------------- lines
@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 8, ["one two", "three"]),
        ("训练已结束，没有问题。", 10, ["训练已结", "束，没有问", "题。"]),
        ("见（log.txt）即可", 6, ["见", "（log.", "txt）", "即可"]),
        ("/a/very/long/path", 6, ["/a/ver", "y/long", "/path"]),
    ],
)
def test_lines_break_between_words_and_no_mark_stands_alone(
    text: str, width: int, lines: list[str]
) -> None:
    assert list(wrapped(text, width, 9)) == lines


@pytest.mark.parametrize(("most", "last"), [(1, "one …"), (2, "three"), (3, "three")])
def test_what_does_not_fit_is_marked(most: int, last: str) -> None:
    assert list(wrapped("one two three", 8, most))[-1] == last
    assert clipped("训练已结束", 8) == "训练已 …"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("One two three. Four five six. Seven eight.", ["One two three.", "Four five six. …"]),
        ("One. Two three four five six seven eight nine", ["One. Two three", "four five six …"]),
        ("训练已结束。没有问题。可以使用。继续", ["训练已结束。没有", "问题。 …"]),
    ],
)
def test_a_longer_text_ends_with_a_whole_sentence_where_half_of_the_room_is_filled(
    text: str, lines: list[str]
) -> None:
    assert list(wrapped(text, 16, 2)) == lines


def test_a_long_path_gives_way_at_its_beginning(report: Report) -> None:
    (events,) = [block for block in report.short if isinstance(block, FindingList)]
    finding = events.findings[0]
    long = f"tb/{'x' * 60}/events.out.tfevents:181"
    moved = replace(
        finding, text=Phrase(text=finding.text.text, values={**finding.text.values, "place": long})
    )
    lines = to_terminal(
        replace(report, short=(replace(events, findings=(moved,)),)), "en"
    ).splitlines()
    assert lines[0].endswith(".tfevents:181)")
    assert "…" in lines[0]
    assert columns(lines[0]) == 80


def test_a_short_line_keeps_the_place_before_severity_and_kind(sick: Report) -> None:
    (events,) = [block for block in sick.short if isinstance(block, FindingList)]
    wide, narrow = (
        to_terminal(replace(sick, short=(events,)), "en", width=width).splitlines()[0]
        for width in (100, 70)
    )
    assert (
        wide == "  ① ◆ high · mixed cross-rank reduction (suspected) · closs, epoch 0 to 11 "
        "(log_train.txt:1)"
    )
    assert narrow == "  ① ◆ mixed cross-rank … · closs, epoch 0 to 11 (log_train.txt:1)"


def test_a_long_name_of_a_run_gives_way_to_its_verdict() -> None:
    runs = [
        replace(
            make_run([replace(make_series([3.0, 2.0, 1.0]), run=f"r{n}", id=f"m{n}")]),
            id=f"r{n}",
            name=f"{n}_{'x' * 200}",
        )
        for n in (1, 2)
    ]
    lines = to_terminal(lossreport.compose(lossreport.analyze(runs)), "en").splitlines()
    (line,) = [one for one in lines if "r1 · " in one]
    assert re.fullmatch(r"  ○ r1 · 1_x{40,}… · insufficient data", line)
    assert columns(line) == 80


def test_a_picture_of_another_metric_is_left_out() -> None:
    nothing, rate = make_series([float("nan")] * 20), make_series([0.1] * 20, name="lr", id="m2")
    report = lossreport.compose(lossreport.analyze(make_run([nothing, rate])))
    assert [block for block in report.short if isinstance(block, Chart)] == []


def test_width_is_counted_as_a_terminal_does() -> None:
    assert (columns("ab"), columns("训练"), columns("e\u0301")) == (2, 4, 1)


def chart(y: list[float], *bands: float, scale: str = "linear") -> Chart:
    x = frozen_floats(list(range(len(y))))
    marks = tuple(
        Band(first=at, last=at, label="①②③"[n], severity=lossreport.model.analysis.Severity.HIGH)
        for n, at in enumerate(bands)
    )  # type: ignore[attr-defined]
    spec = LineChart(
        id="x",
        curves=(Curve(name="loss", x=x, y=frozen_floats(y)),),
        bands=marks,
        scale=scale,
        x_title="step",
    )  # type: ignore[arg-type]
    return Chart(
        title=Text(zh="{metric}", en="{metric}")(metric="loss"),
        alternative=Text(zh="图", en="x")(),
        spec=spec,
        brief=True,
    )


@pytest.mark.parametrize(
    ("y", "bands", "scale", "shape"),
    [
        ([1, 2, 3, 4], (), "linear", "▁▃▆█"),
        ([1, 2, 3, 4], (2.0,), "linear", "▁▃①▆█"),
        ([1, 2, 3, 4], (2.0, 2.0), "linear", "▁▃①②▆█"),
        ([1, 2, 3, 4], (9.0,), "linear", "▁▃▆①█"),
        ([1, 10, 100, 1000], (), "log", "▁▃▆█"),
        ([0, 10, 100, 1000], (), "log", "·▁▅█"),
        ([float("nan"), 2.0, 1.0], (0.0,), "linear", "①·█▁"),
    ],
)
def test_the_line_has_the_shape_and_the_events_where_they_begin(
    y: list[float], bands: tuple[float, ...], scale: str, shape: str
) -> None:
    (line,) = brief_lines(chart(y, *bands, scale=scale))
    assert line.plain("en").split(" ")[1] == shape


# ------------------------------------------------------------------------------------------- colour
@pytest.mark.parametrize(
    ("variables", "terminal", "wanted"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, True),
    ],
)
def test_colour_is_for_terminals_and_as_the_environment_says(
    variables: dict[str, str], terminal: bool, wanted: bool, bare: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        bare.setenv(name, value)
    assert saying.coloured(Terminal() if terminal else io.StringIO()) is wanted


# ----------------------------------------------------------------------------------------- progress
@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(saying.time, "monotonic", lambda: now[0])
    return now


def heard(
    stream: io.StringIO,
    clock: list[float],
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    *,
    quiet: bool = False,
) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    with saying.progress_bar("en", quiet=quiet):
        progress.begin("reading", 4)
        clock[0] += seconds
        progress.advance(1)
    return stream.getvalue()


@pytest.mark.parametrize(("seconds", "drawn"), [(0.99, False), (1.0, True)])
def test_a_bar_appears_after_a_second_and_is_gone_in_the_end(
    seconds: float, drawn: bool, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = heard(Terminal(), clock, monkeypatch, seconds)
    assert ("reading ██████░░░░░░░░░░░░░░░░░░  25%" in text) is drawn
    assert text.endswith(saying.CLEAR) is drawn


def test_no_bar_where_there_is_no_terminal_or_quiet_is_wanted(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert heard(io.StringIO(), clock, monkeypatch, 9.0) == ""
    assert heard(Terminal(), clock, monkeypatch, 9.0, quiet=True) == ""


def test_the_bar_is_drawn_at_most_ten_times_a_second(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with saying.progress_bar("zh", quiet=False):
        progress.begin("analysing", 1000)
        clock[0] = 5.0
        for _ in range(50):
            progress.advance(1)
            clock[0] += 0.01
    assert 4 <= stream.getvalue().count("分析") <= 6


def test_reading_and_analysing_tell_how_far_they_are(sample: Path) -> None:
    told: dict[str, list[float]] = {}
    with progress.heard_by(lambda stage, share: told.setdefault(stage, []).append(share)):
        lossreport.analyze(lossreport.read_runs([sample]))
    assert list(told) == ["reading", "analysing", "checking"]
    assert all(
        shares == sorted(shares) and shares[0] == 0 and shares[-1] == pytest.approx(1.0, abs=0.01)
        for shares in told.values()
    )
    assert len(told["analysing"]) > 10


# ------------------------------------------------------------------------------------- the commands
def command(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lossreport", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
    )


@pytest.fixture(scope="module")
def built(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    target = tmp_path_factory.mktemp("out") / "r.html"
    return target, command("build", sample, "-o", target).stderr


def test_build_ends_with_the_answer_and_the_place_of_the_report(built: tuple[Path, str]) -> None:
    target, said = built
    assert said.startswith("◆ overfitting · run\n")
    assert said.endswith(f"Report: {target}\n")
    assert len(said.splitlines()) <= LINES


def test_show_prints_the_same_without_writing_a_file(sample: Path, built: tuple[Path, str]) -> None:
    before = sorted(sample.iterdir())
    done = command("show", sample)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "".join(built[1].splitlines(keepends=True)[:-1])
    assert sorted(sample.iterdir()) == before


def test_show_reads_a_report_made_earlier(built: tuple[Path, str]) -> None:
    lines = command("show", built[0]).stdout.splitlines()
    assert _without_curves(lines) == _without_curves(built[1].splitlines()[:-1])


def _without_curves(lines: list[str]) -> list[str]:
    """Return lines without the bars of curves, which a report has of fewer points: names, ends and
    places stay.
    """
    return [re.sub(r"[▁▂▃▄▅▆▇█①-⑤]+", "▁", line) for line in lines]


@pytest.mark.parametrize("option", ["--set=vocab_size=5", "--ignore=*.txt", "--run=r1"])
def test_what_is_for_logs_is_refused_for_a_report(built: tuple[Path, str], option: str) -> None:
    done = command("show", built[0], option)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{option.split('=')[0]} is for logs" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no shell that closes a stream")
@pytest.mark.parametrize(
    ("closed", "code"), [("2>&-", 0), (">&-", 0)], ids=["no stderr", "no stdout"]
)
def test_a_closed_stream_costs_no_report(
    sample: Path, tmp_path: Path, closed: str, code: int
) -> None:
    line = (
        f'"{sys.executable}" -m lossreport build -q "{sample}" -o "{tmp_path / "q.html"}" {closed}'
    )
    assert subprocess.run(line, shell=True, check=False).returncode == code
    assert (tmp_path / "q.html").is_file()


def test_the_terminal_speaks_chinese_where_the_report_is_chinese_alone(
    sample: Path, tmp_path: Path
) -> None:
    said = command("build", sample, "-o", tmp_path / "r.json", "--lang", "zh").stderr
    assert said.startswith("◆ 过拟合 · run\n")
    assert said.endswith(f"报告：{tmp_path / 'r.json'}\n")


def test_unreadable_files_are_named_up_to_three(sample: Path, tmp_path: Path) -> None:
    (tmp_path / "train.log").write_bytes((sample / "train.log").read_bytes())
    for number in range(5):
        (tmp_path / f"evaluations-{number}.npz").write_bytes(
            b"PK\x03\x04" + bytes(26) + b"timesteps.npy torn"
        )
    said = command("build", tmp_path, "-o", "-", "-f", "json")
    skips = [line for line in said.stderr.splitlines() if line.startswith("skipped")]
    told = [one for one in json.loads(said.stdout)["runs"][0]["skipped"] if one["code"] == "log"]
    assert (len(told), len(skips)) == (5, 4)
    assert skips[-1] == "skipped 2 more files (-v names them)"
