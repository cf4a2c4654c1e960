r"""A text log declared line by line: what a row begins with, how its names and values are written,
and what they are.

    PARSER = LineFormat(
        id="toy_text", title=Text(zh="玩具的日志", en="log of toy"), lines=(Line(head=r"step
        <x>/<max_steps> \| ", pairs=COLON, statistic=Statistic.WINDOW_MEAN),),
    ).parser()

Heads are regular expressions with holes: `<x>`, `<epoch>`, `<of>` say where the row stands,
`<epochs>` and `<max_steps>` what is planned, `<split>` and `<rank>` whose it is; any other hole is
a value. Lines that no declaration can say go to `step`, a pure function.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any, Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import LONGEST_NAME, Axis, FactValue, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.line_by_line import is_line_by_line
from lossreport.reading.kit.line_reader import LineReader, Step
from lossreport.reading.kit.line_row import KNOWN, Row, Value
from lossreport.reading.kit.line_stretches import read_fast
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.patterns import NAME, NUM, head, literal_of, with_holes
from lossreport.reading.kit.rows import INSTANT, SPLIT_VALUES, number
from lossreport.reading.kit.settings import Settings, plain_value
from lossreport.reading.kit.stamps import bare
from lossreport.reading.kit.untrusted import whole
from lossreport.reading.parser import Parser, Record, Score
from lossreport.text import Text
from lossreport.values import dataclass

SURE: Final = 0.96
"""The score of two rows that match from end to end: above the parsers that look for parts of a row
(at most 0.95).
"""
SINGLE: Final = 0.6
"""The score of a file with one row: above the generic parsers, below a parser that finds more."""
ENOUGH: Final = 5
"""Rows after which sniffing stops."""
MOST: Final = 31
"""Further values behind one name."""
PLANNED: Final = ("epochs", "max_steps")
PLACES: Final = frozenset(("x", "of", "epoch", "split", "rank", *PLANNED))
NO_NAME: Final = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """How the names and values behind a head are written: what stands before a name, between the
    two, and behind the value.

    `more` stands between several values of one name (`D: 0.1, 0.2`), which are numbered.
    """

    sign: str
    name: str = NAME
    before: str = r"(?:^|[\s,|])"
    value: str = NUM
    mean: str = ""
    behind: str = r"(?=[A-Za-z%µ]{0,3}(?:[\s,;|)]|$))"
    more: str = ""

    def pattern(self) -> re.Pattern[str]:
        """Return the pattern of one pair; `mean` is the number in parentheses."""
        mean = self.mean or "(?P<mean>(?!))?+"
        more = rf"(?:{self.more}{self.value}(?![\w:])){{0,{MOST}}}" if self.more else ""
        return re.compile(
            f"{self.before}(?P<name>{self.name}){self.sign}(?P<value>{self.value}{more}){mean}{self.behind}"
        )


COLON: Final = Pairs(sign=": {0,20}+")
"""`loss: 2.5  lr: 1e-4`, `loss:2.5`."""
EQUAL: Final = Pairs(sign="=")
"""`loss=2.5, lr=1e-4`."""
BLANK: Final = Pairs(sign=" {1,20}+")
"""`loss 2.5 lr 1e-4`."""
BARRED: Final = Pairs(
    before=r"(?:^|\| {0,20}+)",
    name=r"[^|:]{1,80}",
    sign=": {1,20}+",
    behind=r"(?= {0,20}+(?:\||$))",
)
"""`| lm loss: 2.5 | learning rate: 1e-4 |`."""
IN_PARENTHESES: Final = rf"(?:,? {{1,20}}+\( {{0,20}}+(?P<mean>{NUM})s?\))?"
"""` (2.61)`, behind a value: its mean."""
METER: Final = Pairs(sign=": {0,20}+", mean=f"s?{IN_PARENTHESES}")
"""`loss: 2.5 (2.6)  time: 0.1s (0.2s)`."""


@dataclass(frozen=True, slots=True)
class Metric:
    r"""What the values of the names that match `names` are, where it is not what their line says of
    all.

    `name` is what they are called (`\1` for a group of `names`). A `positive` value counts above 0:
    else it is too small to print, or unknown. A value printed `once` stands on every line of one
    place.
    """

    names: str
    statistic: Statistic | None = None
    window: int | str | None = None
    unit: str = ""
    resolution: float | None = None
    name: str = ""
    split: str = ""
    positive: bool = False
    once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One kind of line. Without `pairs` and without a hole for a value it is a heading: rows below
    it that print no place stand there.

    `statistic` is what a value is and `mean` what the number in parentheses behind it is; where
    `statistic` is None, the number in parentheses counts alone, or the value where there is none. A
    `window` that is a name is what a line matching `learn` of the format said last. `instant` names
    are single values whatever the others are. `inner` says that x counts inside the epoch: with
    `<of>` it is counted from the start at once. `requires` are names of which a row has one; a row
    with no other names than `hollow` says nothing.
    """

    head: str
    pairs: Pairs | None = None
    axis: Axis = Axis.STEP
    split: str = "train"
    splits: Mapping[str, str] = field(default_factory=dict)
    named_splits: bool = False
    statistic: Statistic | None = Statistic.UNKNOWN
    mean: Statistic | None = None
    window: int | str | None = None
    resolution: float | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
    instant: str = INSTANT.pattern
    left_out: str = ""
    requires: str = ""
    hollow: str = ""
    inner: bool = False
    first_epoch: int = 1
    scale: float = 1.0
    passing: bool = False
    below_rows: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """A line that says settings: its holes are facts of that name, `<name>` and `<value>` one by
    its own name, called as `names` says.

    Where 0 stands for "no limit", `zero` is False; `every` takes all that a line holds, otherwise
    the first. Only lines that hold `within` and not `without` are looked at.
    """

    pattern: str
    names: Mapping[str, str] = field(default_factory=dict)
    zero: bool = True
    every: bool = False
    within: str = ""
    without: str = "\n"

    @property
    def compiled(self) -> re.Pattern[str]:
        """The pattern with its holes."""
        return re.compile(with_holes(self.pattern))


