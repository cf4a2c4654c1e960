"""Puts a report into the experiment tracker that the run is in: MLflow, W&B, SwanLab, Trackio,
TensorBoard.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any, Final

FOLDER: Final = "lossreport"
"""Where the report lies among the artifacts of a run."""


def to_mlflow(report: str | os.PathLike[str], run_id: str | None = None) -> str:
    """Log a report as an artifact of a run, the active one unless `run_id` names another; return
    the artifact's path.

    MLflow shows it in a frame without scripts, which the report needs none of. Raises what MLflow
    raises.
    """
    mlflow: Any = importlib.import_module("mlflow")
    mlflow.log_artifact(os.fspath(report), artifact_path=FOLDER, run_id=run_id)
    return f"{FOLDER}/{Path(report).name}"


def to_wandb(report: str | os.PathLike[str], run: Any) -> None:
    """Show a report on the page of a W&B run, and keep it as an artifact; works offline too.

    `inject=False` keeps W&B from adding a remote stylesheet and a `<base>` that breaks links inside
    the page.
    """
    wandb: Any = importlib.import_module("wandb")
    run.log({"lossreport": wandb.Html(os.fspath(report), inject=False)})
    artifact = wandb.Artifact(f"lossreport-{run.id}", type="report")
    artifact.add_file(os.fspath(report))
    run.log_artifact(artifact)


def to_swanlab(report: str | os.PathLike[str]) -> None:
    """Keep the Markdown of a report as a text of the active SwanLab run; `report` is a `.md` file
    (`--fit feishu` makes it small).
    """
    swanlab: Any = importlib.import_module("swanlab")
    swanlab.log({"lossreport": swanlab.Text(Path(report).read_text(encoding="utf-8"))})


def to_trackio(report: str | os.PathLike[str]) -> None:
    """Show the Markdown of a report in the active Trackio run; `report` is a `.md` file."""
    trackio: Any = importlib.import_module("trackio")
    trackio.log({"lossreport": trackio.Markdown(Path(report).read_text(encoding="utf-8"))})


def to_tensorboard(report: str | os.PathLike[str], writer: Any, step: int = 0) -> None:
    """Write the Markdown of a report into the Text tab; `writer` is a SummaryWriter of PyTorch,
    tensorboardX or their kin.
    """
    writer.add_text("lossreport", Path(report).read_text(encoding="utf-8"), step)
