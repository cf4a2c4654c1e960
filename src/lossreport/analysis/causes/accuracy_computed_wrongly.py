"""An accuracy that its own loss contradicts: an integer division, an accuracy for labels of another
form, shapes that do not match.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.beside import falls_by
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import WrongAccuracy
from lossreport.analysis.signature import moved
from lossreport.analysis.signs import parsers
from lossreport.text import Text, number

AGAINST = Text(
    zh="`{metric}` 是 {value}，而同样这些行的 `{loss}` 到了 {level}：若 loss 是普通的交叉熵，"
    "两者不可能都对。",
    en="`{metric}` is {value} while `{loss}` of the same rows has come to {level}: of a plain "
    "cross-entropy both cannot be right.",
)
DIVIDED = Text(
    zh="`{metric}` 每一行都正好是 0：整数除法把不到 1 的比例都截成了 0，是最常见的写法错误。",
    en="`{metric}` is exactly 0 in every row: a division of integers cuts every share below 1 "
    "to 0, the most common slip.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for each accuracy that its loss contradicts."""
    for finding, held in context.seen(WrongAccuracy):
        if not held.contradicted:
            continue
        score, loss = (context.by_id[one] for one in finding.series[:2])
        row = finding.end.row
        signs = [
            strong(
                AGAINST(
                    metric=score.label,
                    value=number(float(score.y[row])),
                    loss=loss.label,
                    level=number(float(loss.y[row])),
                )
            )
        ]
        if not score.y.any():
            signs.append(weak(DIVIDED(metric=score.label)))
        if falls_by(loss) > 0:
            signs.append(weak(moved(loss)))
        keras = any("keras" in one for one in parsers(context))
        code = (
            'metrics=["sparse_categorical_accuracy"]'
            if keras
            else "acc = (pred.argmax(1) == y).float().mean().item()"
        )
        yield Suspicion(finding=finding, signs=tuple(signs), code=code)


CAUSE = Cause(
    id="accuracy_computed_wrongly",
    family="metric",
    title=Text(
        zh="准确率算错了，而模型在学：整数除法、整数标签用了 one-hot 的准确率（或相反），"
        "或预测与标签的形状不符",
        en="The accuracy is computed wrongly and the model does learn: an integer division, "
        "integer labels under an accuracy for one-hot labels (or the reverse), or shapes "
        "that do not match",
    ),
    decided_by=Text(
        zh="取一个 batch，手算 argmax 与标签相等的占比：与打印的不同，就是准确率的代码；相同，"
        "再查 loss 是不是普通的交叉熵。",
        en="Take one batch and work out the share whose argmax equals the label: if it "
        "differs from what is printed, it is the code of the accuracy; if not, see whether "
        "the loss is a plain cross-entropy.",
    ),
    do=Text(
        zh="改准确率的代码，不必改训练：先转成浮点再除；整数标签用 "
        "sparse_categorical_accuracy，one-hot 标签用 categorical_accuracy；"
        "比较之前核对两边形状。",
        en="Repair the accuracy and leave the training alone: convert to float before "
        "dividing; sparse_categorical_accuracy for integer labels, categorical_accuracy "
        "for one-hot ones; check both shapes before comparing.",
    ),
    reference="pytorch/tutorials #227: Fix epoch accuracy (avoiding integer division)",
    suspect=suspect,
)
