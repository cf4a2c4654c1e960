r"""Rounds of gradient boosting on the terminal: XGBoost (`[0]\ttrain-rmse:0.5\teval-rmse:0.6`),
LightGBM, CatBoost.

Source: output of XGBoost 3, LightGBM 4.7 and CatBoost 1.2. Values are of all trees up to that round
over the whole set; with cross-validation the mean over the folds. XGBoost and CatBoost count from
0, LightGBM from 1.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.line_format import LineFormat, Setting
from lossreport.reading.kit.line_row import KNOWN, Row, Value, matched
from lossreport.reading.kit.names import SPLITS
from lossreport.reading.kit.patterns import INT, NUM
from lossreport.text import Text

ROUND: Final = re.compile(
    rf"^(?:.{{0,60}}\s)?\[(?P<x>{INT})\]\s{{1,20}}(?=\S{{0,60}}?(?:-|'s )[^:\s]{{0,60}}:)"
    rf"(?P<rest>\S.*)$"
)
CATBOOST: Final = re.compile(rf"^(?P<x>{INT}):\s{{1,20}}(?=learn: |test\d{{0,4}}: )(?P<rest>\S.*)$")
XGBOOST: Final = re.compile(
    rf"(?:^|(?<=\s))(?P<split>[^\s:\-][^\s:]{{0,60}}?)-(?P<name>[^\s:]{{1,60}}):(?P<value>{NUM})"
    rf"(?:\+[\d.]{{1,40}})?(?=\s|$)"
)
LIGHTGBM: Final = re.compile(
    rf"(?:^|\t)(?P<split>\S{{1,60}}?)'s (?P<name>[^\t:]{{1,80}}): (?P<value>{NUM})"
    rf"(?: \+ [\d.e\-]{{1,40}})?(?=\t|\s{{0,9}}$)"
)
LEARNT: Final = re.compile(rf"(?:^|\t)(?P<split>learn|test\d{{0,4}}): (?P<value>{NUM})(?=\t|\s|$)")
BEST: Final = re.compile(r"\ttest: (?P<test>[-\d.e]{1,40})\tbest: (?P<best>[-\d.e]{1,40}) ")
"""A best below the value of a later round: the metric is one to be lowered, a loss; else it is
called `objective` and not judged.
"""
TOLD: Final = re.compile(r"best iteration(?: is)?:\s*$", re.IGNORECASE)
CATBOOST_SPLITS: Final = {"learn": "train", "test": "test"}


class Rounds(NamedTuple):
    """What CatBoost does not print: whether its metric is to fall; and whether LightGBM prints the
    best round once more.
    """

    name: str
    repeats: bool = False


def start(log: LogFile) -> Rounds:
    """Return the state before the first line; the file is looked through once for the best
    rounds.
    """
    bests = (
        match for line in log.lines() if "best: " in line.text and (match := BEST.search(line.text))
    )
    return Rounds(
        "loss"
        if any(matched(match["best"]) < matched(match["test"]) for match in bests)
        else "objective"
    )


def step(text: str, state: Rounds) -> tuple[tuple[Row, ...], Rounds]:
    """Return the round that a line is."""
    after = state._replace(repeats=TOLD.search(text) is not None)
    if match := CATBOOST.match(text):
        sets = (
            (CATBOOST_SPLITS.get(split, split), matched(value))
            for split, value in LEARNT.findall(match["rest"])
        )
        found = [Value(state.name, value, Statistic.VALUE, split=split) for split, value in sets]
    elif match := ROUND.match(text):
        if state.repeats:  # LightGBM and XGBoost print the best round once more
            return (KNOWN,), after
        pairs = (LIGHTGBM if "'s " in match["rest"] else XGBOOST).findall(match["rest"])
        found = [
            Value(metric, matched(value), Statistic.VALUE, split=_split(split))
            for split, metric, value in pairs
        ]
    else:
        return (), after
    return (
        (Row(axis=Axis.ITERATION, x=float(match["x"]), values=tuple(found)),) if found else ()
    ), after


def _split(printed: str) -> str:
    return SPLITS.get(printed.lower(), printed)


PARSER = LineFormat(
    id="boosting_text",
    title=Text(
        zh="XGBoost、LightGBM、CatBoost 的逐轮输出", en="rounds of XGBoost, LightGBM and CatBoost"
    ),
    start=start,
    step=step,
    settings=(Setting(r"^Learning rate set to <lr>\s*$"),),  # CatBoost chooses it itself
).parser()
