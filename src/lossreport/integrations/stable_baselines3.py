"""The hook of Stable-Baselines3: `model.learn(...,
callback=lossreport.integrations.stable_baselines3.callback("runs/42"))`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from lossreport.integrations.known import plain_settings
from lossreport.integrations.watch import Watch, harmless, watch


def callback(folder: str | os.PathLike[str], **options: Any) -> Any:
    """Return a callback that keeps what the model's logger dumps and writes the report after
    `learn`; `options` are those of `watch`.

    Steps are those of the environment. After an exception SB3 calls nothing: the report is then
    written at the end of the program.
    """
    import importlib

    base: Any = importlib.import_module("stable_baselines3.common.callbacks").BaseCallback
    writer: Any = importlib.import_module("stable_baselines3.common.logger").KVWriter

    class Writer(writer):  # type: ignore[misc]
        def __init__(self, watching: Watch) -> None:
            self.watching = watching

        @harmless
        def write(self, key_values: Mapping[str, Any], key_excluded: Any, step: int = 0) -> None:
            shown = {
                name: value
                for name, value in key_values.items()
                if not name.startswith(("time/total", "time/iterations"))
            }
            self.watching.log(shown, step=step, of="value")

        def close(self) -> None:
            return  # the logger closes its writers; the end of `learn` ends this one

    class LossreportCallback(base):  # type: ignore[misc]
        watching: Watch | None = None

        @harmless
        def _on_training_start(self) -> None:
            again = self.num_timesteps > 0
            self.watching = watch(folder, **{"by": "stable-baselines3", "resume": again, **options})
            self.watching.facts(_settings(self.model, self.locals))
            outputs = self.logger.output_formats
            outputs[:] = [one for one in outputs if not isinstance(one, Writer)] + [
                Writer(self.watching)
            ]

        def _on_step(self) -> bool:
            return True

        @harmless
        def _on_training_end(self) -> None:
            if self.watching is None:
                return
            planned = getattr(self.model, "_total_timesteps", 0)
            if self.num_timesteps < planned:  # a callback has returned False
                self.watching.event(
                    "early_stop",
                    f"learning was stopped early after {self.num_timesteps} of {planned} steps",
                )
            self.watching.finish("finished")

    return LossreportCallback()


def _settings(model: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the algorithm, its plain hyperparameters and the planned steps."""
    own = {
        name: value
        for name, value in vars(model).items()
        if not name.startswith("_") and name not in ("num_timesteps", "start_time")
    }
    return plain_settings(
        own, algorithm=type(model).__name__, max_steps=given.get("total_timesteps")
    )
