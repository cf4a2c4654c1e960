"""The hook of the Hugging Face Trainer and all built on it (TRL, LLaMA-Factory, ms-swift): `trainer.add_callback(callback("out"))`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from lossreport.integrations.watch import Watch, watch

SETTINGS: Final = {
    "learning_rate": "lr",
    "per_device_train_batch_size": "per_device_train_batch_size",
    "gradient_accumulation_steps": "gradient_accumulation_steps",
    "max_grad_norm": "clip_grad",
    "seed": "seed",
    "world_size": "world_size",
    "lr_scheduler_type": "lr_scheduler_type",
    "logging_nan_inf_filter": "logging_nan_inf_filter",
}
"""Training arguments that the report can use, by the names it knows. `logging_nan_inf_filter` hides NaN from the logs."""
SPEED: Final = ("_runtime", "_samples_per_second", "_steps_per_second")
"""How fast an evaluation was: no metric of the model."""
SUMMARY: Final = "train_runtime"
"""A record with this is the summary of the whole run, no row of a curve."""


def callback(folder: str | os.PathLike[str] | None = None, **options: Any) -> Any:
    """Return a callback that keeps every log and writes the report when training ends; without `folder`, in the output_dir.

    `options` are those of `watch`. A training resumed from a checkpoint goes on in the same memory. Trainer does not call
    `on_train_end` after an exception: the report is then written at the end of the program.
    """
    import importlib

    base: Any = importlib.import_module("transformers").TrainerCallback

    class LossreportCallback(base):  # type: ignore[misc]
        watching: Watch | None = None

        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            main = bool(state.is_world_process_zero)
            chosen = {"by": "transformers", "resume": state.global_step > 0, "main": main, **options}
            self.watching = watch(args.output_dir if folder is None else folder, **chosen)
            self.watching.facts(_settings(args, state))
            for row in state.log_history if state.global_step and not self.watching.continued else ():
                self._keep(args, row, row["step"], row.get("epoch"))

        def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
            if self.watching is None or not logs:
                return
            if SUMMARY in logs:
                self.watching.facts(logs)
            else:
                self._keep(args, logs, state.global_step, logs.get("epoch", state.epoch))

        def _keep(self, args: Any, logs: Mapping[str, Any], step: int, epoch: float | None) -> None:
            if self.watching is None:
                return
            values = {name: value for name, value in logs.items() if name not in ("epoch", "step") and not name.endswith(SPEED)}
            window = int(args.logging_steps) if args.logging_steps >= 1 else None
            self.watching.log(values, step=step, epoch=epoch, of="window_mean", window=window)

        def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if self.watching is not None:
                self.watching.finish("finished")

    return LossreportCallback()


def _settings(args: Any, state: Any) -> dict[str, Any]:
    """Return what the report can use of the training arguments; an enum is its value."""
    found = {known: getattr(args, name, None) for name, known in SETTINGS.items()}
    plain = {name: getattr(value, "value", value) for name, value in found.items() if value is not None}
    return plain | ({"max_steps": state.max_steps} if state.max_steps > 0 else {})
