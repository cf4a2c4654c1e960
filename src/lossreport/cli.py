"""The command line: build, ticket, formats, lint, schema, and those of the rooms
store, verify, compare, index and batch. Each
imports the heavy packages it needs; --help none.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from lossreport import __version__, alone
from lossreport.batch.command import batch
from lossreport.compare.command import compare
from lossreport.console.commands import SHOWING
from lossreport.console.given import options_of
from lossreport.console.saying import answer, language, progress_bar, say, tell
from lossreport.errors import GATE_REACHED, NO_METRIC, LossreportError, OutputError, UsageError
from lossreport.index.command import index
from lossreport.options import PLACES, CommandOptions, WritingOptions
from lossreport.store.command import extract, say_left_out
from lossreport.text import Lang, Text, safe_address
from lossreport.verify.command import verify
from lossreport.writing import echo, is_stream, silence, write_stdout

if TYPE_CHECKING:
    from lossreport.gate import Requirement
    from lossreport.model.analysis import Analysis
    from lossreport.model.report import Report
    from lossreport.model.run import Skipped
    from lossreport.reading.bytes.reader import LogFile

SENDABLE = (
    "slack",
    "discord",
    "feishu",
    "dingtalk",
    "teams",
    "gitlab",
    "jira",
    "github",
    "json",
    "email",
)
INTERRUPTED = 130
FULL = (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT, errno.EBADF)
"""What writing to a stream says where it is full, or no stream any more."""


class Commands(click.Group):
    """Turns our errors into one clear line on stderr and the exit code of the contract."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command; never shows a traceback for an error of the user's."""
        extra["standalone_mode"] = False
        alone.settle()
        try:
            code = super().main(*args, **extra)
        except LossreportError as error:
            tell(f"lossreport: {error}", "red")
            code = error.exit_code
        except click.exceptions.Abort:
            echo("lossreport: interrupted", err=True)
            code = INTERRUPTED
        except click.ClickException as error:
            error.show()
            code = error.exit_code
        sys.exit(code if isinstance(code, int) else 0)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the arguments; --help is printed here."""
        with _output():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _output():
            return super().invoke(ctx)


@contextmanager
def _output() -> Iterator[None]:
    """See what is printed out; raises OutputError where standard output cannot take it.

    A reader that has gone, as `| head` does, has what it wanted: the program ends quietly with 0.
    Click would end with 1 there, and Python with a message of its own.
    """
    try:
        try:
            yield
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        silence()
        raise click.exceptions.Exit(0) from None
    except OSError as error:
        if error.filename is not None or error.errno not in FULL:
            raise
        silence()
        raise OutputError(
            f"Couldn't write to standard output: {error.strerror}",
            hint="Name another place for it.",
        ) from error


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "LOSSREPORT"},
)
@click.version_option(__version__, prog_name="lossreport")
def main() -> None:
    """Turn the logs of a finished training run into one bilingual (Chinese/English) report."""


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-o",
    "--output",
    metavar="FILE|-",
    help="Where to write; - is stdout. Default: lossreport.<format> beside the logs.",
)
@options_of(CommandOptions)
def build(paths: tuple[str, ...], **options: Any) -> int:
    """Write the report of one run: all PATHs (a folder, files, or - for stdin) are one input."""
    from lossreport import api
    from lossreport.gate import requirement
    from lossreport.settings import find_settings, parse_facts

    _check_config(options["config"])
    found = find_settings(paths, options["config"]).options
    required = [requirement(text) for text in options["require"] or found.get("require", ())]
    lang = language(options["lang"] or found.get("lang"))
    made: list[tuple[Report, Path | None]] = []
    asked: WritingOptions = {
        **{name: options[name] for name in WritingOptions.__annotations__ if name in options},  # type: ignore[typeddict-item]
        "facts": parse_facts(options["set"]),
        "link": _checked_link(options["link"]),
        "parsers": _pairs(options["parser"]),
        "redact": not options["no_redact"],
    }

    def write() -> Analysis:
        return api.build(
            paths,
            options["output"],
            tell=lambda report, target: made.insert(0, (report, target)),
            **asked,
        )

    if options["watch"]:
        from lossreport.console.following import follow

        ignore = (*options["ignore"], *found.get("ignore", ()))
        interrupted = follow(
            paths, write, lang, ignore=ignore, output=options["output"], quiet=options["quiet"]
        )
    else:
        interrupted = False
        with progress_bar(lang, quiet=options["quiet"]):
            write()
    report, target = made[0]
    if options["embed_logs"] and target is not None and not is_stream(target):
        say_left_out(target)
    if not options["quiet"]:
        _say(report.analysis, options, lang)
        say(answer(report, lang, sys.stderr, target))
    gate = _gate(report.analysis, options["fail_on"] or found.get("fail_on"), required, lang)
    if interrupted:
        return INTERRUPTED
    return gate if any(run.series for run in report.analysis.runs) else gate or NO_METRIC


@main.command()
@click.argument("path", metavar="REPORT|FOLDER")
@click.option(
    "--for",
    "place",
    type=click.Choice(PLACES),
    required=True,
    help="Where it goes; decides markup and limit.",
)
@click.option(
    "--diff",
    metavar="OLD",
    help="Say only what changed since this report (HTML, JSON) or folder of logs.",
)
@click.option(
    "--lang",
    type=click.Choice(["both", "zh", "en"]),
    default="both",
    help="Languages of the body. Default: both.",
)
@click.option(
    "-o", "--output", metavar="DIR", help="Write the report and its charts there, to be attached."
)
@click.option("--title-only", is_flag=True, help="Print the title line and nothing else.")
@click.option("--labels", is_flag=True, help="Print the labels, one a line, and nothing else.")
def ticket(path: str, place: str, title_only: bool, labels: bool, **options: Any) -> int:
    """Print the body of a ticket that fits its place; title, labels, attachments and what was left
    out are told on stderr.
    """
    from lossreport.text import show_value
    from lossreport.tickets.ticket import ticket as make

    made = make(path, place, options["lang"], diff=options["diff"], folder=options["output"])
    if title_only or labels:
        echo(made.title if title_only else "\n".join(made.labels))
        return 0
    write_stdout(made.body.text)
    echo(f"title: {made.title}\nlabels: {', '.join(made.labels)}", err=True)
    for file in made.attachments:
        echo(f"attach: {file}", err=True)
    for what in made.body.dropped:
        echo(f"left out: {show_value(what, 'en')}", err=True)
    return 0


@main.command()
@click.argument("report", metavar="REPORT")
@click.option(
    "--to",
    "url",
    required=True,
    metavar="URL",
    help="A webhook, an issue (GitHub, GitLab, Jira), any https:// address, or mailto:.",
)
@click.option(
    "--as",
    "wanted",
    type=click.Choice(SENDABLE),
    help="Which kind of place it is. Default: told by the address.",
)
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Language of the message. Default: en."
)
@click.option("--yes", is_flag=True, help="Send without asking.")
@click.option(
    "--dry-run", is_flag=True, help="Print what would be sent. Default where nobody can be asked."
)
def send(
    report: str,
    url: str,
    wanted: str | None,
    lang: Literal["zh", "en"] | None,
    yes: bool,
    dry_run: bool,
) -> int:
    """Send the first screen of a report, and the page where files are taken; secrets come from the
    environment.
    """
    from lossreport.tickets.send import packed
    from lossreport.tickets.send import send as sent

    parcel = packed(report, url, language(lang), wanted=wanted)
    asked = not yes and not dry_run and sys.stdin.isatty() and sys.stdout.isatty()
    if dry_run or not yes:
        write_stdout(parcel.preview)
    if dry_run or not (yes or (asked and click.confirm("Send it?"))):
        echo("Not sent: this was a dry run; --yes sends it.", err=True)
        return 0
    echo(f"sent to {parcel.shown}: {sent(parcel)}", err=True)
    return 0


@main.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option(
    "--explain",
    is_flag=True,
    help="Also weigh how the rows of each file belong together: runs, launches, writers, and "
    "what speaks for it.",
)
def formats(paths: tuple[str, ...], explain: bool) -> int:
    """List the formats known; with PATH, what would read each file there, its score and why."""
    if not paths:
        from lossreport.reading.parser import parsers

        for unit in parsers():
            echo(f"{unit.id:24} {unit.title.en}")
        return 0
    from lossreport.errors import NothingReadError
    from lossreport.reading.bytes.remote import local_copies
    from lossreport.reading.discover import unfolded
    from lossreport.reading.folder import MAX_DEPTH, find_logs, wanted

    with local_copies(paths, wanted, MAX_DEPTH) as local:
        named = [Path(path) for path in local.paths]
        unread: list[Skipped] = []
        found = [
            _explain(log, rows=explain)
            for file in find_logs(local.paths, unread=unread)
            for log in unfolded(file, named=named)
        ]
        for skip in unread:
            _explain(skip, rows=explain)
    if not any(found):
        raise NothingReadError(
            "No file there is of a known format", hint="List the formats known: lossreport formats."
        )
    return 0


def _explain(log: LogFile | Skipped, *, rows: bool) -> bool:
    """Print what every parser says of a file; return whether one would read it."""
    from lossreport.model.run import Skipped
    from lossreport.reading.discover import MIN_SCORE, candidates

    if isinstance(log, Skipped):
        echo(f"{log.path}: not read: {log.reason.plain('en')}")
        return False
    found = candidates(log)
    best = found[0]
    readable = best.score.value >= MIN_SCORE
    echo(f"{log.shown}: {best.parser.id if readable else 'not read'}")
    for candidate in found:
        if candidate is best or candidate.score.value > 0:
            echo(
                f"    {candidate.score.value:4.2f}  {candidate.parser.id:24} "
                f"{candidate.score.reason}"
            )
    if rows and readable:
        from lossreport.reading.runs.explaining import explained

        for line in explained(log, best.parser):
            echo(f"    {line}")
    return readable


@main.command()
@click.argument("note", metavar="NOTE.md")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--lang",
    type=click.Choice(["both", "zh", "en"]),
    default="both",
    help="Languages of the answers. Default: both.",
)
@click.option(
    "--set",
    multiple=True,
    metavar="NAME=VALUE",
    help="A fact the logs lack: vocab_size=65536, range.loss_ct=-1,1.",
)
@click.option(
    "-v", "--verbose", is_flag=True, help="Also list general sentences, which are no claims."
)
def lint(
    note: str,
    paths: tuple[str, ...],
    lang: Literal["both", "zh", "en"],
    verbose: bool,
    **options: Any,
) -> int:
    """Hold a hand-written note against the logs; exit with 4 where they contradict it."""
    from lossreport.lint.lint import lint as held
    from lossreport.lint.lint import told
    from lossreport.settings import parse_facts

    found = held(note, paths, parse_facts(options["set"]))
    for line in told(found, lang, verbose=verbose):
        echo(line)
    return GATE_REACHED if found.contradictions else 0


@main.command()
@click.argument("path", default=".", metavar="[PATH]")
@click.option(
    "-o",
    "--output",
    metavar="FILE|-",
    help="Where to write; - is stdout. Default: lossreport.toml beside the logs.",
)
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Language of the comments. Default: en."
)
def init(path: str, output: str | None, lang: Literal["zh", "en"] | None) -> int:
    """Write a commented lossreport.toml from what the logs of PATH say and lack; one that is there
    is never overwritten.
    """
    from lossreport.starting import WRITTEN, start
    from lossreport.text import show_value

    target = start(path, output, language(lang))
    if target is not None:
        echo(show_value(WRITTEN(file=str(target)), language(lang)), err=True)
    return 0


@main.command()
def schema() -> int:
    """Print the JSON Schema of the machine-readable report."""
    import json

    from lossreport.render.to_json import schema as json_schema

    write_stdout(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")
    return 0


for _command in (*SHOWING, extract, verify, compare, index, batch):
    main.add_command(_command)


def _named(_context: click.Context, argument: click.Parameter, value: Any) -> Any:
    """Return an argument as it was given; raises UsageError where it is empty: an unset variable
    must not mean the folder one is in.
    """
    if "" in (value if isinstance(value, tuple) else (value,)):
        raise UsageError(
            f"{argument.metavar} is empty",
            hint="Is a variable unset? Give a path, or . for the folder you are in.",
        )
    return value


for _command in main.commands.values():
    for _argument in (one for one in _command.params if isinstance(one, click.Argument)):
        _argument.callback = _named


def _check_config(path: str | None) -> None:
    if path is not None and not Path(path).is_file():
        raise UsageError(
            f"There is no settings file {path!r}", hint="Check the path given with --config."
        )


def _checked_link(link: str | None) -> str | None:
    if link is not None and not safe_address(link):
        raise UsageError(
            f"Couldn't use --link {link!r}",
            hint="Give an address that begins with https://, http:// or mailto:.",
        )
    return link


def _pairs(given: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = []
    for item in given:
        glob, equals, parser_id = item.rpartition("=")
        if not equals or not glob:
            raise UsageError(
                f"Couldn't use --parser {item!r}",
                hint="Write GLOB=ID, for example --parser '*.log=metriclogger_text'.",
            )
        pairs.append((glob, parser_id))
    return pairs


SKIPPED = Text(zh="跳过 {path}：{reason}", en="skipped {path}: {reason}")
MORE_SKIPPED = Text(
    zh="另外跳过 {count} 个文件（-v 逐个列出）", en="skipped {count} more files (-v names them)"
)
READ = Text(
    zh="{path} 按 {parser} 读取：{rows} 行记录，跳过 {skipped} 行",
    en="read {path} as {parser}: {rows} rows, {skipped} lines skipped",
)
FAILED = Text(zh="{unit} 失败：{error}", en="{unit} failed: {error}")
MISSED = Text(zh="未达到：{what}", en="missed: {what}")
MOST_SKIPPED = 3
"""Files that could not be read are named up to here, the others counted: what was found stands in
15 lines.
"""


def _say(analysis: Analysis, options: Mapping[str, Any], lang: Lang) -> None:
    """Tell on stderr what could not be read and what failed, and with --verbose every file; the
    answer follows.
    """
    skipped = [
        skip
        for run in analysis.runs
        for skip in run.skipped
        if options["verbose"] or skip.code == "log"
    ]
    for skip in skipped if options["verbose"] else skipped[:MOST_SKIPPED]:
        tell(SKIPPED(path=skip.path, reason=skip.reason).plain(lang), "yellow")
    if len(skipped) > MOST_SKIPPED and not options["verbose"]:
        tell(MORE_SKIPPED(count=len(skipped) - MOST_SKIPPED).plain(lang), "yellow")
    if options["verbose"]:
        for source in (source for run in analysis.runs for source in run.sources):
            told = READ(
                path=source.path, parser=source.parser, rows=source.rows, skipped=source.skipped
            )
            echo(told.plain(lang), err=True)
    for failure in analysis.failures:
        tell(FAILED(unit=failure.unit, error=failure.error).plain(lang), "red")


def _gate(
    analysis: Analysis, limit: str | None, required: Sequence[Requirement], lang: Lang
) -> int:
    from lossreport.gate import missed, reaches

    lines = list(missed(analysis, required))
    for line in lines:
        tell(MISSED(what=line).plain(lang), "red")
    return GATE_REACHED if lines or (limit is not None and reaches(analysis, limit)) else 0
