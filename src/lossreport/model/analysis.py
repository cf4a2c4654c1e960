"""What was found out about a run: findings, verdicts, scales and what to do. `analysis` makes it,
`compose` tells it, JSON is it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, fields
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, Literal

from lossreport.model.run import Fact, Run, Series
from lossreport.text import Phrase, Text
from lossreport.values import dataclass


class Severity(StrEnum):
    """How much a finding matters; ordered by `rank`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return 0 for low to 3 for critical."""
        return RANKS[self]


RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}


class State(StrEnum):
    """The verdict on a series or a run; the first that holds, in this order.

    `insufficient` only where nothing before it is certain.
    """

    BROKEN = "broken"
    MIXED = "mixed"
    DIVERGING = "diverging"
    UNSTABLE = "unstable"
    OVERFITTING = "overfitting"
    WORSENING = "worsening"
    INSUFFICIENT = "insufficient"
    PLATEAU_HIGH = "plateau_high"
    CONVERGED = "converged"
    IMPROVING = "improving"
    INCONCLUSIVE = "inconclusive"


Confidence = Literal["low", "medium", "high"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place on a series: x as the log prints it, the row from 0, the 1-based line of the file."""

    x: float
    row: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One number that a statement stands on, and where it stands in the logs.

    `metric`, `axis` and `of`, the id of a series, are what a report made earlier says of it; else
    they follow from the series of the source. `of` is "" where it says that no series holds it.
    """

    source: str
    line: int
    x: float
    value: float
    metric: str = ""
    axis: str = ""
    of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """A possible cause with what speaks for and against it, and the measurement that would decide.
    Never stated as fact.

    `do` is what to do about it, `code` one line to type where the framework is known, `reference`
    the public thread or document that knows the cause.
    """

    id: str
    rank: int
    title: Phrase
    support: tuple[Phrase, ...]
    against: tuple[Phrase, ...]
    decided_by: Phrase
    do: Phrase | None = None
    code: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a detector saw. `evidence` has at least one row; `numbers` holds what the text
    quotes, by name.

    `rows` are all rows meant, `groups` those of them that belong together (the clusters of a
    mixture). `notes` say what else the logs hold about the place: arithmetic, what moved with it,
    how it recovered; they are observations, never causes. `title` is what its detector calls such a
    finding, `payload` what it saw, typed, and `surroundings` what was seen of its place afterwards:
    `numbers` are derived from them.
    """

    id: str
    kind: str
    severity: Severity
    series: tuple[str, ...]
    start: Position
    end: Position
    text: Phrase
    evidence: tuple[Evidence, ...]
    key: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    rows: tuple[int, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()
    notes: tuple[Phrase, ...] = ()
    explained_by: str | None = None
    title: Text | None = None
    payload: object = None
    surroundings: object = None

    @property
    def is_dead(self) -> bool:
        """Whether it shows that nothing is trained from there on: a loss at a clamp, an explosion,
        loss and gradient exactly 0.
        """
        return bool(self.numbers.get("dead"))

    @property
    def called(self) -> Text | str:
        """What a reader is told that it is: its title, else the kind."""
        return self.title or self.kind

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"a finding of kind {self.kind} has no evidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A finding that the user asked to leave alone, why, and until which day; it counts for nothing
    and is shown apart.
    """

    finding: Finding
    reason: str
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What the size of a loss means: its last value against the chance level, where one is known.

    `assumption` is the formula in short ("ln(vocab_size)"); `levels` are conditional chance levels
    with their condition; `floor` is a value it cannot pass, `bits` the value in bits where it is in
    nats; `notes` are the sentences a reader needs, each true for this run; `facts` are those the
    kind took its parameters from. `inferred_sizes` are vocabulary sizes whose logarithm the first
    value sits on: an inference that nothing else is made of.
    """

    series: tuple[str, ...]
    value: float
    unit: str
    chance: float | None = None
    assumption: str = ""
    perplexity: float | None = None
    normalised: float | None = None
    floor: float | None = None
    bits: float | None = None
    levels: tuple[tuple[float, Phrase], ...] = ()
    notes: tuple[Phrase, ...] = ()
    needs: tuple[str, ...] = ()
    inferred_sizes: tuple[int, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One summand of the total loss: weight * value, and its share (0..1) of the sum."""

    series: str
    name: str
    weight: float
    value: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What the total loss is made of at one row."""

    run: str
    at: Position
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The tail of a series: relative gain (positive = it gets better) over the last rows, with its
    90 % interval.

    A gain of a loss is a fall; `rises` says that more is better and a gain is a rise. `basis` is
    "tail" where those rows were looked at alone, "shape" where the course of the whole curve tells.
    """

    gain: float
    low: float
    high: float
    rows: int
    first: Position
    last: Position
    basis: Literal["tail", "shape"] = "tail"
    rises: bool = False

    @property
    def change(self) -> tuple[float, float, float]:
        """Return the relative change of the values themselves, with its sign: the estimate, the
        lower and the upper bound.
        """
        return (
            (self.gain, self.low, self.high) if self.rises else (-self.gain, -self.high, -self.low)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The state of one series, or of the whole run where `series` is empty; `because` names
    findings.
    """

    question: str
    series: tuple[str, ...]
    run: str
    state: State
    confidence: Confidence
    text: Phrase
    because: tuple[str, ...] = ()
    trend: Trend | None = None
    change_mind: Phrase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LrSchedule:
    """The shape of a learning-rate series, one of the classes of the contract."""

    series: tuple[str, ...]
    schedule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The absolute fall to expect over `rows` further rows (5, 50, 95 %); invalid forecasts say why
    in `text`.
    """

    series: tuple[str, ...]
    rows: int
    low: float
    mid: float
    high: float
    valid: bool
    text: Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """What to do, because of which findings, now or next; `source` is the title the advice is from.

    `code` is one line to type, with the run's numbers, where its framework is known.
    """

    id: str
    when: Literal["now", "next"]
    text: Phrase
    because: tuple[str, ...] = ()
    source: str = ""
    code: str = ""
    run: str = "r1"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotApplicable:
    """A check that could not run, why, and what it would need."""

    check: str
    series: tuple[str, ...]
    reason: Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A unit that raised: a bug of ours, shown in the report rather than hidden."""

    unit: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The best row of the validation series that decides over a run; `checkpoint` is a path where
    the logs name one.

    `contested` where a score of the validation still rose after the lowest loss: which of the two
    decides is for the user to say; None where a report of an earlier version does not tell.
    """

    run: str
    series: str
    at: Position
    value: float
    checkpoint: str | None = None
    contested: bool | None = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The metric that a run was trained for: the id of its series, whether more of it is better,
    and on what ground it was chosen.
    """

    run: str
    series: str
    mode: Literal["max", "min"]
    why: Phrase


Tone = Literal["good", "open", "warn", "bad"]
"""good: the goal was reached or still gets nearer, and no trouble; open: it cannot be told; warn,
bad: there is something to do.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The one answer on a run: how it ended, how its goal went, its main fault (`text`), and what
    to do (`do`).

    Page, ticket, terminal and digest all say this. `goal` is the id of its series; `checkpoint` a
    path that the logs name.
    """

    run: str
    state: State
    tone: Tone
    text: Phrase
    goal: str | None = None
    do: Phrase | None = None
    checkpoint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Two sources hold the same series: ids of the one that is judged and of the other, and how
    many rows were found equal.
    """

    original: str
    copy: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What one published spike rule says of a series: the rows where it fires, or in `reason` why
    it cannot judge.

    `needs` rows are the least it needs, `rows` the finite ones there are; `fired` counts all places
    where a report made earlier holds the first of them only.
    """

    juror: str
    title: str
    rule: str
    needs: int
    rows: int
    fires: tuple[Position, ...] = ()
    fired: int | None = None
    reason: Phrase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Jury:
    """The votes of all published rules on one series. For information: no finding and no verdict
    stands on them.
    """

    series: tuple[str, ...]
    votes: tuple[Vote, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
    """All that was found out. The JSON of the contract is exactly this.

    What is looked up by an id is found at once: a file may hold ten thousand runs.
    """

    runs: tuple[Run, ...]
    goals: tuple[Goal, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    bests: tuple[Best, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    scales: tuple[Scale, ...] = ()
    shares: tuple[Share, ...] = ()
    findings: tuple[Finding, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    lr_schedules: tuple[LrSchedule, ...] = ()
    forecasts: tuple[Forecast, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    juries: tuple[Jury, ...] = ()
    not_applicable: tuple[NotApplicable, ...] = ()
    failures: tuple[Failure, ...] = ()

    def series(self, series_id: str) -> Series:
        """Return a series by id; raises KeyError where it is unknown."""
        return self._series[series_id]

    def series_of(self, source_id: str) -> Sequence[Series]:
        """Return the series that a source holds, in their order."""
        return self._of_source.get(source_id, ())

    def run_verdict(self, run_id: str) -> Verdict:
        """Return the verdict on a whole run; raises KeyError where there is none."""
        return self._run_verdicts[run_id]

    def outcome(self, run_id: str) -> Outcome | None:
        """Return the one answer on a run, or None where its verdict failed."""
        return self._outcomes.get(run_id)

    def goal(self, run_id: str) -> Goal | None:
        """Return what a run was trained for, or None where that cannot be told."""
        return self._goals.get(run_id)

    @cached_property
    def _series(self) -> dict[str, Series]:
        return {series.id: series for run in self.runs for series in run.series}

    @cached_property
    def _of_source(self) -> dict[str, list[Series]]:
        held: dict[str, list[Series]] = {}
        for run in self.runs:
            for series in run.series:
                held.setdefault(series.source, []).append(series)
        return held

    @cached_property
    def _run_verdicts(self) -> dict[str, Verdict]:
        return {one.run: one for one in reversed(self.verdicts) if not one.series}

    @cached_property
    def _outcomes(self) -> dict[str, Outcome]:
        return {one.run: one for one in reversed(self.outcomes)}

    @cached_property
    def _goals(self) -> dict[str, Goal]:
        return {one.run: one for one in reversed(self.goals)}


def parted(analysis: Analysis) -> tuple[Analysis, ...]:
    """Return what was found out about each run, one analysis a run; each knows all runs, and what
    is said of no series.
    """
    if len(analysis.runs) == 1:
        return (analysis,)
    run_of = {series.id: run.id for run in analysis.runs for series in run.series}
    parts: dict[str, dict[str, list[Any]]] = {run.id: {} for run in analysis.runs}
    for name in (one.name for one in fields(Analysis) if one.name != "runs"):
        items = getattr(analysis, name)
        for item in _once_each(items) if name == "not_applicable" else items:
            for run_id in _runs_of(item, run_of) or parts:
                parts[run_id].setdefault(name, []).append(item)
    return tuple(
        Analysis(runs=analysis.runs, **{name: tuple(items) for name, items in part.items()})
        for part in parts.values()
    )


def gravest_runs(analysis: Analysis, most: int) -> tuple[Run, ...]:
    """Return so many of the runs, those with the gravest verdicts, in their order."""
    order = list(State)
    ranked = sorted(analysis.runs, key=lambda run: order.index(analysis.run_verdict(run.id).state))
    kept = {run.id for run in ranked[:most]}
    return tuple(run for run in analysis.runs if run.id in kept)


def of_runs(analysis: Analysis, runs: Sequence[Run]) -> Analysis:
    """Return what was found out about some of the runs, and what is said of all."""
    run_of = {series.id: run.id for run in analysis.runs for series in run.series}
    kept = {run.id for run in runs}
    said = {
        name: tuple(
            item
            for item in getattr(analysis, name)
            if not (about := _runs_of(item, run_of)) or not kept.isdisjoint(about)
        )
        for name in (one.name for one in fields(Analysis) if one.name != "runs")
    }
    return Analysis(runs=tuple(runs), **said)


def _runs_of(item: Any, run_of: Mapping[str, str]) -> dict[str, None]:
    """Return the runs that something said is about; none where it is about all."""
    item = item.finding if isinstance(item, Ignored) else item
    if named := getattr(item, "run", None):
        return {named: None}
    pair = (item.original, item.copy) if isinstance(item, Agreement) else ()
    series = getattr(item, "series", pair)
    return {
        run_of[one]: None
        for one in ((series,) if isinstance(series, str) else series)
        if one in run_of
    }


def _once_each(said: Sequence[NotApplicable]) -> list[NotApplicable]:
    """Return what could not be looked for, that of no series once: every run says the same."""
    return list({(one.check, one.series, one.reason.plain("en")): one for one in said}.values())


def plain(text: Text | Phrase) -> dict[str, str]:
    """Return a text as the JSON has it: plain, in both languages."""
    phrase = text if isinstance(text, Phrase) else Phrase(text=text)
    return {"zh": phrase.plain("zh"), "en": phrase.plain("en")}
