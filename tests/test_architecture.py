"""Data flows one way: a module imports from lower floors or its own room only; only `charts` draws.
See the design, "Floors".
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "lossreport"
FLOORS = {
    **dict.fromkeys(
        (
            "text",
            "overlay",
            "words",
            "errors",
            "registry",
            "regex",
            "resources",
            "values",
            "progress",
            "alone",
        ),
        0,
    ),
    **dict.fromkeys(("model", "writing", "options"), 1),
    **dict.fromkeys(("reading", "knowledge", "curves"), 2),
    **dict.fromkeys(("analysis", "gate"), 3),
    # kinds and thresholds are declared by the detectors
    **dict.fromkeys(("settings", "settings_file"), 4),
    "checking": 4,
    "compose": 4,
    "charts": 5,
    "render": 6,
    "store": 7,
    "api": 8,
    **dict.fromkeys(
        (
            "batch",
            "compare",
            "index",
            "integrations",
            "lint",
            "starting",
            "tickets",
            "verify",
        ),
        9,
    ),
    **dict.fromkeys(("cli", "__main__", "console", "run"), 10),
}
MAY_NOT_SEE = {
    **{room: {"reading", "analysis", "knowledge", "compose"} for room in ("render", "charts")},
    "checking": {"analysis", "curves", "knowledge", "reading", "settings", "settings_file"},
}
EXCEPTIONS = {
    ("__init__", "api"),  # the package loads its functions when one is first used
    ("__init__", "integrations"),  # and `watch` likewise
    ("__main__", "cli"),
    ("model", "api"),  # a report in the cell of a notebook draws itself
    ("batch", "console"),  # a batch shows how far it is
    ("index", "compare"),  # the seeds of one configuration are known the same way
    ("cli", "console"),  # the commands that show, and what a terminal sees of a build
    ("options", "model"),  # the type of a fact
    ("settings", "settings_file"),  # the form of the file is checked where it is read
    ("words", "text"),
    ("text", "regex"),
    ("text", "values"),
    ("text", "overlay"),
    ("registry", "errors"),
    ("resources", "errors"),
    ("progress", "values"),
}
"""The only steps within a floor."""
VERSION = "lossreport.__version__"
"""The one name of the package itself that every room may import."""


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            plain = node.module == "lossreport"
            yield from (
                (node.lineno, f"{node.module}.{alias.name}" if plain else str(node.module))
                for alias in node.names
            )


def breaks(room: str, name: str) -> str:
    """Return why `room` may not import `name`, or an empty string."""
    package, _, rest = name.partition(".")
    if package == "matplotlib" and room != "charts":
        return "only charts imports matplotlib"
    if name == "re" and room != "regex":
        return "patterns are compiled when they are used: from lossreport import regex as re"
    other = rest.partition(".")[0]
    if package != "lossreport" or name == VERSION or other == room or (room, other) in EXCEPTIONS:
        return ""
    if other not in FLOORS:
        return f"no floor is known for {name}"
    if FLOORS[other] >= FLOORS.get(room, -1) or other in MAY_NOT_SEE.get(room, ()):
        return f"{room} may not see {other}"
    return ""


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_a_module_imports_from_lower_floors_or_its_own_room(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    found = [
        (line, breaks(room, name))
        for line, name in imported(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert [f"{path}:{line}: {why}" for line, why in found if why] == []


@pytest.mark.parametrize(
    ("room", "name"),
    [
        ("reading", "lossreport.knowledge.loss_type"),
        ("knowledge", "lossreport.reading.kit.names"),
        ("model", "lossreport.settings"),
        ("text", "lossreport.model.run"),
        ("analysis", "lossreport.compose.section"),
        ("render", "lossreport.analysis.analyze"),
        ("charts", "lossreport.knowledge.loss_type"),
        ("render", "matplotlib.pyplot"),
        ("reading", "re"),
        ("compose", "lossreport.cli"),
        ("compose", "lossreport.somewhere"),
        ("checking", "lossreport.analysis.detectors.spike"),
        ("checking", "lossreport.curves.stats"),
    ],
)
def test_the_check_sees_a_tunnel(room: str, name: str) -> None:
    assert breaks(room, name)
