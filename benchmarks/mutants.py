"""How many random faults the tests notice: `python benchmarks/mutants.py record [TESTS]`, then
`python benchmarks/mutants.py run N [SEED [ROOM]]`.

`record` runs the tests once under coverage.py and keeps, for every line, which tests went through
it, and how long each took. A mutant is one change of one place that some test runs: a comparison, a
boolean, a number, an operator, a slice, a return. It is written into a copy of the checkout, and
the tests that go through its line run against it, those of its own room and the quick ones first,
for at most 60 s of processor time. The first that fails has killed it. A seed and a number give the
same mutants as long as the sources do not change.
"""

from __future__ import annotations

import ast
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = ROOT / "src" / "lossreport"
KEPT: Final = Path(os.environ.get("LOSSREPORT_MUTANTS", ROOT / ".mutants"))
"""Where the recording lies: `tests.json`."""
SECONDS: Final = 60
"""Processor time of one mutant's tests; more than that is a mutant that hangs, and counts as killed
only where the tests alone take less.
"""
MOST_TESTS: Final = 400
"""Tests run against one mutant."""
LEFT_OUT: Final = "not (chromium or shared or frameworks or fuzz)"
WHOLE: Final = (
    "test_cases.py",
    "test_install.py",
    "test_one_liners.py",
    "test_readme.py",
    "test_shared.py",
    "test_docs.py",
    "examples",
    "fuzz",
)
"""Modules that start programs, where coverage sees nothing."""
COMPARED: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
COUNTED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


