"""What a whole command costs, beside what stands for it, in one run on one machine: `python
benchmarks/speed.py [RUNS] [--check FILE]`.

Processor seconds of whole processes (user and system), medians of RUNS (5 by default), every case
once before any comes again, so that a busy machine costs all of them the same. Compare the ratios,
not the seconds. Inputs are generated from fixed seeds. The unit is the import of pandas and
`matplotlib.figure`, what any report with a chart in Python takes to begin; that of the help is the
import of click.

`--keep` puts what was measured into the table of `docs/detectors.md` and of its Chinese twin.
`--check` holds it against that table, or the one of another file, and exits with 1 where a ratio is
more than a quarter above it. `--growth` measures instead how a JSON report grows with rows,
metrics, files and runs.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "docs" / "detectors.md", ROOT / "docs" / "detectors.zh.md")
LIBRARIES = ["-c", "import pandas, matplotlib.figure"]
CLICK = ["-c", "import click"]
GROWN = 1.25
"""A ratio that is so much above the kept one has got worse; two runs on a busy machine differ by
less.
"""
SPIKES = 70


def thirty(draw: random.Random) -> Iterator[str]:
    """Yield a table of thirty epochs."""
    yield "epoch,train_loss,val_loss,lr\n"
    for epoch in range(30):
        loss = 2.3 / (1 + epoch * 0.3) + draw.gauss(0, 0.02)
        yield f"{epoch},{loss:.4f},{loss + 0.05 + draw.gauss(0, 0.02):.4f},0.001\n"


def falling(draw: random.Random, row: int, spikes: frozenset[int]) -> float:
    """Return a loss that falls, with noise, and at some rows leaps."""
    return (8 / (1 + row / 5000) ** 0.3 + draw.gauss(0, 0.05)) * (
        draw.uniform(4, 12) if row in spikes else 1.0
    )


def spiky_table(draw: random.Random) -> Iterator[str]:
    """Yield a table of 156,000 rows with some spikes."""
    rows = 156_000
    spikes = frozenset(draw.sample(range(2000, rows), SPIKES))
    yield "step,loss,grad_norm,lr,val_loss\n"
    for row in range(rows):
        loss, rate = falling(draw, row, spikes), 3e-4 * (1 + math.cos(math.pi * row / rows)) / 2
        yield f"{row},{loss:.6f},{1 + draw.random():.6f},{rate:.8g},{f'{loss + 0.1:.6f}' if row % 100 == 0 else ''}\n"  # noqa: E501


def spiky_lines(draw: random.Random) -> Iterator[str]:
    """Yield 85,000 JSON lines with some spikes."""
    rows = 85_000
    spikes = frozenset(draw.sample(range(2000, rows), SPIKES))
    for row in range(rows):
        yield (
            json.dumps(
                {
                    "step": row,
                    "loss": falling(draw, row, spikes),
                    "grad_norm": 1 + draw.random(),
                    "lr": 5e-5,
                    "epoch": row / 5000,
                }
            )
            + "\n"
        )


def thousand_runs(draw: random.Random) -> Iterator[str]:
    """Yield ten JSON lines of each of a thousand runs."""
    for row in range(10_000):
        yield (
            json.dumps(
                {
                    "step": row % 10,
                    "loss": 2 / (1 + row % 10 * 0.2) + draw.gauss(0, 0.05),
                    "lr": 1e-3,
                }
            )
            + "\n"
        )


INPUTS: dict[str, Callable[[random.Random], Iterator[str]]] = {
    "thirty.csv": thirty,
    "spiky.csv": spiky_table,
    "spiky.jsonl": spiky_lines,
    "runs.jsonl": thousand_runs,
}


def cases(folder: Path) -> dict[str, tuple[list[str], str]]:
    """Return the arguments of the interpreter for each case, and what its unit is called."""

    def build(path: Path, form: str) -> list[str]:
        return [
            "-m",
            "lossreport",
            "build",
            str(path),
            "-f",
            form,
            "-o",
            str(folder / f"out.{form}"),
            "-q",
        ]

    return {
        "import pandas, matplotlib.figure": (LIBRARIES, ""),
        "import click": (CLICK, ""),
        "--help": (["-m", "lossreport", "--help"], "import click"),
        "30 rows, JSON": (build(folder / "thirty.csv", "json"), ""),
        "30 rows, HTML": (build(folder / "thirty.csv", "html"), ""),
        "sample, JSON": (build(ROOT / "sample_logs" / "vla_action_head", "json"), ""),
        "sample, HTML": (build(ROOT / "sample_logs" / "vla_action_head", "html"), ""),
        "CSV of 156,000 rows with 70 spikes, HTML": (build(folder / "spiky.csv", "html"), ""),
        "JSON lines, 85,000 with 70 spikes, JSON": (build(folder / "spiky.jsonl", "json"), ""),
        "1,000 runs in one file of 10,000 rows, HTML": (build(folder / "runs.jsonl", "html"), ""),
    }


def seconds(arguments: list[str]) -> float:
    """Return the processor seconds of a process and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }  # an installed package has its bytecode
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measured(runs: int) -> dict[str, tuple[float, float]]:
    """Return the seconds and the ratio of every case."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, rows in INPUTS.items():
            (folder / file).write_text("".join(rows(random.Random(7))), encoding="utf-8")
        asked = cases(folder)
        took: dict[str, list[float]] = {case: [] for case in asked}
        for _ in range(runs):
            for case, (arguments, _) in asked.items():
                took[case].append(seconds(arguments))
    middle = {case: statistics.median(several) for case, several in took.items()}
    unit = next(iter(asked))
    return {
        case: (middle[case], middle[case] / middle[of or unit]) for case, (_, of) in asked.items()
    }


def is_measured(line: str) -> bool:
    """Return whether a line is a row of a table of this program."""
    cells = line.split("|")[1:-1]
    return (
        line.startswith("|")
        and len(cells) == 3
        and all(re.fullmatch(r" \d+\.\d\d ", cell) for cell in cells[1:])
    )


def kept(path: Path) -> dict[str, float]:
    """Return the ratios of a table that was printed before, wherever it stands in a file."""
    rows = [
        line.split("|")[1:-1]
        for line in path.read_text(encoding="utf-8").splitlines()
        if is_measured(line)
    ]
    return {case.strip(): float(ratio) for case, _, ratio in rows}


def keep(page: Path, found: dict[str, tuple[float, float]]) -> None:
    """Put what was measured into the table of a page, whose cases stand in the same order under
    names of its own language.
    """
    lines = page.read_text(encoding="utf-8").splitlines()
    rows = [at for at, line in enumerate(lines) if is_measured(line)]
    for at, (took, ratio) in zip(rows, found.values(), strict=True):
        lines[at] = f"|{lines[at].split('|')[1]}| {took:.2f} | {ratio:.2f} |"
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")


# ------------------------------------------------------------------------------------------- growth
GROWN_BY: dict[str, tuple[int, ...]] = {
    "rows": (1_000, 10_000, 100_000, 1_000_000),
    "metrics": (1, 10, 100, 300),
    "files": (1, 10, 100, 300),
    "runs": (1, 10, 100, 1_000),
}


def losses(path: Path, rows: int, metrics: int, draw: random.Random) -> None:
    """Write a table of losses that fall."""
    with path.open("w", encoding="utf-8") as file:
        file.write(f"step,{','.join(f'loss_{number}' for number in range(metrics))}\n")
        for row in range(rows):
            level = 8 / (1 + 10 * row / rows) ** 0.3
            file.write(
                f"{row},{','.join(f'{level + draw.gauss(0, 0.05):.5f}' for _ in range(metrics))}\n"
            )


def write_grown(folder: Path, what: str, count: int) -> None:
    """Write an input that has so much of one thing."""
    draw = random.Random(7)
    if what == "files":
        for number in range(count):
            (folder / f"run{number}").mkdir()
            losses(folder / f"run{number}" / "log.csv", 30, 2, draw)
    elif what == "runs":
        text = "".join(
            row for _ in range(count // 1_000) for row in thousand_runs(draw)
        ) or "".join(list(thousand_runs(draw))[: count * 10])
        (folder / "log.jsonl").write_text(text, encoding="utf-8")
    else:
        losses(
            folder / "log.csv",
            count if what == "rows" else 200,
            count if what == "metrics" else 3,
            draw,
        )


def growth() -> Iterator[str]:
    """Yield a table of how much longer a report takes of more of one thing; the exponent is that of
    the last step.
    """
    yield "| of | CPU s at each size | exponent |\n|---|---|---|"
    for what, sizes in GROWN_BY.items():
        took = []
        for size in sizes:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name) / "run"
                folder.mkdir()
                write_grown(folder, what, size)
                took.append(
                    seconds(
                        [
                            "-m",
                            "lossreport",
                            "build",
                            str(folder),
                            "-o",
                            str(Path(name) / "out.json"),
                            "-q",
                        ]
                    )
                )
        told = ", ".join(f"{size:,}: {spent:.2f}" for size, spent in zip(sizes, took, strict=True))
        yield (
            f"| {what} | {told} | "
            f"{math.log(took[-1] / took[-2]) / math.log(sizes[-1] / sizes[-2]):.2f} |"
        )


def main() -> int:
    """Print a table; return whether a ratio has got worse."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="?", type=int, default=5)
    parser.add_argument("--check", type=Path, nargs="?", const=PAGES[0], metavar="FILE")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--growth", action="store_true")
    options = parser.parse_args()
    if options.growth:
        for row in growth():
            print(row, flush=True)
        return 0
    before = kept(options.check) if options.check else {}
    found = measured(options.runs)
    print("| case | CPU s | ratio |\n|---|---|---|")
    for case, (took, ratio) in found.items():
        print(f"| {case} | {took:.2f} | {ratio:.2f} |")
    for page in PAGES if options.keep else ():
        keep(page, found)
    worse = [
        f"{case}: {ratio:.2f}, was {before[case]:.2f}"
        for case, (_, ratio) in found.items()
        if ratio > GROWN * before.get(case, math.inf)
    ]
    print("\n".join(worse), file=sys.stderr)
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
