"""The command `compare`."""

from __future__ import annotations

from typing import Any

import click

from lossreport.writing import echo


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
    from lossreport.compare.compare import write_comparison

    done = write_comparison(runs, output, **options)
    if not quiet:
        echo(f"{len(done.members)} runs, {len(done.metrics)} metrics in common", err=True)
    return 0
