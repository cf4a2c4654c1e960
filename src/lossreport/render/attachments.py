"""Puts the raw logs into an HTML report as further data blocks, and takes them out again:
compressed, with path and sha256.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final

from lossreport.errors import ReportError
from lossreport.values import dataclass

PREFIX: Final = "lossreport-log-"
LARGEST: Final = 1 << 30
BOMB_RATIO: Final = 500
BOMB_BYTES: Final = 1 << 28
"""A log of a report is bounded as one in an archive is (`reading/bytes/packed.py`): at most 1 GiB,
and beyond 256 MiB at most 500 times its packed size.
"""
LEVEL: Final = 9
"""Zstandard's level: text logs shrink to about a tenth at 50 MB/s."""
_UNSAFE_IN_SCRIPT: Final = str.maketrans(
    {char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One log file: its path in the report, its bytes, and the sha256 of the file on disk where
    that differs (`original`).

    It differs where secrets, people and machines were taken out (`redacted`); line numbers are
    those of the original even then.
    """

    path: str
    content: bytes
    redacted: bool = False
    original: str = ""

    @property
    def sha256(self) -> str:
        """The sha256 of the bytes that are embedded."""
        return hashlib.sha256(self.content).hexdigest()


def attached(page: str, logs: Iterable[Attachment]) -> str:
    """Return the page with a data block for every log, before the end of its body."""
    blocks = "".join(
        f'<script type="application/json" id="{PREFIX}{number}">{_packed(log)}</script>\n'
        for number, log in enumerate(logs, 1)
    )
    head, body, tail = page.rpartition("</body>")
    return f"{head}{blocks}{body}{tail}"


def _packed(log: Attachment) -> str:
    import zstandard

    data = zstandard.ZstdCompressor(level=LEVEL).compress(log.content)
    value = {
        "path": log.path,
        "sha256": log.sha256,
        "original_sha256": log.original or log.sha256,
        "bytes": len(log.content),
        "redacted": log.redacted,
        "encoding": "zstd+base64",
        "data": base64.b64encode(data).decode(),
    }
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).translate(_UNSAFE_IN_SCRIPT)


def unpacked(block: str) -> Attachment:
    """Return the log of one data block; raises ReportError where it is damaged or is not what its
    sha256 says.
    """
    try:
        value = json.loads(block)
        log = Attachment(
            path=str(value["path"]),
            content=_content(value),
            redacted=bool(value["redacted"]),
            original=str(value["original_sha256"]),
        )
        claimed = value["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise ReportError(
            f"An embedded log is damaged: {error}",
            hint="Take the report from where it was first stored.",
        ) from error
    if log.sha256 != claimed:
        raise ReportError(
            f"The embedded log {log.path!r} is not what its sha256 says",
            hint="Take the report from where it was first stored.",
        )
    return log


def _content(value: dict[str, Any]) -> bytes:
    """Return the bytes; never more than the block says there are."""
    import zstandard

    size = value["bytes"]
    if value["encoding"] != "zstd+base64":
        raise ValueError(f"unknown encoding {value['encoding']!r}")
    packed = base64.b64decode(value["data"], validate=True)
    if not isinstance(size, int) or not 0 <= size <= max(
        BOMB_BYTES, min(LARGEST, BOMB_RATIO * len(packed))
    ):
        raise ValueError(f"{size!r} bytes are announced for {len(packed)} packed ones")
    try:
        with zstandard.ZstdDecompressor().stream_reader(packed) as reader:
            content = reader.read(size + 1)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
    if len(content) != size:
        raise ValueError(f"{len(content)} bytes where {size} are announced")
    return content
