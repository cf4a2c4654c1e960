"""Seals an HTML report: a digest of every claim, written into the page, by which `lossreport
verify` finds what was edited later.

A claim is what a reader takes in at once: a paragraph, a row of a table, an item of a list, a
heading. The seal is no signature: who edits a claim and its digest alike is found out only by the
logs.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

SEAL_ID: Final = "lossreport-seal"
DATA_ID: Final = "lossreport-data"
WIDTH: Final = 4
"""Bytes of a digest: of a thousand edits one in four million goes by unnoticed as a claim, and none
as a whole (`whole`).
"""
TAB: Final = "\t"
"""Parts the cells of a row of a table in a claim."""


def seal_of(page: str) -> dict[str, Any]:
    """Return the seal of a page: digests of its claims in order, of its markup by section, and of
    each part of its data.
    """
    from lossreport.render.anatomy import anatomy

    parts = anatomy(page)
    claims = b"".join(digest(claim.text) for claim in parts.claims)
    return {
        "claims": base64.b64encode(claims).decode(),
        "whole": sha256(TAB.join(claim.text for claim in parts.claims)),
        "markup": {name: _short(text) for name, text in parts.markup.items()},
        "data": data_digests(parts.blocks.get(DATA_ID, "")),
    }


def sealed(page: str) -> str:
    """Return the page with its seal as the last data block."""
    text = json.dumps(seal_of(page), separators=(",", ":"))
    block = f'<script type="application/json" id="{SEAL_ID}">{text}</script>\n'
    head, body, tail = page.rpartition("</body>")
    return f"{head}{block}{body}{tail}"


def data_digests(block: str) -> dict[str, str]:
    """Return a short digest for each part of the JSON data, `findings` in one; of what is no JSON
    object, for all of it.
    """
    try:
        data = json.loads(block)
    except (ValueError, RecursionError):
        return {"": _short(block)}
    return digests(data) if isinstance(data, dict) else {"": _short(block)}


def digests(data: Mapping[str, Any]) -> dict[str, str]:
    """Return a short digest for each part of JSON data, as it is read back."""
    return {
        name: _short(json.dumps(value, ensure_ascii=True, separators=(",", ":")))
        for name, value in data.items()
    }


def digest(text: str) -> bytes:
    """Return the digest of one claim."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:WIDTH]


def sha256(text: str) -> str:
    """Return the whole sha256 of a text, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _short(text: str) -> str:
    return sha256(text)[:16]
