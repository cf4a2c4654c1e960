"""The JSON is what the schema and the contract say, holds the whole truth, and is the same bytes
every time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import lossreport
from lossreport.model.analysis import Severity, State
from lossreport.render.thinning import LIMIT
from lossreport.render.to_json import schema, to_dict, to_json
from runs import SAMPLES, falling, make_run, make_series

RUNS = {path.name: path for path in sorted(SAMPLES.iterdir()) if path.name.startswith("vla_")} | {
    f"format {path.name}": path for path in sorted((SAMPLES / "formats").iterdir()) if path.is_dir()
}


@pytest.fixture(scope="module", params=RUNS.values(), ids=RUNS.keys())
def data(request: pytest.FixtureRequest) -> dict[str, Any]:
    analysis = lossreport.analyze(lossreport.read_runs([request.param]), strict=True)
    loaded: dict[str, Any] = json.loads(to_json(analysis))
    return loaded


def test_it_holds_against_its_schema(data: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(schema()).validate(data)


def test_the_schema_itself_is_valid_and_refuses_what_is_not_a_report(data: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    for broken in (
        {},
        {**data, "schema": "other"},
        {k: v for k, v in data.items() if k != "findings"},
    ):
        assert not jsonschema.Draft202012Validator(schema()).is_valid(broken)


def test_the_fields_of_the_contract_are_there(data: dict[str, Any]) -> None:
    assert set(data) >= {"schema", "version", "runs", "series", "scales", "shares", "findings", "verdicts", "lr_schedules", "forecasts",
                         "recommendations", "not_applicable", "failures"}  # fmt: skip
    for run in data["runs"]:
        assert set(run) >= {
            "id",
            "name",
            "status",
            "progress",
            "time",
            "sources",
            "facts",
            "segments",
            "events",
            "best",
        }
    for series in data["series"]:
        assert series["key"].startswith(f"{series['split']}/{series['name']}@")
        assert (
            len(series["points"]["x"])
            == len(series["points"]["y"])
            == len(series["points"]["line"])
            <= LIMIT
        )


def test_ids_are_unique_and_every_reference_leads_somewhere(data: dict[str, Any]) -> None:
    series, findings, runs = (
        [one["id"] for one in data[name]] for name in ("series", "findings", "runs")
    )
    for ids in (series, findings, runs):
        assert len(ids) == len(set(ids))
    used = [
        s
        for name in ("findings", "verdicts", "scales", "lr_schedules", "not_applicable")
        for one in data[name]
        for s in one["series"]
    ]
    assert set(used) <= set(series)
    assert {
        f for one in (*data["verdicts"], *data["recommendations"]) for f in one["because"]
    } <= set(findings)
    sources = {source["id"] for run in data["runs"] for source in run["sources"]}
    assert {one["source"] for finding in data["findings"] for one in finding["evidence"]} <= sources


def test_words_are_those_of_the_contract(data: dict[str, Any]) -> None:
    assert {finding["severity"] for finding in data["findings"]} <= set(Severity)
    assert {verdict["state"] for verdict in data["verdicts"]} <= set(State)
    assert sorted(
        verdict["run"] for verdict in data["verdicts"] if not verdict["series"]
    ) == sorted(run["id"] for run in data["runs"])


def texts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        if set(value) == {"zh", "en"}:
            yield value
        else:
            for inner in value.values():
                yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def test_texts_are_plain_and_in_both_languages(data: dict[str, Any]) -> None:
    found = list(texts(data))
    assert found
    for text in found:
        assert text["zh"].strip()
        assert text["en"].strip()
        assert "**" not in text["zh"] + text["en"]
        assert "{" not in text["en"].replace("{'", "")


def test_non_finite_numbers_are_strings() -> None:
    run = make_run(closs=[1.0, np.nan, np.inf, -np.inf, 2.0])
    (series,) = [s for s in to_dict(lossreport.analyze(run))["series"] if s["name"] == "closs"]
    assert series["points"]["y"] == [1.0, "NaN", "Infinity", "-Infinity", 2.0]
    assert series["nonfinite"] == {"count": 3, "first_row": 1}
    assert (series["last"]["value"], series["last"]["line"]) == (2.0, 5)


def test_flagged_rows_are_kept_among_five_hundred_points() -> None:
    y = np.array(falling(20000, noise=0.001))
    y[[7001, 12003]] *= 5
    analysis = lossreport.analyze(make_run([make_series(y, axis="step")]))
    (series,) = to_dict(analysis)["series"]
    assert (len(series["points"]["x"]), series["points"]["thinned"]) == (LIMIT, True)
    assert {7001, 12003} <= set(series["points"]["row"])


def test_a_setting_that_a_second_file_repeats_stands_once_inside_a_page() -> None:
    analysis = lossreport.analyze(lossreport.read_run([SAMPLES / "vla_action_head"]))
    whole, brief = (to_dict(analysis, brief=one)["runs"][0]["facts"] for one in (False, True))
    assert [fact["source"] for fact in whole if fact["name"] == "vocab_size"] == ["s1", "s3"]
    assert [fact["source"] for fact in brief if fact["name"] == "vocab_size"] == ["s1"]
    assert {fact["name"] for fact in brief} == {fact["name"] for fact in whole}


def test_every_number_in_it_leads_to_a_line_that_says_so() -> None:
    folder = SAMPLES / "vla_action_head"
    data = to_dict(lossreport.analyze(lossreport.read_run([folder])))
    paths = {
        source["id"]: folder / source["path"] for run in data["runs"] for source in run["sources"]
    }
    for series in data["series"]:
        if (
            series["derived"]
            or series["name"] != "closs"
            or series["statistic"] != "epoch_mean"
            or series["source"] != "s2"
        ):
            continue
        lines = paths[series["source"]].read_text(encoding="utf-8").splitlines()
        for line, value in zip(series["points"]["line"], series["points"]["y"], strict=True):
            assert str(value) in lines[line - 1]


@pytest.mark.parametrize("form", ["html", "md", "json"])
def test_the_same_input_gives_the_same_bytes_anywhere(form: str, tmp_path: Path) -> None:
    made = []
    for number, (seed, zone, lang) in enumerate(
        [("0", "UTC", "C.UTF-8"), ("4711", "Asia/Shanghai", "C")]
    ):
        place = tmp_path / str(number)
        place.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": lang}
        target = place / f"r.{form}"
        command = [
            sys.executable,
            "-m",
            "lossreport",
            "build",
            str(SAMPLES / "vla_healthy"),
            "-o",
            str(target),
            "-q",
        ]
        subprocess.run(command, check=True, env=environment, cwd=place)
        made.append(target.read_bytes())
    assert made[0] == made[1]
