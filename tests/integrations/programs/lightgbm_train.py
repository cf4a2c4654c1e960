import data
import lightgbm

from lossreport.integrations.lightgbm import callback

x, y = data.regression()


def end(env):
    if env.iteration == 4 * data.STOP_AT:
        data.maybe_end()


sets = [lightgbm.Dataset(x[:192], y[:192, 0]), lightgbm.Dataset(x[192:], y[192:, 0])]
parameters = {
    "objective": "regression",
    "learning_rate": data.BOOST,
    "verbose": -1,
    "min_data_in_leaf": 5,
    "num_threads": 1,
}
early = (
    [lightgbm.early_stopping(3, min_delta=1000.0, verbose=False)] if data.mode == "early" else []
)
with callback(data.folder, timeout=data.TIMEOUT) as ours:
    lightgbm.train(
        parameters,
        sets[0],
        60,
        valid_sets=sets,
        valid_names=["training", "valid"],
        callbacks=[ours, end, *early],
    )
