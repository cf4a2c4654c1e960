import os

os.environ.setdefault("KERAS_BACKEND", "jax")
import data
import keras

from lossreport.integrations.keras import callback


class End(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == data.STOP_AT:
            data.maybe_end()


x, y = data.regression()
model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.SGD(data.RATE / 10), loss="mse")
early = (
    [keras.callbacks.EarlyStopping("val_loss", min_delta=1000.0, patience=2)]
    if data.mode == "early"
    else []
)
model.fit(
    x,
    y,
    validation_split=0.25,
    epochs=12,
    batch_size=16,
    verbose=0,
    callbacks=[callback(data.folder, timeout=data.TIMEOUT), End(), *early],
)
