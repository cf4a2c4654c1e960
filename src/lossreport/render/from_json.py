"""Reads an `Analysis` out of the JSON of the contract: the inverse of `to_json`.

Of a report of any version, and of the shorter JSON inside HTML: what an earlier version does not
say, or a page leaves to itself, stays unsaid. Texts come back as they were written, in both
languages. Whoever wrote or edited the report, what is no such value raises LookupError, TypeError
or ValueError; commands turn these into words (`errors.malformed`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, get_args

from lossreport.model.analysis import (
    Agreement,
    Analysis,
    Best,
    Confidence,
    Evidence,
    Failure,
    Finding,
    Forecast,
    Goal,
    Hypothesis,
    Ignored,
    Jury,
    LrSchedule,
    NotApplicable,
    Outcome,
    Position,
    Recommendation,
    Scale,
    Severity,
    Share,
    State,
    Term,
    Tone,
    Trend,
    Verdict,
    Vote,
)
from lossreport.model.run import (
    Axis,
    Derived,
    Entity,
    EntityKind,
    Event,
    Extent,
    Fact,
    FactValue,
    Launch,
    Piece,
    Point,
    Progress,
    Run,
    Segment,
    SegmentSpan,
    Series,
    Skipped,
    Source,
    Statistic,
    Status,
    TypeGround,
    Weighing,
    frozen_floats,
    frozen_ints,
)
from lossreport.text import Phrase, Text, Verbatim

Json = Any
Object = Mapping[str, Json]
SAID: Final = Text(zh="{said}", en="{said}")
ON_THE_PAGE: Final = Text(zh="见报告中的表", en="see the table of the report")()
"""Why a rule could not judge, of which a page holds the words in its table only."""
UNCITED: Final = ("0.1.0",)
"""Versions that do not say of which series a row of evidence is, where it is not the finding's."""
WORDS: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def from_json(text: str) -> Analysis:
    """Return the analysis that a JSON text of `to_json` holds."""
    return from_dict(json.loads(text))


def from_dict(data: Object) -> Analysis:
    """Return the analysis that the JSON of a report holds."""
    runs = tuple(_run(run, _listed(data, "series")) for run in data["runs"])
    by_id = {series.id: series for run in runs for series in run.series}
    found = _Findings(data, by_id)
    return Analysis(
        runs=runs,
        goals=tuple(_goal(run) for run in data["runs"] if run.get("goal") is not None),
        outcomes=tuple(_outcome(run) for run in data["runs"] if run.get("outcome") is not None),
        bests=tuple(_best(run, best) for run in data["runs"] for best in _bests(run)),
        agreements=tuple(
            Agreement(original=one["original"], copy=one["copy"], rows=one["rows"])
            for one in data["agreements"]
        ),
        scales=tuple(_scale(one, runs) for one in data["scales"]),
        shares=tuple(_share(one) for one in data["shares"]),
        findings=tuple(found.read(one) for one in data["findings"]),
        ignored=tuple(
            Ignored(
                finding=found.read(one["finding"]),
                reason=_word(one["reason"]),
                until=date.fromisoformat(one["until"]) if one["until"] else None,
            )
            for one in data["ignored"]
        ),
        verdicts=tuple(_verdict(one) for one in data["verdicts"]),
        lr_schedules=tuple(
            LrSchedule(series=_names(one["series"]), schedule=_word(one["class"]))
            for one in data["lr_schedules"]
        ),
        forecasts=tuple(_forecast(one) for one in data["forecasts"]),
        recommendations=tuple(_recommendation(one) for one in data["recommendations"]),
        juries=tuple(
            Jury(series=_names(one["series"]), votes=tuple(map(_vote, one["votes"])))
            for one in _listed(data, "juries")
        ),
        not_applicable=tuple(
            NotApplicable(
                check=_word(one["check"]),
                series=_names(one["series"]),
                reason=_phrase(one["reason"]),
            )
            for one in data["not_applicable"]
        ),
        failures=tuple(
            Failure(unit=_word(one["unit"]), error=_word(one["error"])) for one in data["failures"]
        ),
    )


