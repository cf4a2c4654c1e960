r"""Rounds of gradient boosting on the terminal: XGBoost (`[0]\ttrain-rmse:0.5\teval-rmse:0.6`), LightGBM, CatBoost.

Source: output of XGBoost 3, LightGBM 4.7 and CatBoost 1.2. Values are of all trees up to that round over the whole set; with
cross-validation the mean over the folds. XGBoost and CatBoost count from 0, LightGBM from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.names import SPLITS
from lossreport.reading.kit.printed import Row, RowOf, Value, matched, printed_parser
from lossreport.reading.kit.settings import plain_value
from lossreport.text import Text

ROUND: Final = re.compile(r"^(?:.{0,60}\s)?\[(?P<x>\d+)\]\s+(?=\S*?(?:-|'s )[^:\s]*:)(?P<rest>\S.*)$")
CATBOOST: Final = re.compile(r"^(?P<x>\d+):\s+(?=learn: |test\d*: )(?P<rest>\S.*)$")
XGBOOST: Final = re.compile(rf"(?:^|\s)(?P<split>[^\s:]+?)-(?P<name>[^\s:]+):(?P<value>{NUM})(?:\+[\d.]+)?(?=\s|$)", re.IGNORECASE)
LIGHTGBM: Final = re.compile(rf"(?:^|\t)(?P<split>\S+?)'s (?P<name>[^\t:]+): (?P<value>{NUM})(?: \+ [\d.e\-]+)?(?=\t|\s*$)", re.IGNORECASE)
LEARNT: Final = re.compile(rf"(?:^|\t)(?P<split>learn|test\d*): (?P<value>{NUM})(?=\t|\s|$)", re.IGNORECASE)
BEST: Final = re.compile(r"\ttest: (?P<test>[-\d.e]+)\tbest: (?P<best>[-\d.e]+) ")
"""A best below the value of a later round: the metric is one to be lowered, a loss; else it is called `objective` and not judged."""
TOLD: Final = re.compile(r"best iteration(?: is)?:\s*$", re.IGNORECASE)
CATBOOST_SPLITS: Final = {"learn": "train", "test": "test"}
CONFIG: Final = re.compile(r"^Learning rate set to (?P<lr>[\d.e\-]+)\s*$")


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines; the file is looked through once for what CatBoost does not print: whether its metric is to fall."""
    bests = (match for line in log.lines() if "best: " in line.text and (match := BEST.search(line.text)))
    name = "loss" if any(float(match["best"]) < float(match["test"]) for match in bests) else "objective"

    repeats = False

    def row(text: str) -> Row | None:
        nonlocal repeats
        repeated, repeats = repeats, TOLD.search(text) is not None
        if repeated and ROUND.match(text):  # LightGBM and XGBoost print the best round once more
            return None
        if match := CATBOOST.match(text):
            sets = ((CATBOOST_SPLITS.get(split, split), matched(value)) for split, value in LEARNT.findall(match["rest"]))
            found = [Value(name, value, Statistic.VALUE, split=split) for split, value in sets]
        elif match := ROUND.match(text):
            pairs = (LIGHTGBM if "'s " in match["rest"] else XGBOOST).findall(match["rest"])
            found = [Value(metric, matched(value), Statistic.VALUE, split=_split(split)) for split, metric, value in pairs]
        else:
            return None
        return Row(axis=Axis.ITERATION, x=float(match["x"]), values=tuple(found)) if found else None

    return row


def _split(printed: str) -> str:
    return SPLITS.get(printed.lower(), printed)


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the learning rate that CatBoost chooses itself."""
    if match := CONFIG.match(text):
        yield "lr", plain_value(match["lr"])


PARSER = printed_parser(
    id="boosting_text",
    title=Text(zh="XGBoost、LightGBM、CatBoost 的逐轮输出", en="rounds of XGBoost, LightGBM and CatBoost"),
    begin=begin,
    facts=facts,
)
