"""Console log of OLMo: a heading `[step=10/1000,epoch=0]`, then one indented line `
train/CrossEntropyLoss=9.362` for each value.

Source: real logs of allenai/OLMo's trainer (`log_metrics_to_console`). Losses are those of the
step, averaged over ranks, printed with four significant digits. The results of an evaluator follow
a line with its name and stand at the last step.
"""

from __future__ import annotations

from lossreport.model.run import Statistic
from lossreport.reading.kit.line_format import Line, LineFormat, Pairs, Setting
from lossreport.text import Text

PARSER = LineFormat(
    id="olmo_text",
    title=Text(zh="OLMo 的终端日志", en="console log of OLMo"),
    lines=(
        Line(head=r"\[step=<x>(?:/<max_steps>)?(?:,epoch=<epoch>)?\]\s*$"),
        Line(
            head=r"^ {4}(?=(?:train|eval|optim|throughput|System|grad_provenance)/)",
            pairs=Pairs(before="^", name="[^=]{1,200}", sign="=", behind=r"\s*$"),
            named_splits=True,
            statistic=Statistic.VALUE,
            units={"CrossEntropyLoss": "nats"},
            hollow="throughput/total_.*",  # counts since the start
        ),
    ),
    settings=(
        Setting(
            r"\b(?P<name>vocab_size|embedding_size|learning_rate|max_grad_norm|"
            r"global_train_batch_size|seed|precision|max_duration)="
            r"(?P<value>'[\w\-]{1,80}'|\d[\d.eE+\-]{0,30})(?=[,)])",
            names={"global_train_batch_size": "batch_size"},
            every=True,
            within="TrainConfig(",
        ),
    ),
).parser()
