"""Searches over hyperparameters: a trial that reported values on its way is a run; of many trials, or of mere results, the best so far is told."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic, Status
from lossreport.reading.parser import ColumnKey, Columns, RawFact, RawSegment, RawStatus, RawTime, Record, RowsRead

MOST_RUNS: Final = 50
"""More trials than this are no runs that anybody reads one by one."""
CURVE: Final = 2
"""A trial with so many values on its way has a curve."""
STATUS: Final = {"COMPLETE": Status.FINISHED, "FAIL": Status.CRASHED, "PRUNED": Status.INTERRUPTED}
OBJECTIVE: Final = "objective"


@dataclass(kw_only=True)
class Trial:
    """One trial: its number in the study, how it ended, its results, the values on its way, and its parameters."""

    number: int
    state: str = ""
    values: dict[int, float] = field(default_factory=dict)
    reported: dict[int, float] = field(default_factory=dict)
    params: dict[str, FactValue] = field(default_factory=dict)
    times: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Study:
    """One search: the direction of every objective (`minimize`, `maximize`), their names where they have any, and its trials."""

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
        """Return whether its trials are told as runs."""
        return len(self.trials) <= MOST_RUNS and any(len(trial.reported) >= CURVE for trial in self.trials)


class Records:
    """Numbers the records of all studies, which stand for lines, and turns them into those of a parser."""

    def __init__(self) -> None:
        self.line = 0
        self.rows = 0
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
        yield RowsRead(self.rows, self.line)

    def _begin(self, name: str) -> Iterator[Record]:
        """Begin a run: its name comes first, then its rows."""
        self.line += 1
        yield RawFact("run_name", name, self.line)
        if self._runs:
            yield RawSegment(self.line + 1, "new_run")
        self._runs += 1

    def _trial(self, study: Study, trial: Trial, *, alone: bool) -> Iterator[Record]:
        yield from self._begin(f"trial {trial.number}" if alone else f"{study.name} trial {trial.number}")
        yield from self._facts({**trial.params, "state": trial.state, "direction": study.directions[0], **_results(study, trial)})
        columns = Columns()
        for step, value in sorted(trial.reported.items()):
            self.line += 1
            columns.add(ColumnKey(study.called(0), "val", Axis.STEP, Statistic.VALUE), float(step), value, self.line)
        yield from self._end(columns, trial.times)
        if trial.state in STATUS:
            yield RawStatus(STATUS[trial.state], self.line)

    def _summary(self, study: Study) -> Iterator[Record]:
        yield from self._begin(study.name)
        states = Counter(trial.state.lower() for trial in study.trials)
        best = _best(study)
        told: dict[str, FactValue] = {"n_trials": len(study.trials), **{f"n_trials_{state}": count for state, count in states.items() if state}}
        told |= {"direction": ", ".join(study.directions)}
        if best is not None:
            told |= {"best_trial": best.number, "best_value": best.values[0], **{f"best_params.{name}": value for name, value in best.params.items()}}
        yield from self._facts(told)
        columns, first = Columns(), self.line
        for objective, direction in enumerate(study.directions):
            self.line = max(self.line, first + len(study.trials))
            for place, value in _best_so_far(study.trials, objective, direction):
                key = ColumnKey(f"best_{study.called(objective)}", "val", Axis.ROW, Statistic.VALUE)
                columns.add(key, float(study.trials[place].number), value, first + 1 + place)
        times = [time for trial in study.trials for time in trial.times]
        yield from self._end(columns, [min(times), max(times)] if times else [])

    def _facts(self, facts: Mapping[str, FactValue]) -> Iterator[Record]:
        yield from (RawFact(name, value, self.line) for name, value in facts.items() if value not in ("", None))

    def _end(self, columns: Columns, times: Iterable[str]) -> Iterator[Record]:
        chunks = list(columns.chunks())
        self.rows += max((len(chunk.x) for chunk in chunks), default=0)
        yield from chunks
        yield from (RawTime(time[:19].replace("T", " "), self.line) for time in times)


def _results(study: Study, trial: Trial) -> dict[str, FactValue]:
    return {f"final_{study.called(objective)}": value for objective, value in trial.values.items()}


def _best(study: Study) -> Trial | None:
    """Return the best completed trial of a study of one objective."""
    done = [trial for trial in study.trials if trial.state == "COMPLETE" and math.isfinite(trial.values.get(0, math.nan))]
    if not done or len(study.directions) != 1:
        return None
    return (max if study.directions[0] == "maximize" else min)(done, key=lambda trial: trial.values[0])


def _best_so_far(trials: Sequence[Trial], objective: int, direction: str) -> Iterator[tuple[int, float]]:
    """Yield (place among the trials, best value until then) of every completed trial."""
    choose, best = (max if direction == "maximize" else min), math.nan
    for place, trial in enumerate(trials):
        value = trial.values.get(objective)
        if trial.state == "COMPLETE" and value is not None:
            best = value if math.isnan(best) else choose(best, value)
            yield place, best
