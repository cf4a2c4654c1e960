"""The arguments of a training as one JSON or YAML mapping: facts, never metrics."""

import json

import pytest

from lossreport.errors import LogError
from lossreport.model.run import FactValue
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.args_namespace import PARSER
from lossreport.reading.parser import ColumnChunk, RawFact

ARGS = {
    "lr": 5e-06,
    "epochs": 20,
    "betas": [0.9, 0.95],
    "resume": None,
    "fp16": False,
    "model": {"vocab_size": 65536},
}


def facts(name: str, text: str) -> dict[str, tuple[FactValue, int]]:
    records = list(PARSER.read(LogFile(name, data=text.encode())))
    assert not any(isinstance(record, ColumnChunk) for record in records)
    return {
        record.name: (record.value, record.line)
        for record in records
        if isinstance(record, RawFact)
    }


def test_every_leaf_is_a_fact_with_its_line() -> None:
    assert facts("args.json", json.dumps(ARGS, indent=2)) == {
        "lr": (5e-06, 2),
        "epochs": (20, 3),
        "betas": ((0.9, 0.95), 4),
        "resume": (None, 8),
        "fp16": (False, 9),
        "model.vocab_size": (65536, 11),
    }


def test_yaml_is_read_alike() -> None:
    assert facts("hparams.yaml", "lr: 1.0e-4\nmodel:\n  seed: 3\n") == {
        "lr": (1e-4, 1),
        "model.seed": (3, 3),
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [("args.json", "[1, 2]"), ("args.json", '{"lr": '), ("args.yaml", "- a\n- b\n")],
)
def test_what_is_no_mapping_is_an_error_that_names_the_file(name: str, text: str) -> None:
    with pytest.raises(LogError, match=name):
        facts(name, text)


@pytest.mark.parametrize(
    ("name", "text", "claimed"),
    [
        ("args.json", json.dumps(ARGS), True),
        ("config.yaml", "lr: 1.0e-4\nbatch_size: 8\n", True),
        ("args.txt", json.dumps(ARGS), False),
        ("package.json", '{"name": "x", "seed": 1}', False),
        ("rows.json", "[" + json.dumps(ARGS) + "]", False),
        ("trainer_state.json", json.dumps({"epochs": 2, "max_steps": 3, "log_history": []}), False),
        ("args.json", '{"lr": 1, "epochs": 2', False),
    ],
)
def test_only_a_mapping_of_training_arguments_is_claimed(
    name: str, text: str, claimed: bool
) -> None:
    assert (PARSER.sniff(LogFile(name, data=text.encode())).value >= 0.5) is claimed
