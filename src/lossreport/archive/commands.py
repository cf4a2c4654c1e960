"""The commands of the archive: extract, verify, compare, index, batch. Heavy packages are loaded by the command that needs them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

DIFFERENT: Final = 4
"""The exit code of the contract for a verify that found a difference, and a gate that was reached."""


@click.command()
@click.argument("report", metavar="REPORT")
@click.option("-o", "--output", required=True, metavar="DIR", help="The folder to write into; it is made where it is missing.")
def extract(report: str, output: str) -> int:
    """Write the embedded logs of REPORT, byte for byte, and its JSON into a folder."""
    from lossreport.archive.extract import extract as take_out

    done = take_out(report, output)
    for log in done.logs:
        note = f"  (redacted; sha256 of the original {log.original})" if log.redacted else ""
        click.echo(f"{log.sha256}  {log.path}{note}")
    for path in done.missing:
        click.echo(f"lossreport: not in the report: {path}", err=True)
    return 0


@click.command()
@click.argument("report", metavar="REPORT")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
def verify(report: str, paths: tuple[str, ...]) -> int:
    """Name each claim of REPORT that was edited; with PATH, also those that the logs no longer bear. Exits with 4 at a difference."""
    from lossreport.archive.verify import verify as check

    done = check(report, paths)
    for remark in done.remarks:
        click.echo(f"lossreport: {remark}", err=True)
    for one in done.differences:
        expected = "" if one.expected is None else f"\n    expected: {one.expected}"
        found = "" if one.found is None else f"\n    found:    {one.found}"
        click.echo(f"{report}:{one.line or '-'}: {one.what}{expected}{found}")
    click.echo(f"lossreport: {len(done.differences) or 'no'} difference{'s' if len(done.differences) != 1 else ''}", err=True)
    return DIFFERENT if done.differences else 0


def say_left_out(report: str | Path) -> None:
    """Name on stderr the logs that a report was to carry and does not: what is no UTF-8 text cannot be redacted."""
    from lossreport.archive.extract import missing
    from lossreport.archive.stored import read_report

    stored = read_report(report)
    for path in missing(stored, tuple(stored.logs())):
        click.echo(f"lossreport: not embedded, it cannot be redacted: {path} (--no-redact embeds it as it is)", err=True)


COMMANDS: Final[tuple[click.Command, ...]] = (extract, verify)
