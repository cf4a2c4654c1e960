"""The digest says nothing that the report does not say, within its bound; SARIF names each finding
by its stable rule and place.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lossreport import api
from lossreport.render.to_digest import LEFT_OUT, MOST_TOKENS, to_digest, tokens
from lossreport.render.to_json import to_dict
from lossreport.render.to_sarif import LEVELS
from lossreport.text import Lang, LangChoice

SAMPLE = Path(__file__).resolve().parents[2] / "sample_logs" / "vla_action_head"


@pytest.fixture(scope="module")
def report() -> api.Report:
    return api.report_on([SAMPLE])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_digest_has_the_sentences_of_the_report_and_their_places(
    report: api.Report, lang: Lang
) -> None:
    data = to_dict(report.analysis)
    text = api.render(report, "digest", lang)
    assert sum(map(tokens, text.splitlines())) <= MOST_TOKENS
    (run,) = data["runs"]
    assert run["outcome"]["text"][lang] in text
    found = [one for one in data["findings"] if one["text"][lang] in text]
    assert found == data["findings"]
    assert "log_train.txt:8" in text
    said = json.dumps(data, ensure_ascii=False)
    for line in text.splitlines():
        if line.startswith("- F"):
            sentence = line.split(": ", 1)[1].rsplit(" (", 1)[0]
            assert json.dumps(sentence, ensure_ascii=False)[1:-1] in said


def test_the_same_logs_give_the_same_digest(report: api.Report) -> None:
    assert api.render(report, "digest", "en") == api.render(api.report_on([SAMPLE]), "digest", "en")


def test_what_does_not_fit_is_left_out_from_the_facts_on_and_counted(report: api.Report) -> None:
    data = to_dict(report.analysis)
    long = data["findings"][0]
    data["findings"] = [{**long, "id": f"F{i}", "hypotheses": []} for i in range(200)]
    text = to_digest(data)
    assert sum(map(tokens, text.splitlines())) <= MOST_TOKENS
    assert data["runs"][0]["outcome"]["text"]["en"] in text
    assert LEFT_OUT.en.split("}")[1] in text
    assert "### Facts" not in text


def test_sarif_names_rule_level_place_and_key_of_every_finding(report: api.Report) -> None:
    (run,) = json.loads(api.render(report, "sarif", "en"))["runs"]
    findings = to_dict(report.analysis)["findings"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for found, result in zip(findings, run["results"], strict=True):
        assert (result["ruleId"], rules[result["ruleIndex"]]) == (found["kind"], found["kind"])
        assert result["level"] == LEVELS[found["severity"]]
        assert result["partialFingerprints"] == {"lossreportKey/v1": found["key"]}
        place = result["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] == found["evidence"][0]["line"]
        assert place["artifactLocation"]["uri"] in ("log_train.txt", "output.log")


@pytest.mark.parametrize("format", ["digest", "sarif"])
@pytest.mark.parametrize("lang", ["both", "ja"])
def test_languages_that_the_json_lacks_are_given_in_english(
    format: api.Format, lang: LangChoice, report: api.Report
) -> None:
    assert api.render(report, format, lang) == api.render(report, format, "en")


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.digest", "# lossreport digest"),
        ("a.sarif", '{\n "$schema"'),
        ("a.htm", "<!DOCTYPE html>"),
    ],
)
def test_the_ending_of_the_file_decides_the_format(name: str, begins: str, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "epoch,train_loss\n" + "".join(f"{i},{3 / (i + 1)}\n" for i in range(20))
    )
    api.build([tmp_path / "log.csv"], tmp_path / name)
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)
