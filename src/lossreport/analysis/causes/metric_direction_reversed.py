"""An early stop or a ranking that points the wrong way: an AUC below one half that falls, a best
iteration of 0 beside a metric that gets better.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, against, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import TurnedRound
from lossreport.analysis.signature import moved
from lossreport.model.run import Series
from lossreport.text import Text, number

BELOW = Text(
    zh="`{metric}` 末段为 {last}，比随机的 0.5 差，而 1 - AUC = {turned}。",
    en="`{metric}` ends at {last}, worse than the 0.5 of chance, while 1 - AUC is {turned}.",
)
STOPPED = Text(
    zh="早停时 `{metric}` 仍在变好（{first} → {best}）。",
    en="`{metric}` was still getting better at the early stop ({first} → {best}).",
)
TRAINED = Text(
    zh="训练集上的 `{metric}` 为 {value}，高于 0.5：更像验证集太小或分布不同。",
    en="On the training set `{metric}` is {value}, above 0.5: a validation that is small or "
    "differs fits better.",
)
FITS = 0.6


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a ranking or an early stop that goes the wrong way."""
    for finding, turned in context.seen(TurnedRound):
        series, last, best = context.subject(finding), turned.last, turned.best
        if turned.inverted and last is not None:
            signs = [strong(BELOW(metric=series.label, last=number(last), turned=number(1 - last)))]
            signs += [
                against(TRAINED(metric=one.label, value=number(float(one.y[-1]))), 2)
                for one in _trained(context, series)
            ]
            yield Suspicion(finding=finding, signs=tuple(signs))
        elif turned.stopped and best is not None:
            told = STOPPED(
                metric=series.label,
                first=number(turned.first),
                best=number(best),
            )
            yield Suspicion(finding=finding, signs=(strong(told), strong(moved(series))))


def _trained(context: Context, series: Series) -> list[Series]:
    own = (
        one
        for one in context.judged
        if one.name == series.name and one.split == "train" and one.id != series.id
    )
    return [one for one in own if len(one) and float(one.y[-1]) > FITS]


CAUSE = Cause(
    id="metric_direction_reversed",
    family="metric",
    title=Text(
        zh="指标的方向反了：该增大的被当作越小越好，或正负类颠倒",
        en="The direction of the metric is reversed: it is minimised, or the classes are swapped",
    ),
    decided_by=Text(
        zh="对同一批预测算一次 AUC 与 1 - AUC，再打印早停实际比较的指标名与方向。",
        en="Compute AUC and 1 - AUC of the same predictions, and print which metric and "
        "direction the early stop compares.",
    ),
    do=Text(
        zh="为该指标声明越大越好（XGBoost 的 maximize=True，LightGBM 自定义指标返回 "
        "is_higher_better=True），让验证集排在 evals 的最后，并核对正类的编号。",
        en="Declare that larger is better (maximize=True in XGBoost, is_higher_better=True "
        "returned by a custom metric of LightGBM), put the validation last in evals, and "
        "check which class is the positive one.",
    ),
    reference="dmlc/xgboost #1226: Early stopping with evaluation metric as AUC",
    suspect=suspect,
)
