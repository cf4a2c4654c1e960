"""`evals_result` of gradient boosting as JSON: `{"train": {"logloss": [...]}, "val": {...}}`, from
XGBoost, LightGBM or CatBoost.

A list holds one value a boosting round. XGBoost and CatBoost count rounds from 0; LightGBM, known
by its names `training` and `valid_0`, from 1. Source: xgboost.train(evals_result=...),
lightgbm.record_evaluation and CatBoost.get_evals_result. Where several data sets are of one split
(`valid_0`, `valid_1`), the names of the metrics keep the set's name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from lossreport import regex as re
from lossreport.errors import LogError
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import HEAD_BYTES, LogFile
from lossreport.reading.kit.rows import SPLIT_VALUES, number
from lossreport.reading.kit.untrusted import json_of
from lossreport.reading.parser import ColumnKey, Columns, Parser, Record, RowsRead, Score
from lossreport.text import Text

BEGIN: Final = re.compile(
    r'\s*\{\s*"(?P<set>[^"]{1,80})"\s*:\s*\{\s*"(?P<metric>[^"]{1,80})"\s*:\s*\[\s*(?:-?\d|NaN|'
    r"-?Infinity|\])"
)
METRIC: Final = re.compile(
    r"(?:binary_|multi_|m)?(?:logloss|error)|cross_?entropy|multiclass(?:onevsall)?|auc(?:_mu|"
    r"pr)?|prauc|average_precision|l[12]|r?mse|rmsle|m?ape|mae|mphe"
    r"|quantile|huber|fair|poisson|(?:poisson|gamma|cox|aft)-nloglik|gamma(?:-deviance|"
    r"_deviance)?|tweedie(?:-nloglik@[\d.]+)?|kullback_leibler|kldiv|ndcg|map|pre"
    r"|accuracy|precision|recall|f1|totalf1|mcc|kappa|r2|interval-regression-accuracy|rank_.*|"
    r"querywise.*|yetirank|logloss:.*|lossfunctionchange",
    re.IGNORECASE,
)
"""Names of metrics in the documentation of the three libraries; what follows `@`, `:` or `;` are
their parameters.
"""
OF_LIGHTGBM: Final = re.compile(r"training|valid_\d+")
NUMBERED: Final = re.compile(
    r"(?P<set>train|valid|validation|val|eval|test)[_-]?\d*", re.IGNORECASE
)


class Curve(NamedTuple):
    """The values of one metric on one data set, with the line on which its list begins."""

    dataset: str
    metric: str
    values: Sequence[Any]


def sniff(log: LogFile) -> Score:
    """Claim one JSON object of data sets with lists of metrics that gradient boosting knows."""
    head = log.head.decode("utf-8", errors="replace")
    match = BEGIN.match(head)
    if match is None or not _is_set(match["set"]) or not _is_metric(match["metric"]):
        return Score(0.0, "not data sets with metrics of gradient boosting")
    if len(log.head) < HEAD_BYTES:
        curves = _curves(log)
        if not curves or not all(
            _is_set(curve.dataset) and _is_metric(curve.metric) for curve in curves
        ):
            return Score(0.0, "not only data sets with lists of such metrics")
    return Score(
        0.9,
        f"one JSON object: of {match['set']} a list of {match['metric']} and so on, as gradient "
        f"boosting gives it",
    )


def _is_set(name: str) -> bool:
    return _split(name) is not None


def _split(dataset: str) -> str | None:
    match = NUMBERED.fullmatch(dataset)
    return SPLIT_VALUES.get((match["set"] if match else dataset).lower())


def _is_metric(name: str) -> bool:
    return METRIC.fullmatch(re.split("[@:;]", name)[0]) is not None


def read(log: LogFile) -> Iterator[Record]:
    """Yield every list over the boosting round; raises LogError where the file is no such
    object.
    """
    curves = _curves(log)
    if not curves:
        raise LogError(
            f"Couldn't read {log.shown!r}: not one whole JSON object of data sets and lists",
            hint="Mend the file, or leave it out with --ignore.",
        )
    lines, columns, place = log.text().split("\n"), Columns(), 0
    splits = Counter(
        _split(dataset) for dataset in dict.fromkeys(curve.dataset for curve in curves)
    )
    before, base = "", int(any(OF_LIGHTGBM.fullmatch(curve.dataset) for curve in curves))
    for curve in curves:
        place = _find(curve.dataset, lines, place) if curve.dataset != before else place
        before, place = curve.dataset, _find(curve.metric, lines, place)
        own = lines[place].rstrip().endswith("[")  # every value on a line of its own
        key = _key(curve, splits)
        for i, value in enumerate(curve.values):
            columns.add(key, float(base + i), value, place + 1 + (i + 1 if own else 0))
    yield from columns.chunks()
    yield RowsRead(max(len(curve.values) for curve in curves), len(lines))


def _key(curve: Curve, splits: Mapping[str | None, int]) -> ColumnKey:
    split = _split(curve.dataset)
    name = (
        curve.metric
        if split is not None and splits[split] == 1
        else f"{curve.dataset}/{curve.metric}"
    )
    return ColumnKey(name, split or "train", Axis.ITERATION, Statistic.VALUE)


def _find(name: str, lines: Sequence[str], start: int) -> int:
    return next((i for i in range(start, len(lines)) if f'"{name}"' in lines[i]), start)


def _curves(log: LogFile) -> list[Curve]:
    """Return the lists in the order of the file; none where anything else stands in it."""
    try:
        document = json_of(log.text())
    except ValueError:
        return []
    if not isinstance(document, dict) or not all(
        isinstance(metrics, dict) for metrics in document.values()
    ):
        return []
    found = [
        Curve(dataset, metric, values)
        for dataset, metrics in document.items()
        for metric, values in metrics.items()
    ]
    if not all(isinstance(curve.values, list) for curve in found):
        return []
    curves = [
        Curve(curve.dataset, curve.metric, [number(value) for value in curve.values])
        for curve in found
    ]
    return curves if all(curve.values and None not in curve.values for curve in curves) else []


PARSER = Parser(
    id="evals_result",
    title=Text(
        zh="梯度提升的 evals_result（XGBoost、LightGBM、CatBoost 的 JSON）",
        en="evals_result of gradient boosting (JSON of XGBoost, LightGBM, CatBoost)",
    ),
    sniff=sniff,
    read=read,
    columnar=True,
)
