"""The long run of the fuzzer: `PYTHONPATH=tests python -m fuzz.run read 0 1000000`. It tells how
far it is, and goes on from there by the first number.

`kits` draws files from the grammars of `kits.py` instead, as many of each as the numbers span;
hypothesis shrinks what breaks.

Every fault is printed with its number, and its input kept in the folder of `--keep`: mend the
fault, then put the input into tests/fuzz/corpus/.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

from fuzz.drawn import explore
from fuzz.kits import KITS
from fuzz.mutations import Fault, execute, inputs, keep, read, whole

EVERY = 30.0
"""Seconds after which it is told how far the run is, and from where to go on."""


def main() -> int:
    """Run the executions that the arguments name; return 1 where one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "what",
        choices=("read", "whole", "kits"),
        help="reading alone, the whole pipeline into every form, or reading of drawn files",
    )
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument(
        "--keep",
        type=lambda place: Path(place).absolute(),
        help="a folder for the inputs of faults",
    )
    said = parser.parse_args()
    warnings.simplefilter("ignore")
    bare()
    if said.what == "kits":
        return drawn(said.last - said.first, said.seed)
    act, kinds, done = {"read": read, "whole": whole}[said.what], Counter[str](), 0
    started, told = time.monotonic(), 0.0
    for number, name, content in inputs(said.seed, said.first, said.last):
        fault = execute(name, content, number, act)
        done += 1
        if fault is not None:
            tell(fault, kinds, content, said.keep)
        spent = time.monotonic() - started
        if spent > told + EVERY:
            told = spent
            print(
                f"{done} executions, next {number + 1}, {sum(kinds.values())} faults, "
                f"{spent:.0f} s, at most {most_memory()} MB",
                flush=True,
            )
        if spent > said.seconds:
            break
    print(
        f"{done} executions of {said.what} from {said.first}, seed {said.seed}: "
        f"{sum(kinds.values())} faults of {len(kinds)} kinds"
    )
    print(f"at most {most_memory()} MB")
    return 1 if kinds else 0


def bare() -> None:
    """Leave the project's folder and its loaded modules out of what every execution costs: its
    pyproject.toml was read each time, and the collector went through all modules (a fifth of a
    reading together).
    """
    os.chdir(tempfile.gettempdir())
    gc.collect()
    gc.freeze()


def most_memory() -> int:
    """Return the megabytes this process held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def drawn(count: int, seed: int) -> int:
    """Read so many drawn files of each kit; return 1 where one broke."""
    broken = 0
    for kit, strategy in KITS.items():
        try:
            explore(strategy, count, seed)
            print(f"{kit}: {count} files, none broke", flush=True)
        except AssertionError as error:
            print(f"{kit}: {error}", flush=True)
            broken = 1
    print(f"at most {most_memory()} MB")
    return broken


def tell(fault: Fault, kinds: Counter[str], content: bytes, folder: Path | None) -> None:
    """Print the first fault of each place, and keep its input."""
    kinds[fault.place or fault.error] += 1
    if kinds[fault.place or fault.error] == 1:
        print(f"{fault.number} {fault.sample}: {fault.error} ({fault.place})", flush=True)
        if folder is not None:
            keep(fault, content, folder)


if __name__ == "__main__":
    sys.exit(main())
