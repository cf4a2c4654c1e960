"""The configuration of a model beside the log: facts with their lines, the labels only counted."""

import json
from pathlib import Path

import pytest

from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.discover import ReadOptions, read_paths
from lossreport.reading.formats.hf_config import sniff

CONFIG = {
    "architectures": ["BertForSequenceClassification"],
    "dtype": "bfloat16",
    "id2label": {"0": "cat", "1": "dog", "2": "owl"},
    "label2id": {"cat": 0, "dog": 1, "owl": 2},
    "model_type": "bert",
    "pad_token_id": None,
    "text_config": {"vocab_size": 4000},
}


def test_the_model_of_a_run_is_told_by_facts(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("step,loss\n1,2\n2,1\n")
    (tmp_path / "checkpoint-2").mkdir()
    (tmp_path / "checkpoint-2" / "config.json").write_text(json.dumps(CONFIG, indent=2))
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    facts = {fact.name: fact.value for fact in run.facts}
    assert facts == {
        "num_labels": 3,
        "architectures": ("BertForSequenceClassification",),
        "torch_dtype": "bfloat16",
        "model_type": "bert",
        "text_config.vocab_size": 4000,
        "vocab_size": 4000,
    }
    assert [fact.line for fact in run.facts if fact.name == "vocab_size"] == [19]


@pytest.mark.parametrize(
    "config",
    [{"model_type": "bert", "vocab_size": 3}, {"version": "1.0", "model": {"type": "BPE"}}],
)
def test_other_objects_are_left_to_others(config: dict[str, object]) -> None:
    assert sniff(LogFile("config.json", data=json.dumps(config).encode())).value == 0
