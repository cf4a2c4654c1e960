"""No pattern of the package takes more time than in proportion to its text: a hostile line must not
cost seconds.

Every compiled pattern, wherever it is held, is tried on texts made to hurt it: runs of what its own
repeats can see, behind what leads to them, with a tail that does not match; and words that it
nearly matches, over and over. What grows with the text is looked at closer, by doubling: only
growth counts, not the speed of the machine.

`PYTHONPATH=tests python tests/reading/test_patterns_are_linear.py` prints how the time of the
slowest patterns grows from 128 B to 64 kB.
"""

import ast
import importlib
import pkgutil
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any

import pytest

import lossreport
from lossreport.knowledge.loss_type import GENERIC, classify
from lossreport.model.run import LONGEST_NAME
from lossreport.reading.lines.row import pieces, text_row
from lossreport.reading.lines.tokens import LONGEST, LONGEST_NUMBER, tokens
from lossreport.reading.privacy.known import known
from lossreport.regex import LazyPattern

PACKAGE = Path(lossreport.__file__).parent
SEARCHING = ("search", "match", "fullmatch")
METHODS = {
    "match": "match",
    "fullmatch": "fullmatch",
    **dict.fromkeys(("search", "finditer", "findall", "sub", "subn", "split", "scanner"), "search"),
}
"""What a method of a pattern does to a text: it begins at the start, or anywhere."""
FIRST, CHEAP = 2048, 0.002
"""Characters of the first try, and seconds of it below which no square can hide: at a nanosecond a
step it would take as long, most take five.
"""
NAME_COST = 0.004
"""Seconds that a question about a name may take; a few hundred names are asked about, once each."""
STEPS_UP = (24, 32, 48, 64, 256)
"""Sizes before the first try, each with time to spare, so that a cube or worse is seen before it
hangs the test.
"""
PARTS = 4
"""What is tried side by side."""
LARGEST = 64 * 1024
GROWS, IN_A_ROW, FLOOR = 3.0, 3, 0.05
"""A pattern fails whose time grows by more than three at each of three doublings in a row (a
square: four), and exceeds 50 ms there.
"""
CALM = 2.6
"""What grows by less twice in a row is in proportion to the text, with something to spare for the
machine.
"""
LEAPS = 30
"""Growth at one doubling beyond any fourth power: the next one might take for ever."""
GIVEN_UP = 1.0
"""Seconds after which no longer text is tried: what grew steeply up to there fails as well."""
PUMPS = (
    "1",
    "a",
    " ",
    "/",
    ":",
    "=",
    ".",
    "-",
    "_",
    "[",
    "(",
    "\t",
    "<",
    '"',
    "\\",
    "a a ",
    "1/1",
    "1.1",
    "1,111",
    "= = ",
    "a=1 ",
    "a: 1 ",
    "| a ",
    "a.a/",
    "1:1",
    "A", "+", ",", ";", "|", "]", ")", "{", "}", ">", "'", "#", "*", "%", "@", "e", "x", "é", "训", "\n", "\u3000",
    "0.0,", "a/", "-0", "0e", "a_", "- ", "a-b ", "[a] ", "=a", "'a': 0, ",
)  # fmt: skip
TAILS = ("\x00", "")
LEAST_REPEAT = 256
"""Repeats that end before are constants."""
NAMES = "names"
FIELDS = {
    "LossType.names": NAMES,
    "Compiled.head": "match",
    **{
        f"Compiled.{name}": NAMES
        for name in ("_instant", "_metrics", "_left_out", "_hollow", "_requires")
    },
}
"""What is done with the patterns of a field; those of `NAMES` are held against whole names, of
which the code takes none longer than `LONGEST_NAME`.
"""


# The patterns


def modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(lossreport.__path__, "lossreport."):
        if not info.name.endswith("__main__"):
            yield importlib.import_module(info.name)


