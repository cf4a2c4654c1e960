"""The hook of mmengine (OpenMMLab):
`runner.register_hook(lossreport.integrations.mmengine.hook())`.
"""

from __future__ import annotations

import os
from typing import Any

from lossreport.integrations.known import plain_settings
from lossreport.integrations.watch import Watch, harmless, watch


def hook(folder: str | os.PathLike[str] | None = None, **options: Any) -> Any:
    """Return a hook that keeps the training loss as the runner's own log shows it and all
    validation metrics.

    Without `folder` the report is written in the work_dir. `options` are those of `watch`. After an
    exception mmengine calls no hook: the report is then written at the end of the program.
    """
    import importlib

    base: Any = importlib.import_module("mmengine.hooks").Hook

    class LossreportHook(base):  # type: ignore[misc]
        priority = "VERY_LOW"
        watching: Watch | None = None

        @harmless
        def before_train(self, runner: Any) -> None:
            main = int(runner.rank) == 0
            chosen = {"by": "mmengine", "resume": runner.iter > 0, "main": main, **options}
            self.watching = watch(runner.work_dir if folder is None else folder, **chosen)
            self.watching.facts(_settings(runner))

        @harmless
        def after_train_iter(
            self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
        ) -> None:
            if self.watching is not None and self.every_n_inner_iters(
                batch_idx, runner.log_processor.window_size
            ):
                self.watching.log(
                    _means(runner),
                    iteration=runner.iter + 1,
                    epoch=runner.epoch + 1,
                    of="window_mean",
                    window=_window(runner),
                )

        @harmless
        def after_val_epoch(self, runner: Any, metrics: Any = None) -> None:
            if self.watching is not None:
                named = {f"val/{name}": value for name, value in (metrics or {}).items()}
                self.watching.log(named, epoch=runner.epoch, of="epoch_mean")

        @harmless
        def before_save_checkpoint(self, runner: Any, checkpoint: Any) -> None:
            if self.watching is not None:
                meta = checkpoint.get("meta", {})
                self.watching.event(
                    "checkpoint",
                    f"Saving checkpoint at epoch {meta.get('epoch')}, iteration {meta.get('iter')}",
                )

        @harmless
        def after_train(self, runner: Any) -> None:
            if self.watching is None:
                return
            if getattr(runner.train_loop, "stop_training", False):
                self.watching.event(
                    "early_stop",
                    f"training was stopped early at epoch {runner.epoch}, iteration {runner.iter}",
                )
            self.watching.finish("finished")

    return LossreportHook()


def _settings(runner: Any) -> dict[str, Any]:
    """Return the plan, the configuration of the runner, and the metric that the best checkpoint is
    chosen by.
    """
    plan = {"epochs": runner.max_epochs} if runner.max_epochs else {"max_steps": runner.max_iters}
    config = (
        runner.cfg.to_dict() if callable(getattr(runner.cfg, "to_dict", None)) else dict(runner.cfg)
    )
    kept = [
        name
        for one in runner.hooks
        for name in getattr(one, "key_indicators", None) or ()
        if name not in (None, "auto")
    ]
    best = {"save_best": kept[0]} if kept else {}
    loader = config.get("train_dataloader")
    batch = (
        {"batch_size": loader["batch_size"]}
        if isinstance(loader, dict) and "batch_size" in loader
        else {}
    )
    return plain_settings(
        {**_optimizer(runner), **config}, **plan, **best, **batch, world_size=runner.world_size
    )


def _optimizer(runner: Any) -> dict[str, Any]:
    """Return the optimiser and its first group: a runner that is not made of a configuration has no
    other record of them.
    """
    optimizer = getattr(runner.optim_wrapper, "optimizer", None)
    if optimizer is None:
        return {}
    group = {name: value for name, value in optimizer.param_groups[0].items() if name != "params"}
    return {"optimizer": type(optimizer).__name__, **group}


def _window(runner: Any) -> int:
    return int(runner.log_processor.window_size)


def _means(runner: Any) -> dict[str, float]:
    """Return the means over the log processor's window of the losses, and the learning rate as it
    is.
    """
    scalars = runner.message_hub.log_scalars
    losses = {
        name: buffer
        for name, buffer in scalars.items()
        if name.startswith("train/") and "loss" in name
    }
    means = {
        name.removeprefix("train/"): float(buffer.mean(_window(runner)))
        for name, buffer in losses.items()
    }
    lr = scalars.get("train/lr")
    return means | ({"lr": float(lr.current())} if lr is not None else {})
