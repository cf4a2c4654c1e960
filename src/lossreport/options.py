"""The options of a report, each said once: the command line, its environment, `lossreport.toml`,
the call in Python and the pages are made of them.

A field is a keyword of `api.build` with its type; its `Option` says how the other ways give the
same. A new one is a field here, and its use.
"""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypedDict, get_args

from lossreport.text import CHOICES, LangChoice
from lossreport.values import dataclass

if TYPE_CHECKING:
    from lossreport.model.run import FactValue

Format = Literal["html", "md", "json", "pdf", "digest", "sarif"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
PLACES: Final = ("github", "gitlab", "jira", "feishu", "email", "summary")
"""Where the body of a ticket goes."""
SEVERITIES: Final = ("low", "medium", "high", "critical")
LINK: Final = r"^(https?://|mailto:)[^\s<>\"`\\]+$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """How an option is given outside Python: on the command line, and in a settings file where
    `file` says what it takes there.

    `flags` are its names, else `--<field>`; `name` is what it is called in the environment and in
    the file, else the field. It is one of `choices`, a switch without a value, or a `metavar`.
    """

    help: str
    flags: tuple[str, ...] = ()
    name: str = ""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    is_switch: bool = False
    several: bool = False
    file: Any = None
    pattern: str = ""


class ReadingOptions(TypedDict, total=False):
    """What `report_on` takes: how the logs are read, and what is said of them."""

    facts: Annotated[
        "Mapping[str, FactValue] | None",
        Option(
            help="A fact the logs lack: vocab_size=65536, range.loss_ct=-1,1.",
            flags=("--set",),
            name="set",
            metavar="NAME=VALUE",
            several=True,
        ),
    ]
    config: Annotated[
        str | None,
        Option(help="Settings instead of lossreport.toml beside the logs.", metavar="FILE"),
    ]
    title: Annotated[str | None, Option(help="Title of the report.", metavar="T", file=str)]
    owner: Annotated[
        str | None,
        Option(help="Who answers for the run; shown under the title.", metavar="NAME", file=str),
    ]
    tags: Annotated[
        Sequence[str],
        Option(
            help="A tag, shown under the title.",
            flags=("--tag",),
            metavar="TAG",
            several=True,
            file=list[str],
        ),
    ]
    link: Annotated[
        str | None,
        Option(
            help="Where the run belongs: its ticket, experiment or repository.",
            metavar="URL",
            file=str,
            pattern=LINK,
        ),
    ]
    notes: Annotated[
        str | os.PathLike[str] | None,
        Option(
            help="Notes of your own in Markdown, shown after the answer.",
            metavar="FILE.md",
            file=str,
        ),
    ]
    parsers: Annotated[
        Sequence[tuple[str, str]],
        Option(
            help="Read matching files with this parser.",
            flags=("--parser",),
            name="parser",
            metavar="GLOB=ID",
            several=True,
            file=dict[str, str],
        ),
    ]
    ignore: Annotated[
        Sequence[str],
        Option(help="Leave matching files out.", metavar="GLOB", several=True, file=list[str]),
    ]
    run: Annotated[str | None, Option(help="Report this run only.", metavar="ID", file=str)]
    redact: Annotated[
        bool,
        Option(
            help="Keep secrets, user names, home folders and addresses in what is quoted.",
            flags=("--no-redact",),
            name="no_redact",
            is_switch=True,
        ),
    ]
    references: Annotated[
        str | os.PathLike[str] | None,
        Option(
            help="Reference ranges of your own archive, a file that index wrote.",
            metavar="FILE",
            file=str,
        ),
    ]
    against: Annotated[
        str | os.PathLike[str] | None,
        Option(
            help="Say in one line what became better or worse since this report (HTML, JSON).",
            metavar="OLD",
            file=str,
        ),
    ]
    strict: Annotated[
        bool,
        Option(
            help="Stop at the first failing detector instead of reporting it.",
            is_switch=True,
            file=bool,
        ),
    ]


class WritingOptions(ReadingOptions, total=False):
    """What `build` takes besides: what the report looks like."""

    format: Annotated[
        Format | None,
        Option(
            help="Default: by the ending of -o, else html.",
            flags=("-f", "--format"),
            choices=FORMATS,
            file=Format,
        ),
    ]
    lang: Annotated[
        LangChoice | None,
        Option(
            help="Languages in the file. Default: both, switched by the reader.",
            choices=CHOICES,
            file=LangChoice,
        ),
    ]
    fit: Annotated[
        str | None,
        Option(
            help="Write the body of a ticket, within its limit, in its markup (Markdown, wiki, "
            "HTML).",
            choices=PLACES,
            file=Literal["github", "gitlab", "jira", "feishu", "email", "summary"],
        ),
    ]
    embed_logs: Annotated[
        bool | None,
        Option(
            help="Put the logs into the HTML, redacted unless --no-redact; see extract.",
            flags=("--embed-logs",),
            is_switch=True,
            file=bool,
        ),
    ]


class CommandOptions(WritingOptions, total=False):
    """What the command takes besides: when it fails, how often it writes, what it says."""

    fail_on: Annotated[
        str | None,
        Option(
            help="Exit with 4 where a finding is at least this severe.",
            flags=("--fail-on",),
            choices=SEVERITIES,
            file=Literal["low", "medium", "high", "critical"],
        ),
    ]
    require: Annotated[
        Sequence[str],
        Option(
            help="Exit with 4 where a run misses this: 'val/mAP>=0.3'.",
            metavar="METRIC>=N",
            several=True,
            file=list[str],
        ),
    ]
    watch: Annotated[
        bool,
        Option(
            help="Write it again whenever the logs have grown, until the run ends or Ctrl-C.",
            is_switch=True,
        ),
    ]
    quiet: Annotated[
        bool, Option(help="Say nothing but errors.", flags=("-q", "--quiet"), is_switch=True)
    ]
    verbose: Annotated[
        bool,
        Option(
            help="Also name every file that was read or skipped.",
            flags=("-v", "--verbose"),
            is_switch=True,
        ),
    ]


def declared(kind: type) -> dict[str, Option]:
    """Return the options of one of the classes above by their fields, in the order in which they
    stand there.
    """
    return {name: one.__metadata__[0] for name, one in kind.__annotations__.items()}


IN_FILE: Final = {
    option.name or field: option
    for field, option in declared(CommandOptions).items()
    if option.file is not None
}
"""The options that a settings file may give, by what they are called there."""


def held_to(kind: type, given: Mapping[str, object]) -> None:
    """Raise TypeError, as a call with names of its own would, where a keyword is no option of
    `kind`.
    """
    unknown = [name for name in given if name not in kind.__annotations__]
    if unknown:
        raise TypeError(f"{unknown[0]!r} is no option; known are {', '.join(kind.__annotations__)}")
