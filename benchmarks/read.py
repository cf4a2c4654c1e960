"""How fast logs are read, beside the naive way, in one process each: `python benchmarks/read.py
[MB] [RUNS] [CASE...]` (10 MB, 5 runs by default).

Files of that size are generated from fixed seeds. Each is read in a process of its own, in turns by
lossreport and by what a person writes first (a compiled regular expression a line, `json.loads` a
line or of the whole, pandas' C reader): medians of processor seconds, and how much memory the
readings took over what the imports had taken. Compare the ratios, not the megabytes a second:
machines differ.
"""

from __future__ import annotations

import json
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ENDLESS = 10**9
Rows = Callable[[random.Random], Iterator[str]]


def falling(draw: random.Random, row: int) -> float:
    """Return a loss that falls, with noise."""
    return 8 / (1 + row / 5000) ** 0.3 + draw.gauss(0, 0.05)


def key_values(draw: random.Random) -> Iterator[str]:
    """Yield lines of a logger, a validation behind each epoch of 500."""
    for row in range(ENDLESS):
        epoch, loss, stamp = (
            row // 500,
            falling(draw, row),
            f"2024-03-01 {row // 3600 % 24:02d}:{row // 60 % 60:02d}:{row % 60:02d} INFO",
        )
        if row and row % 500 == 0:
            yield (
                f"{stamp} val epoch {epoch - 1}: val_loss {loss + 0.1:.4f} val_acc "
                f"{draw.random():.4f}\n"
            )
        yield (
            f"{stamp} epoch {epoch} step {row * 10}/1000000 loss: {loss:.4f} grad_norm: "
            f"{1 + draw.random():.3f} lr: {5e-5:.2e} time: 0.3{row % 10}s\n"
        )


def dicts(draw: random.Random) -> Iterator[str]:
    """Yield what the Hugging Face Trainer prints."""
    for row in range(ENDLESS):
        yield f"{ {'loss': round(falling(draw, row), 4), 'grad_norm': 1 + draw.random(), 'learning_rate': 5e-5, 'epoch': round(row / 5000, 4)} }\n"  # noqa: E501


def dicts_in_text(draw: random.Random) -> Iterator[str]:
    """Yield dicts behind a step."""
    for row in range(ENDLESS):
        yield f"INFO step {row}: { {'train/loss': round(falling(draw, row), 4), 'train/acc': draw.random(), 'lr': 5e-5} }\n"  # noqa: E501


