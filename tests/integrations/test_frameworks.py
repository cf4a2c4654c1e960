"""Inside the real frameworks, on a CPU: whatever ends a training, the report is there, says so, and
the exit code is the training's own.

A framework that is not installed here is skipped by name; `LOSSREPORT_FRAMEWORKS` names an
interpreter that has them.
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
    "huggingface_lm": "transformers accelerate",
    "lightgbm_train": "lightgbm",
    "xgboost_train": "xgboost",
    "catboost_fit": "catboost",
    "stable_baselines3_learn": "stable_baselines3 gymnasium",
    "skorch_fit": "skorch",
}
EXITS = {"healthy": 0, "diverging": 0, "exception": 1, "sigterm": -signal.SIGTERM, "early": 0}
STATUSES = {
    "healthy": "finished",
    "diverging": "finished",
    "exception": "crashed",
    "sigterm": "interrupted",
    "early": "finished",
}
CALM = ("huggingface_lm", "catboost_fit", "stable_baselines3_learn", "skorch_fit")
"""Programs whose rate is the same in every mode: they do not diverge."""
HOMELESS = ("plain_loop", "accelerate_loop", "huggingface_trainer")
"""Programs without an early stop: the loop is the user's own, or another program has one."""
CASES = [
    (name, mode)
    for name in FRAMEWORKS
    for mode in EXITS
    if not (mode == "diverging" and name in CALM) and not (mode == "early" and name in HOMELESS)
]
SOUND = ("improving", "converged", "inconclusive", "plateau_high", "overfitting")
BROKEN = ("broken", "diverging")
BOUND = 240
"""Seconds: importing a framework takes most of it; the report itself has its own bound, tested in
test_watch.py.
"""


SETTINGS = {
    "keras_fit": {"epochs", "lr", "loss", "optimizer", "parameters"},
    "huggingface_trainer": {
        "lr",
        "seed",
        "epochs",
        "lr_scheduler_type",
        "train_samples",
        "eval_samples",
    },
    "huggingface_lm": {
        "vocab_size",
        "architectures",
        "model_type",
        "clip_grad",
        "metric_for_best_model",
        "greater_is_better",
    },
    "lightning_fit": {"epochs", "lr", "optimizer", "precision", "world_size", "momentum"},
    "mmengine_runner": {"epochs", "world_size", "lr", "optimizer"},
    "lightgbm_train": {"lr", "objective", "max_steps"},
    "xgboost_train": {"learning_rate", "max_depth", "objective", "seed"},
    "catboost_fit": {"lr", "iterations"},
    "stable_baselines3_learn": {"algorithm", "gamma", "gae_lambda", "n_steps", "seed", "max_steps"},
    "skorch_fit": {"lr", "epochs", "criterion", "optimizer", "module"},
}
"""Settings that each hook must have handed over, by the names of the report."""


def told(run: dict[str, list[dict[str, object]]]) -> set[object]:
    return {fact["name"] for fact in run["facts"]}


def train(name: str, mode: str, folder: Path) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if key not in RANKS}
    own = {
        "PYTHONPATH": str(HERE.parents[1] / "src"),
        PYTHON: sys.executable,
        "CUDA_VISIBLE_DEVICES": "",
        "JAX_PLATFORMS": "cpu",
    }
    # threads that wait for each other on a busy machine take a hundred times as long
    own |= {"OMP_NUM_THREADS": "1"}
    command = [interpreter(), str(PROGRAMS / f"{name}.py"), mode, str(folder)]
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        env={**clean, **own},
        cwd=folder,
        timeout=BOUND,
    )


def analysed(folder: Path) -> dict[str, object]:
    html = (folder / "lossreport.html").read_text(encoding="utf-8")
    data = html.split('<script type="application/json" id="lossreport-data">', 1)[1].split(
        "</script>", 1
    )[0]
    found: dict[str, object] = json.loads(data)
    return found