def held(thing: object, seen: set[int], field: str = "") -> Iterator[tuple[re.Pattern[str], str]]:
    """Yield the patterns that a thing holds, in its items, its fields, what its functions have
    closed over; and the field.
    """
    thing = thing.compiled if isinstance(thing, LazyPattern) else thing
    if isinstance(thing, re.Pattern):
        yield thing, field
    if id(thing) in seen or isinstance(thing, re.Pattern):
        return
    seen.add(id(thing))
    if isinstance(thing, dict):
        for one in (*thing.keys(), *thing.values()):
            yield from held(one, seen, field)
    elif isinstance(thing, tuple | list | set | frozenset):
        for one in thing:
            yield from held(one, seen, field)
    elif isinstance(thing, MethodType):
        yield from held(thing.__self__, seen)
    elif isinstance(thing, FunctionType):
        for cell in (thing.__closure__ or ()) if thing.__module__.startswith("lossreport") else ():
            yield from held(cell.cell_contents, seen)
    elif type(thing).__module__.startswith("lossreport"):
        cached = [
            name for name, one in vars(type(thing)).items() if isinstance(one, cached_property)
        ]
        for name in {*getattr(thing, "__dict__", ()), *fields_of(thing), *cached}:
            yield from held(getattr(thing, name), seen, f"{type(thing).__name__}.{name}")


def fields_of(thing: object) -> tuple[str, ...]:
    return tuple(getattr(type(thing), "__dataclass_fields__", ()))


@cache
def uses(tree_of: str) -> dict[str, set[str]]:
    """Return how the names of a module are used, by name: the methods called on them, "" for
    anything else than to call one.
    """
    tree, found = (
        ast.parse(Path(tree_of).read_text(encoding="utf-8")),
        defaultdict[str, set[str]](set),
    )
    called = {
        id(node.value): METHODS[node.attr]
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in METHODS
    }
    composed = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "pattern"
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and id(node) not in composed
        ):
            found[node.id].add(called.get(id(node), ""))
    return found


def inline(module: ModuleType) -> Iterator[tuple[re.Pattern[str], str]]:
    """Yield the patterns that are written where they are used, and how."""
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        text, of = node.args[0], node.func.value
        if (
            isinstance(of, ast.Name)
            and of.id == "re"
            and node.func.attr in METHODS
            and isinstance(text, ast.Constant)
        ):
            flags = re.IGNORECASE if "IGNORECASE" in ast.dump(node) else re.NOFLAG
            yield re.compile(text.value, flags), METHODS[node.func.attr]


@cache
def collected() -> dict[re.Pattern[str], tuple[str, frozenset[str]]]:
    """Return every pattern with text, the place where it was found first, and what is done with
    it.
    """
    places: dict[re.Pattern[str], str] = {}
    done = defaultdict[re.Pattern[str], set[str]](set)
    seen: set[int] = set()
    for rule in known():
        places[rule.pattern.compiled], done[rule.pattern.compiled] = (
            f"gitleaks: {rule.id}",
            {"search"},
        )  # type: ignore[attr-defined]
    for module in modules():
        for name, thing in list(vars(module).items()):
            if isinstance(thing, ModuleType) or name.startswith("__"):
                continue
            thing = thing.compiled if isinstance(thing, LazyPattern) else thing
            if isinstance(thing, re.Pattern):
                done[thing] |= uses(str(module.__file__)).get(name, set())
                places.setdefault(thing, f"{module.__name__}:{name}")
                continue
            for pattern, field in held(thing, seen):
                done[pattern].add(FIELDS.get(field, ""))
                places.setdefault(pattern, f"{module.__name__}:{name}")
        for pattern, how in inline(module):
            done[pattern].add(how)
            places.setdefault(pattern, f"{module.__name__}: in a function")
    return {
        pattern: (
            place,
            frozenset(done[pattern] if "" not in done[pattern] else SEARCHING)
            or frozenset(SEARCHING),
        )
        for pattern, place in places.items()
    }


# Texts made to hurt a pattern


def parsed(pattern: re.Pattern[str]) -> Any:
    text = (
        pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    )
    return importlib.import_module("re._parser").parse(text, pattern.flags & ~re.DEBUG)