def bars(draw: random.Random) -> Iterator[str]:
    """Yield frames of a bar of tqdm."""
    for row in range(ENDLESS):
        epoch, at = divmod(row, 500)
        bar, clock = (
            "#" * (at // 50),
            f"{at // 60:02d}:{at % 60:02d}<{(500 - at) // 60:02d}:{(500 - at) % 60:02d}",
        )
        yield (
            f"Epoch {epoch}: {at // 5:3d}%|{bar:10}| {at}/500 [{clock}, "
            f"{3 + draw.random():.2f}it/s, loss={falling(draw, row):.4f}, lr=5e-05]\n"
        )


def meters(draw: random.Random) -> Iterator[str]:
    """Yield lines as DeiT prints them."""
    for row in range(ENDLESS):
        (epoch, it), loss = divmod(row * 10, 5000), falling(draw, row)
        yield (
            f"Epoch: [{epoch}]  [{it:4d}/5000]  eta: 0:10:00  lr: 0.000050  loss: {loss:.4f} "
            f"({loss + 0.01:.4f})  loss_ce: {loss / 2:.4f} ({loss / 2:.4f})  grad_norm: "
            f"{1 + draw.random():.4f} (1.5000)  time: 0.3012  data: 0.0003  max mem: 11034\n"
        )


def json_rows(draw: random.Random) -> Iterator[str]:
    """Yield one object a line."""
    for row in range(ENDLESS):
        yield (
            json.dumps(
                {
                    "step": row,
                    "loss": falling(draw, row),
                    "grad_norm": 1 + draw.random(),
                    "lr": 5e-5,
                    "epoch": row / 5000,
                }
            )
            + "\n"
        )


def csv_rows(draw: random.Random) -> Iterator[str]:
    """Yield a table with a header."""
    yield "step,loss,grad_norm,lr,val_loss\n"
    for row in range(ENDLESS):
        loss = falling(draw, row)
        yield f"{row},{loss:.6f},{1 + draw.random():.6f},0.00005,{loss + 0.1 if row % 100 == 0 else ''}\n"  # noqa: E501


def state_rows(draw: random.Random) -> Iterator[str]:
    """Yield the records of a trainer's state."""
    yield '{\n  "log_history": [\n'
    for row in range(ENDLESS):
        record = {
            "epoch": round(row / 5000, 4),
            "grad_norm": 1 + draw.random(),
            "loss": falling(draw, row),
            "step": row + 1,
        }
        yield (",\n" if row else "") + json.dumps(record, indent=2)


STATE_END = '\n  ],\n  "max_steps": 100000000,\n  "num_train_epochs": 3,\n  "global_step": 9\n}\n'
STAMPED = re.compile(
    r"(\S+ \S+) INFO epoch (\d+) step (\d+)/(\d+) loss: (\S+) grad_norm: (\S+) lr: (\S+) time: "
    r"(\S+)s"
)
DICT = re.compile(r"'([^']+)': ([-\d.e+]+)")
BAR = re.compile(
    r"Epoch (\d+):\s+(\d+)%\|[^|]*\| (\d+)/(\d+) \[[^,]*, ([\d.]+)it/s, loss=([\d.]+), lr="
    r"([\d.e-]+)\]"
)
METER = re.compile(r"(\w+): ([-\d.e+]+) \(([-\d.e+]+)\)")


def matched(pattern: re.Pattern[str]) -> Callable[[Path], int]:
    """Return how many rows a pattern finds by its groups, numbers converted where they are some."""

    def read(path: Path) -> int:
        with path.open(encoding="utf-8") as file:
            return len(
                [
                    found
                    for line in file
                    if (found := pattern.match(line)) and [float(found[at]) for at in (3, 5, 6)]
                ]
            )

    return read


def found(pattern: re.Pattern[str]) -> Callable[[Path], int]:
    """Return how many lines there are, of each a dict of what a pattern finds in it."""

    def read(path: Path) -> int:
        with path.open(encoding="utf-8") as file:
            return len(
                [{name: float(value) for name, value, *_ in pattern.findall(line)} for line in file]
            )

    return read


def json_lines(path: Path) -> int:
    """Load every line and keep a list of dicts."""
    with path.open(encoding="utf-8") as file:
        return len([json.loads(line) for line in file])


def json_whole(path: Path) -> int:
    """Load the whole."""
    return len(json.loads(path.read_text(encoding="utf-8"))["log_history"])


def table(path: Path) -> int:
    """Let pandas read the table."""
    import pandas as pd

    return len(pd.read_csv(path))


def ours(path: Path) -> int:
    """Read the file as the report does: every number with its line."""
    from lossreport.reading.bytes.reader import LogFile
    from lossreport.reading.discover import surest
    from lossreport.reading.runs.reading import Reading, read_log

    log = LogFile(path.name, path=path)
    reading = read_log(log, surest(log).parser)
    assert isinstance(reading, Reading), reading
    return reading.rows


CASES: dict[str, tuple[str, Rows, Callable[[Path], int]]] = {
    "key-value text": ("log.txt", key_values, matched(STAMPED)),
    "bars of tqdm": ("bars.txt", bars, matched(BAR)),
    "dicts in text": ("dicts.txt", dicts_in_text, found(DICT)),
    "dict lines of the Trainer": ("trainer.txt", dicts, found(DICT)),
    "MetricLogger text": ("meters.txt", meters, found(METER)),
    "JSON lines": ("log.jsonl", json_rows, json_lines),
    "trainer_state.json": ("trainer_state.json", state_rows, json_whole),
    "CSV": ("log.csv", csv_rows, table),
}


def write(path: Path, rows: Rows, size: float) -> None:
    """Write rows up to a size."""
    left = size
    with path.open("w", encoding="utf-8") as file:
        for row in rows(random.Random(0)):
            left -= file.write(row)
            if left <= 0:
                break
        if rows is state_rows:
            file.write(STATE_END)


def one(case: str, path: Path, runs: int) -> None:
    """Read in turns, and print the medians of the seconds, the memory of ours in MB, and the
    rows.
    """
    name, rows, naive = CASES[case]
    small = path.with_name(f"small-{name}")
    write(small, rows, 4000)
    naive(small), ours(small)  # imports are not what is measured
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took: dict[Callable[[Path], int], list[float]] = {ours: [], naive: []}
    memory, count = 0.0, 0
    for _ in range(runs):
        for read, seconds in took.items():
            start = time.process_time()
            told = read(path)
            seconds.append(time.process_time() - start)
            if read is ours and not memory:
                memory, count = (
                    (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
                    told,
                )
    print(statistics.median(took[ours]), statistics.median(took[naive]), memory, count)


def main(megabytes: float, runs: int, cases: list[str]) -> None:
    """Print one row a case."""
    print(
        "| case | rows | ours MB/s | naive MB/s | ours / naive speed | ours MB over imports "
        "|\n|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        for case in cases or list(CASES):
            name, rows, _ = CASES[case]
            path = Path(folder) / name
            write(path, rows, megabytes * 1e6)
            done = subprocess.run(
                [sys.executable, __file__, "--one", case, str(path), str(runs)],
                check=True,
                capture_output=True,
                text=True,
            )
            mine, plain, memory, count = map(float, done.stdout.split())
            size = path.stat().st_size / 1e6
            print(
                f"| {case} | {count:,.0f} | {size / mine:.1f} | {size / plain:.1f} | "
                f"{plain / mine:.2f} | {memory:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "--one":
        one(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        asked = sys.argv[1:]
        main(float(asked[0]) if asked else 10.0, int(asked[1]) if len(asked) > 1 else 5, asked[2:])
