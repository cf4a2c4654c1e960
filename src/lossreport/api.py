"""The whole program in four calls: read, analyze, compose, render; `build` is all of them and
writes the file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Unpack

from lossreport import progress
from lossreport.errors import ConfigError, UsageError
from lossreport.model.analysis import Analysis
from lossreport.model.report import Report
from lossreport.model.run import FactValue, Run
from lossreport.options import FORMATS, Format, ReadingOptions, WritingOptions, held_to
from lossreport.settings import FILE as SETTINGS_FILE
from lossreport.settings import Settings, find_settings, folder_of, learned_ranges, with_facts
from lossreport.text import CHOICES, Lang, LangChoice
from lossreport.values import dataclass
from lossreport.writing import check_writable, is_stream, resolved, write_document, write_stdout

if TYPE_CHECKING:
    import pandas as pd

    from lossreport.render.attachments import Attachment
    from lossreport.render.fitting import Place

ENDINGS: Final = {"md": "md", "jira": "jira.txt", "html": "mail.html"}
"""How a body of a ticket is called after `lossreport.`, by its markup."""
Paths = Sequence[str | os.PathLike[str]] | str | os.PathLike[str]


def read_runs(
    paths: Paths,
    facts: Mapping[str, FactValue] | None = None,
    *,
    parsers: Sequence[tuple[str, str]] = (),
    ignore: Sequence[str] = (),
    redact: bool = True,
) -> tuple[Run, ...]:
    """Read folders, files or `-` (stdin) as one input and return its runs.

    `facts` are what the logs lack ({"vocab_size": 65536}) and win over lossreport.toml beside the
    logs. Logs of a program that broke before its first row make a run without a series. Raises
    MissingPathError, NothingReadError, ConfigError. Secrets, user names, home folders
    and addresses are taken out of what is quoted, unless `redact` is False.
    """
    from lossreport.reading.discover import ReadOptions, read_paths

    listed = _listed(paths)
    settings = find_settings(listed)
    given = dict(facts or {})
    options = ReadOptions(
        parsers=tuple(parsers),
        ignore=tuple(ignore),
        facts={**settings.facts, **given},
        guidance=with_facts(settings.guidance, given),
        redact=redact,
    )
    return read_paths(listed, options)


def read_run(paths: Paths, facts: Mapping[str, FactValue] | None = None) -> Run:
    """Read one run; raises UsageError where the input holds several. See `read_runs`."""
    runs = read_runs(paths, facts)
    if len(runs) != 1:
        names = ", ".join(run.name for run in runs)
        raise UsageError(
            f"The input holds {len(runs)} runs ({names})",
            hint="Use read_runs, or name one run's files.",
        )
    return runs[0]


def run_from_frame(
    frame: pd.DataFrame | Mapping[str, pd.DataFrame],
    facts: Mapping[str, FactValue] | None = None,
    name: str = "run",
) -> Run:
    """Make a run of a pandas DataFrame, one column a metric, or of several, one a source.

    step, iteration, epoch, tokens, samples and time are axes. NaN is a non-finite value, except in
    a `val_*`/`eval_*` column on rows where other columns are finite (not logged); pd.NA always
    means "not logged". `line` is the row number from 1.
    """
    from lossreport.reading.frame import run_of_frames

    return run_of_frames(frame if isinstance(frame, Mapping) else {name: frame}, facts or {}, name)


def analyze(run: Run | Sequence[Run], *, strict: bool = False) -> Analysis:
    """Analyse one run, or several each by itself, and hold every claim against the rows.

    What they contradict is left out and told as a failure, as a detector that fails is. With
    `strict` both raise.
    """
    import numpy as np

    from lossreport.analysis.analyze import analyze_run
    from lossreport.analysis.siblings import with_siblings, witnesses
    from lossreport.checking.check import checked

    runs = [run] if isinstance(run, Run) else list(run)
    held = []
    # a loss of 1e200 is what a run that went wrong printed: that its square is infinite is an
    # answer, which every rule takes for "not finite", and nothing to warn of
    with np.errstate(over="ignore"):
        progress.begin("analysing", len(runs))
        analyses = [analyze_run(one, strict=strict) for one in runs]
        told = with_siblings(analyses) if len(analyses) > 1 else analyses
        progress.begin("checking", len(runs))
        for one, raw in zip(told, runs, strict=True):
            beside = [other.runs[0] for other in witnesses(one, told)]
            held.append(checked(one, raw, beside, strict=strict))
            progress.advance(1)
    return held[0] if len(held) == 1 else _merged(held)


def compose(
    analysis: Analysis,
    *,
    title: str | None = None,
    owner: str = "",
    tags: Sequence[str] = (),
    link: str = "",
    notes: str = "",
    strict: bool = False,
    whole: bool = True,
) -> Report:
    """Compose the report of an analysis: sections of blocks, no language and no markup yet.

    `notes` is Markdown of the user's own; raw HTML, scripts and images in it are taken out when it
    is rendered. With `strict` a failing section raises instead of saying so in its place. Of a
    report that is not `whole` only its JSON and its short answer are asked for.
    """
    from lossreport.compose.compose import compose_report

    return compose_report(
        analysis,
        title=title,
        owner=owner,
        tags=tags,
        link=link,
        notes=notes,
        strict=strict,
        whole=whole,
    )


def render(report: Report, format: Format = "html", lang: LangChoice = "both") -> str:
    """Return the report as text. Markdown rendered this way refers to charts in
    `lossreport.files/`; `build` writes them too.
    """
    text = rendered(report, format, lang).text
    if isinstance(text, bytes):
        raise UsageError("A PDF is no text", hint="Use build(..., format='pdf').")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A report as text (as bytes, where it is a PDF), and the files that belong beside it (charts
    of Markdown), by name.
    """

    text: str | bytes
    files: Mapping[str, str]


