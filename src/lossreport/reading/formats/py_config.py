"""A configuration written in Python, as MMEngine and MMCV dump it (`vis_data/config.py`):
assignments of literals, of `dict(...)` and of optimisers. Facts.

Nothing in it is run: the file is parsed, and what is no literal is left out. Source: `Config.dump`
of mmengine/config/config.py 0.10.7.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import FactValue
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.parser import Parser, RawFact, Record, RowsRead, Score
from lossreport.text import Text

LARGEST: Final = 1 << 20
"""A configuration above 1 MiB is a program."""
MOST_STATEMENTS: Final = 2000
LONGEST_LIST: Final = 32
SETTINGS: Final = frozenset(
    (
        "train_cfg",
        "optim_wrapper",
        "optimizer",
        "param_scheduler",
        "lr_config",
        "runner",
        "max_epochs",
        "total_epochs",
        "num_epochs",
        "train_dataloader",
        "data",
        "max_iters",
    )
)
"""Names by which a configuration of a training is known."""
MIN_NAMES: Final = 1
OPTIMISERS: Final = re.compile(r"(?:^|\.)optim(?:izers?)?\.[A-Z]\w{0,40}$")
"""Modules of PyTorch and Keras that hold nothing but optimisers."""
TRAINING: Final = ("train", "optim", "max_", "total_", "runner", "lr")
"""What begins the names of the training itself: of several batch sizes that of the training
counts.
"""


def sniff(log: LogFile) -> Score:
    """Claim Python files that hold nothing but assignments, names of a training configuration among
    them.
    """
    if not log.shown.endswith(".py") or not log.head_lines:
        return Score(0.0, "no Python file")
    found = _assignments(log)
    names = SETTINGS & set(found)
    return (
        Score(0.8, f"assignments of {', '.join(sorted(names)[:6])}")
        if len(names) >= MIN_NAMES
        else Score(0.0, "not a configuration of a training")
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield every literal with its line, those of the training first."""
    found = _assignments(log)
    leaves = [leaf for name, node in found.items() for leaf in _leaves(name, node)]
    for name, value, line in sorted(leaves, key=lambda leaf: not leaf[0].startswith(TRAINING)):
        yield RawFact(name, value, line)
    yield RowsRead(0, len(log.text().split("\n")))


def _assignments(log: LogFile) -> dict[str, ast.expr]:
    """Return what is assigned by name; nothing where the file does anything else."""
    text = log.text()
    if len(text) > LARGEST:
        return {}
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    if len(tree.body) > MOST_STATEMENTS or not all(
        isinstance(node, ast.Assign | ast.Import | ast.ImportFrom | ast.Expr) for node in tree.body
    ):
        return {}
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _leaves(name: str, node: ast.expr) -> Iterator[tuple[str, FactValue, int]]:
    """Yield (dotted name, value, line) of the literals below a node."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        for keyword in node.keywords:
            if keyword.arg is not None:
                yield from _leaves(f"{name}.{keyword.arg}", keyword.value)
    elif (made := _optimiser(node)) is not None:
        yield name, made, node.lineno
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if keyword.arg is not None:
                yield from _literal(f"{name}.{keyword.arg}", keyword.value)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield from _leaves(f"{name}.{key.value}", value)
    elif isinstance(node, ast.List | ast.Tuple) and any(
        isinstance(item, ast.Call | ast.Dict) for item in node.elts
    ):
        for number, item in enumerate(node.elts[:LONGEST_LIST]):
            yield from _leaves(f"{name}.{number}", item)
    else:
        yield from _literal(name, node)


def _optimiser(node: ast.expr) -> str | None:
    """Return the class that a call like `torch.optim.Adam(model.parameters(), lr=0.001)` makes;
    None for all else.
    """
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    return node.func.attr if OPTIMISERS.search(ast.unparse(node.func)) else None


def _literal(name: str, node: ast.expr) -> Iterator[tuple[str, FactValue, int]]:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return
    if isinstance(value, bool | int | float | str):
        yield name, value, node.lineno
    elif (
        isinstance(value, list | tuple)
        and len(value) <= LONGEST_LIST
        and all(isinstance(item, bool | int | float | str) for item in value)
    ):
        yield name, tuple(value), node.lineno


PARSER = Parser(
    id="py_config",
    title=Text(
        zh="写成 Python 的配置（MMEngine 的 config.py）",
        en="a configuration written in Python (config.py of MMEngine)",
    ),
    sniff=sniff,
    read=read,
    config=True,
)
