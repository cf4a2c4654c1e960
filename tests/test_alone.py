"""A process of our own goes without what others might ask of it; the reports are the same, and
nobody else's process is touched.
"""

import os
import subprocess
import sys
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[1] / "sample_logs" / "vla_healthy"
DRAWN = (
    f"from lossreport.api import analyze, compose, read_runs, render; "
    f"print(render(compose(analyze(read_runs({str(SAMPLE)!r}))), 'html'))"
)
HELP = "from lossreport.charts import draw; from matplotlib.lines import Line2D; import gc, os;"
SEEN = (
    "print(len(Line2D.set.__doc__ or '') > 200, gc.get_threshold()[0] == 100_000, "
    "os.environ.get('OPENBLAS_NUM_THREADS'))"
)


def said(code: str) -> str:
    environment = {
        name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
        encoding="utf-8",
    ).stdout


def test_the_pictures_are_the_same() -> None:
    assert said(f"from lossreport import alone; alone.settle(); {DRAWN}") == said(DRAWN)


def test_a_program_that_imports_the_package_keeps_its_own() -> None:
    assert said(f"import lossreport; {HELP} {SEEN}").split() == ["True", "False", "None"]


def test_a_process_of_our_own_goes_without() -> None:
    assert said(f"from lossreport import alone; alone.settle(); {HELP} {SEEN}").split() == [
        "False",
        "True",
        "1",
    ]


def test_who_has_set_a_number_of_threads_keeps_it() -> None:
    code = (
        "import os; os.environ['OPENBLAS_NUM_THREADS'] = '3'; from lossreport import alone; "
        "alone.settle(); print(os.environ['OPENBLAS_NUM_THREADS'])"
    )
    assert said(code).strip() == "3"
