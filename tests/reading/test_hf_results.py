"""The results files of the Hugging Face Trainer are last values: facts with their line, never rows of a curve."""

from __future__ import annotations

from pathlib import Path

import pytest

from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.hf_results import read, sniff
from lossreport.reading.parser import RawFact

SAMPLE = Path(__file__).resolve().parents[2] / "sample_logs" / "formats" / "hf_results" / "all_results.json"


def test_last_values_are_facts_with_their_line() -> None:
    facts = {fact.name: (fact.value, fact.line) for fact in read(LogFile(SAMPLE.name, path=SAMPLE)) if isinstance(fact, RawFact)}
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
