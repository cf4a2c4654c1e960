"""Time of a step, a batch, or of waiting for data, for the analyse step. Clocks that only run on
are counters.
"""

from __future__ import annotations

from lossreport.knowledge.loss_type import LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Text

LOSS = LossType(
    id="time",
    title=Text(zh="耗时", en="time"),
    names=metric_names(
        r"time|data|dt|data_s|updt_s",
        r"(?!elapsed|wall|total|remaining|train_wall)(?:\w+_)?time(?:_(?:s|ms|sec|per_\w+|cost))?",
        r"elapsed_time_per_\w+.*",
        r"(?:avg_)?(?:batch|reader|step|iter|data)_cost",
        r"(?:ms|s|sec|secs|seconds?)(?:/|_?per_?)(?:it|iter|iteration|step|batch)",
        r"(?:.*/)?tim(?:e|ing)(?:_\w+)?/.+",
    ),
    order=42,  # after throughput, before the counters that `s/it` ends with
    unit="",
    goal="down",
    role="health",
    why=Text(
        zh="多数日志以秒计，少数以毫秒计（请看日志本身）。数据等待占每步耗时的比例，"
        "比耗时本身更能说明瓶颈在哪里。",
        en="In seconds in most logs, in milliseconds in some: the log has to say. The share "
        "of a step spent waiting for data tells more about the bottleneck than the time "
        "itself.",
    ),
)
