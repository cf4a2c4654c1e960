"""A box regression that is NaN while the classes are sound: a box in the annotations has no width,
or lies outside its image.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signs import Terms, terms_beside
from lossreport.model.run import Series
from lossreport.text import Join, Text, number

BOX: Final = re.compile(
    r"(?<![a-z])(?:b?box(?:es)?|[gcd]?iou|box_?reg|regression|loc)(?![a-z])", re.IGNORECASE
)
CLASS: Final = re.compile(
    r"(?<![a-z])(?:cls|class(?:es|ification|ifier)?|conf(?:idence)?|obj(?:ect(?:ness)?)?|"
    r"rpn_loss_cls)(?![a-z])",
    re.IGNORECASE,
)
"""Words of names: the regression of coordinates, and what is computed of the same anchors from
their classes.
"""

ALONE = Text(
    zh="第 {line} 行只有回归框的 `{metric}` 不是有限值，同一处的 `{others}` 还是有限的："
    "权重没有坏，坏的是框的目标（宽或高为 0 或负数时，log(w) 就不是有限值）。",
    en="At line {line} only `{metric}`, the regression of boxes, is not finite while {others} "
    "beside it still are: the weights were sound, the targets of the boxes were not "
    "(log(w) of a width of 0 or below is not finite).",
)
NAME = Text(zh="`{name}`", en="`{name}`")
LABELLED = Text(
    zh="分类项 `{metric}` 在那里是 {value}，大于 0：有样本参与计算，不是空的 batch。",
    en="The class term `{metric}` is {value} there, above 0: there were samples to classify, "
    "the batch was not empty.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for box terms that are the only ones not finite in the first row in which
    any is, beside a class term.
    """
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        if not finding.rows or series.split != "train" or not context.is_loss(series):
            continue
        terms = terms_beside(context, series, finding.rows[0])
        if _is_of_boxes(terms) and (known := _class_term(terms)) is not None:
            (bad, row), (classes, at) = terms.bad[0], known
            names = Join(items=tuple(NAME(name=one.label) for one, _ in terms.sound[:MOST_NAMES]))
            signs = [strong(ALONE(metric=bad.label, line=int(bad.line[row]), others=names))]
            if classes.y[at] > 0:
                signs.append(
                    weak(LABELLED(metric=classes.label, value=number(float(classes.y[at]))))
                )
            yield Suspicion(finding=finding, signs=tuple(signs))
            return


def _is_of_boxes(terms: Terms) -> bool:
    return bool(terms.bad) and all(
        one.metric_type == "box" or BOX.search(one.name) for one, _ in terms.bad
    )


def _class_term(terms: Terms) -> tuple[Series, int] | None:
    """Return the highest class term that is finite there; None without."""
    found = [
        (one, row)
        for one, row in terms.sound
        if one.metric_type in ("cls", "focal") or CLASS.search(one.name)
    ]
    return max(found, key=lambda pair: float(np.asarray(pair[0].y)[pair[1]]), default=None)


MOST_NAMES: Final = 3
CAUSE = Cause(
    id="box_targets_invalid",
    family="data",
    title=Text(
        zh="标注框有误：坐标超出图像、x2 ≤ x1 或 y2 ≤ y1，或从 0 开始的坐标又被减了 1（变成 "
        "-1 或 65535）",
        en="A box of the annotations is wrong: coordinates outside the image, x2 <= x1 or y2 "
        "<= y1, or coordinates counted from 0 from which 1 is subtracted (-1, or 65535)",
    ),
    decided_by=Text(
        zh="对全部标注检查 0 ≤ x1 < x2 ≤ 宽、0 ≤ y1 < y2 ≤ 高（读入并减 1 之后）："
        "有一个不满足就是它；全部满足，再看那个 batch 有没有正样本。",
        en="Check 0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height for all annotations, as "
        "they are after reading: one that fails decides it; if none does, see whether that "
        "batch holds a positive.",
    ),
    do=Text(
        zh="修正或去掉这样的框：裁到图像之内，去掉宽或高不足 1 的；标注从 0 开始时，"
        "去掉读取代码里的“- 1”，并删掉缓存的标注。不必先动学习率。",
        en="Correct or drop such boxes: clip them to the image, leave out those less than a "
        "pixel wide or high; where annotations count from 0, remove the “- 1” of the code "
        "that reads them, and delete cached annotations. The learning rate need not be "
        "touched first.",
    ),
    reference="ruotianluo/pytorch-faster-rcnn #105: Getting rpn_loss_box of NaN when using custom "
    "dataset",
    suspect=suspect,
)
