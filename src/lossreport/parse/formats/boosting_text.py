r"""Rounds of gradient boosting on the terminal: XGBoost (`[0]\ttrain-rmse:0.5\teval-rmse:0.6`), LightGBM, CatBoost.

Source: output of XGBoost 3, LightGBM 4.7 and CatBoost 1.2. Values are of all trees up to that round over the whole set; with
cross-validation the mean over the folds. XGBoost and CatBoost count from 0, LightGBM from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.parse.key_values import NUM
from lossreport.parse.names import SPLITS
from lossreport.parse.printed import Row, Value, printed_parser
from lossreport.parse.rows import number
from lossreport.parse.settings import plain_value
from lossreport.text import Text

ROUND: Final = re.compile(r"^(?:.{0,60}\s)?\[(?P<x>\d+)\]\s+(?=\S*?(?:-|'s )[^:\s]*:)(?P<rest>\S.*)$")
CATBOOST: Final = re.compile(r"^(?P<x>\d+):\s+(?=learn: |test\d*: )(?P<rest>\S.*)$")
XGBOOST: Final = re.compile(rf"(?:^|\s)(?P<split>[^\s:]+?)-(?P<name>[^\s:]+):(?P<value>{NUM})(?:\+[\d.]+)?(?=\s|$)", re.IGNORECASE)
LIGHTGBM: Final = re.compile(rf"(?:^|\t)(?P<split>\S+?)'s (?P<name>[^\t:]+): (?P<value>{NUM})(?: \+ [\d.e\-]+)?(?=\t|\s*$)", re.IGNORECASE)
LEARNT: Final = re.compile(rf"(?:^|\t)(?P<split>learn|test\d*): (?P<value>{NUM})(?=\t|\s|$)", re.IGNORECASE)
CATBOOST_SPLITS: Final = {"learn": "train", "test": "test"}
CONFIG: Final = re.compile(r"^Learning rate set to (?P<lr>[\d.e\-]+)\s*$")


def row(text: str) -> Row | None:
    """Return the row that a line is. CatBoost does not print the name of its metric: it is called `objective`."""
    if match := CATBOOST.match(text):
        found = [
            Value("objective", number(value) or 0.0, Statistic.VALUE, split=CATBOOST_SPLITS.get(split, split))
            for split, value in LEARNT.findall(match["rest"])
        ]
    elif match := ROUND.match(text):
        pairs = LIGHTGBM.findall(match["rest"]) if "'s " in match["rest"] else XGBOOST.findall(match["rest"])
        found = [Value(name, number(value) or 0.0, Statistic.VALUE, split=_split(split)) for split, name, value in pairs]
    else:
        return None
    return Row(axis=Axis.ITERATION, x=float(match["x"]), values=tuple(found)) if found else None


def _split(printed: str) -> str:
    return SPLITS.get(printed.lower(), printed)


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the learning rate that CatBoost chooses itself."""
    if match := CONFIG.match(text):
        yield "lr", plain_value(match["lr"])


PARSER = printed_parser(
    id="boosting_text",
    title=Text(zh="XGBoost、LightGBM、CatBoost 的逐轮输出", en="rounds of XGBoost, LightGBM and CatBoost"),
    row=row,
    facts=facts,
)
