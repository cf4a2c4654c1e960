"""Renders a `Report` as one PDF: the HTML of each language, printed by WeasyPrint, Chinese pages
first.
"""

from __future__ import annotations

from lossreport.errors import UsageError
from lossreport.model.report import Report
from lossreport.render.to_html import to_html
from lossreport.render.voice import languages
from lossreport.text import LangChoice


def to_pdf(report: Report, lang: LangChoice = "both") -> bytes:
    """Return the report as PDF bytes, the same for the same input; raises UsageError where the
    extra `[pdf]` is missing.
    """
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        raise UsageError(
            f"A PDF needs WeasyPrint and the Pango library ({error})",
            hint="Run: pip install 'lossreport[pdf]' (and apt-get install libpango-1.0-0 "
            "libpangoft2-1.0-0).",
        ) from error

    documents = [
        HTML(string=to_html(report, one), url_fetcher=_nothing).render() for one in languages(lang)
    ]
    pages = [page for document in documents for page in document.pages]
    return bytes(documents[0].copy(pages).write_pdf(pdf_identifier=b"lossreport"))


def _nothing(url: str) -> dict[str, object]:
    """Fetch nothing: a report has no resources, whatever a log may have slipped into it."""
    raise ValueError(f"a report loads nothing, not {url}")
