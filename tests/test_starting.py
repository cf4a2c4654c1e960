"""`lossreport init`: what it writes changes nothing, is accepted line by line, and never replaces a
file.
"""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from lossreport.cli import main
from lossreport.settings_file import mistakes

SAMPLES = Path(__file__).resolve().parents[1] / "sample_logs"
FOLDERS = ("vla_action_head", "formats/hf_trainer_state", "formats/mlflow_file", "formats/wandb")


def init(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["init", *arguments])
    return done.exit_code, done.stdout, done.stderr


def in_force(text: str) -> str:
    """Return the file with every setting uncommented; what is prose has a blank behind its `#`."""
    lines = text.splitlines()
    assert all(not line or line.startswith("#") for line in lines)
    return "\n".join(line if line.startswith("# ") else line.removeprefix("#") for line in lines)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_written_changes_nothing_and_every_setting_in_it_is_accepted(
    folder: str, lang: str
) -> None:
    code, text, _ = init(str(SAMPLES / folder), "-o", "-", "--lang", lang)
    assert code == 0
    assert tomllib.loads(text) == {}
    settings = tomllib.loads(in_force(text))
    assert {"goal", "lang", "fail_on"} <= set(settings)
    assert mistakes(settings, in_force(text)) == []


def test_facts_of_the_logs_stand_with_their_file_and_line_and_the_goal_with_its_ground(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.json").write_text(
        json.dumps({"learning_rate": 3e-4, "batch_size": 16, "seed": 7})
    )
    rows = [
        f"step {step} | loss {3 / step:.4f} | val_loss {3.1 / step:.4f}" for step in range(1, 40)
    ]
    (tmp_path / "train.log").write_text("\n".join(rows))
    code, text, _ = init(str(tmp_path), "-o", "-")
    assert code == 0
    assert '#goal = "val/loss"' in text.splitlines()
    assert (
        "# The metric that the run is judged by. Chosen now by: the validation loss: the logs "
        "hold no score of the task" in text
    )
    assert "#lr = 0.0003  # config.json:1" in text.splitlines()
    settings = tomllib.loads(in_force(text))
    assert (settings["lr"], settings["batch_size"], settings["seed"]) == (3e-4, 16, 7)
    assert settings["type"] == {"loss": "cross_entropy"}


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "formats/hf_trainer_state", tmp_path / "run")
    target = tmp_path / "run" / "lossreport.toml"
    assert init(str(tmp_path / "run"))[0] == 0
    target.write_text("# mine\n")
    code, _, said = init(str(tmp_path / "run"))
    assert (code, target.read_text()) == (2, "# mine\n")
    assert "never overwritten" in said


def test_a_folder_without_logs_gets_no_file(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing was trained here\n")
    assert init(str(tmp_path))[0] == 3
    assert not (tmp_path / "lossreport.toml").exists()
