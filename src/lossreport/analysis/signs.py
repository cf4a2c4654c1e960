"""What stands around a place where a run breaks: the learning rate, the gradient's lead-up, the
warm-up, the precision. Signs for causes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.cause import WEAK, Sign
from lossreport.analysis.context import Context
from lossreport.knowledge.recognise import is_total
from lossreport.model.run import Floats, Series
from lossreport.text import Phrase, Text, Value, factor, number
from lossreport.values import dataclass

LEAD: Final = 3
"""Rows right before a break whose rise is a lead-up."""
LEVEL: Final = 20
"""Rows before those that give the level they rise from."""
RISE: Final = 3.0
"""A gradient norm of three times its level is a lead-up (as `advice/optimiser.py` calls it
high).
"""
STEADY: Final = 0.02
"""A learning rate within 2 % of its highest stands at its peak."""
HALF: Final = re.compile(
    r"fp16|float16|(?<!bf)(?<![a-z])16(?:-mixed|-true)?$|half|^o[12]$|^amp$", re.IGNORECASE
)
BRAIN: Final = re.compile(r"bf16|bfloat16", re.IGNORECASE)
FULL: Final = re.compile(r"fp32|float32|^32(?:-true)?$|tf32|^o0$", re.IGNORECASE)
SWITCHES: Final = {
    "fp16": "fp16",
    "half": "fp16",
    "use_fp16": "fp16",
    "amp": "amp",
    "use_amp": "amp",
    "full_fp16": "fp16",
    "bf16": "bf16",
    "use_bf16": "bf16",
}
"""Settings that are switched on."""
NAMED: Final = (
    "precision",
    "dtype",
    "mixed_precision",
    "torch_dtype",
    "opt_level",
    "compute_dtype",
)
"""Settings that name a precision."""

AT_LR = Text(
    zh="学习率在那里是 {lr}（`{metric}` 第 {line} 行），是首行 {first} 的 {ratio}。",
    en="The learning rate there is {lr} (`{metric}`, line {line}), {ratio} its first value "
    "({first}).",
)
CONSTANT_LR = Text(
    zh="学习率从首行到那里一直是 {lr}（`{metric}` 第 {line} 行），没有看到 warm-up。",
    en="The learning rate is {lr} from the first row to there (`{metric}`, line {line}); no "
    "warm-up is seen.",
)
LEADS = Text(
    zh="`{metric}` 在此之前已升到 {value}，是此前水平 {level} 的 {ratio}（第 {line} 行）。",
    en="`{metric}` had risen to {value} before, {ratio} its level of {level} (line {line}).",
)
CALM = Text(
    zh="`{metric}` 在此之前没有升高（{value}，第 {line} 行）。",
    en="`{metric}` had not risen before ({value}, line {line}).",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The learning rate beside a row: its series, the row there, its value, its first and its
    highest value until then.
    """

    series: Series
    row: int
    value: float
    first: float
    peak: float
    at_peak_from: int

    @property
    def line(self) -> int:
        """The line of the log that prints it."""
        return int(self.series.line[self.row])

    @property
    def warmed(self) -> bool:
        """Whether it began clearly below its peak."""
        return self.first < (1 - STEADY) * self.peak


def rate_beside(context: Context, series: Series, row: int) -> Rate | None:
    """Return the learning rate of the training at a row of a series, on the same axis; None where
    none is logged there.
    """
    for rate in context.judged:
        if rate.metric_type != "learning_rate" or rate.axis is not series.axis or not len(rate):
            continue
        at = place_of(rate, series, row)
        if at is None or not np.isfinite(rate.y[: at + 1]).all():
            continue
        until = rate.y[: at + 1]
        peak = float(until.max())
        high = np.flatnonzero(until >= (1 - STEADY) * peak)
        return Rate(
            series=rate,
            row=at,
            value=float(rate.y[at]),
            first=float(until[0]),
            peak=peak,
            at_peak_from=int(high[0]),
        )
    return None


def place_of(other: Series, series: Series, row: int) -> int | None:
    """Return the row of another series at or last before a row of a series: by their lines where
    both stand in one file, else by x.
    """
    if other.source == series.source and len(other.line) and np.all(np.diff(other.line) > 0):
        reach = int(series.line[row]) + NEAR_LINES
        rows = np.flatnonzero(other.line <= reach)
        rows = rows[other.x[rows] <= series.x[row]]
    else:
        rows = np.flatnonzero(other.x <= series.x[row])
    return int(rows[-1]) if len(rows) else None


NEAR_LINES: Final = 12
"""A record of a pretty-printed JSON spreads its fields over so many lines."""


