"""A pattern is compiled at the first question, and then answers as the compiled one."""

import re

import pytest

from lossreport import regex


def test_a_pattern_is_not_compiled_before_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    real = re.compile
    monkeypatch.setattr(
        re, "compile", lambda text, flags=0: compiled.append(text) or real(text, flags)
    )
    pattern = regex.compile(r"(?P<a>\d+)b")
    assert pattern.pattern == r"(?P<a>\d+)b"
    assert compiled == []
    assert pattern.search("x12b")["a"] == "12"  # type: ignore[index]
    assert pattern.fullmatch("12") is None
    assert compiled == [pattern.pattern]


def test_a_pattern_answers_all_that_a_compiled_one_does() -> None:
    lazy, plain = regex.compile("(A)|b", regex.IGNORECASE), re.compile("(A)|b", re.IGNORECASE)
    for name in regex.ASKED:
        mine, theirs = getattr(lazy, name), getattr(plain, name)
        assert (
            mine("ab", "a") == theirs("ab", "a")
            if name in ("sub", "subn")
            else callable(mine) == callable(theirs)
        )
    assert (lazy.flags, lazy.groups) == (plain.flags, plain.groups)
    with pytest.raises(AttributeError):
        lazy.missing  # type: ignore[attr-defined]  # noqa: B018


def test_bytes_and_mistakes_are_those_of_the_standard_library() -> None:
    assert regex.compile(b"a+").findall(b"aab") == [b"aa"]
    with pytest.raises(re.error):
        regex.compile("(").search("x")
