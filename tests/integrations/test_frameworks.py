"""Inside the real frameworks, on a CPU: whatever ends a training, the report is there, says so, and the exit code is the training's own.

A framework that is not installed here is skipped by name; `LOSSREPORT_FRAMEWORKS` names an interpreter that has them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from integrations_interpreter import has, interpreter
from lossreport.integrations.building import PYTHON
from lossreport.integrations.ending import RANKS

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE / "programs"
FRAMEWORKS = {
    "plain_loop": "numpy",
    "keras_fit": "keras jax",
    "accelerate_loop": "accelerate",
    "huggingface_trainer": "transformers accelerate",
    "lightning_fit": "lightning",
    "mmengine_runner": "mmengine",
}
EXITS = {"healthy": 0, "diverging": 0, "exception": 1, "sigterm": -signal.SIGTERM}
STATUSES = {"healthy": "finished", "diverging": "finished", "exception": "crashed", "sigterm": "interrupted"}
SOUND = ("improving", "converged", "inconclusive", "plateau_high")
BROKEN = ("broken", "diverging")
BOUND = 240
"""Seconds: importing a framework takes most of it; the report itself has its own bound, tested in test_watch.py."""


def train(name: str, mode: str, folder: Path) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if key not in RANKS}
    own = {"PYTHONPATH": str(HERE.parents[1] / "src"), PYTHON: sys.executable, "CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    command = [interpreter(), str(PROGRAMS / f"{name}.py"), mode, str(folder)]
    return subprocess.run(command, check=False, capture_output=True, text=True, env={**clean, **own}, cwd=folder, timeout=BOUND)


def analysed(folder: Path) -> dict[str, object]:
    html = (folder / "lossreport.html").read_text(encoding="utf-8")
    data = html.split('<script type="application/json" id="lossreport-data">', 1)[1].split("</script>", 1)[0]
    found: dict[str, object] = json.loads(data)
    return found


@pytest.mark.frameworks
@pytest.mark.parametrize("mode", EXITS)
@pytest.mark.parametrize("name", FRAMEWORKS)
def test_the_report_of_a_run_says_how_it_went(name: str, mode: str, tmp_path: Path) -> None:
    if not has(FRAMEWORKS[name]):
        pytest.skip(f"{FRAMEWORKS[name]} is not installed in {interpreter()}")
    began = time.monotonic()
    done = train(name, mode, tmp_path)
    assert time.monotonic() - began < BOUND
    assert done.returncode == EXITS[mode], done.stderr[-2000:]
    assert "lossreport: no report" not in done.stderr
    data = analysed(tmp_path)
    (run,) = data["runs"]  # type: ignore[misc]
    assert run["status"] == STATUSES[mode]  # type: ignore[has-type]
    verdict = next(v for v in data["verdicts"] if not v["series"])  # type: ignore[attr-defined]
    assert verdict["state"] in (BROKEN if mode == "diverging" else SOUND)
    assert [segment["why"] for segment in run["segments"]] == ["start"] * len(run["sources"])  # type: ignore[has-type]
    disagreeing = [f["kind"] for f in data["findings"] if f["kind"] in ("source_disagreement", "appended_run", "rollback")]  # type: ignore[attr-defined]
    assert disagreeing == []
