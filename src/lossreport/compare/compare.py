"""Writes the report that sets runs side by side: `lossreport compare`. Read, align, compare, tell,
render.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from lossreport import api
from lossreport.compare.comparison import Comparison, compare
from lossreport.compare.member import members
from lossreport.compare.side_by_side import report_of
from lossreport.writing import check_writable, is_stream, resolved, write_stdout

FILE = "lossreport.compare"


def write_comparison(
    runs: Sequence[str | Path],
    output: str | os.PathLike[str] | None = None,
    *,
    format: Literal["html", "md", "json"] | None = None,
    lang: Literal["both", "zh", "en"] = "both",
    by: str | None = None,
    title: str | None = None,
) -> Comparison:
    """Compare runs (folders, logs, or HTML and JSON reports) and write one report; return the
    comparison.

    `output` is a file, `-` for stdout, or None for `lossreport.compare.<format>` in the current
    folder.
    """
    form = format or _form_of(output) or "html"
    target = (
        None
        if output is not None and os.fspath(output) == "-"
        else resolved(Path(f"{FILE}.{form}" if output is None else output))
    )
    if target is not None:
        check_writable(target)
    comparison = compare(members(runs), by)
    made = api.rendered(
        report_of(comparison, title),
        form,
        lang,
        stem=target.stem if target else FILE,
        charts=target is not None and not is_stream(target),
    )
    if target is None:
        write_stdout(made.text)
    else:
        api.write(target, made)
    return comparison


def _form_of(output: str | os.PathLike[str] | None) -> Literal["html", "md", "json"] | None:
    suffix = Path(os.fspath(output)).suffix.lower() if output is not None else ""
    found: dict[str, Literal["html", "md", "json"]] = {
        ".html": "html",
        ".htm": "html",
        ".md": "md",
        ".markdown": "md",
        ".json": "json",
    }
    return found.get(suffix)
