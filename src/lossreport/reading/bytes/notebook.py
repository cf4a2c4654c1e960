"""What a Jupyter notebook shows below its cells, as lines of text that stand where they stand in
the file.

Source of the format: nbformat 4, https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from lossreport import regex as re

SUFFIX: Final = ".ipynb"
MOST_BYTES: Final = 1 << 28
"""256 MiB: a notebook is one JSON value, held in memory as a whole; a larger one stays unopened."""
STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"')
PLAIN: Final = "text/plain"
HTML: Final = "text/html"
TABLE: Final = "<table"
"""The Trainer of Transformers and fastai show their rows as a table of HTML; the plain text beside
it names only the object.
"""
OBJECT: Final = re.compile(r"<(?:IPython|pandas)\.[\w.]{1,80}(?: object)?>|<[\w.]{1,80} at 0x")
CELL: Final = re.compile(r"<t[hd][^>]{0,200}>(?P<text>[^<]{0,200})</t[hd]>")
ROW_END: Final = "</tr>"
BAR: Final = " | "


def shown(content: bytes) -> bytes | None:
    """Return the lines that the outputs of a notebook hold, each at its line of the file and all
    other lines empty; None where the bytes are no notebook.

    Several lines in one string of the file are parted by CR: they stand at the same place. A
    notebook that is one line is numbered by what it printed.
    """
    try:
        book = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(book, dict) or not isinstance(book.get("cells"), list):
        return None
    lines: list[list[str]] = [[] for _ in range(content.count(b"\n") + 1)]
    at, line = 0, 0
    row: list[str] = []
    for token, (text, wanted) in zip(STRING.finditer(content), _strings(book), strict=False):
        line += content.count(b"\n", at, token.start())
        at = token.start()
        if wanted == PLAIN:
            lines[line] += text.removesuffix("\n").split("\n")
        elif wanted == HTML:
            row = _of_table(text, row, lines[line])
    return "\n".join("\r".join(printed) for printed in lines).encode()


def _of_table(text: str, row: list[str], printed: list[str]) -> list[str]:
    """Add the table rows that end in a piece of HTML to `printed`; return the cells of the row that
    is still open.
    """
    *ended, rest = text.split(ROW_END)
    for piece in ended:
        row += [match["text"].strip() for match in CELL.finditer(piece)]
        printed += [f"| {BAR.join(row)} |"] if row else []
        row = []
    return row + [match["text"].strip() for match in CELL.finditer(rest)]


def _strings(book: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every string of the file in its order, names too, and whether it was shown: as plain
    text, as HTML, or not ("").
    """
    for name, value in book.items():
        yield name, ""
        if name == "cells":
            for cell in value:
                yield from _of_cell(cell)
        else:
            yield from _all(value, "")


def _of_cell(cell: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(cell, dict):
        yield from _all(cell, "")
        return
    for name, value in cell.items():
        yield name, ""
        if name == "outputs" and isinstance(value, list):
            for output in value:
                yield from _of_output(output)
        else:
            yield from _all(value, "")


def _of_output(output: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(output, dict):
        yield from _all(output, "")
        return
    for name, value in output.items():
        yield name, ""
        if name == "data" and isinstance(value, dict):
            kind = _kind_shown(value)
            for mime, shown_as in value.items():
                yield mime, ""
                yield from _all(shown_as, kind if mime == kind else "")
        else:
            yield from _all(value, PLAIN if name in ("text", "traceback") else "")


def _kind_shown(data: dict[str, Any]) -> str:
    """Return which of the forms of one output says what was shown: its text, or its table where the
    text is only the name of an object.
    """
    named = OBJECT.match("".join(data.get(PLAIN, "")))
    table = TABLE in "".join(data.get(HTML, ""))
    return HTML if table and (named or PLAIN not in data) else PLAIN


def _all(value: Any, wanted: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield value, wanted
    elif isinstance(value, list):
        for one in value:
            yield from _all(one, wanted)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name, ""
            yield from _all(one, wanted)
