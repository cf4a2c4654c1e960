"""What of a folder is looked at: logs wherever they lie, no copies of programs, and every file that
is not is named where nothing is found.
"""

import json
from pathlib import Path

import pytest

from lossreport.errors import NothingReadError
from lossreport.reading.discover import ReadOptions, read_paths
from lossreport.reading.folder import Passed, find_logs, is_snapshot, told, wanted, why_not

LOG = "epoch,loss\n1,2\n2,1\n"


def put(folder: Path, *names: str, text: str = LOG) -> Path:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def found(folder: Path) -> list[str]:
    return [log.shown for log in find_logs([folder])]


def test_a_copy_of_the_program_is_passed_over_with_its_settings(tmp_path: Path) -> None:
    put(
        tmp_path,
        "log.csv",
        "code/train.py",
        "code/config.yaml",
        "files/src/model/net.cu",
        "_sources/train.txt",
        "site-packages/x/data.csv",
        "node_modules/a.csv",
    )
    assert found(tmp_path) == ["log.csv"]


def test_a_folder_called_like_code_that_holds_a_log_is_searched(tmp_path: Path) -> None:
    put(tmp_path, "src/train.cpp", "src/logs/train.log", "code/history.csv")
    assert found(tmp_path) == ["code/history.csv", "src/logs/train.log"]
    assert not is_snapshot(tmp_path / "src")


def test_a_copy_of_the_program_is_searched_where_it_is_named(tmp_path: Path) -> None:
    put(tmp_path, "code/train.cpp", "code/config.yaml")
    assert found(tmp_path / "code") == ["config.yaml"]


@pytest.mark.parametrize(
    ("shown", "looked_at"),
    [
        (".neptune/offline/run__1/data-1.log", True),
        (".neptune/offline/run__1/last_put_version", False),
        (".guild/attrs/flags", True),
        (".guild/attrs/env", False),
        ("runs/0a/.guild/events.out.tfevents.1.host", True),
        (".aim/run_metadata.sqlite", True),
        (".aim/seqs/chunks/0a/000009.sst", False),
        (".hydra/config.yaml", True),
        (".git/logs/HEAD", False),
        (".cache/log.csv", False),
        ("run/evaluations.npz", True),
        ("run/eval_evaluations_2.npz", True),
        ("data/train.npz", False),
        ("model.safetensors", False),
        ("train.cu", False),
        ("config.py", True),
    ],
)
def test_of_hidden_stores_and_arrays_only_what_tells_of_the_run_is_looked_at(
    shown: str, looked_at: bool
) -> None:
    assert wanted(shown) is looked_at
    assert bool(why_not(shown)) is not looked_at


def test_a_refusal_names_what_is_there_by_kind(tmp_path: Path) -> None:
    put(tmp_path, "a.pt", "b.npy", "c.png", "d.bin", ".secret/log.csv", "train.py", "README.md")
    with pytest.raises(NothingReadError) as refusal:
        read_paths([tmp_path])
    said = str(refusal.value)
    assert "a.pt, b.npy, c.png and 1 more (weights, arrays or media)" in said
    assert ".secret/ (hidden)" in said
    assert "train.py (source code)" in said
    assert "holds no file" not in said


def test_an_empty_folder_holds_no_file(tmp_path: Path) -> None:
    with pytest.raises(NothingReadError, match="it holds no file"):
        read_paths([tmp_path])


def test_a_folder_too_deep_is_named(tmp_path: Path) -> None:
    put(tmp_path, "1/2/3/4/5/6/7/log.csv")
    with pytest.raises(NothingReadError, match=r"1/2/3/4/5/6/7/ \(more than 6 folders deep\)"):
        read_paths([tmp_path])


def test_what_was_passed_over_is_told_by_kind() -> None:
    assert told([Passed("a", "x"), Passed("b", "y"), Passed("c", "x")]) == "a, c (x); b (y)"


def test_an_average_precision_of_minus_one_was_not_measured(tmp_path: Path) -> None:
    rows = [
        {
            "epoch": 1,
            "loss": 2.0,
            "val/AP": 0.5,
            "val/AP (M)": -1.0,
            "val/map_small": 0.1,
            "val/gap": -1.0,
        },
        {
            "epoch": 2,
            "loss": 1.0,
            "val/AP": 0.6,
            "val/AP (M)": -1.0,
            "val/map_small": -1.0,
            "val/gap": -1.0,
        },
    ]
    (tmp_path / "log.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert {series.label: series.y.tolist() for series in run.series} == {
        "loss": [2, 1],
        "val/AP": [0.5, 0.6],
        "val/map_small": [0.1],
        "val/gap": [-1, -1],
    }
