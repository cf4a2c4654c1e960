"""A value is a dataclass of the standard library in all that can be seen of it."""

import copy
import dataclasses
import pickle

import pytest

from lossreport.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A value."""

    a: int
    b: str = "x"
    c: list[int] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """The same."""

    a: int
    b: str = "x"
    c: list[int] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Checked:
    """A value by place that refuses some."""

    a: int
    b: int = 2

    def __post_init__(self) -> None:
        if self.a < 0:
            raise ValueError("a is negative")


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """A value that only equals itself."""

    a: float


@dataclass
class Open:
    """No value: it can be changed."""

    a: int = 1


def test_a_value_has_its_defaults_and_each_its_own_list() -> None:
    assert (Named(a=1).a, Named(a=1).b, Named(a=1).c) == (1, "x", [])
    assert Named(a=1).c is not Named(a=1).c
    assert Checked(1, 3).b == 3


@pytest.mark.parametrize("arguments", [{}, {"a": 1, "d": 2}], ids=["missing", "unknown"])
def test_wrong_arguments_are_refused_by_the_first_instance_and_later(
    arguments: dict[str, int],
) -> None:
    for _ in range(2):
        with pytest.raises(TypeError, match=r"argument"):
            Named(**arguments)
    with pytest.raises(TypeError, match=r"positional"):
        Named(1)  # type: ignore[misc]


def test_a_value_cannot_be_changed() -> None:
    one = Named(a=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.a = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.a
    assert not hasattr(one, "__dict__")


def test_values_compare_hash_and_show_as_those_of_the_standard_library() -> None:
    assert Named(a=1) == Named(a=1) != Named(a=2)
    assert Named(a=1) != Standard(a=1)
    assert hash(Checked(1)) == hash(Checked(1))
    assert repr(Named(a=1)) == repr(Standard(a=1)).replace("Standard", "Named")
    assert Alone(1.0) != Alone(1.0)
    assert len({Alone(1.0), Alone(1.0)}) == 2
    with pytest.raises(TypeError):
        hash(Named(a=1))


def test_the_functions_of_the_standard_library_take_a_value() -> None:
    one = Named(a=1, c=[3])
    assert dataclasses.is_dataclass(Named)
    assert [field.name for field in dataclasses.fields(Named)] == [
        field.name for field in dataclasses.fields(Standard)
    ]
    assert dataclasses.replace(one, b="y") == Named(a=1, b="y", c=[3])
    assert dataclasses.asdict(one) == {"a": 1, "b": "x", "c": [3]}
    with pytest.raises(ValueError, match="negative"):
        dataclasses.replace(Checked(1), a=-1)


def test_a_value_is_copied_pickled_and_matched() -> None:
    one = Named(a=1, c=[3])
    assert copy.deepcopy(one) == one
    assert pickle.loads(pickle.dumps(one)) == one
    match Checked(1):
        case Checked(a, b):
            assert (a, b) == (1, 2)


def test_what_is_not_frozen_is_made_by_the_standard_library() -> None:
    one = Open()
    one.a = 2
    assert one == Open(2)
