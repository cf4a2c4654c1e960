"""Settings beside the logs came with them, and anybody may have written them: what they hold is
used, or refused in words.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lossreport
from lossreport.errors import ConfigError, LossreportError

DEEP = "[" * 100_000
REFUSED = {
    "deep": f"a = {DEEP}",
    "deep and closed": f"a = {'[' * 150}{']' * 150}",
    "digits": f"lr = {'9' * 5000}",
    "latin": 'title = "\xff"',
    "no table": "threshold = 5",
    "a link": 'link = "javascript:x"',
}


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "log.csv").write_text("epoch,loss\n1,3\n2,2\n3,1\n")
    return tmp_path


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_settings_that_cannot_be_used_are_refused_in_words(text: str, logs: Path) -> None:
    (logs / "lossreport.toml").write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError):
        lossreport.build([logs])


def test_values_that_no_report_can_hold_are_their_text(logs: Path) -> None:
    (logs / "lossreport.toml").write_text(
        f"day = 1979-05-27T07:32:00Z\nmost = inf\nmany = {'9' * 400}\nrow = [1, [2, 3], "
        f"1979-05-27]\n"
    )
    for form in ("html", "json", "md"):
        analysis = lossreport.build([logs], logs / f"a.{form}", format=form)  # type: ignore[arg-type]
    found = {fact.name: fact.value for fact in analysis.runs[0].facts}
    assert found["day"] == "1979-05-27 07:32:00+00:00"
    assert (found["most"], found["many"]) == ("inf", "inf")
    assert found["row"] == (1, "(2, 3)", "1979-05-27")


@pytest.mark.parametrize("project", ["tool = 5", "[tool]\nlossreport = 5", f"a = {DEEP}"])
def test_a_project_file_of_another_form_is_no_traceback(
    project: str, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(logs)
    (logs / "pyproject.toml").write_text(project)
    try:
        lossreport.build([logs])
    except LossreportError:
        assert "[[[" in project


GOOD = {
    "metric_type": "generic",
    "name": "loss",
    "split": "train",
    "n": 5,
    "median": 1.0,
    "low": 0.5,
    "high": 2.0,
    "days": ["2026-01-01"],
}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("odd", [None, [], {}, "x", 1e400, 10**400])
def test_reference_ranges_of_another_form_are_refused_in_words(
    name: str, odd: object, logs: Path
) -> None:
    (logs / "ranges.json").write_text(json.dumps({"ranges": [GOOD | {name: odd}]}))
    try:
        lossreport.build([logs], references=logs / "ranges.json")
    except ConfigError:
        return
    assert isinstance(odd, str) or (name == "days" and odd in ([], {}))


def test_reference_ranges_without_an_end_of_brackets_are_refused_in_words(logs: Path) -> None:
    (logs / "ranges.json").write_text(f'{{"ranges": {DEEP}')
    with pytest.raises(ConfigError):
        lossreport.build([logs], references=logs / "ranges.json")
