"""An error rate at its maximum, or rising, while the loss of the same validation falls: the tokens
are right, their decoding is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.beside import falls_by
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import moved
from lossreport.text import Text

FALLEN: Final = 0.10
"""The loss of the validation has lost a tenth."""
KINDS: Final = ("constant_metric", "worsening", "divergence", "no_learning")

AWAY = Text(
    zh="`{metric}` 没有随之改善：loss 与错误率看的是同一批输出，二者背离说明差别在解码或后处理。",
    en="`{metric}` does not follow: loss and error rate look at the same outputs, so the "
    "difference lies in decoding or post-processing.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for an error rate of a validation whose loss, of no CTC, falls."""
    for finding in context.of_kind(*KINDS):
        series = context.subject(finding)
        if series.metric_type != "error_rate" or series.split == "train":
            continue
        same = [
            one
            for one in context.progress
            if one.split == series.split and one.metric_type != "ctc"
        ]
        falling = next((one for one in same if falls_by(one) > FALLEN), None)
        if falling is not None:
            yield Suspicion(
                finding=finding, signs=(strong(moved(falling)), weak(AWAY(metric=series.label)))
            )


CAUSE = Cause(
    id="outputs_decoded_wrongly",
    family="metric",
    title=Text(
        zh="模型输出是对的，错在计算错误率之前的解码",
        en="The outputs are right and decoded wrongly before the error rate is computed",
    ),
    decided_by=Text(
        zh="打印几条参考与预测的原文：若预测通顺但格式不同（语言标记、大小写、填充符），"
        "是解码；若为空或重复，是生成设置。",
        en="Print some references beside predictions: fluent ones of another form (language "
        "tags, case, padding) are a matter of decoding, empty or repeated ones of the "
        "generation settings.",
    ),
    do=Text(
        zh="解码前把标签里的 -100 换回填充符，打开 predict_with_generate，"
        "设对语言与任务的起始标记，并对参考与预测用同一个文本归一化。",
        en="Replace -100 in the labels by the padding token before decoding, turn "
        "predict_with_generate on, set the prompt tokens of language and task, and "
        "normalise references and predictions alike.",
    ),
    reference="huggingface/blog #933: Finetuning Whisper: validation loss keeps decreasing while "
    "validation WER increases",
    suspect=suspect,
)
