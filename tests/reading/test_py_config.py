"""A configuration in Python is parsed, never run: its literals are facts, those of the training
first.
"""

from pathlib import Path

import pytest

from lossreport.errors import NothingReadError
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.discover import ReadOptions, read_paths
from lossreport.reading.formats.py_config import sniff

CONFIG = """\
test_dataloader = dict(batch_size=1)
train_dataloader = dict(batch_size=8, dataset=dict(type='Coco', sizes=[(1, 2), (3, 4)]))
optim_wrapper = {'optimizer': dict(lr=0.02, betas=(0.9, 0.99))}
param_scheduler = [dict(end=500, type='LinearLR'), dict(milestones=[8, 11])]
work_dir = open('/etc/hostname')
train_cfg = dict(max_epochs=12)
"""


def test_the_settings_of_the_training_are_facts_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("epoch,loss\n1,2\n2,1\n")
    (tmp_path / "config.py").write_text(CONFIG)
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    facts = {fact.name: (fact.value, fact.line) for fact in run.facts}
    assert facts["epochs"] == (12, 6)
    assert facts["batch_size"] == (8, 2)
    assert facts["lr"] == (0.02, 3)
    assert facts["param_scheduler.1.milestones"] == ((8, 11), 4)
    assert not any("sizes" in name or "work_dir" in name for name in facts)


@pytest.mark.parametrize(
    "text",
    [
        "import torch\nlr = 0.1\nfor i in range(3):\n    print('loss', i)\n",
        "train_cfg = dict(",
        "x = 3\n",
    ],
)
def test_a_program_is_no_configuration(text: str) -> None:
    assert sniff(LogFile("train.py", data=text.encode())).value == 0


def test_a_program_in_a_folder_is_named_where_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(
        "".join(f"print('epoch {i} loss: 0.{i}')\n" for i in range(9))
    )
    with pytest.raises(NothingReadError, match=r"not looked at: train\.py \(source code\)"):
        read_paths([tmp_path])
