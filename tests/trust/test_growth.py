"""Twice as many runs, files or metrics are twice the work, counted in calls of functions and not in
seconds: what holds each against each is seen at sixty and does not wait for ten thousand.
"""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable
from pathlib import Path

import pytest

import lossreport
from lossreport.analysis import siblings

FACTOR = 2
IN_ALL, OF_ONE = 1.15, 1.4
"""Calls of all functions, and of one, beyond what twice the input explains: the former by a few
steps of sorting, the latter by what begins at some size.
"""
COUNTED = 1000
"""Calls of one function from which its growth is looked at: a square of sixty has 3,600."""


def rows(seed: int, count: int = 14) -> str:
    """A log that falls, with a spike that all runs have at one step and values of its own."""
    return "".join(
        f"step {i} loss {(9 if i == 10 else 1) * (2 + seed / 50) * 0.9**i:.5f}\n"
        for i in range(count)
    )


def runs_in_one_folder(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"a{number:04d}.log").write_text(rows(number))


def files_of_no_rows(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    (folder / "train.log").write_text(rows(0))
    for number in range(count):
        (folder / f"{'abcdefgh'[number % 8]}{'xyz'[number % 3] * number}.txt").write_text("a b\n")


def metrics(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    (folder / "train.log").write_text(
        "".join(
            f"step {i} " + " ".join(f"m{k}_loss={3 * 0.9**i + k:.4f}" for k in range(count)) + "\n"
            for i in range(14)
        )
    )


def calls(folder: Path) -> dict[tuple[str, int, str], int]:
    """Return how often each function was called from the files to the JSON."""
    profile = cProfile.Profile()
    profile.enable()
    report = lossreport.compose(lossreport.analyze(lossreport.read_runs([folder])))
    lossreport.render(report, "json")
    profile.disable()
    return {place: found[1] for place, found in pstats.Stats(profile).stats.items()}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("write", "count"),
    [(runs_in_one_folder, 30), (files_of_no_rows, 60), (metrics, 10)],
)
def test_twice_as_much_is_twice_the_work(
    write: Callable[[Path, int], None],
    count: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(siblings, "WITNESSES", 5)
    for number, size in enumerate((4, count, FACTOR * count)):
        write(tmp_path / str(number), size)
    calls(tmp_path / "0")  # patterns are compiled and caches filled
    once, twice = calls(tmp_path / "1"), calls(tmp_path / "2")
    grown = {
        place: (once.get(place, 0), made)
        for place, made in twice.items()
        if made > COUNTED and made > FACTOR * OF_ONE * once.get(place, 0)
    }
    assert grown == {}
    assert sum(twice.values()) <= FACTOR * IN_ALL * sum(once.values())
