"""The JSON of a report is read back as the analysis that it was written of."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossreport
from lossreport.model.analysis import Analysis, Jury, Position, Vote
from lossreport.model.run import extent_of
from lossreport.render.from_json import from_dict, from_json
from lossreport.render.thinning import LIMIT
from lossreport.render.to_json import to_dict, to_json
from runs import falling, make_run

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted(
    path
    for folder in ("sample_logs/formats", "sample_logs/gallery", "tests/analysis/causes/examples")
    for path in (ROOT / folder).iterdir()
    if path.is_dir() and not path.name.startswith("_")
)
REPORTS = ROOT / "tests/store/reports"


def written(analysis: Analysis) -> str:
    text = to_json(analysis)
    assert to_json(from_json(text)) == text
    return text


def brief(analysis: Analysis) -> Analysis:
    """An analysis as the block inside HTML holds it."""
    return from_dict(json.loads(json.dumps(to_dict(analysis, brief=True))))


def rounded(value: Any) -> Any:
    """A value of the JSON with its numbers as they are written today, 0.1.0 wrote all digits."""
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


@pytest.mark.slow
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_json_of_every_sample_comes_back_byte_for_byte(sample: Path) -> None:
    analysis = lossreport.analyze(lossreport.read_runs(sample))
    written(analysis)
    assert [one.id for one in brief(analysis).findings] == [one.id for one in analysis.findings]


def test_what_is_said_typed_is_what_was_found() -> None:
    y = falling(120, noise=0.003)
    y[[60, 80]] *= 2
    bad = falling(120)
    bad[70:] = np.nan
    analysis = lossreport.analyze(make_run(loss=y, val_loss=bad))
    held = from_json(written(analysis))
    for one, other in zip(analysis.findings, held.findings, strict=True):
        assert one.text.plain("zh") == other.text.plain("zh")
        assert (one.key, one.severity, one.rows) == (other.key, other.severity, other.rows)
        assert rounded(dict(one.numbers)) == other.numbers
    assert [v.state for v in held.verdicts] == [v.state for v in analysis.verdicts]
    assert held.runs[0].series[0].key == analysis.runs[0].series[0].key


def test_of_a_long_series_the_rows_that_were_kept_come_back_with_what_all_of_them_come_to() -> None:
    rows = 3 * LIMIT
    y = falling(rows, noise=0.01)
    y[700] = np.nan
    y[900] = 9.0
    analysis = lossreport.analyze(make_run(loss=y))
    (series,) = from_json(written(analysis)).runs[0].series
    whole = extent_of(series)
    assert len(series) == len(whole.rows) == LIMIT
    assert (whole.n, whole.nonfinite, whole.first_nonfinite) == (rows, 1, 700)
    assert whole.highest is not None
    assert (whole.highest.row, whole.highest.value) == (900, 9.0)
    assert float(series.y[list(whole.rows).index(900)]) == 9.0


def test_of_a_rule_that_fires_often_all_places_are_counted() -> None:
    at = Position(x=1.0, row=1, line=2)
    often = Vote(juror="j", title="t", rule="r", needs=3, rows=3000, fires=(at,) * 3 * LIMIT)
    told = Analysis(runs=(), juries=(Jury(series=("m1",), votes=(often,)),))
    held = from_json(written(told)).juries[0].votes[0]
    assert (len(held.fires), held.fired) == (LIMIT, 3 * LIMIT)


def test_words_of_a_log_are_no_placeholder_and_no_mark_when_they_come_back() -> None:
    run = make_run(**{"loss {x} **b** `c` <i>": falling(80), "n@3": falling(80)})
    analysis = lossreport.analyze(run)
    held = from_json(written(analysis))
    assert {one.name for one in held.runs[0].series} == {"loss {x} **b** `c` <i>", "n@3"}
    said = [one.text.plain("en") for one in held.verdicts]
    assert said == [one.text.plain("en") for one in analysis.verdicts]
    assert any("{x}" in one for one in said)


def test_numbers_that_are_not_finite_come_back() -> None:
    y = falling(60)
    y[40:] = np.inf
    held = from_json(written(lossreport.analyze(make_run(loss=y))))
    assert math.isinf(float(held.runs[0].series[0].y[-1]))


@pytest.mark.parametrize("report", sorted(REPORTS.glob("0.1.0.json")), ids=lambda path: path.name)
def test_an_earlier_version_is_read_for_what_it_says(report: Path) -> None:
    data = json.loads(report.read_text(encoding="utf-8"))
    held = from_dict(data)
    assert [one.id for one in held.runs[0].series] == [one["id"] for one in data["series"]]
    assert [one.key for one in held.findings] == [one["key"] for one in data["findings"]]
    assert held.goals == held.outcomes == held.juries == ()
    assert [one.value for one in held.bests] == [data["runs"][0]["best"]["value"]]
    again = to_dict(held)
    for name in ("series", "scales", "findings", "verdicts", "forecasts", "recommendations"):
        for now, then in zip(again[name], data[name], strict=True):
            assert {key: now[key] for key in then if key not in ("evidence", "points")} == {
                key: rounded(then[key]) for key in then if key not in ("evidence", "points")
            }


@pytest.mark.parametrize(
    ("place", "odd"),
    [
        (("series", 0, "points", "y", 0), "many"),
        (("series", 0, "points", "line"), [1]),
        (("series", 0, "axis"), "sideways"),
        (("runs", 0, "status"), "asleep"),
        (("runs", 0, "name"), 5),
        (("findings", 0, "severity"), "grave"),
        (("findings", 0, "text"), "a word"),
        (("findings", 0, "numbers", "size"), []),
        (("verdicts", 0, "state"), "fine"),
        (("verdicts", 0, "confidence"), "sure"),
        (("recommendations", 0, "because"), "F1"),
    ],
)
def test_what_is_no_such_value_is_refused(place: tuple[Any, ...], odd: Any) -> None:
    y = falling(200)
    y[100:] += 2
    data = to_dict(lossreport.analyze(make_run(loss=y)))
    at: Any = data
    for name in place[:-1]:
        at = at[name]
    at[place[-1]] = odd
    with pytest.raises((LookupError, TypeError, ValueError)):
        from_dict(data)
