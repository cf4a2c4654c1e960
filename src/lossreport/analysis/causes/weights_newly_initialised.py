"""A model meant to continue that begins from scratch: the log names weights that were not
loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import quoted, said
from lossreport.text import Text, number

WORDS: Final = (
    r"not initialized from|newly initialized|state dict do not match|missing[_ ]keys?|"
    r"unexpected[_ ]keys?"
)
KINDS: Final = (
    "no_learning",
    "plateau",
    "above_chance",
    "constant_metric",
    "level_shift",
    "worsening",
    "divergence",
)

LEVEL = Text(
    zh="`{metric}` 的第一行是 {first}，正在随机猜测水平 {chance} 附近：像是从头开始。",
    en="`{metric}` begins at {first}, near the chance level of {chance}: as from scratch.",
)
NEAR: Final = 0.05


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion where the log says that weights were not loaded, at a training loss that
    does not get anywhere.
    """
    event = said(context, WORDS)
    if event is None:
        return
    for finding in context.of_kind(*KINDS):
        series = context.subject(finding)
        if series.split != "train" or not context.is_loss(series):
            continue
        signs = [strong(quoted(context, event))]
        chance = context.chance(series)
        if chance is not None and abs(float(series.y[0]) / chance.value - 1) < NEAR:
            signs.append(
                weak(
                    LEVEL(
                        metric=series.label,
                        first=number(float(series.y[0])),
                        chance=number(chance.value),
                    )
                )
            )
        yield Suspicion(
            finding=finding,
            signs=tuple(signs),
            code="print(model.load_state_dict(state, strict=True))",
        )


CAUSE = Cause(
    id="weights_newly_initialised",
    family="checkpoint",
    title=Text(
        zh="预训练权重没有（全部）载入，模型从随机初始化开始",
        en="Pretrained weights were not loaded, or not all, and the model begins from random ones",
    ),
    decided_by=Text(
        zh="用 strict=True 载入一次：若报缺失或多余的键，就是它；只缺新加的输出层则属正常。",
        en="Load once with strict=True: missing or unexpected keys decide it; only a new "
        "output layer missing is as it should be.",
    ),
    do=Text(
        zh="对照两边的键名去掉前缀（module.、model.），换成匹配的权重文件，再从头微调；"
        "评估前先确认第一步的 loss 接近预训练模型的水平。",
        en="Compare the keys and strip prefixes (module., model.), take the file that fits, "
        "and fine-tune anew; see that the first loss is near that of the pretrained model.",
    ),
    reference="open-mmlab/mmdetection #1495: WARNING - The model and loaded state dict do not "
    "match exactly,",
    suspect=suspect,
)