def sample(node: Any) -> list[str]:
    """Return a few characters of a set, its shortest spelling first."""
    name, value = str(node[0]), node[1]
    if name == "LITERAL":
        return [chr(value)]
    if name == "NOT_LITERAL":
        return [one for one in ("a", "1", " ") if ord(one) != value]
    if name == "ANY":
        return ["a", " ", "1"]
    if name == "IN":
        return [one for one in CANDIDATES if is_in(value, one)][:4] or [first_of(value)]
    return []


CANDIDATES = ("1", "a", " ", "/", ":", "=", ".", "-", "_", "[", "|", "━", "一", ",", '"', "(")
CATEGORIES: dict[str, Callable[[str], bool]] = {
    "DIGIT": str.isdigit,
    "SPACE": str.isspace,
    "WORD": lambda one: one.isalnum() or one == "_",
}


def is_in(items: Any, one: str) -> bool:
    negated, inside = False, False
    for kind, value in items:
        name = str(kind)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            inside |= ord(one) == value
        elif name == "RANGE":
            inside |= value[0] <= ord(one) <= value[1]
        elif name == "CATEGORY":
            _, _, what = str(value).partition("CATEGORY_")
            inside |= (
                not CATEGORIES[what[4:]](one) if what.startswith("NOT_") else CATEGORIES[what](one)
            )
    return inside != negated


def first_of(items: Any) -> str:
    kind, value = items[-1]
    return (
        chr(value if str(kind) == "LITERAL" else value[0])
        if str(kind) in ("LITERAL", "RANGE")
        else "a"
    )


def witness(nodes: Any) -> str:
    """Return a short text that a sequence of nodes takes, as far as it can be told."""
    return "".join(map(_witness, nodes))


def _witness(node: Any) -> str:
    name, value = str(node[0]), node[1]
    if chars := sample(node):
        return chars[0]
    if name == "SUBPATTERN":
        return witness(value[-1])
    if name == "ATOMIC_GROUP":
        return witness(value)
    if name == "BRANCH":
        return witness(value[1][0])
    if "REPEAT" in name:
        return witness(value[2]) * min(value[0], 3)
    return ""


