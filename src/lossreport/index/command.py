"""The command `index`."""

from __future__ import annotations

import click

from lossreport.writing import echo


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
    from lossreport.index.index import write_index

    done = write_index(folder, output, title)
    for reason in done.unsound:
        echo(f"lossreport: left out {reason}", err=True)
    if not quiet:
        echo(f"{len(done.entries)} reports, {done.parsed} read anew", err=True)
    return 0
