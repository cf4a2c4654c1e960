"""Opens a page in a browser, where one can be opened: never over a remote shell, and never one that
would take over the terminal.
"""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path


def opened(page: Path) -> bool:
    """Open a page; return whether that was possible."""
    return has_desktop(sys.platform) and webbrowser.open(page.resolve().as_uri())


def has_desktop(platform: str) -> bool:
    """Return whether this process stands on a desktop: where none can be seen, a browser would be
    one of text, inside the terminal.
    """
    if os.environ.get("SSH_CONNECTION") or os.environ.get("CI"):
        return False
    return platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