UNMOVED_ROWS: Final = 3
SCATTER: Final = 3.0
"""Weights that no update has touched give a loss that differs by its batches only: not threefold
among means over batches.
"""


def wild_without_updates(context: Context, series: Series, row: int) -> list[int]:
    """Return the rows at the start of a loss, before `row`, whose learning rate is exactly 0, where
    they lie threefold apart; else none.
    """
    rate = next(
        (
            one
            for one in context.judged
            if one.metric_type == "learning_rate" and one.axis is series.axis and len(one)
        ),
        None,
    )
    if rate is None or series.split != "train":
        return []
    by_x = dict(zip(rate.x.tolist(), rate.y.tolist(), strict=True))
    rows: list[int] = []
    for at in range(row):
        if by_x.get(float(series.x[at])) != 0 or not np.isfinite(series.y[at]):
            break
        rows.append(at)
    values = series.y[rows]
    return (
        rows
        if len(rows) >= UNMOVED_ROWS
        and float(values.min()) > 0
        and values.max() >= SCATTER * values.min()
        else []
    )


def gradient(context: Context, series: Series) -> Series | None:
    """Return the gradient norm of the training on the axis of a series."""
    found = (
        one
        for one in context.judged
        if one.metric_type == "grad_norm" and one.axis is series.axis and len(one)
    )
    return next(found, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """How a series stood right before a break: the row looked at, its value there, the level
    before.
    """

    series: Series
    row: int
    value: float
    level: float

    @property
    def ratio(self) -> float:
        """The value over the level."""
        return self.value / self.level

    @property
    def rose(self) -> bool:
        """Whether it is a lead-up."""
        return self.ratio >= RISE


def lead_up(series: Series, row: int) -> Lead | None:
    """Return how a series stood in the rows right before `row`, against the rows before those.

    None where too few are finite, or where the level is 0 or below: of that nothing is a multiple.
    """
    before = np.flatnonzero(np.isfinite(series.y[:row]))
    if len(before) < LEAD + 2:
        return None
    last, level = before[-LEAD:], before[-LEAD - LEVEL : -LEAD]
    top, usual = int(last[np.argmax(series.y[last])]), float(np.median(series.y[level]))
    return (
        Lead(series=series, row=top, value=float(series.y[top]), level=usual) if usual > 0 else None
    )


def around(context: Context, series: Series, row: int) -> Iterator[Sign]:
    """Yield what bears on every break: the learning rate there, whether a warm-up is seen, how the
    gradient norm led up to it.
    """
    rate = rate_beside(context, series, row)
    if rate is not None and rate.value > 0:
        values: dict[str, Value] = {
            "lr": number(rate.value),
            "metric": rate.series.label,
            "line": rate.line,
        }
        if rate.warmed or rate.value < (1 - STEADY) * rate.peak:
            ratio = factor(rate.value / rate.first) if rate.first > 0 else "∞"
            yield Sign(weight=0, text=AT_LR(**values, first=number(rate.first), ratio=ratio))
        else:
            yield Sign(weight=0, text=CONSTANT_LR(**values))
    norm = gradient(context, series)
    at = place_of(norm, series, row) if norm is not None else None
    lead = lead_up(norm, at) if norm is not None and at is not None else None
    if lead is not None:
        said: dict[str, Value] = {
            "metric": lead.series.label,
            "value": number(lead.value),
            "line": int(lead.series.line[lead.row]),
        }
        if lead.rose:
            yield Sign(
                weight=WEAK, text=LEADS(**said, level=number(lead.level), ratio=factor(lead.ratio))
            )
        else:
            yield Sign(weight=0, text=CALM(**said))


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """The number format that a setting names: "fp16", "bf16" or "fp32", and how the log says it."""

    kind: str
    said: str


def precision_said(context: Context) -> Precision | None:
    """Return the precision by the settings; None where none says it."""
    for name in NAMED:
        value = context.facts.get(name)
        if isinstance(value, int | str) and not isinstance(value, bool):
            word = str(value).rsplit(".", 1)[-1]
            for kind, pattern in (("bf16", BRAIN), ("fp16", HALF), ("fp32", FULL)):
                if pattern.search(word):
                    return Precision(kind=kind, said=f"{name} = {value}")
    for name, kind in SWITCHES.items():
        if context.facts.get(name) is True:
            return Precision(kind="fp16" if kind == "amp" else kind, said=f"{name} = True")
    return None


EIGHT_BITS: Final = ("load_in_8bit", "load_in_4bit", "int8", "use_8bit", "use_int8")
"""Settings that keep the weights in fewer bits; what is computed with them is fp16."""
HALF_IN_WORDS: Final = re.compile(
    r"(?<![a-z])(?:fp16|float16|bf16|bfloat16|half[- ]precision|int8|8[- ]?bit)(?![a-z0-9])",
    re.IGNORECASE,
)


def half_said(context: Context) -> str | None:
    """Return how the settings or the words of the log say that fewer than 32 bits are used; None
    where nothing says so.
    """
    precision = precision_said(context)
    if precision is not None:
        return precision.said if precision.kind != "fp32" else None
    for name in EIGHT_BITS:
        if context.facts.get(name) is True:
            return f"{name} = True"
    spoken = (found for event in context.run.events if (found := HALF_IN_WORDS.search(event.quote)))
    word = next(spoken, None)
    return word.group() if word is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of a training loss at one place: (series, row) of those that are not finite there,
    and of those that are.
    """

    bad: tuple[tuple[Series, int], ...]
    sound: tuple[tuple[Series, int], ...]


def terms_beside(context: Context, series: Series, row: int) -> Terms:
    """Return the terms of the training loss at the place of a row, of the same file; the total is
    none of them.
    """
    x = float(series.x[row])
    bad: list[tuple[Series, int]] = []
    sound: list[tuple[Series, int]] = []
    for one in context.losses:
        plain = one.split == "train" and not one.derived and not is_total(one.name)
        if not plain or one.axis is not series.axis or one.source != series.source:
            continue
        there = np.flatnonzero(one.x == x)
        if len(there):
            at = int(there[0])
            (sound if np.isfinite(one.y[at]) else bad).append((one, at))
    return Terms(bad=tuple(bad), sound=tuple(sound))


CLIMB: Final = 3
CLIMBED: Final = 2.0
"""Three rows that rise one after another to twice the lowest level before: a loss that runs away,
not one that jumps in one row.
"""


def climbed(values: Floats) -> bool:
    """Return whether a loss rose row by row to the end of these values."""
    if len(values) < CLIMB + 1:
        return False
    return bool(
        np.all(np.diff(values[-CLIMB - 1 :]) > 0)
        and values[-1] > CLIMBED * abs(float(np.min(values)))
    )


def parsers(context: Context) -> frozenset[str]:
    """Return the ids of the formats that the run was read from."""
    return frozenset(source.parser for source in context.run.sources)


def number_fact(context: Context, *names: str) -> float | None:
    """Return the first of these facts that is a number; None without."""
    for name in names:
        value = context.facts.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None


def class_count(context: Context) -> float | None:
    """Return the number of classes by the settings; None where they do not say it."""
    return number_fact(context, *CLASS_COUNTS)


CLASS_COUNTS: Final = (
    "num_classes",
    "num_labels",
    "nc",
    "n_classes",
    "nb_classes",
    "class_num",
    "CLASS_NUM",
    "classes",
)


def set_rate(context: Context) -> float | None:
    """Return the learning rate by the settings, else the highest that was logged and is
    plausible.
    """
    said = number_fact(context, "lr", "learning_rate")
    if said:
        return said
    for series in context.judged:
        if (
            series.metric_type == "learning_rate"
            and series.split == "train"
            and not context.has("broken_metric", series)
        ):
            y = series.y[np.isfinite(series.y)]
            return float(y.max()) if len(y) and y.max() > 0 else None
    return None


ADAM: Final = re.compile(r"adam|lamb(?![a-z])|lion(?![a-z])", re.IGNORECASE)
"""Optimisers whose step is about the learning rate, whatever the gradient."""
OWN_RATE: Final = re.compile(r"d-?adapt|prodigy|schedule-?free", re.IGNORECASE)
"""Those that estimate their own rate and are given 1."""
OPTIMISERS: Final = ("optimizer", "optim", "optimizer_type", "opt", "optimiser", "optimizer_name")
ADAM_HIGHEST: Final = 0.1
"""A hundred times the default of Adam: no weight keeps its digits under steps of that size."""
UNKNOWN_HIGHEST: Final = 0.5
"""Where no optimiser is named: what SGD alone may stand."""


def said_optimiser(context: Context) -> str | None:
    """Return the optimiser that the settings name; None where they name none."""
    named = (context.facts.get(name) for name in OPTIMISERS)
    return next((value for value in named if isinstance(value, str) and value), None)


def said_adam(context: Context) -> str | None:
    """Return the optimiser that the settings name, where it is of the family of Adam and does not
    choose its own rate.
    """
    said = said_optimiser(context)
    return said if said is not None and ADAM.search(said) and not OWN_RATE.search(said) else None


NOAM: Final = ("decay_method", "lr_scheduler", "lr_scheduler_type", "scheduler", "lr_decay_style")


def is_noam(context: Context) -> bool:
    """Return whether the settings name the noam or inverse-root schedule, of which the learning
    rate is a factor only.
    """
    said = (str(context.facts.get(name, "")).lower() for name in NOAM)
    return any("noam" in one or "inverse_s" in one or "rsqrt" in one for one in said)


def rate_of_sgd(context: Context) -> float | None:
    """Return a learning rate that only SGD stands, given to Adam or to an optimiser that is not
    named; None elsewhere.

    What was logged counts before what was set, and the factor of a schedule is no rate.
    """
    logged = [
        float(np.max(one.y))
        for one in context.judged
        if one.metric_type == "learning_rate" and len(one) and np.isfinite(one.y).all()
    ]
    rate = logged[0] if logged else None
    if not logged and not is_noam(context):
        rate = set_rate(context) or default_rate(context)
    if rate is None or (said_optimiser(context) is not None and said_adam(context) is None):
        return None
    return rate if rate >= (ADAM_HIGHEST if said_adam(context) else UNKNOWN_HIGHEST) else None


OPENNMT_DEFAULT: Final = 1.0
"""`-learning_rate` of OpenNMT-py, a default made for SGD (onmt/opts.py: "Recommended settings: sgd
= 1, adagrad = 0.1, adadelta = 1, adam = 0.001").
"""


def default_rate(context: Context) -> float | None:
    """Return the learning rate of OpenNMT-py where its command names an optimiser and no rate."""
    known = "opennmt_text" in parsers(context) and said_optimiser(context) is not None
    return OPENNMT_DEFAULT if known else None


def score_beside(context: Context, series: Series, split: str = "train") -> Series | None:
    """Return the accuracy of a split that is logged beside a series."""
    found = (
        one
        for one in context.judged
        if one.metric_type == "accuracy"
        and one.split == split
        and one.source == series.source
        and len(one)
    )
    return next(found, None)


JUMPS: Final = 0.25
TURNS: Final = 0.4
MANIFOLD: Final = 3.0


def wild(series: Series) -> bool:
    """Return whether a validation loss jumps about: threefold between its rows, turning in two of
    five, not the one turn of overfitting.
    """
    y = series.y[np.isfinite(series.y)]
    if len(y) < WILD_ROWS or float(y.min()) <= 0:
        return False
    steps = np.diff(np.log(y))
    large = np.abs(steps) > JUMPS
    turns = (steps[1:] * steps[:-1] < 0) & large[1:] & large[:-1]
    return bool(y.max() / y.min() >= MANIFOLD and np.mean(turns) >= TURNS)


WILD_ROWS: Final = 6


PRETRAINED: Final = (
    "_name_or_path",
    "model_name_or_path",
    "base_model_name_or_path",
    "pretrained_model_name_or_path",
    "finetune_from",
)
"""Settings that name the weights a training begins with."""
UNNAMED: Final = (None, "", "None", "null", False)


def was_loaded(context: Context) -> bool:
    """Return whether the settings name a model that was loaded: its initialisation is nobody's to
    choose.
    """
    return any(context.facts.get(name) not in UNNAMED for name in PRETRAINED)


NAMED_BEST: Final = re.compile(r"best_(?:valid_)?loss", re.IGNORECASE)
LOST: Final = 1.25
"""A quarter above its best: no noise of an evaluation reaches that (as in
`detectors/worsening.py`).
"""
BEFORE_ROWS = Text(
    zh="`{metric}` 是 {end}（第 {line} 行），而日志自己写明此前最好的是 {best}（`{named}`）："
    "在这几行之前已经变差。",
    en="`{metric}` is {end} at line {line}, where the log itself names {best} as the best "
    "before (`{named}`): it got worse before these rows.",
)


def beyond_named_best(context: Context) -> Phrase | None:
    """Return that a validation loss stands a quarter above the best that its log names, where it
    does; None elsewhere.
    """
    for series in context.progress:
        if (
            series.split == "train"
            or series.name != "loss"
            or not len(series)
            or not np.isfinite(series.y[-1])
        ):
            continue
        for best in context.run.series:
            beside = (
                best.split == series.split
                and best.source == series.source
                and len(best)
                and best.x[-1] == series.x[-1]
            )
            if (
                beside
                and NAMED_BEST.fullmatch(best.name)
                and 0 < LOST * float(best.y[-1]) <= float(series.y[-1])
            ):
                values: dict[str, Value] = {
                    "end": number(float(series.y[-1])),
                    "best": number(float(best.y[-1])),
                    "line": int(series.line[-1]),
                }
                return BEFORE_ROWS(metric=series.label, named=best.label, **values)
    return None
