"""The hook of Keras 3 (and tf.keras): `model.fit(...,
callbacks=[lossreport.integrations.keras.callback("runs/42")])`.
"""

from __future__ import annotations

import math
import os
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from lossreport.integrations.known import beside, plain_settings
from lossreport.integrations.watch import Watch, harmless, watch


def callback(folder: str | os.PathLike[str], **options: Any) -> Any:
    """Return a callback that keeps every epoch's logs and writes the report when `fit` ends;
    `options` are those of `watch`.

    Keras counts epochs from 0, and `logs` holds the means of the epoch. After an exception Keras
    calls nothing: the report is then written at the end of the program. Importing this module does
    not import Keras, calling this does.
    """
    import importlib

    base: Any = importlib.import_module("keras").callbacks.Callback

    class LossreportCallback(base):  # type: ignore[misc]
        watching: Watch | None = None

        @harmless
        def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
            self.before = fitted(folder, self.model)
            self.watching = watch(folder, **{"by": "keras", "resume": self.before > 0, **options})
            self.shift: int | None = None
            self.last, self.logs = -1, dict(logs or {})
            self.watching.facts(
                _settings(self.model, self.params or {}, self.before) | _chosen_by(beside(self))
            )

        @harmless
        def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
            if self.watching is None:
                return
            if self.shift is None:  # a fit that is told its `initial_epoch` counts on by itself
                self.shift = 0 if epoch >= self.before else self.before
            self.last, self.logs = epoch, dict(logs or {})
            self.watching.log(logs, epoch=epoch + self.shift, of="epoch_mean")
            remember(folder, self.model, epoch + self.shift + 1)

        @harmless
        def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
            if self.watching is None:
                return
            planned = (self.params or {}).get("epochs")
            if planned is not None and self.last + 1 < planned:
                self.watching.event(*_why_stopped(self.last + 1, planned, self.logs))
            self.watching.finish("finished")

    return LossreportCallback()


FITTED: Final[dict[Path, tuple[Any, int]]] = {}
"""Of each folder, the model that was fitted last (weakly) and its epochs: `fit` again is the same
training, frozen or unfrozen.
"""


def fitted(folder: str | os.PathLike[str], model: Any) -> int:
    """Return how many epochs this very model has been fitted for in a folder, by this process."""
    known, epochs = FITTED.get(Path(folder).resolve(), (lambda: None, 0))
    return epochs if known() is model else 0


def remember(folder: str | os.PathLike[str], model: Any, epochs: int) -> None:
    """Keep how many epochs a model has been fitted for."""
    FITTED[Path(folder).resolve()] = (weakref.ref(model), epochs)


def _settings(model: Any, params: Mapping[str, Any], before: int) -> dict[str, Any]:
    """Return the plan, the optimiser's settings, the loss and the size of a compiled model."""
    plan = {"steps_per_epoch": params.get("steps")} | (
        {} if before else {"epochs": params.get("epochs")}
    )
    optimizer = (
        model.optimizer.get_config() if getattr(model, "optimizer", None) is not None else {}
    )
    loss = getattr(model, "loss", None)
    compiled = {
        "loss": loss if isinstance(loss, str) else getattr(loss, "name", None),
        "parameters": model.count_params() if model.built else None,
    }
    given = {name: value for name, value in optimizer.items() if name != "name"}
    return plain_settings({**given, **plan, **compiled}, optimizer=optimizer.get("name"))


def _chosen_by(callbacks: Sequence[Any]) -> dict[str, str]:
    """Return the metric by which ModelCheckpoint keeps the best, else the one that EarlyStopping
    waits for, and its direction.
    """
    savers = [one for one in callbacks if getattr(one, "save_best_only", False)]
    waiting = [
        one
        for one in callbacks
        if hasattr(one, "patience") and hasattr(one, "restore_best_weights")
    ]
    for one in [*savers, *waiting][:1]:
        mode = getattr(one, "mode", "auto")
        return {"monitor": str(one.monitor)} | ({"mode": mode} if mode in ("min", "max") else {})
    return {}


def _why_stopped(done: int, planned: int, logs: Mapping[str, Any]) -> tuple[str, str]:
    """Return the kind and the words of an end before the plan: a loss that is no number any more
    (TerminateOnNaN), or an early stop.
    """
    if any(isinstance(value, float) and not math.isfinite(value) for value in logs.values()):
        return (
            "nonfinite_exit",
            f"fit stopped after {done} of {planned} epochs: the loss is not finite",
        )
    return "early_stop", f"fit was stopped early after {done} of {planned} epochs"