# ---------------------------------------------------------------------------------- words, numbers
def _listed(of: Object, name: str) -> Sequence[Json]:
    """Return a list that earlier versions do not have, or that a page leaves out where it is
    empty.
    """
    return of.get(name) or ()


def _word(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} stands where a word belongs")
    return value


def _names(value: Iterable[Json]) -> tuple[str, ...]:
    if isinstance(value, str):
        raise TypeError(f"{value!r:.40} stands where a list belongs")
    return tuple(_word(one) for one in value)


def _count(value: Json) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r:.40} stands where a count belongs")
    return value


def _number(value: Json) -> float:
    """Return a number of the JSON, whole where it is; those that are not finite are words there."""
    if isinstance(value, str):
        return WORDS[value]
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r:.40} stands where a number belongs")
    return value


def _float(value: Json) -> float:
    return float(_number(value))


def _optional(value: Json) -> float | None:
    return None if value is None else _float(value)


def _one_of(value: Json, choices: Any) -> Any:
    if value not in get_args(choices):
        raise ValueError(f"{value!r:.40} is none of {', '.join(get_args(choices))}")
    return value


def _phrase(pair: Json) -> Phrase:
    """Return a text as it was written: nothing in it is a placeholder or a mark."""
    return SAID(said=Verbatim(zh=_word(pair["zh"]), en=_word(pair["en"])))


def _phrase_or_none(pair: Json) -> Phrase | None:
    return None if pair is None else _phrase(pair)


def _phrases(pairs: Iterable[Json]) -> tuple[Phrase, ...]:
    return tuple(_phrase(pair) for pair in pairs)


def _position(at: Object) -> Position:
    return Position(x=_float(at["x"]), row=_count(at["row"]), line=_count(at["line"]))


# ------------------------------------------------------------------------------------ what was read
def _run(run: Object, series: Sequence[Object]) -> Run:
    paths = {source["id"]: source["path"] for source in run["sources"]}
    first, last = run["time"]["first"], run["time"]["last"]
    return Run(
        id=_word(run["id"]),
        name=_word(run["name"]),
        sources=tuple(_source(one) for one in run["sources"]),
        series=tuple(_series(one, paths) for one in series if one["run"] == run["id"]),
        facts=tuple(_fact(one) for one in run["facts"]),
        events=tuple(_event(one) for one in run["events"]),
        segments=tuple(
            Segment(
                source=one["source"],
                first_line=one["first_line"],
                last_line=one["last_line"],
                why=one["why"],
            )
            for one in run["segments"]
        ),
        status=Status(run["status"]),
        progress=_progress(run["progress"]),
        time=(first, last),
        skipped=tuple(
            Skipped(
                path=_word(one["path"]),
                reason=_phrase(one["reason"]),
                code=one.get("code", "unrecognised"),
            )
            for one in _listed(run, "skipped")
        ),
        launches=tuple(_launch(one) for one in _listed(run, "launches")),
        reading=_weighing(run.get("reading")),
    )


def _progress(told: Object) -> Progress:
    (done, planned), (steps, plan) = told["epochs"], told["steps"]
    return Progress(epochs=(done, planned), steps=(steps, plan))


def _launch(one: Object) -> Launch:
    return Launch(
        source=_word(one["source"]),
        first_line=_count(one["first_line"]),
        last_line=_count(one["last_line"]),
        status=Status(one["status"]),
        progress=_progress(one["progress"]),
        facts=tuple(_fact(fact) for fact in one["facts"]),
    )


def _weighing(told: Object | None) -> Weighing:
    if told is None:
        return Weighing()
    return Weighing(
        margin=_float(told["margin"]),
        because=_phrases(told["because"]),
        other=_phrase_or_none(told["other"]),
        chosen=_phrase_or_none(told.get("chosen")),
    )


