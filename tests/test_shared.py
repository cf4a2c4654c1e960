"""Over real logs of public projects and of frameworks run by us: what a careful engineer says of
them is said, nothing crashes.

The folder ../shared is not part of the project; without it these tests are skipped.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import lossreport
from certainty import certain
from lossreport.errors import ClaimError, LossreportError
from lossreport.render.to_json import to_dict
from truth import holds, is_checkable

SHARED = Path(__file__).resolve().parents[2] / "shared"
LOGS, RUNS = SHARED / "logs", SHARED / "runs"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not LOGS.is_dir(), reason=f"needs {SHARED} with real logs"),
]


def _claims() -> list[Any]:
    path = LOGS / "truth.json"
    made = []
    for truth in json.loads(path.read_text(encoding="utf-8")) if path.is_file() else ():
        for side in ("must", "must_not"):
            for number, claim in enumerate(truth[side]):
                if not is_checkable(claim):
                    continue
                name = f"{truth['truth_id']}-{Path(truth['file']).parts[0]}-{side}-{number}-{claim['type']}"
                made.append(pytest.param(truth["file"], claim, side == "must", id=name))
    return made


@cache
def _analysed(file: str) -> dict[str, Any]:
    return to_dict(lossreport.analyze(lossreport.read_runs([LOGS / file]), strict=True))


@pytest.mark.parametrize(("file", "claim", "wanted"), _claims())
def test_what_a_careful_engineer_says(file: str, claim: dict[str, Any], wanted: bool) -> None:
    said = holds(claim, _analysed(file))
    assert said is wanted, claim


def _inputs() -> list[Path]:
    return [
        folder
        for root in (LOGS, RUNS)
        if root.is_dir()
        for folder in sorted(root.iterdir())
        if folder.is_dir()
    ]


@pytest.mark.parametrize("folder", _inputs(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_folder_of_real_logs_is_read_or_refused_with_a_reason(
    folder: Path, tmp_path: Path
) -> None:
    target, refused = tmp_path / "r.html", ""
    try:
        analysis = lossreport.build([folder], target, strict=True)
    except ClaimError:
        # the rows contradict a sentence: nothing that a user sees, and no reason to refuse a folder
        raise
    except LossreportError as error:
        refused = error.hint
    if not refused:
        assert analysis.failures == ()
        assert certain(analysis) == []
        assert target.read_text(encoding="utf-8").endswith("</html>\n")
