"""What parsers of text share of the reading of lines: the pattern of a number, time stamps, and
what a line of a hand-written log says.
"""

from __future__ import annotations

from typing import Final

from lossreport.reading.lines.pairs import Pair
from lossreport.reading.lines.prefix import DATE, STAMP
from lossreport.reading.lines.row import TextRow, text_row

NUM: Final = (
    r"[-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf"
    r"(?:inity)?)(?![A-Za-z])|-?1\.#(?:QNAN|IND|INF)"
)
"""A number in any spelling; to be used with re.IGNORECASE."""

__all__ = ["DATE", "NUM", "STAMP", "Pair", "TextRow", "text_row"]
