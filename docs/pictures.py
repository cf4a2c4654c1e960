"""Takes the pictures of the READMEs and the first page anew, of the report on the sample run:
`python docs/pictures.py` (needs Chromium).

The first screen in each language, and the same page on a phone in dark mode; 256 colours keep each
below 120 kB.
"""

from __future__ import annotations

import os
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

import lossreport

DOCS: Final = Path(__file__).resolve().parent
SAMPLE: Final = DOCS.parent / "sample_logs" / "vla_action_head"
CHROMIUM: Final = os.environ.get("LOSSREPORT_CHROMIUM", "/usr/bin/chromium")
COLOURS: Final = 256
PICTURES: Final[
    tuple[tuple[str, Literal["zh", "en"], tuple[int, int], Literal["light", "dark"]], ...]
] = (
    ("first-screen-en", "en", (1200, 870), "light"),
    ("first-screen-zh", "zh", (1200, 870), "light"),
    ("phone-dark", "zh", (375, 812), "dark"),
)


def take(
    browser: Browser, page: Path, lang: str, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> Image.Image:
    """Return the first screen of a page in `lang` in a window of `size`, as a picture with a
    palette.
    """
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, offline=True
    )
    tab = context.new_page()
    tab.goto(page.as_uri())
    tab.click(f"label[for=show-{lang}]")
    shot = Image.open(BytesIO(tab.screenshot()))
    context.close()
    return shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)


def main() -> None:
    """Write every picture into docs/images."""
    report = lossreport.compose(lossreport.analyze(lossreport.read_run([SAMPLE])))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder) / "report.html"
        page.write_text(lossreport.render(report), encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        for name, lang, size, scheme in PICTURES:
            take(browser, page, lang, size, scheme).save(
                DOCS / "images" / f"{name}.png", optimize=True
            )
        browser.close()


if __name__ == "__main__":
    main()
