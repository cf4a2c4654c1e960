"""A command or `name = value` lines beside a log are facts of its run; text that holds anything else
is none of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import lossreport
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.plain_settings import sniff

ROWS = "".join(f"epoch {n} loss {3 - 0.1 * n:.4f}\n" for n in range(1, 9))


def facts(folder: Path, text: str) -> dict[str, object]:
    (folder / "train.log").write_text(ROWS)
    (folder / "command.txt").write_text(text)
    run = lossreport.read_run([folder])
    return {fact.name: fact.value for fact in run.facts}


@pytest.mark.parametrize(
    "text",
    [
        "python train.py -optim adam -learning_rate 0.5 --amp\n",
        "$ python train.py \\\n    -optim adam \\\n    -learning_rate 0.5 --amp\n",
        "# how it was started\npython train.py -optim adam\n  -learning_rate 0.5\n  --amp\n",
    ],
)
def test_the_options_of_a_command_are_facts(text: str, tmp_path: Path) -> None:
    found = facts(tmp_path, text)
    assert (found["optim"], found["lr"], found["amp"]) == ("adam", 0.5, True)


def test_how_many_processes_are_started_is_a_fact(tmp_path: Path) -> None:
    found = facts(tmp_path, "torchrun --nproc_per_node=8 train.py --lr 0.1 --epochs 3\n")
    assert found["nproc_per_node"] == 8


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("num_classes=20\n", "num_classes", 20),
        ("numClasses = 1;\nbatchSize = 4;\n", "num_classes", 1),
        ("lr: 0.1\nmomentum: 0.9\n", "lr", 0.1),
    ],
)
def test_assignments_are_facts(text: str, name: str, value: float, tmp_path: Path) -> None:
    assert facts(tmp_path, text)[name] == value


@pytest.mark.parametrize(
    "text",
    [
        "loss = 0.5\nlr = 0.1\n",
        "lr = 0.1\nlr = 0.05\n",
        "the rate lr = 0.1 was used\n",
        "note = a word\n",
        ROWS,
        "",
    ],
)
def test_other_text_is_no_list_of_settings(text: str) -> None:
    assert sniff(LogFile("notes.txt", data=text.encode())).value == 0


def test_an_optimiser_in_a_configuration_is_named_with_its_rate(tmp_path: Path) -> None:
    (tmp_path / "train.log").write_text(ROWS)
    (tmp_path / "config.py").write_text("optimizer = torch.optim.Adam(net.parameters(), lr=0.01)\n")
    run = lossreport.read_run([tmp_path])
    assert (run.value("optimizer"), run.value("lr")) == ("Adam", 0.01)
