"""Claims that are made false are caught: 200 of them, of every kind that a report can be wrong by,
on samples and random curves.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from benchmarks.claims import run_of

import lossreport
from lossreport.analysis.detectors.rollback import RESTARTED, ROLLBACK
from lossreport.analysis.series_verdict import SENTENCES
from lossreport.checking.check import checked
from lossreport.errors import ClaimError
from lossreport.model.analysis import (
    Analysis,
    Evidence,
    Finding,
    Position,
    Severity,
    State,
    Verdict,
)
from lossreport.model.run import Run, Series, shown_x
from lossreport.text import Join, Phrase, Quantity, Value
from lossreport.words import AXES
from runs import SAMPLES

FALSE = 200
CORPUS = (
    "vla_action_head",
    "gallery/hf_spike",
    "gallery/jax_divergence",
    "gallery/keras_overfit",
    "gallery/hf_hidden_nan",
    "gallery/mae_resume",
)
RANDOM = (0, 4, 9, 40, 61, 75, 100, 368, 412, 490)
"""Seeds of random runs with many findings; all are true as they are."""
Made = tuple[Analysis, str] | None
Falsifier = Callable[[np.random.Generator, Analysis], Made]


@cache
def corpus() -> tuple[tuple[Analysis, Run], ...]:
    runs = [lossreport.read_run([SAMPLES / name]) for name in CORPUS] + [
        run_of(seed) for seed in RANDOM
    ]
    return tuple((lossreport.analyze(run, strict=True), run) for run in runs)


def picked(rng: np.random.Generator, items: list[Finding]) -> Finding | None:
    return items[int(rng.integers(len(items)))] if items else None


def with_finding(analysis: Analysis, finding: Finding) -> Analysis:
    return replace(
        analysis,
        findings=tuple(finding if one.id == finding.id else one for one in analysis.findings),
    )


# --------------------------------------------------------------------------------- ways to be wrong
def other_series(rng: np.random.Generator, analysis: Analysis) -> Made:
    """Say it of another series, whose values are others."""
    finding = picked(rng, [one for one in analysis.findings if one.rows])
    if finding is None:
        return None
    own = analysis.series(finding.series[0])
    others = [s for s in analysis.runs[0].series if s.id not in finding.series and not same(s, own)]
    if not others:
        return None
    other = others[int(rng.integers(len(others)))]
    return with_finding(
        analysis, replace(finding, series=(other.id, *finding.series[1:]))
    ), f"{finding.kind} of {other.label}"


def same(a: Series, b: Series) -> bool:
    return len(a) == len(b) and np.array_equal(a.y, b.y, equal_nan=True) and a.label == b.label


def other_row(rng: np.random.Generator, analysis: Analysis) -> Made:
    """Move a finding that tells its place to the next row, evidence and all."""
    finding = picked(
        rng,
        [
            f
            for f in analysis.findings
            if f.rows
            and "x" in f.text.values
            and f.rows[-1] + 1 < len(analysis.series(f.series[0]))
        ],
    )
    if finding is None:
        return None
    series = analysis.series(finding.series[0])
    rows = tuple(row + 1 for row in finding.rows)
    moved = replace(
        finding,
        rows=rows,
        start=place(series, rows[0]),
        end=place(series, rows[-1]),
        evidence=tuple(quoted(series, row) for row in rows[:20]),
    )
    return with_finding(analysis, moved), f"{finding.kind} a row later"


def place(series: Series, row: int) -> Position:
    return Position(x=float(series.x[row]), row=row, line=int(series.line[row]))


def quoted(series: Series, row: int) -> Evidence:
    return Evidence(
        source=series.source_of(row),
        line=int(series.line[row]),
        x=float(series.x[row]),
        value=float(series.y[row]),
    )


def numbered(phrase: Phrase) -> list[str]:
    return [
        name for name, value in phrase.values.items() if isinstance(value, int | float | Quantity)
    ]


def other_number(rng: np.random.Generator, analysis: Analysis) -> Made:
    """Print another number in the sentence of a finding: a count off by one, a value by more than
    its print.
    """
    finding = picked(rng, [one for one in analysis.findings if numbered(one.text)])
    if finding is None:
        return None
    names = numbered(finding.text)
    name = names[int(rng.integers(len(names)))]
    text = replace(
        finding.text, values={**finding.text.values, name: wrong(rng, finding.text.values[name])}
    )
    return with_finding(analysis, replace(finding, text=text)), f"{finding.kind}: {name}"


def wrong(rng: np.random.Generator, value: Value) -> Value:
    if isinstance(value, int):
        return value + int(rng.choice([-1, 1]))
    if isinstance(value, float):
        return value * float(rng.choice([0.9, 1.07, 1.6]))
    assert isinstance(value, Quantity)
    if value.value == 0 or not np.isfinite(value.value):
        return replace(value, value=0.37)
    return replace(value, value=value.value * float(rng.choice([0.9, 1.07, 1.6])))


def other_direction(rng: np.random.Generator, analysis: Analysis) -> Made:
    """Turn a change round."""
    changing = [
        f
        for f in analysis.findings
        if any(
            isinstance(v, Quantity) and v.style == "change" and abs(v.value) > 0.001
            for v in f.text.values.values()
        )
    ]
    finding = picked(rng, changing)
    if finding is None:
        return None
    values = {
        name: replace(value, value=-value.value)
        if isinstance(value, Quantity) and value.style == "change"
        else value
        for name, value in finding.text.values.items()
    }
    return with_finding(
        analysis, replace(finding, text=replace(finding.text, values=values))
    ), f"{finding.kind} the other way"


def other_declared(rng: np.random.Generator, analysis: Analysis) -> Made:
    """Declare another number in the JSON than the sentence prints."""
    finding = picked(rng, [f for f in analysis.findings if set(f.numbers) & set(numbered(f.text))])
    if finding is None:
        return None
    names = sorted(set(finding.numbers) & set(numbered(finding.text)))
    name = names[int(rng.integers(len(names)))]
    value = finding.numbers[name]
    numbers = {**finding.numbers, name: value * 1.3 if value else 0.37}
    return with_finding(
        analysis, replace(finding, numbers=numbers)
    ), f"{finding.kind}: numbers[{name}]"


def best_elsewhere(rng: np.random.Generator, analysis: Analysis) -> Made:
    """Call another row the best, with its own value."""
    if not analysis.bests:
        return None
    best = analysis.bests[int(rng.integers(len(analysis.bests)))]
    series = analysis.series(best.series)
    worse = [
        row
        for row in range(len(series))
        if np.isfinite(series.y[row])
        and series.y[row] not in (np.nanmin(series.y), np.nanmax(series.y), best.value)
    ]
    if not worse:
        return None
    row = worse[int(rng.integers(len(worse)))]
    moved = replace(best, at=place(series, row), value=float(series.y[row]))
    return replace(
        analysis, bests=tuple(moved if one is best else one for one in analysis.bests)
    ), f"best of {series.label} at row {row}"


def other_state(rng: np.random.Generator, analysis: Analysis) -> Made:
    """Give a verdict another state and leave its words."""
    verdict = one_of(rng, analysis)
    states = [state for state in State if state is not verdict.state]
    state = states[int(rng.integers(len(states)))]
    return with_verdict(
        analysis, verdict, replace(verdict, state=state)
    ), f"{verdict.series or 'run'} {verdict.state.value} as {state.value}"


def other_words(rng: np.random.Generator, analysis: Analysis) -> Made:
    """Give the verdict on a series another state, in the words of that state."""
    verdict = one_of(rng, analysis, series=True)
    if not verdict.series or not isinstance(verdict.text.values.get("path"), str):
        return None
    states = [
        state
        for state in SENTENCES
        if state not in (verdict.state, State.INCONCLUSIVE)
        and state not in ALIKE.get(verdict.state, ())
    ]
    state = states[int(rng.integers(len(states)))]
    text = SENTENCES[state]
    kept: dict[str, Value] = {
        "metric": verdict.text.values["metric"],
        "path": verdict.text.values["path"],
        "trend": "",
        "lr": "",
        "half": "",
    }
    kept |= {"rows": int(np.isfinite(analysis.series(verdict.series[0]).y).sum()), "need": 5}
    said = text(**{name: kept[name] for name in text(**fill(text.en)).values})
    return with_verdict(
        analysis, verdict, replace(verdict, state=state, text=said)
    ), f"{verdict.state.value} told as {state.value}"


ALIKE = {
    State.CONVERGED: (State.PLATEAU_HIGH,),
    State.PLATEAU_HIGH: (State.CONVERGED,),
    State.OVERFITTING: (State.WORSENING,),
    State.WORSENING: (State.OVERFITTING,),
    State.INCONCLUSIVE: (State.IMPROVING, State.CONVERGED, State.PLATEAU_HIGH),
}
"""States that the rows alone do not tell apart: by the level that is poor, the training beside it,
or an interval that allows both.
"""


def fill(template: str) -> dict[str, Value]:
    from lossreport.text import FIELD

    return dict.fromkeys(FIELD.findall(template), "")


def one_of(rng: np.random.Generator, analysis: Analysis, *, series: bool = False) -> Verdict:
    items = [one for one in analysis.verdicts if one.series or not series] or list(
        analysis.verdicts
    )
    return items[int(rng.integers(len(items)))]


def with_verdict(analysis: Analysis, old: Verdict, new: Verdict) -> Analysis:
    return replace(
        analysis, verdicts=tuple(new if one is old else one for one in analysis.verdicts)
    )


def invented_restart(rng: np.random.Generator, analysis: Analysis) -> Made:
    """Say that the run was restarted in the middle of a series that goes on."""
    series = max(analysis.runs[0].series, key=len)
    inner = [row for row in range(1, len(series)) if series.x[row] > series.x[row - 1]]
    if not inner:
        return None
    row = inner[int(rng.integers(len(inner)))]
    text = ROLLBACK(
        path=series.path,
        line=int(series.line[row]),
        axis=AXES[series.axis.value],
        before=shown_x(series.x[row - 1]),
        after=shown_x(series.x[row]),
        how=RESTARTED,
        count=0,
    )
    made = Finding(
        id="F99", kind="rollback", severity=Severity.LOW, series=(series.id,), start=place(series, row), end=place(series, row),
        rows=(row,), evidence=(quoted(series, row),), text=text, numbers={"rows": 0},
    )  # fmt: skip
    return replace(analysis, findings=(*analysis.findings, made)), f"a restart at row {row}"


def other_course(rng: np.random.Generator, analysis: Analysis) -> Made:
    """Print another number in the verdict on the run and in the answer."""
    verdict = analysis.run_verdict("r1")
    text, name = altered(rng, verdict.text)
    return (
        (with_verdict(analysis, verdict, replace(verdict, text=text)), f"verdict: {name}")
        if name
        else None
    )


def altered(rng: np.random.Generator, phrase: Phrase) -> tuple[Phrase, str]:
    """Return a phrase with one of its numbers, or of those inside it, changed, and the name of its
    place.
    """
    names = [
        name
        for name, value in phrase.values.items()
        if isinstance(value, int | float | Quantity | Phrase | Join)
    ]
    rng.shuffle(names)
    for name in names:
        value = phrase.values[name]
        if isinstance(value, Phrase):
            inner, found = altered(rng, value)
            if found:
                return replace(phrase, values={**phrase.values, name: inner}), found
        elif not isinstance(value, Join):
            return replace(phrase, values={**phrase.values, name: wrong(rng, value)}), name
    return phrase, ""


def other_forecast(rng: np.random.Generator, analysis: Analysis) -> Made:
    """Print another fall than the forecast holds, or forecast over another number of rows."""
    valid = [one for one in analysis.forecasts if one.valid]
    if not valid:
        return None
    forecast = valid[int(rng.integers(len(valid)))]
    changed = (
        replace(forecast, rows=forecast.rows + 1)
        if rng.random() < 0.5
        else replace(forecast, mid=forecast.mid * 1.5 + 0.01)
    )
    return replace(
        analysis, forecasts=tuple(changed if one is forecast else one for one in analysis.forecasts)
    ), "forecast"


def other_scale(rng: np.random.Generator, analysis: Analysis) -> Made:
    """Call another value the last."""
    if not analysis.scales:
        return None
    scale = analysis.scales[int(rng.integers(len(analysis.scales)))]
    changed = replace(scale, value=scale.value * 1.01 + 1e-6)
    return replace(
        analysis, scales=tuple(changed if one is scale else one for one in analysis.scales)
    ), "scale"


def other_trend(rng: np.random.Generator, analysis: Analysis) -> Made:
    """Give a trend to other rows, or a gain that the rows rule out."""
    having = [one for one in analysis.verdicts if one.trend is not None]
    if not having:
        return None
    verdict = having[int(rng.integers(len(having)))]
    trend = verdict.trend
    assert trend is not None
    shifted = (
        replace(trend, gain=trend.gain + 1.5, low=trend.low + 1.5, high=trend.high + 1.5)
        if rng.random() < 0.5
        else replace(trend, rows=trend.rows + 1)
    )
    return with_verdict(analysis, verdict, replace(verdict, trend=shifted)), "trend"


def other_note(rng: np.random.Generator, analysis: Analysis) -> Made:
    """Print another number in a note of a spike."""
    noted = [
        f
        for f in analysis.findings
        if f.kind in ("spike", "batch_outlier") and any(numbered(note) for note in f.notes)
    ]
    finding = picked(rng, noted)
    if finding is None:
        return None
    index = next(i for i, note in enumerate(finding.notes) if numbered(note))
    note, name = altered(rng, finding.notes[index])
    notes = (*finding.notes[:index], note, *finding.notes[index + 1 :])
    return with_finding(analysis, replace(finding, notes=notes)), f"note of {finding.kind}: {name}"


FALSIFIERS: tuple[Falsifier, ...] = (
    other_series, other_row, other_number, other_number, other_direction, other_declared, best_elsewhere, other_state, other_words,
    invented_restart, other_course, other_forecast, other_scale, other_trend, other_note,
)  # fmt: skip


@cache
def false_claims() -> tuple[tuple[Analysis, Run, str], ...]:
    return tuple(_made())


def _made() -> Iterator[tuple[Analysis, Run, str]]:
    made, seed = 0, 0
    while made < FALSE:
        rng = np.random.default_rng(seed)
        analysis, run = corpus()[seed % len(corpus())]
        found = FALSIFIERS[(seed // len(corpus())) % len(FALSIFIERS)](rng, analysis)
        seed += 1
        if found is not None:
            made += 1
            yield found[0], run, f"{run.name}: {found[1]}"


@pytest.mark.parametrize("number", range(FALSE))
def test_a_false_claim_is_caught(number: int) -> None:
    analysis, run, told = false_claims()[number]
    assert checked(analysis, run).failures, told


def test_a_false_claim_stops_a_strict_check() -> None:
    analysis, run, _ = false_claims()[0]
    with pytest.raises(ClaimError):
        checked(analysis, run, strict=True)


def test_what_is_true_passes() -> None:
    for analysis, run in corpus():
        assert checked(analysis, run).failures == ()
