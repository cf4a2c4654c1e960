import data
import torch
from accelerate import Accelerator

from lossreport.integrations.accelerate import tracker

torch.manual_seed(0)
x, y = map(torch.tensor, data.regression())
accelerator = Accelerator(cpu=True, log_with=[tracker(data.folder, timeout=data.TIMEOUT)])
accelerator.init_trackers("toy", config={"lr": data.RATE, "epochs": 12})
model = torch.nn.Linear(8, 1)
model, optimizer, loader = accelerator.prepare(
    model,
    torch.optim.SGD(model.parameters(), lr=data.RATE),
    torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), 16),
)
step = 0
for epoch in range(12):
    for a, b in loader:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(a), b)
        accelerator.backward(loss)
        optimizer.step()
        accelerator.log({"train_loss": loss, "epoch": epoch}, step=step)
        step += 1
    if epoch == data.STOP_AT:
        data.maybe_end()
accelerator.end_training()
