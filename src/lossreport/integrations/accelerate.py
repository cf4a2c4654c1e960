"""The hook of accelerate:
`Accelerator(log_with=[lossreport.integrations.accelerate.tracker("runs/42")])`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from lossreport.integrations.known import plain_settings
from lossreport.integrations.watch import Watch, harmless, watch


def tracker(folder: str | os.PathLike[str], **options: Any) -> Any:
    """Return a tracker that keeps what `accelerator.log` is given; `accelerator.end_training()`
    writes the report.

    accelerate calls trackers on the main process only. Without `end_training`, also after an
    exception, the report is written at the end of the program. `options` are those of `watch`.
    """
    import importlib

    base: Any = importlib.import_module("accelerate.tracking").GeneralTracker

    class LossreportTracker(base):  # type: ignore[misc]
        name = "lossreport"
        requires_logging_directory = False
        main_process_only = True

        def __init__(self) -> None:
            super().__init__()
            self.watching = watch(folder, **{"by": "accelerate", **options})

        @property
        def tracker(self) -> Watch:
            return self.watching

        @harmless
        def store_init_configuration(self, values: Mapping[str, Any]) -> None:
            self.watching.facts(plain_settings(values))

        @harmless
        def log(self, values: Mapping[str, Any], step: int | None = None, **kwargs: Any) -> None:
            inner = {name: value for name, value in values.items() if name not in ("step", "epoch")}
            self.watching.log(
                inner, step=values.get("step") if step is None else step, epoch=values.get("epoch")
            )

        @harmless
        def finish(self) -> None:
            self.watching.finish("finished")

    return LossreportTracker()
