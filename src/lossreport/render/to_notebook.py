"""Renders a `Report` for the cell of a notebook: the whole page inside a frame, whose styles reach
nothing outside and the other way round.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from lossreport.model.report import Report
from lossreport.render.to_html import to_html

HEIGHT: Final = 720
"""Pixels: a first screen and a part of the next; the page scrolls inside."""
FRAME: Final = Markup(
    '<iframe title="lossreport" srcdoc="{page}" sandbox="allow-popups" width="100%" '
    'height="{height}" style="border:1px solid #8886"></iframe>'
)
"""Without `allow-scripts`: a report has none."""
HEAD: Final = "<head>"
BASE: Final = '<head><base href="about:srcdoc">'
"""Without it a link to a finding leads to the address of the notebook, and the report is gone (seen
in Chromium 156). It stands before the page's own policy, which lets no base be set after it.
"""


def to_notebook(report: Report) -> str:
    """Return a frame that holds the whole page in both languages."""
    return str(FRAME.format(page=to_html(report).replace(HEAD, BASE, 1), height=HEIGHT))
