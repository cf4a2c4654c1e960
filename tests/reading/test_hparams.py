"""`hparams.yaml` of Lightning: its name tells what it is, whatever the arguments of the module are
called.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import lossreport

ROWS = "epoch,step,train_loss,val_loss\n" + "".join(
    f"{n},{10 * n},,{3 / (n + 1):.3f}\n{n},{10 * n},{2 / (n + 1):.3f},\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [("lr: 0.05\n", "lr", 0.05), ("hidden: 64\nname: mlp\n", "hidden", 64)],
)
def test_one_argument_of_a_module_is_enough(
    text: str, name: str, value: float, tmp_path: Path
) -> None:
    (tmp_path / "metrics.csv").write_text(ROWS)
    (tmp_path / "hparams.yaml").write_text(text)
    (run,) = lossreport.read_runs([tmp_path])
    assert run.value(name) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [("hparams.yaml", "{}\n"), ("hparams.yaml", "a: [\n"), ("notes.yaml", "lr: 0.05\n")],
)
def test_an_empty_or_broken_one_and_one_name_of_another_file_say_nothing(
    name: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / "metrics.csv").write_text(ROWS)
    (tmp_path / name).write_text(text)
    (run,) = lossreport.read_runs([tmp_path])
    assert run.value("lr") is None


def test_arguments_are_those_of_the_run_in_their_own_folder(tmp_path: Path) -> None:
    for version, rate in (("version_0", 0.1), ("version_1", 0.2)):
        (tmp_path / version).mkdir()
        (tmp_path / version / "metrics.csv").write_text(ROWS)
        (tmp_path / version / "hparams.yaml").write_text(f"lr: {rate}\n")
    assert [run.value("lr") for run in lossreport.read_runs([tmp_path])] == [0.1, 0.2]
