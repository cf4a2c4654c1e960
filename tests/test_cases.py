"""The small logs of ../shared/cases are read and judged as their EXPECTED.txt says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).resolve().parents[2] / "shared" / "cases"
DISPUTED = Path(__file__).parent / "disputed_checks.txt"
"""One failing line of the grader a line, behind `#` why it may fail: disputed or owed; nothing else
may fail.
"""

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(
        not CASES.is_dir(), reason="the folder ../shared with its cases is not here"
    ),
]


def test_every_check_holds(tmp_path: Path) -> None:
    program = tmp_path / "lossreport"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lossreport "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    command = [sys.executable, str(CASES / "grade.py"), "--lossreport", str(program), str(CASES)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    disputed = {
        line.split("#")[0].strip() for line in DISPUTED.read_text(encoding="utf-8").splitlines()
    }
    *failed, totals = said
    assert [line for line in failed if line.strip() and line.strip() not in disputed] == [], totals
