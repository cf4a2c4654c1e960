"""The hook of LightGBM: `with lossreport.integrations.lightgbm.callback("runs/42") as c:
lightgbm.train(..., callbacks=[c])`.
"""

from __future__ import annotations

import os
from typing import Any

from lossreport.integrations.known import plain_settings
from lossreport.integrations.watch import Watch, harmless, watch


def callback(folder: str | os.PathLike[str], **options: Any) -> Callback:
    """Return a callback that keeps every round of every evaluated set; `options` are those of
    `watch`.

    LightGBM tells its callbacks nothing of the end: the last planned round, the end of the `with`
    block or that of the program writes the report. An early stop is known by the booster's
    `best_iteration`.
    """
    return Callback(folder, options)


class Callback:
    """What LightGBM calls after each round; before `early_stopping` (order 30), so that the last
    round is kept too.
    """

    order = 20
    before_iteration = False

    def __init__(self, folder: str | os.PathLike[str], options: dict[str, Any]) -> None:
        self._folder, self._options = folder, options
        self._booster: Any = None
        self._done, self._planned = 0, 0
        self.watching: Watch | None = None

    @harmless
    def __call__(self, env: Any) -> None:
        if self.watching is None or env.iteration == env.begin_iteration:
            self.watching = watch(self._folder, **{"by": "lightgbm", **self._options})
            self.watching.facts(
                plain_settings(
                    env.params, num_boost_round=env.end_iteration, max_steps=env.end_iteration
                )
            )
            self.watching.ask = self._ending
        self._booster, self._done, self._planned = env.model, env.iteration + 1, env.end_iteration
        self.watching.log(
            {_name(*found[:2]): found[2] for found in env.evaluation_result_list or ()},
            iteration=env.iteration + 1,
            of="value",
        )

    def __enter__(self) -> Callback:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if self.watching is None:
            return
        if error is not None:
            self.watching.failed(error)
        self.watching.finish(None if error is not None else self._ending() or "finished")

    def _ending(self) -> str | None:
        """Return how it ended, asked when nothing more comes: all rounds, or an early stop, which
        leaves the best round in the booster.
        """
        best = getattr(self._booster, "best_iteration", 0) or 0
        if self._done < self._planned and best > 0 and self.watching is not None:
            self.watching.event(
                "early_stop",
                f"stopped early after {self._done} of {self._planned} rounds, best round: {best}",
            )
        return "finished" if self._done >= self._planned or best > 0 else None


def _name(data: str, metric: str) -> str:
    """Return `train/l2` or `valid_0/l2`: LightGBM calls the training set "training"."""
    return f"{'train' if data == 'training' else data}/{metric}"
