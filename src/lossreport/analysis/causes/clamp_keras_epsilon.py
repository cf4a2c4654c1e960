"""A Keras cross-entropy at the logarithm of its epsilon, or as many of the samples as the accuracy
misses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.clamps import KERAS, at_clamp
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import AtClamp
from lossreport.analysis.signs import around, score_beside
from lossreport.text import Text, number, percent

AT = Text(
    zh="`{metric}` 停在 {value}，是 {formula} 的 {share}：Keras 把概率截在 1e-7，"
    "这么多样本的输出完全饱和。",
    en="`{metric}` stands at {value}, {share} of {formula}: Keras clips probabilities at "
    "1e-7, and the output of so many samples is saturated.",
)
MISSES = Text(
    zh="同处的 `{metric}` 是 {value}：没有判对的样本恰好就是停在上限的那一部分，"
    "所有样本都被预测成同一个类。",
    en="`{metric}` beside it is {value}: the samples that it misses are those at the ceiling, "
    "so a single class is predicted for all.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a loss at Keras's clip."""
    for finding, stands in context.seen(AtClamp):
        series = context.subject(finding)
        hit = at_clamp(context, series, stands.value)
        if hit is None or hit.clamp.cause != KERAS:
            continue
        signs = [
            strong(
                AT(
                    metric=series.label,
                    value=number(stands.value, digits=6),
                    formula=hit.clamp.formula,
                    share=percent(hit.share),
                )
            )
        ]
        score = score_beside(context, series, series.split)
        if score is not None and abs(float(score.y[-1]) - (1 - hit.share)) < NEAR:
            signs.append(weak(MISSES(metric=score.label, value=number(float(score.y[-1])))))
        yield Suspicion(
            finding=finding, signs=(*signs, *around(context, series, finding.start.row))
        )


NEAR: Final = 0.01
CAUSE = Cause(
    id="clamp_keras_epsilon",
    family="clamp",
    title=Text(
        zh="Keras 的输出饱和：概率被截在 1e-7，所有样本被预测成同一个类",
        en="A saturated output in Keras: probabilities are clipped at 1e-7 and a single class "
        "is predicted for all samples",
    ),
    decided_by=Text(
        zh="算 loss / 16.118：若等于 1 - accuracy，输出已全部饱和；打印几个样本的预测即可确认。",
        en="Divide the loss by 16.118: if it equals 1 - accuracy, all outputs are saturated; "
        "the predictions of a few samples confirm it.",
    ),
    do=Text(
        zh="降低学习率（先到十分之一）、归一化输入；输出层与 loss 要配套：去掉最后的 softmax "
        "并用 from_logits=True，或单输出 sigmoid 配 binary_crossentropy，标签用同一种编码。",
        en="Lower the learning rate (to a tenth first) and normalise the input; let output "
        "layer and loss match: from_logits=True without a final softmax, or one sigmoid "
        "unit with binary_crossentropy, with labels encoded accordingly.",
    ),
    reference="tensorflow/tensorflow #41595: Fix binary crossentropy double epsilon",
    suspect=suspect,
)
