import data
import torch
from transformers import Trainer, TrainerCallback, TrainingArguments

from lossreport.integrations.huggingface import callback


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(8, 1)

    def forward(self, x, labels):
        out = self.line(x)
        return {"loss": torch.nn.functional.mse_loss(out, labels), "logits": out}


class End(TrainerCallback):
    def on_epoch_end(self, args, state, control, **kwargs):
        if round(state.epoch) == data.STOP_AT:
            data.maybe_end()


torch.manual_seed(0)
x, y = data.regression()
rows = [{"x": a, "labels": b} for a, b in zip(torch.tensor(x), torch.tensor(y), strict=True)]
arguments = TrainingArguments(
    output_dir=data.folder, num_train_epochs=12, per_device_train_batch_size=16, logging_steps=4, eval_strategy="epoch", save_strategy="no",
    learning_rate=data.RATE, optim="sgd", max_grad_norm=0, report_to="none", disable_tqdm=True, logging_nan_inf_filter=False, use_cpu=True,
)  # fmt: skip
Trainer(
    Net(),
    arguments,
    train_dataset=rows[:192],
    eval_dataset=rows[192:],
    callbacks=[callback(timeout=data.TIMEOUT), End()],
).train()
