"""The hook of Lightning:
`Trainer(callbacks=[lossreport.integrations.lightning.callback("runs/42")])`, also of
pytorch_lightning.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from lossreport.integrations.known import plain_settings
from lossreport.integrations.watch import Watch, harmless, watch


def callback(
    folder: str | os.PathLike[str] | None = None,
    *,
    package: str = "lightning.pytorch",
    **options: Any,
) -> Any:
    """Return a callback that keeps what modules log and writes the report when fitting ends, also
    by an exception.

    Without `folder` the logger's folder is taken, else `default_root_dir`. Use
    `package="pytorch_lightning"` where the module is of that package. `options` are those of
    `watch`. Lightning itself tells which process is zero.
    """
    import importlib

    base: Any = importlib.import_module(package).Callback

    class LossreportCallback(base):  # type: ignore[misc]
        watching: Watch | None = None

        @harmless
        def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
            place = folder if folder is not None else trainer.log_dir or trainer.default_root_dir
            again = trainer.ckpt_path is not None or self.watching is not None
            chosen = {
                "by": "lightning",
                "resume": again,
                "main": bool(trainer.is_global_zero),
                **options,
            }
            self.watching = watch(place, **chosen)
            self.watching.facts(_settings(trainer, pl_module))

        @harmless
        def on_save_checkpoint(
            self, trainer: Any, pl_module: Any, checkpoint: Mapping[str, Any]
        ) -> None:
            if self.watching is not None:
                self.watching.event(
                    "checkpoint",
                    f"saving checkpoint to "
                    f"epoch={trainer.current_epoch}-step={trainer.global_step}",
                )

        @harmless
        def on_train_batch_end(
            self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
        ) -> None:
            if (
                self.watching is not None
                and trainer.log_every_n_steps
                and (batch_idx + 1) % trainer.log_every_n_steps == 0
            ):
                values = {
                    name.removesuffix("_step"): value
                    for name, value in _training(trainer.logged_metrics).items()
                }
                self.watching.log(
                    values, step=trainer.global_step - 1, epoch=trainer.current_epoch, of="value"
                )

        @harmless
        def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            if self.watching is not None:
                means = {
                    name.removesuffix("_epoch"): value
                    for name, value in _of_epoch(trainer.callback_metrics).items()
                }
                self.watching.log(means, epoch=trainer.current_epoch, of="epoch_mean")

        def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
            if self.watching is not None:
                self.watching.failed(exception)
                self.watching.finish()

        @harmless
        def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
            if self.watching is None:
                return
            planned, done = trainer.max_epochs or -1, trainer.current_epoch
            if trainer.should_stop and 0 <= done < planned:
                self.watching.event(
                    "early_stop", f"training was stopped early after {done} of {planned} epochs"
                )
            self.watching.finish("finished")

        @harmless
        def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
            if self.watching is not None and stage == "fit":
                self.watching.finish()

    return LossreportCallback()


def _settings(trainer: Any, module: Any) -> dict[str, Any]:
    """Return the plan, the module's own hyperparameters, what the checkpoint is chosen by, and the
    optimiser of the first group.
    """
    plan = {"epochs": trainer.max_epochs, "max_steps": trainer.max_steps}
    known = {name: value for name, value in plan.items() if value is not None and value > 0}
    known |= {
        "world_size": trainer.world_size,
        "precision": trainer.precision,
        "accumulate_grad_batches": trainer.accumulate_grad_batches,
    }
    known |= {"clip_grad": trainer.gradient_clip_val} if trainer.gradient_clip_val else {}
    choosing = [*trainer.checkpoint_callbacks, *trainer.early_stopping_callbacks]
    watched = next(
        (
            {"monitor": one.monitor, "mode": one.mode}
            for one in choosing
            if getattr(one, "monitor", None)
        ),
        {},
    )
    optimizer = trainer.optimizers[0] if trainer.optimizers else None
    groups = (
        {name: value for name, value in optimizer.param_groups[0].items() if name != "params"}
        if optimizer is not None
        else {}
    )
    named = {"optimizer": type(optimizer).__name__} if optimizer is not None else {}
    return plain_settings({**groups, **named, **dict(module.hparams)}, **watched, **known)


def _is_validation(name: str) -> bool:
    return name.startswith(("val", "test"))


def _training(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was logged at the step: means of epochs and validation stand among it from
    before.
    """
    return {
        name: value
        for name, value in metrics.items()
        if not name.endswith("_epoch") and not _is_validation(name)
    }


def _of_epoch(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the means of the epoch: `*_epoch`, and validation, which Lightning reduces at the
    epoch's end.

    A bare name of training is the value of the last step, and left to the rows of steps.
    """
    chosen = {name: value for name, value in metrics.items() if name.endswith("_epoch")}
    bare = {
        name: value
        for name, value in metrics.items()
        if _is_validation(name) and not name.endswith(("_epoch", "_step"))
    }
    return chosen | {name: value for name, value in bare.items() if f"{name}_epoch" not in chosen}
