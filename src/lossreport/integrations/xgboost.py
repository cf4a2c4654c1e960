"""The hook of XGBoost: `xgboost.train(...,
callbacks=[lossreport.integrations.xgboost.callback("runs/42")])`, also of its sklearn classes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from lossreport.integrations.known import beside, plain_settings
from lossreport.integrations.watch import Watch, harmless, watch


def callback(folder: str | os.PathLike[str], **options: Any) -> Any:
    """Return a callback that keeps every round of every evaluated set and writes the report after
    training; `options` are those of `watch`.

    After an exception XGBoost calls nothing: the report is then written at the end of the program.
    """
    import importlib

    base: Any = importlib.import_module("xgboost").callback.TrainingCallback

    class LossreportCallback(base):  # type: ignore[misc]
        watching: Watch | None = None

        def before_training(self, model: Any) -> Any:
            self._begin(model)
            return model

        def after_iteration(
            self, model: Any, epoch: int, evals_log: Mapping[str, Mapping[str, list[Any]]]
        ) -> bool:
            self._keep(epoch, evals_log)
            return False

        def after_training(self, model: Any) -> Any:
            self._end()
            return model

        @harmless
        def _begin(self, model: Any) -> None:
            self.watching = watch(folder, **{"by": "xgboost", **options})
            self.stops = [
                one
                for one in beside(self)
                if hasattr(one, "stopping_history") and hasattr(one, "rounds")
            ]
            self.watching.facts(_settings(model, self.stops))

        @harmless
        def _keep(self, epoch: int, evals_log: Mapping[str, Mapping[str, list[Any]]]) -> None:
            if self.watching is None:
                return
            found = {
                f"{data}/{metric}": values[-1]
                for data, metrics in evals_log.items()
                for metric, values in metrics.items()
            }
            # of `cv`: mean and deviation
            means = {
                name: value[0] if isinstance(value, tuple) else value
                for name, value in found.items()
            }
            self.watching.log(means, iteration=epoch, of="value")

        @harmless
        def _end(self) -> None:
            if self.watching is None:
                return
            for stop in self.stops:
                if stop.current_rounds >= stop.rounds:
                    self.watching.event(
                        "early_stop", f"stopped early: no better value in {stop.rounds} rounds"
                    )
            self.watching.finish("finished")

    return LossreportCallback()


def _settings(model: Any, stops: Sequence[Any]) -> dict[str, Any]:
    """Return the booster's parameters; of `cv`, which has a booster for each fold, those of none.
    And what early stopping waits for.
    """
    patience = {"early_stopping_rounds": stops[0].rounds} if stops else {}
    watched = {"eval_metric": stops[0].metric_name} if stops and stops[0].metric_name else {}
    if not callable(getattr(model, "save_config", None)):
        return plain_settings({**patience, **watched})
    learner = json.loads(model.save_config())["learner"]
    trees = learner.get("gradient_booster", {}).get("tree_train_param", {})
    given = {name: _number(value) for name, value in trees.items()}
    named = {
        "objective": learner.get("objective", {}).get("name"),
        "seed": _number(learner.get("generic_param", {}).get("seed")),
    }
    return plain_settings({**given, **patience}, **named, **watched)


def _number(word: Any) -> Any:
    """Return the number that XGBoost's configuration spells out as a word; any other word as it
    is.
    """
    try:
        value = float(word)
    except (TypeError, ValueError):
        return word
    return int(value) if value.is_integer() else value
