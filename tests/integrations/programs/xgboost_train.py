import data
import xgboost

from lossreport.integrations.xgboost import callback


class End(xgboost.callback.TrainingCallback):
    def after_iteration(self, model, epoch, evals_log):
        if epoch == 4 * data.STOP_AT:
            data.maybe_end()
        return False


x, y = data.regression()
sets = [(xgboost.DMatrix(x[:192], y[:192]), "train"), (xgboost.DMatrix(x[192:], y[192:]), "valid")]
early = [xgboost.callback.EarlyStopping(rounds=3, min_delta=1000.0)] if data.mode == "early" else []
xgboost.train(
    {"eta": data.BOOST, "nthread": 1, "max_depth": 3},
    sets[0][0],
    60,
    evals=sets,
    callbacks=[*early, callback(data.folder, timeout=data.TIMEOUT), End()],
    verbose_eval=False,
)
