"""Writes the reports of many runs at once, on local processes or any `concurrent.futures.Executor`:
`lossreport batch`.

One run that cannot be read, or that takes its worker down with it, costs nothing but itself.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from lossreport import progress
from lossreport.batch.journal import Outcome, append, finished, sha256_of
from lossreport.errors import LossreportError, MissingPathError, NothingReadError, UsageError
from lossreport.model.analysis import Severity
from lossreport.values import dataclass
from lossreport.writing import write_file

SUMMARY: Final = "lossreport.batch.json"
JOURNAL: Final = "lossreport.batch.jsonl"
"""`lossreport.*` is never read as a log."""
ATTEMPTS: Final = 2
"""A run during which its worker died twice, the second time alone, is taken for the cause."""
Form = Literal["html", "md", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run to report: its folder, its name below the folder of the batch, where the report goes
    and in which form.
    """

    folder: str
    path: str
    report: str
    target: str
    form: Form
    redact: bool = True
    embed_logs: bool = False


def jobs_of(
    folders: Sequence[str | Path],
    *,
    form: Form = "html",
    redact: bool = True,
    embed_logs: bool = False,
) -> tuple[Job, ...]:
    """Return a job for every direct subfolder that has logs, by name; raises MissingPathError and
    NothingReadError where there is none.
    """
    roots = [Path(folder) for folder in folders]
    for root in roots:
        if not root.is_dir():
            raise MissingPathError(
                f"There is no folder {str(root)!r}",
                hint="Name the folder whose subfolders are runs.",
            )
    base = journal_folder(roots)
    found = [
        place
        for root in roots
        for place in sorted(root.iterdir())
        if place.is_dir() and _has_logs(place)
    ]
    if not found:
        raise NothingReadError(
            f"No subfolder of {', '.join(repr(str(root)) for root in roots)} holds logs",
            hint="Name the folder whose subfolders are runs.",
        )
    extra = {"form": form, "redact": redact, "embed_logs": embed_logs and form == "html"}
    return tuple(_job(place, base, form, extra) for place in dict.fromkeys(found))


def _job(place: Path, base: Path, form: Form, extra: Mapping[str, object]) -> Job:
    path = Path(os.path.relpath(place, base)).as_posix()
    name = f"lossreport.{form}"
    return Job(
        folder=str(place.resolve()),
        path=path,
        report=f"{path}/{name}",
        target=str(place.resolve() / name),
        **extra,  # type: ignore[arg-type]
    )


def journal_folder(folders: Sequence[str | Path]) -> Path:
    """Return where the journal of a batch lies: the first folder."""
    return Path(folders[0])


def nested(folders: Sequence[str | Path]) -> dict[str, tuple[str, ...]]:
    """Return, by their path below the folder of the batch, the subfolders of which several folders
    below hold logs, and the names of these.

    Each is one report, of as many runs as reading tells apart; those may be meant to have a report
    each.
    """
    found: dict[str, tuple[str, ...]] = {}
    base = journal_folder(folders)
    for root in map(Path, folders):
        for place in sorted(root.iterdir()):
            inner = (
                [one.name for one in sorted(place.iterdir()) if one.is_dir() and _has_logs(one)]
                if place.is_dir()
                else []
            )
            if len(inner) > 1:
                found[Path(os.path.relpath(place, base)).as_posix()] = tuple(inner)
    return found


def _has_logs(place: Path) -> bool:
    from lossreport.reading.folder import find_logs

    return not place.name.startswith(".") and next(find_logs([place]), None) is not None


