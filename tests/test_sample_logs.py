"""The committed sample runs are what their generator writes, and say what the user's document
says.
"""

import importlib.util
import json
import re
import statistics
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

SAMPLES = Path(__file__).resolve().parents[1] / "sample_logs"
VLA = SAMPLES / "vla_action_head"
HEALTHY = SAMPLES / "vla_healthy"
SIZE_LIMITS = {VLA: 1_000_000, HEALTHY: 150_000}
LN_VOCABULARY = 11.0904

SEED_LOG_TRAIN = [
    (3.26, 0.085),
    (4.06, 0.612),
    (2.49, 0.052),
    (2.14, 0.779),
    (4.04, 0.616),
    (2.52, 0.040),
    (2.14, 0.819),
    (95.19, 0.069),
    (4.21, 0.066),
    (2.13, 0.824),
    (37.74, 0.063),
    (4.01, 0.620),
]
SEED_CLOSS = {0: "13.18", 1: "8.61", 2: "8.56", 12: "8.51"}
SEED_LOSS_CT = {0: "0.344", 1: "0.251", 2: "0.207", 9: "0.135", 12: "0.129"}
SWAPPED_EPOCHS = {1, 3, 4, 6, 9, 11}

ROW = re.compile(r">> Epoch: \[(\d+)\]  \[(\d+)/(\d+)\]  (.*  max mem: \d+)$")
METER = re.compile(r"(\w+): ([\d.]+) \(([\d.]+)\)")

Meters = dict[str, tuple[float, float]]


def load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sample_logs_generate", SAMPLES / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def read_jsonl(path: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def meters(text: str) -> Meters:
    return {name: (float(first), float(second)) for name, first, second in METER.findall(text)}


def rows(folder: Path) -> dict[int, dict[int, Meters]]:
    """Training rows by epoch and iteration: those that hold loss_ct."""
    found: dict[int, dict[int, Meters]] = defaultdict(dict)
    for line in (folder / "output.log").read_text(encoding="utf-8").splitlines():
        if (match := ROW.search(line)) and "loss_ct: " in line:
            found[int(match[1])][int(match[2])] = meters(match[4])
    return found


def averaged_stats(folder: Path) -> list[str]:
    lines = (folder / "output.log").read_text(encoding="utf-8").splitlines()
    return [after for line, after in pairwise(lines) if line.endswith(">> Averaged stats:")]


def step_means(epoch: dict[int, Meters], name: str) -> dict[int, float]:
    """Mean of the iterations between two rows, recovered from the means since the epoch began."""
    iterations = sorted(epoch)
    sums = {i: epoch[i][name][1] * (i + 1) for i in iterations}
    return {i: (sums[i] - sums[before]) / (i - before) for before, i in pairwise(iterations)}


def test_the_committed_folders_are_what_the_generator_writes(tmp_path: Path) -> None:
    load_generator().main(tmp_path)
    for folder in (VLA, HEALTHY):
        written = {path.name: path.read_bytes() for path in (tmp_path / folder.name).iterdir()}
        committed = {
            path.name: path.read_bytes() for path in folder.iterdir() if path.name != "README.md"
        }
        assert written.keys() == committed.keys()
        assert [name for name in written if written[name] != committed[name]] == []


@pytest.mark.parametrize("folder", SIZE_LIMITS, ids=lambda folder: folder.name)
def test_a_sample_run_stays_small(folder: Path) -> None:
    assert sum(path.stat().st_size for path in folder.iterdir()) <= SIZE_LIMITS[folder]


def test_log_train_holds_exactly_the_table_of_the_document() -> None:
    table = read_jsonl(VLA / "log_train.txt")
    assert [(row["train_closs"], row["train_loss_ct"]) for row in table] == SEED_LOG_TRAIN
    assert [row["epoch"] for row in table] == list(range(12))


def test_the_last_row_of_an_epoch_shows_the_number_of_the_document() -> None:
    last = {epoch: found[max(found)] for epoch, found in rows(VLA).items()}
    assert {epoch: f"{last[epoch]['closs'][0]:.2f}" for epoch in SEED_CLOSS} == SEED_CLOSS
    assert {epoch: f"{last[epoch]['loss_ct'][0]:.3f}" for epoch in SEED_LOSS_CT} == SEED_LOSS_CT
    assert 13.10 < last[0]["closs"][1] < 13.20
    assert all(abs(m["closs"][1] / m["closs"][0] - 1) < 0.03 for m in last.values())


