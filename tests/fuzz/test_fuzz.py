"""Whatever is done to a log, the program reads it or says why not: what broke once, and a short run
over fresh mutations.

The long run is `PYTHONPATH=tests python -m fuzz.run`; see CONTRIBUTING.md. `-m "not fuzz"` leaves
the short one out.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from fuzz.drawn import explore
from fuzz.kits import KITS
from fuzz.mutations import (
    CHANGES,
    ODD,
    Fault,
    Page,
    corpus,
    execute,
    inputs,
    mutated,
    read,
    samples,
    whole,
)

pytestmark = pytest.mark.fuzz
SEED = 20
READ, WHOLE, PARTS = 300, 16, 4
DRAWN = 15
"""Files of each kit."""
"""Executions of the short run: of reading about 30 a second, of the whole pipeline one."""


@pytest.mark.parametrize(
    "broken", list(corpus()), ids=lambda broken: f"{broken[0]}-{broken[1].rpartition('/')[2]}"
)
def test_what_broke_once_is_read_or_refused_in_words(broken: tuple[int, str, bytes]) -> None:
    number, name, content = broken
    assert execute(name, content, number, whole) is None


@pytest.mark.parametrize("part", range(PARTS))
def test_mutated_logs_are_read_or_refused_in_words(part: int) -> None:
    faults = [
        execute(name, content, number, read)
        for number, name, content in inputs(SEED, part * READ // PARTS, (part + 1) * READ // PARTS)
    ]
    assert [fault for fault in faults if fault] == []


@pytest.mark.parametrize("kit", KITS)
def test_what_stands_in_the_places_of_a_grammar_is_read_or_refused_in_words(kit: str) -> None:
    explore(KITS[kit], DRAWN)


@pytest.mark.parametrize("part", range(PARTS))
def test_reports_are_made_of_what_was_read(part: int) -> None:
    faults = [
        execute(name, content, number, whole)
        for number, name, content in inputs(
            SEED + 1, part * WHOLE // PARTS, (part + 1) * WHOLE // PARTS
        )
    ]
    assert [fault for fault in faults if fault] == []


def test_a_seed_and_a_number_give_the_same_input() -> None:
    assert list(inputs(3, 10, 14)) == [*inputs(3, 10, 12), *inputs(3, 12, 14)]


def test_every_change_changes_something() -> None:
    content = samples()[0][1]
    for change in CHANGES:
        assert any(change(content, random.Random(number)) != content for number in range(40)), (
            change
        )
    assert len({mutated(content, random.Random(number)) for number in range(50)}) > 40
    assert len(set(ODD)) == len(ODD)


def test_a_fault_is_seen(tmp_path: Path) -> None:
    def fail(_: Path) -> None:
        raise KeyError("step")

    fault = execute("a/b.log", b"x", 7, fail)
    assert fault == Fault("a/b.log", 7, "KeyError: 'step'", "")


def test_a_page_that_acts_or_is_badly_nested_is_seen() -> None:
    assert (
        Page(
            "<p>a<br><svg><path d='x'/></svg><a href='https://x'>b</a></p><script "
            "type='application/json'>{}</script>"
        ).active
        == []
    )
    for page in (
        "<script>1</script>",
        "<b onclick=x>",
        "<a href='javascript:x'>",
        "<img src='https://x'>",
        "<iframe>",
        "<a href=' data:x'>",
    ):
        assert Page(page).active, page
    assert Page("<p><b></p></b>").wrong
    assert Page("<p id=a></p><b id=a></b>").wrong == ["id a twice"]
    assert Page("<div>").wrong == ["<div> is not closed"]
