"""The results files of the Hugging Face Trainer hold last values: facts with their line, and a row
of what an evaluation measured.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lossreport
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.hf_results import read, sniff
from lossreport.reading.parser import RawFact

SAMPLE = (
    Path(__file__).resolve().parents[2]
    / "sample_logs"
    / "formats"
    / "hf_results"
    / "all_results.json"
)


def test_last_values_are_facts_with_their_line() -> None:
    facts = {
        fact.name: (fact.value, fact.line)
        for fact in read(LogFile(SAMPLE.name, path=SAMPLE))
        if isinstance(fact, RawFact)
    }
    assert facts["summary/train_loss"] == (3.730000590324402, 4)


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ('{"eval_loss": 1.5, "eval_runtime": 2.0}', True),
        ('{"eval_loss": 1.5}', False),
        ('{"train_runtime": {"a": 1}}', False),
        ("[1]", False),
    ],
)
def test_only_a_flat_object_with_a_runtime_is_claimed(text: str, claimed: bool) -> None:
    assert (sniff(LogFile("all_results.json", data=text.encode())).value > 0.5) is claimed


def test_what_an_evaluation_measured_is_a_row_unless_the_state_holds_it(tmp_path: Path) -> None:
    (tmp_path / "eval_results.json").write_text(
        '{"epoch": 2.0, "eval_loss": 1.5, "eval_total": 70, "eval_runtime": 2.0}', encoding="utf-8"
    )
    history = [{"step": step, "epoch": step / 4, "loss": 2 - step / 9} for step in (2, 4, 6, 8)]

    def held(*more: dict[str, float]) -> list[tuple[str, str, int]]:
        state = {
            "global_step": 8,
            "max_steps": 8,
            "is_world_process_zero": True,
            "log_history": [*history, *more],
        }
        (tmp_path / "trainer_state.json").write_text(json.dumps(state), encoding="utf-8")
        (run,) = lossreport.read_runs([tmp_path])
        return [(series.path, series.label, len(series)) for series in run.series]

    assert held() == [("eval_results.json", "eval/loss", 1), ("trainer_state.json", "loss", 4)]
    assert held({"step": 8, "epoch": 2.0, "eval_loss": 1.5}) == [
        ("trainer_state.json", "loss", 4),
        ("trainer_state.json", "eval/loss", 1),
    ]
