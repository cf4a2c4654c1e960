"""The hook of CatBoost: `with lossreport.integrations.catboost.callback("runs/42", model) as c:
model.fit(..., callbacks=[c])`.
"""

from __future__ import annotations

import os
from typing import Any

from lossreport.integrations.known import plain_settings
from lossreport.integrations.watch import Watch, harmless, watch


def callback(folder: str | os.PathLike[str], model: Any = None, **options: Any) -> Callback:
    """Return a callback that keeps every round of the training and evaluation sets; `options` are
    those of `watch`.

    CatBoost tells its callbacks nothing of its settings or the end: `model` knows the first, and
    the end of the `with` block, or that of the program, writes the report.
    """
    return Callback(folder, model, options)


class Callback:
    """What CatBoost calls after each round."""

    def __init__(self, folder: str | os.PathLike[str], model: Any, options: dict[str, Any]) -> None:
        self._folder, self._model, self._options = folder, model, options
        self._done = 0
        self.watching: Watch | None = None

    def after_iteration(self, info: Any) -> bool:
        """Keep a round; training goes on."""
        self._keep(info)
        return True

    def __enter__(self) -> Callback:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if self.watching is None:
            return
        if error is not None:
            self.watching.failed(error)
        else:
            self._told_at_the_end()
        self.watching.finish("finished" if error is None else None)

    @harmless
    def _keep(self, info: Any) -> None:
        if self.watching is None or info.iteration == 1:
            self.watching = watch(self._folder, **{"by": "catboost", **self._options})
            self.watching.facts(
                plain_settings({} if self._model is None else self._model.get_params())
            )
        self._done = info.iteration
        values = {
            f"{SETS.get(data, data)}/{metric}": found[-1]
            for data, metrics in info.metrics.items()
            for metric, found in metrics.items()
        }
        self.watching.log(values, iteration=info.iteration, of="value")

    @harmless
    def _told_at_the_end(self) -> None:
        """Keep what a fitted model knows: every parameter with its default, and whether it stopped
        before its plan.
        """
        if self.watching is None or self._model is None or not self._model.is_fitted():
            return
        known = self._model.get_all_params()
        self.watching.facts(plain_settings(known))
        planned = known.get("iterations", self._done)
        if self._done < planned:
            self.watching.event(
                "early_stop", f"stopped early after {self._done} of {planned} rounds"
            )


SETS = {"learn": "train", "validation": "valid"}
"""What CatBoost calls its sets."""
