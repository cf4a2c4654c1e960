"""Stores that the real tools write, without a hook of ours: what they know of a run is read, and a
configuration is of its own run only.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import lossreport
from integrations_interpreter import has, interpreter
from lossreport.model.analysis import Analysis
from lossreport.model.run import Run

OPTUNA = """
import optuna
study = optuna.create_study(storage=STORAGE, study_name="tune", direction="maximize")
def objective(trial):
    lr = trial.suggest_float("lr", 0.01, 0.1)
    for step in range(30):
        trial.report(1 - 1 / (1 + 100 * lr * step), step)
        if trial.number == 1 and step == 20:
            raise optuna.TrialPruned()
    return 1 - 1 / (1 + 3000 * lr)
study.optimize(objective, n_trials=3)
"""
SACRED = """
from sacred import Experiment
from sacred.observers import FileStorageObserver
experiment = Experiment("toy", save_git_info=False)
experiment.observers.append(FileStorageObserver("runs"))
experiment.add_config(lr=0.1, batch_size=32)
@experiment.main
def train(_run, lr):
    for step in range(30):
        _run.log_scalar("training.loss", 3 / (1 + lr * step), step)
        _run.log_scalar("validation.loss", 3.1 / (1 + lr * step), step)
        if lr > 1 and step == 9:
            raise RuntimeError("the data loader broke")
experiment.run()
try:
    experiment.run(config_updates={"lr": 2.0})
except RuntimeError:
    pass
"""
LIGHTNING = """
import lightning.pytorch as pl
import torch
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
class Net(pl.LightningModule):
    def __init__(self, lr=0.05):
        super().__init__()
        self.save_hyperparameters()
        self.line = torch.nn.Linear(8, 1)
    def training_step(self, batch, _):
        loss = torch.nn.functional.mse_loss(self.line(batch), batch[:, :1])
        self.log("train_loss", loss, on_step=True, on_epoch=True)
        return loss
    def validation_step(self, batch, _):
        self.log("val_loss", torch.nn.functional.mse_loss(self.line(batch), batch[:, :1]))
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)
torch.manual_seed(0)
x = torch.randn(256, 8)
loaders = [torch.utils.data.DataLoader(x[:192], 16), torch.utils.data.DataLoader(x[192:], 16)]
pl.Trainer(
    max_epochs=12, log_every_n_steps=4, logger=LOGGER(".", name="", version="v1"), accelerator="cpu", enable_progress_bar=False,
    enable_model_summary=False, enable_checkpointing=False,
).fit(Net(), *loaders)
"""

OFFLINE = {
    "comet_ml": """
import comet_ml
run = comet_ml.OfflineExperiment(project_name="toy", offline_directory=".", log_code=False, log_env_details=False)
run.log_parameters({"lr": 0.1, "batch_size": 32})
for step in range(30):
    run.log_metric("train_loss", 3 / (1 + step), step=step)
    run.log_metric("val_loss", 3.1 / (1 + step), step=step)
run.end()
""",
    "clearml": """
from clearml import Task
Task.set_offline(True)
task = Task.init(project_name="toy", task_name="one", auto_connect_frameworks=False, auto_resource_monitoring=False)
task.connect({"lr": 0.1, "batch_size": 32})
for step in range(30):
    task.get_logger().report_scalar("loss", "train", 3 / (1 + step), step)
    task.get_logger().report_scalar("loss", "val", 3.1 / (1 + step), step)
task.close()
""",
    "neptune": """
import neptune
run = neptune.init_run(mode="offline", project="a/b", capture_stdout=False, capture_stderr=False, capture_hardware_metrics=False, git_ref=False)
run["parameters"] = {"lr": 0.1, "batch_size": 32}
for step in range(30):
    run["train/loss"].append(3 / (1 + step), step=step)
    run["val/loss"].append(3.1 / (1 + step), step=step)
run.stop()
""",
}


def stored(modules: str, code: str, folder: Path) -> tuple[tuple[Run, ...], Analysis]:
    """Run a program of a real tool in a folder and return what its store says; the test is skipped
    where the tool is not installed.
    """
    if not has(modules):
        pytest.skip(f"{modules} is not installed in {interpreter()}")
    program, store = folder / "program.py", folder / "store"
    program.write_text(code, encoding="utf-8")
    store.mkdir()
    quiet = {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "HOME": str(store)}
    done = subprocess.run(
        [interpreter(), "-W", "ignore", str(program)],
        cwd=store,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **quiet},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    runs = lossreport.read_runs([store])
    return runs, lossreport.analyze(runs)


def goals(runs: tuple[Run, ...], analysis: Analysis) -> list[tuple[str, str]]:
    labels = {series.id: series.label for run in analysis.runs for series in run.series}
    return [(labels[goal.series], goal.mode) for goal in analysis.goals]


@pytest.mark.frameworks
@pytest.mark.parametrize(
    "storage",
    [
        '"sqlite:///study.db"',
        'optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend("study.log"))',
    ],
)
def test_trials_of_optuna_are_runs_with_their_own_parameters_judged_by_their_objective(
    storage: str, tmp_path: Path
) -> None:
    runs, analysis = stored("optuna", OPTUNA.replace("STORAGE", storage), tmp_path)
    assert [run.value("state") for run in runs] == ["COMPLETE", "PRUNED", "COMPLETE"]
    assert [len(run.series[0]) for run in runs] == [30, 21, 30]
    rates = [run.value("lr") for run in runs]
    assert len(set(rates)) == 3
    assert goals(runs, analysis) == [("val/objective", "max")] * 3


@pytest.mark.frameworks
def test_runs_of_sacred_keep_their_configuration_and_their_end_apart(tmp_path: Path) -> None:
    runs, analysis = stored("sacred pkg_resources", SACRED, tmp_path)
    assert [(run.value("lr"), run.value("batch_size"), run.status) for run in runs] == [
        (0.1, 32, "finished"),
        (2.0, 32, "crashed"),
    ]
    assert [{(s.split, s.name): len(s) for s in run.series} for run in runs] == [
        {("train", "loss"): n, ("val", "loss"): n} for n in (30, 10)
    ]
    assert goals(runs, analysis) == [("val/loss", "min")] * 2


@pytest.mark.frameworks
@pytest.mark.parametrize("logger", ["CSVLogger", "TensorBoardLogger"])
def test_what_the_loggers_of_lightning_write_is_one_run_with_its_hyperparameters(
    logger: str, tmp_path: Path
) -> None:
    needed = "lightning tensorboard" if logger == "TensorBoardLogger" else "lightning"
    runs, analysis = stored(needed, LIGHTNING.replace("LOGGER", logger), tmp_path)
    (run,) = runs
    assert run.value("lr") == 0.05
    held_out = next(s for s in run.series if s.split == "val")
    assert len(held_out) == 12
    assert goals(runs, analysis) == [("val/loss", "min")]


@pytest.mark.frameworks
@pytest.mark.parametrize("tracker", OFFLINE)
def test_what_a_tracker_keeps_offline_is_one_run_with_its_parameters(
    tracker: str, tmp_path: Path
) -> None:
    runs, analysis = stored(tracker, OFFLINE[tracker], tmp_path)
    (run,) = runs
    assert (float(run.value("lr")), int(run.value("batch_size"))) == (0.1, 32)
    assert {(s.split, s.name): len(s) for s in run.series} == {
        ("train", "loss"): 30,
        ("val", "loss"): 30,
    }
    assert goals(runs, analysis) == [("val/loss", "min")]
