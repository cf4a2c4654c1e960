import data
import torch
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner

from lossreport.integrations.mmengine import hook


class Net(BaseModel):
    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(8, 1)

    def forward(self, x, y, mode="tensor"):
        return {"loss": torch.nn.functional.mse_loss(self.line(x), y)}


class End(Hook):
    def after_train_epoch(self, runner):
        if runner.epoch == data.STOP_AT:
            data.maybe_end()
            runner.train_loop.stop_training = data.mode == "early"  # as EarlyStoppingHook does


torch.manual_seed(0)
x, y = map(torch.tensor, data.regression())
runner = Runner(
    model=Net(), work_dir=data.folder, train_dataloader=torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), 16),
    train_cfg={"by_epoch": True, "max_epochs": 12}, optim_wrapper={"optimizer": {"type": "SGD", "lr": data.RATE}}, log_level="ERROR",
)  # fmt: skip
runner.register_hook(hook(timeout=data.TIMEOUT))
runner.register_hook(End(), priority="LOWEST")
runner.train()
