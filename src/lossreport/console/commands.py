"""The commands that show: `show` prints the answer, `demo` writes a report of a sample run and
opens it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final, get_args

import click

from lossreport.console.given import options_of
from lossreport.console.saying import answer, language, progress_bar, say
from lossreport.errors import UsageError
from lossreport.options import ReadingOptions
from lossreport.text import CHOICES, Lang
from lossreport.writing import echo

OF_LOGS: Final = ("set", "ignore", "run")
"""Options that say how logs are read; a report has been made of its logs already."""


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="REPORT|PATH...")
@click.option(
    "--lang",
    type=click.Choice(get_args(Lang)),
    help="Language of the lines. Default: en, or what lossreport.toml says.",
)
@options_of(ReadingOptions, "facts", "config", "ignore", "run")
def show(paths: tuple[str, ...], lang: str | None, **options: Any) -> int:
    """Print the answer in a few lines, of logs or of a report made earlier (HTML, JSON), and write
    nothing.
    """
    from lossreport import api
    from lossreport.settings import find_settings, parse_facts
    from lossreport.store.stored import read_report
    from lossreport.store.told import is_report, report_of
    from lossreport.writing import write_stdout

    spoken = language(lang or find_settings(paths, options["config"]).options.get("lang"))
    if len(paths) == 1 and is_report(paths[0]):
        given = next((name for name in OF_LOGS if options[name]), None)
        if given is not None:
            raise UsageError(
                f"--{given} is for logs, and {paths[0]!r} is a report",
                hint="Name the logs, or leave the option out.",
            )
        stored = read_report(paths[0])
        report = report_of(stored.analysis, stored.version)
    else:
        facts = parse_facts(options["set"])
        with progress_bar(spoken, quiet=False):
            report = api.report_on(
                paths,
                facts=facts,
                config=options["config"],
                ignore=options["ignore"],
                run=options["run"],
            )
    write_stdout(answer(report, spoken, sys.stdout))
    return 0


@click.command()
@click.argument("folder", default="lossreport-demo", metavar="[FOLDER]")
@click.option(
    "--lang",
    type=click.Choice(CHOICES),
    default="both",
    help="Languages in the file. Default: both.",
)
@click.option("--no-open", is_flag=True, help="Do not open the report in a browser.")
def demo(folder: str, lang: Any, no_open: bool) -> int:
    """Write the log of a sample run with two faults into FOLDER, and its report; open it where
    there is a browser.
    """
    from lossreport import api
    from lossreport.console.browser import opened
    from lossreport.console.sample import write_sample

    place = Path(folder)
    write_sample(place)
    spoken = language(lang)
    api.build(
        [place],
        lang=lang,
        tell=lambda report, target: say(answer(report, spoken, sys.stderr, target)),
    )
    if not no_open and not opened(place / "lossreport.html"):
        echo("There is no browser to open it in here; open that file yourself.", err=True)
    return 0


SHOWING: Final[tuple[click.Command, ...]] = (show, demo)
