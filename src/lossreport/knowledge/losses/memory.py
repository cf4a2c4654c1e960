"""Memory in use on the device, for the analyse step."""

from __future__ import annotations

from lossreport.knowledge.loss_type import LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.text import Text

LOSS = LossType(
    id="memory",
    title=Text(zh="显存 / 内存", en="memory"),
    names=metric_names(
        r"(?!.*loss)(?:\w+_)?(?:mem|memory|vram)(?:[_(/].*)?",
        r"(?:.*/)?memory/.+",
    ),
    order=40,
    unit="",
    goal="none",
    role="health",
    why=Text(
        zh="MetricLogger 一类日志记录的是 PyTorch 的 `max_memory_allocated`：它是峰值，"
        "按定义只升不降，上升本身不是泄漏的证据。",
        en="Logs of the MetricLogger family print PyTorch's `max_memory_allocated`, a peak: "
        "by definition it never falls (unless it is reset), so a rise alone is no evidence "
        "of a leak.",
    ),
)