def _source(one: Object) -> Source:
    return Source(
        id=_word(one["id"]),
        path=_word(one["path"]),
        parser=_word(one["parser"]),
        sha256=_word(one["sha256"]),
        bytes=one["bytes"],
        rows=_count(one["rows"]),
        skipped=one["skipped"],
        unread=one.get("unread", 0),
        skips=tuple(
            (_count(skip["line"]), _phrase(skip["reason"])) for skip in _listed(one, "skips")
        ),
        encoding=one["encoding"],
        lines=one["lines"],
        torn=one.get("torn", False),
    )


def _fact(one: Object) -> Fact:
    return Fact(
        name=_word(one["name"]),
        value=_fact_value(one["value"]),
        source=_word(one["source"]),
        line=one["line"],
        origin=one.get("origin", ""),
    )


def _fact_value(value: Json) -> FactValue:
    """Return the value of a setting, a list as a tuple; the word NaN may be set as such."""
    if isinstance(value, list):
        return tuple(_fact_value(one) for one in value)
    if value is not None and not isinstance(value, str | int | float):
        raise TypeError(f"{value!r:.40} stands where a setting belongs")
    told: FactValue = value
    return told


def _event(one: Object) -> Event:
    return Event(
        kind=one["kind"],
        source=_word(one["source"]),
        line=_count(one["line"]),
        quote=_word(one["quote"]),
        frame=one.get("frame", ""),
        cause=one.get("cause", ""),
    )


def _series(one: Object, paths: Mapping[str, str]) -> Series:
    points, derived, whose = one["points"], one["derived"], one.get("entity")
    x, y, line = points["x"], points["y"], points["line"]
    if not len(x) == len(y) == len(line):
        raise ValueError(f"the points of {one['id']!r:.40} are not of one length")
    return Series(
        id=_word(one["id"]),
        run=_word(one["run"]),
        name=_word(one["name"]),
        split=_word(one["split"]),
        axis=Axis(one["axis"]),
        statistic=Statistic(one["statistic"]),
        source=_word(one["source"]),
        path=_path(one, paths),
        x=frozen_floats([_float(value) for value in x]),
        y=frozen_floats([_float(value) for value in y]),
        line=frozen_ints([_count(value) for value in line]),
        window=one["window"],
        unit=_word(one["unit"] or ""),
        metric_type=_word(one["metric_type"]),
        type_ground=_ground(one.get("type_ground")),
        derived=None
        if derived is None
        else Derived(of=_names(derived["from"]), how=_word(derived["how"])),
        segments=tuple(
            SegmentSpan(first_row=_count(span["first_row"]), last_row=_count(span["last_row"]))
            for span in one["segments"]
        ),
        resolution=_optional(one.get("resolution")),
        pieces=tuple(
            Piece(first_row=_count(piece["first_row"]), source=_word(piece["source"]))
            for piece in _listed(one, "pieces")
        ),
        entity=None
        if whose is None
        else Entity(kind=EntityKind(whose["kind"]), value=_word(whose["value"])),
        extent=_extent(one),
    )


def _path(one: Object, paths: Mapping[str, str]) -> str:
    """Return the file of a series: what its key says, for a joined one has another than its source.

    The key is `split/name[entity]@path:statistic:how`; a name may hold an `@` of its own.
    """
    whose = one.get("entity")
    named = "" if whose is None else f"[{whose['kind']}={whose['value']}]"
    place = _word(one["key"]).removeprefix(f"{one['split']}/{one['name']}{named}@")
    path = place.rpartition(f":{one['statistic']}")[0]
    return path or _word(paths.get(one["source"], "?"))


def _extent(one: Object) -> Extent:
    points, broken = one["points"], one["nonfinite"]
    rows = points.get("row")
    return Extent(
        n=_count(one["n"]),
        nonfinite=_count(broken["count"]),
        first_nonfinite=broken["first_row"],
        first=_point(one["first"]),
        last=_point(one["last"]),
        lowest=_point(one["min"]),
        highest=_point(one["max"]),
        rows=frozen_ints(range(len(points["x"])) if rows is None else rows),
    )


