"""The hook of skorch: `NeuralNet(..., callbacks=[("lossreport",
lossreport.integrations.skorch.callback("runs/42"))])`.
"""

from __future__ import annotations

import os
from typing import Any

from lossreport.integrations.known import plain_settings
from lossreport.integrations.watch import Watch, harmless, watch


def callback(folder: str | os.PathLike[str], **options: Any) -> Any:
    """Return a callback that keeps every epoch's history and writes the report when `fit` ends;
    `options` are those of `watch`.

    skorch ends an early stop and a Ctrl-C alike; which one it was is told by the patience of its
    EarlyStopping. After an exception the report is written at the end of the program.
    """
    import importlib

    base: Any = importlib.import_module("skorch.callbacks").Callback

    class LossreportCallback(base):  # type: ignore[misc]
        watching: Watch | None = None

        @harmless
        def on_train_begin(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:
            self.before = len(net.history)
            self.watching = watch(folder, **{"by": "skorch", "resume": self.before > 0, **options})
            self.watching.facts(_settings(net, self.before))

        @harmless
        def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
            if self.watching is not None:
                row = {
                    name: value
                    for name, value in net.history[-1].items()
                    if name not in ("epoch", "dur", "batches")
                }
                self.watching.log(row, epoch=net.history[-1]["epoch"], of="epoch_mean")

        @harmless
        def on_train_end(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:
            if self.watching is None:
                return
            done = len(net.history) - self.before
            stopped = done < net.max_epochs
            if stopped:
                self.watching.event(*_why_stopped(net, done))
            self.watching.finish(
                "finished" if not stopped or _stopped_early(net) else "interrupted"
            )

    return LossreportCallback()


def _settings(net: Any, before: int) -> dict[str, Any]:
    """Return the net's own parameters, the names of its classes, and what its early stopping or
    checkpoint is chosen by.
    """
    own = {name: value for name, value in net.get_params(deep=False).items() if name != "callbacks"}
    classes = {name: _name(getattr(net, name)) for name in ("module", "criterion", "optimizer")}
    watched = [
        one.monitor for _, one in net.callbacks_ if isinstance(getattr(one, "monitor", None), str)
    ]
    # Checkpoint's default is `valid_loss_best`
    chosen = {"monitor": watched[0].removesuffix("_best")} if watched else {}
    return plain_settings(own, epochs=before + net.max_epochs, **classes, **chosen)


def _why_stopped(net: Any, done: int) -> tuple[str, str]:
    if _stopped_early(net):
        return "early_stop", f"stopped early after {done} of {net.max_epochs} epochs"
    return "killed", f"KeyboardInterrupt after {done} of {net.max_epochs} epochs"


def _stopped_early(net: Any) -> bool:
    """Return whether an EarlyStopping has run out of patience."""
    return any(
        getattr(one, "misses_", None) == getattr(one, "patience", 0) for _, one in net.callbacks_
    )


def _name(given: Any) -> str:
    """Return the name of a class, or of that of an object."""
    return str(getattr(given, "__name__", type(given).__name__))
