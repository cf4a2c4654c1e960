"""Keeps what a log says beside its rows: plans printed beside places, the best so far, what is
measured once behind the training, stamps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Final

from lossreport import regex as re
from lossreport.reading.kit.names import is_metric_like
from lossreport.reading.lines.pairs import OVER_RUNS
from lossreport.reading.lines.place_words import Kind
from lossreport.reading.lines.prefix import DATE
from lossreport.reading.lines.row import TextRow
from lossreport.reading.lines.survey import Survey
from lossreport.reading.lines.values import Values
from lossreport.reading.parser import RawFact, RawTime, SkippedLine
from lossreport.text import Text
from lossreport.values import dataclass

STAMP_REACH: Final = 60
NOTHING: Final = re.compile(r"\b(?:NA|N/A|None|null)\b")
HOLLOW: Final = re.compile(
    r"(?<![\w(])(?P<name>[A-Za-z_][\w/.@%-]{0,40}+(?:\([\w ]{1,30}\))?)\s{0,3}[:=]?\s{1,3}(?:NA|"
    r"N/A|None|null)(?![\w/])"
)
"""A metric with a word in place of its number."""
NO_NUMBER: Final = Text(
    zh="指标 {name} 在 {count} 行里都没有数值",
    en="the metric {name} has no number in any of {count} rows",
)
BEST: Final = re.compile(r"best[ _](?P<name>[\w ./@-]{1,40})", re.IGNORECASE)
"""`New best AUC=0.6722 F1=0.58 -> saved`: by what is called the best the state is kept; the other
numbers are those of that state.
"""
ANNOUNCED: Final = 2
"""A best that a run announces again and again is kept; one that stands once at its end only sums it
up.
"""
KEPT_BY: Final = "checkpoint_kept_by"
PLANNED: Final = ((Kind.EPOCH, "epochs"), (Kind.ROUND, "rounds"), (Kind.EPISODE, "episodes"))


@dataclass(kw_only=True)
class Remarks:
    """Gathers facts: a memory or a single measurement is no point of a curve."""

    survey: Survey
    values: Values
    _told: dict[str, int] = field(default_factory=dict)
    _doubts: dict[str, int] = field(default_factory=dict)
    _best: dict[tuple[str, str], RawFact] = field(default_factory=dict)
    _chosen: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    _final: dict[str, RawFact] = field(default_factory=dict)
    _hollow: dict[str, tuple[int, int]] = field(default_factory=dict)
    _measured: set[str] = field(default_factory=set)
    _stamps: list[str] = field(default_factory=list)

    def plans(self, row: TextRow, line: int) -> Iterator[RawFact]:
        """Yield the totals printed beside places: those of the survey first, another one where rows
        in a row print it.
        """
        for name, total in self.totals(row):
            if total == self._told.get(name):
                self._doubts.pop(name, None)
            elif (
                name not in self._told and total == self.survey.plans.get(name, total)
            ) or self._doubts.get(name) == total:
                yield from self.plan(name, total, line)
            else:
                self._doubts[name] = total

    def hollow(self, row: TextRow, text: str, line: int) -> None:
        """Keep which metrics a row prints without a number: `val MAE(power) NA`."""
        for pair in row.pairs:
            self._measured.add(pair.name.lower())
        for match in HOLLOW.finditer(text) if NOTHING.search(text) else ():
            name = match["name"].strip()
            if is_metric_like(name):
                first, count = self._hollow.get(name, (line, 0))
                self._hollow[name] = (first, count + 1)

    def empty(self) -> Iterator[SkippedLine]:
        """Yield the metrics that never have a number."""
        for name, (line, count) in self._hollow.items():
            if not any(
                known == name.lower() or known.endswith(f" {name.lower()}")
                for known in self._measured
            ):
                text = {
                    lang: NO_NUMBER.of(lang).format(name=name, count=count) for lang in ("zh", "en")
                }
                yield SkippedLine(line, Text(**text))

    def plan(self, name: str, total: int, line: int) -> Iterator[RawFact]:
        """Tell a plan that is not told yet."""
        if self._told.get(name) != total:
            self._told[name] = total
            yield RawFact(name, total, line)

    def is_told(self, name: str, total: int) -> bool:
        """Return whether a plan is told, and nothing speaks against it."""
        return self._told.get(name) == total and name not in self._doubts

    def totals(self, row: TextRow) -> Iterator[tuple[str, int]]:
        """Yield (fact, total) of the places of a row that count the whole training."""
        for kind, name in PLANNED:
            place = row.place(kind)
            if (
                place is not None
                and place.of
                and not (kind is Kind.EPOCH and row.place(Kind.ROUND) is not None)
            ):
                yield name, place.of
        counter = row.counter
        if (
            counter is not None
            and counter.of
            and "max_steps" in self.survey.plans
            and row.split in ("", "train")
        ):
            yield "max_steps", counter.of

    def new_launch(self) -> None:
        """Forget the plans told: a new launch prints its own."""
        self._told.clear()

    def remember(self, row: TextRow, line: int) -> None:
        """Keep the last of every best value, of each run that the rows name."""
        run = self.values.owner(row)[1]
        for name in _announced(row):
            self._chosen.setdefault(run, {}).setdefault(name, []).append(line)
        for pair in row.memories:
            low = pair.name.lower()
            if is_metric_like(pair.name) or low.startswith("best"):
                name = low.removeprefix("new ").removeprefix("best").strip(" _-./") or "value"
                called = (
                    f"mean_{name.removesuffix(OVER_RUNS)}"
                    if name.endswith(OVER_RUNS)
                    else f"best_{name}"
                )
                self._best[run, name] = RawFact(called.replace(" ", "_"), pair.value, line)

    def measured_once(self, row: TextRow, line: int) -> None:
        """Keep what a row without a place measures that is no metric of the file: a test with the
        last state.
        """
        for pair in () if row.places or row.owners else row.pairs:
            if is_metric_like(pair.name) and pair.name not in self.survey.names:
                split, name = self.values.meaning(pair, row)
                said = name.lower().removeprefix("final").strip(" _-").replace(" ", "_")
                whose = f"{split}_" if split != "train" or "train" in pair.name.lower() else ""
                self._final[f"final_{whose}{said}"] = RawFact(
                    f"final_{whose}{said}", pair.value, line
                )

    def tested_once(self, row: TextRow, line: int) -> None:
        """Keep what a test measures whose row names a place of its own: the epoch whose state was
        tested, or the first.
        """
        for pair in row.pairs:
            split, name = self.values.meaning(pair, row)
            if split == "test":
                fact = f"final_test_{name.lower().replace(' ', '_')}"
                self._final.setdefault(fact, RawFact(fact, pair.value, line))

    def see(self, text: str) -> None:
        """Take in the stamp of a row."""
        if match := DATE.search(text, 0, STAMP_REACH):
            self._stamps[1:] = [match[0]] if self._stamps else []
            self._stamps = self._stamps or [match[0]]

    def facts(self, trained: int) -> Iterator[RawFact | RawTime]:
        """Yield what was kept; `trained` is the line of the last row of training, behind which a
        measurement is the final one.
        """
        yield from self._best.values()
        for names in self._chosen.values():
            if len(names) == 1:  # of several bests that are kept none is the one
                told = [
                    (name, line)
                    for name, lines in names.items()
                    if len(lines) >= ANNOUNCED
                    for line in lines
                ]
                # each run takes those on its lines
                yield from (RawFact(KEPT_BY, name, line) for name, line in told)
        yield from (fact for fact in self._final.values() if fact.line > trained > 0)
        yield from (RawTime(stamp) for stamp in self._stamps)


def _announced(row: TextRow) -> Iterator[str]:
    """Yield what a line that holds nothing else calls the best."""
    found = () if row.places or row.pairs or row.is_bar else row.memories
    matches = (BEST.fullmatch(pair.name) for pair in found if is_metric_like(pair.name))
    yield from (match["name"].replace(" ", "_") for match in matches if match is not None)
