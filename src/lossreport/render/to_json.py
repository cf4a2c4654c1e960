"""Renders an `Analysis` as the JSON of the contract: the whole truth, of which HTML and Markdown
only tell what follows.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np

from lossreport import __version__
from lossreport.model.analysis import (
    Analysis,
    Best,
    Evidence,
    Finding,
    Forecast,
    Goal,
    Hypothesis,
    Jury,
    Outcome,
    Position,
    Recommendation,
    Scale,
    Share,
    Trend,
    Verdict,
    Vote,
    gravest_runs,
    of_runs,
    plain,
)
from lossreport.model.run import (
    Event,
    Extent,
    Fact,
    FactValue,
    Launch,
    Point,
    Run,
    Series,
    Source,
    TypeGround,
    Weighing,
    extent_of,
)
from lossreport.render.citation import cited_series
from lossreport.render.seal import digests
from lossreport.render.thinning import ENDS, LIMIT, brief_limit, kept_rows
from lossreport.text import ESCAPED, Text

SCHEMA: Final = "lossreport/1"
TOLD: Final = Text(zh="见 #{finding}", en="see #{finding}")
MOST_RUNS: Final = 50
"""Runs whole in the block inside HTML: as many as `lossreport compare` sets side by side; a page of
a thousand would take ten megabytes. `-f json` holds all.
"""
Json = Any
"""What `json.dumps` takes: dict, list, str, int, float, bool, None."""


def to_json(analysis: Analysis, extra: Mapping[str, Json] | None = None) -> str:
    """Return the analysis, and what a report holds besides, as JSON text that ends with a newline;
    non-finite numbers are the strings NaN, Infinity, -Infinity.

    `seal` holds a digest of each part, by which `lossreport verify` finds what was edited.
    """
    data = {**to_dict(analysis), **(extra or {})}
    data["seal"] = digests(data)
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    # a lone surrogate becomes its JSON escape
    return text.encode("utf-8", "backslashreplace").decode("utf-8").translate(ESCAPED)


def to_dict(analysis: Analysis, *, brief: bool = False) -> dict[str, Json]:
    """Return the analysis as the value that the contract describes and `schema()` checks.

    With `brief`, for the block inside HTML, long series keep fewer points, those that nothing is
    said of keep their ends, and so do the shares of each source; hypotheses told before are named,
    not repeated; a setting that a second file repeats stands once; and the words of notes and
    juries, and what would settle a single loss, are left to the page itself. Fields beyond the
    contract that would say nothing (null, an empty list) are left out then. Of very many runs those
    with the gravest verdicts are held, the others summarised in a line each.
    """
    if brief and len(analysis.runs) > MOST_RUNS:
        kept = gravest_runs(analysis, MOST_RUNS)
        held = {run.id for run in kept}
        others = [run for run in analysis.runs if run.id not in held]
        return {
            **to_dict(of_runs(analysis, kept), brief=True),
            "summarised": [_summarised(run, analysis) for run in others],
        }
    told = _told_of(analysis)
    points = (
        brief_limit(series for run in analysis.runs for series in run.series) if brief else LIMIT
    )
    return {
        "schema": SCHEMA,
        "version": __version__,
        "runs": [_run(run, analysis, brief) for run in analysis.runs],
        "series": [
            _series(
                series,
                analysis.findings,
                ENDS if brief and series.id not in told else points,
                brief,
            )
            for run in analysis.runs
            for series in run.series
        ],
        **_found(analysis, brief),
    }


def _found(analysis: Analysis, brief: bool) -> dict[str, Json]:
    """Return what was found out, without what was read."""
    return {
        "agreements": [
            {"original": one.original, "copy": one.copy, "rows": one.rows}
            for one in analysis.agreements
        ],
        "scales": [_scale(scale, brief) for scale in analysis.scales],
        "shares": [
            _share(share) for share in (_ends_of(analysis.shares) if brief else analysis.shares)
        ],
        "findings": [
            _finding(analysis, finding, _told(finding, analysis.findings) if brief else None, brief)
            for finding in analysis.findings
        ],
        "ignored": [
            {
                "finding": _finding(analysis, one.finding, None),
                "reason": one.reason,
                "until": one.until.isoformat() if one.until else None,
            }
            for one in analysis.ignored
        ],
        "verdicts": [_verdict(verdict, brief) for verdict in analysis.verdicts],
        "lr_schedules": [
            {"series": list(one.series), "class": one.schedule} for one in analysis.lr_schedules
        ],
        "forecasts": [_forecast(forecast) for forecast in analysis.forecasts],
        "recommendations": [_recommendation(one, brief) for one in analysis.recommendations],
        "juries": [_jury(jury, brief) for jury in analysis.juries],
        "not_applicable": [
            {"check": one.check, "series": list(one.series), "reason": plain(one.reason)}
            for one in analysis.not_applicable
        ],
        "failures": [{"unit": one.unit, "error": one.error} for one in analysis.failures],
    }


def _told_of(analysis: Analysis) -> set[str]:
    """Return the series that a finding or a verdict is about, or that a run is judged or chosen by.

    A scale tells of a last value, which the ends hold.
    """
    told = [
        *(one.series for one in analysis.findings),
        *(one.series for one in analysis.verdicts),
        *((goal.series,) for goal in analysis.goals),
        *((best.series,) for best in analysis.bests),
    ]
    return {series for each in told for series in each}


def _ends_of(shares: Sequence[Share]) -> list[Share]:
    """Return the first and the last of the shares of each total, in their order."""
    first: dict[tuple[str, ...], Share] = {}
    last: dict[tuple[str, ...], Share] = {}
    for share in shares:
        terms = tuple(term.series for term in share.terms)
        first.setdefault(terms, share)
        last[terms] = share
    kept = {id(share) for share in (*first.values(), *last.values())}
    return [share for share in shares if id(share) in kept]


def _told_first(facts: Sequence[Fact]) -> list[Fact]:
    """Return facts without those that repeat an earlier one to the letter, as a log that prints
    what stands in a settings file does.
    """
    first: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        first.setdefault((fact.name, repr(fact.value)), fact)
    return list(first.values())


def _beyond(brief: bool, **fields: Json) -> dict[str, Json]:
    """Return fields beyond those of the contract; with `brief` only what says something: not null,
    false or empty.
    """
    if not brief:
        return fields
    return {
        name: value
        for name, value in fields.items()
        if value is not None and value is not False and value not in ("", [])
    }


@cache
def _schema_text() -> str:
    return (files("lossreport.render") / "schema.json").read_text(encoding="utf-8")


def schema() -> dict[str, Json]:
    """Return the JSON Schema (draft 2020-12) of what `to_dict` returns."""
    loaded: dict[str, Json] = json.loads(_schema_text())
    return loaded


# ------------------------------------------------------------------------------------------ numbers
DIGITS: Final = 12
"""More digits than any log prints, fewer than the noise of arithmetic: 1.279 and not
1.2790499999999985.
"""


def _number(value: float) -> Json:
    """Return a number as JSON has it; NaN and the infinities are strings."""
    if isinstance(value, bool | int):
        return value
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(f"{value:.{DIGITS}g}")


def _x(value: float) -> Json:
    """Return a place on an axis: whole numbers without a decimal point, as logs print them."""
    value = float(value)
    return (
        int(value)
        if math.isfinite(value) and value.is_integer() and abs(value) < 2**53
        else _number(value)
    )


def _optional(value: float | None) -> Json:
    return None if value is None else _number(value)


def _fact_value(value: FactValue) -> Json:
    if isinstance(value, tuple):
        return [_fact_value(item) for item in value]
    return _number(value) if isinstance(value, float) else value


def _position(at: Position) -> dict[str, Json]:
    return {"x": _x(at.x), "row": at.row, "line": at.line}


# ------------------------------------------------------------------------------------ what was read
def _event(event: Event) -> dict[str, Json]:
    told = {
        name: value for name, value in (("frame", event.frame), ("cause", event.cause)) if value
    }
    return {
        "kind": event.kind,
        "source": event.source,
        "line": event.line,
        "quote": event.quote,
        **told,
    }


def _summarised(run: Run, analysis: Analysis) -> dict[str, Json]:
    """Return what stands for a run that the block inside HTML does not hold."""
    goal = analysis.goal(run.id)
    series = None if goal is None else analysis.series(goal.series)
    finite = np.empty(0) if series is None else series.y[np.isfinite(series.y)]
    return {
        "id": run.id,
        "name": run.name,
        "status": run.status.value,
        "state": analysis.run_verdict(run.id).state.value,
        "goal": None if series is None else series.label,
        "last": _number(finite[-1]) if len(finite) else None,
    }


def _run(run: Run, analysis: Analysis, brief: bool) -> dict[str, Json]:
    bests = [_best(best) for best in analysis.bests if best.run == run.id]
    return {
        "id": run.id,
        "name": run.name,
        "status": run.status.value,
        "progress": {"epochs": list(run.progress.epochs), "steps": list(run.progress.steps)},
        "time": {"first": run.time[0], "last": run.time[1]},
        "sources": [_source(source, brief) for source in run.sources],
        "facts": [
            {
                "name": f.name,
                "value": _fact_value(f.value),
                "source": f.source,
                "line": f.line,
                **_beyond(brief, origin=f.origin),
            }
            for f in (_told_first(run.facts) if brief else run.facts)
        ],
        "segments": [
            {"source": s.source, "first_line": s.first_line, "last_line": s.last_line, "why": s.why}
            for s in run.segments
        ],
        "events": [_event(event) for event in run.events],
        "launches": [_launch(launch, brief) for launch in run.launches],
        "reading": _weighing(run.reading, brief),
        "goal": _goal(analysis.goal(run.id)),
        "best": bests[0] if bests else None,
        "bests": bests,
        "outcome": _outcome(analysis.outcome(run.id), run),
        **_beyond(
            brief,
            skipped=[
                {"path": one.path, "code": one.code, "reason": plain(one.reason)}
                for one in run.skipped
            ],
        ),
    }


def _goal(goal: Goal | None) -> dict[str, Json] | None:
    return (
        None if goal is None else {"series": goal.series, "mode": goal.mode, "why": plain(goal.why)}
    )


def _outcome(outcome: Outcome | None, run: Run) -> dict[str, Json] | None:
    if outcome is None:
        return None
    return {
        "status": run.status.value,
        "state": outcome.state.value,
        "tone": outcome.tone,
        "goal": outcome.goal,
        "text": plain(outcome.text),
        "do": plain(outcome.do) if outcome.do is not None else None,
        "checkpoint": outcome.checkpoint,
    }


def _launch(launch: Launch, brief: bool) -> dict[str, Json]:
    facts = () if brief else launch.facts  # inside HTML those of the run suffice
    return {
        "source": launch.source,
        "first_line": launch.first_line,
        "last_line": launch.last_line,
        "status": launch.status.value,
        "progress": {"epochs": list(launch.progress.epochs), "steps": list(launch.progress.steps)},
        "facts": [
            {"name": f.name, "value": _fact_value(f.value), "source": f.source, "line": f.line}
            for f in facts
        ],
    }


def _weighing(reading: Weighing, brief: bool) -> dict[str, Json]:
    return {
        "margin": _number(reading.margin),
        "because": [plain(one) for one in reading.because],
        **_beyond(brief, chosen=None if reading.chosen is None else plain(reading.chosen)),
        "other": None if reading.other is None else plain(reading.other),
    }


def _best(best: Best) -> dict[str, Json]:
    return {
        "series": best.series,
        **_position(best.at),
        "value": _number(best.value),
        "checkpoint": best.checkpoint,
        "contested": best.contested,
    }


def _source(source: Source, brief: bool) -> dict[str, Json]:
    return {
        "id": source.id,
        "path": source.path,
        "parser": source.parser,
        "sha256": source.sha256,
        "bytes": source.bytes,
        "rows": source.rows,
        "skipped": source.skipped,
        **({"unread": source.unread} if source.unread or not brief else {}),
        "encoding": source.encoding,
        "lines": source.lines,
        **_beyond(
            brief,
            torn=source.torn,
            skips=[{"line": line, "reason": plain(reason)} for line, reason in source.skips],
        ),
    }


def _series(
    series: Series, findings: Sequence[Finding], limit: int, brief: bool
) -> dict[str, Json]:
    whole = extent_of(series)
    return {
        "id": series.id,
        "run": series.run,
        "key": series.key,
        "name": series.name,
        "split": series.split,
        "axis": series.axis.value,
        "statistic": series.statistic.value,
        "window": series.window,
        "unit": series.unit,
        "metric_type": series.metric_type,
        **_ground(series.type_ground),
        "source": series.source,
        **(
            {}
            if series.entity is None
            else {"entity": {"kind": series.entity.kind.value, "value": series.entity.value}}
        ),
        "derived": None
        if series.derived is None
        else {"from": list(series.derived.of), "how": series.derived.how},
        "n": whole.n,
        "nonfinite": {"count": whole.nonfinite, "first_row": whole.first_nonfinite},
        "first": _point(whole.first),
        "last": _point(whole.last),
        "min": _point(whole.lowest),
        "max": _point(whole.highest),
        "segments": [
            {"first_row": span.first_row, "last_row": span.last_row} for span in series.segments
        ],
        **(
            {
                "pieces": [
                    {"first_row": piece.first_row, "source": piece.source}
                    for piece in series.pieces
                ]
            }
            if series.pieces
            else {}
        ),
        "points": _points(series, whole, findings, limit),
        **_beyond(brief, resolution=_optional(series.resolution)),
    }


def _ground(ground: TypeGround | None) -> dict[str, Json]:
    """Return `type_ground`, which most series lack: a kind that is read from the name, or told by
    nothing, goes without saying.
    """
    if ground is None or ground.by in ("name", "none"):
        return {}
    return {
        "type_ground": {"by": ground.by, "facts": list(ground.facts), "text": plain(ground.text)}
    }


def _point(at: Point | None) -> dict[str, Json] | None:
    if at is None:
        return None
    return {"x": _x(at.x), "row": at.row, "line": at.line, "value": _number(at.value)}


def _points(
    series: Series, whole: Extent, findings: Iterable[Finding], limit: int
) -> dict[str, Json]:
    rows = kept_rows(series, findings, limit)
    thinned = len(rows) < whole.n
    return {
        "x": [_x(x) for x in series.x[rows].tolist()],
        "y": [_number(y) for y in series.y[rows].tolist()],
        "line": series.line[rows].tolist(),
        **({"row": whole.rows[rows].tolist()} if thinned else {}),
        "thinned": thinned,
    }


# ----------------------------------------------------------------------------------- what was found
def _scale(scale: Scale, brief: bool) -> dict[str, Json]:
    return {
        "series": list(scale.series),
        "chance": _optional(scale.chance),
        "assumption": scale.assumption,
        "perplexity": _optional(scale.perplexity),
        "normalised": _optional(scale.normalised),
        "value": _number(scale.value),
        "unit": scale.unit,
        **_beyond(
            brief,
            levels=[
                {"chance": _number(level), "condition": plain(condition)}
                for level, condition in scale.levels
            ],
            floor=_optional(scale.floor),
            bits=_optional(scale.bits),
            inferred_vocab_sizes=list(scale.inferred_sizes),
            facts=[fact.name for fact in scale.facts],
            notes=[] if brief else [plain(note) for note in scale.notes],
            needs=list(scale.needs),
        ),
    }


def _share(share: Share) -> dict[str, Json]:
    terms = [
        {
            "series": t.series,
            "name": t.name,
            "weight": _number(t.weight),
            "value": _number(t.value),
            "share": _number(t.share),
        }
        for t in share.terms
    ]
    return {"run": share.run, "at": _position(share.at), "terms": terms}


def _told(finding: Finding, findings: Sequence[Finding]) -> str | None:
    """Return the id of an earlier finding with the very same hypotheses."""
    before = findings[: findings.index(finding)]
    return next(
        (one.id for one in before if finding.hypotheses and one.hypotheses == finding.hypotheses),
        None,
    )


def _finding(
    analysis: Analysis, finding: Finding, told: str | None, brief: bool = False
) -> dict[str, Json]:
    return {
        "id": finding.id,
        "key": finding.key,
        "kind": finding.kind,
        "severity": finding.severity.value,
        "series": list(finding.series),
        "start": _position(finding.start),
        "end": _position(finding.end),
        "numbers": {name: _number(value) for name, value in finding.numbers.items()},
        "explained_by": finding.explained_by,
        "evidence": [_evidence(analysis, finding, evidence) for evidence in finding.evidence],
        "hypotheses": [_hypothesis(hypothesis, told, brief) for hypothesis in finding.hypotheses],
        "text": plain(finding.text),
        **_beyond(
            brief,
            notes=[] if brief else [plain(note) for note in finding.notes],
            rows=list(finding.rows),
            groups=[list(rows) for rows in finding.groups],
        ),
    }


def _evidence(analysis: Analysis, finding: Finding, evidence: Evidence) -> dict[str, Json]:
    """Return a row of evidence, with the series that holds its value where that is another than the
    finding's own; else what x counts.
    """
    of, axis = evidence.of, evidence.axis
    if of is None:
        series, holds = cited_series(analysis, finding, evidence)
        of = series.id if series is not None and holds else ""
        axis = "" if series is None else series.axis.value
    own = own_series(analysis, finding, evidence.source)
    told: dict[str, Json] = {} if of == own else {"of": of}
    told = told if of else {"axis": axis}
    return {
        "source": evidence.source,
        "line": evidence.line,
        "x": _x(evidence.x),
        "value": _number(evidence.value),
        **told,
    }


def own_series(analysis: Analysis, finding: Finding, source: str) -> str | None:
    """Return the first series of a finding that stands in a source: what its evidence there is of,
    unless it says otherwise.
    """
    return next((one for one in finding.series if analysis.series(one).source == source), None)


def _hypothesis(hypothesis: Hypothesis, told: str | None, brief: bool) -> dict[str, Json]:
    """Return a hypothesis; of one that the finding `told` weighs already, where to read on."""
    if told is not None:
        see = plain(TOLD(finding=told))
        return {
            "id": hypothesis.id,
            "rank": hypothesis.rank,
            "told_in": told,
            "for": [],
            "against": [],
            "decided_by": see,
        }
    return {
        "id": hypothesis.id,
        "rank": hypothesis.rank,
        "title": plain(hypothesis.title),
        "for": [plain(one) for one in hypothesis.support],
        "against": [plain(one) for one in hypothesis.against],
        "decided_by": plain(hypothesis.decided_by),
        **_beyond(
            brief,
            do=plain(hypothesis.do) if hypothesis.do is not None else None,
            code=hypothesis.code,
            reference=hypothesis.reference,
        ),
    }


def _verdict(verdict: Verdict, brief: bool) -> dict[str, Json]:
    return {
        "question": verdict.question,
        "series": list(verdict.series),
        "run": verdict.run,
        "state": verdict.state.value,
        "confidence": verdict.confidence,
        "because": list(verdict.because),
        "text": plain(verdict.text),
        **_beyond(
            brief,
            trend=None if verdict.trend is None else _trend(verdict.trend),
            change_mind=None
            if verdict.change_mind is None or (brief and verdict.series)
            else plain(verdict.change_mind),
        ),
    }


def _trend(trend: Trend) -> dict[str, Json]:
    return {
        "gain": _number(trend.gain),
        "low": _number(trend.low),
        "high": _number(trend.high),
        "rows": trend.rows,
        "basis": trend.basis,
        "first": _position(trend.first),
        "last": _position(trend.last),
    }


def _forecast(forecast: Forecast) -> dict[str, Json]:
    return {
        "series": list(forecast.series),
        "rows": forecast.rows,
        "low": _number(forecast.low),
        "mid": _number(forecast.mid),
        "high": _number(forecast.high),
        "valid": forecast.valid,
        "text": plain(forecast.text),
    }


def _recommendation(one: Recommendation, brief: bool) -> dict[str, Json]:
    return {
        "id": one.id,
        "because": list(one.because),
        "when": one.when,
        "text": plain(one.text),
        "source": one.source,
        "run": one.run,
        **_beyond(brief, code=one.code),
    }


def _jury(jury: Jury, brief: bool) -> dict[str, Json]:
    return {"series": list(jury.series), "votes": [_vote(vote, brief) for vote in jury.votes]}


BRIEF_FIRES: Final = 20
"""Places where a rule fires that the block inside HTML holds, as many as a finding cites; `-f json`
has as many as points of a series. `fired` counts all.
"""


def _vote(vote: Vote, brief: bool) -> dict[str, Json]:
    """Return a vote; inside HTML without its words, which the table of the report has."""
    made: dict[str, Json] = {
        "juror": vote.juror,
        "applicable": vote.reason is None,
        "needs": vote.needs,
        "rows": vote.rows,
    }
    made["fired"] = len(vote.fires) if vote.fired is None else vote.fired
    made["fires"] = [_position(at) for at in vote.fires[: BRIEF_FIRES if brief else LIMIT]]
    words = {
        "title": vote.title,
        "rule": vote.rule,
        "reason": None if vote.reason is None else plain(vote.reason),
    }
    return made if brief else made | words
