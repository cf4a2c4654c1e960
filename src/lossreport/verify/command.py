"""The command `verify`."""

from __future__ import annotations

import click

from lossreport.errors import GATE_REACHED
from lossreport.writing import echo


@click.command()
@click.argument("report", metavar="REPORT")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
def verify(report: str, paths: tuple[str, ...]) -> int:
    """Name each claim of REPORT that was edited; with PATH, also those that the logs no longer
    bear. Exits with 4 at a difference.
    """
    from lossreport.verify.verify import verify as check

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
    return GATE_REACHED if done.differences else 0
