"""Marks what takes long: whole programs, browsers, archives of many reports. `-m "not slow"` is the
fast lane, under a minute on two cores.
"""

from pathlib import Path

import pytest

LONG = (
    "analysis/causes/test_causes.py",
    "batch/",
    "checking/",
    "compare/",
    "console/",
    "examples/",
    "fuzz/",
    "index/",
    "integrations/",
    "compose/test_charting.py",
    "lint/",
    "reading/test_patterns_are_linear.py",
    "render/test_chromium.py",
    "render/test_fitting.py",
    "render/test_notes.py",
    "store/",
    "test_cases.py",
    "test_cli.py",
    "test_docs.py",
    "test_install.py",
    "test_one_liners.py",
    "test_readme.py",
    "test_shared.py",
    "test_starting.py",
    "tickets/",
    "verify/",
)
"""Folders and modules below tests/ whose tests start programs or write whole reports."""
ALSO = ("test_the_same_input_gives_the_same_bytes_anywhere",)
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        place = item.path.relative_to(HERE).as_posix()
        if (
            place.startswith(LONG)
            or item.name.startswith(ALSO)
            or any(map(item.get_closest_marker, ("chromium", "shared", "frameworks")))
        ):
            item.add_marker(pytest.mark.slow)