def rendered(
    report: Report,
    format: Format,
    lang: LangChoice,
    *,
    stem: str = "lossreport",
    charts: bool = True,
) -> Rendered:
    """Return the report as text with the files beside it; raises UsageError for an unknown format
    or language.
    """
    if lang not in CHOICES:
        raise UsageError(f"No language is called {lang!r}", hint=f"Use {', '.join(CHOICES)}.")
    if format == "html":
        from lossreport.render.to_html import to_html

        return Rendered(text=to_html(report, lang), files={})
    if format == "md":
        from lossreport.render.to_markdown import to_markdown

        document = to_markdown(report, lang, "files" if charts else "none", f"{stem}.files")
        return Rendered(text=document.text, files=document.files)
    if format == "json":
        from lossreport.render.to_json import to_json

        return Rendered(text=to_json(report.analysis, report.extra), files={})
    if format == "pdf":
        from lossreport.render.to_pdf import to_pdf

        return Rendered(text=to_pdf(report, lang), files={})
    if format in ("digest", "sarif"):
        return Rendered(
            text=_for_programs(report, format, "zh" if lang == "zh" else "en"), files={}
        )
    raise UsageError(
        f"No format is called {format!r}", hint="Use html, md, json, pdf, digest or sarif."
    )


def _for_programs(report: Report, format: Format, lang: Lang) -> str:
    """Return a report in one of the forms that programs read, in one of the two languages of the
    JSON.
    """
    from lossreport.render.to_digest import to_digest
    from lossreport.render.to_json import to_dict
    from lossreport.render.to_sarif import to_sarif

    data = to_dict(report.analysis)
    return to_digest(data, lang) if format == "digest" else to_sarif(data, lang)


def in_notebook(report: Report) -> str:
    """Return the report as a frame for the cell of a notebook: a page of its own, so that its
    styles stay inside and those outside do not reach it.
    """
    from lossreport.render.to_notebook import to_notebook

    return to_notebook(report)


def build(
    paths: Paths,
    output: str | os.PathLike[str] | None = None,
    *,
    tell: Callable[[Report, Path | None], None] | None = None,
    **options: Unpack[WritingOptions],
) -> Analysis:
    """Read, analyse, compose, render and write; return the analysis.

    `fit` names a place (github, gitlab, jira, feishu, email, summary): the report is written in its
    markup, within its limit. `output` is a file, `-` for stdout, or None for `lossreport.<format>`
    in the first path's folder; without `format` its ending decides. The file is written beside its
    place and moved there, so that an existing report survives any failure. `options` are those of
    `WritingOptions`, the ones of the command line; TypeError names one that is none. `embed_logs`
    puts the logs into the HTML, redacted unless `redact` is False; `references` is a file that
    `lossreport index` wrote. `tell` is called in the end with the report and the place where it
    stands, None for stdout.
    """
    held_to(WritingOptions, options)
    listed = _listed(paths)
    settings, format, fit = (
        find_settings(listed, options.get("config")),
        options.get("format"),
        options.get("fit"),
    )
    form = format or _format_of(output) or _option(settings, "format", FORMATS) or "html"
    place = _place(fit or settings.options.get("fit"), format)
    target = _target(listed, output, form if place is None else ENDINGS[place.markup])
    if target is not None:
        check_writable(target)
    embed = _embeds(settings, options.get("embed_logs"), form)
    of_reading: dict[str, Any] = {
        name: value for name, value in options.items() if name in ReadingOptions.__annotations__
    }
    report = report_on(listed, whole=form != "json" or place is not None, **of_reading)
    progress.begin("writing", sum(len(section.blocks) for section in report.sections))
    language = options.get("lang") or _option(settings, "lang", CHOICES) or "both"
    made = (
        rendered(
            report,
            form,
            language,
            stem=target.stem if target else "lossreport",
            charts=target is not None and not is_stream(target),
        )
        if place is None
        else Rendered(text=fitted_body(report, place, language), files={})
    )
    if embed and isinstance(made.text, str):
        ignored = _ignored(settings, options.get("ignore", ()))
        page = with_logs(
            made.text,
            listed,
            ignored,
            redact=options.get("redact", True),
            config=options.get("config"),
        )
        made = replace(made, text=page)
    if target is None:
        write_stdout(made.text)
    else:
        write(target, made)
    if tell is not None:
        tell(report, target)
    return report.analysis


