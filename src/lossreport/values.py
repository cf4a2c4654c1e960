"""`dataclass` of the standard library, without the time that it takes: `from lossreport.values
import dataclass`.

Every value that flows through the program is a frozen class with slots. The standard library writes
and compiles six methods for each of them when its module is loaded, which for two hundred of them
takes longer than to read a small log. Here the methods are shared, and `__init__` is written when
the first instance is made; `fields`, `replace` and `asdict` work as ever. What is not frozen with
slots goes to the standard library.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, **options):
        """Return the class as a dataclass; takes the options of the standard library's."""
        if cls is None:
            return lambda cls: dataclass(cls, **options)
        if (
            options.get("frozen")
            and options.get("slots")
            and cls.__bases__ == (object,)
            and not OWN & cls.__dict__.keys()
        ):
            return _frozen(cls, kw_only=options.get("kw_only", False), eq=options.get("eq", True))
        return dataclasses.dataclass(cls, **options)


OWN: Final = frozenset(("__init__", "__eq__", "__hash__", "__setattr__", "__delattr__"))
"""Methods that a class may write itself; then it is made by the standard library."""


def _frozen(cls: type, *, kw_only: bool, eq: bool) -> type:
    names = tuple(cls.__annotations__)
    defaults = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
    parts = _Parts(names, defaults, kw_only=kw_only, eq=eq)
    body: dict[str, Any] = {
        **{
            name: one
            for name, one in cls.__dict__.items()
            if name not in (*names, "__dict__", "__weakref__")
        },
        "__slots__": names,
        "__match_args__": () if kw_only else names,
        "__init__": _written_when_first_called(parts),
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
        "__getstate__": _state,
        "__setstate__": _with_state,
        "__dataclass_fields__": parts,
    }
    body.setdefault("__repr__", _shown)
    if eq:
        values = _reader(names)
        body["__eq__"] = lambda self, other: (
            values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented
        )
        body["__hash__"] = lambda self: hash(values(self))
    made = type(cls)(cls.__name__, cls.__bases__, body)
    made.__qualname__ = cls.__qualname__
    return made


def _reader(names: tuple[str, ...]) -> Callable[[object], tuple[Any, ...]]:
    """Return what gives the values of an instance, in order."""
    return (
        attrgetter(*names)
        if len(names) > 1
        else lambda self: tuple(getattr(self, name) for name in names)
    )


class _Parts:
    """What a class is made of; as `__dataclass_fields__` it asks the standard library, at the first
    question.
    """

    def __init__(self, names: tuple[str, ...], defaults: dict[str, Any], **options: bool) -> None:
        self.names, self.defaults, self.options = names, defaults, options

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner = owner

    def __get__(self, instance: object, of: type | None = None) -> Any:
        owner: Any = self.owner
        body = {
            "__module__": owner.__module__,
            "__annotations__": owner.__annotations__,
            **self.defaults,
        }
        twin: Any = dataclasses.dataclass(frozen=True, **self.options)(
            type(owner.__name__, (), body)
        )
        owner.__dataclass_fields__, owner.__dataclass_params__ = (
            twin.__dataclass_fields__,
            twin.__dataclass_params__,
        )
        return owner.__dataclass_fields__

    def init(self) -> Any:
        """Return `__init__` as the standard library would write it."""
        known: dict[str, Any] = {"put": object.__setattr__, "MISSING": dataclasses.MISSING}
        taken, put = [], []
        for name in self.names:
            default = self.defaults.get(name, dataclasses.MISSING)
            made = (
                isinstance(default, dataclasses.Field)
                and default.default_factory is not dataclasses.MISSING
            )
            default = default.default if isinstance(default, dataclasses.Field) else default
            known[f"of_{name}"] = self.defaults[name].default_factory if made else default
            optional = made or default is not dataclasses.MISSING
            taken.append(f"{name}={'MISSING' if made else f'of_{name}'}" if optional else name)
            put.append(
                f"put(self, {name!r}, "
                f"{f'of_{name}() if {name} is MISSING else {name}' if made else name})"
            )
        if hasattr(self.owner, "__post_init__"):
            put.append("self.__post_init__()")
        keywords = ["*"] if self.options["kw_only"] and taken else []
        text = f"def __init__({', '.join(['self', *keywords, *taken])}):\n " + "\n ".join(
            put or ["pass"]
        )
        # text itself would make the interpreter forget a Ctrl-C that is on its way
        exec(compile(text, f"<{__name__}>", "exec"), known)
        return known["__init__"]


def _written_when_first_called(parts: _Parts) -> Any:
    def __init__(self: object, *given: Any, **named: Any) -> None:
        owner: Any = parts.owner
        owner.__init__ = parts.init()
        owner.__init__(self, *given, **named)

    return __init__


def _refuse_to_set(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__slots__]


def _with_state(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__slots__, state, strict=True):
        object.__setattr__(self, name, value)


def _shown(self: Any) -> str:
    return f"{self.__class__.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"  # noqa: E501
