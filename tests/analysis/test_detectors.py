"""Every detector keeps the contract on every run: nothing raises, findings stand on rows that
exist, nothing is said of nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import lossreport
from lossreport.analysis.context import Context
from lossreport.analysis.detector import detectors
from lossreport.analysis.views import enrich
from lossreport.model.analysis import Analysis, Finding
from lossreport.model.run import Run, Series
from lossreport.render.to_json import to_dict
from runs import falling, flat, make_run, make_series, rng

NAN, INF = float("nan"), float("inf")
RUNS: dict[str, Callable[[], Run]] = {
    "one row": lambda: make_run(closs=[1.0]),
    "two rows": lambda: make_run(closs=[1.0, 2.0], val_closs=[1.0, 2.0]),
    "zeros": lambda: make_run(closs=np.zeros(50), val_closs=np.zeros(50)),
    "all nan": lambda: make_run(closs=np.full(30, NAN)),
    "nan at the end": lambda: make_run(closs=[*falling(30), NAN, NAN]),
    "nan at the start": lambda: make_run(closs=[NAN, *falling(30)]),
    "infinite": lambda: make_run(closs=[*falling(20), INF, -INF, *falling(5)]),
    "huge": lambda: make_run(closs=np.array([1e300, 1e-300] * 20)),
    "negative": lambda: make_run(loss=-falling(100)),
    "through zero": lambda: make_run(loss=falling(100, 4, 1) - 2),
    "noise": lambda: make_run(loss=rng().standard_normal(300)),
    "with validation": lambda: make_run(loss=falling(60), val_loss=falling(60)),
    "not the same length": lambda: make_run(loss=falling(60), val_loss=falling(6), lr=np.full(11, 1e-4)),
    "many metrics": lambda: make_run(loss=falling(20), acc=np.linspace(0, 1, 20), grad_norm=flat(20), lr=np.full(20, 1e-4), time=flat(20)),
    "steps": lambda: make_run([make_series(falling(2000), axis="step")]),
    "running means": lambda: make_run([make_series(falling(200), axis="iteration", statistic="running_mean", epoch=np.repeat([0, 1], 100))]),
    "unordered x": lambda: make_run([make_series(falling(50), axis="step", x=np.r_[np.arange(25), np.arange(25)])]),
    "accuracy only": lambda: make_run(accuracy=np.linspace(0.1, 0.9, 30)),
}  # fmt: skip


def analysed(run: Run) -> Analysis:
    return lossreport.analyze(run, strict=True)


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("detector", detectors(), ids=lambda unit: unit.id)
def test_a_detector_yields_only_its_kinds_on_rows_that_exist(detector: object, name: str) -> None:
    run = RUNS[name]()
    context = Context(enrich(run), run)
    for found in detector.detect(context):  # type: ignore[attr-defined]
        if not isinstance(found, Finding):
            assert found.reason.plain("zh")
            assert found.reason.plain("en")
            continue
        series = next(s for s in context.run.series if s.id == found.series[0])
        assert found.kind in detector.yields  # type: ignore[attr-defined]
        assert 0 <= found.start.row <= found.end.row < len(series)
        assert all(0 <= row < len(series) for row in found.rows)
        assert found.text.plain("zh") != found.text.plain("en")


@pytest.mark.parametrize("name", RUNS)
def test_any_run_has_one_verdict_on_itself_and_a_report(name: str) -> None:
    run = RUNS[name]()
    analysis = analysed(run)
    assert len([verdict for verdict in analysis.verdicts if not verdict.series]) == 1
    assert [finding.id for finding in analysis.findings] == [
        f"F{number}" for number in range(1, len(analysis.findings) + 1)
    ]
    for form in ("html", "md", "json"):
        assert lossreport.render(lossreport.compose(analysis), form)


@pytest.mark.parametrize("name", RUNS)
def test_numbers_and_evidence_are_those_of_the_series(name: str) -> None:
    analysis = analysed(RUNS[name]())
    lines = {(s.source, int(line)) for s in analysis.runs[0].series for line in s.line}
    for finding in analysis.findings:
        assert {(one.source, one.line) for one in finding.evidence} <= lines


HEALTHY = {
    "falling": lambda seed: falling(100, seed=seed),
    "flat after falling": lambda seed: np.r_[falling(100, seed=seed), flat(100, 2.0, seed=seed)],
    "long": lambda seed: falling(3000, noise=0.02, seed=seed),
    "short": lambda seed: falling(10, seed=seed),
}


@pytest.mark.parametrize("name", HEALTHY)
@pytest.mark.parametrize("seed", range(15))
def test_a_healthy_run_raises_no_alarm(name: str, seed: int) -> None:
    analysis = analysed(make_run([make_series(HEALTHY[name](seed), axis="step")]))
    assert [finding.kind for finding in analysis.findings if finding.severity.rank >= 1] == []


@pytest.mark.parametrize("seed", range(15))
def test_a_healthy_run_with_validation_raises_no_alarm(seed: int) -> None:
    analysis = analysed(
        make_run(loss=falling(40, seed=seed), val_loss=falling(40, 8, 2.2, 0.01, seed=seed + 99))
    )
    assert [finding.kind for finding in analysis.findings if finding.severity.rank >= 1] == []


def test_the_order_of_series_does_not_change_what_is_found() -> None:
    def keys(series: list[Series]) -> set[str]:
        return {finding.key for finding in analysed(make_run(series)).findings}

    a = make_series([*falling(40), 9.0, *flat(10)], "closs", id="m1")
    b = make_series(falling(51)[::-1], "loss", id="m2")
    assert keys([a, b]) == keys([b, a])


def test_a_detector_that_raises_is_reported_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dataclasses import replace

    from lossreport.analysis import analyze as room

    def boom(context: Context) -> object:
        raise RuntimeError("no such luck")

    units = tuple(
        replace(unit, detect=boom) if unit.id == "spike" else unit for unit in detectors()
    )
    monkeypatch.setattr(room, "detectors", lambda: units)
    run = make_run(closs=[*falling(30), NAN])
    analysis = lossreport.analyze(run)
    assert [failure.unit for failure in analysis.failures] == ["detector spike"]
    assert "no such luck" in analysis.failures[0].error
    assert any(finding.kind == "nonfinite" for finding in analysis.findings)
    assert "no such luck" in lossreport.render(lossreport.compose(analysis), "md")
    assert to_dict(analysis)["failures"]
    with pytest.raises(RuntimeError):
        lossreport.analyze(run, strict=True)
