"""The hook of mmengine (OpenMMLab): `runner.register_hook(lossreport.integrations.mmengine.hook())`."""

from __future__ import annotations

import os
from typing import Any

from lossreport.integrations.watch import Watch, watch


def hook(folder: str | os.PathLike[str] | None = None, **options: Any) -> Any:
    """Return a hook that keeps the training loss as the runner's own log shows it and all validation metrics.

    Without `folder` the report is written in the work_dir. `options` are those of `watch`. After an exception mmengine calls no hook:
    the report is then written at the end of the program.
    """
    import importlib

    base: Any = importlib.import_module("mmengine.hooks").Hook

    class LossreportHook(base):  # type: ignore[misc]
        priority = "VERY_LOW"
        watching: Watch | None = None

        def before_train(self, runner: Any) -> None:
            main = int(runner.rank) == 0
            chosen = {"by": "mmengine", "resume": runner.iter > 0, "main": main, **options}
            self.watching = watch(runner.work_dir if folder is None else folder, **chosen)
            self.watching.facts({"epochs": runner.max_epochs} if runner.max_epochs else {"max_steps": runner.max_iters})

        def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
            if self.watching is not None and self.every_n_inner_iters(batch_idx, runner.log_processor.window_size):
                self.watching.log(
                    _means(runner), iteration=runner.iter + 1, epoch=runner.epoch + 1, of="window_mean", window=_window(runner)
                )

        def after_val_epoch(self, runner: Any, metrics: Any = None) -> None:
            if self.watching is not None:
                named = {f"val/{name}": value for name, value in (metrics or {}).items()}
                self.watching.log(named, epoch=runner.epoch, of="epoch_mean")

        def after_train(self, runner: Any) -> None:
            if self.watching is not None:
                self.watching.finish("finished")

    return LossreportHook()


def _window(runner: Any) -> int:
    return int(runner.log_processor.window_size)


def _means(runner: Any) -> dict[str, float]:
    """Return the means over the log processor's window of the losses, and the learning rate as it is."""
    scalars = runner.message_hub.log_scalars
    losses = {name: buffer for name, buffer in scalars.items() if name.startswith("train/") and "loss" in name}
    means = {name.removeprefix("train/"): float(buffer.mean(_window(runner))) for name, buffer in losses.items()}
    lr = scalars.get("train/lr")
    return means | ({"lr": float(lr.current())} if lr is not None else {})
