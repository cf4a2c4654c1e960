"""A file of very many metrics gives a report of so many; those with names of their own are among
them, and what was left out is said.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import lossreport
from lossreport.reading import crowd


def log(folder: Path, layers: int) -> Path:
    (folder / "train.log").write_text(
        "".join(
            f"step {i} "
            + " ".join(f"layer{k}_norm={1 + 0.9**i + k:.4f}" for k in range(layers))
            + f" loss={3 * 0.9**i:.4f} head12_norm={2 + 0.8**i:.4f}\n"
            for i in range(14)
        )
    )
    return folder


@pytest.mark.parametrize(("layers", "left"), [(4, 0), (5, 1), (9, 5)])
def test_metrics_beyond_the_bound_are_left_out_and_said(
    layers: int, left: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "MOST", 6)
    run = lossreport.read_run([log(tmp_path, layers)])
    names = [one.name for one in run.series]
    assert len(names) == layers + 2 - left
    assert {"loss", "head12_norm", "layer0_norm", "layer3_norm"} <= set(names)
    assert len(run.skipped) == bool(left)
    for skip in run.skipped:
        assert f"it has {layers + 2} metrics; {left} beyond the bound of 6" in skip.reason.plain(
            "en"
        )
        assert f"超过上限 6 的 {left} 个没有采用，例如 layer4_norm" in skip.reason.plain("zh")
    page = lossreport.render(lossreport.compose(lossreport.analyze(run)), "html")
    assert ("beyond the bound of 6" in page) is bool(left)
