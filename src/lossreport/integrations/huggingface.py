"""The hook of the Hugging Face Trainer and all built on it (TRL, LLaMA-Factory, ms-swift):
`trainer.add_callback(callback("out"))`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from lossreport.integrations.known import plain_settings, size_of
from lossreport.integrations.watch import Watch, harmless, watch

RENAMED: Final = {"dtype": "torch_dtype", "loss_type": "model_loss_type"}
"""Settings of a model that mean something else among those of a training: the type of its weights,
the head's loss function.
"""
OWN: Final = ("label2id", "id2label", "task_specific_params", "quantization_config", "auto_map")
"""Names of labels, and defaults of other tasks."""
SPENT: Final = ("max_steps", "num_train_epochs")
"""Plans that the trainer has made one of: `state.max_steps` is what it trains for."""
SPEED: Final = ("_runtime", "_samples_per_second", "_steps_per_second")
"""How fast an evaluation was: no metric of the model."""
SUMMARY: Final = "train_runtime"
"""A record with this is the summary of the whole run, no row of a curve."""


def callback(folder: str | os.PathLike[str] | None = None, **options: Any) -> Any:
    """Return a callback that keeps every log and writes the report when training ends; without
    `folder`, in the output_dir.

    `options` are those of `watch`. A training resumed from a checkpoint goes on in the same memory.
    Trainer does not call `on_train_end` after an exception: the report is then written at the end
    of the program.
    """
    import importlib

    base: Any = importlib.import_module("transformers").TrainerCallback

    class LossreportCallback(base):  # type: ignore[misc]
        watching: Watch | None = None
        settled = False
        evaluated = False

        @harmless
        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            main = bool(state.is_world_process_zero)
            chosen = {
                "by": "transformers",
                "resume": state.global_step > 0,
                "main": main,
                **options,
            }
            self.watching = watch(args.output_dir if folder is None else folder, **chosen)
            self.watching.facts(_settings(args, state, kwargs))
            self.watching.facts(_settings_of_model(kwargs.get("model")))
            for row in (
                state.log_history if state.global_step and not self.watching.continued else ()
            ):
                self._keep(args, row, row["step"], row.get("epoch"))

        @harmless
        def on_log(
            self,
            args: Any,
            state: Any,
            control: Any,
            logs: Mapping[str, Any] | None = None,
            **kwargs: Any,
        ) -> None:
            if self.watching is None or not logs:
                return
            if not self.settled:
                self.settled = True
                self.watching.facts(_settled_by_the_first_batch(kwargs.get("model")))
            if SUMMARY in logs:
                self.watching.facts(logs)
            else:
                self._keep(args, logs, state.global_step, logs.get("epoch", state.epoch))

        def _keep(self, args: Any, logs: Mapping[str, Any], step: int, epoch: float | None) -> None:
            if self.watching is None:
                return
            values = {
                name: value
                for name, value in logs.items()
                if name not in ("epoch", "step") and not name.endswith(SPEED)
            }
            window = int(args.logging_steps) if args.logging_steps >= 1 else None
            self.watching.log(values, step=step, epoch=epoch, of="window_mean", window=window)

        @harmless
        def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            size = size_of(kwargs.get("eval_dataloader"))  # the trainer knows it from here on
            if self.watching is not None and size is not None and not self.evaluated:
                self.evaluated = True
                self.watching.facts({"eval_samples": size})

        @harmless
        def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if self.watching is not None:
                self.watching.event(
                    "checkpoint", f"Saving model checkpoint to checkpoint-{state.global_step}"
                )

        @harmless
        def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if self.watching is None:
                return
            if control.should_training_stop and state.global_step < state.max_steps:
                self.watching.event(
                    "early_stop",
                    f"training was stopped early at step {state.global_step} of {state.max_steps}",
                )
            self.watching.finish("finished")

    return LossreportCallback()


def _settings(args: Any, state: Any, at_hand: Mapping[str, Any]) -> dict[str, Any]:
    """Return all plain training arguments, their class (`DPOConfig`), what the trainer has made of
    its plan, and how many samples there are.
    """
    given = {name: value for name, value in args.to_dict().items() if name not in SPENT}
    plan = {"max_steps": state.max_steps} if state.max_steps > 0 else {}
    if args.max_steps <= 0:
        plan["epochs"] = args.num_train_epochs
    size = size_of(at_hand.get("train_dataloader"))
    known = {"train_samples": size} if size is not None else {}
    mixed = [name for name in ("bf16", "fp16") if getattr(args, name, False)]
    precision = {"precision": mixed[0]} if mixed else {}
    return plain_settings(
        given,
        trainer_config=type(args).__name__,
        world_size=args.world_size,
        **plan,
        **known,
        **precision,
    )


def _settled_by_the_first_batch(model: Any) -> dict[str, Any]:
    """Return what a classifier reads off its first labels: one class, several, or a regression."""
    problem = getattr(
        getattr(getattr(model, "module", model), "config", None), "problem_type", None
    )
    return {"problem_type": problem} if isinstance(problem, str) else {}


def _settings_of_model(model: Any) -> dict[str, Any]:
    """Return the settings of a pretrained model: its class, type and sizes. A module of one's own
    has none.
    """
    config = getattr(getattr(model, "module", model), "config", None)
    if config is None or not callable(getattr(config, "to_diff_dict", None)):
        return {}
    given = {
        RENAMED.get(name, name): value
        for name, value in config.to_dict().items()
        if name not in OWN
    }
    kind = type(getattr(model, "module", model))
    inner = getattr(model, "get_base_model", None)  # PEFT wraps the model in a class of its own
    architecture = type(inner()).__name__ if callable(inner) else kind.__name__
    labels = {"num_labels": config.num_labels} if architecture.endswith("Classification") else {}
    return plain_settings(
        given, **{"architectures": architecture, "model_type": config.model_type, **labels}
    )
