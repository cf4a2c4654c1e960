"""The hook of Keras 3 (and tf.keras): `model.fit(..., callbacks=[lossreport.integrations.keras.callback("runs/42")])`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from lossreport.integrations.watch import Watch, watch


def callback(folder: str | os.PathLike[str], **options: Any) -> Any:
    """Return a callback that keeps every epoch's logs and writes the report when `fit` ends; `options` are those of `watch`.

    Keras counts epochs from 0, and `logs` holds the means of the epoch. After an exception Keras calls nothing: the report is then
    written at the end of the program. Importing this module does not import Keras, calling this does.
    """
    import importlib

    base: Any = importlib.import_module("keras").callbacks.Callback

    class LossreportCallback(base):  # type: ignore[misc]
        watching: Watch | None = None

        def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
            self.watching = watch(folder, **{"by": "keras", **options})
            plan = {"epochs": (self.params or {}).get("epochs"), "steps_per_epoch": (self.params or {}).get("steps")}
            self.watching.facts({name: value for name, value in plan.items() if value is not None})

        def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
            if self.watching is not None:
                self.watching.log(logs, epoch=epoch, of="epoch_mean")

        def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
            if self.watching is not None:
                self.watching.finish("finished")

    return LossreportCallback()