def _point(at: Object | None) -> Point | None:
    if at is None:
        return None
    return Point(
        x=_float(at["x"]), row=_count(at["row"]), line=_count(at["line"]), value=_float(at["value"])
    )


def _ground(told: Object | None) -> TypeGround | None:
    if told is None:
        return None
    return TypeGround(by=told["by"], text=_phrase(told["text"]), facts=_names(told["facts"]))


# ----------------------------------------------------------------------------------- what was found
def _goal(run: Object) -> Goal:
    goal = run["goal"]
    return Goal(
        run=run["id"], series=_word(goal["series"]), mode=goal["mode"], why=_phrase(goal["why"])
    )


def _outcome(run: Object) -> Outcome:
    told = run["outcome"]
    return Outcome(
        run=run["id"],
        state=State(told["state"]),
        tone=_one_of(told["tone"], Tone),
        text=_phrase(told["text"]),
        goal=told["goal"],
        do=_phrase_or_none(told["do"]),
        checkpoint=told["checkpoint"],
    )


def _bests(run: Object) -> Sequence[Object]:
    """Return the best values of a run; of one that an earlier version wrote the one there is."""
    if "bests" in run:
        return _listed(run, "bests")
    return () if run["best"] is None else (run["best"],)


def _best(run: Object, best: Object) -> Best:
    return Best(
        run=run["id"],
        series=_word(best["series"]),
        at=_position(best),
        value=_float(best["value"]),
        checkpoint=best["checkpoint"],
        contested=best.get("contested"),
    )


def _scale(one: Object, runs: Sequence[Run]) -> Scale:
    facts = {fact.name: fact for run in reversed(runs) for fact in reversed(run.facts)}
    return Scale(
        series=_names(one["series"]),
        value=_float(one["value"]),
        unit=_word(one["unit"]),
        chance=_optional(one["chance"]),
        assumption=_word(one["assumption"]),
        perplexity=_optional(one["perplexity"]),
        normalised=_optional(one["normalised"]),
        floor=_optional(one.get("floor")),
        bits=_optional(one.get("bits")),
        levels=tuple(
            (_float(level["chance"]), _phrase(level["condition"]))
            for level in _listed(one, "levels")
        ),
        notes=_phrases(_listed(one, "notes")),
        needs=_names(_listed(one, "needs")),
        inferred_sizes=tuple(_listed(one, "inferred_vocab_sizes")),
        facts=tuple(
            facts.get(name, Fact(name=name, value="", source=""))
            for name in _names(_listed(one, "facts"))
        ),
    )


def _share(one: Object) -> Share:
    terms = tuple(
        Term(
            series=_word(term["series"]),
            name=_word(term["name"]),
            weight=_float(term["weight"]),
            value=_float(term["value"]),
            share=_float(term["share"]),
        )
        for term in one["terms"]
    )
    return Share(run=_word(one["run"]), at=_position(one["at"]), terms=terms)