class Meaning(NamedTuple):
    """What a printed name is, worked out once: see `Metric`."""

    name: str
    split: str
    statistic: Statistic | None
    mean: Statistic | None
    window: int | str | None
    unit: str
    resolution: float | None
    positive: bool
    once: bool


class State(NamedTuple):
    """Where a format stands: what lines said that are to be remembered, whether a row was read, and
    the state of its own function.
    """

    learnt: Mapping[str, str]
    begun: bool
    own: Any


@dataclass(frozen=True, kw_only=True)
class LineFormat:
    """A text log by its lines, the first that matches counting; then by `step`, which begins in the
    state that `start` returns of a file.

    In sniffing that file is empty. `learn` are lines whose holes are remembered for the windows of
    others, `learnt` what they are before. `settings` and `facts` tell the configuration, `new_run`
    are lines that say so, and `known` those that say nothing that counts. What lines say of an end
    or a resume, `events.py` knows for all formats.
    """

    id: str
    title: Text
    lines: tuple[Line, ...] = ()
    step: Step | None = None
    start: Callable[[LogFile], Any] | None = None
    learn: tuple[str, ...] = ()
    learnt: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[Setting, ...] = ()
    facts: Callable[[str], Iterable[tuple[str, FactValue]]] | None = None
    new_run: str = ""
    known: str = ""
    first_epoch: int | None = None

    def parser(self) -> Parser:
        """Return the parser of the format."""
        if not self.lines and self.step is None:
            raise TypeError(f"{self.id} says neither lines nor step")
        return Parser(
            id=self.id,
            title=self.title,
            sniff=self.sniff,
            read=self.read,
            first_epoch=self.first_epoch,
            most=SURE,
        )

    def sniff(self, log: LogFile) -> Score:
        """Claim text with rows of this format."""
        hits, state = 0, self.first_state(LogFile(log.shown, data=b""))
        for text, message in (
            log.once(_with_messages) if self._may_stand_in(log.once(_whole)) else ()
        ):
            rows, state = self._of_either(text, message, state)
            hits += any(row.values for row in rows)
            if hits >= ENOUGH:
                break
        if not hits:
            return Score(0.0, f"no row of {self.id}")
        return Score(
            SURE if hits > 1 else SINGLE,
            f"{hits}{' or more' if hits == ENOUGH else ''} rows of {self.id}",
        )

    def read(self, log: LogFile) -> Iterator[Record]:
        """Yield the records of the file."""
        reader = LineReader(
            step=self.step_of,
            state=self.first_state(log),
            settings=Settings(self.facts_of),
            new_run=self._new_run,
            known=self._known,
        )
        if is_line_by_line():
            yield from reader.read(log.lines())
        else:
            yield from read_fast(reader, log)
            yield from reader.end()

    def first_state(self, log: LogFile) -> State:
        """Return the state before the first line of a file."""
        return State(self.learnt, False, self.start(log) if self.start is not None else None)

    def step_of(self, text: str, state: State) -> tuple[tuple[Row, ...], State]:
        """Return the rows of a line in a state, and the state after it; pure. A stamp before the
        line does not hide it.
        """
        return self._of_either(text, bare(text), state)

    def _of_either(self, text: str, message: str, state: State) -> tuple[tuple[Row, ...], State]:
        rows, after = self._step(text, state)
        return (rows, after) if rows or len(message) == len(text) else self._step(message, state)

    def _may_stand_in(self, text: str) -> bool:
        """Return whether a text can hold a row: one of the literals that lines begin with, or
        whatever the own function knows.
        """
        return self.step is not None or any(literal_of(line.head) in text for line in self.lines)

    def _step(self, text: str, state: State) -> tuple[tuple[Row, ...], State]:
        for line in self._compiled:
            row = line.row(text, state)
            if row is not None:
                return (row,), state if state.begun else state._replace(begun=bool(row.values))
        for literal, pattern in self._learning:
            if literal in text and (match := pattern.search(text)):
                return (), state._replace(learnt={**state.learnt, **match.groupdict()})
        if self.step is None:
            return (), state
        rows, own = self.step(text, state.own)
        return rows, state if own is state.own and (state.begun or not rows) else state._replace(
            own=own, begun=state.begun or bool(rows)
        )

    def facts_of(self, text: str) -> Iterator[tuple[str, FactValue]]:
        """Yield the settings of a line that `Settings` does not know."""
        for setting, literal, pattern in self._settings:
            if literal in text and setting.within in text and setting.without not in text:
                yield from _facts(setting, pattern, text)
        if self.facts is not None:
            yield from self.facts(text)

    @cached_property
    def _compiled(self) -> tuple[Compiled, ...]:
        return tuple(Compiled(line) for line in self.lines)

    @cached_property
    def _learning(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        return tuple(
            (literal_of(template), re.compile(with_holes(template))) for template in self.learn
        )

    @cached_property
    def _new_run(self) -> re.Pattern[str] | None:
        return _pattern(self.new_run)

    @cached_property
    def _known(self) -> re.Pattern[str] | None:
        return _pattern(self.known)

    @cached_property
    def _settings(self) -> tuple[tuple[Setting, str, re.Pattern[str]], ...]:
        return tuple((one, literal_of(one.pattern), one.compiled) for one in self.settings)


def _whole(log: LogFile) -> str:
    return "\n".join(log.sample_lines)


def _with_messages(log: LogFile) -> tuple[tuple[str, str], ...]:
    """Return the lines of the sample, each with what it is without a stamp before it."""
    return tuple((text, bare(text)) for text in log.sample_lines)


def stateless(row: Callable[[str], Row | None]) -> Step:
    """Return a function of text and state for a row that a line is by itself."""

    def step(text: str, state: Any) -> tuple[tuple[Row, ...], Any]:
        found = row(text)
        return (() if found is None else (found,)), state

    return step


class Compiled:
    """A declared line, its patterns made and the meaning of every name worked out once."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.head, self.literal = head(line.head), literal_of(line.head)
        self.pairs = line.pairs.pattern() if line.pairs else None
        self.more = line.pairs.more if line.pairs else ""
        self._instant = re.compile(line.instant, re.IGNORECASE)
        self._metrics = tuple(
            (re.compile(metric.names, re.IGNORECASE), metric) for metric in line.metrics
        )
        self._left_out, self._hollow = (
            re.compile(names, re.IGNORECASE) if names else NO_NAME
            for names in (line.left_out, line.hollow)
        )
        self._requires = re.compile(line.requires, re.IGNORECASE) if line.requires else None
        self._meanings: dict[tuple[str, str], Meaning | None] = {}

    @cached_property
    def named(self) -> tuple[str, ...]:
        """The holes that are values; asking for them compiles the head, which most files never
        need.
        """
        return tuple(name for name in self.head.groupindex if name not in PLACES)

    def row(self, text: str, state: State) -> Row | None:
        """Return what the line is, None where it is of another kind."""
        line = self.line
        if self.literal not in text or (line.below_rows and not state.begun):
            return None
        match = self.head.match(text)
        if match is None:
            return None
        said = match.groupdict()
        if self.pairs is None and not self.named:
            return self._placed(said, (), self._split(said, []))
        printed = self._printed(match, said)
        if self._requires is not None and not any(
            self._requires.fullmatch(name) for name, _, _ in printed
        ):
            return None
        if line.hollow and all(self._hollow.fullmatch(name) for name, _, _ in printed):
            return KNOWN
        split = self._split(said, printed)
        values = tuple(self._values(printed, split, state.learnt))
        return self._placed(said, values, split) if values else None

    def _printed(
        self, match: re.Match[str], said: Mapping[str, str | None]
    ) -> list[tuple[str, str, str | None]]:
        found: list[tuple[str, str, str | None]] = [
            (name, value, None) for name in self.named if (value := said[name]) is not None
        ]
        if self.pairs is not None:
            for pair in self.pairs.finditer(match.string[match.end() :]):
                found += self._of_pair(pair["name"], pair["value"], pair["mean"])
        return found

    def _of_pair(
        self, name: str, value: str, mean: str | None
    ) -> Iterator[tuple[str, str, str | None]]:
        """Yield what stands behind one name: its value, or each of several under a number."""
        several = value.split(self.more) if self.more else [value]
        yield from (
            (name if len(several) == 1 else f"{name}_{at}", one, mean)
            for at, one in enumerate(several)
        )

    def _split(
        self, said: Mapping[str, str | None], printed: list[tuple[str, str, str | None]]
    ) -> str:
        told = said.get("split")
        if told is not None:
            return self.line.splits.get(told) or SPLIT_VALUES.get(told.lower(), told)
        return (
            split_name(printed[0][0], self.line.split)[0]
            if self.line.named_splits and printed
            else self.line.split
        )

    def _placed(self, said: Mapping[str, str | None], values: tuple[Value, ...], split: str) -> Row:
        line = self.line
        x, epoch, of = (_count(said.get(name)) for name in ("x", "epoch", "of"))
        counted = line.inner and x is not None and epoch is not None and of is not None
        if counted:
            x = (epoch - line.first_epoch) * of + x  # type: ignore[operator]
        elif line.axis is Axis.EPOCH and x is None:
            x = epoch
        facts = tuple(
            (name, planned)
            for name in PLANNED
            if (planned := whole(_count(said.get(name)))) is not None
        )
        return Row(
            axis=line.axis,
            x=None if x is None else x * line.scale,
            values=values,
            split=split,
            epoch=math.nan if epoch is None else epoch,
            passing=line.passing,
            facts=facts,
            nested=line.inner and not counted,
            rank=said.get("rank") or "",
        )

    def _values(
        self, printed: list[tuple[str, str, str | None]], split: str, learnt: Mapping[str, str]
    ) -> Iterator[Value]:
        for name, text, mean in printed:
            means = self._meaning(name, split)
            value = None if means is None else number(text)
            if means is None or value is None or (means.positive and not value > 0):
                continue
            window = _window(means.window, learnt)
            averaged = number(mean) if mean is not None else None
            if means.statistic is not None:
                how = (
                    Statistic.VALUE
                    if means.statistic is Statistic.WINDOW_MEAN and window == 1
                    else means.statistic
                )
                yield _value(means, value, how, window if how is not Statistic.VALUE else None)
            elif means.mean is not None:
                yield _value(means, value if averaged is None else averaged, means.mean)
            if averaged is not None and means.mean is not None and means.statistic is not None:
                yield _value(means, averaged, means.mean)

    def _meaning(self, printed: str, split: str) -> Meaning | None:
        if (printed, split) not in self._meanings:
            self._meanings[printed, split] = self._worked_out(printed, split)
        return self._meanings[printed, split]

    def _worked_out(self, printed: str, row_split: str) -> Meaning | None:
        line, name = self.line, printed.strip()
        if len(name) > LONGEST_NAME or self._left_out.fullmatch(name):
            return None
        split, short = split_name(name, row_split) if line.named_splits else (row_split, name)
        split = "" if split == row_split else split
        for pattern, metric in self._metrics:
            if match := pattern.fullmatch(short):
                own = metric.statistic is not None
                return Meaning(
                    match.expand(metric.name) if metric.name else short,
                    metric.split or split,
                    metric.statistic if own else line.statistic,
                    line.mean,
                    metric.window if own else line.window,
                    metric.unit or line.units.get(short, ""),
                    metric.resolution if own else line.resolution,
                    metric.positive,
                    metric.once,
                )
        unit = line.units.get(short, "")
        if line.statistic is not None and self._instant.fullmatch(short):
            return Meaning(short, split, Statistic.VALUE, line.mean, None, unit, None, False, False)
        return Meaning(
            short,
            split,
            line.statistic,
            line.mean,
            line.window,
            unit,
            line.resolution,
            False,
            False,
        )


def _value(means: Meaning, value: float, how: Statistic, window: int | None = None) -> Value:
    return Value(
        means.name, value, how, window, means.unit, means.resolution, means.split, means.once
    )


def _window(window: int | str | None, learnt: Mapping[str, str]) -> int | None:
    if not isinstance(window, str):
        return window
    return int(learnt[window]) if window in learnt else None


def _count(text: str | None) -> float | None:
    return None if text is None else float(text.replace(",", ""))


def _pattern(text: str) -> re.Pattern[str] | None:
    return re.compile(text) if text else None


def _facts(
    setting: Setting, pattern: re.Pattern[str], text: str
) -> Iterator[tuple[str, FactValue]]:
    for match in pattern.finditer(text):
        said = {name: value for name, value in match.groupdict().items() if value is not None}
        if "name" in said:
            said = {said["name"]: said["value"]} if "value" in said else {}
        for name, printed in said.items():
            value = plain_value(
                printed.replace(",", "")
                if re.fullmatch(r"\d{1,3}(?:,\d{3}){1,5}", printed)
                else printed
            )
            if setting.zero or value != 0:
                yield setting.names.get(name, name), value
        if not setting.every:
            return
