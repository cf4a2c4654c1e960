"""A line says one thing: no conditional expression stands inside another. Complexity is ruff's
C901.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "lossreport"


def nested(text: str) -> list[int]:
    """Return the lines of conditional expressions that are a branch, or the question, of
    another.
    """
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.IfExp)]
    return [
        node.lineno
        for node in found
        if any(isinstance(part, ast.IfExp) for part in (node.test, node.body, node.orelse))
    ]


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_no_conditional_expression_stands_inside_another(path: Path) -> None:
    found = nested(path.read_text(encoding="utf-8"))
    assert found == [], f"{path}:{found}: write it as if and return, or name the inner one"


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("a if b else c if d else e", [1]),
        ("(a if b else c) if d else e", [1]),
        ("f(a if b else c)", []),
    ],
)
def test_the_check_sees_one(code: str, lines: list[int]) -> None:
    assert nested(code) == lines