def _embeds(settings: Settings, asked: bool | None, form: str) -> bool:
    """Return whether the logs go into the report; raises UsageError where they are asked for and
    the format cannot hold them.
    """
    if asked and form != "html":
        raise UsageError(
            f"Logs cannot be embedded into {form}", hint="Use --embed-logs with an HTML report."
        )
    return form == "html" and bool(settings.options.get("embed_logs") if asked is None else asked)


def report_on(paths: Paths, *, whole: bool = True, **options: Unpack[ReadingOptions]) -> Report:
    """Read, analyse and compose with the settings beside the logs, and write nothing: `build`
    writes what this returns; not `whole` where that is JSON.

    `options` are those of `ReadingOptions`; TypeError names one that is none.
    """
    from lossreport.reading.discover import ReadOptions, read_paths, select

    held_to(ReadingOptions, options)
    listed = _listed(paths)
    settings = find_settings(listed, options.get("config"))
    given = options.get("facts") or {}
    trusted = options.get("config") is not None
    notes, references = options.get("notes"), options.get("references")
    written_notes = _notes(
        notes if notes is not None else _beside(listed, settings, "notes", trusted=trusted)
    )
    learned = learned_ranges(references or _beside(listed, settings, "references", trusted=trusted))
    reading = ReadOptions(
        parsers=tuple(options.get("parsers", ())) or _pairs(settings),
        ignore=_ignored(settings, options.get("ignore", ())),
        facts={**settings.facts, **given},
        guidance=replace(with_facts(settings.guidance, given), learned=learned),
        strict=options.get("strict", False),
        redact=options.get("redact", True),
    )
    found = read_paths(listed, reading)
    runs = select(found, options.get("run") or settings.options.get("run"))
    strict = options.get("strict", False) or bool(settings.options.get("strict"))
    earlier = options.get("against") or _beside(listed, settings, "against", trusted=trusted)
    report = compose(
        analyze(runs, strict=strict),
        title=options.get("title") or settings.options.get("title"),
        owner=options.get("owner") or settings.options.get("owner", ""),
        tags=tuple(options.get("tags", ())) or tuple(settings.options.get("tags", ())),
        link=options.get("link") or settings.options.get("link", ""),
        notes=written_notes,
        strict=strict,
        whole=whole or strict or bool(earlier),
    )
    return _held_against(report, earlier) if earlier else report


def _held_against(report: Report, earlier: str | os.PathLike[str]) -> Report:
    from lossreport.store.since import against

    return against(report, earlier)


def _ignored(settings: Settings, ignore: Sequence[str]) -> tuple[str, ...]:
    return (*ignore, *settings.options.get("ignore", ()))


def fitted_body(report: Report, place: Place, lang: LangChoice) -> str:
    """Return the report as the body that a place takes; raises OutputError where not even the
    answer fits.
    """
    from lossreport.render.fitting import fitted

    return fitted(report, place, lang).text


