"""Throughput: work done per second, for the analyse step."""

from __future__ import annotations

from lossreport.knowledge.loss_type import LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Text

_WORK = (
    r"(?:tokens?|tok|samples?|examples?|steps?|it|its|iters?|iterations?|images?|imgs?|frames?|"
    r"batches|words?|updates?)"
)

LOSS = LossType(
    id="throughput",
    title=Text(zh="吞吐", en="throughput"),
    names=metric_names(
        rf"(?:\w+_)?{_WORK}(?:/|_?per_?)s(?:ec|econd)?(?:[/_](?:per_)?(?:gpu|device|rank))?",
        r"(?:.*/)?throughput(?:[/_].+)?",
        r"(?:\w+_)?throughput",
        r"tps|tgs|wps|ups|ips|fps|tflops|(?:\w+_)?mfu|(?:.*/)?mfu/.+",
        r"(?:\w+_)?tflops(?:_\w+)?",
        r"(?:(?:train|training|inference)_)?speed",
    ),
    order=40,
    unit="",
    goal="up",
    role="health",
    why=Text(
        zh="单位时间完成的工作量，由硬件、batch 大小和序列长度决定，与模型学得如何无关。",
        en="Work per unit of time. Hardware, batch size and sequence length decide it; it "
        "says nothing about what the model learns.",
    ),
)
