import catboost
import data

from lossreport.integrations.catboost import callback


class End:
    def after_iteration(self, info):
        if info.iteration == 4 * data.STOP_AT:
            data.maybe_end()
        return True


x, y = data.regression()
early = {"od_type": "Iter", "od_wait": 3} if data.mode == "early" else {}
held_out = -y[192:] if data.mode == "early" else y[192:]  # gets worse from the first round on
model = catboost.CatBoostRegressor(
    iterations=60,
    learning_rate=data.BOOST,
    verbose=False,
    allow_writing_files=False,
    thread_count=1,
    **early,
)
with callback(data.folder, model, timeout=data.TIMEOUT) as ours:
    model.fit(x[:192], y[:192], eval_set=(x[192:], held_out), callbacks=[ours, End()])
