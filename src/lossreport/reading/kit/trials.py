"""Searches over hyperparameters: a trial that reported values on its way is a run; of many trials,
or of mere results, the best so far is told.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import pairwise
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic, Status
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    RawFact,
    RawSegment,
    RawStatus,
    RawTime,
    Record,
)
from lossreport.values import dataclass

MOST_RUNS: Final = 50
"""More trials than this are no runs that anybody reads one by one."""
CURVE: Final = 2
"""A trial with so many values on its way has a curve."""
STATUS: Final = {"COMPLETE": Status.FINISHED, "FAIL": Status.CRASHED, "PRUNED": Status.INTERRUPTED}
OBJECTIVE: Final = "objective"


@dataclass(kw_only=True)
class Trial:
    """One trial: its number in the study, how it ended, its results by objective, the values on its
    way by step, and its parameters.

    `lines` are those of a text file: of its beginning, of each value on its way, and of its end. A
    database has none.
    """

    number: int
    state: str = ""
    values: dict[int, float] = field(default_factory=dict)
    reported: dict[int, float] = field(default_factory=dict)
    params: dict[str, FactValue] = field(default_factory=dict)
    times: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


@dataclass(kw_only=True)
class Study:
    """One search: the direction of every objective (`minimize`, `maximize`), their names where they
    have any, and its trials.
    """

    name: str
    directions: Sequence[str] = ("minimize",)
    names: Sequence[str] = ()
    trials: list[Trial] = field(default_factory=list)

    def called(self, objective: int) -> str:
        """Return the name of an objective."""
        if objective < len(self.names):
            return self.names[objective]
        return OBJECTIVE if len(self.directions) < 2 else f"{OBJECTIVE}_{objective}"

    def has_curves(self) -> bool:
        """Return whether its trials are told as runs: one after another, not those that several
        workers wrote in turn.
        """
        spans = [(trial.lines[0], trial.lines[-1]) for trial in self.trials if trial.lines]
        in_turn = any(before[1] > after[0] for before, after in pairwise(spans))
        return (
            len(self.trials) <= MOST_RUNS
            and not in_turn
            and any(len(trial.reported) >= CURVE for trial in self.trials)
        )


class Records:
    """Turns studies into the records of a parser; where they have no lines, records are numbered:
    of each run its name, then its rows.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._last = 0
        self._runs = 0

    def of(self, studies: Sequence[Study]) -> Iterator[Record]:
        """Yield the runs of all studies one after another."""
        for study in studies:
            if study.has_curves():
                for trial in study.trials:
                    if trial.reported:
                        yield from self._trial(study, trial, alone=len(studies) == 1)
            elif any(trial.values for trial in study.trials):
                yield from self._summary(study)

    @property
    def last(self) -> int:
        """The number of the last record."""
        return self._last

    def _begin(
        self, name: str, facts: Mapping[str, FactValue], first: Trial, lines: Sequence[int]
    ) -> Iterator[Record]:
        """Begin a run whose rows stand on `lines`: its name and settings come first, where its
        first trial begins.
        """
        head = first.lines[0] if first.lines else self._last + 1
        yield RawFact("run_name", name, head)
        yield from (
            RawFact(fact, value, head) for fact, value in facts.items() if value not in ("", None)
        )
        if self._runs:
            yield RawSegment(lines[0], "new_run")
        self._runs += 1
        self._last = lines[-1]

    def _trial(self, study: Study, trial: Trial, *, alone: bool) -> Iterator[Record]:
        steps = sorted(trial.reported)
        lines = (
            trial.lines[1 : len(steps) + 1]
            if trial.lines
            else [self._last + 2 + i for i in range(len(steps))]
        )
        name = f"trial {trial.number}" if alone else f"{study.name} trial {trial.number}"
        yield from self._begin(
            name,
            {**trial.params, "state": trial.state, **_optimized(study), **_results(study, trial)},
            trial,
            lines,
        )
        columns = Columns()
        for step, line in zip(steps, lines, strict=True):
            columns.add(
                ColumnKey(study.called(0), "val", Axis.STEP, Statistic.VALUE),
                float(step),
                trial.reported[step],
                line,
            )
        yield from self._end(columns, trial.times)
        if trial.state in STATUS:
            yield RawStatus(STATUS[trial.state], self._last)

    def _summary(self, study: Study) -> Iterator[Record]:
        done = sorted(
            (trial for trial in study.trials if trial.state == "COMPLETE" and trial.values),
            key=lambda trial: trial.lines[-1:],
        )
        lines = [
            trial.lines[-1] if trial.lines else self._last + 2 + i for i, trial in enumerate(done)
        ]
        if not done:
            return
        yield from self._begin(study.name, _outcome(study), done[0], lines)
        columns = Columns()
        for objective, direction in enumerate(study.directions):
            key = ColumnKey(f"best_{study.called(objective)}", "val", Axis.ROW, Statistic.VALUE)
            for place, best in _best_so_far(done, objective, direction):
                columns.add(key, float(place), best, lines[place])
        times = [time for trial in study.trials for time in trial.times]
        yield from self._end(columns, [min(times), max(times)] if times else [])

    def _end(self, columns: Columns, times: Iterable[str]) -> Iterator[Record]:
        chunks = list(columns.chunks())
        self.rows += max((len(chunk.x) for chunk in chunks), default=0)
        yield from chunks
        yield from (RawTime(time[:19].replace("T", " "), self._last) for time in times)


def _outcome(study: Study) -> dict[str, FactValue]:
    """Return what came of a study: how many trials ended how, and the best with its parameters."""
    states = Counter(trial.state.lower() for trial in study.trials if trial.state)
    told: dict[str, FactValue] = {
        "n_trials": len(study.trials),
        **{f"n_trials_{state}": count for state, count in states.items()},
    }
    told["direction"] = ", ".join(study.directions)
    best = _best(study)
    if best is not None:
        told |= {
            "best_trial": best.number,
            "best_value": best.values[0],
            **{f"best_params/{name}": value for name, value in best.params.items()},
        }
    return told


def _results(study: Study, trial: Trial) -> dict[str, FactValue]:
    return {f"final_{study.called(objective)}": value for objective, value in trial.values.items()}


def _optimized(study: Study) -> dict[str, FactValue]:
    """Return what a search is for: its objective is the goal of every trial."""
    direction = study.directions[0]
    mode = {"minimize": "min", "maximize": "max"}.get(direction)
    told: dict[str, FactValue] = {"direction": direction}
    return told | ({"optimized": study.called(0), "mode": mode} if mode is not None else {})


def _best(study: Study) -> Trial | None:
    """Return the best completed trial of a study of one objective."""
    done = [
        trial
        for trial in study.trials
        if trial.state == "COMPLETE" and math.isfinite(trial.values.get(0, math.nan))
    ]
    if not done or len(study.directions) != 1:
        return None
    return (max if study.directions[0] == "maximize" else min)(
        done, key=lambda trial: trial.values[0]
    )


def _best_so_far(
    done: Sequence[Trial], objective: int, direction: str
) -> Iterator[tuple[int, float]]:
    """Yield (place, best value until then) of every completed trial in its order."""
    choose, best = (max if direction == "maximize" else min), math.nan
    for place, trial in enumerate(done):
        value = trial.values.get(objective)
        if value is not None:
            best = value if math.isnan(best) else choose(best, value)
            yield place, best
