"""How fast logs are read, beside the naive way, in one run on one machine: `python benchmarks/read.py [MB]` (100 by default).

Three files of that size are generated: MetricLogger text, JSON lines and CSV. Each is read in a process of its own, once by
lossreport and once by what a person writes first (a regular expression a line, `json.loads` a line, `pandas.read_csv`).
Compare the ratios, not the megabytes a second: machines differ.
"""

from __future__ import annotations

import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

NUMBER = re.compile(r"(\w+): ([-\d.e+]+) \(([-\d.e+]+)\)")


def text_rows(draw: random.Random) -> Iterator[str]:
    """Yield lines as DeiT prints them."""
    for i in range(10**9):
        epoch, it = divmod(i * 10, 5000)
        loss = 8 / (1 + i / 5000) + draw.gauss(0, 0.05)
        yield f"Epoch: [{epoch}]  [{it:4d}/5000]  eta: 0:10:00  lr: 0.000050  loss: {loss:.4f} ({loss + 0.01:.4f})  loss_ce: {loss / 2:.4f} ({loss / 2:.4f})  grad_norm: {1 + draw.random():.4f} (1.5000)  time: 0.3012  data: 0.0003  max mem: 11034\n"


def json_rows(draw: random.Random) -> Iterator[str]:
    """Yield one object a line."""
    for i in range(10**9):
        loss = 8 / (1 + i / 5000) + draw.gauss(0, 0.05)
        yield json.dumps({"step": i, "loss": loss, "grad_norm": 1 + draw.random(), "lr": 5e-5, "epoch": i / 5000}) + "\n"


def csv_rows(draw: random.Random) -> Iterator[str]:
    """Yield a table with a header."""
    yield "step,loss,grad_norm,lr,val_loss\n"
    for i in range(10**9):
        loss = 8 / (1 + i / 5000) + draw.gauss(0, 0.05)
        yield f"{i},{loss:.6f},{1 + draw.random():.6f},0.00005,{loss + 0.1 if i % 100 == 0 else ''}\n"


def naive_text(path: Path) -> int:
    """Match every line and keep a list of dicts."""
    with path.open(encoding="utf-8") as file:
        return len([{name: float(value) for name, value, _ in NUMBER.findall(line)} for line in file])


def naive_json(path: Path) -> int:
    """Load every line and keep a list of dicts."""
    with path.open(encoding="utf-8") as file:
        return len([json.loads(line) for line in file])


def naive_csv(path: Path) -> int:
    """Let pandas read the table."""
    import pandas as pd

    return len(pd.read_csv(path))


def ours(path: Path) -> int:
    """Read the run as the report does: every number with its line, the file's checksum."""
    import lossreport

    return max(len(series) for series in lossreport.read_run([path]).series)


CASES: dict[str, tuple[Callable[[random.Random], Iterator[str]], Callable[[Path], int]]] = {
    "MetricLogger text": (text_rows, naive_text),
    "JSON lines": (json_rows, naive_json),
    "CSV": (csv_rows, naive_csv),
}


def measure(path: Path, how: str) -> tuple[float, float, int]:
    """Return seconds, peak memory in MB and rows of one reading in a fresh process."""
    done = subprocess.run([sys.executable, __file__, "--one", how, str(path)], check=True, capture_output=True, text=True)
    seconds, memory, rows = done.stdout.split()
    return float(seconds), float(memory), int(rows)


def one(how: str, path: Path) -> None:
    """Read once and print what it took."""
    read = ours if how == "ours" else CASES[how][1]
    if how == "ours":
        import lossreport.reading.discover  # noqa: F401  (imports are not what is measured)
    start = time.perf_counter()
    rows = read(path)
    print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, rows)


def main(megabytes: float) -> None:
    """Print one row a format."""
    print(
        "| format | MB | rows | ours MB/s | naive MB/s | ours / naive time | ours peak MB | naive peak MB |\n|---|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, (rows, _) in CASES.items():
            path, size = Path(folder) / ("log.csv" if name == "CSV" else "log.txt"), 0
            with path.open("w", encoding="utf-8") as file:
                for row in rows(random.Random(0)):
                    size += file.write(row)
                    if size >= megabytes * 1e6:
                        break
            mine, plain = measure(path, "ours"), measure(path, name)
            print(
                f"| {name} | {size / 1e6:.0f} | {mine[2]:,} | {size / 1e6 / mine[0]:.1f} | {size / 1e6 / plain[0]:.1f} "
                f"| {mine[0] / plain[0]:.2f} | {mine[1]:.0f} | {plain[1]:.0f} |"
            )


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "--one":
        one(sys.argv[2], Path(sys.argv[3]))
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 100.0)
