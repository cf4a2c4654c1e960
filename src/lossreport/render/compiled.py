"""Keeps the templates compiled beside them, as Python keeps its modules: making their code anew
takes as long as to read a small log.
"""

from __future__ import annotations

import marshal
import os
import sys
from contextlib import suppress
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket, BytecodeCache

from lossreport.resources import templates


class Compiled(BytecodeCache):
    """Files of `templates/__pycache__`, each good for one version of Python, of Jinja and of the
    text of its template.

    Nothing is kept where Python may not keep its own, or where the folder cannot be written; a file
    that is torn or of another text is made anew.
    """

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the code of a template from its file, where it is of this text."""
        place = _place(bucket)
        if place is None or not place.is_file():
            return
        text, _, code = place.read_bytes().partition(b"\n")
        if text == bucket.checksum.encode():
            try:
                bucket.code = marshal.loads(code)
            except (EOFError, ValueError, TypeError):
                bucket.reset()  # torn: it is compiled and kept anew

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        place = _place(bucket)
        if place is None or sys.dont_write_bytecode or not _is_writable(place.parent):
            return
        written = place.with_name(f"{place.name}.{os.getpid()}")
        try:
            place.parent.mkdir(exist_ok=True)
            written.write_bytes(bucket.checksum.encode() + b"\n" + marshal.dumps(bucket.code))
            written.replace(place)
        except OSError:  # a full disk, as for Python's own: the next process compiles it again
            with suppress(OSError):
                written.unlink(missing_ok=True)


def _place(bucket: Bucket) -> Path | None:
    """Return where the code of a template is kept; None where the templates lie in no folder, as in
    a zipped application.
    """
    folder = templates()
    if not isinstance(folder, Path):
        return None
    tag = f"{sys.implementation.cache_tag}.jinja-{jinja2.__version__}"
    return folder / "__pycache__" / f"{bucket.key}.{tag}"


def _is_writable(folder: Path) -> bool:
    return os.access(folder if folder.is_dir() else folder.parent, os.W_OK)