def repeats(nodes: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (what leads to it, its body) of every long repeat, to any depth."""
    for node in nodes:
        name, value = str(node[0]), node[1]
        if "REPEAT" in name:
            if value[1] >= LEAST_REPEAT:
                yield before, value[2]
            yield from repeats(value[2], before)
        elif name == "SUBPATTERN":
            yield from repeats(value[-1], before)
        elif name == "ATOMIC_GROUP":
            yield from repeats(value, before)
        elif name == "BRANCH":
            for branch in value[1]:
                yield from repeats(branch, before)
        elif name in ("ASSERT", "ASSERT_NOT"):
            yield from repeats(value[1], before)
        before += _witness(node)


def near_misses(tree: Any) -> list[str]:
    """Return words that a pattern takes, of several of its branches, every repeat once at least."""
    return list(dict.fromkeys(_word(tree, random.Random(seed)) for seed in range(4)))


def _word(nodes: Any, choice: random.Random) -> str:
    return "".join(_part(node, choice) for node in nodes)


def _part(node: Any, choice: random.Random) -> str:
    name, value = str(node[0]), node[1]
    if name == "BRANCH":
        return _word(choice.choice(value[1]), choice)
    if "REPEAT" in name:
        return _word(value[2], choice) * min(max(value[0], 1), 3)
    if name in ("SUBPATTERN", "ATOMIC_GROUP"):
        return _word(value[-1] if name == "SUBPATTERN" else value, choice)
    return _witness(node)


def pumps(body: Any) -> list[str]:
    """Return texts that a repeat takes again and again."""
    if len(body) == 1 and (chars := sample(body[0])):
        return chars
    found = [witness(body)]
    if len(body) == 1 and str(body[0][0]) == "BRANCH":
        found += [witness(branch) for branch in body[0][1][1]]
    if len(body) == 1 and str(body[0][0]) == "SUBPATTERN":
        found += pumps(body[0][1][-1])
    return [one for one in found if one]


def attacks(pattern: re.Pattern[str]) -> list[tuple[str, str, str]]:
    """Return (beginning, what is repeated, end) of the texts that a pattern is tried on."""
    tree = parsed(pattern)
    found = [("", one, "\x00") for one in PUMPS]
    found += [
        ("", one, tail)
        for word in near_misses(tree)
        for one in (word, word[:-1], word[1:], f"{word} ")
        if one
        for tail in ("\x00", "\n")
    ]
    for before, body in repeats(tree):
        for one in pumps(body):
            found += [(before, one, tail) for tail in TAILS]
            if before:
                found += [
                    ("", before + one, "\x00"),
                    ("", before, "\x00"),
                    (before + one * 40, before, "\x00"),
                ]
    return list(dict.fromkeys(found))


def text_of(attack: tuple[str, str, str], size: int) -> str:
    before, pump, tail = attack
    return before + pump * max(1, (size - len(before) - len(tail)) // len(pump)) + tail


# Time


def seconds(call: Callable[[str], object], text: str, tries: int = 1) -> float:
    best = float("inf")
    for _ in range(tries):
        start = time.process_time()
        call(text)
        best = min(best, time.process_time() - start)
    return best


def is_cheap(call: Callable[[str], object], attack: tuple[str, str, str]) -> bool:
    for size in STEPS_UP:
        if seconds(call, text_of(attack, size)) > CHEAP / 4:
            return False
    return seconds(call, text_of(attack, FIRST)) < CHEAP


def costly(call: Callable[[str], object], attack: tuple[str, str, str]) -> str:
    return "" if is_cheap(call, attack) else growth(call, attack)


def growth(call: Callable[[str], object], attack: tuple[str, str, str]) -> str:
    """Return how the time grows where it grows more than in proportion to the text, else
    nothing.
    """
    before, size, times, steep, calm = 0.0, 16, [], 0, 0
    while size <= LARGEST:
        now = seconds(call, text_of(attack, size), 3 if before < CHEAP else 2)
        steep = steep + 1 if before > 0 and now > GROWS * before else 0
        calm = calm + 1 if now < CALM * before else 0
        times.append(f"{size}: {now:.4f} s")
        if steep >= IN_A_ROW and now > FLOOR:
            return ", ".join(times[-IN_A_ROW - 1 :])
        if now > CHEAP / 10 and now > LEAPS * before > 0:
            return ", ".join(times[-2:])
        if calm >= 2 and size > FIRST:
            return ""
        if now > GIVEN_UP:
            return ", ".join(times[-2:]) if steep else ""
        before, size = now, 2 * size
    return ""


def too_slow(pattern: re.Pattern[str], methods: Iterable[str]) -> list[str]:
    found = []
    for method in sorted(methods):
        call = pattern.fullmatch if method == NAMES else getattr(pattern, method)
        call = call if isinstance(pattern.pattern, str) else on_bytes(call)
        for attack in attacks(pattern):
            if grown := named(call, attack) if method == NAMES else costly(call, attack):
                found.append(f"{method} of {attack}: {grown}")
                break
    return found


def on_bytes(call: Callable[[bytes], object]) -> Callable[[str], object]:
    return lambda text: call(text.encode())


def named(call: Callable[[str], object], attack: tuple[str, str, str]) -> str:
    """Return how long a name of the greatest length takes, where that is more than a moment."""
    took = seconds(call, text_of(attack, LONGEST_NAME), 1)
    took = seconds(call, text_of(attack, LONGEST_NAME), 3) if took > NAME_COST else took
    return f"{took:.4f} s" if took > NAME_COST else ""


@pytest.mark.parametrize("part", range(PARTS))
def test_no_pattern_takes_more_time_than_in_proportion_to_its_text(part: int) -> None:
    mine = list(collected().items())[part::PARTS]
    slow = [
        f"{place}: {pattern.pattern[:100]!r}: {one}"
        for pattern, (place, how) in mine
        for one in too_slow(pattern, how)
    ]
    assert slow == []


@pytest.mark.parametrize(
    "text",
    [
        r"\d+x",
        r"(?:.*[_-])?loss(?:[_-].*)?",
        r"\s*$",
        r"(?:a|ab|b)*c",
        r"^\s*(\d+)\s+(?:\s*x)?.*?y",
    ],
)
def test_a_pattern_that_looks_at_a_text_again_and_again_is_found(text: str) -> None:
    assert too_slow(re.compile(text), SEARCHING)


@pytest.mark.parametrize(
    "text",
    [r"(?<!\d)\d++x", r"loss: (\d{1,40}+)", r"^\s*+\d{1,18}+/\d{1,18}+\s", r"[^\n]{0,60}?loss"],
)
def test_a_pattern_that_looks_at_every_place_a_few_times_is_not(text: str) -> None:
    assert too_slow(re.compile(text), SEARCHING) == []


def test_nobody_asks_what_a_name_means_that_is_longer_than_any() -> None:
    assert classify("x_" * ((LONGEST_NAME - 4) // 2) + "loss").role == "loss"
    assert classify("x_" * (LONGEST_NAME // 2) + "loss").id == GENERIC


def test_what_lies_beyond_the_limit_of_a_line_is_not_read_and_no_number_is_cut_in_two() -> None:
    line = "loss: 0.5 " + "x " * ((LONGEST - 14) // 2) + " 12345"
    assert len(line) > LONGEST > line.index("12345")
    assert [token.text for token in tokens(line) if token.is_number] == ["0.5"]
    assert [token.text for token in tokens(line[: LONGEST - 5]) if token.is_number] == ["0.5"]
    assert [token.text for token in tokens("loss: 0.5 " + "x" * LONGEST)] == ["loss", ":", "0.5"]


def test_digits_without_end_are_data_and_no_number() -> None:
    assert [
        token.text
        for token in tokens(f"epoch 3/{'1' * (LONGEST_NUMBER + 1)} loss: 0.5")
        if token.is_number
    ] == ["3", "0.5"]
    assert [
        len(token.text) for token in tokens("loss: " + "1" * LONGEST_NUMBER) if token.is_number
    ] == [LONGEST_NUMBER]


@pytest.mark.parametrize(
    "tail",
    [
        "12/12" + " " * 1500,
        "a" * 8000,
        "aB3/" * 2000,
        "1" * 5000,
        "a=1 " * 2000,
        "[" * 8000,
        "1/1/" * 2000,
        "loss: " * 1500,
        "| a " * 2000,
    ],
    ids=lambda tail: tail[:8].strip(),
)
def test_a_hostile_line_costs_no_more_than_in_proportion_to_its_length(tail: str) -> None:
    def read(text: str) -> None:
        for piece in pieces(text):
            text_row(f"epoch 1/20 loss: 0.5 {piece}", dicts=True)

    short = tail[: max(len(tail) // 8, 1)]
    assert seconds(read, tail, 3) < max(4 * 8 * seconds(read, short, 3), FLOOR)


def main() -> None:
    """Print the milliseconds of the slowest patterns for 128 B to 64 kB of the text that hurts them
    most, slowest first.
    """
    found = []
    for pattern, (place, how) in collected().items():
        for method in sorted(how - {NAMES}):
            call = (
                getattr(pattern, method)
                if isinstance(pattern.pattern, str)
                else on_bytes(getattr(pattern, method))
            )
            worst = max(attacks(pattern), key=lambda attack: seconds(call, text_of(attack, FIRST)))
            found.append(
                (
                    seconds(call, text_of(worst, FIRST)),
                    f"{place} {method} {tuple(part[:12] for part in worst)!r}",
                    call,
                    worst,
                )
            )
    print("ms at", *(1 << power for power in range(7, 17)), sep=" | ")
    for _, name, call, worst in sorted(found, key=lambda one: -one[0])[:20]:
        print(
            name,
            *(
                f"{1000 * seconds(call, text_of(worst, 1 << power), 2):.2f}"
                for power in range(7, 17)
            ),
            sep=" | ",
        )
    print(len(collected()), "patterns")


if __name__ == "__main__":
    main()