# ------------------------------------------------------------- the recording, as a plugin of pytest
class Recorder:
    """Tells coverage.py which test runs, and keeps the time of each."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.unsound: set[str] = set()
        """Tests that failed or were skipped: they tell nothing of a mutant."""

    def pytest_runtest_setup(self, item: Any) -> None:
        import coverage

        current = coverage.Coverage.current()
        if current is not None:
            current.switch_context(item.nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if not report.passed:
            self.unsound.add(report.nodeid)


def record(arguments: list[str]) -> None:
    """Run the tests, or those that `arguments` name, and add what they went through to the
    recording.
    """
    import coverage
    import pytest

    KEPT.mkdir(exist_ok=True)
    measured = coverage.Coverage(data_file=None, source=[str(PACKAGE)])
    recorder = Recorder()
    measured.start()
    ignored = [f"--ignore={ROOT / 'tests' / name}" for name in WHOLE]
    pytest.main(
        [
            "-q",
            "-n",
            "0",
            "-m",
            LEFT_OUT,
            "-p",
            "no:cacheprovider",
            *ignored,
            *(arguments or ["tests"]),
        ],
        plugins=[recorder],
    )
    measured.stop()
    data = measured.get_data()
    known = _recorded() if (KEPT / "tests.json").is_file() else {"seconds": {}, "lines": {}}
    known["seconds"].update(recorder.seconds)
    for file in data.measured_files():
        name = Path(file).relative_to(PACKAGE).as_posix()
        lines = known["lines"].setdefault(name, {})
        for line, contexts in data.contexts_by_lineno(file).items():
            lines[str(line)] = sorted(
                {*lines.get(str(line), ()), *filter(None, contexts)} - recorder.unsound
            )
    (KEPT / "tests.json").write_text(json.dumps(known), encoding="utf-8")


def _recorded() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((KEPT / "tests.json").read_text(encoding="utf-8"))
    return loaded


# -------------------------------------------------------------------------------------- the mutants
@dataclass(frozen=True)
class Mutant:
    """One change: the file below the package, its 1-based line, the kind of change, and the text
    from `start` to `end` (bytes) that `new` replaces.
    """

    file: str
    line: int
    kind: str
    start: int
    end: int
    new: str


def mutants(file: str, text: str) -> Iterator[Mutant]:
    """Yield every mutant of a module, in the order of its text."""
    raw = text.encode()
    starts = [0]
    for piece in raw.splitlines(keepends=True):
        starts.append(starts[-1] + len(piece))
    for node in _code(ast.parse(text)):
        for kind, changed in _changes(node):
            begin, stop = (
                starts[node.lineno - 1] + node.col_offset,
                starts[node.end_lineno - 1] + node.end_col_offset,
            )
            yield Mutant(
                file,
                node.lineno,
                kind,
                begin,
                stop,
                f"({ast.unparse(changed)})"
                if isinstance(changed, ast.expr)
                else ast.unparse(changed),
            )


def _code(tree: ast.AST) -> Iterator[Any]:
    """Yield the nodes that run: no annotations, no texts, no patterns, no docstrings."""
    for node in ast.iter_child_nodes(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("Text", "TypeVar")
        ):
            continue
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                yield node.value
                yield from _code(node.value)
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.arg):
            continue
        if isinstance(node, ast.JoinedStr):  # its parts have no place of their own in every version
            continue
        yield node
        yield from _code(node)


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in COMPARED[type(node.ops[0])]:
            edge = {type(node.ops[0]), other} in ({ast.Lt, ast.LtE}, {ast.Gt, ast.GtE})
            yield (
                ("edge" if edge else "comparison"),
                ast.Compare(node.left, [other()], node.comparators),
            )
    elif isinstance(node, ast.BoolOp):
        yield (
            "and/or",
            ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values),
        )
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not", node.operand
    elif (
        isinstance(node, ast.BinOp)
        and type(node.op) in COUNTED
        and not isinstance(node.left, ast.Constant | ast.JoinedStr | ast.List | ast.Tuple)
    ):
        yield "operator", ast.BinOp(node.left, COUNTED[type(node.op)](), node.right)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "boolean", ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield (
            "number",
            ast.Constant(
                node.value + 1
                if node.value in (0, 1) or isinstance(node.value, int)
                else node.value * 2
            ),
        )
    elif isinstance(node, ast.IfExp):
        yield "branch", ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    elif (
        isinstance(node, ast.Return)
        and node.value is not None
        and not (isinstance(node.value, ast.Constant) and node.value.value is None)
    ):
        yield "return", ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Continue):
        yield "continue", ast.Break()


def chosen(number: int, seed: int, room: str) -> list[Mutant]:
    """Return so many mutants; every line of the room that can be changed has the same chance."""
    by_line: dict[tuple[str, int], list[Mutant]] = defaultdict(list)
    for path in sorted((PACKAGE / room).rglob("*.py")):
        file = path.relative_to(PACKAGE).as_posix()
        for mutant in mutants(file, path.read_text(encoding="utf-8")):
            by_line[file, mutant.line].append(mutant)
    rng = random.Random(seed)
    places = rng.sample(sorted(by_line), number)
    return [rng.choice(by_line[place]) for place in places]


def tests_of(mutant: Mutant, recorded: dict[str, Any]) -> list[str]:
    """Return the tests that go through the line of a mutant, those of its own room first, then the
    quick ones.

    A line that runs when its module is imported belongs to no test: all that go through the module
    may see it.
    """
    lines = recorded["lines"].get(mutant.file, {})
    at_import = str(mutant.line) in lines and not lines[str(mutant.line)]
    found = (
        sorted({test for tests in lines.values() for test in tests})
        if at_import
        else lines.get(str(mutant.line), [])
    )
    room = f"tests/{mutant.file.split('/')[0].removesuffix('.py')}"
    seconds = recorded["seconds"]
    listed = sorted(found, key=lambda test: (not test.startswith(room), seconds.get(test, 1.0)))
    taken, spent = [], 0.0
    for test in listed[:MOST_TESTS]:
        spent += seconds.get(test, 1.0)
        if spent > SECONDS and taken:
            break
        taken.append(test)
    return taken


@contextmanager
def copied() -> Iterator[Path]:
    """Yield a copy of the checkout in which mutants are written; logs are linked."""
    with tempfile.TemporaryDirectory(prefix="lossreport-mutants-") as folder:
        copy = Path(folder)
        for path in ROOT.iterdir():
            if path.name in ("src", "tests", "templates", "docs", "examples", ".github", ".ci"):
                shutil.copytree(
                    path, copy / path.name, ignore=shutil.ignore_patterns("__pycache__", "gallery")
                )
            elif path.is_file():
                shutil.copy(path, copy / path.name)
        (copy / "sample_logs").symlink_to(ROOT / "sample_logs")
        yield copy


def outcome(mutant: Mutant, tests: list[str], copy: Path) -> str:
    """Return killed, survived or hangs: what the tests say of the package with this mutant."""
    place = copy / "src" / "lossreport" / mutant.file
    raw = place.read_bytes()
    place.write_bytes(raw[: mutant.start] + mutant.new.encode() + raw[mutant.end :])
    try:
        return _run(copy, tests)
    finally:
        place.write_bytes(raw)


def _run(copy: Path, tests: list[str]) -> str:
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        *tests,
    ]
    limit = 2 * SECONDS
    done = subprocess.run(
        command,
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit)),
    )
    if done.returncode < 0:
        return "hangs"
    return {0: "survived", 1: "killed", 2: "killed"}.get(done.returncode) or _refused(
        done.stdout + done.stderr
    )


def _refused(said: str) -> str:
    """Return killed where the package can no longer be imported, for then pytest finds no tests;
    raises RuntimeError where pytest itself does not run.
    """
    if "Error" not in said:
        raise RuntimeError(f"pytest did not run: {said[-500:]}")
    return "killed"


def run(number: int, seed: int, room: str) -> None:
    """Make the mutants of a room, one after the other, and print the table; an empty room is the
    whole package.
    """
    recorded = _recorded()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    with copied() as copy:
        for mutant in chosen(number, seed, room):
            tests = tests_of(mutant, recorded)
            begun = time.monotonic()
            said = outcome(mutant, tests, copy) if tests else "unseen"
            old = (PACKAGE / mutant.file).read_bytes()[mutant.start : mutant.end].decode()
            where = f"{mutant.file}:{mutant.line} {mutant.kind}: {old!r} -> {mutant.new!r}"
            print(
                f"{said:9} {where} ({len(tests)} tests, {time.monotonic() - begun:.0f} s)",
                flush=True,
            )
            counts[mutant.kind][said] += 1
            counts["all"][said] += 1
    for kind, found in sorted(counts.items(), key=lambda one: one[0] == "all"):
        killed, made = found["killed"] + found["hangs"], sum(found.values())
        print(
            f"| {kind} | {made} | {killed} | {found['survived']} | {found['unseen']} | "
            f"{killed / made:.0%} |"
        )


if __name__ == "__main__":
    if sys.argv[1] == "record":
        record(sys.argv[2:])
    else:
        run(
            int(sys.argv[2]),
            int(sys.argv[3]) if len(sys.argv) > 3 else 1,
            sys.argv[4] if len(sys.argv) > 4 else "",
        )
