"""A detector declares its kinds and thresholds: in its own file, also where that file is of another
package.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import lossreport
from lossreport.analysis.detector import Detector, Kind, detectors, kinds, thresholds, title_of
from lossreport.errors import RegistryError
from lossreport.model.guidance import Threshold
from lossreport.text import Text

UNIT = """
from dataclasses import dataclass

from lossreport.analysis.detector import Detector, Kind
from lossreport.analysis.found import make_finding
from lossreport.model.analysis import Severity
from lossreport.model.guidance import Threshold
from lossreport.text import Text, percent


@dataclass(frozen=True)
class Luck:
    least: float


LUCK = Threshold(name="luck", default=0.5, low=0.1, high=0.9, meaning=Text(zh="运气", en="luck of a run"))
TEXT = Text(zh="`{metric}` 的运气为 {least}。", en="`{metric}` has a luck of {least}.")


def detect(context):
    for series in context.progress:
        least = context.threshold(LUCK)
        yield make_finding("lucky", series, [0], Severity.MEDIUM, TEXT(metric=series.label, least=percent(least)), payload=Luck(least=least))


DETECTOR = Detector(id="lucky", kinds=(Kind(id="lucky", title=Text(zh="好运", en="good luck")), "unnamed"), detect=detect, thresholds=(LUCK,))
"""
RUN = "epoch,loss\n" + "".join(f"{n},{2 / n}\n" for n in range(1, 31))


@pytest.fixture
def plugged(tmp_path: Path) -> Path:
    """A folder to import from, with a package that brings a detector along, and a run beside it."""
    site = tmp_path / "site"
    (site / "lucky-1.dist-info").mkdir(parents=True)
    (site / "lucky.py").write_text(UNIT, encoding="utf-8")
    (site / "lucky-1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: lucky\nVersion: 1\n", encoding="utf-8"
    )
    (site / "lucky-1.dist-info" / "entry_points.txt").write_text(
        "[lossreport.detectors]\nlucky = lucky:DETECTOR\n", encoding="utf-8"
    )
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "log.csv").write_text(RUN, encoding="utf-8")
    return tmp_path


def build(folder: Path, settings: str, form: str) -> str:
    (folder / "run" / "lossreport.toml").write_text(settings, encoding="utf-8")
    out = folder / f"report.{form}"
    source = Path(lossreport.__file__).parents[1]
    code = (
        f"import sys; sys.path[:0] = [{str(source)!r}, {str(folder / 'site')!r}]; from "
        f"lossreport.cli import main; main()"
    )
    command = [sys.executable, "-c", code, "build", str(folder / "run"), "-o", str(out), "-q"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return out.read_text(encoding="utf-8")


def test_a_finding_of_another_package_is_called_by_its_title_and_says_the_threshold_in_force(
    plugged: Path,
) -> None:
    page = build(plugged, "[threshold]\nluck = 0.2\n", "md")
    assert "medium · good luck ·" in page
    assert "中 · 好运 ·" in page
    assert "has a luck of 20%" in page
    assert "threshold: luck of a run" in page


def test_a_finding_of_another_package_can_be_ignored_by_its_kind(plugged: Path) -> None:
    made = json.loads(
        build(plugged, '[[ignore_finding]]\nkind = "lucky"\nreason = "we know"\n', "json")
    )
    assert "lucky" not in {finding["kind"] for finding in made["findings"]}
    assert [one["finding"]["kind"] for one in made["ignored"]] == ["lucky"]


def test_every_kind_and_every_mark_is_declared_by_one_detector() -> None:
    declared = Counter(
        (kind.id, kind.mark)
        for unit in detectors()
        for kind in unit.kinds
        if isinstance(kind, Kind)
    )
    assert set(declared.values()) == {1}
    assert {kind for unit in detectors() for kind in unit.yields} == {
        kind for kind, mark in declared if not mark
    }


def test_a_mark_names_what_the_name_of_the_kind_does_not_fit() -> None:
    assert (
        title_of("above_chance", {"finetune": 1.0})
        != title_of("above_chance", {})
        == kinds()["above_chance"]
    )
    assert title_of("a_kind_of_nobody", {}) is None


def test_two_meanings_of_one_threshold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Threshold(
        name="clip_share", default=0.1, low=0.0, high=1.0, meaning=Text(zh="别的", en="another")
    )
    rival = Detector(id="rival", kinds=(), detect=lambda context: iter(()), thresholds=(other,))
    monkeypatch.setattr("lossreport.analysis.detector.detectors", lambda: (*detectors(), rival))
    with pytest.raises(RegistryError, match="clip_share"):
        thresholds.__wrapped__()