def with_logs(
    page: str,
    paths: Paths,
    ignore: Sequence[str] = (),
    *,
    redact: bool = True,
    config: str | os.PathLike[str] | None = None,
) -> str:
    """Return an HTML report with the logs of `paths` inside: byte for byte, or with `redact`
    without secrets, people and machines.

    What is no UTF-8 text cannot be redacted; with `redact` it is left out. The settings beside the
    logs go with them. Raises UsageError for standard input, and where two logs have one name.
    """
    from lossreport.render.attachments import attached

    logs = list(_attachments(_listed(paths), ignore, redact, config))
    names = [log.path for log in logs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(
            f"Two logs are called {twice!r} and cannot both be embedded",
            hint="Name the folder that holds both.",
        )
    return attached(page, logs)


def _attachments(
    paths: Sequence[str | os.PathLike[str]],
    ignore: Sequence[str],
    redact: bool,
    config: str | os.PathLike[str] | None,
) -> Iterator[Attachment]:
    from lossreport.reading.bytes.reader import LogFile
    from lossreport.reading.bytes.remote import local_copies
    from lossreport.reading.folder import MAX_DEPTH, find_logs, wanted
    from lossreport.reading.privacy.scrubbing import scrub
    from lossreport.render.attachments import Attachment

    if any(os.fspath(path) == "-" for path in paths):
        raise UsageError("Standard input cannot be embedded", hint="Write the log to a file first.")
    settings = Path(config) if config is not None else folder_of(paths[0]) / SETTINGS_FILE
    with local_copies(paths, lambda shown: wanted(shown, ignore), MAX_DEPTH) as local:
        own = [LogFile(SETTINGS_FILE, path=settings)] if settings.is_file() else []
        for log in (*own, *find_logs(local.paths, ignore)):
            content = log.path.read_bytes() if log.path else log.data or b""
            clean = scrub(content) if redact else content
            if clean is not None:
                original = hashlib.sha256(content).hexdigest()
                yield Attachment(
                    path=log.shown, content=clean, redacted=clean != content, original=original
                )


def write(target: Path, made: Rendered) -> None:
    """Write the report and the files beside it, so that whenever the process ends the old or the
    new report stands; raises OutputError.
    """
    write_document(target, made.text, made.files)


def _beside(
    paths: Sequence[str | os.PathLike[str]], settings: Settings, option: str, *, trusted: bool
) -> Path | None:
    """Return the place of a file that a settings file names: beside the logs.

    Settings that merely lie beside the logs came with them, and may be anybody's: they name no file
    outside that folder. Those that the user named with --config may.
    """
    name: str | None = settings.options.get(option)
    if name is None:
        return None
    folder = folder_of(paths[0])
    place = folder / name
    inside = Path(os.path.realpath(place)).is_relative_to(os.path.realpath(folder))
    if not trusted and (not inside or (place.exists() and not place.is_file())):
        raise ConfigError(
            f"{settings.origin}: {option} = {name!r} names no file in the folder of the logs",
            hint=f"Give it on the command line with --{option}, or name the settings with "
            f"--config.",
        )
    return place


def _notes(path: str | os.PathLike[str] | None) -> str:
    if path is None:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"Couldn't read the notes {os.fspath(path)!r}: {error}",
            hint="Name a Markdown file in UTF-8.",
        ) from error


def _listed(paths: Paths) -> list[str | os.PathLike[str]]:
    listed: list[str | os.PathLike[str]] = (
        [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    )
    if not listed:
        raise UsageError("No path was given", hint="Name the folder of the run, or its log files.")
    if any(os.fspath(path) == "" for path in listed):
        raise UsageError(
            "A path is empty",
            hint="Is a variable unset? Give a path, or . for the folder you are in.",
        )
    return listed


def _place(name: str | None, format: Format | None) -> Place | None:
    """Return the place to fit into; raises UsageError where it is unknown, or a format was asked
    for that is no body of a ticket.
    """
    if name is None:
        return None
    if format not in (None, "md"):
        raise UsageError(
            f"fit = {name} and the format {format} exclude each other",
            hint="Leave out -f, or use -f md.",
        )
    from lossreport.render.fitting import PLACES

    if name not in PLACES:
        raise UsageError(f"No place is called {name!r}", hint=f"Use one of: {', '.join(PLACES)}.")
    return PLACES[name]


def _target(
    paths: Sequence[str | os.PathLike[str]], output: str | os.PathLike[str] | None, form: str
) -> Path | None:
    if output is not None:
        return None if os.fspath(output) == "-" else resolved(Path(output))
    return resolved(folder_of(paths[0]) / f"lossreport.{form}")


def _format_of(output: str | os.PathLike[str] | None) -> Format | None:
    suffix = Path(os.fspath(output)).suffix.lower().lstrip(".") if output is not None else ""
    ending = {"htm": "html", "markdown": "md"}.get(suffix, suffix)
    return next((form for form in FORMATS if form == ending), None)


def _option(settings: Settings, name: str, allowed: Sequence[str]) -> Any:
    value = settings.options.get(name)
    if value is not None and value not in allowed:
        raise ConfigError(
            f"{settings.origin}: {name} = {value!r} is not known",
            hint=f"Use one of: {', '.join(allowed)}.",
        )
    return value


def _pairs(settings: Settings) -> tuple[tuple[str, str], ...]:
    return tuple(settings.options.get("parser", {}).items())


def _merged(analyses: Sequence[Analysis]) -> Analysis:
    def every(name: str) -> tuple[Any, ...]:
        return tuple(item for analysis in analyses for item in getattr(analysis, name))

    return replace(analyses[0], **{field.name: every(field.name) for field in fields(Analysis)})
