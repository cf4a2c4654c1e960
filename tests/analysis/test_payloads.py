"""The numbers of the JSON follow from what a finding holds, typed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import lossreport
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.lost_metric import Unprinted
from lossreport.analysis.detectors.mixture import Groups
from lossreport.analysis.detectors.rollback import Repeated
from lossreport.analysis.found import make_finding, numbers_of
from lossreport.analysis.payloads import (
    AboveChance,
    AtClamp,
    ClippedSteps,
    Excursion,
    HighStart,
    LevelShift,
    LostGround,
    NonFinite,
    OneValue,
    Oscillation,
    OutOfRange,
    Standstill,
    TrainValGap,
    WrongAccuracy,
    ZeroLoss,
)
from lossreport.model.analysis import Severity
from lossreport.text import Text
from runs import falling, make_run


@pytest.mark.parametrize(
    ("payload", "numbers"),
    [
        (NonFinite(count=3, aside=False), {"count": 3, "aside": 0}),
        (NonFinite(count=1), {"count": 1}),
        (
            Excursion(value=2.0, baseline=1.0, score=0.5),
            {"value": 2.0, "baseline": 1.0, "score": 0.5},
        ),
        (
            Excursion(value=2.0, baseline=1.0, helper=True),
            {"value": 2.0, "baseline": 1.0, "helper": 1.0},
        ),
        (
            Oscillation(period=9.0, amplitude=0.1, share=0.5, with_epochs=False),
            {"period": 9.0, "amplitude": 0.1, "share": 0.5, "with_epochs": 0.0},
        ),
        (
            LostGround(best=1.0, end=2.0, rise=1.0, component=True),
            {"best": 1.0, "end": 2.0, "rise": 1.0, "component": 1.0},
        ),
        (LevelShift(size=-0.2, score=9.0), {"size": -0.2, "score": 9.0}),
        (TrainValGap(gap=0.1, widens=True), {"gap": 0.1, "widens": 1.0}),
        (ClippedSteps(share=0.6, clip=1.0), {"share": 0.6, "clip": 1.0}),
        (
            Standstill(first=2.3, last=2.3, gain=0.0, uniform=10.0),
            {"first": 2.3, "last": 2.3, "gain": 0.0, "uniform": 10.0},
        ),
        (
            Standstill(first=2.3, last=2.3, gain=0.0, dead=True),
            {"first": 2.3, "last": 2.3, "gain": 0.0, "dead": 1.0},
        ),
        (
            AtClamp(value=50.0, share=0.5, count=9.0, clamp=100.0),
            {"value": 50.0, "share": 0.5, "count": 9.0, "clamp": 100.0},
        ),
        (
            AboveChance(value=3.0, chance=2.3, excess=0.7),
            {"value": 3.0, "chance": 2.3, "excess": 0.7},
        ),
        (OneValue(value=0.5, count=9.0, dead=True), {"value": 0.5, "count": 9.0, "dead": 1.0}),
        (
            ZeroLoss(value=0.0, count=9.0, dead=True, sudden=True),
            {"value": 0.0, "count": 9.0, "dead": 1.0, "sudden": 1.0},
        ),
        (
            OutOfRange(worst=7.0, count=2.0, swapped=False),
            {"worst": 7.0, "count": 2.0, "swapped": 0.0},
        ),
        (WrongAccuracy(contradicted=True), {"contradicted": 1.0}),
        (Unprinted(missing=3.0, from_=41.0), {"missing": 3.0, "from": 41.0}),
        (Repeated(rows=4), {"rows": 4}),
        (
            Groups(low_n=3, low_min=0.1, low_max=0.2, high_n=4, high_min=1.0, high_max=2.0),
            {
                "low_n": 3,
                "low_min": 0.1,
                "low_max": 0.2,
                "high_n": 4,
                "high_min": 1.0,
                "high_max": 2.0,
            },
        ),
        (None, {}),
        (
            HighStart(value=9.0, gradient=40.0, finetune=True),
            {"value": 9.0, "gradient": 40.0, "finetune": 1.0},
        ),
    ],
)
def test_numbers_are_the_fields_that_hold_more_than_their_default(
    payload: object, numbers: dict[str, float]
) -> None:
    told = numbers_of(payload)
    assert list(told.items()) == list(numbers.items())
    assert [type(value) for value in told.values()] == [type(value) for value in numbers.values()]


def test_a_finding_is_looked_up_by_what_it_holds() -> None:
    run = make_run(loss=falling(30), other=falling(30))
    one, other = run.series
    found = [
        make_finding(
            "lifted",
            s,
            [3],
            Severity.LOW,
            Text(zh="某事", en="a thing")(),
            payload=LevelShift(size=0.1, score=9),
        )
        for s in (one, other)
    ]
    context = Context(
        run,
        run,
        (
            *found,
            make_finding(
                "lost",
                one,
                [3],
                Severity.LOW,
                Text(zh="某事", en="a thing")(),
                payload=NonFinite(count=1),
            ),
        ),
    )
    assert [shift.size for _, shift in context.seen(LevelShift)] == [0.1, 0.1]
    assert [f.series for f, _ in context.seen(LevelShift, other)] == [(other.id,)]
    assert [f.kind for f, _ in context.seen(NonFinite)] == ["lost"]
    assert context.seen(ZeroLoss) == ()


def test_the_analysis_holds_both_and_they_agree() -> None:
    y = falling(120, noise=0.003)
    y[[60, 80]] *= 2
    bad = falling(120)
    bad[70:] = np.nan
    findings = lossreport.analyze(make_run(loss=y, val_loss=bad), strict=True).findings
    held = [f for f in findings if f.payload is not None]
    assert {type(f.payload) for f in held} >= {Excursion, NonFinite}
    for finding in held:
        assert numbers_of(finding.payload).items() <= finding.numbers.items()


READERS = re.compile(r"\b(?:f|finding|found|one|told|at\.finding)\.numbers\b")


def test_what_a_finding_saw_is_read_typed_and_never_by_a_name() -> None:
    package = Path(lossreport.__file__).parent
    read = {
        str(file.relative_to(package))
        for room in ("analysis", "compose")
        for file in (package / room).rglob("*.py")
        if READERS.search(file.read_text(encoding="utf-8"))
    }
    assert read == {"analysis/found.py"}


def test_every_kind_that_is_found_holds_what_it_saw() -> None:
    bare = {"appended_run", "masked_nonfinite", "lost_metric", "truncated_log"}
    calls = [
        (file.name, call)
        for file in (Path(lossreport.__file__).parent / "analysis/detectors").glob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "make_finding"
    ]
    assert len(calls) > 80
    assert {
        call.args[0].value
        for _, call in calls
        if isinstance(call.args[0], ast.Constant)
        and "payload" not in {keyword.arg for keyword in call.keywords}
    } == bare
