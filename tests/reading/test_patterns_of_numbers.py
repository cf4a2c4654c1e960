"""What a pattern hands straight to `float` or `int` is a number: `[\\d.]+` also fits `0.002.`, and a
line torn so must cost itself, not its file.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import lossreport
from lossreport.reading.formats.metriclogger_text import meters
from lossreport.reading.formats.nanogpt_text import facts

PACKAGE = Path(lossreport.__file__).parent
SIGNS, LONGEST = "1.-+e,:/", 5
GROUP = re.compile(r"\(\?P<(\w+)>")


@cache
def words() -> tuple[str, ...]:
    return tuple(
        "".join(signs)
        for length in range(1, LONGEST + 1)
        for signs in itertools.product(SIGNS, repeat=length)
    )


def converted(path: Path) -> set[tuple[str, str]]:
    """Return (function, group) of every `float(match["group"])` and `int(match["group"])`."""
    return {
        (call.func.id, call.args[0].slice.value)
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("float", "int")
        and len(call.args) == 1
        and isinstance(call.args[0], ast.Subscript)
        and isinstance(call.args[0].slice, ast.Constant)
        and isinstance(call.args[0].slice.value, str)
    }


def patterns(module: ModuleType) -> Iterator[re.Pattern[str]]:
    """Yield the patterns of text that a module holds, also those in its tables."""
    waiting: list[object] = list(vars(module).values())
    while waiting:
        held = waiting.pop()
        if isinstance(held, tuple | list):
            waiting += held
        elif isinstance(held, dict):
            waiting += held.values()
        elif isinstance(getattr(held, "pattern", None), str) and hasattr(held, "fullmatch"):
            yield held  # type: ignore[misc]


def groups(pattern: str) -> Iterator[tuple[str, str]]:
    """Yield the named groups of a pattern: their name and what stands in them."""
    for begin in GROUP.finditer(pattern):
        at, depth, in_class = begin.end(), 1, False
        while depth:
            sign = pattern[at]
            at += 2 if sign == "\\" else 1
            if in_class:
                in_class = sign != "]"
            elif sign == "[":
                in_class = True
                at += len(re.match(r"\^?\]?", pattern[at:])[0])  # type: ignore[index]
            else:
                depth += {"(": 1, ")": -1}.get(sign, 0)
        yield begin[1], pattern[begin.end() : at - 1]


def no_numbers(function: str, text: str, flags: int) -> list[str]:
    """Return some words that a group fits and that the function refuses."""
    read = {"float": float, "int": int}[function]
    kept = flags & (re.IGNORECASE | re.VERBOSE | re.ASCII)
    try:
        fits = re.compile(text, kept).fullmatch
    except re.error:  # it looks back at another group
        return []
    refused = []
    for word in filter(fits, words()):
        try:
            read(word)
        except ValueError:
            refused.append(word)
    return refused[:3]


MODULES = sorted(path for path in (PACKAGE / "reading").rglob("*.py") if converted(path))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_what_a_pattern_hands_to_float_or_int_is_a_number(path: Path) -> None:
    name = ".".join(("lossreport", *path.relative_to(PACKAGE).with_suffix("").parts))
    held = {
        (group, text, pattern.flags)
        for pattern in patterns(importlib.import_module(name))
        for group, text in groups(pattern.pattern)
    }
    wrong = {
        f"{function}({group}): {text}": refused
        for function, converts in converted(path)
        for group, text, flags in held
        if group == converts and (refused := no_numbers(function, text, flags))
    }
    assert wrong == {}


def test_a_group_that_fits_more_than_numbers_is_seen() -> None:
    ((name, text),) = groups(r"x: (?P<first>\d[\d.]*(?:e[-+]?\d+)?)\)")
    assert name == "first"
    assert no_numbers("float", text, 0) == ["1..", "11..", "1.1."]
    assert no_numbers("float", r"\d++(?:\.\d*+)?", 0) == []
    assert no_numbers("int", r"\d+(?:\.\d+)?", 0) == ["1.1", "11.1", "1.11"]


@pytest.mark.parametrize("torn", ["0.00200.", "1.2.3", "1..2", "1.5 (1.5.1)"])
def test_a_meter_of_no_number_is_left_out_and_the_others_stay(torn: str) -> None:
    assert [meter.name for meter in meters(f"lr: {torn}  loss: 3.9451 (4.0788)")] == ["loss"]


def test_a_meter_whose_point_ends_it_is_a_number() -> None:
    assert [meter.first for meter in meters("loss: 3. (4.)")] == [3.0]


@pytest.mark.parametrize(
    ("printed", "count"),
    [("123.59", 123_590_000), ("1,234.5", 1_234_500_000), ("nan", None), ("1e400", None)],
)
def test_a_count_that_is_not_finite_is_no_count(printed: str, count: int | None) -> None:
    assert dict(facts(f"number of parameters: {printed}M")).get("n_parameters") == count
