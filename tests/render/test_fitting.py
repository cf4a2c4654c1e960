"""A body is within the limit of its place, whole in what it keeps, honest about what it leaves out,
and keeps what matters most.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import lossreport
from lossreport.errors import OutputError
from lossreport.model.report import Report
from lossreport.render.fitting import LEAST_FIRST, PLACES, Fitted, fitted, in_json, utf8, utf16
from lossreport.text import show_value
from runs import SAMPLES, make_run, make_series

LANGS = ("both", "zh", "en")


def report_of(name: str) -> Report:
    return lossreport.compose(lossreport.analyze(lossreport.read_runs([SAMPLES / name])))


@pytest.fixture(scope="module")
def sick() -> Report:
    return report_of("vla_action_head")


@pytest.fixture(scope="module")
def many() -> Report:
    """Five runs, each with many spikes: far more than a ticket takes."""
    y = [2.0 + (50.0 + i if i % 20 == 10 else 0.001 * (i % 7)) for i in range(600)]
    series = make_series(y, name="loss_with_quite_a_long_name", axis="step")
    runs = [
        replace(
            make_run([replace(series, run=f"r{n}", id=f"m{n}", source=f"s{n}")]),
            id=f"r{n}",
            name=f"run {n}",
        )
        for n in range(1, 6)
    ]
    return lossreport.compose(lossreport.analyze(runs))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("which", ["sick", "many"])
def test_every_body_is_within_its_limit_and_says_what_is_left_out(
    which: str, place: str, lang: str, request: pytest.FixtureRequest
) -> None:
    report, there = request.getfixturevalue(which), PLACES[place]
    body = fitted(report, there, lang)  # type: ignore[arg-type]
    assert there.measure(body.text) <= there.limit
    told = {"zh": "因篇幅限制略去的内容", "en": "Left out to fit", "both": "Left out to fit"}[lang]
    assert (told in body.text) == bool(body.dropped)


def test_a_limit_is_kept_to_the_last_character(sick: Report) -> None:
    place = PLACES["github"]
    whole = len(fitted(sick, place, "en", limit=10**9).text)
    assert fitted(sick, place, "en", limit=whole).dropped == ()
    assert fitted(sick, place, "en", limit=whole - 1).dropped != ()


def titles(body: Fitted) -> list[str]:
    return re.findall(r"^## (.*)$", body.text, re.MULTILINE)


@pytest.mark.parametrize("limit", [40_000, 30_000, 25_000, 20_000, 15_000, 12_000, 8_000])
def test_the_answer_the_findings_and_the_advice_stay(limit: int, sick: Report) -> None:
    body = fitted(sick, PLACES["github"], "en", limit=limit)
    assert len(body.text) <= limit
    assert "> **◆ mixed: cannot be judged yet**" in body.text.splitlines()
    assert {"Anomalies", "Recommendations"} <= set(titles(body))


def test_what_matters_least_goes_first(sick: Report) -> None:
    gone = {}
    for limit in range(40_000, 8_000, -2_000):
        kept = titles(fitted(sick, PLACES["github"], "en", limit=limit))
        there = {section.id for section in sick.sections if section.title.en in kept}
        for section in sick.sections:
            if section.id not in there:
                gone.setdefault(section.id, limit)
    ordered = [name for name in LEAST_FIRST if "/" not in name and name in gone]
    assert [gone[name] for name in ordered] == sorted(
        (gone[name] for name in ordered), reverse=True
    )
    assert len(ordered) >= 5


@pytest.mark.parametrize("limit", [40_000, 30_000, 20_000, 12_000])
def test_no_table_list_or_fold_is_cut(limit: int, sick: Report) -> None:
    text = fitted(sick, PLACES["github"], "both", limit=2 * limit).text
    assert text.count("<details>") == text.count("</details>")
    assert text.count("```") % 2 == 0
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        blocks[-1].append(line) if line.startswith("|") else blocks.append([])
    widths = [
        {len(re.sub(r"\\\|", "", line).split("|")) for line in block} for block in blocks if block
    ]
    assert all(len(width) == 1 for width in widths)
    assert all(len(block) >= 2 for block in blocks if block)


def test_a_section_that_is_left_out_is_not_told_twice(sick: Report) -> None:
    told = [
        show_value(one, "en") for one in fitted(sick, PLACES["github"], "en", limit=20_000).dropped
    ]
    assert "the section “Convergence”" in told
    assert "the tables of “Convergence”" not in told


@pytest.mark.parametrize("limit", [60_000, 30_000, 20_000, 14_000])
def test_of_many_findings_those_left_out_are_counted(limit: int, many: Report) -> None:
    body = fitted(many, PLACES["github"], "en", limit=limit)
    assert len(body.text) <= limit
    assert not any(show_value(one, "en").startswith("0 ") for one in body.dropped)


def test_feishu_gets_no_folds(sick: Report) -> None:
    assert "<details>" not in fitted(sick, PLACES["feishu"], "both").text


# ----------------------------------------------------------------------------- what is seen at once
MOST_LINES = 25
FOLDED = re.compile(r"<details>.*</details>", re.DOTALL)
BELOW = {"md": "\n---\n", "jira": "\n----\n", "html": "\n<hr>\n"}


def seen(body: Fitted, place: str, lang: str) -> list[str]:
    """Return the lines of a body that are neither folded away nor below the short forms of all
    languages.
    """
    there = PLACES[place]
    short = (
        FOLDED.sub("", body.text)
        if there.folds
        else "".join(body.text.split(BELOW[there.markup])[: 2 if lang == "both" else 1])
    )
    return [line for line in short.splitlines() if line.strip(" >")]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("which", ["sick", "many"])
def test_the_answer_is_seen_in_25_lines_and_the_rest_is_folded(
    which: str, place: str, lang: str, request: pytest.FixtureRequest
) -> None:
    report = request.getfixturevalue(which)
    body = fitted(report, PLACES[place], lang)  # type: ignore[arg-type]
    lines = seen(body, place, lang)
    markup = sum(
        line.startswith(("<!DOCTYPE", "<html", "<div", "</", "<ul", "<ol", "<blockquote"))
        for line in lines
    )
    assert len(lines) - markup <= MOST_LINES * (
        2 if lang == "both" and not PLACES[place].folds and which == "many" else 1
    )
    assert len(body.text.splitlines()) > 2 * len(lines)


def test_what_is_seen_is_outcome_picture_events_with_their_places_checkpoint_and_what_to_do() -> (
    None
):
    report = report_of("gallery/hf_spike")
    lines = seen(fitted(report, PLACES["github"], "en"), "github", "en")
    assert lines[1] == "> **◆ improved to the end of its schedule**"
    assert lines[2].startswith("> Finished (250 of 250 steps).")
    assert re.fullmatch(
        r"- `eval/loss` `[①-⑤▁-█]+` 4\.421 → 2\.762 nats \(step 50 to 250\)", lines[3]
    )
    assert re.fullmatch(r"- `loss` `[▁-█]+` 6\.054 → 2\.82 nats \(step 1 to 250\)", lines[4])
    assert (
        "- ① **◆ high · spike · #F1** `loss` 6.8396 nats at step 111 (`trainer_state.json:802`)"
        in lines
    )
    assert "Checkpoint to use (by validation loss): `eval/loss` 2.762 nats at step 250" in lines
    assert lines[-2] == "**What to do now**"


def test_the_number_of_an_event_stands_where_it_begins(sick: Report) -> None:
    line, _ = [
        line for line in seen(fitted(sick, PLACES["github"], "en"), "github", "en") if "▁" in line
    ]
    shape = line.split("`")[3]
    assert shape.replace("②", "").index("①") == 7
    assert shape.startswith("②")


def test_an_address_of_the_run_is_named_in_every_place(sick: Report) -> None:
    report = replace(sick, meta=replace(sick.meta, link="https://example.org/runs/7"))
    for place in PLACES:
        assert "https://example.org/runs/7" in "\n".join(
            seen(fitted(report, PLACES[place], "en"), place, "en")
        )


@pytest.mark.parametrize("place", PLACES)
def test_no_image_is_ever_in_a_body(place: str, sick: Report) -> None:
    text = fitted(sick, PLACES[place], "both").text
    assert "data:" not in text
    assert "<img" not in text
    assert "![" not in text


def test_where_not_even_the_answer_fits_there_is_an_error(sick: Report) -> None:
    with pytest.raises(OutputError, match="Not even the answer"):
        fitted(sick, PLACES["github"], "both", limit=500)


def test_lengths_are_counted_as_the_places_count_them() -> None:
    text = 'a中😀"\n'
    assert (utf16(text), utf8(text), in_json(text)) == (6, 10, 14)


# ------------------------------------------------------------------------------------------- e-mail
def test_a_mail_is_one_page_of_plain_elements(sick: Report) -> None:
    text = fitted(sick, PLACES["email"], "both").text
    assert text.startswith("<!DOCTYPE html>")
    assert set(re.findall(r"<([a-z0-9]+)", text)) <= {
        "html",
        "head",
        "meta",
        "body",
        "div",
        "h1",
        "h2",
        "h3",
        "p",
        "b",
        "strong",
        "em",
        "code",
        "ul",
        "ol",
        "li",
        "table",
        "tr",
        "th",
        "td",
        "blockquote",
        "hr",
        "span",
        "a",
    }
    assert "style=" not in text


@pytest.mark.parametrize("name", ["<img src=x onerror=1>", "a|b", "{panel}", "x*y_z"])
def test_a_name_from_a_log_is_text_in_every_place(name: str) -> None:
    report = lossreport.compose(
        lossreport.analyze(make_run([make_series([3.0, 2.0, 1.0, 0.9, float("nan")], name=name)]))
    )
    mail, jira = (
        fitted(report, PLACES["email"], "en").text,
        fitted(report, PLACES["jira"], "en").text,
    )
    assert "<img" not in mail
    assert jira.count("{panel}") == 2


def test_of_several_runs_the_best_their_courses_and_what_to_do_first_are_seen(many: Report) -> None:
    lines = seen(fitted(many, PLACES["github"], "en"), "github", "en")
    assert any("| course of the goal |" in line for line in lines)
    assert any(re.search(r"\| [▁-█]{5,} \|", line) for line in lines)
    assert "**What to do now**" in lines
