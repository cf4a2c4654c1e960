import os

os.environ.setdefault("KERAS_BACKEND", "jax")
import data
import keras

from lossreport.integrations.keras import callback

x, y = data.regression()
model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4), keras.layers.Dense(1)])
model.layers[0].trainable = False
for rate, epochs in ((data.RATE / 10, 5), (data.RATE / 20, 40)):
    model.compile(optimizer=keras.optimizers.SGD(rate), loss="mse")
    early = keras.callbacks.EarlyStopping(patience=1, min_delta=1000.0)
    model.fit(
        x,
        y,
        validation_split=0.25,
        epochs=epochs,
        batch_size=16,
        verbose=0,
        callbacks=[callback(data.folder, timeout=data.TIMEOUT), early],
    )
    model.layers[0].trainable = True
