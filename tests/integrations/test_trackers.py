"""The report as an artifact of the trackers, each with its own local store; a tracker that is not
installed is skipped by name.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from integrations_interpreter import has, interpreter

SOURCE = Path(__file__).resolve().parents[2] / "src"
MLFLOW = """
import mlflow
mlflow.set_tracking_uri("sqlite:///mlflow.db")
with mlflow.start_run() as run:
    print(to_mlflow("lossreport.html"))
client = mlflow.MlflowClient()
print([item.path for item in client.list_artifacts(run.info.run_id, "lossreport")])
"""
WANDB = """
import wandb
run = wandb.init(project="toy", dir=".")
to_wandb("lossreport.html", run)
run.finish()
from pathlib import Path
page = next(Path("wandb").rglob("media/html/*.html")).read_text()
print(page == Path("lossreport.html").read_text())
"""
SWANLAB = """
import swanlab
swanlab.init(project="toy", logdir="logs", mode="offline")
to_swanlab("lossreport.md")
swanlab.finish()
from pathlib import Path
print(any(b"still improving" in path.read_bytes() for path in Path("logs").rglob("*") if path.is_file()))
"""
TRACKIO = """
import trackio
trackio.init(project="toy")
to_trackio("lossreport.md")
trackio.finish()
from pathlib import Path
print(any(b"still improving" in path.read_bytes() for path in Path("store").rglob("*") if path.is_file()))
"""
TENSORBOARD = """
from torch.utils.tensorboard import SummaryWriter
with SummaryWriter("tb") as writer:
    to_tensorboard("lossreport.md", writer)
from pathlib import Path
print(any(b"still improving" in path.read_bytes() for path in Path("tb").iterdir()))
"""
CASES = {
    "mlflow": ("mlflow", MLFLOW, "lossreport/lossreport.html\n['lossreport/lossreport.html']"),
    "wandb": ("wandb", WANDB, "True"),
    "swanlab": ("swanlab", SWANLAB, "True"),
    "trackio": ("trackio", TRACKIO, "True"),
    "tensorboard": ("tensorboard torch", TENSORBOARD, "True"),
}


@pytest.mark.frameworks
@pytest.mark.parametrize("name", CASES)
def test_the_report_is_in_the_store(name: str, tmp_path: Path) -> None:
    modules, body, expected = CASES[name]
    if not has(modules):
        pytest.skip(f"{modules} is not installed in {interpreter()}")
    (tmp_path / "lossreport.html").write_text(
        "<!DOCTYPE html><html><head></head><body>still improving</body></html>"
    )
    (tmp_path / "lossreport.md").write_text("# Report\n\nThe run is still improving.\n")
    own = {
        "PYTHONPATH": str(SOURCE),
        "WANDB_MODE": "offline",
        "TRACKIO_DIR": str(tmp_path / "store"),
        "HOME": str(tmp_path),
    }
    code = f"from lossreport.integrations.trackers import to_{name}\n{body}"
    command = [interpreter(), "-c", code]
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, **own},
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert expected in done.stdout
