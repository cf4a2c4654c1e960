"""An option is said once: the command line, its environment, the settings file, the call in Python
and the page all have what is declared.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

import lossreport
from lossreport import api
from lossreport.cli import build as command
from lossreport.errors import ConfigError
from lossreport.options import (
    IN_FILE,
    CommandOptions,
    Option,
    ReadingOptions,
    WritingOptions,
    declared,
)
from lossreport.settings import find_settings
from lossreport.settings_file import SettingsFile

DECLARED = declared(CommandOptions)
BESIDE = {"output", "paths"}
"""Where to write and what to read are the arguments of the call, not its options."""
GOOD = {
    "link": "https://example.org/1",
    "parser": {"*.log": "generic_csv"},
    "format": "md",
    "lang": "ja",
    "fit": "github",
    "fail_on": "high",
}


def given(name: str, option: Option) -> Any:
    """Return a value that a settings file may give."""
    return GOOD.get(name) or {str: "x", bool: True, list[str]: ["x"]}[option.file]


def toml(name: str, value: Any) -> str:
    shown = {True: "true"}.get(value) if isinstance(value, bool) else repr(value).replace("'", '"')
    return (
        f"{name} = {shown}\n"
        if not isinstance(value, dict)
        else f'[{name}]\n"*.log" = "generic_csv"\n'
    )


def test_the_command_has_the_declared_options_and_no_others() -> None:
    found = {param.name for param in command.params}
    assert found - BESIDE == {option.name or field for field, option in DECLARED.items()}


@pytest.mark.parametrize("field", DECLARED)
def test_the_command_says_of_an_option_what_is_declared(field: str) -> None:
    option = DECLARED[field]
    (param,) = [one for one in command.params if one.name == (option.name or field)]
    assert isinstance(param, click.Option)
    assert (param.help, param.multiple, param.is_flag) == (
        option.help,
        option.several,
        option.is_switch,
    )
    assert (
        tuple(param.type.choices) if isinstance(param.type, click.Choice) else ()
    ) == option.choices
    assert all(flag in param.opts for flag in option.flags)


@pytest.mark.parametrize("name", IN_FILE)
def test_a_settings_file_takes_what_is_declared_and_refuses_another_type(
    name: str, tmp_path: Path
) -> None:
    value = given(name, IN_FILE[name])
    assert name in SettingsFile.model_fields
    (tmp_path / "lossreport.toml").write_text(toml(name, value), encoding="utf-8")
    assert find_settings([tmp_path]).options == {name: value}
    (tmp_path / "lossreport.toml").write_text(f"{name} = 1.5\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=name):
        find_settings([tmp_path])


def test_what_is_not_for_a_file_is_a_fact_there() -> None:
    assert {"config", "watch", "quiet", "verbose", "no_redact", "set"}.isdisjoint(IN_FILE)


@pytest.mark.parametrize(
    ("call", "kind"), [(api.build, WritingOptions), (api.report_on, ReadingOptions)]
)
def test_a_keyword_that_is_no_option_is_refused_by_name(
    call: Any, kind: type, tmp_path: Path
) -> None:
    with pytest.raises(TypeError, match=r"'titel' is no option; known are .*title"):
        call([tmp_path], titel="x")
    assert "title" in kind.__annotations__


def test_options_of_writing_are_refused_where_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="'lang' is no option"):
        api.report_on([tmp_path], lang="en")  # type: ignore[arg-type]


def test_an_option_reaches_the_report_by_each_of_the_four_ways(tmp_path: Path) -> None:
    log = tmp_path / "loss.csv"
    log.write_text(
        "step,loss\n" + "".join(f"{i},{3 / (i + 1)}\n" for i in range(6)), encoding="utf-8"
    )
    assert lossreport.build([log], tmp_path / "python.md", title="told in python")
    run = CliRunner().invoke
    run(
        command,
        [str(log), "-o", str(tmp_path / "line.md"), "--title", "told in line", "-q"],
        catch_exceptions=False,
        standalone_mode=False,
    )
    run(
        command,
        [str(log), "-o", str(tmp_path / "environment.md"), "-q"],
        env={"BUILD_TITLE": "told in environment"},
        auto_envvar_prefix="BUILD",
    )
    (tmp_path / "lossreport.toml").write_text('title = "told in file"\n', encoding="utf-8")
    lossreport.build([log], tmp_path / "file.md")
    for way in ("python", "line", "environment", "file"):
        assert (
            f"told in {way}" in (tmp_path / f"{way}.md").read_text(encoding="utf-8").splitlines()[0]
        )
