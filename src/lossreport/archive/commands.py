"""The commands of the archive: extract, verify, compare, index, batch. Heavy packages are loaded by
the command that needs them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from lossreport.words import SEVERITIES
from lossreport.writing import echo

ROW: Final = "{:6}  {:14}  {:8}  {}"
MOST_NAMED: Final = 4
DIFFERENT: Final = 4
"""The exit code of the contract for a verify that found a difference, and a gate that was
reached.
"""


@click.command()
@click.argument("report", metavar="REPORT")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="DIR",
    help="The folder to write into; it is made where it is missing.",
)
def extract(report: str, output: str) -> int:
    """Write the embedded logs of REPORT, byte for byte, and its JSON into a folder."""
    from lossreport.archive.extract import extract as take_out

    done = take_out(report, output)
    for log in done.logs:
        note = f"  (redacted; sha256 of the original {log.original})" if log.redacted else ""
        echo(f"{log.sha256}  {log.path}{note}")
    for path in done.missing:
        echo(f"lossreport: not in the report: {path}", err=True)
    return 0


@click.command()
@click.argument("report", metavar="REPORT")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
def verify(report: str, paths: tuple[str, ...]) -> int:
    """Name each claim of REPORT that was edited; with PATH, also those that the logs no longer
    bear. Exits with 4 at a difference.
    """
    from lossreport.archive.verify import verify as check

    done = check(report, paths)
    for remark in done.remarks:
        echo(f"lossreport: {remark}", err=True)
    for one in done.differences:
        expected = "" if one.expected is None else f"\n    expected: {one.expected}"
        found = "" if one.found is None else f"\n    found:    {one.found}"
        echo(f"{report}:{one.line or '-'}: {one.what}{expected}{found}")
    echo(
        f"lossreport: {len(done.differences) or 'no'} "
        f"difference{'s' if len(done.differences) != 1 else ''}",
        err=True,
    )
    return DIFFERENT if done.differences else 0


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN...")
@click.option(
    "-o",
    "--output",
    metavar="FILE|-",
    help="Where to write; - is stdout. Default: lossreport.compare.<format> here.",
)
@click.option(
    "-f",
    "--format",
    type=click.Choice(["html", "md", "json"]),
    help="Default: by the ending of -o, else html.",
)
@click.option(
    "--lang",
    type=click.Choice(["both", "zh", "en"]),
    default="both",
    help="Languages in the file. Default: both.",
)
@click.option(
    "--by",
    type=click.Choice(["step", "samples", "tokens", "epoch", "time"]),
    help="The axis. Default: the one most runs have.",
)
@click.option("--title", metavar="T", help="Title of the report.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
def compare(runs: tuple[str, ...], output: str | None, quiet: bool, **options: Any) -> int:
    """Write one report that sets 2 to 50 runs side by side: folders of logs, or reports made
    earlier.
    """
    from lossreport.archive.compare import write_comparison

    done = write_comparison(runs, output, **options)
    if not quiet:
        echo(f"{len(done.members)} runs, {len(done.metrics)} metrics in common", err=True)
    return 0


@click.command()
@click.argument("folder", metavar="FOLDER")
@click.option(
    "-o", "--output", metavar="FILE", help="The page. Default: lossreport.index.html in FOLDER."
)
@click.option("--title", metavar="T", help="Title of the page. Default: the name of the folder.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
def index(folder: str, output: str | None, title: str | None, quiet: bool) -> int:
    """Write one static page over all reports below FOLDER, and the reference ranges that they
    give.
    """
    from lossreport.archive.index import write_index

    done = write_index(folder, output, title)
    for reason in done.unsound:
        echo(f"lossreport: left out {reason}", err=True)
    if not quiet:
        echo(f"{len(done.entries)} reports, {done.parsed} read anew", err=True)
    return 0


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes at once. Default: as many as there are cores.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Run on the Dask cluster at this address; its workers must see the same folders.",
)
@click.option("--resume", is_flag=True, help="Leave out the runs that the journal has as done.")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["html", "md", "json"]),
    default="html",
    help="Default: html.",
)
@click.option("--embed-logs", is_flag=True, help="Put the logs into each HTML report.")
@click.option(
    "--no-redact", is_flag=True, help="Keep secrets, user names, home folders and addresses."
)
@click.option(
    "--fail-on",
    type=click.Choice(tuple(SEVERITIES)),
    help="Exit with 4 where any finding is at least this severe.",
)
@click.option("--strict", is_flag=True, help="Exit with 4 where a run could not be reported.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but the errors.")
def batch(
    folders: tuple[str, ...],
    jobs: int | None,
    dask: str | None,
    quiet: bool,
    fail_on: str | None,
    strict: bool,
    **options: Any,
) -> int:
    """Write a report into every direct subfolder of FOLDER that has logs; one bad run never stops
    the others.
    """
    from lossreport.archive.batch import gravest, nested, run, summary
    from lossreport.archive.cluster import executor_of
    from lossreport.console.saying import progress_bar
    from lossreport.model.analysis import Severity

    with executor_of(dask) as executor, progress_bar("en", quiet=quiet):
        done = run(
            folders,
            executor=executor,
            jobs=jobs,
            resume=options["resume"],
            form=options["form"],
            redact=not options["no_redact"],
            embed_logs=options["embed_logs"],
        )
    rows = [one for one in done if one.error or not quiet]
    if rows:
        echo(ROW.format("", "verdict", "severity", "run").rstrip(), err=True)
    for one in rows:
        echo(
            f"{ROW.format(one.state, ', '.join(one.verdicts) or '-', one.severity or '-', one.path)}  {one.error}".rstrip(),  # noqa: E501
            err=True,
        )
    counts = {one.path: len(one.verdicts) for one in done}
    for place, names in nested(folders).items():
        shown = ", ".join(names[:MOST_NAMED]) + (" ..." if len(names) > MOST_NAMED else "")
        told = (
            f"one report of {counts[place]} run{'s' * (counts[place] != 1)}"
            if counts.get(place)
            else "no report"
        )
        echo(
            f"lossreport: {place} holds several folders of logs ({shown}): {told}; name it "
            f"itself for a report each",
            err=True,
        )
    failed = sum(one.state == "failed" for one in done)
    told_of = summary(done)
    for name in ("verdicts", "severities"):
        numbers = told_of[name]
        if isinstance(numbers, dict) and numbers:
            echo(
                f"lossreport: {name}: "
                + ", ".join(f"{word} {count}" for word, count in numbers.items()),
                err=True,
            )
    echo(
        f"lossreport: {len(done) - failed} of {len(done)} reports written, {failed} failed",
        err=True,
    )
    if strict and failed:
        return DIFFERENT
    worst = gravest(done)
    return (
        DIFFERENT if fail_on and worst is not None and worst.rank >= Severity(fail_on).rank else 0
    )


def say_left_out(report: str | Path) -> None:
    """Name on stderr the logs that a report was to carry and does not: what is no UTF-8 text cannot
    be redacted.
    """
    from lossreport.archive.extract import missing
    from lossreport.archive.stored import read_report

    stored = read_report(report)
    for path in missing(stored, tuple(stored.logs())):
        echo(
            f"lossreport: not embedded, it cannot be redacted: {path} (--no-redact embeds it as "
            f"it is)",
            err=True,
        )


COMMANDS: Final[tuple[click.Command, ...]] = (extract, verify, compare, index, batch)
