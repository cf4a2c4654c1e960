"""A loss and a gradient of exactly 0 in fine-tuning: all labels of the batch are masked."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import ZeroLoss
from lossreport.analysis.signs import parsers
from lossreport.knowledge import trainers
from lossreport.text import Text

TEMPLATE = Text(
    zh="改对 response template / 聊天模板，加大 cutoff_len（max_length），去掉空的样本；"
    "确认一个 batch 里有计入 loss 的标签，再从头训练。",
    en="Correct the response or chat template, raise cutoff_len (max_length) and drop empty "
    "samples; make sure that a batch holds labels that count, and start anew.",
)
BOTH = Text(
    zh="`{loss}` 和 `{norm}` 在 {count} 行里都正好是 0（从第 {line} 行起）：没有一个标签计入 "
    "loss。",
    en="`{loss}` and `{norm}` are both exactly 0 in {count} rows (from line {line} on): not "
    "one label counts in the loss.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a dead loss of 0 with a gradient of 0."""
    for finding, zero in context.seen(ZeroLoss):
        if zero.dead and len(finding.series) > 1:
            series, witness = context.subject(finding), context.by_id[finding.series[1]]
            if witness.metric_type == "grad_norm":
                said = BOTH(
                    loss=series.label,
                    norm=witness.label,
                    count=len(finding.rows),
                    line=finding.start.line,
                )
                tokens = bool(parsers(context) & trainers.LANGUAGE)
                yield Suspicion(
                    finding=finding, signs=(strong(said),), do=TEMPLATE() if tokens else None
                )


CAUSE = Cause(
    id="all_labels_masked",
    family="data",
    title=Text(
        zh="标签全被屏蔽：没有一个计入 loss（语言模型微调时，多为模板没有匹配到回答，"
        "或截断切掉了回答）",
        en="All labels are masked and none counts in the loss (fine-tuning a language model: "
        "the template does not match the answers, or truncation cuts them off)",
    ),
    decided_by=Text(
        zh="打印一个 batch 里不等于 -100 的标签的占比。",
        en="Print the share of labels in a batch that are not -100.",
    ),
    do=Text(
        zh="打印一个 batch 的标签：若全是 ignore_index（-100、255），查数据路径、"
        "标签映射和掩码，去掉这样的样本，再从头训练。",
        en="Print the labels of a batch: if all are ignore_index (-100, 255), look at the "
        "path of the data, the mapping of the labels and the masks, drop such samples, and "
        "start anew.",
    ),
    reference="ultralytics/ultralytics #25096: SemanticSegmentationLoss returns NaN when the whole "
    "batch is ignore (255)",
    suspect=suspect,
)
