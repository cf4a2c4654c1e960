"""The command `batch`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from lossreport.errors import GATE_REACHED
from lossreport.words import SEVERITIES
from lossreport.writing import echo

if TYPE_CHECKING:
    from lossreport.batch.journal import Outcome

ROW: Final = "{:6}  {:14}  {:8}  {}"
MOST_NAMED: Final = 4


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
    from lossreport.batch.batch import gravest, nested, run, summary
    from lossreport.batch.cluster import executor_of
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
    _say_runs([one for one in done if one.error or not quiet])
    _say_nested(nested(folders), {one.path: len(one.verdicts) for one in done})
    _say_counts(summary(done))
    failed = sum(one.state == "failed" for one in done)
    echo(
        f"lossreport: {len(done) - failed} of {len(done)} reports written, {failed} failed",
        err=True,
    )
    if strict and failed:
        return GATE_REACHED
    worst = gravest(done)
    reached = fail_on and worst is not None and worst.rank >= Severity(fail_on).rank
    return GATE_REACHED if reached else 0


def _say_runs(shown: Sequence[Outcome]) -> None:
    """Say of each run how its report went."""
    if shown:
        echo(ROW.format("", "verdict", "severity", "run").rstrip(), err=True)
    for one in shown:
        row = ROW.format(one.state, ", ".join(one.verdicts) or "-", one.severity or "-", one.path)
        echo(f"{row}  {one.error}".rstrip(), err=True)


def _say_nested(folders: Mapping[str, Sequence[str]], runs: Mapping[str, int]) -> None:
    """Name the folders that hold several folders of logs: one report was made of each, or none."""
    for place, names in folders.items():
        shown = ", ".join(names[:MOST_NAMED]) + (" ..." if len(names) > MOST_NAMED else "")
        count = runs.get(place, 0)
        told = f"one report of {count} run{'s' * (count != 1)}" if count else "no report"
        echo(
            f"lossreport: {place} holds several folders of logs ({shown}): {told}; name it "
            f"itself for a report each",
            err=True,
        )


def _say_counts(told: Mapping[str, object]) -> None:
    """Say how many runs have which verdict, and which gravest severity."""
    for name in ("verdicts", "severities"):
        numbers = told[name]
        if isinstance(numbers, dict) and numbers:
            counts = ", ".join(f"{word} {count}" for word, count in numbers.items())
            echo(f"lossreport: {name}: {counts}", err=True)