def test_closs_is_flat_and_loss_ct_falls_in_the_last_epochs() -> None:
    last = [found[max(found)] for _, found in sorted(rows(VLA).items())]
    closs, loss_ct = ([m[name][0] for m in last] for name in ("closs", "loss_ct"))
    assert abs(closs[-1] / closs[-5] - 1) < 0.001
    assert loss_ct == sorted(loss_ct, reverse=True)
    assert len(set(loss_ct)) == len(loss_ct)


@pytest.mark.parametrize(
    ("folder", "passes"),
    [(VLA, ["train"]), (HEALTHY, ["train", "val"])],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_averaged_stats_repeat_the_epoch_files_in_value_and_order(
    folder: Path, passes: list[str]
) -> None:
    names = {"train": "log_train.txt", "val": "log_eval_ind.txt"}
    expected = [
        row
        for group in zip(*(read_jsonl(folder / names[split]) for split in passes), strict=True)
        for row in group
    ]
    stats = averaged_stats(folder)
    assert len(stats) == len(expected)
    for line, row in zip(stats, expected, strict=True):
        values = {
            key.split("_", 1)[1]: value
            for key, value in row.items()
            if key not in ("train_lr", "epoch")
        }
        assert [(name, f"{second:.4f}") for name, (_, second) in meters(line).items()] == [
            (k, f"{v:.4f}") for k, v in values.items()
        ]


def test_the_key_order_changes_where_rank_0_saw_no_image_first() -> None:
    table = read_jsonl(VLA / "log_train.txt")
    swapped = {row["epoch"] for row in table if list(row)[-2] == "train_acc_image_9"}
    assert swapped == SWAPPED_EPOCHS
    assert len({tuple(row) for row in table}) == 2
    assert {row["epoch"] for row in table if row["train_acc_image_9"] > 1} == SWAPPED_EPOCHS | {
        7,
        10,
    }


def test_no_iteration_leaves_the_level_of_its_epoch() -> None:
    for epoch, found in rows(VLA).items():
        # epoch 1 begins with a fall
        settled = {
            i: mean for i, mean in step_means(found, "closs").items() if epoch != 1 or i > 200
        }
        median = statistics.median(settled.values())
        assert [(epoch, i) for i, mean in settled.items() if abs(mean / median - 1) > 0.15] == []


def test_closs_only_falls_at_the_beginning_of_epoch_1() -> None:
    found = rows(VLA)
    plateau = max(step_means(found[0], "closs").values())
    start = [mean for i, mean in step_means(found[1], "closs").items() if i <= 200]
    assert max(start) < plateau
    assert start[0] > start[4] > start[9] > start[19]


def test_the_killed_run_ends_inside_a_row() -> None:
    text = (VLA / "output.log").read_text(encoding="utf-8")
    last = text.splitlines()[-1]
    assert not text.endswith("\n")
    assert ">> Epoch: [12]  [1190/1200]  " in last
    assert "loss_ct" not in last


def test_the_arguments_do_not_tell_the_image_weight() -> None:
    arguments = json.loads((VLA / "args.json").read_text(encoding="utf-8"))
    assert "loss_img_weights" not in arguments
    assert (arguments["vocab_size"], arguments["world_size"], arguments["loss_ct_weights"]) == (
        65536,
        4,
        10,
    )


def test_the_healthy_run_is_healthy() -> None:
    train, val = read_jsonl(HEALTHY / "log_train.txt"), read_jsonl(HEALTHY / "log_eval_ind.txt")
    closs, val_closs = [row["train_closs"] for row in train], [row["val_closs"] for row in val]
    assert len(train) == len(val) == 20
    assert len({tuple(row) for row in train}) == 1
    assert all(0 <= value <= 1 for row in train for key, value in row.items() if "_acc_" in key)
    assert closs == sorted(closs, reverse=True)
    assert val_closs == sorted(val_closs, reverse=True)
    assert all(1 < v / t < 1.04 for t, v in zip(closs, val_closs, strict=True))
    assert 0.02 < 1 - closs[-1] / closs[-6] < 0.04


def test_the_healthy_run_starts_below_chance_and_finishes() -> None:
    first = rows(HEALTHY)[0][0]["closs"][0]
    assert 0.95 * LN_VOCABULARY < first < LN_VOCABULARY
    assert re.search(
        r">> Training time \d+:\d\d:\d\d\n$", (HEALTHY / "output.log").read_text(encoding="utf-8")
    )
