"""A fine-tuning over many epochs of few samples: the loss falls because the samples are learned by
heart.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.memorising import Memorised
from lossreport.analysis.signs import number_fact
from lossreport.model.run import shown_x
from lossreport.text import Text, number, percent

SEEN = Text(
    zh="`{metric}` 只剩开头的 {left}（{first} → {last}），而每个样本已看过约 {epochs} 遍。",
    en="`{metric}` is down to {left} of its start ({first} → {last}), and each sample was "
    "seen about {epochs} times.",
)
PLANNED = Text(zh="配置写明要训练 {epochs} 个 epoch。", en="The settings plan {epochs} epochs.")
USUAL = 3


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for each loss that is most likely memorised."""
    for finding, held in context.seen(Memorised):
        series = context.subject(finding)
        first, last = held.first, held.last
        values = {"first": number(first), "last": number(last), "left": percent(last / first)}
        signs = [
            strong(
                SEEN(
                    metric=series.label,
                    epochs=shown_x(round(held.epochs, 2)),
                    **values,
                )
            )
        ]
        planned = number_fact(context, "num_train_epochs", "epochs", "num_epochs")
        if planned is not None and planned > USUAL:
            signs.append(weak(PLANNED(epochs=number(planned))))
        yield Suspicion(finding=finding, signs=tuple(signs), code="--num_train_epochs 2")


CAUSE = Cause(
    id="too_many_epochs_of_few_samples",
    family="data",
    title=Text(
        zh="数据太少、epoch 太多：模型在背训练集（过拟合）",
        en="Too many epochs over too few samples: the training set is learned by heart "
        "(overfitting)",
    ),
    decided_by=Text(
        zh="留出几十条样本算 loss：它不随训练 loss 下降，就是在背；再用训练集之外的问题试生成。",
        en="Hold some tens of samples out and compute their loss: if it does not fall with "
        "that of the training, the set is memorised; then generate for prompts that are "
        "not in it.",
    ),
    do=Text(
        zh="微调大模型通常 1 到 3 个 epoch：回到较早的 checkpoint 或重训，加验证集按它早停，"
        "增加数据或混入通用数据。",
        en="Fine-tuning usually takes 1 to 3 epochs: go back to an early checkpoint or train "
        "again, add a validation set and stop by it, add data or mix in general data.",
    ),
    reference="mymusise/ChatGLM-Tuning #89: LOSS下降太快",
    suspect=suspect,
)
