"""The table of speeds that the pages keep is one that the measurement can hold itself against, and
can renew.
"""

from pathlib import Path

import pytest
from benchmarks import speed


def cases() -> list[str]:
    return list(speed.cases(Path("folder")))


def test_the_page_keeps_every_case() -> None:
    assert list(speed.kept(speed.PAGES[0])) == cases()


@pytest.mark.parametrize("page", speed.PAGES, ids=lambda page: page.name)
def test_a_page_takes_what_was_measured(page: Path, tmp_path: Path) -> None:
    copy = tmp_path / page.name
    copy.write_text(page.read_text(encoding="utf-8"), encoding="utf-8")
    speed.keep(copy, {case: (number + 0.5, number + 0.25) for number, case in enumerate(cases())})
    assert list(speed.kept(copy).values()) == [number + 0.25 for number in range(len(cases()))]
    before, after = (
        text.splitlines()
        for text in (page.read_text(encoding="utf-8"), copy.read_text(encoding="utf-8"))
    )
    assert [line for line in before if not speed.is_measured(line)] == [
        line for line in after if not speed.is_measured(line)
    ]


def test_a_page_of_other_cases_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("| a | 1.00 | 2.00 |\n", encoding="utf-8")
    with pytest.raises(ValueError, match="zip"):
        speed.keep(page, {"a": (1.0, 1.0), "b": (1.0, 1.0)})
    assert page.read_text(encoding="utf-8") == "| a | 1.00 | 2.00 |\n"


@pytest.mark.parametrize("what", speed.GROWN_BY)
def test_an_input_has_as_much_as_it_says(what: str, tmp_path: Path) -> None:
    speed.write_grown(tmp_path, what, 10)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    lines = files[0].read_text(encoding="utf-8").splitlines()
    found = {
        "rows": len(lines) - 1,
        "metrics": lines[0].count(","),
        "files": len(files),
        "runs": len(lines) // 10,
    }
    assert found[what] == 10