class _Findings:
    """Reads findings, which refer to series by their ids and to hypotheses that others hold in
    full: inside HTML those of later findings only name them (`told_in`).
    """

    def __init__(self, data: Object, series: Mapping[str, Series]) -> None:
        self.series, self.cites = series, data["version"] not in UNCITED
        self.told = {
            (finding["id"], one["id"]): one
            for finding in data["findings"]
            for one in finding["hypotheses"]
            if "told_in" not in one
        }

    def read(self, one: Object) -> Finding:
        """Return a finding with its evidence and its hypotheses."""
        return Finding(
            id=_word(one["id"]),
            kind=_word(one["kind"]),
            severity=Severity(one["severity"]),
            series=_names(one["series"]),
            start=_position(one["start"]),
            end=_position(one["end"]),
            text=_phrase(one["text"]),
            evidence=tuple(self._evidence(one, cited) for cited in one["evidence"]),
            key=_word(one["key"]),
            numbers={
                _word(name): _number(value)
                for name, value in one["numbers"].items()
                if value is not None
            },
            rows=tuple(_count(row) for row in _listed(one, "rows")),
            groups=tuple(tuple(map(_count, rows)) for rows in _listed(one, "groups")),
            hypotheses=tuple(self._hypothesis(told) for told in one["hypotheses"]),
            notes=_phrases(_listed(one, "notes")),
            explained_by=one["explained_by"],
        )

    def _hypothesis(self, one: Object) -> Hypothesis:
        told = self.told.get((one.get("told_in", ""), one["id"]), one)
        return Hypothesis(
            id=_word(one["id"]),
            rank=_count(one["rank"]),
            title=_phrase(told["title"]),
            support=_phrases(told["for"]),
            against=_phrases(told["against"]),
            decided_by=_phrase(told["decided_by"]),
            do=_phrase_or_none(told.get("do")),
            code=told.get("code", ""),
            reference=told.get("reference", ""),
        )

    def _evidence(self, finding: Object, one: Object) -> Evidence:
        """Return a row of evidence with its metric; what a report of an earlier version does not
        say of it stays unsaid.
        """
        row: dict[str, Any] = {
            "source": _word(one["source"]),
            "line": _count(one["line"]),
            "x": _float(one["x"]),
            "value": _float(one["value"]),
        }
        if "axis" in one:
            return Evidence(**row, axis=_word(one["axis"]), of="")
        own = (
            name
            for name in finding["series"]
            if name in self.series and self.series[name].source == one["source"]
        )
        of = self.series.get(one.get("of") or next(own, ""))
        if of is None or not (self.cites or _holds(of, row)):
            return Evidence(**row)
        return Evidence(**row, metric=of.name, axis=of.axis.value, of=of.id)


def _holds(series: Series, row: Mapping[str, Json]) -> bool:
    """Return whether a series holds a value on its line; rows that findings cite are always among
    those that are kept.
    """
    return bool(((series.line == row["line"]) & (series.y == row["value"])).any())


def _verdict(one: Object) -> Verdict:
    trend = one.get("trend")
    return Verdict(
        question=_word(one["question"]),
        series=_names(one["series"]),
        run=_word(one["run"]),
        state=State(one["state"]),
        confidence=_one_of(one["confidence"], Confidence),
        text=_phrase(one["text"]),
        because=_names(one["because"]),
        trend=None if trend is None else _trend(trend),
        change_mind=_phrase_or_none(one.get("change_mind")),
    )


def _trend(one: Object) -> Trend:
    return Trend(
        gain=_float(one["gain"]),
        low=_float(one["low"]),
        high=_float(one["high"]),
        rows=_count(one["rows"]),
        first=_position(one["first"]),
        last=_position(one["last"]),
        basis=one["basis"],
    )


def _forecast(one: Object) -> Forecast:
    return Forecast(
        series=_names(one["series"]),
        rows=_count(one["rows"]),
        low=_float(one["low"]),
        mid=_float(one["mid"]),
        high=_float(one["high"]),
        valid=bool(one["valid"]),
        text=_phrase(one["text"]),
    )


def _recommendation(one: Object) -> Recommendation:
    return Recommendation(
        id=_word(one["id"]),
        when=one["when"],
        text=_phrase(one["text"]),
        because=_names(one["because"]),
        source=_word(one["source"]),
        code=one.get("code", ""),
        run=_word(one["run"]),
    )


def _vote(one: Object) -> Vote:
    reason = _phrase_or_none(one.get("reason"))
    return Vote(
        juror=_word(one["juror"]),
        title=one.get("title", ""),
        rule=one.get("rule", ""),
        needs=_count(one["needs"]),
        rows=_count(one["rows"]),
        fires=tuple(_position(at) for at in one["fires"]),
        fired=one.get("fired"),
        reason=ON_THE_PAGE if reason is None and not one["applicable"] else reason,
    )
