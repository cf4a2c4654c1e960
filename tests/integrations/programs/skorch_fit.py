import data
import skorch
import torch
from skorch.callbacks import Callback, EarlyStopping

from lossreport.integrations.skorch import callback


class End(Callback):
    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == 2 * data.STOP_AT:
            data.maybe_end()


x, y = data.regression()
torch.manual_seed(0)
early = (
    [("early", EarlyStopping(patience=2, threshold=1000.0, threshold_mode="abs"))]
    if data.mode == "early"
    else []
)
net = skorch.NeuralNetRegressor(
    torch.nn.Linear, module__in_features=8, module__out_features=1, max_epochs=24, lr=data.RATE, batch_size=16, verbose=0,
    callbacks=[("lossreport", callback(data.folder, timeout=data.TIMEOUT)), ("end", End()), *early],
)  # fmt: skip
net.fit(x, y)
