"""A ticket says the verdict in one line, fits its place whatever it is made of, and a diff says
only what changed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import lossreport
from lossreport import api
from lossreport.errors import MissingPathError, ReportError
from lossreport.model.analysis import Analysis, Finding, Severity, State, Verdict
from lossreport.model.report import Prose
from lossreport.model.run import Run
from lossreport.render.fitting import PLACES
from lossreport.render.from_json import from_dict
from lossreport.render.to_markdown import to_markdown
from lossreport.store.changes import changes, pairs
from lossreport.store.stored import read_report
from lossreport.store.told import is_report, report_of
from lossreport.text import Text
from lossreport.tickets.ticket import ticket
from runs import SAMPLES, make_finding

VLA, HEALTHY = SAMPLES / "vla_action_head", SAMPLES / "vla_healthy"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("reports")
    for name in ("vla.html", "vla.json"):
        api.build([VLA], place / name)
    api.build([HEALTHY], place / "healthy.json")
    return place


@pytest.mark.parametrize("source", ["vla.html", "vla.json", "logs"])
@pytest.mark.parametrize("place", PLACES)
def test_a_body_fits_whatever_it_is_made_of(place: str, source: str, reports: Path) -> None:
    made = ticket(str(VLA if source == "logs" else reports / source), place)
    assert PLACES[place].measure(made.body.text) <= PLACES[place].limit
    assert "95.19" in made.body.text
    assert made.body.text.count("<!DOCTYPE") == (1 if place == "email" else 0)


@pytest.mark.parametrize("source", ["vla.html", "vla.json", "logs"])
def test_title_and_labels_are_the_same_whatever_it_is_made_of(source: str, reports: Path) -> None:
    made = ticket(str(VLA if source == "logs" else reports / source), "github", "en")
    assert made.title == "vla_action_head: mixed: cannot be judged yet (6 high)"
    assert made.labels == ("lossreport", "verdict:mixed", "severity:high")


def test_a_healthy_run_has_no_count_in_its_title() -> None:
    assert ticket(str(HEALTHY), "github", "zh").title == "vla_healthy：仍在改善"


def test_an_earlier_report_tells_the_same_findings(reports: Path) -> None:
    stored = read_report(str(reports / "vla.html"))
    text = to_markdown(report_of(stored.analysis, stored.version), "zh", "none").text
    data = json.loads((reports / "vla.json").read_text(encoding="utf-8"))
    assert [f["id"] for f in data["findings"] if f"### #{f['id']} ·" not in text] == []


def test_attachments_are_written_and_named(tmp_path: Path, reports: Path) -> None:
    made = ticket(str(VLA), "jira", "zh", folder=str(tmp_path / "out"))
    assert {path.name for path in made.attachments} >= {"report.html", "report.md"}
    assert sum(path.suffix == ".svg" for path in made.attachments) >= 3
    assert all(path.stat().st_size for path in made.attachments)
    copied = ticket(str(reports / "vla.html"), "jira", folder=str(tmp_path / "copy"))
    assert [path.read_bytes() for path in copied.attachments] == [
        (reports / "vla.html").read_bytes()
    ]


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("x.html", "<p>hello</p>", ReportError),
        ("gone.html", None, MissingPathError),
        ("x.json", "[1]", ReportError),
    ],
)
def test_what_is_no_report_is_said(
    name: str, text: str | None, error: type[Exception], tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(error):
        read_report(str(tmp_path / name))


def test_json_of_others_is_a_log_and_no_report(tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text('{"loss": [1, 2]}')
    assert not is_report(str(tmp_path / "history.json"))


@pytest.mark.parametrize("source", ["vla.html", "vla.json", "logs"])
def test_evidence_names_its_metric_and_its_axis(source: str, reports: Path) -> None:
    text = ticket(str(VLA if source == "logs" else reports / source), "github", "en").body.text
    assert "- `acc_image_9` **6.3941** at epoch 7 (`log_train.txt:8`)" in text
    assert "- `z_loss` **124.09** at iteration 9590 (`output.log:1008`)" in text
    assert "x = " not in text


def test_of_a_report_that_does_not_name_the_series_nothing_is_guessed(reports: Path) -> None:
    data = read_report(str(reports / "vla.html")).data
    for finding in data["findings"]:
        finding["evidence"] = [
            {name: one[name] for name in ("source", "line", "x", "value")}
            for one in finding["evidence"]
        ]
    earlier = {**data, "version": "0.1.0"}
    text = to_markdown(report_of(from_dict(earlier), "0.1.0"), "en", "none").text
    assert "- `closs` **95.19** at epoch 7 (`log_train.txt:8`)" in text
    assert "- **6.3941** (`log_train.txt:8`)" in text


@pytest.mark.parametrize("source", ["vla.html", "vla.json"])
def test_what_is_seen_at_once_is_the_same_whatever_it_is_made_of(
    source: str, reports: Path
) -> None:
    def words(path: str) -> list[str]:
        seen = ticket(path, "github", "en").body.text.split("<details>")[0]
        return [re.sub("[`\\\\]", "", line) for line in seen.splitlines()[1:] if "▁" not in line]

    assert words(str(reports / source)) == words(str(VLA))


# ------------------------------------------------------------------------------------- what changed
def found(key: str, severity: str = "high", **numbers: float) -> Finding:
    return make_finding(key=key, severity=Severity(severity), numbers=numbers)


def test_findings_are_paired_by_key_and_of_equal_keys_in_order() -> None:
    old = [found("a", value=1), found("b"), found("c"), found("c", value=2)]
    new = [found("a", value=2), found("c"), found("d")]
    paired = pairs(old, new)
    assert [one.key for one in paired.new] == ["d"]
    assert [one.key for one in paired.gone] == ["b", "c"]
    assert [(a.numbers, b.numbers) for a, b in paired.changed] == [({"value": 1}, {"value": 2})]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [(1.23456, 1.23457, 0), (1.2345, 1.2355, 1), (float("nan"), float("nan"), 0)],
)
def test_numbers_that_are_printed_alike_are_no_change(
    before: float, after: float, changed: int
) -> None:
    assert len(pairs([found("a", value=before)], [found("a", value=after)]).changed) == changed


def test_a_severity_that_changed_is_a_change() -> None:
    assert len(pairs([found("a", "low")], [found("a", "high")]).changed) == 1


def said(old: dict[str, Any], new: dict[str, Any], lang: str = "en") -> str:
    report = changes(from_dict(old), from_dict(new), "0")
    return to_markdown(report, lang, "none").text  # type: ignore[arg-type]


def test_a_report_against_itself_has_no_change(reports: Path) -> None:
    data = read_report(str(reports / "vla.json")).data
    text = said(data, data)
    assert "The verdict is the same: mixed" in text
    assert "Findings: 0 new, 0 gone, 0 changed, 13 the same." in text
    assert "###" not in text


def test_of_many_runs_those_that_changed_are_told_and_the_others_counted() -> None:
    def report(last: State) -> Analysis:
        states = [State.IMPROVING] * 12 + [last]
        return Analysis(
            runs=tuple(Run(id=f"r{n}", name=f"run {n}", sources=(), series=()) for n in range(13)),
            verdicts=tuple(
                Verdict(
                    question="",
                    series=(),
                    run=f"r{n}",
                    state=state,
                    confidence="high",
                    text=Text(zh="某事", en="something")(),
                )
                for n, state in enumerate(states)
            ),
        )

    short = changes(report(State.IMPROVING), report(State.BROKEN), "0").short
    told = [block.text.plain("en") for block in short if isinstance(block, Prose)]
    assert told[9] == "run 12: The verdict went from “still improving” to “broken”"
    assert told[10:] == [
        "3 more runs are not listed: their verdicts did not change, or are less grave than these."
    ]


def test_new_gone_and_changed_findings_and_the_verdict_are_told(reports: Path) -> None:
    old, new = (read_report(str(reports / "vla.json")).data for _ in range(2))
    new["findings"] = new["findings"][1:]
    new["findings"][0] = {**new["findings"][0], "severity": "low", "numbers": {"ratio": 9.0}}
    new["findings"].append({**new["findings"][1], "key": "spike:new", "id": "F99"})
    verdict = next(one for one in new["verdicts"] if not one["series"])
    verdict["state"] = "improving"
    text = said(old, new)
    assert "The verdict went from “mixed: cannot be judged yet” to “still improving”" in text
    assert "Findings: 1 new, 1 gone, 1 changed, 11 the same." in text
    assert "### #F99" in text
    assert "| severity | high | low |" in text
    assert "结论由“多组数据混杂，暂不能判断”变为“仍在改善”" in said(old, new, "zh")


# -------------------------------------------------------------- settings, plan, metrics, checkpoint
def trained(folder: Path, rise: float, lr: float, rows: int = 60, **settings: str) -> str:
    """A run whose mIoU ends near `rise`, with its settings; returns its folder."""
    folder.mkdir()
    lines = [
        {"step": i, "loss": round(3 * 0.96**i + 0.4 + 0.01 * (i % 3), 5)}
        | ({"val/mIoU": round(rise * (1 - 0.9**i), 3)} if i % 4 == 3 else {})
        for i in range(rows)
    ]
    (folder / "train.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    told = {"lr": repr(lr), "output_dir": f'"{folder.name}"', **settings}
    (folder / "lossreport.toml").write_text(
        "\n".join(f"{name} = {value}" for name, value in told.items()) + "\n"
    )
    return str(folder)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    made = [
        trained(tmp_path / "a", 61.2, 1e-5),
        trained(
            tmp_path / "b",
            62.4,
            5e-6,
            rows=80,
            warmup="100",
            betas="[0.9, 0.95]",
            x="1",
            max_steps="90",
        ),
    ]
    for path in made:
        api.build([path], Path(path) / "r.json")
    old, new = (read_report(f"{path}/r.json").data for path in made)
    return old, new


@pytest.mark.parametrize(
    ("lang", "start", "best", "more"),
    [
        (
            "en",
            "`lr` 1e-5 → 5e-6, `betas` none → [0.9, 0.95]",
            "best `val/mIoU` 61.08 → 62.38 (+1.3)",
            "one more setting differs",
        ),
        (
            "zh",
            "`lr` 1e-5 → 5e-6、`betas` 无 → [0.9, 0.95]",
            "`val/mIoU` 最佳 61.08 → 62.38（+1.3）",
            "另有一项设置不同",
        ),
    ],
)
def test_settings_plan_and_the_best_of_the_goal_stand_in_one_line(
    lang: str, start: str, best: str, more: str, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    seen = changes(*map(from_dict, pair), "0").short
    line = next(
        block.text.plain(lang)
        for block in seen
        if isinstance(block, Prose) and "1e-5" in block.text.plain(lang)
    )  # type: ignore[arg-type]
    bare = {mark: mark.replace("`", "") for mark in (start, best, more)}
    assert line.startswith(bare[start])
    assert bare[best] in line
    assert bare[more] in line
    assert ("steps done 59 → 79" in line) or ("已完成的 step 59 → 79" in line)


def test_all_that_is_not_as_it_was_stands_in_the_table(
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    text = said(*pair)
    for row in (
        "| setting `lr` | 1e-5 | 5e-6 |",
        "| setting `warmup` | none | 100 |",
        "| steps planned | none | 90 |",
        "| best `val/mIoU` | 61.08 at step 59 | 62.38 at step 79, +1.3 |",
        "| best checkpoint | step 59 | step 79 |",
    ):
        assert row in text
    assert "output_dir" not in text.replace("\\", "")
    assert "Before: " in text
    assert "设置 `lr`" in said(*pair, "zh")


def test_what_is_as_it_was_is_said_to_be_and_no_value_of_a_broken_run_is_told_as_its_best(
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    old, new = pair
    assert "No setting and no plan changed, and no finding came or went." in said(old, old)
    next(one for one in new["verdicts"] if not one["series"])["state"] = "broken"
    assert not any(
        "61.08" in block.text.plain("en")
        for block in changes(from_dict(old), from_dict(new), "0").short
        if isinstance(block, Prose)
    )


def test_another_goal_metric_is_told_as_such(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    old, new = pair
    loss = next(one for one in new["series"] if one["name"] == "loss")
    new["runs"][0]["goal"] = {**new["runs"][0]["goal"], "series": loss["id"], "mode": "min"}
    assert "the goal metric was `val/mIoU` and is `loss`" in said(old, new)


def test_runs_are_paired_by_name_and_the_others_are_named(reports: Path) -> None:
    one, two = (
        read_report(str(reports / "vla.json")).data,
        read_report(str(reports / "healthy.json")).data,
    )
    run = {**two["runs"][0], "id": "r2"}
    both = {
        **one,
        "runs": [*one["runs"], run],
        "verdicts": [*one["verdicts"], *({**v, "run": "r2"} for v in two["verdicts"])],
    }
    assert "Runs of the old report that the new one does not have: vla\\_healthy." in said(
        both, one
    )
    assert "The old report does not have this run" in said(one, both)


# -------------------------------------------------------------------------------------- the command
def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lossreport", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
    )


def test_the_command_prints_the_body_and_tells_the_rest_on_stderr(
    reports: Path, tmp_path: Path
) -> None:
    done = command("ticket", reports / "vla.html", "--for", "jira", "--lang", "en", "-o", tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("h1. ")
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        "title",
        "labels",
        "attach",
    ]


@pytest.mark.parametrize(
    ("option", "printed"),
    [
        ("--title-only", "vla_healthy: still improving\n"),
        ("--labels", "lossreport\nverdict:improving\n"),
    ],
)
def test_title_or_labels_alone(option: str, printed: str, reports: Path) -> None:
    done = command("ticket", reports / "healthy.json", "--for", "github", "--lang", "en", option)
    assert (done.stdout, done.stderr) == (printed, "")


@pytest.mark.parametrize(
    ("place", "name", "start"),
    [
        ("github", "lossreport.md", "# "),
        ("jira", "lossreport.jira.txt", "h1. "),
        ("email", "lossreport.mail.html", "<!DOCTYPE html>"),
    ],
)
def test_build_fits_and_names_the_file_so_that_it_is_no_log(
    place: str, name: str, start: str, tmp_path: Path
) -> None:
    (tmp_path / "log_train.txt").write_bytes((HEALTHY / "log_train.txt").read_bytes())
    assert command("build", tmp_path, "--fit", place, "-q").returncode == 0
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["log_train.txt", name])


def test_fit_and_another_format_exclude_each_other() -> None:
    for form in ("json", "html", "pdf", "digest", "sarif"):
        assert command("build", HEALTHY, "--fit", "jira", "-f", form, "-o", "-").returncode == 2


def test_a_hypothesis_that_a_page_tells_once_is_whole_in_every_finding_of_a_ticket() -> None:
    page = json.loads(
        re.findall(r'id="lossreport-data">(.*?)</script>', report_page(), re.DOTALL)[0]
    )
    refer = [
        (finding["id"], one["id"])
        for finding in page["findings"]
        for one in finding["hypotheses"]
        if "told_in" in one
    ]
    assert refer
    told = {f.id: {one.id: one for one in f.hypotheses} for f in from_dict(page).findings}
    for finding, hypothesis in refer:
        one = told[finding][hypothesis]
        assert one.support
        assert one.title.plain("en")
        assert not one.decided_by.plain("en").startswith("see #")


def report_page() -> str:
    return lossreport.render(
        lossreport.compose(lossreport.analyze(lossreport.read_runs([SAMPLES / "vla_action_head"])))
    )


def test_events_on_the_axis_of_the_goal_stand_in_its_line_whatever_the_ticket_is_made_of(
    tmp_path: Path,
) -> None:
    api.build([SAMPLES / "gallery" / "hf_spike"], tmp_path / "r.html")
    lines = {}
    for source in (SAMPLES / "gallery" / "hf_spike", tmp_path / "r.html"):
        text = ticket(str(source), "github", "en").body.text.split("<details>")[0]
        lines[source.name] = next(
            line for line in text.splitlines() if line.startswith("- `eval/loss`")
        )
    assert len(set(lines.values())) == 1
    assert lines["r.html"].count("①") == lines["r.html"].count("②") == 1