def trained(name: str, mode: str, folder: Path) -> dict[str, object]:
    """Return the report of a program that ends by itself; the test is skipped where its framework
    is not installed.
    """
    modules = (
        FRAMEWORKS.get(name) or {"keras_twice": "keras jax", "notebook": "IPython numpy"}[name]
    )
    if not has(modules):
        pytest.skip(f"{modules} is not installed in {interpreter()}")
    done = train(name, mode, folder)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "AssertionError" not in done.stdout
    return analysed(folder)


@pytest.mark.frameworks
@pytest.mark.parametrize(("name", "mode"), CASES)
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
    assert [event["kind"] for event in run["events"] if event["kind"] == "early_stop"] == [
        "early_stop"
    ] * (mode == "early")  # type: ignore[has-type]
    assert told(run) >= SETTINGS.get(name, set())  # type: ignore[has-type]
    verdict = next(v for v in data["verdicts"] if not v["series"])  # type: ignore[attr-defined]
    assert mode == "early" or verdict["state"] in (BROKEN if mode == "diverging" else SOUND)
    assert [segment["why"] for segment in run["segments"]] == ["start"] * len(run["sources"])  # type: ignore[has-type]
    disagreeing = [
        f["kind"]
        for f in data["findings"]
        if f["kind"] in ("source_disagreement", "appended_run", "rollback")
    ]  # type: ignore[attr-defined]
    assert disagreeing == []


@pytest.mark.frameworks
def test_a_language_model_ends_with_chance_level_perplexity_and_goal(tmp_path: Path) -> None:
    data = trained("huggingface_lm", "healthy", tmp_path)
    (run,) = data["runs"]  # type: ignore[misc]
    facts = {fact["name"]: fact["value"] for fact in run["facts"]}  # type: ignore[has-type]
    known = {
        name: facts[name]
        for name in (
            "vocab_size",
            "architectures",
            "model_type",
            "clip_grad",
            "lr",
            "epochs",
            "train_samples",
        )
    }
    assert known == {
        "vocab_size": 128, "architectures": "LlamaForCausalLM", "model_type": "llama", "clip_grad": 1.0, "lr": 3e-3, "epochs": 12, "train_samples": 48,
    }  # fmt: skip
    assert "aB3aB3" not in (tmp_path / "lossreport-memory.jsonl").read_text()
    assert all(
        scale["assumption"] == "ln(vocab_size)" and scale["perplexity"] > 1
        for scale in data["scales"]
    )  # type: ignore[attr-defined]
    assert "metric_for_best_model" in run["goal"]["why"]["en"]  # type: ignore[has-type]


@pytest.mark.frameworks
def test_a_second_fit_of_a_model_goes_on_where_the_first_ended_and_an_early_stop_is_told(
    tmp_path: Path,
) -> None:
    data = trained("keras_twice", "healthy", tmp_path)
    (run,) = data["runs"]  # type: ignore[misc]
    loss = next(one for one in data["series"] if one["split"] == "train" and one["name"] == "loss")  # type: ignore[attr-defined]
    assert loss["points"]["x"] == [0, 1, 2, 3]
    assert [event["kind"] for event in run["events"]] == ["early_stop", "resume", "early_stop"]  # type: ignore[has-type]
    assert run["status"] == "finished"  # type: ignore[has-type]


@pytest.mark.frameworks
@pytest.mark.parametrize(("mode", "status"), [("healthy", "finished"), ("exception", "crashed")])
def test_a_cell_that_raises_is_told_at_once_and_the_notebook_may_go_on(
    mode: str, status: str, tmp_path: Path
) -> None:
    (run,) = trained("notebook", mode, tmp_path)["runs"]  # type: ignore[misc]
    assert run["status"] == status  # type: ignore[has-type]
    assert [event["quote"] for event in run["events"]] == ["RuntimeError: no such shard"]  # type: ignore[has-type]