def run(
    folders: Sequence[str | Path],
    *,
    executor: Executor | None = None,
    jobs: int | None = None,
    form: Form = "html",
    resume: bool = False,
    redact: bool = True,
    embed_logs: bool = False,
    told: Callable[[Outcome], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Write a report into every direct subfolder of `folders` that has logs and return what became
    of each, by path.

    `executor` is any of concurrent.futures, or None for `jobs` local processes (as many as there
    are cores); what is left where it breaks runs on such processes. Each outcome goes to `told` and
    into the journal of the first folder as soon as it is there; with `resume` the runs that the
    journal has are left out.
    """
    if not folders:
        raise UsageError("No folder was given", hint="Name the folder whose subfolders are runs.")
    work = jobs_of(folders, form=form, redact=redact, embed_logs=embed_logs)
    journal = journal_folder(folders) / JOURNAL
    before = finished(journal) if resume else {}
    done = {
        job.path: one for job in work if (one := before.get(job.path)) and one.report == job.report
    }
    if not resume:
        journal.unlink(missing_ok=True)
    todo = [job for job in work if job.path not in done]
    progress.begin("reporting", len(todo))
    for outcome in (
        _on_processes(todo, jobs) if executor is None else _on_lent(executor, todo, jobs)
    ):
        progress.advance(1)
        append(journal, outcome)
        done[outcome.path] = outcome
        told(outcome)
    outcomes = tuple(done[job.path] for job in work)
    write_file(
        journal_folder(folders) / SUMMARY,
        json.dumps(summary(outcomes, nested(folders)), indent=1) + "\n",
    )
    return outcomes


def summary(
    outcomes: Sequence[Outcome], several: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> dict[str, object]:
    """Return the batch in numbers: how many runs, how many failed, how many of each verdict and
    severity, what is nested, then every run.
    """
    verdicts = Counter(verdict for one in outcomes for verdict in one.verdicts)
    severities = Counter(one.severity or "none" for one in outcomes if one.state == "done")
    return {
        "runs": len(outcomes),
        "failed": sum(one.state == "failed" for one in outcomes),
        "verdicts": dict(verdicts.most_common()),
        "severities": dict(severities.most_common()),
        "nested": {path: list(names) for path, names in several.items()},
        "outcomes": [asdict(one) for one in outcomes],
    }


def build_one(job: Job) -> Outcome:
    """Write the report of one run; whatever goes wrong is in the outcome."""
    from lossreport import api

    try:
        analysis = api.build(
            [job.folder], job.target, format=job.form, redact=job.redact, embed_logs=job.embed_logs
        )
    except LossreportError as error:
        return Outcome(path=job.path, state="failed", error=str(error))
    except Exception as error:  # a bug of ours in one run must not cost the others
        return Outcome(path=job.path, state="failed", error=f"{type(error).__name__}: {error}")
    return Outcome(
        path=job.path,
        state="done",
        report=job.report,
        sha256=sha256_of(Path(job.target)),
        verdicts=tuple(analysis.run_verdict(one.id).state.value for one in analysis.runs),
        severity=max(
            (finding.severity for finding in analysis.findings),
            key=lambda severity: severity.rank,
            default="",
        ),
    )


# ------------------------------------------------------------------------------------------ workers
WATCH_SECONDS: Final = 1.0
"""How often a worker looks whether the batch still lives: one that was killed leaves no worker
behind for longer.
"""


def die_with(parent: int) -> None:
    """Make this worker end with the process that started it, however that one ended: kill -9 tells
    nobody.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _on_processes(todo: Sequence[Job], jobs: int | None) -> Iterator[Outcome]:
    """Run jobs on local processes. Where one dies, what was under way is run again; what was under
    way twice, each by itself.
    """
    count = jobs or os.cpu_count() or 1
    left = {job.path: job for job in todo}
    for attempt in range(1, ATTEMPTS + 1):
        alone = attempt == ATTEMPTS
        for part in [[job] for job in left.values()] if alone else [list(left.values())]:
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(
                1 if alone else count,
                mp_context=context,
                initializer=die_with,
                initargs=(os.getpid(),),
            ) as pool:
                for outcome in _on(pool, part, keep_broken=not alone):
                    left.pop(outcome.path)
                    yield outcome


def _on_lent(executor: Executor, todo: Sequence[Job], jobs: int | None) -> Iterator[Outcome]:
    """Run jobs on an executor of somebody else's. Where it breaks, as a pool does of which one
    process dies, the rest runs on processes of our own.
    """
    left = {job.path: job for job in todo}
    for outcome in _on(executor, todo, keep_broken=True):
        left.pop(outcome.path)
        yield outcome
    if left:
        yield from _on_processes(list(left.values()), jobs)


def _on(executor: Executor, todo: Sequence[Job], *, keep_broken: bool = False) -> Iterator[Outcome]:
    """Yield outcomes as they come; with `keep_broken` nothing for jobs whose worker died."""
    waiting: dict[Future[Outcome], Job] = {}
    try:
        for job in todo:
            waiting[executor.submit(build_one, job)] = job
    except BrokenProcessPool:
        if not keep_broken:
            raise
    for future in as_completed(waiting):
        job = waiting[future]
        try:
            yield future.result()
        except BrokenProcessPool:
            if not keep_broken:
                yield Outcome(
                    path=job.path,
                    state="failed",
                    error="the process that read it died (out of memory?)",
                )
        except Exception as error:
            # what an executor of another kind says of a worker that died again and again
            yield Outcome(path=job.path, state="failed", error=f"{type(error).__name__}: {error}")


def gravest(outcomes: Sequence[Outcome]) -> Severity | None:
    """Return the gravest severity of any finding, None where there is none."""
    return max(
        (Severity(one.severity) for one in outcomes if one.severity),
        key=lambda severity: severity.rank,
        default=None,
    )
