"""The command `extract`, and what `build --embed-logs` says of logs that it left out."""

from __future__ import annotations

from pathlib import Path

import click

from lossreport.writing import echo


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
    from lossreport.store.extract import extract as take_out

    done = take_out(report, output)
    for log in done.logs:
        note = f"  (redacted; sha256 of the original {log.original})" if log.redacted else ""
        echo(f"{log.sha256}  {log.path}{note}")
    for path in done.missing:
        echo(f"lossreport: not in the report: {path}", err=True)
    return 0


def say_left_out(report: str | Path) -> None:
    """Name on stderr the logs that a report was to carry and does not: what is no UTF-8 text cannot
    be redacted.
    """
    from lossreport.store.extract import missing
    from lossreport.store.stored import read_report

    stored = read_report(report)
    for path in missing(stored, tuple(stored.logs())):
        echo(
            f"lossreport: not embedded, it cannot be redacted: {path} (--no-redact embeds it as "
            f"it is)",
            err=True,
        )
