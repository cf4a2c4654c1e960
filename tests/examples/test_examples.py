"""The examples do what they say, as far as that can be seen without the services: their shell runs,
their YAML parses.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from lossreport.render.fitting import PLACES
from runs import SAMPLES, seed_rows, write_log_train

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


def bash(script: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
        timeout=120,
    )


def steps() -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in ACTION["runs"]["steps"]}


def act(name: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the action as the runner does: `bash -e` and its inputs in the environment."""
    given = {
        "PYTHON": sys.executable,
        "LANGUAGES": "both",
        "OUTPUT": "lossreport.html",
        "GITHUB_OUTPUT": "out",
        "GITHUB_STEP_SUMMARY": "summary",
    }
    return bash(f"set -eo pipefail\n{steps()[name]['run']}", cwd, **given, **environment)


def test_the_action_writes_report_summary_and_outputs(tmp_path: Path) -> None:
    done = act("Report", tmp_path, LOGS=str(SAMPLES / "vla_action_head"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "lossreport.html").exists()
    summary = (tmp_path / "summary").read_text(encoding="utf-8")
    assert summary.startswith("# ")
    assert PLACES["summary"].measure(summary) <= 1024 * 1024
    outputs = dict(line.split("=", 1) for line in (tmp_path / "out").read_text().splitlines())
    assert outputs["report"] == "lossreport.html"
    assert outputs["title"].startswith("vla_action_head: mixed")


@pytest.mark.parametrize(("limit", "code"), [("high", 4), ("critical", 0)])
def test_the_gate_of_the_action_fails_where_it_is_asked_to(
    limit: str, code: int, tmp_path: Path
) -> None:
    assert (
        act("Gate", tmp_path, LOGS=str(SAMPLES / "vla_action_head"), FAIL_ON=limit).returncode
        == code
    )


def test_a_path_with_blanks_and_quotes_is_one_path(tmp_path: Path) -> None:
    logs = tmp_path / "my 'runs' $(touch hacked)"
    logs.mkdir()
    write_log_train(logs / "log_train.txt", seed_rows())
    assert act("Report", tmp_path, LOGS=str(logs)).returncode == 0
    assert not (tmp_path / "hacked").exists()


def test_no_input_stands_inside_a_script_of_the_action() -> None:
    assert [name for name, step in steps().items() if "${{" in step.get("run", "")] == []


def test_inputs_of_the_action_are_those_its_example_gives() -> None:
    workflow = yaml.safe_load((EXAMPLES / "github" / "training.yml").read_text(encoding="utf-8"))
    (step,) = [
        step for step in workflow["jobs"]["train"]["steps"] if step.get("id") == "lossreport"
    ]
    assert set(step["with"]) <= set(ACTION["inputs"])


def test_the_job_of_gitlab_writes_the_report_and_fails_by_the_gate(tmp_path: Path) -> None:
    job = yaml.safe_load((EXAMPLES / "gitlab" / "gitlab-ci.yml").read_text(encoding="utf-8"))[
        ".lossreport"
    ]
    here = tmp_path / "bin"
    here.mkdir()
    (here / "python").symlink_to(sys.executable)
    script = "\n".join(line for line in job["script"] if "pip install" not in line)
    environment = {**job["variables"], "LOSSREPORT_LOGS": str(SAMPLES / "vla_action_head")}
    run = script.replace("python -m", f"{sys.executable} -m")
    assert bash(f"set -e\n{run}", tmp_path, **environment).returncode == 4
    after = "\n".join(job["after_script"]).replace("python -m", f"{sys.executable} -m")
    assert bash(after, tmp_path).returncode == 0
    assert [path for path in job["artifacts"]["paths"] if not (tmp_path / path).exists()] == []


LOOP = "for i in range(20): print(f'step {i} loss {3 / (i + 1):.4f}', flush=True)"


@pytest.mark.parametrize("code", [0, 3])
def test_the_shell_recipe_keeps_log_and_exit_code(code: int, tmp_path: Path) -> None:
    command = [
        str(EXAMPLES / "shell" / "train.sh"),
        str(tmp_path / "run"),
        sys.executable,
        "-c",
        f"{LOOP}\nraise SystemExit({code})",
    ]
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "LOSSREPORT_PYTHON": sys.executable},
    )
    assert done.returncode == code
    assert (tmp_path / "run" / "lossreport.html").exists()


@pytest.mark.parametrize(("end", "code"), [("", 0), ("raise SystemExit(5)", 5)])
def test_the_slurm_script_keeps_the_exit_code_and_writes_the_report(
    end: str, code: int, tmp_path: Path
) -> None:
    (tmp_path / "train.py").write_text(f"{LOOP}\n{end}\n")
    own = {
        "RUN": str(tmp_path / "run"),
        "TRAIN_COMMAND": f"{sys.executable} train.py",
        "LOSSREPORT_PYTHON": sys.executable,
    }
    done = subprocess.run(
        [str(EXAMPLES / "slurm" / "train.sbatch")],
        check=False,
        cwd=tmp_path,
        env={**os.environ, **own},
        timeout=120,
    )
    assert done.returncode == code
    assert (tmp_path / "run" / "lossreport.html").exists()


def test_the_slurm_script_passes_sigterm_on_and_reports(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(
        f"import time\n{LOOP}\nprint('ready', flush=True)\ntime.sleep(60)\n"
    )
    own = {
        "RUN": str(tmp_path / "run"),
        "TRAIN_COMMAND": f"{sys.executable} train.py",
        "LOSSREPORT_PYTHON": sys.executable,
    }
    process = subprocess.Popen(
        [str(EXAMPLES / "slurm" / "train.sbatch")], cwd=tmp_path, env={**os.environ, **own}
    )
    log = tmp_path / "run" / "train.log"
    end = time.monotonic() + 30
    while not (log.exists() and "ready" in log.read_text()):
        assert time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 128 + signal.SIGTERM
    assert (tmp_path / "run" / "lossreport.html").exists()


def test_the_job_of_kubernetes_keeps_the_exit_code(tmp_path: Path) -> None:
    job = yaml.safe_load((EXAMPLES / "kubernetes" / "job.yaml").read_text(encoding="utf-8"))
    (container,) = job["spec"]["template"]["spec"]["containers"]
    (tmp_path / "train.py").write_text(f"{LOOP}\nraise SystemExit(6)\n")
    script = container["args"][0].replace("python ", f"{sys.executable} ")
    assert bash(script, tmp_path, RUN=str(tmp_path / "run")).returncode == 6
    assert (tmp_path / "run" / "lossreport.html").exists()


@pytest.mark.parametrize(
    "path",
    sorted(path for path in EXAMPLES.rglob("*") if path.suffix in (".sh", ".sbatch")),
    ids=lambda path: path.name,
)
def test_scripts_are_clean_shell(path: Path) -> None:
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0
    if shutil.which("shellcheck"):
        assert subprocess.run(["shellcheck", str(path)], check=False).returncode == 0
