import data
import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.loggers import CSVLogger

from lossreport.integrations.lightning import callback


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(8, 1)

    def training_step(self, batch, _):
        loss = torch.nn.functional.mse_loss(self.line(batch[0]), batch[1])
        self.log("train_loss", loss, on_step=True, on_epoch=True)
        return loss

    def validation_step(self, batch, _):
        self.log("val_loss", torch.nn.functional.mse_loss(self.line(batch[0]), batch[1]))

    def on_train_epoch_end(self):
        if self.current_epoch == data.STOP_AT:
            data.maybe_end()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=data.RATE)


torch.manual_seed(0)
x, y = map(torch.tensor, data.regression())
loaders = [
    torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x[part], y[part]), 16)
    for part in (slice(192), slice(192, None))
]
early = [EarlyStopping("val_loss", min_delta=1000.0, patience=2)] if data.mode == "early" else []
trainer = pl.Trainer(
    max_epochs=12, log_every_n_steps=4, logger=CSVLogger(data.folder, name="", version=""), callbacks=[callback(data.folder, timeout=data.TIMEOUT), *early], accelerator="cpu",
    enable_progress_bar=False, enable_model_summary=False, enable_checkpointing=False, default_root_dir=data.folder,
)  # fmt: skip
trainer.fit(Net(), *loaders)
