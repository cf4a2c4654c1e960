"""Makes the options of a command of what `options.py` declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from lossreport.options import Option, declared

Command = Callable[..., Any]


def options_of(kind: type, *names: str) -> Callable[[Command], Command]:
    """Return a decorator that gives a command the options of `kind`, or those of these fields."""

    def decorated(command: Command) -> Command:
        for field, option in reversed(declared(kind).items()):
            if not names or field in names:
                command = _click(field, option)(command)
        return command

    return decorated


def _click(field: str, option: Option) -> Callable[[Command], Command]:
    flags = option.flags or (f"--{field}",)
    shape: dict[str, Any] = {"metavar": option.metavar or None, "multiple": option.several}
    if option.choices:
        shape = {"type": click.Choice(option.choices)}
    elif option.is_switch:
        shape = {"is_flag": True, "default": None if field == "embed_logs" else False}
    return click.option(*flags, option.name or field, help=option.help, **shape)
