"""A log that grows is followed: written again when it holds other bytes, never otherwise, until the
run has ended or the user stops it.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lossreport
from lossreport import api
from lossreport.analysis.detector import kinds
from lossreport.console.following import QUIET, Seen, changes, follow
from lossreport.console.sample import lines
from lossreport.errors import MissingPathError, UsageError
from lossreport.text import Lang, Text
from lossreport.words import AXES

LINES = list(lines())


class Run:
    """A log that grows by one step of a script at every look, and a count of the reports
    written.
    """

    def __init__(self, folder: Path, script: list[Callable[[Path], None] | None]) -> None:
        self.log, self.script, self.built, self.slept = folder / "train.log", iter(script), 0, 0.0
        self._analysis: Any = None

    def write(self) -> Any:
        self.built += 1
        self._analysis = lossreport.analyze(lossreport.read_runs([self.log.parent]))
        return self._analysis

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        step = next(self.script, KeyboardInterrupt)
        if step is KeyboardInterrupt:
            raise KeyboardInterrupt
        if step is not None:
            step(self.log)  # type: ignore[operator]


def up_to(count: int) -> Callable[[Path], None]:
    def grown(log: Path) -> None:
        log.write_text("\n".join(LINES[:count]) + "\n")

    return grown


def touched(log: Path) -> None:
    os.utime(log, (1, next(TIMES)))


TIMES = itertools.count(1000)


@pytest.fixture
def heard(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    return lambda: [line[9:] for line in capsys.readouterr().err.splitlines()]


def test_it_ends_when_the_run_has_ended_and_stands_still(
    tmp_path: Path, heard: Callable[[], list[str]]
) -> None:
    run = Run(tmp_path, [up_to(200), None, None, up_to(len(LINES)), *[None] * 99])
    up_to(60)(run.log)
    assert follow([str(tmp_path)], run.write, "en", sleep=run.sleep) is False
    assert run.built == 3
    assert run.slept >= QUIET
    first, second, third = heard()
    assert first == "val/loss 4.796 at step 400, insufficient data"
    assert second.startswith("140 more rows, val/loss 4.796 → ")
    assert "at step 1800" in second
    assert "new: spike" in second
    assert "overfitting" in third


def test_nothing_is_written_while_nothing_has_changed(tmp_path: Path) -> None:
    run = Run(tmp_path, [None, touched, None, touched, None])
    up_to(60)(run.log)
    assert follow([str(tmp_path)], run.write, "en", sleep=run.sleep) is True
    assert run.built == 1


def test_its_own_report_is_no_change(tmp_path: Path) -> None:
    target = tmp_path / "report.json"

    def write() -> Any:
        run.built += 1
        return api.build([tmp_path], target, ignore=["report.json"])

    run = Run(tmp_path, [None, None, None])
    up_to(60)(run.log)
    follow([str(tmp_path)], write, "en", output=str(target), sleep=run.sleep)
    assert (run.built, target.is_file()) == (1, True)


def test_a_log_without_numbers_is_waited_for(
    tmp_path: Path, heard: Callable[[], list[str]]
) -> None:
    run = Run(tmp_path, [up_to(60), None])
    run.log.write_text("loading the data\n")
    assert follow([str(tmp_path)], run.write, "zh", sleep=run.sleep) is True
    assert heard() == ["日志里还没有数值，继续等待", "val/loss 4.796（step 400）、数据不足"]


def test_stopped_before_there_is_a_report_it_is_an_interruption(tmp_path: Path) -> None:
    run = Run(tmp_path, [])
    run.log.write_text("loading the data\n")
    with pytest.raises(KeyboardInterrupt):
        follow([str(tmp_path)], run.write, "en", sleep=run.sleep)


def test_a_log_that_was_begun_anew_keeps_the_report_and_is_waited_for(
    tmp_path: Path, heard: Callable[[], list[str]]
) -> None:
    run = Run(tmp_path, [lambda log: log.unlink(), None, up_to(80), None])
    up_to(60)(run.log)
    assert follow([str(tmp_path)], run.write, "en", sleep=run.sleep) is True
    assert [line.split(",")[0] for line in heard()] == [
        "val/loss 4.796 at step 400",
        "no numbers in the logs yet: waiting",
        "20 more rows",
    ]


def test_quiet_says_nothing(tmp_path: Path, heard: Callable[[], list[str]]) -> None:
    run = Run(tmp_path, [up_to(80), None])
    up_to(60)(run.log)
    follow([str(tmp_path)], run.write, "en", quiet=True, sleep=run.sleep)
    assert heard() == []


def test_a_report_takes_a_fifth_of_a_core_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    run = Run(tmp_path, [None])
    up_to(60)(run.log)

    def write() -> Any:
        now[0] += 3.0
        return run.write()

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    follow([str(tmp_path)], write, "en", sleep=run.sleep)
    assert run.slept == pytest.approx(2 * 4 * 3.0)


@pytest.mark.parametrize(("path", "output"), [("-", None), ("s3://bucket/run", None), (".", "-")])
def test_what_cannot_be_followed_is_refused(path: str, output: str | None) -> None:
    with pytest.raises(UsageError, match="--watch cannot"):
        follow([path], lambda: pytest.fail("nothing is read"), "en", output=output)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError):
        follow([str(tmp_path / "no")], lambda: pytest.fail("nothing is read"), "en")


# --------------------------------------------------------------------------------- what has changed
def seen(
    rows: int = 10, value: float = 2.0, x: float = 5, state: str = "flat", **found: str
) -> Seen:
    name = Text(zh=state, en=state)
    return Seen(
        rows=rows,
        goal="loss",
        value=value,
        axis=AXES["step"],
        x=x,
        state=name,
        found=tuple((k, kinds()[v]) for k, v in found.items()),
    )


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (None, seen(), ["loss 2 at step 5", "flat"]),
        (seen(), seen(), ["the files changed, no number did"]),
        (seen(value=float("nan")), seen(value=float("nan")), ["the files changed, no number did"]),
        (seen(), seen(rows=12, value=1.5, x=7), ["2 more rows", "loss 2 → 1.5 at step 7"]),
        (seen(), seen(rows=4), ["numbers were rewritten"]),
        (seen(), seen(state="rising"), ["rising"]),
        (seen(a="spike"), seen(a="spike", b="spike", c="spike"), ["new: spike"]),
        (seen(a="spike"), seen(), ["findings that no longer hold: 1"]),
    ],
)
def test_what_has_changed_is_said_and_nothing_else(
    before: Seen | None, now: Seen, said: list[str]
) -> None:
    lang: Lang = "en"
    assert [one.plain(lang) for one in changes(before, now)] == said


# -------------------------------------------------------------------------------------- the command
def test_ctrl_c_ends_it_with_130_and_the_report_kept(tmp_path: Path) -> None:
    up_to(60)(tmp_path / "train.log")
    command = [sys.executable, "-m", "lossreport", "build", str(tmp_path), "--watch"]
    default = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731 - a shell's background job ignores it, and so would its child
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, preexec_fn=default
    ) as process:
        assert process.stderr is not None
        assert "insufficient data" in process.stderr.readline()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert rest.endswith(f"Report: {tmp_path / 'lossreport.html'}\n")
    assert (tmp_path / "lossreport.html").stat().st_size > 10_000
